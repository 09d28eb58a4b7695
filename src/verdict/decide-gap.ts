/** Diagnosis → verdict: a gap is no readiness, and no gap has to be shown. */
import type { Diagnosis, Hypothesis } from '../diagnosis/diagnosis.js';
import { list } from '../lib/text.js';
import type { Decision } from './decide.js';
import { formatValue } from './format.js';

/** A gap of at most this share of the offline gain is none to speak of. Judgement of this project. */
const NO_GAP = 0.2;

export function decideByDiagnosis(diagnosis: Diagnosis, live: string): Decision {
  const { gap, hypotheses } = diagnosis;
  const clear = gap.lower > 0;
  const none = gap.upper <= NO_GAP * gap.offline.value && gap.offline.lower > 0;
  const verdict = clear ? 'not_ready' : none ? 'ready' : 'inconclusive';
  const figures = `the gain over production’s model is ${formatValue(gap.offline.value)} offline and ${formatValue(gap.online.value)} online (log loss)`;
  const trail = clear ? `; ${trailOf(hypotheses)}` : '';
  const lead = {
    ready: `${live} keeps its gain online`,
    not_ready: `${live} loses ${formatValue(gap.value)} of its gain online`,
    inconclusive: `${live}: whether the gain is lost online cannot be told`,
  }[verdict];
  const found = hypotheses.filter((h) => h.verdict === 'sufficient' || h.verdict === 'contributing');
  const cause = found.toSorted((a, b) => (b.share ?? 0) - (a.share ?? 0))[0];
  const action = verdict === 'ready' ? 'ship' : clear && cause?.layer === 2 ? 'serving_change' : 'gather_evidence';
  const why =
    verdict === 'ready'
      ? 'no gap to speak of'
      : clear
        ? trailOf(hypotheses)
        : 'the gap’s interval holds both none and one';
  return {
    verdict,
    headline: `${lead}: ${figures}${trail}.`,
    recommendation: {
      action,
      why,
      options: found.map((h) => ({
        action: h.layer === 2 ? 'serving_change' : 'gather_evidence',
        why: `${h.id}: ${h.why}`,
      })),
    },
  };
}

const WORDS = {
  sufficient: 'sufficient alone',
  contributing: 'contributing',
  ruled_out: 'ruled out',
  inconclusive: 'inconclusive',
  not_tested: 'not tested',
  no_gap: 'no gap',
} as const;

function trailOf(hypotheses: readonly Hypothesis[]): string {
  const kinds = (['sufficient', 'contributing', 'inconclusive', 'ruled_out', 'not_tested'] as const).flatMap(
    (verdict) => {
      const of = hypotheses.filter((h) => h.verdict === verdict);
      if (of.length === 0) return [];
      const names = of.map(({ id, share }) =>
        verdict === 'sufficient' || verdict === 'contributing' ? `${id} (${Math.round(100 * (share ?? 0))} %)` : id,
      );
      return [`${WORDS[verdict]}: ${list(names)}`];
    },
  );
  return kinds.join('; ');
}
