/** Every check, one line each, in the order of their layers. */
import type { CheckId } from '../documents/policy/policy.js';
import type { Check } from './check.js';
import { auctionFiltering } from './funnel/auction-filtering.js';
import { metricMismatch } from './funnel/metric-mismatch.js';
import { recallSaturation } from './funnel/recall-saturation.js';
import { evalSetConstruction } from './model/eval-set-construction.js';
import { exposureBias } from './model/exposure-bias.js';
import { labelLeakage } from './model/label-leakage.js';
import { outlierDomination } from './model/outlier-domination.js';
import { samplingBias } from './model/sampling-bias.js';
import { onEvidence } from './on-evidence.js';
import { checkpointIdentity } from './serving/checkpoint-identity.js';
import { featureParity } from './serving/feature-parity.js';
import { precisionParity } from './serving/precision-parity.js';
import { servingHealth } from './serving/serving-health.js';
import { versionSkew } from './version-skew/version-skew.js';

export const CHECKS: readonly Check[] = [
  onEvidence(samplingBias),
  onEvidence(labelLeakage),
  onEvidence(outlierDomination),
  onEvidence(evalSetConstruction),
  onEvidence(exposureBias),
  onEvidence(featureParity),
  versionSkew,
  onEvidence(precisionParity),
  onEvidence(checkpointIdentity),
  onEvidence(servingHealth),
  onEvidence(recallSaturation),
  onEvidence(metricMismatch),
  onEvidence(auctionFiltering),
];

const BY_ID = new Map(CHECKS.map((check) => [check.id, check]));

/** Throws on an id that no check has: a bug, as policies are held to the ids of this list. */
export function checkOf(id: CheckId): Check {
  const check = BY_ID.get(id);
  if (!check) throw new Error(`no check ${id}`);
  return check;
}
