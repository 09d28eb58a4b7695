/**
 * Holds `skewgate calibrate` to what it says: families are simulated, each is calibrated by the product, and the share
 * of further releases of the same family, on rows drawn anew, that the product's judgement does not pass is held
 * against the interval. Writes the table of docs/choosing-margins.md.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Random } from '../__tests__/support/xoshiro.js';
import { calibrationOf } from '../src/calibration/calibration.js';
import { measureVersionSkew } from '../src/checks/version-skew/measure.js';
import { verdictOn, violated } from '../src/estimation/statistics/claims.js';
import { evidenceOf, SCENARIOS, type Scenario } from './calibrate/family.js';

const PAGE = 'docs/choosing-margins.md';
const PAST = [3, 6] as const;
const WANTED = 0.1;

/** True where a run would not pass a release on these rows. */
async function isBlocked(scenario: Scenario, random: Random): Promise<boolean> {
  const { claims, measured } = await measureVersionSkew(evidenceOf(scenario, 1, random));
  const { confidence } = measured.policy.versionSkew;
  const rejected = violated(claims, confidence);
  return claims.some((claim) => verdictOn(claim, confidence, rejected.has(claim)).verdict !== 'pass');
}

interface Studied {
  readonly scenario: Scenario;
  readonly past: number;
  readonly real: number;
  /** The mean of the rates that were said, and of the ends of their intervals. */
  readonly said: number;
  readonly lower: number;
  readonly upper: number;
  /** Share of the intervals that hold the real one. */
  readonly covered: number;
  /** The real share under the margins that were proposed for 10 %, over families. */
  readonly under: number;
}

/** The share of releases, each on rows of its own, that are blocked. */
async function share(scenario: Scenario, count: number, from: number): Promise<number> {
  let blocked = 0;
  for (let i = 0; i < count; i++) if (await isBlocked(scenario, new Random(from + i))) blocked++;
  return blocked / count;
}

async function study(scenario: Scenario, base: number, real: number, past: number, runs: number): Promise<Studied> {
  let [said, lower, upper, covered, under, proposals] = [0, 0, 0, 0, 0, 0];
  for (let run = 0; run < runs; run++) {
    const random = new Random(base + 1_000_003 * past + run + 500_000);
    const { measured } = await measureVersionSkew(evidenceOf(scenario, past, random));
    const versions = Array.from({ length: past }, (_, a) => `v${a}`);
    const { rates, rules } = calibrationOf(measured, versions, 1, WANTED);
    said += rates.blocked.rate / runs;
    lower += rates.blocked.lower / runs;
    upper += rates.blocked.upper / runs;
    if (rates.blocked.lower <= real && real <= rates.blocked.upper) covered += 1 / runs;
    const [margin, shift] = rules.map(({ wanted, rule }) => wanted?.threshold ?? rule.threshold);
    if (run % 4 === 0) {
      under += await share({ ...scenario, margin: margin!, shift: shift! }, 25, base + 7_000_003 + 25 * run);
      proposals++;
    }
  }
  return { scenario, past, real, said, lower, upper, covered, under: under / proposals };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function render(studied: readonly Studied[], command: string, runs: number, releases: number): string {
  const header = [
    'family',
    'versions',
    'really blocked',
    'said, mean',
    'interval, mean ends',
    'holds the real share',
    'blocked under the margins for 10 %',
  ];
  const rows = studied.map((one) => [
    one.scenario.name + (one.scenario.stress ? ' (outside of the model)' : ''),
    String(one.past),
    percent(one.real),
    percent(one.said),
    `${percent(one.lower)} to ${percent(one.upper)}`,
    percent(one.covered),
    percent(one.under),
  ]);
  const table = [header, header.map((_, i) => (i === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
  return (
    `Made by \`${command}\`: ${runs} families a line, each calibrated from its versions; the real share is of ` +
    `${releases.toLocaleString('en-US')} further releases on rows drawn anew. Monte-Carlo error (1 sd): ` +
    `${(100 * Math.sqrt(0.09 / runs)).toFixed(0)} points of “holds”, at most ${(100 * Math.sqrt(0.25 / releases)).toFixed(1)} of the real share.\n\n${table}`
  );
}

export async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      runs: { type: 'string', default: '100' },
      releases: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string', default: '' },
    },
  });
  const [runs, releases, seed] = [Number(values.runs), Number(values.releases), Number(values.seed)];
  const studied: Studied[] = [];
  for (const [index, scenario] of SCENARIOS.entries()) {
    if (!scenario.name.includes(values.only)) continue;
    const base = seed + 10_000_019 * (index + 1);
    const real = await share(scenario, releases, base);
    for (const past of PAST) {
      const one = await study(scenario, base, real, past, runs);
      studied.push(one);
      process.stderr.write(
        `${scenario.name}, ${past}: real ${percent(one.real)}, said ${percent(one.said)} ` +
          `[${percent(one.lower)}, ${percent(one.upper)}], holds ${percent(one.covered)}, under ${percent(one.under)}\n`,
      );
    }
  }
  if (values.only !== '') return;
  const [begin, end] = ['<!-- calibrate:begin -->', '<!-- calibrate:end -->'];
  const [before, rest] = readFileSync(PAGE, 'utf8').split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`${PAGE} has no ${begin} … ${end}`);
  const command = `node bench/calibrate.mjs --runs ${runs} --releases ${releases} --seed ${seed}`;
  writeFileSync(PAGE, `${before}${begin}\n${render(studied, command, runs, releases)}\n${end}${after}`);
}
