/** A timeline's figures as charts over time, each with the last run's figures beneath its name. */

import { causesChart } from '../charts/causes.js';
import { signedTick } from '../charts/figures.js';
import { type TimeChart, type TimePoint, timeChart } from '../charts/over-time.js';
import { escapeHtml } from '../html-text.js';
import { typeset, UNIT_SPACE } from '../view/typography.js';
import type { PastChange, PastRun } from './model.js';
import { isWaived, MARKS } from './table.js';
import { dayOf } from './timelines.js';

/** Parts of a gap that are told apart by colour; the last is all others. */
const COLOURS = 5;
/** The share of a gap at some run from which on a part has a colour of its own. */
const NOTABLE = 0.02;

/** A picture as a figure of the page; empty where no run has what it shows. */
function figure(name: string, told: string, drawn: string): string {
  if (drawn === '') return '';
  return `<figure><figcaption><strong>${escapeHtml(name)}</strong> <span class="soft">${escapeHtml(typeset(told))}</span></figcaption>${drawn}</figure>`;
}

/** The names of runs beneath an axis: versions, with their days where a version ran more than once. */
export function namesOf(runs: readonly PastRun[]): string[] {
  const once = new Set(runs.map(({ live }) => live)).size === runs.length;
  return runs.map((run) => (once ? run.live : `${run.live} ${dayOf(run).slice(5)}`));
}

export function marginPicture(runs: readonly PastRun[]): string {
  const points = runs.map((run): TimePoint | undefined => {
    const { worst, verdict } = run;
    const known = MARKS[verdict] === 'pass' || MARKS[verdict] === 'fail' ? MARKS[verdict] : 'inconclusive';
    const mark = isWaived(run) ? 'inconclusive' : known;
    return worst && { value: worst.used, lower: worst.least, upper: worst.most, mark };
  });
  const waived = runs.some(isWaived) ? '; * ready only by a waiver, whose cells are left out here' : '';
  const last = runs.at(-1)?.worst;
  return figure(
    'Margin used by the worst cell, on a logarithmic scale',
    last ? `${last.text}: ${last.cell} (${last.allowed})${waived}` : waived.slice(2),
    timeChart({
      label: `margin used by the worst cell of ${runs.length} runs: 1 is at the margin`,
      runs: namesOf(runs).map((name, i) => (isWaived(runs[i]!) ? `${name}*` : name)),
      series: [{ kind: 'main', points }],
      limits: runs.map(({ worst }) => (worst ? { most: 1 } : {})),
      base: 0,
      compressed: true,
      tick: (margins) => `${String(margins).replace('-', '−')}${UNIT_SPACE}×`,
    }),
  );
}

/** Changes against distance 0: in production, and beside it at distance 1; without production that alone. */
export function changePictures(runs: readonly PastRun[]): string[] {
  return namesIn(runs, ({ changes }) => changes).map((metric) => {
    const of = (at: PastChange['at']) =>
      runs.map((run) => run.changes.find((change) => change.metric === metric && change.at === at));
    const [near, production] = [of('1'), of('production')];
    const main = production.some((change) => change !== undefined) ? production : near;
    const last = main.findLast((change) => change !== undefined);
    const percent = last?.percent ?? false;
    return figure(
      metric,
      last
        ? `${last.text} ${last.bounds} ${last.at === '1' ? 'at distance 1' : 'in production'}${last.allowed === undefined ? '' : `; ${last.allowed}`}`
        : '',
      timeChart({
        label: `${metric}: change against distance 0 on all rows, of ${runs.length} runs`,
        runs: namesOf(runs),
        series: [
          ...(main === production ? [{ kind: 'other' as const, points: near.map(pointOf) }] : []),
          { kind: 'main', points: main.map(pointOf) },
        ],
        limits: main.map(limitsOf),
        base: 0,
        tick: (value) => signedTick(value, percent),
      }),
    );
  });
}

function namesIn(runs: readonly PastRun[], of: (run: PastRun) => readonly { readonly metric: string }[]): string[] {
  return [...new Set(runs.flatMap((run) => of(run).map(({ metric }) => metric)))];
}

function pointOf(change: PastChange | undefined): TimePoint | undefined {
  if (!change) return undefined;
  const { change: value, lower, upper, verdict } = change;
  return { value, lower, upper, ...(verdict ? { mark: verdict } : {}) };
}

function limitsOf(
  measured: { readonly most?: number; readonly least?: number } | undefined,
): TimeChart['limits'][number] {
  return {
    ...(measured?.most === undefined ? {} : { most: measured.most }),
    ...(measured?.least === undefined ? {} : { least: measured.least }),
  };
}

/** The metrics themselves: in production, and beside it with both towers of one version. */
export function levelPictures(runs: readonly PastRun[]): string[] {
  const alone = (value: number): TimePoint => ({ value, lower: Number.NaN, upper: Number.NaN });
  return namesIn(runs, ({ levels }) => levels).map((metric) => {
    const levels = runs.map((run) => run.levels.find((level) => level.metric === metric));
    const aligned = levels.map((level) => alone(level?.aligned ?? Number.NaN));
    const production = levels.map((level) => alone(level?.production ?? Number.NaN));
    const known = production.some(({ value }) => Number.isFinite(value));
    const last = levels.findLast((level) => level !== undefined);
    return figure(
      metric,
      last
        ? `${known ? `${plain(last.production)} in production, ` : ''}${plain(last.aligned)} with towers of one version`
        : '',
      timeChart({
        label: `${metric} on all rows, of ${runs.length} runs`,
        runs: namesOf(runs),
        series: known
          ? [
              { kind: 'other', points: aligned },
              { kind: 'main', points: production },
            ]
          : [{ kind: 'main', points: aligned }],
        limits: [],
        tick: plain,
      }),
    );
  });
}

function plain(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))).replaceAll('-', '−') : '–';
}

/** Measures of checks on evidence, with the limits that rules set to them. */
export function evidencePictures(runs: readonly PastRun[]): string[] {
  return namesIn(runs, ({ evidence }) => evidence).map((metric) => {
    const measures = runs.map((run) => run.evidence.find((measure) => measure.metric === metric));
    const last = measures.findLast((measure) => measure !== undefined);
    return figure(
      metric,
      last ? `${last.text} ${last.bounds}; ${last.allowed}` : '',
      timeChart({
        label: `${metric}, of ${runs.length} runs`,
        runs: namesOf(runs),
        series: [
          {
            kind: 'main',
            points: measures.map(
              (one) => one && { value: one.value, lower: one.lower, upper: one.upper, mark: one.verdict },
            ),
          },
        ],
        limits: measures.map(limitsOf),
        tick: plain,
      }),
    );
  });
}

export function coveragePicture(runs: readonly PastRun[]): string {
  const of = (share: (run: PastRun) => number | undefined) =>
    runs.map((run): TimePoint => ({ value: 100 * (share(run) ?? Number.NaN), lower: Number.NaN, upper: Number.NaN }));
  const rows = of(({ coverage }) => coverage?.rows);
  const mass = of(({ coverage }) => coverage?.mass);
  const last = runs.findLast(({ coverage }) => coverage !== undefined)?.coverage;
  const share = (value: number) => (Number.isFinite(value) ? `${plain(100 * value)} %` : '–');
  return figure(
    'Coverage',
    last
      ? `${share(last.rows)} of the rows have an embedding at every distance; ${share(last.mass)} of production lies within the sweep`
      : '',
    timeChart({
      label: `coverage of ${runs.length} runs, in percent`,
      runs: namesOf(runs),
      series: [
        { kind: 'other', points: mass },
        { kind: 'main', points: rows },
      ],
      limits: [],
      base: 100,
      largest: 100,
      tick: (value) => `${plain(value)}${UNIT_SPACE}%`,
    }),
  );
}

export function gapPicture(runs: readonly PastRun[]): string {
  const alone = (value: number | undefined): TimePoint => ({
    value: value ?? Number.NaN,
    lower: Number.NaN,
    upper: Number.NaN,
  });
  const last = runs.findLast(({ gap }) => gap !== undefined)?.gap;
  return figure(
    'The gap, and beside it the gain offline',
    last ? `${last.text} of ${plain(last.offline)} in ${last.words}` : '',
    timeChart({
      label: `gap between the gain offline and online, of ${runs.length} runs`,
      runs: namesOf(runs),
      series: [
        { kind: 'other', points: runs.map(({ gap }) => alone(gap?.offline)) },
        {
          kind: 'main',
          points: runs.map(({ gap }) => gap && { value: gap.value, lower: gap.lower, upper: gap.upper }),
        },
      ],
      limits: [],
      base: 0,
      tick: (value) => signedTick(value, false),
    }),
  );
}

/** The gap's parts by cause; the largest have colours of their own. */
export function causesPicture(runs: readonly PastRun[]): string {
  const sizes = new Map<string, number>();
  for (const { gap } of runs)
    for (const { id, contribution } of gap?.causes ?? [])
      sizes.set(id, Math.max(sizes.get(id) ?? 0, Math.abs(contribution / (gap?.value ?? Number.NaN))));
  const order = [...sizes].toSorted(([, a], [, b]) => b - a).map(([id]) => id);
  const named = order.slice(0, COLOURS - 1).filter((id) => (sizes.get(id) ?? 0) >= NOTABLE);
  const parts = runs.map(({ gap }) => {
    const of = (id: string) => gap?.causes.find((cause) => cause.id === id)?.contribution ?? 0;
    const others = order.slice(named.length).reduce((sum, id) => sum + of(id), 0);
    const rest = gap && Number.isFinite(gap.unexplained) ? gap.unexplained : 0;
    return [...named.map(of), others + rest];
  });
  const drawn = causesChart({
    label: `parts of the gap by cause, of ${runs.length} runs`,
    runs: namesOf(runs),
    parts,
    tick: (value) => signedTick(value, false),
  });
  if (drawn === '') return '';
  const legend = [...named, 'all others, and what nobody explains'].map(
    (name, i) =>
      `<li><svg width="14" height="12" viewBox="0 0 14 12" aria-hidden="true"><rect class="tier${i < named.length ? i : named.length}" x="1" y="1" width="10" height="10"/></svg>${escapeHtml(name)}</li>`,
  );
  return `<figure><figcaption><strong>The gap by cause</strong></figcaption>${drawn}<ul class="legend">${legend.join('')}</ul></figure>`;
}
