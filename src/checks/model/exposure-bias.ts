/** Does the treatment look worse because it serves little traffic? Its metric as its share of the traffic is ramped. */

import type { TableSpec } from '../../data/evidence/evidence-table.js';
import { sql } from '../../data/evidence/sql.js';
import { interval } from '../../estimation/statistics/noninferiority.js';
import { weightedLine } from '../../estimation/statistics/weighted-line.js';
import type { Evidence } from '../evidence.js';
import { type CheckContext, type EvidenceCheck, type Examined, factsAlone, untested } from '../evidence-check.js';
import { figure, level, percent } from '../measurement.js';
import { spelled } from '../reason-words.js';
import { ofTable, settledBy, THE_GAP } from '../ways.js';

const RAMP: TableSpec = {
  name: 'ramp',
  page: 'checks/exposure-bias.md',
  holds: 'one row per share of the traffic, the last one in force today, with no other launch inside the ramp',
  required: ['treatment_share', 'metric', 'se'],
  optional: ['other_launches'],
  sql: sql`-- metric: the candidate's log loss, its error clustered by request
WITH requests AS (
  SELECT treatment_share, request_id, SUM(loss_cand) AS l, COUNT(*) AS n, MIN(day) AS day,
         MAX(other_launches) AS other_launches
  FROM online_eval GROUP BY treatment_share, request_id),
means AS (SELECT treatment_share, SUM(l) / SUM(n) AS metric, SUM(n) AS n FROM requests GROUP BY treatment_share)
SELECT r.treatment_share, m.metric, SQRT(SUM(POWER(r.l - r.n * m.metric, 2))) / m.n AS se,
       MAX(r.other_launches) AS other_launches
FROM requests r JOIN means m ON m.treatment_share = r.treatment_share
GROUP BY r.treatment_share, m.metric, m.n ORDER BY MIN(r.day)`,
  cost: 'experiment',
};

export const exposureBias: EvidenceCheck = {
  id: 'exposure-bias',
  layer: 1,
  question: 'Does the treatment look worse because it serves little traffic?',
  title: 'exposure bias',
  decides: 'held against the gap',
  cure: 'compare at a larger share of the traffic',
  tables: [RAMP],
  ways: [settledBy(ofTable(RAMP), THE_GAP)],
  metrics: [
    {
      id: 'exposure_gain',
      needs: 'the table ramp',
      title: 'log loss that serving all of the traffic would win, by a weighted line through the ramp',
      operators: ['max'],
    },
  ],
  examine(evidence: Evidence, { confidence }: CheckContext): Examined {
    const table = evidence.table(RAMP);
    if (!table) return untested(RAMP, 'the release has no evidence ramp', 'at least 3 shares');
    const share = [...table.shares('treatment_share')];
    const metric = [...table.finite('metric')];
    const se = [...table.positive('se')];
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
    const { slope } = weightedLine(share, metric, se);
    const now = share[share.length - 1]!;
    // With all the traffic the metric would be lower by this: what little exposure costs.
    const explains = { value: -slope.value * (1 - now), standardError: slope.standardError * (1 - now), df: slope.df };
    const { lower, upper } = interval(explains, confidence);
    const confounded = launches > 0 ? { kind: 'other_launches' as const, count: launches } : undefined;
    return {
      measurements: [level('exposure_gain', {}, explains, confounded)],
      facts: [
        `over ${distinct} shares from ${percent(Math.min(...share))} to ${percent(Math.max(...share))} the ` +
          `metric moves by ${figure(slope.value)} for all of the traffic; full exposure would win ` +
          `${figure(explains.value)} [${figure(lower)}, ${figure(upper)}]`,
        ...(confounded ? [spelled(confounded)] : []),
      ],
      effect: confounded
        ? factsAlone('a ramp without other launches')
        : { kind: 'apart', explains, settle: 'a longer ramp: more rows at each share' },
    };
  },
};
