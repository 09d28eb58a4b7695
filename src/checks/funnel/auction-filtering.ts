/**
 * Does what comes after the model re-shape what is bought? The cost of a conversion by the mix of segments and the rate within them, survival by reason, and a replay with the filters
 * off.
 */

import { type EvidenceTable, rowsBy, type TableSpec } from '../../data/evidence/evidence-table.js';
import { kitagawa, type Segment } from '../../estimation/statistics/kitagawa.js';
import { type Estimate, interval } from '../../estimation/statistics/noninferiority.js';
import { printable } from '../../lib/text.js';
import type { Evidence } from '../evidence.js';
import { type CheckContext, type EvidenceCheck, type Examined, factsAlone, untested } from '../evidence-check.js';
import { against, figure, level, type Measurement, percent, proportion, tooFew } from '../measurement.js';
import { ARMS, OUTCOME } from '../past-arms.js';

const FUNNEL: TableSpec = {
  name: 'funnel',
  page: 'checks/auction-filtering.md',
  holds: 'by arm (control or treatment, with one budget) and segment, such as the bid type; any number of rows',
  required: ['arm', 'segment', 'spend', 'conversions'],
  optional: ['budget'],
  sql: `SELECT arm, bid_type AS segment, SUM(spend) AS spend, SUM(conversions) AS conversions, SUM(budget) AS budget
FROM ad_delivery GROUP BY arm, bid_type`,
};

const SURVIVAL: TableSpec = {
  name: 'survival',
  page: 'checks/auction-filtering.md',
  holds: 'by arm, stage and reason for which the stage drops candidates: how many came in, and how many went on',
  required: ['arm', 'stage', 'reason', 'n_in', 'n_out'],
  sql: `-- one reason a candidate: the first that drops it
SELECT arm, stage, reason, COUNT(*) AS n_in, COUNTIF(NOT dropped) AS n_out
FROM funnel_log GROUP BY arm, stage, reason`,
};

const REPLAY: TableSpec = {
  name: 'filter_replay',
  page: 'checks/auction-filtering.md',
  holds:
    'one row per request and arm: the online metric of what is bought as it was, and of what would be bought with bid, pacing and auction filters off; more is better',
  required: ['request_id', 'arm', 'value_on', 'value_off'],
  sql: `SELECT request_id, arm, SUM(value) AS value_on, SUM(value_without_filters) AS value_off
FROM auction_replay GROUP BY request_id, arm`,
};

/** From this share of the difference on the mix is a cause, below the other one it is none. Judgement of this project. */
const CAUSE = 0.5;
const NONE = 0.1;
/** Budgets of two arms are one budget up to this. Judgement of this project. */
const BUDGET = 0.01;

export const auctionFiltering: EvidenceCheck = {
  id: 'auction-filtering',
  layer: 3,
  question: 'Do bids, pacing and auction re-shape what is bought?',
  cure: 'compare arms within a segment, or set bids and filters for the candidate’s scores',
  tables: [FUNNEL, SURVIVAL, REPLAY],
  beside: [ARMS, OUTCOME],
  metrics: [
    {
      id: 'cost_per_conversion',
      needs: 'the table funnel',
      title: 'spend over conversions, treatment against control',
      operators: ['max_increase', 'max'],
    },
    {
      id: 'mix_term',
      needs: 'the table funnel',
      title: 'what the mix of segments adds to the cost of a conversion, as a share of the control’s',
      operators: ['max'],
      share: true,
    },
    {
      id: 'survival',
      needs: 'the table survival',
      cure: 'find why the stage drops more of the treatment’s candidates',
      title: 'share of the candidates that go on, at every stage and for every reason, treatment against control',
      operators: ['max_decrease', 'min'],
      share: true,
    },
    {
      id: 'filtered_gain',
      needs: 'the table filter_replay',
      cure: 'set bids and filters for the candidate’s scores',
      title: 'what the treatment would win over control with the filters off, less what it wins with them',
      operators: ['max'],
    },
  ],
  examine(evidence: Evidence, { confidence }: CheckContext): Examined {
    const funnel = evidence.table(FUNNEL);
    const survival = evidence.table(SURVIVAL);
    const replay = evidence.table(REPLAY);
    if (!funnel && !survival && !replay)
      return untested(
        FUNNEL,
        'the release has no evidence funnel, survival or filter_replay',
        'or a table filter_replay, of a replay with the filters off',
      );
    const cost = funnel ? costOf(funnel, confidence) : undefined;
    const rates = survival ? survivalOf(survival) : [];
    const filtered = replay ? replayed(replay, confidence) : undefined;
    const facts = [
      ...(cost ? [cost.fact] : []),
      ...(rates.length > 0 ? [survivalFact(rates, confidence)] : []),
      ...(filtered ? [filtered.fact] : []),
    ];
    const measurements = [...(cost?.measurements ?? []), ...rates, ...(filtered ? [filtered.measurement] : [])];
    if (filtered)
      return {
        measurements,
        facts,
        effect: {
          kind: 'outcome',
          verdict: filtered.verdict,
          settle: filtered.verdict === 'inconclusive' ? 'a replay of more requests' : '',
          ...(filtered.measurement.open === undefined
            ? { part: { predicted: 0 as const, own: filtered.measurement.value } }
            : {}),
        },
      };
    if (cost)
      return {
        measurements,
        facts,
        effect: {
          kind: 'outcome',
          verdict: cost.verdict,
          settle: cost.verdict === 'inconclusive' ? 'more conversions of both arms' : '',
        },
      };
    return { measurements, facts, effect: factsAlone('a table funnel, or a replay with the filters off') };
  },
};

type Verdict = 'contributing' | 'ruled_out' | 'inconclusive';

/** The cost of a conversion, split by Kitagawa (1955). */
function costOf(
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
  const shown = `a conversion costs ${figure(found.treatment)} in treatment and ${figure(found.control)} in control; of the difference ${figure(found.difference)} [${figure(between.lower)}, ${figure(between.upper)}] the mix of segments makes ${figure(found.mix)} [${figure(within.lower)}, ${figure(within.upper)}]${share}, the cost within them ${figure(found.rate)}`;
  const conversions = (arm: 'control' | 'treatment') => all.reduce((sum, s) => sum + s[arm].denominator, 0);
  const open = tooFew(Math.min(conversions('control'), conversions('treatment')), 'conversions');
  const contrast = (rho: number) =>
    interval(
      estimate((d) => d.mix - rho * d.difference),
      confidence,
    );
  const dearer = between.lower > 0;
  const verdict =
    open !== undefined || !dearer
      ? 'inconclusive'
      : contrast(NONE).upper < 0 && contrast(-NONE).lower > 0
        ? 'ruled_out'
        : contrast(CAUSE).lower > 0
          ? 'contributing'
          : 'inconclusive';
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
    verdict,
  };
}

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

/** Conversions are counts: each varies by its own number; spends are as they were paid. By the delta method, derivatives by differences. */
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

function survivalOf(table: EvidenceTable): Measurement[] {
  const arms = table.texts('arm', ['control', 'treatment']);
  const [stage, reason] = [table.texts('stage'), table.texts('reason')];
  const [into, out] = [table.counts('n_in'), table.counts('n_out')];
  table.throwIfBad();
  for (let r = 0; r < table.rows; r++)
    if (out[r]! > into[r]!) table.refuse(r, 'n_out', String(out[r]), `at most the ${into[r]} that came in`);
  table.refuseRepeated([arms, stage, reason], ['arm', 'stage', 'reason']);
  table.throwIfBad();
  const places = rowsBy([stage, reason]);
  refuseOverlap(table, places, out, into, arms.codes);
  return places.map(({ values, rows }) => {
    const of = (arm: string) => {
      const r = rows.find((row) => arms.names[arms.codes[row]!] === arm);
      if (r === undefined || into[r] === 0)
        throw table.error(
          `no candidates of ${arm} at ${values.map((v) => printable(v, 40)).join(' / ')}`,
          'candidates of both arms at every stage, for every reason',
        );
      return proportion(out[r]!, into[r]!);
    };
    return against('survival', { stage: values[0]!, reason: values[1]! }, of('treatment'), of('control'));
  });
}

/** Reasons of one stage drop other candidates each: together they cannot drop more than came in. */
function refuseOverlap(
  table: EvidenceTable,
  places: readonly { readonly values: readonly string[]; readonly rows: readonly number[] }[],
  out: Float64Array,
  into: Float64Array,
  arm: Int32Array,
): void {
  const dropped = new Map<string, { dropped: number; most: number; stage: string }>();
  for (const { values, rows } of places)
    for (const r of rows) {
      const key = `${arm[r]} ${values[0]}`;
      const sums = dropped.get(key) ?? { dropped: 0, most: 0, stage: values[0]! };
      sums.dropped += into[r]! - out[r]!;
      sums.most = Math.max(sums.most, into[r]!);
      dropped.set(key, sums);
    }
  for (const { dropped: count, most, stage } of dropped.values())
    if (count > most)
      throw table.error(
        `reasons of stage "${printable(stage, 60)}" that drop ${count} candidates of at most ${most}`,
        'one reason for every candidate that is dropped',
        'Count a candidate under the first reason that drops it.',
      );
}

function survivalFact(rates: readonly Measurement[], confidence: number): string {
  const worst = rates.toSorted((a, b) => a.change!.relative.value - b.change!.relative.value)[0]!;
  const { value, change } = worst;
  const { lower, upper } = interval(change!.absolute, confidence);
  return `survival falls most at ${Object.values(worst.slice)
    .map((v) => printable(v, 40))
    .join(
      ' / ',
    )}: ${percent(value.value - change!.absolute.value)} in control and ${percent(value.value)} in treatment (${figure(100 * lower)} to ${figure(100 * upper)} points apart)`;
}

/** (T - C with the filters off) - (T - C with them), by means over requests. */
function replayed(
  table: EvidenceTable,
  confidence: number,
): { readonly measurement: Measurement; readonly fact: string; readonly verdict: Verdict } {
  const request = table.texts('request_id');
  const arms = table.texts('arm', ['control', 'treatment']);
  const [on, off] = [table.finite('value_on'), table.finite('value_off')];
  table.refuseRepeated([request, arms], ['request_id', 'arm']);
  table.throwIfBad();
  const armOf = (r: number) => (arms.names[arms.codes[r]!] === 'treatment' ? 1 : 0);
  const rows = [...arms.codes.keys()];
  const [control, treatment] = [rows.filter((r) => armOf(r) === 0), rows.filter((r) => armOf(r) === 1)];
  if (control.length === 0 || treatment.length === 0)
    throw table.error('rows of one arm alone', 'rows of control and of treatment');
  const difference = (value: (r: number) => number): Estimate => pairedMeans(treatment, control, request.codes, value);
  const taken = difference((r) => off[r]! - on[r]!);
  const [won, would] = [difference((r) => on[r]!), difference((r) => off[r]!)];
  const open = tooFew(Math.min(control.length, treatment.length));
  const { lower, upper } = interval(taken, confidence);
  const fact = `with the filters the treatment wins ${figure(won.value)} a request, without them it would win ${figure(would.value)}: they take ${figure(taken.value)} [${figure(lower)}, ${figure(upper)}]`;
  // Against what there would be to win, where that is clear.
  const clear = interval(would, confidence).lower > 0;
  const small = (rho: number) =>
    interval(
      difference((r) => off[r]! - on[r]! - rho * off[r]!),
      confidence,
    );
  const verdict: Verdict =
    open !== undefined
      ? 'inconclusive'
      : lower > 0
        ? clear && small(NONE).upper < 0
          ? 'ruled_out'
          : 'contributing'
        : clear && small(NONE).upper < 0 && small(-NONE).lower > 0
          ? 'ruled_out'
          : upper < 0
            ? 'ruled_out'
            : 'inconclusive';
  return { measurement: level('filtered_gain', {}, taken, open), fact, verdict };
}

/** Difference of two means; a request of both arms is a pair. */
function pairedMeans(
  treatment: readonly number[],
  control: readonly number[],
  request: Int32Array,
  value: (r: number) => number,
): Estimate {
  const mean = (rows: readonly number[]) => rows.reduce((sum, r) => sum + value(r), 0) / rows.length;
  const [t, c] = [mean(treatment), mean(control)];
  const influence = new Map<number, number>();
  const add = (r: number, x: number) => influence.set(request[r]!, (influence.get(request[r]!) ?? 0) + x);
  for (const r of treatment) add(r, (value(r) - t) / treatment.length);
  for (const r of control) add(r, -(value(r) - c) / control.length);
  let squares = 0;
  for (const x of influence.values()) squares += x * x;
  const g = influence.size;
  return {
    value: t - c,
    standardError: Math.sqrt((squares * g) / Math.max(1, g - 1)),
    df: Math.max(1, Math.min(treatment.length, control.length) - 1),
  };
}
