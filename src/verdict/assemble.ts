/** Everything that was found → the report object. */
import { hostname } from 'node:os';
import type { CheckReport } from '../checks/check-report.js';
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
  readonly startedAt: Date;
  /** Of vectors that were there before the run. */
  readonly used?: VectorUse;
}

export function assemble({ policy, release, evalSet, checks, diagnosis, startedAt, used }: Found): Report {
  const swept = isSwept(release) ? release : undefined;
  const checkpoints = swept ? checkpointsOf(swept) : [];
  return {
    ...decide(checks, diagnosis, release.live),
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
    notices: [
      ...(diagnosis?.notices ?? []),
      ...uncompared(release, diagnosis),
      ...policy.notices,
      ...release.notices,
      ...checks.flatMap((check) => check.notices),
    ],
    run: {
      version: VERSION,
      startedAt: startedAt.toISOString(),
      durationMs: Date.now() - startedAt.getTime(),
      host: `${hostname()} (${process.platform}-${process.arch}, node ${process.version})`,
      ...(used ? { vectors: used } : {}),
    },
  };
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
