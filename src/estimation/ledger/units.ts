/** The units that a metric of the gap is a mean over: the rows of the ledger, or its requests. */

import { type Ledger, pickLedger, type Scored } from '../../data/evidence/ledger.js';
import { pickRows } from '../../data/tables/coded.js';
import type { Coded } from '../../data/tables/identity.js';
import { type GapMetric, groupsOf, type RequestGapMetric, type SumGapMetric } from './gap-metric.js';

/** Scores of the live version's replay (s4), but where another version was served those that were logged. */
export const OTHER_VERSIONS = 's4 with other versions';

/** One column of units; shape (units) each. */
export interface Units {
  readonly count: number;
  /** The sides that errors are clustered by; a request is a cluster of the item's side by itself. */
  readonly query: Coded;
  readonly item: Coded;
  /** Weights of the offline evaluation, and of what production serves, which are the same where nobody says. */
  readonly weight: Float64Array;
  readonly onlineWeight: Float64Array;
  /** Values of columns that cut the rows; a request with several has `several`. */
  readonly strata: ReadonlyMap<string, Coded>;
  /** Names of the columns that there are a loss of. */
  readonly columns: ReadonlySet<string>;
  /** The loss of each unit by its column, where the metric is a mean of such; undefined of metrics of sums. */
  loss(column: string): Float64Array | undefined;
  /** The scores and labels of rows, for a metric of sums; undefined of others. */
  readonly sums?: SumUnits;
  /** Shape (units): positives that count; those of rows, or of the rows of a request. */
  readonly positives: Float64Array;
  /** Units by the rows of the ledger that they are made of; undefined where they are its rows. */
  readonly rows: readonly (readonly number[])[] | undefined;
}

/** Σ sign · loss of a column. */
export type Difference = readonly (readonly [1 | -1, string])[];

interface SumUnits {
  readonly metric: SumGapMetric;
  readonly label: Float64Array;
  score(column: string): Grouped;
}

interface Grouped {
  readonly score: Float64Array;
  /** The group that the model's offline score gives each row. */
  readonly group: Uint8Array;
}

const SEVERAL = 'several';

/** Throws on a column that the ledger does not have: a bug. */
export function unitsOf(ledger: Ledger, metric: GapMetric): Units {
  return metric.kind === 'requests' ? requestsOf(ledger, metric) : rowsOf(ledger, metric);
}

function rowsOf(ledger: Ledger, metric: Exclude<GapMetric, RequestGapMetric>): Units {
  const { weight, label } = ledger;
  const scores = scoresOf(ledger);
  const cache = new Map<string, Float64Array>();
  return {
    count: ledger.rows,
    query: ledger.query,
    item: ledger.item,
    weight,
    onlineWeight: ledger.onlineWeight ?? weight,
    strata: cutsOf(ledger),
    columns: new Set(scores.keys()),
    loss: (name) =>
      metric.kind === 'rows'
        ? cached(cache, name, () => scoreIn(scores, name).map((score, r) => metric.of(score, label[r]!)))
        : undefined,
    ...(metric.kind === 'sums' ? { sums: sumsOf(metric, scores, label) } : {}),
    positives: label.map((y) => (y > 0 ? 1 : 0)),
    rows: undefined,
  };
}

function sumsOf(metric: SumGapMetric, scores: ReadonlyMap<string, Float64Array>, label: Float64Array) {
  // Each model's rows stay in the groups that its own offline score gives them.
  const groups = new Map(['score_prod', 's0'].map((name) => [name, groupsOf(metric, scoreIn(scores, name))]));
  return {
    metric,
    label,
    score: (name: string): Grouped => ({
      score: scoreIn(scores, name),
      group: groups.get(/^(score_)?prod/.test(name) ? 'score_prod' : 's0') ?? new Uint8Array(0),
    }),
  };
}

function requestsOf(ledger: Ledger, metric: RequestGapMetric): Units {
  const scores = scoresOf(ledger);
  const { label, request } = ledger;
  const lists = request.names.map((): number[] => []);
  for (let r = 0; r < ledger.rows; r++) lists[request.codes[r]!]!.push(r);
  const offline = scoreIn(scores, 's0');
  // A request that can tell nothing can at no state: labels alone decide that.
  const rows = lists.filter((own) => own.length > 0 && !Number.isNaN(metric.of(offline, label, own)));
  const first = rows.map((own) => own[0]!);
  const weighed = (weight: Float64Array) =>
    Float64Array.from(rows, (own) => {
      const sum = own.reduce((total, r) => total + weight[r]!, 0);
      return metric.weighs === 'sum' ? sum : sum / own.length;
    });
  const cache = new Map<string, Float64Array>();
  const weight = weighed(ledger.weight);
  return {
    count: rows.length,
    query: pickRows(ledger.query, first),
    item: pickRows(ledger.request, first),
    weight,
    onlineWeight: ledger.onlineWeight ? weighed(ledger.onlineWeight) : weight,
    strata: new Map([...cutsOf(ledger)].map(([name, column]) => [name, common(column, rows)])),
    columns: new Set(scores.keys()),
    loss: (name) =>
      cached(cache, name, () => {
        const score = scoreIn(scores, name);
        return Float64Array.from(rows, (own) => metric.of(score, label, own));
      }),
    positives: Float64Array.from(rows, (own) => own.reduce((sum, r) => sum + (label[r]! > 0 ? 1 : 0), 0)),
    rows,
  };
}

/** Some of the units; names stay. */
export function pickUnits(units: Units, own: readonly number[]): Units {
  const numbers = (values: Float64Array) => Float64Array.from(own, (u) => values[u]!);
  const { sums, rows } = units;
  return {
    ...units,
    count: own.length,
    query: pickRows(units.query, own),
    item: pickRows(units.item, own),
    weight: numbers(units.weight),
    onlineWeight: numbers(units.onlineWeight),
    strata: new Map([...units.strata].map(([name, column]) => [name, pickRows(column, own)])),
    loss: (name) => {
      const loss = units.loss(name);
      return loss && numbers(loss);
    },
    ...(sums
      ? {
          sums: {
            metric: sums.metric,
            label: numbers(sums.label),
            score: (name: string) => {
              const { score, group } = sums.score(name);
              return { score: numbers(score), group: Uint8Array.from(own, (u) => group[u]!) };
            },
          },
        }
      : {}),
    positives: numbers(units.positives),
    rows: rows && own.map((u) => rows[u]!),
  };
}

/**
 * The units of everything that was scored offline, weighing as they do offline, and after them those of the rows that
 * were served, weighing so online: a gain offline is then one on all rows, a gain online the same on those served, and
 * their errors are paired. Of production's model and s0 alone.
 */
export function joinedUnits({ ledger, served }: Scored, metric: GapMetric): Units {
  const own = Array.from(served.keys()).filter((r) => served[r] === 1);
  const offline = { ...ledger, onlineWeight: undefined, scores: offlineScores(ledger) };
  const [all, kept] = [unitsOf(offline, metric), unitsOf(pickLedger(offline, own), metric)];
  const none = (units: Units) => new Float64Array(units.count);
  return {
    count: all.count + kept.count,
    query: { codes: chained(all.query.codes, kept.query.codes), names: all.query.names },
    item: { codes: chained(all.item.codes, kept.item.codes), names: all.item.names },
    weight: joined(all.weight, none(kept)),
    onlineWeight: joined(none(all), kept.weight),
    strata: new Map(),
    columns: all.columns,
    loss: (name) => {
      const [before, after] = [all.loss(name), kept.loss(name)];
      return before && after && joined(before, after);
    },
    ...(all.sums && kept.sums ? { sums: joinedSums(all.sums, kept.sums) } : {}),
    positives: joined(all.positives, kept.positives),
    rows: all.rows && kept.rows && [...all.rows, ...kept.rows.map((rows) => rows.map((r) => own[r]!))],
  };
}

function offlineScores({ scores }: Ledger): ReadonlyMap<string, Float64Array> {
  return new Map(['score_prod', 's0'].map((name) => [name, scoreIn(scores, name)]));
}

function joinedSums(all: SumUnits, kept: SumUnits): SumUnits {
  return {
    metric: all.metric,
    label: joined(all.label, kept.label),
    score: (name) => {
      const [before, after] = [all.score(name), kept.score(name)];
      const group = new Uint8Array([...before.group, ...after.group]);
      return { score: joined(before.score, after.score), group };
    },
  };
}

function joined(a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

function chained(a: Int32Array, b: Int32Array): Int32Array {
  const out = new Int32Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

function scoresOf({ scores, unexpected }: Ledger): ReadonlyMap<string, Float64Array> {
  const [replayed, logged] = [scores.get('s4'), scores.get('s5')];
  if (!unexpected || !replayed || !logged) return scores;
  return new Map([...scores, [OTHER_VERSIONS, replayed.map((x, r) => (unexpected[r] === 1 ? logged[r]! : x))]]);
}

/** Every column by which rows can be told apart. */
function cutsOf({ strata, servedVersion, itemVersion }: Ledger): ReadonlyMap<string, Coded> {
  return new Map([
    ...strata,
    ...(servedVersion ? [['served_version', servedVersion] as const] : []),
    ...(itemVersion ? [['item_version', itemVersion] as const] : []),
  ]);
}

/** The value that all rows of a request have. */
function common({ codes, names }: Coded, rows: readonly (readonly number[])[]): Coded {
  const several = names.length;
  const own = rows.map((list) => {
    const code = codes[list[0]!]!;
    return list.every((r) => codes[r] === code) ? code : several;
  });
  return { codes: Int32Array.from(own), names: own.includes(several) ? [...names, SEVERAL] : names };
}

function scoreIn(scores: ReadonlyMap<string, Float64Array>, name: string): Float64Array {
  const score = scores.get(name);
  if (!score) throw new Error(`the ledger's sums have no column "${name}"`);
  return score;
}

function cached(cache: Map<string, Float64Array>, name: string, make: () => Float64Array): Float64Array {
  let value = cache.get(name);
  if (!value) {
    value = make();
    cache.set(name, value);
  }
  return value;
}
