/**
 * The cost of a positive outcome (of a conversion, an upheld report, a caught fraud), treatment against control, split
 * into the mix of segments and the cost within them.
 */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { sql } from '../../data/evidence/sql.js';
import { kitagawa, type Segment } from '../../estimation/statistics/kitagawa.js';
import { type Estimate, interval } from '../../estimation/statistics/noninferiority.js';
import { printable } from '../../lib/text.js';
import { figure, level, type Measurement, percent, tooFew } from '../measurement.js';

export const FUNNEL: TableSpec = {
  name: 'funnel',
  page: 'checks/auction-filtering.md',
  holds:
    'by arm (control or treatment, with one budget) and segment, such as the bid type or the queue: what was spent, ' +
    'and the positive outcomes that came of it; any number of rows',
  required: ['arm', 'segment', 'cost', 'positive_outcomes'],
  optional: ['budget'],
  synonyms: { cost: ['spend'], positive_outcomes: ['conversions'] },
  sql: sql`-- of ads: SUM(spend) AS cost, SUM(conversions) AS positive_outcomes, by bid_type
SELECT arm, segment, SUM(cost) AS cost, SUM(is_positive) AS positive_outcomes, SUM(budget) AS budget
FROM delivery_log GROUP BY arm, segment`,
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

/** The words for a table's amounts: those of a field, where it uses these. */
function wordsOf(table: EvidenceTable) {
  const one = table.written('positive_outcomes') === 'conversions' ? 'conversion' : 'positive outcome';
  return { cost: table.written('cost'), one, many: `${one}s` };
}

/** The cost of a positive outcome, split by Kitagawa (1955). */
export function costOf(
  table: EvidenceTable,
  confidence: number,
): { readonly measurements: readonly Measurement[]; readonly fact: string; readonly verdict: Verdict } {
  const words = wordsOf(table);
  const all = segmentsOf(table);
  const found = kitagawa(all);
  const estimate = (of: (decomposition: ReturnType<typeof kitagawa>) => number) => delta(all, of);
  const difference = estimate((d) => d.difference);
  const mix = estimate((d) => d.mix);
  const [between, within] = [interval(difference, confidence), interval(mix, confidence)];
  const share = Number.isFinite(found.mix / found.difference) ? ` (${percent(found.mix / found.difference)})` : '';
  const shown =
    `the ${words.cost} per ${words.one} is ${figure(found.treatment)} in treatment and ${figure(found.control)} in ` +
    'control; of the ' +
    `difference ${figure(found.difference)} [${figure(between.lower)}, ${figure(between.upper)}] the mix of ` +
    `segments makes ${figure(found.mix)} [${figure(within.lower)}, ${figure(within.upper)}]${share}, the cost ` +
    `within them ${figure(found.rate)}; ${grewMost(all, words.many)}`;
  const outcomes = (arm: 'control' | 'treatment') => all.reduce((sum, s) => sum + s[arm].denominator, 0);
  const open = tooFew(Math.min(outcomes('control'), outcomes('treatment')), words.many);
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

/** The segment whose share of the positive outcomes grew most: where the mix went. */
function grewMost(all: readonly Segment[], outcomes: string): string {
  const total = (arm: 'control' | 'treatment') => all.reduce((sum, s) => sum + s[arm].denominator, 0);
  const [control, treatment] = [total('control'), total('treatment')];
  const shares = all.map(({ name, control: c, treatment: t }) => ({
    name,
    before: c.denominator / control,
    after: t.denominator / treatment,
  }));
  const { name, before, after } = shares.toSorted((a, b) => b.after - b.before - (a.after - a.before))[0]!;
  return `segment ${printable(name, 40)} has ${percent(before)} of the ${outcomes} in control and ${percent(after)} in treatment`;
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

/** The cost and the positive outcomes of every segment, by arm. */
function segmentsOf(table: EvidenceTable): Segment[] {
  const arms = table.texts('arm', ['control', 'treatment']);
  const segments = table.texts('segment');
  const amount = (name: string) => table.numbers(name, 'a number of 0 or above', (x) => x >= 0 && x < Infinity);
  const [cost, outcomes] = [amount('cost'), amount('positive_outcomes')];
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
      const sums = { numerator: total(cost, own), denominator: total(outcomes, own) };
      if (!(sums.denominator > 0))
        throw table.error(
          `no ${wordsOf(table).many} of segment "${printable(name, 60)}" in ${arm}`,
          `${wordsOf(table).many} of both arms in every segment`,
          'Put segments together until each has some.',
        );
      return sums;
    };
    return { name, control: of('control'), treatment: of('treatment') };
  });
}

/**
 * Positive outcomes are counts: each varies by its own number; costs are as they were paid. By the delta method,
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
