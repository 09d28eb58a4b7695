/** Everything that was measured → findings. One run is one family of claims: Holm's procedure runs over the sweep's cells and the rules on evidence together. */
import type { Policy } from '../documents/policy/policy.js';
import { violated } from '../estimation/statistics/claims.js';
import type { CheckReport } from './check.js';
import { asksDiagnosis, type ExaminedEvidence } from './examine.js';
import { evidenceClaims, gateReports } from './gates.js';
import { checkOf } from './registry.js';
import { type MeasuredSkew, reportVersionSkew } from './version-skew/check.js';

export function judgeChecks(policy: Policy, skew: MeasuredSkew | undefined, examined: ExaminedEvidence): CheckReport[] {
  const { diagnosis: asked, confidence } = policy;
  const { checks } = examined;
  const claims = evidenceClaims(asked, checks, checkOf);
  const rejected = violated([...(skew?.claims ?? []), ...claims], confidence);
  return [
    ...(skew ? [reportVersionSkew(skew, rejected)] : []),
    ...gateReports(asked, checks, claims, rejected, checkOf, confidence, asksDiagnosis(policy, examined)),
  ];
}
