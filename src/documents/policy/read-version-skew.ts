/** Reads what a policy with a sweep says: its eval set, its production, its sweep and the rules on it. */
import type { Path } from '../yaml/source.js';
import type { PolicyHead, Production, Rule, SkewPolicy } from './policy.js';
import type { PolicyFile, WrittenRule, WrittenVersionSkew } from './policy-file.js';
import { readEvalSet } from './read-eval-set.js';
import { percentage } from './read-limit.js';
import { readProduction } from './read-production.js';
import { readRule } from './read-rule.js';
import type { PolicyReading } from './reading.js';

/** The commit of a policy adds this to what the file says. */
export type Unsourced<P extends PolicyHead> = Omit<P, 'from' | 'difference' | 'notices'>;

/** Of the rows, where the policy does not say. Judgement of this project. */
const DEFAULT_COVERAGE = 0.95;
const AT: Path = ['checks', 'version-skew'];

/** The part that a sweep needs; undefined, with a problem noted, where there is no eval set to sweep. */
export function readVersionSkew(
  raw: PolicyFile,
  written: WrittenVersionSkew,
  head: Unsourced<PolicyHead>,
  reading: PolicyReading,
): Unsourced<SkewPolicy> | undefined {
  const { source } = reading;
  if (!raw.eval_set)
    return source.problem(
      source.keyPlace(AT),
      'version-skew in a policy without eval_set',
      'the pinned eval set that it is measured on',
      'Write: eval_set: {rows: ../eval/rows.parquet, sha256: {rows: …}, ' +
        'columns: {query: request_id, item: item_id, label: clicked}}',
    );
  const evalSet = readEvalSet(raw.eval_set, reading);
  const production: Production | undefined = raw.production && readProduction(raw.production, evalSet.slices, reading);
  const sweep = sweepOf(written, reading);
  duplicateRules(written.require, reading);
  const scope = { ...sweep, slices: evalSet.slices, production: production !== undefined };
  const rules = written.require.map((rule, index) => readRule(rule, index, scope, reading));
  return {
    ...head,
    evalSet,
    ...(production ? { production } : {}),
    versionSkew: {
      ...sweep,
      sweepPlace: source.place([...AT, 'sweep']),
      minCoverage: written.min_coverage === undefined ? DEFAULT_COVERAGE : percentage(written.min_coverage),
      onNoSkill: written.on_no_skill ?? raw.on_no_skill ?? 'fail',
      thinSlices: written.thin_slices ?? raw.thin_slices ?? 'fail',
      allowIdenticalVersions: written.allow_identical_versions ?? raw.allow_identical_versions ?? false,
      ...(written.list_losing === undefined ? {} : { listLosing: written.list_losing }),
      place: source.keyPlace(AT),
      rules: rules.filter((rule): rule is Rule => rule !== undefined),
      confidence: head.confidence,
    },
  };
}

function sweepOf({ sweep: { from = 0, to, anchors = 1 } }: WrittenVersionSkew, { source }: PolicyReading) {
  const at: Path = [...AT, 'sweep'];
  const mend = 'Write: sweep: {from: 0, to: 6}';
  if (from > to)
    source.problem(source.place([...at, 'from']), `a sweep from ${from} to ${to}`, 'from at most to', mend);
  if (from === 0 && to === 0)
    source.problem(source.place(at), 'a sweep of distance 0 alone', 'at least one other distance', mend);
  return { from, to, anchors };
}

/** The same rule again would only dilute Holm's procedure. */
function duplicateRules(rules: readonly WrittenRule[], { source }: PolicyReading): void {
  const first = new Map<string, number>();
  for (const [index, rule] of rules.entries()) {
    const key = JSON.stringify(
      Object.entries({ ...rule, level: undefined, id: undefined }).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, index);
    else
      source.problem(
        source.place([...AT, 'require', index]),
        `the same rule as rule ${earlier + 1}`,
        'every rule once',
        'Remove one of the two.',
      );
  }
}
