/**
 * How often a release that is exactly at the margin passes. Score columns are simulated, with effects that rows of one
 * query or of one item share; the product's own tabulation and judgement look at them, beside estimators that see less.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { EvalSet, FeatureTable } from '../src/evalset/evalset.js';
import { findMetric } from '../src/metrics/registry.js';
import { sigmoid } from '../src/scores/link.js';
import type { Sweep } from '../src/scores/sweep.js';
import { buildCells } from '../src/statistics/cells.js';
import { holm } from '../src/statistics/holm.js';
import {
  type Estimate,
  type Judgement,
  judge,
  unjudgeable,
  violationPValue,
} from '../src/statistics/noninferiority.js';
import { Tabulation } from '../src/statistics/tabulate.js';
import { Random, weightedDraw } from './random.js';

const CONFIDENCE = 0.95;
const PAGE = 'docs/statistics-coverage.md';
const HASH_SEEDS = 200;

/**
 * The population. A row's aligned logit z ~ N(mean, spread²); its label is 1 with probability sigmoid(z + e), e ~ N(0, missed²)
 * being what the model does not know; the stale logit is z + u, u ~ N(shift, drift²). How much of each of the three variances is
 * shared by the rows of a query or of an item is the scenario's; the sums, and with them the true degradation, are the same in all.
 */
const MODEL = { mean: -1, spread: 1, missed: 0.6, shift: 0.1, drift: 0.6 } as const;

interface Scenario {
  readonly name: string;
  /** Share of each variance that the rows of a query, or of an item, have in common. */
  readonly query: number;
  readonly item: number;
  readonly items: number;
  /** Exponent of the items' popularity. */
  readonly zipf: number;
  readonly queries: number;
  /** Rows a query: lognormal with sigma 1, or Pareto with shape 1.5 (no variance). */
  readonly sizes: 'lognormal' | 'pareto';
}

/** A request log as most have it: many small requests and few large ones, a catalogue with a moderate head. */
const BASE = { items: 2000, zipf: 0.6, queries: 2000, sizes: 'lognormal' } as const;

const SCENARIOS: readonly Scenario[] = [
  { ...BASE, name: 'no effects', query: 0, item: 0 },
  { ...BASE, name: 'query effect', query: 0.6, item: 0 },
  { ...BASE, name: 'item effect, Zipf 0.6', query: 0, item: 0.6 },
  { ...BASE, name: 'both, Zipf 0.6', query: 0.4, item: 0.4 },
  { ...BASE, name: 'both, Zipf 1.0', query: 0.4, item: 0.4, zipf: 1 },
  { ...BASE, name: 'both, Zipf 1.0, 200 items', query: 0.4, item: 0.4, zipf: 1, items: 200 },
  { ...BASE, name: 'both, 300 queries', query: 0.4, item: 0.4, queries: 300 },
  { ...BASE, name: 'both, Pareto requests', query: 0.4, item: 0.4, sizes: 'pareto' },
];

/** Largest share of the items that one query has; items within a query are distinct. */
const LARGEST = 0.25;

interface Sample {
  readonly rows: number;
  readonly query: Int32Array;
  readonly item: Int32Array;
  readonly label: Float64Array;
  /** Logits of the aligned and of the stale version. */
  readonly aligned: Float64Array;
  readonly stale: Float64Array;
}

/** Sums of what the effects of a query or an item add to z, u and e. */
interface Effects {
  readonly score: Float64Array;
  readonly drift: Float64Array;
  readonly missed: Float64Array;
}

function effects(random: Random, count: number, share: number): Effects {
  const draw = (sd: number) => Float64Array.from({ length: count }, () => Math.sqrt(share) * sd * random.normal());
  return { score: draw(MODEL.spread), drift: draw(MODEL.drift), missed: draw(MODEL.missed) };
}

function sizeOf({ sizes, items }: Scenario, mean: number, random: Random): number {
  const size =
    sizes === 'lognormal' ? mean * Math.exp(random.normal() - 0.5) : (mean / 3) * random.uniform() ** (-1 / 1.5);
  return Math.min(LARGEST * items, Math.max(1, Math.round(size)));
}

function simulate(scenario: Scenario, rows: number, draw: (random: Random) => number, random: Random): Sample {
  const { queries, items } = scenario;
  const size = Int32Array.from({ length: queries }, () => sizeOf(scenario, rows / queries, random));
  const total = size.reduce((sum, n) => sum + n, 0);
  const ofQuery = effects(random, queries, scenario.query);
  const ofItem = effects(random, items, scenario.item);
  const own = Math.sqrt(1 - scenario.query - scenario.item);
  const sample: Sample = {
    rows: total,
    query: new Int32Array(total),
    item: new Int32Array(total),
    label: new Float64Array(total),
    aligned: new Float64Array(total),
    stale: new Float64Array(total),
  };
  const lastQuery = new Int32Array(items).fill(-1);
  for (let q = 0, r = 0; q < queries; q++)
    for (let n = 0; n < size[q]!; n++, r++) {
      let i = draw(random);
      while (lastQuery[i] === q) i = draw(random);
      lastQuery[i] = q;
      const z = MODEL.mean + ofQuery.score[q]! + ofItem.score[i]! + own * MODEL.spread * random.normal();
      const u = MODEL.shift + ofQuery.drift[q]! + ofItem.drift[i]! + own * MODEL.drift * random.normal();
      const e = ofQuery.missed[q]! + ofItem.missed[i]! + own * MODEL.missed * random.normal();
      sample.query[r] = q;
      sample.item[r] = i;
      sample.aligned[r] = z;
      sample.stale[r] = z + u;
      sample.label[r] = random.uniform() < sigmoid(z + e) ? 1 : 0;
    }
  return sample;
}

/** E f(x), x ~ N(mean, sd²): trapezoids over ±10 sd, exact to rounding for smooth f. */
function expectation(f: (x: number) => number, mean: number, sd: number): number {
  const step = 0.005;
  let sum = 0;
  for (let k = -2000; k <= 2000; k++) sum += f(mean + sd * k * step) * Math.exp(-((k * step) ** 2) / 2);
  return (sum * step) / Math.sqrt(2 * Math.PI);
}

const softplus = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

/**
 * The population's relative change of the log loss, which becomes the margin. With t = z + e:
 *   E l₀ = E softplus(z) - E[σ(t) z],   E l₁ = E softplus(z + u) - E[σ(t) z] - E σ(t)·E u,
 *   E[σ(t) z] = mean·E σ(t) + spread²·E σ'(t)   (Stein).
 */
function trueDegradation(): number {
  const { mean, spread, missed, shift, drift } = MODEL;
  const label = expectation(sigmoid, mean, Math.hypot(spread, missed));
  const slope = expectation((t) => sigmoid(t) * sigmoid(-t), mean, Math.hypot(spread, missed));
  const cross = mean * label + spread ** 2 * slope;
  const aligned = expectation(softplus, mean, spread) - cross;
  const stale = expectation(softplus, mean + shift, Math.hypot(spread, drift)) - cross - label * shift;
  return stale / aligned - 1;
}

/** The sample as the product sees it; `prefix` goes before every id, so that another prefix is another hash. */
function asEvalSet(sample: Sample, prefix: string): EvalSet {
  const { rows, label } = sample;
  const coded = (codes: Int32Array, side: string) => ({
    codes,
    names: Array.from({ length: Math.max(...codes) + 1 }, (_, i) => `${prefix}${side}${i}`),
  });
  const query = coded(sample.query, 'q');
  const item = coded(sample.item, 'i');
  const features = (side: 'query' | 'item'): FeatureTable => ({
    side,
    table: { file: 'simulated', rows, columnNames: [], columns: new Map() },
    tableRow: new Int32Array(rows),
    ids: side === 'query' ? query : item,
    ownTable: false,
  });
  return {
    rows,
    positives: label.reduce((sum, y) => sum + y, 0),
    query,
    item,
    cluster: query,
    label,
    weight: new Float64Array(rows).fill(1),
    slices: new Map(),
    features: { query: features('query'), item: features('item') },
    sha256: {},
  };
}

function tabulate(sample: Sample, prefix: string): Tabulation {
  const evalSet = asEvalSet(sample, prefix);
  const sweep: Sweep = {
    distances: [0, 1],
    columns: [
      { query: 0, item: 0, scores: sample.aligned, link: 'sigmoid' },
      { query: 0, item: 1, scores: sample.stale, link: 'sigmoid' },
    ],
    current: new Map([
      [0, 0],
      [1, 1],
    ]),
    alignedOld: new Map(),
    anchors: [],
    drift: new Map(),
    positiveRows: new Int32Array(0),
    embedded: { query: evalSet.query.names.length, item: evalSet.item.names.length },
    alike: [],
    notices: [],
  };
  return new Tabulation({
    evalSet,
    sweep,
    cells: buildCells(evalSet, []),
    metrics: [findMetric('log_loss')!],
    states: [{ parts: [{ column: 0 }] }, { parts: [{ column: 1 }] }],
    aligned: 0,
    weightQueries: false,
    distinctItems: false,
  });
}

/** The same ratio estimated row by row, with each row's influence on it: e_r = (l₁ - l₀ - θ·l₀) / Σ l₀. */
class Exact {
  readonly value: number;
  private readonly influence: Float64Array;
  private readonly loss: Float64Array;

  constructor(private readonly sample: Sample) {
    const { rows, label, aligned, stale } = sample;
    this.loss = new Float64Array(rows);
    this.influence = new Float64Array(rows);
    let zero = 0;
    let change = 0;
    for (let r = 0; r < rows; r++) {
      this.loss[r] = softplus(aligned[r]!) - label[r]! * aligned[r]!;
      this.influence[r] = softplus(stale[r]!) - label[r]! * stale[r]! - this.loss[r]!;
      zero += this.loss[r]!;
      change += this.influence[r]!;
    }
    this.value = change / zero;
    for (let r = 0; r < rows; r++) this.influence[r] = (this.influence[r]! - this.value * this.loss[r]!) / zero;
  }

  byRow(): Estimate {
    return this.estimate(this.rowVariance(), this.sample.rows - 1);
  }

  byQuery(): Estimate {
    const { variance, effective } = this.clusters(this.sample.query);
    return this.estimate(variance, effective - 1);
  }

  /** Cameron, Gelbach & Miller on the clusters themselves; every (query, item) pair is one row. */
  twoWay(): Estimate {
    const query = this.clusters(this.sample.query);
    const item = this.clusters(this.sample.item);
    const both = query.variance + item.variance - this.rowVariance();
    return this.estimate(Math.max(both, query.variance, item.variance), Math.min(query.effective, item.effective) - 1);
  }

  private estimate(variance: number, df: number): Estimate {
    return { value: this.value, standardError: Math.sqrt(variance), df };
  }

  private rowVariance(): number {
    return this.influence.reduce((sum, e) => sum + e * e, 0);
  }

  private clusters(codes: Int32Array): { variance: number; effective: number } {
    const sums = new Float64Array(Math.max(...codes) + 1);
    const sizes = new Float64Array(sums.length);
    for (let r = 0; r < codes.length; r++) {
      sums[codes[r]!]! += this.influence[r]!;
      sizes[codes[r]!]! += this.loss[r]!;
    }
    const occurring = sizes.reduce((n, size) => n + (size > 0 ? 1 : 0), 0);
    const total = sizes.reduce((sum, d) => sum + d, 0);
    const squares = sizes.reduce((sum, d) => sum + d * d, 0);
    return {
      variance: (sums.reduce((sum, e) => sum + e * e, 0) * occurring) / (occurring - 1),
      effective: (total * total) / squares,
    };
  }
}

const ESTIMATORS = ['rows', 'query clusters', 'exact two-way', 'skewgate'] as const;
type Estimator = (typeof ESTIMATORS)[number];

function decide(estimate: Estimate, margin: number): Judgement['verdict'] {
  const bounds = { upper: margin };
  const [rejected] = holm([violationPValue(estimate, bounds)], 1 - CONFIDENCE);
  return judge(estimate, bounds, CONFIDENCE, rejected!).verdict;
}

interface Tally {
  readonly scenario: Scenario;
  readonly pass: Record<Estimator, number>;
  readonly fail: Record<Estimator, number>;
  /** Runs that the product's floors keep from being judged. */
  open: number;
  /** Means over the runs. */
  rows: number;
  queryClusters: number;
  itemClusters: number;
  value: number;
  /** Bucket standard error over the exact two-way one, on one sample. */
  ratio: { mean: number; sd: number };
}

function study(scenario: Scenario, index: number, options: Options, margin: number): Tally {
  const draw = weightedDraw(Array.from({ length: scenario.items }, (_, i) => (i + 1) ** -scenario.zipf));
  const zeros = () => Object.fromEntries(ESTIMATORS.map((name) => [name, 0])) as Record<Estimator, number>;
  const tally: Tally = {
    scenario,
    pass: zeros(),
    fail: zeros(),
    open: 0,
    rows: 0,
    queryClusters: 0,
    itemClusters: 0,
    value: 0,
    ratio: { mean: 0, sd: 0 },
  };
  // Every run has a seed of its own, so that a scenario's samples do not depend on the others'.
  const sampleOf = (run: number) =>
    simulate(scenario, options.rows, draw, new Random(options.seed + 1_000_003 * index + run));
  for (let run = 0; run < options.runs; run++) {
    const sample = sampleOf(run);
    const exact = new Exact(sample);
    const query = exact.byQuery();
    const tabulation = tabulate(sample, `${run}/`);
    const product = tabulation.change('log_loss', 0, 1, true);
    const evidence = tabulation.evidence('log_loss', 0);
    if (Math.abs(product.value / exact.value - 1) > 1e-9) throw new Error('the product and the simulation disagree');
    const estimates: Record<Estimator, Estimate> = {
      rows: exact.byRow(),
      'query clusters': query,
      'exact two-way': exact.twoWay(),
      skewgate: product,
    };
    const floors = unjudgeable(product, evidence, 0, 0);
    if (floors !== undefined) tally.open++;
    for (const name of ESTIMATORS) {
      if (name === 'skewgate' && floors !== undefined) continue;
      const verdict = decide(estimates[name], margin);
      if (verdict === 'pass') tally.pass[name]++;
      if (verdict === 'fail') tally.fail[name]++;
    }
    tally.rows += sample.rows / options.runs;
    tally.queryClusters += (query.df + 1) / options.runs;
    tally.itemClusters += evidence.itemClusters / options.runs;
    tally.value += product.value / options.runs;
  }
  tally.ratio = hashSpread(sampleOf(0));
  return tally;
}

/** The product's standard error over the exact one, for one sample under many hashes. */
function hashSpread(sample: Sample): Tally['ratio'] {
  const exact = new Exact(sample).twoWay().standardError;
  const ratios = Array.from(
    { length: HASH_SEEDS },
    (_, seed) => tabulate(sample, `seed ${seed}/`).change('log_loss', 0, 1, true).standardError / exact,
  );
  const mean = ratios.reduce((sum, x) => sum + x, 0) / ratios.length;
  const sd = Math.sqrt(ratios.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (ratios.length - 1));
  return { mean, sd };
}

interface Options {
  readonly runs: number;
  readonly rows: number;
  readonly seed: number;
}

function readOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      runs: { type: 'string', default: '1000' },
      rows: { type: 'string', default: '20000' },
      seed: { type: 'string', default: '1' },
    },
  });
  const whole = (name: 'runs' | 'rows' | 'seed', least: number): number => {
    const value = Number(values[name]);
    if (!Number.isSafeInteger(value) || value < least)
      throw new Error(`--${name} ${values[name]}: expected a whole number of at least ${least}`);
    return value;
  };
  return { runs: whole('runs', 2), rows: whole('rows', 1000), seed: whole('seed', 0) };
}

const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;

/** Monte-Carlo standard error of a rate. */
const noise = (rate: number, runs: number): number => Math.sqrt((rate * (1 - rate)) / runs);

function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...body.map(line)].join('\n');
}

function render(tallies: readonly Tally[], { runs, rows, seed }: Options, margin: number): string {
  const rate = (tally: Tally, name: Estimator) => tally.pass[name] / runs;
  const worst = (name: Estimator) => tallies.reduce((a, b) => (rate(b, name) > rate(a, name) ? b : a));
  const said = (name: Estimator) => `${percent(rate(worst(name), name))} (${worst(name).scenario.name})`;
  const above = tallies.filter((t) => rate(t, 'skewgate') - 2 * noise(rate(t, 'skewgate'), runs) > 1 - CONFIDENCE);
  return [
    `Made by \`node bench/coverage.mjs --runs ${runs} --rows ${rows} --seed ${seed}\`: ${runs.toLocaleString('en-US')} runs a scenario of about ${rows.toLocaleString('en-US')} rows. The true degradation of the log loss, ${percent(margin, 3)}, is the margin. Monte-Carlo error (1 sd): ${(100 * noise(1 - CONFIDENCE, runs)).toFixed(1)} points at ${percent(1 - CONFIDENCE, 0)}, ${(100 * noise(0.3, runs)).toFixed(1)} at 30 %.`,
    '',
    `False passes at the margin, nominal ${percent(1 - CONFIDENCE, 0)}:`,
    '',
    table(
      ['scenario', 'by row', 'by query', 'exact two-way', 'skewgate', 'kept open by the floors'],
      tallies.map((t) => [
        t.scenario.name,
        ...ESTIMATORS.map((name) => percent(rate(t, name))),
        percent(t.open / runs),
      ]),
    ),
    '',
    `Largest: by row ${said('rows')}; by query ${said('query clusters')}; exact two-way ${said('exact two-way')}; skewgate ${said('skewgate')}. ${
      above.length === 0
        ? 'No scenario of skewgate is above nominal by more than two Monte-Carlo errors.'
        : `Skewgate is above nominal by more than two Monte-Carlo errors in: ${above.map((t) => `${t.scenario.name} (${percent(rate(t, 'skewgate'))})`).join('; ')}.`
    }`,
    '',
    `False failures at the margin, nominal ${percent(1 - CONFIDENCE, 0)}:`,
    '',
    table(
      ['scenario', 'by row', 'by query', 'exact two-way', 'skewgate'],
      tallies.map((t) => [t.scenario.name, ...ESTIMATORS.map((name) => percent(t.fail[name] / runs))]),
    ),
    '',
    `What the samples are like (means over the runs; effective clusters as in the estimator), and the standard error of skewgate over the exact two-way one, for one sample under ${HASH_SEEDS} hashes:`,
    '',
    table(
      ['scenario', 'rows', 'effective queries', 'effective items', 'mean estimate', 'bucket / exact, mean', 'sd'],
      tallies.map((t) => [
        t.scenario.name,
        Math.round(t.rows).toLocaleString('en-US'),
        Math.round(t.queryClusters).toLocaleString('en-US'),
        Math.round(t.itemClusters).toLocaleString('en-US'),
        percent(t.value, 3),
        t.ratio.mean.toFixed(3),
        t.ratio.sd.toFixed(3),
      ]),
    ),
  ].join('\n');
}

function writePage(text: string): void {
  const path = resolve(PAGE);
  const page = readFileSync(path, 'utf8');
  const begin = '<!-- coverage:begin -->';
  const end = '<!-- coverage:end -->';
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`${PAGE} has no ${begin} … ${end}`);
  writeFileSync(path, `${before}${begin}\n${text}\n${end}${after}`);
}

export function main(argv: readonly string[]): void {
  const options = readOptions(argv);
  const margin = trueDegradation();
  const tallies = SCENARIOS.map((scenario, index) => {
    const startedAt = performance.now();
    const tally = study(scenario, index, options, margin);
    process.stderr.write(`${scenario.name}: ${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`);
    return tally;
  });
  const text = render(tallies, options, margin);
  process.stdout.write(`${text}\n`);
  writePage(text);
}
