/**
 * Holds `skewgate calibrate` to what it says: families of several kinds are simulated, each is calibrated by the
 * product under several margins, and the share of further releases of the same family, on rows drawn anew, that the
 * product's judgement does not pass is held against the interval. Writes the table of docs/choosing-margins.md.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Random } from '../__tests__/support/xoshiro.js';
import { calibrationOf } from '../src/calibration/calibration.js';
import { allowances } from '../src/calibration/margins.js';
import type { Rate } from '../src/calibration/rates.js';
import type { CellClaim } from '../src/checks/version-skew/judge.js';
import { measureVersionSkew } from '../src/checks/version-skew/measure.js';
import { interval } from '../src/estimation/statistics/noninferiority.js';
import { evidenceOf, type Family, type Margins, policyOf } from './calibrate/family.js';
import { KINDS, type Kind } from './calibrate/kinds.js';

const PAGE = 'docs/choosing-margins.md';
const WANTED = 0.1;
/** Shares of releases that margins of a family are set to block: little, some, most. */
const BLOCKING = [
  [0.01, 0.06],
  [0.06, 0.3],
  [0.3, 0.8],
] as const;

/** The allowance that each of the two rules would need to pass a release. */
type Need = readonly [loss: number, shift: number];

function needOf(claims: readonly CellClaim[], confidence: number): Need {
  const need: [number, number] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { rule, estimate, open } of claims) {
    const { lower, upper } = interval(estimate, confidence);
    const own = open ? Number.POSITIVE_INFINITY : rule.operator === 'max_change' ? Math.max(upper, -lower) : upper;
    need[rule.index === 0 ? 0 : 1] = Math.max(need[rule.index === 0 ? 0 : 1], own);
  }
  return need;
}

/** Further releases of a family, each on rows of its own. */
async function needsOf(family: Family, count: number, base: number): Promise<Need[]> {
  const needs: Need[] = [];
  for (let i = 0; i < count; i++) {
    const random = new Random(base + 11 + i);
    const sizes = family.sizes(1, random);
    const { claims, measured } = await measureVersionSkew(evidenceOf(family, sizes, new Random(base + 1), random));
    needs.push(needOf(claims, measured.policy.versionSkew.confidence));
  }
  return needs;
}

/** The share of releases that need more than the margins allow; a shift's scale is the logarithm of a ratio. */
function blockedUnder(needs: readonly Need[], { loss, shift }: Margins): number {
  return needs.filter((need) => need[0] > loss || need[1] > Math.log1p(shift)).length / needs.length;
}

/** Margins that block about such a share, either rule as often. */
function marginsFor(needs: readonly Need[], share: number): Margins {
  const columns = [0, 1].map((rule) => Float64Array.from(needs, (need) => need[rule === 0 ? 0 : 1]));
  const [loss, shift] = allowances(columns, [0, 0], share).smallest;
  return { loss: loss!, shift: Math.expm1(shift!) };
}

/** One interval beside the truth. */
interface Held {
  readonly real: number;
  readonly said: Rate;
}

interface Studied {
  readonly kind: Kind;
  readonly past: number;
  readonly written: Held[];
  /** Under the margins that were proposed. */
  readonly proposed: Held[];
}

async function studyFamily(kind: Kind, lines: readonly Studied[], releases: number, base: number): Promise<void> {
  const own = new Random(base);
  const family = kind.family(own);
  const shares = BLOCKING.map(([low, high]) => low * (high / low) ** own.uniform());
  const needs = await needsOf(family, releases, base);
  for (const { past, written, proposed } of lines) {
    const random = new Random(base + 50_021 + past);
    // The first is the next release: it is what is foretold.
    const sizes = family.sizes(past + 1, random).slice(1);
    const { measured } = await measureVersionSkew(evidenceOf(family, sizes, new Random(base + 1), random));
    const versions = sizes.map((_, a) => `v${a}`);
    for (const share of shares) {
      const margins = marginsFor(needs, share);
      const under = { ...measured, policy: policyOf(margins, past) };
      const { rates, rules, underWanted } = calibrationOf(under, versions, 1, WANTED);
      written.push({ real: blockedUnder(needs, margins), said: rates.blocked });
      const [loss, shift] = rules.map(({ wanted, rule }) => wanted?.threshold ?? rule.threshold);
      const changed = rules.some(({ changes }) => changes);
      if (!underWanted || !changed) continue;
      const real = blockedUnder(needs, { loss: loss!, shift: shift! });
      proposed.push({ real, said: underWanted });
    }
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function percent(share: number, digits = 0): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(digits)} %` : '–';
}

function holds(held: readonly Held[]): number {
  return mean(held.map(({ real, said }) => (said.lower <= real && real <= said.upper ? 1 : 0)));
}

function cells({ kind, past, written, proposed }: Studied): string[] {
  const width = (held: readonly Held[]) => median(held.map(({ said }) => said.upper - said.lower));
  return [
    `${kind.name}${kind.unseen ? ' (unseen)' : ''}${kind.outside === undefined ? '' : ` (not promised: ${kind.outside})`}`,
    String(past),
    percent(mean(written.map(({ real }) => real))),
    percent(mean(written.map(({ said }) => said.rate))),
    percent(holds(written)),
    percent(mean(written.map(({ real, said }) => (real > said.upper ? 1 : 0)))),
    (100 * width(written)).toFixed(0),
    percent(mean(proposed.map(({ real }) => real))),
    percent(holds(proposed)),
    (100 * width(proposed)).toFixed(0),
  ];
}

const HEADER = [
  'kind of family',
  'versions',
  'really blocked',
  'said',
  'interval holds',
  'real share above it',
  'its width, median, points',
  `really blocked under margins for ${percent(WANTED)}`,
  'interval holds there',
  'its width there',
];

function render(studied: readonly Studied[], command: string, families: number, releases: number): string {
  const table = [HEADER, HEADER.map((_, i) => (i === 0 ? '---' : '---:')), ...studied.map(cells)]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
  const promised = studied.filter(({ kind }) => kind.outside === undefined);
  const [known, unseen] = [promised.filter(({ kind }) => !kind.unseen), promised.filter(({ kind }) => kind.unseen)];
  return (
    `Made by \`${command}\`: ${families} families a line, each with numbers of its own and under three margins; the real share is of ` +
    `${releases.toLocaleString('en-US')} further releases on rows drawn anew. Monte-Carlo error (1 sd): about ` +
    `${(100 * Math.sqrt(0.09 / families)).toFixed(0)} points of “holds” (the three margins of a family go together), at most ` +
    `${(100 * Math.sqrt(0.25 / releases)).toFixed(1)} of a real share. ${overall('Over the promised kinds that the method was chosen on', known)} ` +
    `${overall('Over those that were written afterwards (unseen)', unseen)}\n\n${table}`
  );
}

/** How the interval held, and how far the rate is from the truth in the mean. */
function overall(which: string, lines: readonly Studied[]): string {
  const all = lines.flatMap(({ written }) => written);
  return (
    `${which} the interval held the real share in ${percent(holds(all), 1)}, in the worst of them in ` +
    `${percent(Math.min(...lines.map(({ written }) => holds(written))))}; its median width was ` +
    `${(100 * median(all.map(({ said }) => said.upper - said.lower))).toFixed(0)} points; really blocked were ` +
    `${percent(mean(all.map(({ real }) => real)), 1)}, said ${percent(mean(all.map(({ said }) => said.rate)), 1)}.`
  );
}

export async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      families: { type: 'string', default: '24' },
      releases: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string', default: '' },
    },
  });
  const [families, releases, seed] = [Number(values.families), Number(values.releases), Number(values.seed)];
  const studied: Studied[] = [];
  for (const [k, kind] of KINDS.entries()) {
    if (!kind.name.includes(values.only)) continue;
    const lines = kind.past.map((past): Studied => ({ kind, past, written: [], proposed: [] }));
    for (let f = 0; f < families; f++)
      await studyFamily(kind, lines, releases, seed * 1_000_003 + 10_000_019 * (k + 1) + 100_003 * f);
    studied.push(...lines);
    for (const line of lines) process.stderr.write(`${cells(line).join(' | ')}\n`);
  }
  if (values.only !== '') return;
  const [begin, end] = ['<!-- calibrate:begin -->', '<!-- calibrate:end -->'];
  const [before, rest] = readFileSync(PAGE, 'utf8').split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`${PAGE} has no ${begin} … ${end}`);
  const command = `node bench/calibrate.mjs --families ${families} --releases ${releases} --seed ${seed}`;
  writeFileSync(PAGE, `${before}${begin}\n${render(studied, command, families, releases)}\n${end}${after}`);
}
