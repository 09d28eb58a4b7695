/** `skewgate validate`: everything that can be wrong, found without running the sweep. */

import { examineEvidence } from '../checks/examine.js';
import { evidenceClaims } from '../checks/gates.js';
import { checkOf, planChecks } from '../checks/registry.js';
import { type SkewPlan, servedOf } from '../checks/version-skew/gather.js';
import { informativeNotices } from '../checks/version-skew/informative.js';
import { Workspace } from '../data/artefacts/files.js';
import { allFeatures, loadEvalSet, NO_FEATURES, verifyEvalSet } from '../data/evalset/evalset.js';
import { readDistances } from '../data/production/distances.js';
import { productionMix } from '../data/production/mix.js';
import { coverageAsked } from '../documents/policy/policy.js';
import { readPolicy } from '../documents/policy/read.js';
import { readRelease } from '../documents/release/read.js';
import { readReleaseHead } from '../documents/release/read-head.js';
import { familiesOf } from '../documents/release/release.js';
import { type ExitStatus, guarded, type Host } from '../gate.js';
import { plural } from '../lib/text.js';
import { coveredRows } from '../models/towers/coverage.js';
import { inspectTowers } from '../models/towers/inspect.js';
import { tryTowers } from '../models/towers/tower.js';

export interface ValidateArguments {
  readonly policy: string;
  readonly release?: string;
}

export function validate(args: ValidateArguments, host: Host): Promise<ExitStatus> {
  return guarded(host, async () => {
    const workspace = new Workspace(host.workspace);
    const policy = readPolicy(args.policy, workspace);
    const plan = planChecks(policy);
    const lines = plan.versionSkew ? await validateSkew(plan.versionSkew, args.release, workspace) : [];
    if (policy.diagnosis.length > 0) {
      const rules = policy.diagnosis.reduce((sum, check) => sum + check.rules.length, 0);
      lines.push(
        `${policy.path}: ${plural(policy.diagnosis.length, 'check')} on evidence, with ${plural(rules, 'rule')}`,
      );
      const release = args.release === undefined ? undefined : await readReleaseHead(args.release, policy, workspace);
      if (release) {
        const { evidence, checks } = await examineEvidence(policy, release);
        if (evidence.ledger) lines.push(`${release.path}: a ledger of ${plural(evidence.ledger.rows, 'row')}`);
        for (const [id, { effect }] of checks)
          if (effect.kind === 'untested') lines.push(`${id}: its hypothesis will not be tested: ${effect.why}`);
        for (const { check, rule, open } of evidenceClaims(policy.diagnosis, checks, checkOf))
          if (open !== undefined) lines.push(`${check}: the rule on ${rule.metric} will stay inconclusive: ${open}`);
        lines.push(...evidence.notices);
      }
    }
    process.stdout.write(`${lines.join('\n')}\nvalid\n`);
    return 0;
  });
}

async function validateSkew(plan: SkewPlan, releasePath: string | undefined, workspace: Workspace): Promise<string[]> {
  const { policy, metrics } = plan;
  await verifyEvalSet(policy, workspace);
  const { rules } = policy.versionSkew;
  const lines = [
    `${policy.path}: ${plural(rules.length, 'rule')} over ${plural(metrics.metrics.length, 'metric')}, eval set as pinned`,
  ];
  const release = releasePath === undefined ? undefined : await readRelease(releasePath, policy, workspace);
  const families = release ? familiesOf(release) : [];
  const towers = families.map((family) => inspectTowers(family, policy.evalSet.columns));
  const served = release && servedOf(release, policy);
  const servedTowers = served && inspectTowers(served, policy.evalSet.columns);
  const wanted = [...towers, ...(servedTowers ? [servedTowers] : [])];
  const whole = await loadEvalSet(policy, release ? allFeatures(wanted) : NO_FEATURES, workspace);
  const { evalSet } = await coveredRows(whole, families, coverageAsked(policy));
  const distances = release ? await readDistances(policy, release) : undefined;
  if (distances) productionMix(distances, policy, evalSet);
  lines.push(
    `eval set: ${plural(evalSet.rows, 'row')}, ${plural(evalSet.positives, 'positive')}, ${plural(evalSet.query.names.length, 'query', 'queries')}, ${plural(evalSet.item.names.length, 'item')}`,
  );
  for (const [i, family] of families.entries()) {
    const notices = await tryTowers(towers[i]!, evalSet, family.score.similarity === 'max_sim');
    const { query, item } = family.checkpoints;
    lines.push(
      `${family.path}: ${plural(query.size, 'query checkpoint')} and ${plural(item.size, 'item checkpoint')} load, take the eval set, and give embeddings of one dimension`,
    );
    lines.push(...family.notices, ...towers[i]!.notices, ...notices);
  }
  if (served && servedTowers) {
    const notices = await tryTowers(servedTowers, evalSet, served.score.similarity === 'max_sim');
    lines.push(`${served.path}: the checkpoints as they are served load and take the eval set`, ...notices);
  }
  lines.push(...(evalSet.notices ?? []), ...informativeNotices(evalSet, metrics, policy.evalSet.candidates === 'full'));
  return [...lines, ...metrics.notices];
}
