/** Everything that was found → the report object. */
import { hostname } from 'node:os';
import { version } from '../../package.json';
import type { CheckReport } from '../checks/check.js';
import type { EvalSet } from '../evalset/evalset.js';
import type { Policy } from '../policy/policy.js';
import type { Release } from '../release/release.js';
import { decide } from './decide.js';
import type { Report } from './report-object.js';

export const VERSION: string = version;

export interface Found {
  readonly policy: Policy;
  readonly release: Release;
  readonly evalSet: EvalSet;
  readonly checks: readonly CheckReport[];
  readonly startedAt: Date;
}

export function assemble({ policy, release, evalSet, checks, startedAt }: Found): Report {
  const checkpoints = [...release.checkpoints.query.values(), ...release.checkpoints.item.values()];
  return {
    ...decide(checks, release.live),
    policy: {
      path: policy.path,
      sha256: policy.sha256,
      name: policy.name,
      from: policy.from,
      ...(policy.difference === undefined ? {} : { difference: policy.difference }),
      confidence: policy.versionSkew.confidence,
      onInconclusive: policy.versionSkew.onInconclusive,
    },
    release: {
      path: release.path,
      sha256: release.sha256,
      name: release.name,
      live: release.live,
      place: release.livePlace,
      chain: release.chain,
      checkpoints: checkpoints.map(({ side, version, sha256 }) => ({ tower: side, version, sha256 })),
    },
    evalSet: {
      rows: evalSet.rows,
      positives: evalSet.positives,
      queries: evalSet.query.names.length,
      items: evalSet.item.names.length,
      sha256: evalSet.sha256,
    },
    checks,
    notices: [...policy.notices, ...release.notices, ...checks.flatMap((check) => check.notices)],
    run: {
      version: VERSION,
      startedAt: startedAt.toISOString(),
      durationMs: Date.now() - startedAt.getTime(),
      host: `${hostname()} (${process.platform}-${process.arch}, node ${process.version})`,
    },
  };
}
