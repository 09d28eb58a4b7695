/** The cost of a conversion, treatment against control, split into the mix of segments and the cost within them. */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { sql } from '../../data/evidence/sql.js';
import { kitagawa, type Segment } from '../../estimation/statistics/kitagawa.js';
import { type Estimate, interval } from '../../estimation/statistics/noninferiority.js';
import { printable } from '../../lib/text.js';
import { figure, level, type Measurement, percent, tooFew } from '../measurement.js';

export const FUNNEL: TableSpec = {
  name: 'funnel',
  page: 'checks/auction-filtering.md',
  holds: 'by arm (control or treatment, with one budget) and segment, such as the bid type; any number of rows',
  required: ['arm', 'segment', 'spend', 'conversions'],
  optional: ['budget'],
  sql: sql`SELECT arm, bid_type AS segment, SUM(spend) AS spend, SUM(conversions) AS conversions, SUM(budget) AS budget
FROM ad_delivery GROUP BY arm, bid_type`,
  cost: 'query',
};

/**
 * From this share of the difference on the mix is a cause, below the other one it is none. Judgement of this project.
 */
const CAUSE = 0.5;
const NONE = 0.1;
/** Budgets of two arms are one budget up to this. Judgement of this project. */
const BUDGET = 0.01;

/** Says what the mix of segments has to do with a treatment that is dearer. */
type Verdict = 'contributing' | 'ruled_out' | 'inconclusive';

/** The cost of a conversion, split by Kitagawa (1955). */
export function costOf(
  table: EvidenceTable,
  confidence: number,
): { readonly measurements: readonly Measurement[]; readonly fact: string; readonly verdict: Verdict } {
  const all = segmentsOf(table);
  const found = kitagawa(all);
  const estimate = (of: (decomposition: ReturnType<typeof kitagawa>) => number) => delta(all, of);
  const difference = estimate((d) => d.difference);
  const mix = estimate((d) => d.mix);
  const [between, within] = [interval(difference, confidence), interval(mix, confidence)];
  const share = Number.isFinite(found.mix / found.difference) ? ` (${percent(found.mix / found.difference)})` : '';
  const shown =
    `a conversion costs ${figure(found.treatment)} in treatment and ${figure(found.control)} in control; of the ` +
    `difference ${figure(found.difference)} [${figure(between.lower)}, ${figure(between.upper)}] the mix of ` +
    `segments makes ${figure(found.mix)} [${figure(within.lower)}, ${figure(within.upper)}]${share}, the cost ` +
    `within them ${figure(found.rate)}`;
  const conversions = (arm: 'control' | 'treatment') => all.reduce((sum, s) => sum + s[arm].denominator, 0);
  const open = tooFew(Math.min(conversions('control'), conversions('treatment')), 'conversions');
  const dearer = between.lower > 0;
  return {
    measurements: [
      {
        metric: 'cost_per_conversion',
        slice: {},
        value: estimate((d) => d.treatment),
        change: { absolute: difference, relative: estimate((d) => d.difference / d.control) },
        ...(open === undefined ? {} : { open }),
      },
      level(
        'mix_term',
        {},
        estimate((d) => d.mix / d.control),
        open,
      ),
    ],
    fact: dearer ? shown : `${shown}; the treatment is not clearly dearer`,
    verdict: open === undefined && dearer ? causeOf(all, confidence) : 'inconclusive',
  };
}

/** Decides whether the mix of segments makes the difference, of which it is known that there is one. */
function causeOf(all: readonly Segment[], confidence: number): Verdict {
  const contrast = (rho: number) =>
    interval(
      delta(all, ({ mix, difference }) => mix - rho * difference),
      confidence,
    );
  if (contrast(NONE).upper < 0 && contrast(-NONE).lower > 0) return 'ruled_out';
  return contrast(CAUSE).lower > 0 ? 'contributing' : 'inconclusive';
}

/** The spend and the conversions of every segment, by arm. */
function segmentsOf(table: EvidenceTable): Segment[] {
  const arms = table.texts('arm', ['control', 'treatment']);
  const segments = table.texts('segment');
  const amount = (name: string) => table.numbers(name, 'a number of 0 or above', (x) => x >= 0 && x < Infinity);
  const [spend, conversions] = [amount('spend'), amount('conversions')];
  const budget = table.has('budget') ? amount('budget') : undefined;
  table.throwIfBad();
  const isOf = (arm: string) => (r: number) => arms.names[arms.codes[r]!] === arm;
  const rows = Array.from({ length: table.rows }, (_, r) => r);
  const total = (values: Float64Array, of: number[]) => of.reduce((sum, r) => sum + values[r]!, 0);
  if (budget) {
    const [c, t] = [total(budget, rows.filter(isOf('control'))), total(budget, rows.filter(isOf('treatment')))];
    if (Math.abs(c - t) > BUDGET * Math.max(c, t))
      throw table.error(
        `a budget of ${figure(c)} in control and ${figure(t)} in treatment`,
        'arms with one budget',
        'A split by budget re-shapes what is bought by itself.',
      );
  }
  return segments.names.map((name, code) => {
    const of = (arm: 'control' | 'treatment') => {
      const own = rows.filter((r) => segments.codes[r] === code).filter(isOf(arm));
      const sums = { numerator: total(spend, own), denominator: total(conversions, own) };
      if (!(sums.denominator > 0))
        throw table.error(
          `no conversions of segment "${printable(name, 60)}" in ${arm}`,
          'conversions of both arms in every segment',
          'Put segments together until each has some.',
        );
      return sums;
    };
    return { name, control: of('control'), treatment: of('treatment') };
  });
}

/**
 * Conversions are counts: each varies by its own number; spends are as they were paid. By the delta method,
 * derivatives by differences.
 */
function delta(all: readonly Segment[], of: (decomposition: ReturnType<typeof kitagawa>) => number): Estimate {
  const value = of(kitagawa(all));
  let variance = 0;
  for (const [s, segment] of all.entries())
    for (const arm of ['control', 'treatment'] as const) {
      const n = segment[arm].denominator;
      const step = 1e-4 * n;
      const moved = all.map((other, i) =>
        i === s ? { ...other, [arm]: { ...other[arm], denominator: n + step } } : other,
      );
      variance += ((of(kitagawa(moved)) - value) / step) ** 2 * n;
    }
  return { value, standardError: Math.sqrt(variance), df: 1000 };
}
