/** Diagnosis → verdict: a gap is no readiness, and that there is none to speak of has to be shown. */

import { spelled } from '../checks/reason-words.js';
import { checkOf } from '../checks/registry.js';
import { list } from '../lib/text.js';
import type { Diagnosis, Hypothesis } from './diagnosis/diagnosis.js';
import { formatDelta } from './format.js';
import type { Decision, OverallVerdict } from './report-object.js';

export function decideByDiagnosis({ gap, hypotheses, unknown }: Diagnosis, live: string): Decision {
  if (!gap) return withoutGap(hypotheses, live, unknown);
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
      ? `${live} is not shown to be ready: ${spelled(open)}`
      : verdict === 'ready'
        ? `${live} keeps its gain online (loses ${part})`
        : !gained
          ? `${live} has no clear gain offline that could be lost`
          : verdict === 'not_ready'
            ? `${live} loses ${gap.value >= offline.value ? `all of its gain online (${part})` : `${part} of its gain online`}`
            : `${live}: how much of the gain is lost online cannot be told`;
  const found = hypotheses
    .filter((h) => h.verdict === 'sufficient' || h.verdict === 'contributing')
    // Shares of two gaps are not compared.
    .toSorted((a, b) => rank(a) - rank(b) || (b.share ?? 0) - (a.share ?? 0));
  const explains = verdict === 'not_ready' ? `; ${trailOf(hypotheses)}` : '';
  const mend = found.find((h) => h.layer === 2);
  const untested = hypotheses.filter((h) => h.verdict === 'not_tested').map(({ id }) => id);
  const action =
    verdict === 'ready' ? 'ship' : verdict === 'not_ready' && gained && mend ? 'serving_change' : 'gather_evidence';
  return {
    verdict,
    headline: `${lead}: ${figures}${explains}.`,
    recommendation: {
      action,
      why: `${lead}${explains}`,
      options: [
        ...found.map((h) => ({
          action: h.layer === 2 ? ('serving_change' as const) : ('gather_evidence' as const),
          why: `${checkOf(h.id).cure} (${h.id}, ${share(h)})`,
        })),
        ...(verdict !== 'ready' && untested.length > 0
          ? [
              {
                action: 'gather_evidence' as const,
                why: `give what would test ${list(untested)}: each says what it lacks, with the query that writes it`,
              },
            ]
          : []),
      ],
    },
  };
}

/** Hypotheses alone, with no ledger to hold them against: they may be found, and nothing is ready by them. */
function withoutGap(hypotheses: readonly Hypothesis[], live: string, unknown: Diagnosis['unknown']): Decision {
  const lead = `${live} is not shown to be ready: how much of its gain is lost online is not known, as ${unknown === 's5' ? 'the ledger has no column s5 (the score that was logged online)' : 'there is no ledger of scores offline and online'}`;
  const why =
    unknown === 's5'
      ? 'add the column s5 to the ledger: the score that was logged online'
      : 'a ledger: docs/diagnosis.md has the query that writes it';
  return {
    verdict: 'inconclusive',
    headline: `${lead}; ${trailOf(hypotheses)}.`,
    recommendation: { action: 'gather_evidence', why, options: [{ action: 'gather_evidence', why }] },
  };
}

const WORDS = {
  sufficient: 'sufficient alone',
  contributing: 'contributing',
  inconclusive: 'inconclusive',
  ruled_out: 'ruled out',
  not_tested: 'not tested',
} as const;

/** Shares of the gap in log loss, then of the online metric's, then what has none. */
function rank({ ledger }: Hypothesis): number {
  return ledger === 'prediction' ? 0 : ledger === 'outcome' ? 1 : 2;
}

function share({ share: part, ledger, verdict }: Hypothesis): string {
  if (part === null) return verdict;
  return `${Math.round(100 * part)} % of the ${ledger === 'outcome' ? 'online metric’s ' : ''}gap`;
}

function trailOf(hypotheses: readonly Hypothesis[]): string {
  const kinds = (Object.keys(WORDS) as (keyof typeof WORDS)[]).flatMap((verdict) => {
    const of = hypotheses.filter((h) => h.verdict === verdict);
    const named = verdict === 'sufficient' || verdict === 'contributing';
    const names = of.map((h) =>
      named && h.share !== null ? `${h.id} (${share(h).replace(/ of the gap$/, '')})` : h.id,
    );
    return of.length > 0 ? [`${WORDS[verdict]}: ${list(names)}`] : [];
  });
  return kinds.join('; ');
}
