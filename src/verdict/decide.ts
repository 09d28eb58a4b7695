/** Findings → verdict, headline and recommendation. */
import { type CheckReport, type Finding, type Lever, REPAIRS, type Remedies } from '../checks/check.js';
import { checkOf } from '../checks/registry.js';
import type { Slice } from '../data/evalset/cells.js';
import type { CheckId } from '../documents/policy/policy.js';
import { capital, list, plural } from '../lib/text.js';
import { decideByDiagnosis } from './decide-gap.js';
import type { Diagnosis } from './diagnosis/diagnosis.js';
import { formatChange, formatMargin, formatMetric, formatMetricDelta, formatSlice } from './format.js';
import type { Decision, Option, OverallVerdict, Recommendation } from './report-object.js';

export function decide(checks: readonly CheckReport[], diagnosis: Diagnosis | undefined, live: string): Decision {
  // A diagnosis decides only where nothing else is asked: rules that all warn stand beside a hypothesis, or are refused (checks/gates.ts).
  const deciding = checks.filter(({ kind, findings }) => kind === 'sweep' || findings.some(decides));
  if (deciding.length === 0) return decideByDiagnosis(diagnosis!, live);
  const verdict: OverallVerdict = deciding.some((check) => check.verdict === 'fail')
    ? 'not_ready'
    : deciding.every((check) => check.verdict === 'pass')
      ? 'ready'
      : 'inconclusive';
  const recommendation = recommend(verdict, checks);
  return { verdict, headline: headline(verdict, checks, recommendation, live), recommendation };
}

function decides({ level }: Finding): boolean {
  return level === 'fail';
}

function required(checks: readonly CheckReport[], verdict: Finding['verdict']): Finding[] {
  return checks.flatMap((check) => check.findings.filter((f) => f.level === 'fail' && f.verdict === verdict));
}

/** How far beyond its margin a finding is, for ranking the worst first. */
export function severity(finding: Finding): number {
  const excess =
    finding.judged !== 'change'
      ? Math.abs(finding.value - finding.margin) / Math.max(Math.abs(finding.margin), 1e-12)
      : Math.abs(finding.change) / Math.max(finding.margin, 1e-12);
  return Number.isFinite(excess) ? excess : 0;
}

/** A change at distance 0 is 0 by definition: it passes, and says nothing. */
export function isTrivial(finding: Finding): boolean {
  return finding.at === 0 && finding.judged === 'change' && finding.verdict === 'pass';
}

/** Failing first, then open, then passing; within each the worst first. */
export function byUrgency(findings: readonly Finding[]): Finding[] {
  const rank = (f: Finding) => ({ fail: 0, inconclusive: 1, pass: 2 })[f.verdict] * 2 + (f.level === 'warn' ? 1 : 0);
  return [...findings].sort((a, b) => rank(a) - rank(b) || severity(b) - severity(a) || a.rule - b.rule);
}

function recommend(verdict: OverallVerdict, checks: readonly CheckReport[]): Recommendation {
  const passes = required(checks, 'pass').filter((finding) => !isTrivial(finding)).length;
  if (verdict === 'ready')
    return {
      action: 'ship',
      why: passesInWords(passes),
      options: [],
    };
  const open = required(checks, 'inconclusive');
  if (verdict === 'inconclusive') {
    const rows = open.reduce((most, finding) => Math.max(most, finding.rowsToSettle ?? 0), 0);
    const missing = [...new Set(open.map(({ reason }) => reason))].flatMap((reason) =>
      reason.startsWith(NOT_TESTED) ? [reason.slice(NOT_TESTED.length)] : [],
    );
    const why = `${open.length} of ${plural(passes + open.length, 'required cell')} ${open.length === 1 ? 'is' : 'are'} open (${reasons(open)})`;
    const unskilled = open.filter((finding) => finding.unskilled);
    return {
      action: 'gather_evidence',
      why: unskilled.length === 0 ? why : `${why}: ${unskilledInWords(unskilled)}`,
      options: [
        ...(unskilled.length === 0 ? [] : [{ action: 'gather_evidence' as const, why: capital(NO_SKILL_CURE) }]),
        {
          action: 'gather_evidence',
          why: rows > 0 ? `an eval set with about ${rows.toLocaleString('en-US')} rows in the hardest slice` : why,
          ...(rows > 0 ? { rows } : {}),
        },
        ...missing.map((what) => ({ action: 'gather_evidence' as const, why: what })),
      ],
    };
  }
  // What mends the cell that the headline names comes first.
  const worst = byUrgency(required(checks, 'fail'))[0]!;
  const options = [...checks]
    .sort((a, b) => +(b.check === worst.check) - +(a.check === worst.check))
    .flatMap(optionsOf);
  const best = options[0]!;
  return { action: best.action, why: best.why, options };
}

/** What to look at before anyone speaks of skew. */
const NO_SKILL_CURE =
  'look at the join of labels and features, at the columns that the inputs read, and at score.scale and score.bias; if they are right, the model itself knows nothing there';

/** `with both towers of one version the model shows no skill on tier=small`. */
function unskilledInWords(findings: readonly Finding[]): string {
  const slices = [...new Set(findings.map(({ slice }) => formatSlice(slice)))];
  return `with both towers of one version the model shows no skill on ${list(slices, 4)}, so that skew has nothing to take`;
}

/** How the reason of a rule begins whose evidence was not given. */
const NOT_TESTED = 'not tested: ';

/** `31 h`, or `5.2 h` below ten. */
function hours(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} h`;
}

function passesInWords(passes: number): string {
  if (passes === 0) return 'production is at distance 0 alone, where nothing changes';
  return passes === 1 ? 'the one required cell passes' : `all ${plural(passes, 'required cell')} pass`;
}

/** The reasons of open findings without their figures, each once. */
function reasons(findings: readonly Finding[]): string {
  return list([...new Set(findings.map((finding) => finding.reason.split(/[:;]/)[0]!))]);
}

/**
 * The cures, the recommended one first. An architecture change leads where no younger index would do, or where incompatibility dominates and no map between versions repairs it;
 * else serving differently does.
 */
function optionsOf(check: CheckReport): Option[] {
  if (check.verdict !== 'fail') return [];
  if (check.kind === 'evidence') return curesOf(check);
  const { remedies } = check;
  const failed = check.findings.filter((f) => f.verdict === 'fail' && f.level === 'fail');
  // Nothing that is done about versions mends what fails with both towers of one.
  if (failed.every(({ at }) => at === 0)) return [alignedOption(failed)];
  const tooOld = remedies.indexAges.filter(({ passesNow }) => !passesNow);
  const ageHelps = tooOld.length > 0 ? tooOld.every(({ maxHours }) => (maxHours ?? 0) > 0) : remedies.safeDistance >= 1;
  const incompatible = remedies.incompatibleShare;
  const aged = incompatible !== null && incompatible < 0.5;
  const dominated = incompatible !== null && incompatible >= 0.5;
  const unrepaired = dominated && remedies.repair?.of === 'incompatible' && remedies.repair.share < REPAIRS;
  const architecture = architectureOption(remedies, ageHelps, unrepaired);
  const serving = [...ageOptions(remedies, ageHelps, aged), ...mapOption(remedies), ...pinOption(remedies)];
  const leads = !remedies.mixedIndexAlone && ((!ageHelps && !aged) || unrepaired);
  return [
    ...(leads ? [architecture, ...serving] : [...serving, ...(dominated && !ageHelps ? [architecture] : [])]),
    ...scopeOption(remedies),
  ];
}

/** What mends the metrics that fail, each cure once. */
function curesOf({ check, layer, findings }: CheckReport): Option[] {
  const { cure, metrics } = checkOf(check as CheckId);
  const failed = byUrgency(findings.filter((f) => f.verdict === 'fail' && f.level === 'fail')).map((f) => f.metric);
  const cures = failed.map((metric) => metrics.find(({ id }) => id === metric)?.cure ?? cure);
  // Recall is of the candidate's own making, as nothing else of layer 3 is.
  const own = failed.some((metric) => /_recall(@|$)/.test(metric) && layer === 3);
  const action = layer === 2 ? 'serving_change' : own ? 'architecture_change' : 'gather_evidence';
  return [...new Set(cures)].map((why) => ({ action, why: `${why} (${check})` }));
}

function percent(share: number): number {
  return Math.round(100 * Math.min(Math.max(share, 0), 1));
}

/** What the worst change is made of, as the end of a sentence. */
function cause({ incompatibleShare: share }: Remedies): string {
  if (share === null) return '';
  return share >= 0.5
    ? `; ${percent(share)} % of the worst change is incompatibility, not age`
    : `; ${percent(1 - share)} % of the worst change is age, not incompatibility`;
}

function suspicion({ suspects }: Remedies): string {
  return suspects.length > 0
    ? `; ${suspects.length > 1 ? 'distances' : 'distance'} ${list(suspects.map(String))} ${suspects.length > 1 ? 'are' : 'is'} worse than a larger one, so that ${suspects.length > 1 ? 'these checkpoints themselves' : 'the checkpoint itself'} may be bad`
    : '';
}

function nonePasses({ deepest, suspects }: Remedies): string {
  return suspects.length > 0
    ? 'distance 1 does not pass every required rule'
    : `no swept distance from 1 to ${deepest} passes every required rule`;
}

/** A younger index: by hours where the cadence is declared, by distance elsewhere. */
function ageOptions(remedies: Remedies, ageHelps: boolean, aged: boolean): Option[] {
  const { indexAges, mixedIndexAlone, safeDistance } = remedies;
  const why = cause(remedies) + suspicion(remedies);
  const options: Option[] = indexAges.flatMap(({ slice, maxHours, nowHours, passesNow, levers }) => {
    if (passesNow || maxHours === null || maxHours <= 0) return [];
    const now =
      maxHours < nowHours
        ? `the index is ${hours(nowHours)} old on average`
        : `the index is older than that at times (${hours(nowHours)} on average)`;
    return [
      {
        action: 'serving_change' as const,
        maxIndexAgeHours: maxHours,
        nowHours,
        appliesTo: slice,
        levers,
        why: `${formatSlice(slice)}: every required cell passes up to an index age of ${hours(maxHours)}, and ${now}${leversInWords(levers)}${why}`,
      },
    ];
  });
  if (mixedIndexAlone)
    options.push({
      action: 'serving_change',
      why: 'every pure version passes, but items of different versions in one ranking do not: build each index from one version, or calibrate the scores of each version',
    });
  else if (safeDistance >= 1)
    options.push({
      action: 'serving_change',
      maxDistance: safeDistance,
      why: `every required rule passes up to distance ${safeDistance}: rebuild the index before it falls further behind${why}`,
    });
  else if (!ageHelps && aged)
    options.push({
      action: 'serving_change',
      maxDistance: 0,
      why: `${nonePasses(remedies)}${cause(remedies)}: rebuild the index with every checkpoint, before the query tower takes it up${suspicion(remedies)}`,
    });
  return options;
}

/** `; a build period of at most 8 h would do (now 24 h), or a build duration of at most 12 h (now 36 h)`. */
function leversInWords(levers: readonly Lever[]): string {
  const useful = levers.filter(({ maxHours, nowHours }) => maxHours !== null && maxHours < nowHours);
  if (useful.length === 0) return levers.length > 0 ? '; no build period or duration alone would do' : '';
  const words = useful.map(
    ({ name, maxHours, nowHours }) =>
      `a ${name.replaceAll('_', ' ')} of at most ${hours(maxHours!)} (now ${hours(nowHours)})`,
  );
  return `; ${words.join(' or ')} would do`;
}

const MAPS = {
  scale: { map: 'one scale', cure: 'normalise the vectors, or calibrate the scores of each index version' },
  orthogonal: {
    map: 'an orthogonal map',
    cure: 'map queries per index version, or keep the space from turning between retrains (warm start, Procrustes)',
  },
  linear: { map: 'a linear map', cure: 'map queries per index version, or normalise and whiten both towers' },
} as const;

/** Only of what is known to be incompatibility, or where old query checkpoints are missing and nothing is known. */
function mapOption({ repair, incompatibleShare }: Remedies): Option[] {
  if (!repair || repair.share < REPAIRS) return [];
  if (repair.of === 'loss' && incompatibleShare !== null) return [];
  const of = repair.of === 'loss' ? 'the loss' : 'what age does not explain of the loss';
  const { map, cure } = MAPS[repair.rung];
  const part = repair.share >= 0.995 ? 'all' : `${percent(repair.share)} %`;
  return [
    {
      action: 'serving_change',
      repair,
      why: `${map} between the versions repairs ${part} of ${of} in ${repair.metric}: ${cure}`,
    },
  ];
}

/** What serving every index with the query tower of its own version would win back. */
function pinOption({ pin }: Remedies): Option[] {
  if (!pin || Math.sign(pin.incompatible) !== Math.sign(pin.change)) return [];
  const show = (value: number) => formatMetricDelta(pin.metric, value, pin.unit);
  const slice = Object.keys(pin.slice).length > 0 ? ` on ${formatSlice(pin.slice)}` : '';
  return [
    {
      action: 'serving_change',
      pin,
      why: `pinning the query tower to the version of the index would turn ${show(pin.change)} in ${pin.metric}${slice} into the ${show(pin.stale)} that is age (it wins back ${show(pin.incompatible)}): ${pin.passes ? 'every required rule would pass' : 'not enough for every required rule'}`,
    },
  ];
}

function architectureOption(remedies: Remedies, ageHelps: boolean, unrepaired: boolean): Option {
  const { repair } = remedies;
  const age = ageHelps ? '' : nonePasses(remedies);
  const map = unrepaired
    ? `no map between the versions repairs more than ${percent(repair!.share)} % of what age does not explain of the loss in ${repair!.metric}`
    : '';
  const cure = unrepaired
    ? 'train compatibly (warm start, backward-compatible loss), or choose a more stable architecture'
    : 'train compatibly (warm start), or map queries per index version';
  const facts = [age, `${cause(remedies)}`.slice(2), map].filter((fact) => fact !== '');
  return { action: 'architecture_change', why: `${facts.join('; ')}: ${cure}${suspicion(remedies)}` };
}

/** Where only rules at distance 0 fail, the aligned model is the problem. */
function alignedOption(failed: readonly Finding[]): Option {
  const worst = byUrgency(failed)[0]!;
  const slice = Object.keys(worst.slice).length > 0 ? ` on ${formatSlice(worst.slice)}` : '';
  return {
    action: 'architecture_change',
    why: `with both towers of one version ${formatMetric(worst)}${slice} is ${formatChange(worst)} (${formatMargin(worst)}): the aligned model is the problem, not the age of the index; ${NO_SKILL_CURE.split(';')[0]}, or train a better one`,
  };
}

function scopeOption({ passingSlices }: Remedies): Option[] {
  if (passingSlices.length === 0) return [];
  const one = passingSlices.length === 1;
  return [
    {
      action: 'scope_change',
      passing: passingSlices,
      why: `${list(passingSlices.map(formatSlice), 6)} ${one ? 'passes as it is' : 'pass as they are'}`,
    },
  ];
}

function headline(
  verdict: OverallVerdict,
  checks: readonly CheckReport[],
  recommendation: Recommendation,
  live: string,
): string {
  if (verdict === 'ready') return `${live} can ship: ${recommendation.why}.`;
  const worst = byUrgency(
    checks.flatMap((check) => check.findings).filter((f) => f.level === 'fail' && f.verdict !== 'pass'),
  )[0]!;
  const where =
    worst.check !== 'version-skew' ? '' : worst.at === 'production' ? ' at production' : ` at distance ${worst.at}`;
  const slice: Slice = worst.slice;
  const what = `${formatMetric(worst)}${where}${Object.keys(slice).length > 0 ? ` on ${formatSlice(slice)}` : ''}: ${formatChange(worst)}, ${formatMargin(worst)}`;
  return verdict === 'not_ready'
    ? `${live} is not ready: ${what}. ${capital(recommendation.why)}.`
    : `${live} is not shown to be ready: ${recommendation.why}.`;
}
