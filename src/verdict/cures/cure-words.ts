/** The words of every cure are spelled here alone, with the figures that the report gives of it. */

import type { Finding } from '../../checks/check-report.js';
import { marginUsed } from '../../checks/margin-used.js';
import { wholePercent } from '../../checks/measurement.js';
import { nameOf, spelled, toSettle, whatIsMissing } from '../../checks/reason-words.js';
import { checkOf } from '../../checks/registry.js';
import type { Forgone, ForgoneChange, IndexAge, Lever, PinGain, Repair } from '../../checks/remedies.js';
import { capital, list, plural, printable } from '../../lib/text.js';
import type { Hypothesis } from '../diagnosis/diagnosis.js';
import {
  formatBounds,
  formatCell,
  formatChange,
  formatFinding,
  formatInterval,
  formatMargin,
  formatMetricDelta,
  formatSlice,
  nameOfDistance,
} from '../format.js';
import { shareOfGap } from '../gap-words.js';
import { takesInWords, tellsInWords, whatToWrite } from '../next-words.js';
import type { Option } from '../report-object.js';
import { unservedCure } from '../unserved.js';
import type { Circumstances, Cure, OpenCells } from './cure.js';

type Spelling = { readonly [K in Cure['kind']]: (cure: Extract<Cure, { kind: K }>) => Option };

const LOOK =
  'look at the join of labels and features, at the columns that the inputs read, and at score.scale and score.bias';

const OPTIONS: Spelling = {
  younger_index: ({ age, of }) => ({
    action: 'serving_change',
    maxIndexAgeHours: age.maxHours,
    nowHours: age.nowHours,
    appliesTo: age.slice,
    levers: age.levers,
    ...priced(of),
    why: sentence(
      `${formatSlice(age.slice)}: every required cell passes up to an index age of ${hours(age.maxHours)}, and ` +
        `${ageNow(age)}`,
      leversInWords(age.levers),
      cause(of),
      suspicion(of),
      price(of),
    ),
  }),
  earlier_rebuild: ({ maxDistance, of }) => ({
    action: 'serving_change',
    maxDistance,
    ...priced(of),
    why: sentence(
      `every required rule passes up to distance ${maxDistance}: rebuild the index before it falls further behind`,
      cause(of),
      suspicion(of),
      price(of),
    ),
  }),
  rebuild_with_every_checkpoint: ({ of }) => ({
    action: 'serving_change',
    maxDistance: 0,
    ...priced(of),
    why: sentence(
      `${sentence(noneInWords(of), cause(of))}: rebuild the index with every checkpoint, before the query ` +
        'tower takes it up',
      suspicion(of),
      price(of),
    ),
  }),
  one_version_an_index: () => ({
    action: 'serving_change',
    why:
      'every pure version passes, but items of different versions in one ranking do not: build each index from ' +
      'one version, or calibrate the scores of each version',
  }),
  map_between_versions: ({ repair }) => ({ action: 'serving_change', repair, why: mapInWords(repair) }),
  pinned_query_tower: ({ pin }) => ({ action: 'serving_change', pin, why: pinInWords(pin) }),
  compatible_training: ({ nonePasses, unrepaired, of }) => {
    const cures = unrepaired
      ? 'train compatibly (warm start, backward-compatible loss), or choose a more stable architecture'
      : 'train compatibly (warm start), or map queries per index version';
    const map =
      unrepaired &&
      `no map between the versions repairs more than ${shown(unrepaired.share)} of the part of the loss in ` +
        `${unrepaired.metric} on all rows that is incompatibility`;
    const facts = sentence(nonePasses ? noneInWords(of) : undefined, cause(of), map);
    return { action: 'architecture_change', why: sentence(`${facts}: ${cures}`, suspicion(of)) };
  },
  better_model: ({ worst }) => ({
    action: 'architecture_change',
    why:
      `with both towers of one version ${formatFinding(worst)} is ${formatChange(worst)} ` +
      `(${formatMargin(worst)}): the aligned model is the problem, not the age of the index; ${LOOK}, or train a ` +
      'better one',
  }),
  passing_slices: ({ slices }) => ({
    action: 'scope_change',
    passing: slices,
    why: `${list(slices.map(formatSlice), 6)} ${slices.length === 1 ? 'passes as it is' : 'pass as they are'}`,
  }),
  look_at_inputs: () => ({
    action: 'gather_evidence',
    why: capital(`${LOOK}; if they are right, the model itself knows nothing there`),
  }),
  probably_fail: ({ worst, of }) => ({
    action: 'gather_evidence',
    why:
      `${plural(of, 'cell')} ${of === 1 ? 'lies' : 'lie'} beyond ${of === 1 ? 'its margin' : 'their margins'} with ` +
      `${of === 1 ? 'its whole interval' : 'their whole intervals'} and will probably fail with more rows, ` +
      `${of === 1 ? '' : 'the worst of them '}${formatFinding(worst)} (${formatChange(worst)} ${formatBounds(worst)}, ` +
      `${formatMargin(worst)}): mend ${of === 1 ? 'it' : 'them'} first`,
  }),
  more_rows: ({ hardest }) => ({
    action: 'gather_evidence',
    why:
      `an eval set with about ${toSettle(hardest)}${ofSlice(hardest.slice)}: ${formatFinding(hardest)} ` +
      `(${nameOf(hardest.reason)}) takes the most` +
      `${marginUsed(hardest).value > 1 ? ', and as it is measured will probably fail' : ''}`,
    ...(hardest.rowsToSettle === undefined ? {} : { rows: hardest.rowsToSettle }),
    ...(hardest.queriesToSettle === undefined ? {} : { queries: hardest.queriesToSettle }),
  }),
  settle_cells: ({ worst }) => ({
    action: 'gather_evidence',
    why: `settle ${formatFinding(worst)} first (${spelled(worst.reason)}); no number of rows is known that would`,
  }),
  missing_evidence: ({ reason }) => ({ action: 'gather_evidence', why: whatIsMissing(reason) }),
  cause: ({ hypothesis }) => ({
    action: hypothesis.layer === 2 ? 'serving_change' : 'gather_evidence',
    why: `${checkOf(hypothesis.id).cure} (${hypothesis.id}, ${shareOfGap(hypothesis)})`,
  }),
  found_cure: ({ cure, hypotheses }) => ({
    action: cure.action,
    why: `${cure.why} (${hypotheses.map(causeInWords).join('; ')})`,
  }),
  cause_after: ({ hypothesis, first, caution }) => ({
    action: 'gather_evidence',
    why:
      `rule ${first.id} out before anything is done about ${hypothesis.id} (${shareOfGap(hypothesis)}): ${caution}` +
      `${first.settle === '' ? '' : `; it takes ${first.settle}`}`,
  }),
  first_step: ({ step, of }) => ({
    action: 'gather_evidence',
    why:
      `${of === 1 ? 'the next step' : `the first of ${of} steps`}: ${whatToWrite(step)}, by ${takesInWords(step)}` +
      `${tellsInWords(step) === '' ? '' : `, which ${tellsInWords(step)}`} (${step.why})`,
  }),
  ledger: ({ lacks }) => ({
    action: 'gather_evidence',
    why:
      lacks === 's5'
        ? 'add the column s5 to the ledger: the score that was logged online'
        : 'a ledger: docs/diagnosis.md has the query that writes it',
  }),
  unserved: ({ unserved }) => ({ action: 'gather_evidence', why: unservedCure(unserved) }),
  few_may_carry: () => ({
    action: 'gather_evidence',
    why:
      'few clusters may carry the offline gain: evaluate without them, and on more requests, before anything else is ' +
      'done about it (outlier-domination)',
  }),
  of_check: ({ action, cure, check }) => ({ action, why: `${cure} (${check})` }),
};

/** A cure as the report lists it: its action, its words and its figures. */
export function optionOf(cure: Cure): Option {
  return spell(cure);
}

function spell<K extends Cure['kind']>(cure: Extract<Cure, { kind: K }>): Option {
  const option: (cure: Extract<Cure, { kind: K }>) => Option = OPTIONS[cure.kind as K];
  return option(cure);
}

/** `3 of 4 required cells are inconclusive (underpowered and no spread)`: reasons stand without their figures. */
export function openInWords({ open, of }: OpenCells): string {
  const names = [...new Set(open.map(({ reason }) => nameOf(reason)))];
  return `${open.length} of ${plural(of, 'required cell')} ${open.length === 1 ? 'is' : 'are'} inconclusive (${list(names)})`;
}

/** `label-leakage, at most 62 % of the gap`; its name alone where it has no share. */
function causeInWords(hypothesis: Hypothesis): string {
  return hypothesis.share === null ? hypothesis.id : `${hypothesis.id}, ${shareOfGap(hypothesis)}`;
}

/** ` of tier=large`; nothing of all rows. */
function ofSlice(slice: Finding['slice']): string {
  return Object.keys(slice).length > 0 ? ` of ${formatSlice(slice)}` : '';
}

/** Facts side by side; what is not known is left out. */
function sentence(...facts: readonly (string | undefined)[]): string {
  return facts.filter((fact) => fact !== undefined).join('; ');
}

/** `31 h`, or `5.2 h` below ten. */
function hours(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} h`;
}

/** A share in whole per cent. Estimates of shares may lie outside of 0 … 1; they are shown within. */
function shown(share: number): string {
  return wholePercent(Math.min(Math.max(share, 0), 1));
}

/** The larger part of the worst change: age or incompatibility. */
function cause({ incompatibleShare: share, worst }: Circumstances): string | undefined {
  if (share === null || !worst) return undefined;
  const change = `the change in ${formatCell(worst)}`;
  return share >= 0.5
    ? `${shown(share)} of ${change} is incompatibility, not age`
    : `${shown(1 - share)} of ${change} is age, not incompatibility`;
}

function suspicion({ suspects }: Circumstances): string | undefined {
  if (suspects.length === 0) return undefined;
  const names = list(suspects.map(String));
  return suspects.length > 1
    ? `distances ${names} are worse than a larger one, so that these checkpoints themselves may be bad`
    : `distance ${names} is worse than a larger one, so that the checkpoint itself may be bad`;
}

/** The figures of the price of not promoting, where they are known. */
function priced({ forgone }: Circumstances): Pick<Option, 'forgone'> {
  return forgone ? { forgone } : {};
}

/** `not promoting costs: over v42 with its own index, log_loss on all rows changes by −1.20 % […] at production, …`. */
function price({ forgone }: Circumstances): string | undefined {
  if (!forgone) return undefined;
  const { over, metric, at, unit, there, aligned } = forgone;
  const served =
    over.release === undefined
      ? `${printable(over.version)} with its own index`
      : `${printable(over.release)} ${printable(over.version)}, which serves today`;
  const shown = (change: ForgoneChange) => formatInterval(metric, change, unit);
  return (
    `${costInWords(forgone)}: over ${served}, ${metric} on all rows changes by ${shown(there)} at ` +
    `${nameOfDistance(at)}, and by ${shown(aligned)} with an index of its own`
  );
}

/** Read off the bounds: a change counts where all of its interval lies on one side. */
function costInWords({ at, better, there, aligned }: Forgone): string {
  const wins = ({ lower, upper }: ForgoneChange) => (better === 'lower' ? upper < 0 : lower > 0);
  const loses = ({ lower, upper }: ForgoneChange) => (better === 'lower' ? lower > 0 : upper < 0);
  if (wins(there)) return 'not promoting has its price too';
  if (loses(there)) return `not promoting costs nothing ${at === 1 ? 'while the index lags' : 'as the index is'}`;
  return wins(aligned)
    ? 'not promoting costs what a younger index would win'
    : 'what not promoting costs cannot be told from nothing';
}

function noneInWords({ deepest, suspects }: Circumstances): string {
  return suspects.length > 0
    ? 'distance 1 does not pass every required rule'
    : `no swept distance from 1 to ${deepest} passes every required rule`;
}

function ageNow({ maxHours, nowHours }: IndexAge & { readonly maxHours: number }): string {
  return maxHours < nowHours
    ? `the index is ${hours(nowHours)} old on average`
    : `the index is older than that at times (${hours(nowHours)} on average)`;
}

/** `a build period of at most 8 h (now 24 h) or a build duration of at most 12 h (now 36 h) would do`. */
function leversInWords(levers: readonly Lever[]): string | undefined {
  if (levers.length === 0) return undefined;
  const useful = levers.flatMap(({ name, maxHours, nowHours }) =>
    maxHours !== null && maxHours < nowHours
      ? [`a ${name.replaceAll('_', ' ')} of at most ${hours(maxHours)} (now ${hours(nowHours)})`]
      : [],
  );
  return useful.length === 0 ? 'no build period or duration alone would do' : `${useful.join(' or ')} would do`;
}

const MAPS = {
  scale: { map: 'one scale', cure: 'normalise the vectors, or calibrate the scores of each index version' },
  orthogonal: {
    map: 'an orthogonal map',
    cure: 'map queries per index version, or keep the space from turning between retrains (warm start, Procrustes)',
  },
  linear: { map: 'a linear map', cure: 'map queries per index version, or normalise and whiten both towers' },
} as const;

function mapInWords({ rung, share, of, metric }: Repair): string {
  const { map, cure } = MAPS[rung];
  const part = share >= 0.995 ? 'all' : shown(share);
  const loss = `the loss in ${metric} on all rows`;
  const whole = of === 'loss' ? loss : `the part of ${loss} that is incompatibility`;
  return `${map} between the versions repairs ${part} of ${whole} (no rule has judged the release with it): ${cure}`;
}

function pinInWords({ metric, unit, change, stale, incompatible, passes, ...where }: PinGain): string {
  const show = (value: number) => formatMetricDelta(metric, value, unit);
  return (
    `pinning the query tower to the version of the index would turn ${show(change)} in ` +
    `${formatCell({ metric, ...where })} into ${show(stale)}, the part that is age, without ${show(incompatible)}, ` +
    `the part that is incompatibility: ${passes ? 'every required rule would pass' : 'not enough for every required rule'}`
  );
}
