/**
 * Does the treatment look worse because it serves little traffic? Its gain over control as its share of the traffic is
 * ramped.
 */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { sql } from '../../data/evidence/sql.js';
import { interval } from '../../estimation/statistics/noninferiority.js';
import { weightedLine } from '../../estimation/statistics/weighted-line.js';
import type { Evidence } from '../evidence.js';
import { type CheckContext, type EvidenceCheck, type Examined, factsAlone, untested } from '../evidence-check.js';
import { figure, level, percent } from '../measurement.js';
import type { OpenReason } from '../reason.js';
import { spelled } from '../reason-words.js';
import { ofTable, settledBy, THE_GAP } from '../ways.js';

const RAMP: TableSpec = {
  name: 'ramp',
  page: 'checks/exposure-bias.md',
  holds:
    'one row per share of the traffic, the last one in force today, with no other launch inside the ramp: log loss of ' +
    'the candidate on its traffic, and of production’s model on control’s over the same days',
  required: ['treatment_share', 'metric', 'se'],
  optional: ['metric_control', 'se_control', 'other_launches'],
  sql: sql`-- log loss of each arm's model on the arm's own traffic, its error clustered by request
WITH requests AS (
  SELECT treatment_share, arm, request_id, SUM(loss) AS l, COUNT(*) AS n, MIN(day) AS day,
         MAX(other_launches) AS other_launches
  FROM online_eval GROUP BY treatment_share, arm, request_id),
means AS (
  SELECT treatment_share, arm, SUM(l) / SUM(n) AS metric, SUM(n) AS n FROM requests GROUP BY treatment_share, arm),
arms AS (
  SELECT r.treatment_share, r.arm, m.metric, SQRT(SUM(POWER(r.l - r.n * m.metric, 2))) / m.n AS se,
         MAX(r.other_launches) AS other_launches, MIN(r.day) AS day
  FROM requests r JOIN means m ON m.treatment_share = r.treatment_share AND m.arm = r.arm
  GROUP BY r.treatment_share, r.arm, m.metric, m.n)
SELECT t.treatment_share, t.metric, t.se, c.metric AS metric_control, c.se AS se_control, t.other_launches
FROM arms t JOIN arms c ON c.treatment_share = t.treatment_share
WHERE t.arm = 'treatment' AND c.arm = 'control' ORDER BY t.day`,
  cost: 'experiment',
};

const SETTLE =
  'the columns metric_control and se_control of the table ramp: production’s model on control’s traffic over the same ' +
  'days, as a loss moves with the days as well';

export const exposureBias: EvidenceCheck = {
  id: 'exposure-bias',
  layer: 1,
  question: 'Does the treatment look worse because it serves little traffic?',
  owner: 'whoever runs the experiment',
  title: 'exposure bias',
  decides: 'held against the gap',
  cure: 'compare at a larger share of the traffic',
  tables: [RAMP],
  ways: [settledBy(ofTable(RAMP, 'metric_control', 'se_control'), THE_GAP)],
  metrics: [
    {
      id: 'exposure_gain',
      needs: 'the table ramp with metric_control and se_control',
      title:
        'log loss that the gain over control would win if the treatment served all of the traffic, by a weighted line ' +
        'through the ramp',
      operators: ['max'],
    },
  ],
  examine(evidence: Evidence, { confidence }: CheckContext): Examined {
    const table = evidence.table(RAMP);
    if (!table) return untested(RAMP, 'the release has no evidence ramp', 'at least 3 shares');
    const share = [...table.shares('treatment_share')];
    const { gain, se } = gainsOf(table);
    const others = table.has('other_launches') ? table.counts('other_launches') : undefined;
    table.throwIfBad();
    const launches = others?.reduce((sum, x) => sum + x, 0) ?? 0;
    const distinct = new Set(share).size;
    if (distinct < 3)
      return {
        measurements: [],
        facts: [`${distinct} shares of traffic, of at least 3`],
        effect: factsAlone('at least 3 shares'),
      };
    const alone = !table.has('metric_control');
    const { slope } = weightedLine(share, gain, se);
    const now = share[share.length - 1]!;
    // With all the traffic the gain would be larger by this: what little exposure costs.
    const explains = { value: slope.value * (1 - now), standardError: slope.standardError * (1 - now), df: slope.df };
    const { lower, upper } = interval(explains, confidence);
    const open: OpenReason | undefined = alone
      ? { kind: 'no_control' }
      : launches > 0
        ? { kind: 'other_launches', count: launches }
        : undefined;
    return {
      measurements: [level('exposure_gain', {}, explains, open)],
      facts: [
        `over ${distinct} shares from ${percent(Math.min(...share))} to ${percent(Math.max(...share))} the ` +
          `${alone ? 'candidate’s log loss falls' : 'gain over control rises'} by ${figure(slope.value)} for all of ` +
          `the traffic${alone ? '' : `; full exposure would win ${figure(explains.value)} [${figure(lower)}, ${figure(upper)}]`}`,
        ...(open ? [spelled(open)] : []),
      ],
      effect:
        open === undefined
          ? { kind: 'apart', explains, settle: 'a longer ramp: more rows at each share' }
          : factsAlone(alone ? SETTLE : 'a ramp without other launches'),
    };
  },
};

/**
 * The gain over control at each share of the traffic, ℓ(control) − ℓ(candidate), and its error: the arms' requests are
 * others, so that their errors are independent. Without control the candidate's own loss, turned.
 */
function gainsOf(table: EvidenceTable): { readonly gain: readonly number[]; readonly se: readonly number[] } {
  const loss = [...table.finite('metric')];
  const error = [...table.positive('se')];
  if (table.has('metric_control') !== table.has('se_control'))
    throw table.error('one of metric_control and se_control', 'both: production’s model on control’s traffic');
  if (!table.has('metric_control')) return { gain: loss.map((x) => -x), se: error };
  const control = table.finite('metric_control');
  const controlError = table.positive('se_control');
  return {
    gain: loss.map((x, r) => control[r]! - x),
    se: error.map((x, r) => Math.hypot(x, controlError[r]!)),
  };
}
