/** What the sweep says about the cures: fewer versions of distance, fewer slices, another architecture. */
import type { Slice } from '../../../statistics/cells.js';
import { sameColumns } from '../../../statistics/cells.js';
import type { Finding, Remedies } from '../../check.js';
import { indexAges } from './index-age.js';
import { claim, type Measured, verdictOn } from './judge.js';
import { gates, isRanking } from './plan.js';

export function remediesOf(measured: Measured, findings: readonly Finding[]): Remedies {
  const deepest = Math.max(...[...measured.current.keys()].filter((d): d is number => typeof d === 'number'));
  const passes = passingDistances(measured, deepest);
  const firstFailure = passes.indexOf(false);
  return {
    safeDistance: firstFailure === -1 ? deepest : firstFailure,
    deepest,
    suspects: passes.flatMap((pass, i) => (!pass && passes.indexOf(true, i) >= 0 ? [i + 1] : [])),
    mixedIndexAlone: firstFailure === -1 && findings.some((finding) => failsInMixedIndex(measured, finding)),
    indexAges: indexAges(measured),
    passingSlices: passingSlices(findings),
    incompatibleShare: incompatibleShare(measured, findings),
  };
}

function failsInMixedIndex({ policy, plan }: Measured, finding: Finding): boolean {
  const { metric } = plan.metrics.find(({ id }) => id === finding.metric)!;
  const failed = finding.level === 'fail' && finding.verdict === 'fail' && finding.at === 'production';
  return failed && policy.production?.mix === 'per_item' && isRanking(metric);
}

/** Whether every required rule, read at pure distance 1, 2, …, passes in all of its cells. */
function passingDistances(measured: Measured, deepest: number): boolean[] {
  const { policy, cells, current, plan } = measured;
  const required = policy.versionSkew.rules.filter((rule) =>
    gates(rule, plan.metrics.find(({ id }) => id === rule.metric)!.metric, policy),
  );
  return Array.from({ length: deepest }, (_, i) => i + 1)
    .filter((k) => current.has(k))
    .map((k) =>
      required.every((rule) =>
        rule.slices.every((columns) => {
          const cut = cells.cuts.find((c) => sameColumns(c.columns, columns))!;
          return cut.slices.every((_, i) => {
            const made = claim({ ...rule, at: [k] }, cut.first + i, k, measured);
            return verdictOn(made, policy.versionSkew.confidence, true).verdict === 'pass';
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

/** Of the worst failing change: the part that incompatibility makes up. */
function incompatibleShare(
  { tabulation, current, alignedOld, cells }: Measured,
  findings: readonly Finding[],
): number | null {
  const worst = findings
    .filter((finding) => finding.verdict === 'fail' && finding.judged === 'change')
    .sort((a, b) => Math.abs(b.change) / b.margin - Math.abs(a.change) / a.margin)[0];
  if (!worst) return null;
  const oldState = alignedOld.get(worst.at);
  if (oldState === undefined) return null;
  const cut = cells.cuts.find((c) => sameColumns(c.columns, Object.keys(worst.slice)))!;
  const cell =
    cut.first + cut.slices.findIndex((slice) => Object.entries(worst.slice).every(([k, v]) => slice[k] === v));
  const zero = tabulation.value(worst.metric, cell, current.get(0)!);
  const now = tabulation.value(worst.metric, cell, current.get(worst.at)!);
  const old = tabulation.value(worst.metric, cell, oldState);
  return now === zero ? null : (now - old) / (now - zero);
}
