/** The calibration as text, and as JSON. */

import type { CheckId, EvidenceRule } from '../documents/policy/policy.js';
import { capital, list, plural, printable } from '../lib/text.js';
import { formatMetricSize, formatSlice, nameOfDistance } from '../verdict/format.js';
import { type Calibration, type Caught, type RuleCalibration, wereBlocked } from './calibration.js';
import type { Rate } from './rates.js';

export const SCHEMA = 'skewgate.calibration/1';

/** The files that it was made of. */
export interface Subject {
  readonly policy: { readonly path: string; readonly sha256: string };
  readonly release: { readonly path: string; readonly sha256: string };
  readonly onInconclusive: 'fail' | 'warn';
  readonly patch: string;
  /** Rules on tables of evidence: nobody has those of past releases. */
  readonly notReplayed: readonly { readonly check: CheckId; readonly rule: EvidenceRule }[];
}

export function renderCalibration(calibration: Calibration, subject: Subject): string {
  const { rules, versions } = calibration;
  const lines = [
    `${printable(subject.policy.path, 200)} on ${printable(subject.release.path, 200)}: ${plural(calibration.claims, 'required cell')}, ` +
      `${plural(versions.length, 'version')} in the role of the live one`,
    '',
    ...wholeLines(calibration, subject),
    ...rules.flatMap((rule) => ['', ...ruleLines(rule, calibration.wantedRate)]),
    ...subject.notReplayed.flatMap((one) => ['', ...notReplayedLines(one)]),
    '',
    ...wantedLines(calibration, subject),
    ...(subject.patch === '' ? [] : ['', ...subject.patch.trimEnd().split('\n')]),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function wholeLines(calibration: Calibration, { onInconclusive, notReplayed }: Subject): string[] {
  const { versions, rates, alwaysOpen, withoutPast, draws } = calibration;
  const blocked = versions.filter(({ verdict }) => wereBlocked(verdict, onInconclusive));
  const names = blocked.map(({ version, verdict }) => `${printable(version, 60)} (${verdict})`);
  const noPast = versions.length === 1;
  return [
    row(
      'past versions as they were',
      `${blocked.length} of ${versions.length} blocked${names.length > 0 ? `: ${list(names)}` : ''}`,
    ),
    row(
      `halves of ${printable(versions[0]?.version ?? '', 60)}`,
      `${percent(rates.halves)} of ${draws.toLocaleString('en-US')} do not pass`,
    ),
    row('an unchanged release', `${rateInWords(rates.blocked)} does not pass; ${rateInWords(rates.failed)} fails`),
    ...(rates.rising ? [row('', RISING)] : []),
    ...besideLines(notReplayed),
    ...(onInconclusive === 'warn' ? [row('', 'on_inconclusive: warn, so that only what fails is blocked')] : []),
    ...(noPast
      ? [
          row(
            '',
            'no older query checkpoint: how versions differ is not known, and the rates are those of the rows’ noise alone',
          ),
        ]
      : []),
    ...(withoutPast > 0 && !noPast
      ? [row('', `${plural(withoutPast, 'cell')} without past versions: the rows’ noise alone`)]
      : []),
    ...(alwaysOpen > 0
      ? [
          row(
            '',
            `${plural(alwaysOpen, 'required cell')} ${alwaysOpen === 1 ? 'stays' : 'stay'} inconclusive whatever is released, and block by themselves: skewgate run says why`,
          ),
        ]
      : []),
  ];
}

const RISING = 'versions came nearer to these margins one after the other: the next may be farther than any of them';

/** Rules that can block beside those whose rates are said. */
function besideLines(notReplayed: Subject['notReplayed']): string[] {
  const gating = notReplayed.filter(({ rule }) => rule.level === 'fail').length;
  if (gating === 0) return [];
  const them = gating === 1 ? 'it blocks' : 'they block';
  return [row('', `${plural(gating, 'rule')} on evidence not counted: what ${them} comes on top`)];
}

function placeOf({ place }: Pick<EvidenceRule, 'place'>): string {
  return `${printable(place.file, 200)}:${place.line}`;
}

function ruleLines(calibrated: RuleCalibration, wantedRate: number): string[] {
  const { rule, cells, alwaysOpen, rates, caught, wanted, smallest, changes } = calibrated;
  const at = typeof rule.at === 'string' ? rule.at : rule.at.join(', ');
  const margin = rates
    ? [
        row(
          `  margin for ${percent(wantedRate)}`,
          changes
            ? (wanted?.text ?? 'none: a model without skill would keep it; more rows, or fewer slices')
            : `${rule.thresholdText} will do${smallest && tighter(smallest.threshold, rule) ? `; ${smallest.text} would too` : ''}`,
        ),
      ]
    : [];
  return [
    `${placeOf(rule)} ${rule.metric} ${rule.operator} ${rule.thresholdText} at ${at}` +
      (rule.level === 'warn' ? ' (warns)' : ''),
    row('  cells', `${cells}${alwaysOpen > 0 ? `, ${alwaysOpen} always inconclusive` : ''}`),
    ...(rates
      ? [
          row(
            '  an unchanged release',
            `${rateInWords(rates.blocked)} does not pass; ${rateInWords(rates.failed)} fails`,
          ),
          ...(rates.rising ? [row('', RISING)] : []),
        ]
      : []),
    ...(caught.all ? [row('  caught with 80 % power', caughtInWords(caught.all, calibrated))] : []),
    ...(caught.worst
      ? [row(caught.all ? '' : '  caught with 80 % power', caughtInWords(caught.worst, calibrated))]
      : []),
    ...margin,
  ];
}

function notReplayedLines({ check, rule }: Subject['notReplayed'][number]): string[] {
  const { metric, operator, thresholdText, level } = rule;
  const warns = level === 'warn';
  return [
    `${placeOf(rule)} ${check}: ${metric} ${operator} ${thresholdText}${warns ? ' (warns)' : ''}`,
    row('  not replayed', `no table of past releases${warns ? '' : ': how often it blocks a good one is not known'}`),
  ];
}

function tighter(threshold: number, { operator, threshold: written }: RuleCalibration['rule']): boolean {
  return operator === 'min' ? threshold > written : threshold < written;
}

function caughtInWords({ slice, at, blocksFrom, failsFrom }: Caught, { rule, unit }: RuleCalibration): string {
  const shown = (value: number) => formatMetricSize(rule.metric, value, unit);
  return `${formatSlice(slice)} at ${nameOfDistance(at)}: blocked from ${shown(blocksFrom)}, fails from ${shown(failsFrom)}`;
}

function wantedLines({ underWanted, wantedRate, rules }: Calibration, { patch }: Subject): string[] {
  const changed = rules.filter(({ changes }) => changes).length;
  if (changed === 0) return [`The margins as they stand block at most ${percent(wantedRate)} of unchanged releases.`];
  if (!underWanted)
    return [`No margins block at most ${percent(wantedRate)}: this eval set is too small for what is asked of it.`];
  const patched = patch === '' ? 'cannot be written as a patch' : 'are this patch';
  return [capital(`the margins that meet ${percent(wantedRate)} (then ${rateInWords(underWanted)}) ${patched}:`)];
}

/** `3.2 % [1.0 %, 9.8 %]`. */
export function rateInWords({ rate, lower, upper }: Rate): string {
  return `${percent(rate)} [${percent(lower)}, ${percent(upper)}]`;
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}

const TERM = 30;

function row(term: string, text: string): string {
  return `${term.padEnd(TERM)}${text}`;
}

/** The same for programs. Same inputs, same bytes. */
export function calibrationJson(calibration: Calibration, { policy, release, patch, notReplayed }: Subject): string {
  const { versions, rates, rules, underWanted, ...counts } = calibration;
  const value = {
    schema: SCHEMA,
    policy,
    release,
    wanted_rate: counts.wantedRate,
    required_cells: counts.claims,
    cells_without_past: counts.withoutPast,
    always_open: counts.alwaysOpen,
    draws: counts.draws,
    versions: versions.map(({ version, verdict, open }) => ({ version, verdict, open: Object.fromEntries(open) })),
    ...ratesJson(rates),
    rules: rules.map((one) => ({
      rule: one.rule.index,
      line: one.rule.place.line,
      metric: one.rule.metric,
      operator: one.operator,
      threshold: one.rule.thresholdText,
      cells: one.cells,
      always_open: one.alwaysOpen,
      ...(one.rates ? ratesJson(one.rates) : {}),
      unit: one.unit,
      caught: { all: caughtJson(one.caught.all), worst: caughtJson(one.caught.worst) },
      margin: { wanted: one.wanted?.text ?? null, smallest: one.smallest?.text ?? null, changes: one.changes },
    })),
    not_replayed: notReplayed.map(({ check, rule }) => ({
      check,
      rule: rule.index,
      line: rule.place.line,
      metric: rule.metric,
      operator: rule.operator,
      threshold: rule.thresholdText,
      level: rule.level,
    })),
    under_wanted: underWanted ?? null,
    patch,
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

function ratesJson({ blocked, failed, halves, rising }: Calibration['rates']) {
  return { not_passed: blocked, failed, halves_not_passed: halves, rising };
}

function caughtJson(caught: Caught | undefined) {
  if (!caught) return null;
  const { slice, at, blocksFrom, failsFrom } = caught;
  return { slice, at, blocked_from: blocksFrom, fails_from: failsFrom };
}
