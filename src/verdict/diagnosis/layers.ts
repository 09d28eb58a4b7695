/** The question of each layer, answered from what its checks found: docs/diagnosis.md. */

import type { Examined } from '../../checks/evidence-check.js';
import { figure, wholePercent } from '../../checks/measurement.js';
import type { ExaminedEvidence } from '../../checks/pipeline.js';
import { spelled } from '../../checks/reason-words.js';
import { checkOf } from '../../checks/registry.js';
import type { CheckId } from '../../documents/policy/policy.js';
import type { LedgerSums } from '../../estimation/ledger/ledger-sums.js';
import { list } from '../../lib/text.js';
import { type Bounded, bounded, type Diagnosis, type Hypothesis, isFound, type LayerVerdict } from './diagnosis.js';

const QUESTIONS = {
  1: 'Can the offline gain be trusted?',
  2: 'Is what was evaluated what is served?',
  3: 'Does what is served reach the online metric?',
} as const;

/** A rest of at most this share of the gap is none to speak of: as of the gain. Judgement of this project. */
const NO_REST = 0.2;

/** A gain of which few carry more than this may be theirs: as in the check. */
const MOST = 0.5;

type Answer = Pick<LayerVerdict, 'verdict' | 'why' | 'checks'>;
type Known = Pick<Diagnosis, 'gap' | 'outcome' | 'experiment' | 'hypotheses' | 'residual'>;

export function layersOf(
  checks: ExaminedEvidence['checks'],
  sums: LedgerSums | undefined,
  known: Known,
  confidence: number,
): LayerVerdict[] {
  const answers = [trustOf(checks, sums, known.hypotheses, confidence), servedOf(known), reachOf(known)];
  return answers.map((answer, i) => {
    const layer = (i + 1) as 1 | 2 | 3;
    return { layer, question: QUESTIONS[layer], ...answer };
  });
}

/** No if any check says no; yes if all that were asked say yes and the gain is clear. */
function trustOf(
  checks: ExaminedEvidence['checks'],
  sums: LedgerSums | undefined,
  hypotheses: readonly Hypothesis[],
  confidence: number,
): Answer {
  const asked = [...checks].filter(([id, found]) => checkOf(id).layer === 1 && speaksOfGain(found));
  const against = asked.flatMap(([id, found]) => againstGain(id, found, hypotheses));
  if (against.length > 0) return answer('no', against);
  const gain = sums && bounded(sums.estimate(sums.gainOffline), confidence);
  if (gain && sums.open === undefined && gain.upper < 0)
    return { verdict: 'no', why: `the candidate loses offline: ${inWords(gain)}`, checks: [] };
  const missing = [...missingOfGain(sums, gain), ...asked.flatMap(([id, found]) => missingOf(id, found))];
  if (asked.length === 0) return answer('open', [{ why: 'no check of layer 1 was asked' }, ...missing]);
  if (missing.length > 0) return answer('open', fewFirst(missing, sums));
  return answer(
    'yes',
    asked.map(([id, { trust }]) => ({ id, why: `${trust?.why} (${id})` })),
  );
}

/** A ground, and the check that gives it. */
interface Ground {
  readonly id?: CheckId;
  readonly why: string;
}

function answer(verdict: Answer['verdict'], grounds: readonly Ground[]): Answer {
  return { verdict, why: grounds.map(({ why }) => why).join('; '), checks: grounds.flatMap(({ id }) => id ?? []) };
}

/** A check says no, or cannot tell while its part of the gap is found. */
function againstGain(id: CheckId, { trust }: Examined, hypotheses: readonly Hypothesis[]): Ground[] {
  if (trust?.verdict === 'no') return [{ id, why: `${trust.why} (${id})` }];
  const found = hypotheses.find((one) => one.id === id && isFound(one));
  if (trust?.verdict !== 'open' || !found) return [];
  return [{ id, why: `${trust.why} (${shareInWords(found)})` }];
}

/** A check that could say whether the gain can be trusted, and does or lacks its evidence. */
function speaksOfGain({ trust, effect }: Examined): boolean {
  return trust !== undefined || effect.kind === 'untested';
}

function missingOfGain(sums: LedgerSums | undefined, gain: Bounded | undefined): Ground[] {
  if (!sums || !gain) return [{ why: 'the gain offline is not known: there is no ledger' }];
  if (sums.open !== undefined) return [{ why: spelled(sums.open) }];
  return gain.lower > 0 ? [] : [{ why: `the gain offline is not clear: ${inWords(gain)}` }];
}

/** The grounds, led by few clusters where these carry most of the gain, if not clearly so. */
function fewFirst(grounds: readonly Ground[], sums: LedgerSums | undefined): readonly Ground[] {
  const carried = sums?.carriedByFew('offline');
  if (!sums || !carried || !(carried.value > MOST * sums.gainOffline.value)) return grounds;
  const isFew = ({ id }: Ground) => id === 'outlier-domination';
  return grounds.toSorted((a, b) => Number(isFew(b)) - Number(isFew(a)));
}

function missingOf(id: CheckId, { trust, effect }: Examined): Ground[] {
  if (trust) return trust.verdict === 'open' ? [{ id, why: `${id}: ${trust.why}` }] : [];
  return effect.kind === 'untested' ? [{ id, why: `${id} was not tested: ${effect.why}` }] : [];
}

function servedOf({ gap, hypotheses, residual }: Known): Answer {
  const own = hypotheses.filter(({ layer }) => layer === 2);
  const found = own.filter(isFound);
  const judged = gap && gap.open === undefined ? gap : undefined;
  // Comparisons are written so that NaN is never a yes.
  if (judged && judged.offline.lower > 0 && judged.lost.upper <= 0)
    return of('yes', `the gain is kept: ${inWords(judged.offline)} offline, ${inWords(judged.online)} online`);
  if (found.length > 0) return of('no', list(found.map(shareInWords)), found);
  const open = own.filter(({ verdict }) => verdict !== 'ruled_out');
  if (judged && own.length > 0 && open.length === 0 && residual)
    return residual.upper < NO_REST * judged.value
      ? of('yes', `ruled out: ${list(own.map(({ id }) => id))}`, own)
      : of('open', `no tested step explains ${inWords(residual)} of the gap`);
  return of('open', missingWords(2, open, judged ? [] : ['the gap is not known']), open);
}

function reachOf({ outcome, experiment, hypotheses }: Known): Answer {
  const own = hypotheses.filter(({ layer }) => layer === 3);
  const { observed, promise } = experiment ?? {};
  if (observed && observed.upper < 0) return of('no', `the online metric fell: ${inWords(observed)}`);
  if (observed && promise && promise.missing.lower > 0 && promise.lost.lower > 0)
    return of('no', `${inWords(observed)} online where ${inWords(promise.value)} was promised`);
  if (outcome && outcome.lower > 0)
    return of('no', `of what the gain online should win ${inWords(outcome)} is missing`);
  if (observed && observed.lower > 0) return of('yes', `the online metric rose: ${inWords(observed)}`);
  const found = own.filter(isFound);
  if (found.length > 0) return of('no', list(found.map(shareInWords)), found);
  const open = own.filter(({ verdict }) => verdict !== 'ruled_out');
  const ab = observed ? `the A/B does not tell: ${inWords(observed)}` : 'the result of the A/B (a table outcome)';
  return of('open', missingWords(3, open, [ab]), open);
}

function of(verdict: Answer['verdict'], why: string, hypotheses: readonly Hypothesis[] = []): Answer {
  return { verdict, why, checks: hypotheses.map(({ id }) => id) };
}

function missingWords(layer: 2 | 3, open: readonly Hypothesis[], also: readonly string[]): string {
  const of = (verdict: Hypothesis['verdict']) => open.filter((one) => one.verdict === verdict).map(({ id }) => id);
  const [untested, unclear] = [of('not_tested'), of('inconclusive')];
  const missing = [
    ...also,
    ...(untested.length > 0 ? [`not tested: ${list(untested)}`] : []),
    ...(unclear.length > 0 ? [`inconclusive: ${list(unclear)}`] : []),
  ];
  return missing.length > 0 ? missing.join('; ') : `no check of layer ${layer} was asked that would tell`;
}

/** `feature-parity, 52 % of the gap`. */
function shareInWords({ id, share, bound, ledger }: Hypothesis): string {
  if (share === null) return id;
  return `${id}, ${bound ? 'at most ' : ''}${wholePercent(share)} of the ${ledger === 'outcome' ? 'online metric’s ' : ''}gap`;
}

function inWords({ value, lower, upper }: Bounded): string {
  return `${figure(value)} [${figure(lower)}, ${figure(upper)}]`;
}
