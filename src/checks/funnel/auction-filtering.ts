/**
 * Does what comes after the model re-shape what is chosen? The cost of a positive outcome by the mix of segments and
 * the rate within them, survival by stage and reason, and a replay with the filters off.
 */

import type { Evidence } from '../evidence.js';
import { type CheckContext, type EvidenceCheck, type Examined, factsAlone, untested } from '../evidence-check.js';
import { ARMS, OUTCOME } from '../past-arms.js';
import { ofTable, settledBy, shownBy } from '../ways.js';
import { REPLAY, replayed } from './filter-replay.js';
import { costOf, FUNNEL } from './outcome-cost.js';
import { SURVIVAL, survivalFacts, survivalOf } from './survival.js';

export const auctionFiltering: EvidenceCheck = {
  id: 'auction-filtering',
  layer: 3,
  question: 'Do rules after the model (bids, pacing, filters, quotas) re-shape what is chosen?',
  owner: 'the owner of the selection stage',
  title: 'filters after the model (bid, pacing, auction, quotas)',
  decides: 'its own evidence, or the outcome’s gap',
  cure: 'compare arms within a segment, or set bids, quotas and filters for the candidate’s scores',
  tables: [FUNNEL, SURVIVAL, REPLAY],
  beside: [ARMS, OUTCOME],
  ways: [settledBy(ofTable(REPLAY)), settledBy(ofTable(FUNNEL)), shownBy(ofTable(SURVIVAL))],
  metrics: [
    {
      id: 'cost_per_conversion',
      needs: 'the table funnel',
      title: 'cost per positive outcome, treatment against control',
      operators: ['max_increase', 'max'],
    },
    {
      id: 'mix_term',
      needs: 'the table funnel',
      title: 'what the mix of segments adds to the cost of a positive outcome, as a share of the control’s',
      operators: ['max'],
      share: true,
    },
    {
      id: 'survival',
      needs: 'the table survival',
      cure: 'find why the stage drops more of the treatment’s candidates',
      title: 'share of the candidates that go on, at every stage and for every reason, treatment against control',
      operators: ['max_decrease', 'min'],
      share: true,
    },
    {
      id: 'filtered_gain',
      needs: 'the table filter_replay',
      cure: 'set bids, quotas and filters for the candidate’s scores',
      title: 'what the treatment would win over control with the filters off, less what it wins with them',
      operators: ['max'],
    },
  ],
  examine(evidence: Evidence, { confidence }: CheckContext): Examined {
    const funnel = evidence.table(FUNNEL);
    const survival = evidence.table(SURVIVAL);
    const replay = evidence.table(REPLAY);
    if (!funnel && !survival && !replay)
      return untested(
        FUNNEL,
        'the release has no evidence funnel, survival or filter_replay',
        'or a table filter_replay, of a replay with the filters off',
      );
    const cost = funnel ? costOf(funnel, confidence) : undefined;
    const rates = survival ? survivalOf(survival) : [];
    const filtered = replay ? replayed(replay, confidence) : undefined;
    const facts = [
      ...(cost ? [cost.fact] : []),
      ...survivalFacts(rates, confidence),
      ...(filtered ? [filtered.fact] : []),
    ];
    const verdict = filtered?.verdict ?? cost?.verdict;
    if (verdict === 'contributing' && !survival)
      facts.push('the table survival would say at which stage and for which reason');
    const measurements = [...(cost?.measurements ?? []), ...rates, ...(filtered ? [filtered.measurement] : [])];
    if (filtered)
      return {
        measurements,
        facts,
        effect: {
          kind: 'outcome',
          verdict: filtered.verdict,
          settle: filtered.verdict === 'inconclusive' ? 'a replay of more requests' : '',
          ...(filtered.measurement.open === undefined
            ? { part: { predicted: 0 as const, own: filtered.measurement.value } }
            : {}),
        },
      };
    if (cost)
      return {
        measurements,
        facts,
        effect: {
          kind: 'outcome',
          verdict: cost.verdict,
          settle: cost.verdict === 'inconclusive' ? 'more positive outcomes of both arms' : '',
        },
      };
    return { measurements, facts, effect: factsAlone('a table funnel, or a replay with the filters off') };
  },
};
