/** Diagnosis → verdict: a gap is no readiness, and that there is none to speak of has to be shown. */
import type { Diagnosis, Hypothesis } from '../diagnosis/diagnosis.js';
import { list } from '../lib/text.js';
import { formatDelta } from './format.js';
import type { Decision, OverallVerdict } from './report-object.js';

export function decideByDiagnosis({ gap, hypotheses }: Diagnosis, live: string): Decision {
  if (!gap) return withoutGap(hypotheses, live);
  const { offline, online, lost, open } = gap;
  const gained = offline.lower > 0;
  const verdict: OverallVerdict =
    open !== undefined
      ? 'inconclusive'
      : gained && lost.upper <= 0
        ? 'ready'
        : gap.lower > 0 && (!gained || lost.lower > 0)
          ? 'not_ready'
          : 'inconclusive';
  const figures = `log loss gained over production’s model: ${formatDelta(offline.value, 'absolute')} offline, ${formatDelta(online.value, 'absolute')} online`;
  const part = `${Math.round((100 * gap.value) / offline.value)} %`;
  const lead =
    open !== undefined
      ? `${live} could not be judged: ${open}`
      : verdict === 'ready'
        ? `${live} keeps its gain online (loses ${part})`
        : !gained
          ? `${live} has no clear gain offline that could be lost`
          : verdict === 'not_ready'
            ? `${live} loses ${gap.value >= offline.value ? `all of its gain online (${part})` : `${part} of its gain online`}`
            : `${live}: how much of the gain is lost online cannot be told`;
  const found = hypotheses
    .filter((h) => h.verdict === 'sufficient' || h.verdict === 'contributing')
    .toSorted((a, b) => (b.share ?? 0) - (a.share ?? 0));
  const explains = verdict === 'not_ready' ? `; ${trailOf(hypotheses)}` : '';
  const mend = found.find((h) => h.layer === 2);
  const action =
    verdict === 'ready' ? 'ship' : verdict === 'not_ready' && gained && mend ? 'serving_change' : 'gather_evidence';
  return {
    verdict,
    headline: `${lead}: ${figures}${explains}.`,
    recommendation: {
      action,
      why: `${lead}${explains}`,
      options: found.map((h) => ({
        action: h.layer === 2 ? 'serving_change' : 'gather_evidence',
        why: `${CURES[h.id] ?? 'mend it'} (${h.id}, ${share(h)})`,
      })),
    },
  };
}

/** Hypotheses alone, with no ledger to hold them against: they may be found, and nothing is ready by them. */
function withoutGap(hypotheses: readonly Hypothesis[], live: string): Decision {
  const lead = `${live} could not be judged: how much of its gain is lost online is not known without a ledger of scores offline and online`;
  const why = 'a ledger: docs/diagnosis.md has the query that writes it';
  return {
    verdict: 'inconclusive',
    headline: `${lead}; ${trailOf(hypotheses)}.`,
    recommendation: { action: 'gather_evidence', why, options: [{ action: 'gather_evidence', why }] },
  };
}

/** What mends a cause, in its owner's words. */
export const CURES: Readonly<Record<string, string>> = {
  'sampling-bias': 'weigh the eval set by what production serves',
  'label-leakage': 'evaluate on point-in-time features',
  'outlier-domination': 'evaluate without the tails, or on more requests',
  'eval-set-construction': 'settle how the eval set is built before comparing on it',
  'exposure-bias': 'compare at a larger share of the traffic',
  'feature-parity': 'bring the features that serving lacks to the artefact that the model reads',
  'version-skew':
    'rebuild the index sooner, or pin the query tower to its version; the check version-skew says how much',
  'precision-parity': 'serve at the precision that was evaluated',
  'checkpoint-identity': 'serve the checkpoint that was evaluated',
  'serving-health': 'mend the failures of the treatment',
  'recall-saturation': 'look for the win where recall has room',
  'metric-mismatch': 'choose an offline metric that past arms agree with',
  'auction-filtering': 'compare arms within a segment',
};

const WORDS = {
  sufficient: 'sufficient alone',
  contributing: 'contributing',
  inconclusive: 'inconclusive',
  ruled_out: 'ruled out',
  not_tested: 'not tested',
} as const;

function share(h: Hypothesis): string {
  return h.share === null ? h.verdict : `${Math.round(100 * h.share)} % of the gap`;
}

function trailOf(hypotheses: readonly Hypothesis[]): string {
  const kinds = (Object.keys(WORDS) as (keyof typeof WORDS)[]).flatMap((verdict) => {
    const of = hypotheses.filter((h) => h.verdict === verdict);
    const named = verdict === 'sufficient' || verdict === 'contributing';
    const names = of.map((h) => (named && h.share !== null ? `${h.id} (${Math.round(100 * h.share)} %)` : h.id));
    return of.length > 0 ? [`${WORDS[verdict]}: ${list(names)}`] : [];
  });
  return kinds.join('; ');
}
