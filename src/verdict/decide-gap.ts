/** Diagnosis → verdict: a gap is no readiness, and that there is none to speak of has to be shown. */

import type { OpenReason } from '../checks/reason.js';
import { spelled } from '../checks/reason-words.js';
import { optionOf } from './cures/cure-words.js';
import type { Diagnosis, LayerVerdict, PredictionGap } from './diagnosis/diagnosis.js';
import { type ExperimentReading, experimentInWords, isLost, readingOfExperiment } from './experiment-reading.js';
import { formatDelta } from './format.js';
import { distrust, firstStep, gapCures, trustCure } from './gap-cures.js';
import { hypothesesInWords } from './gap-words.js';
import type { Action, Decision, Option, OverallVerdict } from './report-object.js';
import { gainsInWords, type Unserved, unservedInWords, unservedOf } from './unserved.js';

/** A ledger's answer to whether the gain is kept. */
type Reading =
  /** The ledger can judge nothing. */
  | { readonly kind: 'unjudgeable'; readonly open: OpenReason }
  /** At most a fifth of a clear gain is lost. */
  | { readonly kind: 'kept' }
  /** More than a fifth of a clear gain is lost, and clearly so. */
  | { readonly kind: 'lost' }
  /** There is no clear gain offline that could be lost; `gap` tells whether there is a clear gap all the same. */
  | { readonly kind: 'no_gain'; readonly gap: boolean }
  | { readonly kind: 'unclear' };

/** Comparisons are written so that NaN is never ready. */
function readingOf({ open, offline, lost, lower }: PredictionGap): Reading {
  if (open !== undefined) return { kind: 'unjudgeable', open };
  const gap = lower > 0;
  if (!(offline.lower > 0)) return { kind: 'no_gain', gap };
  if (lost.upper <= 0) return { kind: 'kept' };
  return gap && lost.lower > 0 ? { kind: 'lost' } : { kind: 'unclear' };
}

function verdictBy(reading: Reading): OverallVerdict {
  if (reading.kind === 'kept') return 'ready';
  const loses = reading.kind === 'lost' || (reading.kind === 'no_gain' && reading.gap);
  return loses ? 'not_ready' : 'inconclusive';
}

/** A sentence about the release: it is its subject, or stands beside it. */
type Said = { readonly predicate: string } | { readonly clause: string };

function gainInWords(
  reading: Reading,
  { value, offline }: PredictionGap,
  online: string,
  unserved: Unserved | undefined,
): Said {
  const part = `${Math.round((100 * value) / offline.value)} %`;
  switch (reading.kind) {
    case 'unjudgeable':
      return { predicate: `is not shown to be ready: ${spelled(reading.open)}` };
    case 'kept':
      return { predicate: `keeps its gain ${unserved ? gainsInWords(unserved) : `${online} (loses ${part})`}` };
    case 'lost':
      return {
        predicate:
          value >= offline.value ? `loses all of its gain online (${part})` : `loses ${part} of its gain online`,
      };
    case 'no_gain':
      return { predicate: 'has no clear gain offline that could be lost' };
    case 'unclear':
      return { clause: 'how much of the gain is lost online cannot be told' };
  }
}

export function decideByDiagnosis(diagnosis: Diagnosis, live: string): Decision {
  const { gap, hypotheses, unknown } = diagnosis;
  const experiment = readingOfExperiment(diagnosis.experiment);
  if (!gap) return withoutGap(diagnosis, live, unknown ?? 'ledger', experiment);
  const reading = readingOf(gap);
  const mirage = distrust(diagnosis.layers);
  const unserved = unservedOf(diagnosis.joins);
  const disputed = isDisputed(reading, experiment, gap);
  const byGain = disputed ? 'inconclusive' : verdictOver(verdictBy(reading), experiment);
  const against = [...(mirage ? [mirageInWords(mirage)] : []), ...(unserved ? [unservedInWords(unserved)] : [])];
  const verdict = against.length > 0 ? verdictOfMirage(byGain, experiment) : byGain;
  // The grounds that decide come first.
  const decides = verdict !== byGain;
  const said = (subject: string) => leadOf(reading, experiment, subject, gap, unserved);
  const lead = decides ? `${live} is not shown to be ready: ${against.join('; ')}; ${said('it')}` : said(live);
  const figures =
    `${gap.words} gained over production’s model: ${formatDelta(gap.offline.value, 'absolute')} offline, ` +
    `${formatDelta(gap.online.value, 'absolute')} online` +
    `${unserved && reading.kind !== 'kept' ? `, and offline ${gainsInWords(unserved)}` : ''}`;
  const explains =
    (verdict === 'not_ready' ? `; ${hypothesesInWords(hypotheses)}` : '') +
    (mirage && !decides ? `; ${mirageInWords(mirage)}` : '');
  const options = gapCures(diagnosis, verdict, reading.kind, unserved).map(optionOf);
  return {
    verdict,
    headline: `${lead}: ${figures}${explains}.`,
    recommendation: {
      action: verdict === 'ready' ? 'ship' : disputed ? 'gather_evidence' : actionOn(reading, options),
      why: `${lead}${explains}`,
      options,
    },
  };
}

/**
 * An A/B that is won does not go with a gain that is lost over production's model as it was evaluated: what production
 * itself lost at serving would count against the candidate.
 */
function isDisputed({ kind }: Reading, experiment: ExperimentReading, { bothServed }: PredictionGap): boolean {
  return kind === 'lost' && experiment.kind === 'won' && !bothServed;
}

/**
 * An A/B that is lost is no readiness; one that tells nothing leaves it open. Where there is none, the ledger decides.
 */
function verdictOver(byGain: OverallVerdict, experiment: ExperimentReading): OverallVerdict {
  if (isLost(experiment)) return 'not_ready';
  return byGain === 'ready' && experiment.kind === 'unclear' ? 'inconclusive' : byGain;
}

const DISPUTE =
  'the ledger’s gain online is over production’s model as it was evaluated, which may itself lose at serving: its ' +
  'score as it was served (score_prod_online) would tell';

/** The A/B comes first where it decides; of a gain that is kept it is said in any case. */
function leadOf(
  reading: Reading,
  experiment: ExperimentReading,
  live: string,
  gap: PredictionGap,
  unserved: Unserved | undefined,
): string {
  const said = gainInWords(reading, gap, experiment.kind === 'not_given' ? `in ${gap.words}` : 'online', unserved);
  const ofLive = 'clause' in said ? `${live}: ${said.clause}` : `${live} ${said.predicate}`;
  const ab = experimentInWords(experiment);
  if (isLost(experiment)) return `${live}: ${ab}; ${'clause' in said ? said.clause : `it ${said.predicate}`}`;
  if (isDisputed(reading, experiment, gap)) return `${ofLive}; ${ab}; ${DISPUTE}`;
  return reading.kind === 'kept' || experiment.kind !== 'not_given' ? `${ofLive}; ${ab}` : ofLive;
}

/** A gain that cannot be trusted is none to be kept: only an A/B that is won outweighs it. */
function verdictOfMirage(verdict: OverallVerdict, experiment: ExperimentReading): OverallVerdict {
  return verdict === 'ready' && experiment.kind !== 'won' ? 'inconclusive' : verdict;
}

function mirageInWords({ why }: LayerVerdict): string {
  return `the offline gain cannot be trusted: ${why}`;
}

/** Of a gain that is lost the first cure says what is changed: where it is in serving, serving is. */
function actionOn({ kind }: Reading, options: readonly Option[]): Action {
  return kind === 'lost' && options[0]?.action === 'serving_change' ? 'serving_change' : 'gather_evidence';
}

const UNKNOWN = {
  s5: 'the ledger has no column s5 (the score that was logged online)',
  ledger: 'there is no ledger of scores offline and online',
} as const;

/**
 * Hypotheses alone, with no ledger to hold them against: they may be found, and nothing is ready by them. An A/B may
 * convict all the same, and acquits where it has won what a gain offline promised.
 */
function withoutGap(
  { hypotheses, layers, next, experiment: ab }: Diagnosis,
  live: string,
  lacks: NonNullable<Diagnosis['unknown']>,
  experiment: ExperimentReading,
): Decision {
  // The ledger is the first step; where it is not among the steps it is said all the same.
  const option = optionOf({ kind: 'ledger', lacks });
  const mirage = distrust(layers);
  const options = [
    ...(next[0]?.table === 'ledger' ? firstStep(next).map(optionOf) : [option]),
    ...(mirage?.checks ?? []).map((id) => optionOf(trustCure(id))),
  ];
  const found = hypothesesInWords(hypotheses);
  const unknown =
    `how much of its gain is lost online is not known, as ${UNKNOWN[lacks]}` +
    `${mirage ? `; ${mirageInWords(mirage)}` : ''}`;
  const decided = (verdict: OverallVerdict, lead: string): Decision => ({
    verdict,
    headline: `${lead}; ${found}.`,
    recommendation: { action: option.action, why: verdict === 'not_ready' ? lead : option.why, options },
  });
  if (isLost(experiment)) return decided('not_ready', `${live}: ${experimentInWords(experiment)}; ${unknown}`);
  if (experiment.kind === 'won' && ab?.promise && ab.promise.lost.upper <= 0)
    return {
      verdict: 'ready',
      headline: `${live} wins online what its gain offline promised; ${experimentInWords(experiment)}; ${found}.`,
      recommendation: { action: 'ship', why: `${live} wins online what its gain offline promised`, options: [] },
    };
  const known = experiment.kind === 'not_given' ? '' : `; ${experimentInWords(experiment)}`;
  return decided('inconclusive', `${live} is not shown to be ready: ${unknown}${known}`);
}
