/** Everything that was found → the report object. */
import { hostname } from 'node:os';
import type { CheckReport } from '../checks/check-report.js';
import type { WaiverReport } from '../checks/waivers.js';
import type { EvalSetSize } from '../data/evalset/size.js';
import type { VectorUse } from '../data/vectors/vector-use.js';
import type { Policy } from '../documents/policy/policy.js';
import { checkpointsOf, isSwept, type ReleaseHead, type ScoreColumns } from '../documents/release/release.js';
import { quoted } from '../lib/text.js';
import { VERSION } from '../lib/version.js';
import { decide } from './decide.js';
import type { Diagnosis } from './diagnosis/diagnosis.js';
import type { Report } from './report-object.js';

export interface Found {
  readonly policy: Policy;
  readonly release: ReleaseHead;
  /** The rows of the sweep, where there was one. */
  readonly evalSet: EvalSetSize | undefined;
  readonly checks: readonly CheckReport[];
  readonly diagnosis: Diagnosis | undefined;
  /** The waivers of the policy, and what became of each. */
  readonly waivers: readonly WaiverReport[];
  readonly startedAt: Date;
  /** The same on the clock of `performance`, which nobody sets. */
  readonly began: number;
  /** Of vectors that were there before the run. */
  readonly used?: VectorUse;
}

export function assemble({
  policy,
  release,
  evalSet,
  checks,
  diagnosis,
  waivers,
  startedAt,
  began,
  used,
}: Found): Report {
  const swept = isSwept(release) ? release : undefined;
  const checkpoints = swept ? checkpointsOf(swept) : [];
  return {
    ...decide(checks, diagnosis, release.live, waivers),
    policy: {
      path: policy.path,
      sha256: policy.sha256,
      name: policy.name,
      from: policy.from,
      ...(policy.difference === undefined ? {} : { difference: policy.difference }),
      confidence: policy.confidence,
      onInconclusive: policy.onInconclusive,
    },
    release: {
      path: release.path,
      sha256: release.sha256,
      name: release.name,
      live: release.live,
      place: release.livePlace,
      chain: swept?.chain ?? [release.live],
      checkpoints: checkpoints.map(({ side, version, sha256 }) => ({ tower: side, version, sha256 })),
      ...(swept?.scores ? { scores: templatesOf(swept.scores) } : {}),
      ...(swept?.difference === undefined ? {} : { difference: swept.difference }),
    },
    ...(evalSet ? { evalSet: counted(evalSet, policy) } : {}),
    checks,
    ...(diagnosis ? { diagnosis } : {}),
    ...(waivers.length > 0 ? { waivers } : {}),
    notices: [
      ...waivers.flatMap(idleInWords),
      ...(diagnosis?.notices ?? []),
      ...uncompared(release, diagnosis),
      ...policy.notices,
      ...release.notices,
      ...checks.flatMap((check) => check.notices),
    ],
    run: {
      version: VERSION,
      startedAt: startedAt.toISOString(),
      durationMs: Math.round(performance.now() - began),
      host: `${hostname()} (${process.platform}-${process.arch}, node ${process.version})`,
      ...(used ? { vectors: used } : {}),
    },
  };
}

/** Says of a waiver that does nothing what is to be done about it. */
function idleInWords({ rule, state, until, findings, place }: WaiverReport): string[] {
  const where = `${place.file}:${place.line}: the waiver of ${quoted(rule)}`;
  switch (state) {
    case 'used':
      return [];
    case 'expired':
      return [
        findings > 0
          ? `${where} expired after ${until}: what it waived counts again.`
          : `${where} expired after ${until}, and all that it names passes: remove it.`,
      ];
    case 'not_needed':
      return [`${where} is not needed, as all that it names passes: remove it.`];
    case 'cannot':
      return [
        `${where} covers nothing, as what it names was not measured, or nothing that is required was decided: that comes first.`,
      ];
  }
}

/** The columns of scores as the release names them. */
function templatesOf({ column, aligned, olderQuery }: ScoreColumns): NonNullable<Report['release']['scores']> {
  return {
    column: column.template,
    ...(aligned ? { aligned: aligned.template } : {}),
    ...(olderQuery ? { olderQuery: olderQuery.template } : {}),
  };
}

/** Says of an earlier report that nothing here is compared with it. */
function uncompared({ earlier }: ReleaseHead, diagnosis: Diagnosis | undefined): string[] {
  if (!earlier || diagnosis) return [];
  return [
    `compare_with at ${quoted(earlier.shown)} is compared with nothing, as there is no diagnosis here; a sweep is ` +
      'compared with the release file of a family.',
  ];
}

function counted({ catalogue, ...size }: EvalSetSize, { skew }: Policy): NonNullable<Report['evalSet']> {
  const { sha256, ...counts } = size;
  return { ...counts, ...(skew?.evalSet.candidates === 'full' ? { rankedCatalogue: catalogue } : {}), sha256 };
}
