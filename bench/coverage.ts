/**
 * Measures how often a release that is exactly at the margin passes. Score columns are simulated, with effects that
 * rows of one query or of one item share; the product's own tabulation and judgement look at them, beside estimators
 * that see less. Writes docs/statistics-coverage.md.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { lookUp } from '../src/lib/lookup.js';
import { SCENARIOS, type Scenario } from './coverage/scenarios.js';
import { CONFIDENCE, ESTIMATORS, type Estimator, hashSpread, study, type Tally } from './coverage/study.js';
import { trueChange } from './coverage/truth.js';

const PAGE = 'docs/statistics-coverage.md';
const HASHES = 50;
const WORKERS = 2;

interface Options {
  readonly runs: number;
  readonly seed: number;
  readonly only: string;
}

interface Studied extends Tally {
  /** Relative spread of the standard error from hash to hash, on one sample. */
  readonly hash: number;
}

function readOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      runs: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string', default: '' },
    },
  });
  const whole = (name: 'runs' | 'seed', least: number): number => {
    const value = Number(values[name]);
    if (!Number.isSafeInteger(value) || value < least)
      throw new Error(`--${name} ${values[name]}: expected a whole number of at least ${least}`);
    return value;
  };
  return { runs: whole('runs', 10), seed: whole('seed', 0), only: values.only };
}

function chosen({ only }: Options): readonly Scenario[] {
  return SCENARIOS.filter(({ name }) => name.includes(only));
}

function studied(scenario: Scenario, { runs, seed }: Options): Studied {
  const index = SCENARIOS.indexOf(scenario);
  const tally = study(scenario, index, runs, seed, trueChange(scenario));
  return { ...tally, hash: hashSpread(scenario, index, seed, HASHES) };
}

function percent(share: number, digits = 1): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(digits)} %` : '–';
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map((_, i) => (i === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}

/** One standard deviation of a rate over the runs. */
function noise(rate: number, runs: number): number {
  return Math.sqrt((rate * (1 - rate)) / runs);
}

function render(tallies: readonly Studied[], { runs, seed }: Options): string {
  const nominal = percent(1 - CONFIDENCE, 0);
  const stress = new Set(SCENARIOS.filter((scenario) => scenario.stress).map(({ name }) => name));
  const inside = tallies.filter(({ scenario }) => !stress.has(scenario));
  const outside = tallies.filter(({ scenario }) => stress.has(scenario));
  // If a statistic has no row-wise influence only the product's figure is known.
  const known = ({ pass }: Studied, name: Estimator, rate: number) =>
    name === 'skewgate' || pass.rows > 0 || rate > 0 ? percent(rate) : '–';
  const rows = (of: readonly Studied[]) =>
    of.map((t) => [
      t.scenario,
      `${Math.round(t.queryClusters)} / ${Math.round(t.itemClusters)}`,
      ...ESTIMATORS.map((name) => known(t, name, t.pass[name])),
      percent(t.fail.skewgate),
      `${known(t, 'exact two-way', t.power['exact two-way'])} → ${percent(t.power.skewgate)}`,
      percent(t.open),
    ]);
  const header = [
    'scenario',
    'effective queries / items',
    'by row',
    'by query',
    'exact two-way',
    'skewgate',
    'false failures',
    'power, two-way → skewgate',
    'kept open by the floors',
  ];
  const judged = inside.filter(({ open }) => open < 0.5);
  const worst = (of: (t: Studied) => number) => judged.reduce((a, b) => (of(b) > of(a) ? b : a));
  const pass = worst((t) => t.pass.skewgate);
  const fail = worst((t) => t.fail.skewgate);
  const hashes = tallies.toSorted((a, b) => a.hash - b.hash);
  const mean = (of: (t: Studied) => number) => judged.reduce((sum, t) => sum + of(t), 0) / judged.length;
  return [
    `Made by \`node bench/coverage.mjs --runs ${runs} --seed ${seed}\`: ${runs.toLocaleString('en-US')} runs a ` +
      `scenario. The margin is the population's own change, so that every pass is a false one. Monte-Carlo error ` +
      `(1 sd): ${(100 * noise(1 - CONFIDENCE, runs)).toFixed(1)} points at ${nominal}, ` +
      `${(100 * noise(0.3, runs)).toFixed(1)} at 30 %. Power: passes where the truth is two true standard errors ` +
      'inside the margin.',
    '',
    `False passes at the margin, nominal ${nominal}, where the promise holds:`,
    '',
    table(header, rows(inside)),
    '',
    `Largest false pass rate of skewgate: ${percent(pass.pass.skewgate)} (${pass.scenario}); mean ` +
      `${percent(mean((t) => t.pass.skewgate))}. Largest false failure rate: ${percent(fail.fail.skewgate)} ` +
      `(${fail.scenario}).`,
    '',
    'Outside of the promise:',
    '',
    table(header, rows(outside)),
    '',
    `What the choice of the hash does to a standard error (1 sd over ${HASHES} hashes of one sample): ` +
      `${percent(hashes[hashes.length >> 1]!.hash)} in the median scenario, at most ` +
      `${percent(hashes[hashes.length - 1]!.hash)} (${hashes[hashes.length - 1]!.scenario}).`,
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

/** Scenarios are handed out one by one, as they take different times. */
async function studyAll(file: string, argv: readonly string[], options: Options): Promise<Studied[]> {
  const scenarios = chosen(options);
  const found = new Map<string, Studied>();
  let next = 0;
  const work = () =>
    new Promise<void>((done, failed) => {
      const worker = new Worker(file, { workerData: argv });
      const give = () =>
        next < scenarios.length ? worker.postMessage(scenarios[next++]!.name) : worker.postMessage(null);
      worker.on('message', (tally: Studied) => {
        found.set(tally.scenario, tally);
        process.stderr.write(
          `${tally.scenario}: false passes ${percent(tally.pass.skewgate)}, failures ` +
            `${percent(tally.fail.skewgate)}, power ${percent(tally.power.skewgate)}\n`,
        );
        give();
      });
      worker.on('error', failed);
      worker.on('exit', () => done());
      give();
    });
  await Promise.all(Array.from({ length: WORKERS }, work));
  return scenarios.map(({ name }) => lookUp(found, name, 'study'));
}

export async function main(argv: readonly string[], file: string): Promise<void> {
  const options = readOptions(argv);
  const tallies = await studyAll(file, argv, options);
  const text = render(tallies, options);
  process.stdout.write(`${text}\n`);
  if (options.only === '') writePage(text);
}

if (parentPort) {
  const port = parentPort;
  const options = readOptions(workerData as string[]);
  const scenarios = new Map(SCENARIOS.map((scenario) => [scenario.name, scenario]));
  port.on('message', (name: string | null) => {
    if (name === null) port.close();
    else port.postMessage(studied(lookUp(scenarios, name, 'scenario'), options));
  });
}
