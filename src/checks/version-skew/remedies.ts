/**
 * The sweep's figures for the cures: a younger index, a pinned query tower, fewer slices, a map, another architecture.
 */
import type { Slice } from '../../data/evalset/cells.js';
import type { Release } from '../../documents/release/release.js';
import { isRanking } from '../../estimation/metrics/metric.js';
import { verdictOn } from '../../estimation/statistics/claims.js';
import { shellWord } from '../../lib/text.js';
import type { Rung } from '../../models/drift/maps.js';
import type { DriftEntry, Finding, Verdict } from '../check-report.js';
import { marginUsed } from '../margin-used.js';
import type { PinGain, Remedies } from '../remedies.js';
import { cellOf, cutBy } from './cell-names.js';
import { isRelative } from './families.js';
import { forgoneOf } from './forgone.js';
import { type IndexAgeInputs, indexAges } from './index-age.js';
import { claim, claimsOf, type Measured } from './judge.js';
import { metricOf, requiredRules } from './plan.js';
import { type FamilyStates, stateAt } from './states.js';

export interface RemedyInputs extends IndexAgeInputs {
  readonly findings: readonly Finding[];
  readonly drift: readonly DriftEntry[];
  readonly verdict: Verdict;
  readonly release: Pick<Release, 'path' | 'live' | 'chain' | 'compareWith'>;
}

export function remediesOf(inputs: RemedyInputs): Remedies {
  const { measured, findings, verdict } = inputs;
  const { current } = measured.families.candidate;
  const deepest = Math.max(...[...current.keys()].filter((d) => d !== 'production'));
  const passes = passingDistances(measured, deepest);
  const firstFailure = passes.indexOf(false);
  const worst = worstChange(findings);
  const mends = verdict === 'fail' || findings.some(isBeyond);
  const split = worst ? splitOf(measured, worst) : undefined;
  const incompatibleShare = split && split.incompatible / (split.incompatible + split.stale);
  const forgone = forgoneOf(measured, inputs.release, worst, incompatibleShare);
  return {
    safeDistance: firstFailure === -1 ? deepest : firstFailure,
    deepest,
    suspects: passes.flatMap((pass, i) => (!pass && passes.indexOf(true, i) >= 0 ? [i + 1] : [])),
    mixedIndexAlone: firstFailure === -1 && findings.some((finding) => failsInMixedIndex(measured, finding)),
    // If nothing has to change, nobody asks how much could.
    indexAges: mends ? indexAges(inputs) : [],
    passingSlices: passingSlices(findings),
    incompatibleShare: incompatibleShare ?? null,
    ...(worst ? { worst: { metric: worst.metric, slice: worst.slice, at: worst.at } } : {}),
    repair: mends ? repairOf(inputs, worst) : null,
    ...(worst && split && !inputs.mixedIndex ? { pin: pinGain(measured, worst, split) } : {}),
    ...(forgone ? { forgone } : {}),
  };
}

function failsInMixedIndex({ policy, plan }: Measured, finding: Finding): boolean {
  const { metric } = metricOf(plan, finding.metric);
  const failed = finding.level === 'fail' && finding.verdict === 'fail' && finding.at === 'production';
  return failed && policy.production?.mix !== 'per_request' && isRanking(metric);
}

/** True at i where every required rule, read at pure distance i + 1, passes in all of its cells. */
function passingDistances(measured: Measured, deepest: number): boolean[] {
  const { policy, plan, cells, families } = measured;
  const { current } = families.candidate;
  const required = requiredRules(policy, plan);
  return Array.from({ length: deepest }, (_, i) => i + 1)
    .filter((k) => current.has(k))
    .map((k) =>
      required.every((rule) =>
        rule.slices.every((columns) => {
          const cut = cutBy(cells, columns);
          return cut.slices.every((_, i) => {
            const made = claim({ ...rule, at: [k] }, cut.first + i, k, measured);
            return made.thin || verdictOn(made, policy.versionSkew.confidence, true).verdict === 'pass';
          });
        }),
      ),
    );
}

/** Values of one slice column that pass everything asked of them, where another value of the column does not. */
function passingSlices(findings: readonly Finding[]): Slice[] {
  const required = findings.filter((finding) => finding.level === 'fail' && Object.keys(finding.slice).length > 0);
  const columns = [...new Set(required.flatMap((finding) => Object.keys(finding.slice)))];
  return columns.flatMap((column) => {
    const passes = new Map<string, boolean>();
    for (const { slice, verdict } of required) {
      const value = slice[column];
      if (value !== undefined) passes.set(value, (passes.get(value) ?? true) && verdict === 'pass');
    }
    const passing = [...passes].filter(([, pass]) => pass).map(([value]) => ({ [column]: value }));
    return passing.length < passes.size ? passing : [];
  });
}

/** The failing change that is the most beyond its margin; where none fails, one that does but for Holm's procedure. */
export function worstChange(findings: readonly Finding[]): Finding | undefined {
  const changes = findings.filter(
    (f) => f.level === 'fail' && f.judged === 'change' && f.operator !== 'no_more_sensitive_than',
  );
  const failed = changes.filter(({ verdict }) => verdict === 'fail');
  return (failed.length > 0 ? failed : changes.filter(isBeyond)).sort(
    (a, b) => marginUsed(b).value - marginUsed(a).value,
  )[0];
}

function isBeyond({ level, reason }: Finding): boolean {
  return level === 'fail' && reason.kind === 'borderline' && reason.by === 'holm';
}

interface Split {
  readonly stale: number;
  readonly incompatible: number;
  readonly unit: 'relative' | 'absolute';
}

/** The part of a change that the old pair of towers has too, and the rest; undefined without old query checkpoints. */
function splitOf(
  { tabulation, families, cells, policy }: Measured,
  { metric, slice, at, rule }: Finding,
): Split | undefined {
  const { current, alignedOld } = families.candidate;
  const oldState = alignedOld.get(at);
  if (oldState === undefined) return undefined;
  const cell = cellOf(cells, slice);
  const relative = isRelative(policy.versionSkew.rules[rule]!);
  const change = (state: number) => tabulation.change(metric, cell, state, relative).value;
  const stale = change(oldState);
  const total = change(stateAt(current, at));
  return total === 0 ? undefined : { stale, incompatible: total - stale, unit: relative ? 'relative' : 'absolute' };
}

/** Serving each index with the query tower of its own version leaves the staleness alone. */
function pinGain(measured: Measured, { metric, slice, at, change }: Finding, split: Split): PinGain {
  const { current, alignedOld, anchors } = measured.families.candidate;
  const states: FamilyStates = { current: new Map([...alignedOld, [0, stateAt(current, 0)]]), alignedOld, anchors };
  const { confidence } = measured.policy.versionSkew;
  const passes = requiredRules(measured.policy, measured.plan)
    .filter((rule) => rule.claim === 'checkpoint')
    .every((rule) =>
      claimsOf(rule, measured, states).every(
        (made) => made.thin || verdictOn(made, confidence, true).verdict === 'pass',
      ),
    );
  return { metric, slice, at, change, ...split, passes };
}

/** The map at the distance that production meets most, or at that of the worst finding. */
function repairOf({ measured, drift, release }: RemedyInputs, worst: Finding | undefined): Remedies['repair'] {
  const { mixes, policy } = measured;
  const massAt = (distance: number) => (worst?.at === 'production' ? (mixes?.[0]?.histogram.get(distance) ?? 0) : 1);
  const known = drift.filter(
    ({ distance, repair }) => repair && (typeof worst?.at !== 'number' || worst.at === distance),
  );
  const [met] = known.sort((a, b) => massAt(b.distance) - massAt(a.distance) || a.distance - b.distance);
  if (!met?.repair) return null;
  const older = release.chain[met.distance] ?? '';
  return { ...met.repair, command: mapCommand(policy.path, release, older, met.repair.rung) };
}

/** The command that writes a map; what a shell would read otherwise stands as a name to be filled in. */
function mapCommand(policy: string, { path, live }: RemedyInputs['release'], older: string, kind: Rung): string {
  const files = `--policy ${shellWord(policy, 'POLICY')} --release ${shellWord(path, 'RELEASE')}`;
  return `skewgate map ${files} --from ${shellWord(older, 'OLD')} --to ${shellWord(live, 'LIVE')} --kind ${kind}`;
}
