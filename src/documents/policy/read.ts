/** gates/*.yml → Policy. Every mistake of the file is found in one reading. */
import { dirname, resolve } from 'node:path';
import policySchema from '../../../gates/policy.schema.json' with { type: 'json' };
import type { Workspace } from '../../data/artefacts/files.js';
import { ConfigError } from '../../errors.js';
import { lazySchema, YamlSource } from '../yaml/source.js';
import { checkout, type PolicyOrigin, readWorkspaceYaml } from './origin.js';
import {
  type CheckId,
  type DiagnosisCheck,
  EVIDENCE_CHECKS,
  type Policy,
  type PolicyHead,
  type WrittenChecks,
} from './policy.js';
import type { PolicyFile, WrittenVersionSkew } from './policy-file.js';
import { readEvidenceRule } from './read-evidence-rule.js';
import { confidenceOf } from './read-limit.js';
import { readVersionSkew, type Unsourced } from './read-version-skew.js';
import { readWaivers } from './read-waivers.js';
import { PolicyReading } from './reading.js';

const validator = lazySchema(policySchema);

/**
 * Reads and checks a policy; `path` may be absolute or relative to the current directory.
 *
 * @param absent true where the files of the eval set need not be here, as they are judged by a state
 */
export function readPolicy(
  path: string,
  workspace: Workspace,
  origin: PolicyOrigin = checkout('file'),
  absent = false,
): Policy {
  const original = origin.policy(resolve(path), workspace);
  const source = new YamlSource(workspace.show(original.path), original.text);
  const form = policyForm(source);
  const reading = new PolicyReading(source, dirname(original.path), workspace, origin, absent);
  const { skew, waivers, ...head } = readFile(form, reading);
  source.problems.throwIfAny(ConfigError);
  const { from, difference, notices } = original;
  const origins = { from, ...(difference === undefined ? {} : { difference }), notices };
  return { ...head, ...origins, waivers, ...(skew ? { skew: { ...skew, ...origins } } : {}) };
}

/** A file as the schema of policies takes it; nothing that it names is looked at. Throws ConfigError on mistakes. */
export function policyForm(source: YamlSource): PolicyFile {
  source.check(validator(), {});
  source.problems.throwIfAny(ConfigError);
  return source.value as PolicyFile;
}

/** Opens a policy or release file of the checkout. */
export function openYaml(file: string, workspace: Workspace, what: string): YamlSource {
  return new YamlSource(workspace.show(file), readWorkspaceYaml(file, workspace, what));
}

function readFile(raw: PolicyFile, reading: PolicyReading) {
  const { source } = reading;
  const checks: WrittenChecks = typeof raw.checks === 'string' ? { all: {} } : raw.checks;
  const written = checks['version-skew'];
  // Empty, it is a hypothesis as the others are.
  const sweep = written && hasSweep(written) ? written : undefined;
  const head: Unsourced<PolicyHead> = {
    path: source.file,
    sha256: source.sha256,
    name: raw.policy,
    requirePins: raw.require_pins ?? false,
    confidence: confidenceOf(sweep?.confidence ?? raw.confidence),
    onInconclusive: sweep?.on_inconclusive ?? raw.on_inconclusive ?? 'fail',
    gap: raw.gap ?? { metric: 'log_loss' },
    diagnosis: diagnosisOf(checks, sweep !== undefined, reading),
  };
  if (raw.gap !== undefined && head.diagnosis.length === 0)
    source.problem(
      source.keyPlace(['gap']),
      'gap without a check on evidence',
      'a check that is held against the gap between offline and online, such as feature-parity',
      'Remove it.',
    );
  for (const key of ['allow_identical_versions', 'on_no_skill', 'thin_slices'] as const)
    if (raw[key] !== undefined && !sweep)
      source.problem(
        source.keyPlace([key]),
        `${key} without a sweep`,
        'the check version-skew with a sweep, which it is about',
        'Remove it.',
      );
  if (checks.all && !written && raw.eval_set)
    source.problem(
      source.keyPlace(['eval_set']),
      'an eval_set that nothing is measured on',
      'the check version-skew with its sweep beside all',
      'Write: checks: {all: {}, version-skew: {sweep: {from: 0, to: 6}, require: [{metric: log_loss, ' +
        'max_increase: 1%}]}}; or remove eval_set.',
    );
  const skew = sweep && readVersionSkew(raw, sweep, head, reading);
  const waivers = readWaivers(
    raw.waive ?? [],
    { sweep: skew?.versionSkew.rules ?? [], evidence: head.diagnosis },
    reading,
  );
  return { ...head, waivers, ...(skew ? { skew } : {}) };
}

/** True where version-skew asks for a sweep, as the schema wants of one that is not empty. */
function hasSweep(written: WrittenVersionSkew | Record<string, never>): written is WrittenVersionSkew {
  return Object.keys(written).length > 0;
}

/**
 * The checks on evidence that are asked for, by layer, then version-skew: a hypothesis where it is empty, or beside
 * others. `all` asks for every one that is not named.
 */
function diagnosisOf(checks: WrittenChecks, sweeps: boolean, reading: PolicyReading): DiagnosisCheck[] {
  const { source } = reading;
  // Of a check that is not named the place is that of `all`.
  const placeOf = (id: CheckId) => source.keyPlace(['checks', checks[id] ? id : 'all']);
  const asked: DiagnosisCheck[] = [];
  for (const id of EVIDENCE_CHECKS) {
    const written = checks[id] ?? checks.all;
    if (!written) continue;
    const required = 'require' in written ? (written.require ?? []) : [];
    const rules = required.flatMap((rule, index) => readEvidenceRule(rule, id, index, reading) ?? []);
    asked.push({ id, place: placeOf(id), rules });
  }
  if (checks.all || (checks['version-skew'] && (!sweeps || asked.length > 0)))
    asked.push({ id: 'version-skew', place: placeOf('version-skew'), rules: [] });
  return asked;
}
