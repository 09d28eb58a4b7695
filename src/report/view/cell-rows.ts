/** Findings in words, and the tables of them. */

import {
  type CheckReport,
  type CurvePoint,
  type Finding,
  isRequired,
  sweepsOf,
  type Verdict,
} from '../../checks/check-report.js';
import { type MarginUsed, marginUsed, reckonedBy } from '../../checks/margin-used.js';
import { reasonOf } from '../../checks/reason-words.js';
import {
  formatBounds,
  formatChange,
  formatLine,
  formatMargin,
  formatMetric,
  formatSlice,
  formatUsed,
  nameOfDistance,
  onSlice,
} from '../../verdict/format.js';
import { byUrgency, isTrivial } from '../../verdict/urgency.js';
import { sliceKey } from './curves.js';
import type { JudgedCell, ViewSection, ViewTable } from './model.js';
import { waivedInWords } from './waivers.js';
import { BOUNDS, CELLS, USED } from './words.js';

/** The cells of every count: each finding but a pass that is 0 by definition. The most urgent first. */
export function cellsOf(checks: readonly CheckReport[]): JudgedCell[] {
  const swept = new Set(checks.filter(({ kind }) => kind === 'sweep').map(({ check }) => check));
  const findings = checks.flatMap((check) => check.findings).filter((finding) => !isTrivial(finding));
  const points = new Map(sweepsOf(checks).flatMap(({ curve }) => curve.map((point) => [pointKey(point), point])));
  return byUrgency(findings).map((finding, i) => {
    const isSwept = swept.has(finding.check);
    const point = isSwept ? points.get(pointKey({ ...finding, distance: finding.at })) : undefined;
    return { id: `c${i}`, ...cellOf(finding, isSwept, point) };
  });
}

function pointKey({ metric, slice, distance }: Pick<CurvePoint, 'metric' | 'slice' | 'distance'>): string {
  return `${metric} ${distance} ${sliceKey(slice)}`;
}

/** @param point the curve there, which knows how many rows the slice has */
function cellOf(finding: Finding, swept: boolean, point: CurvePoint | undefined): Omit<JudgedCell, 'id'> {
  const { check, rule, slice, verdict, waived, place } = finding;
  const open = verdict === 'inconclusive' ? reasonOf(finding) + thereAre(finding, point) : '';
  const at = nameOfDistance(finding.at);
  return {
    mark: verdict,
    required: isRequired(finding),
    waived: waived !== undefined,
    check,
    rule,
    metric: formatMetric(finding),
    at,
    slice: formatSlice(slice),
    where: `${swept ? ` at ${at}` : ''}${onSlice(slice)}`,
    measured: formatChange(finding),
    bounds: formatBounds(finding),
    allowed: formatMargin(finding),
    used: marginUsed(finding),
    reckoned: reckonedBy(finding),
    usedInWords: usedOf(verdict, marginUsed(finding)),
    reason: [open, waived ? waivedInWords(waived) : ''].filter((part) => part !== '').join('; '),
    line: formatLine(finding),
    place,
  };
}

/** `; it has 1,200`: the rows, of a ranking the queries, beside those that would settle a cell. */
function thereAre({ rowsToSettle, queriesToSettle, queries }: Finding, point: CurvePoint | undefined): string {
  const there = queriesToSettle === undefined ? point?.rows : queries;
  if ((rowsToSettle ?? queriesToSettle) === undefined || there === undefined) return '';
  return ` (it has ${there.toLocaleString('en-US')})`;
}

/** `44 % (≤ 74 %)`: beside what is measured what the bound uses, by which the cell is sorted (verdict/urgency.ts). */
function usedOf(verdict: Verdict, { value, least, most }: MarginUsed): string {
  const bound = { fail: Number.NaN, inconclusive: least, pass: most }[verdict];
  const side = verdict === 'pass' ? '≤' : '≥';
  const [own, told] = [formatUsed(value), formatUsed(bound)];
  return Number.isFinite(bound) && told !== own ? `${own} (${side} ${told})` : own;
}

/** ` (waived)`, ` (warns)`; nothing of a cell that decides. */
export function noteOf({ required, waived }: Pick<JudgedCell, 'required' | 'waived'>): string {
  return waived ? ' (waived)' : required ? '' : ' (warns)';
}

export function cellTable(cells: readonly JudgedCell[]): ViewTable {
  return {
    columns: [
      { title: 'verdict', role: 'told' },
      { title: 'metric' },
      { title: 'at' },
      { title: 'slice' },
      { title: 'measured', align: 'decimal' },
      { title: boundsOf(cells), align: 'right' },
      { title: 'allowed' },
      { title: USED, align: 'right' },
      { title: 'policy' },
      { title: 'why', role: 'reason' },
    ],
    selfEvident: true,
    rows: cells.map((cell) => ({
      mark: cell.mark,
      name: `${cell.metric}${cell.where}`,
      cells: [
        CELLS[cell.mark].one,
        `${cell.metric}${noteOf(cell)}`,
        cell.at,
        cell.slice,
        cell.measured,
        cell.bounds,
        cell.allowed,
        cell.usedInWords,
        cell.line,
        cell.reason,
      ],
    })),
  };
}

/**
 * A cell that fails has the bounds that convict it; the others have those that a pass must clear, which allow for
 * skewness besides (docs/statistics.md).
 */
function boundsOf(cells: readonly JudgedCell[]): string {
  const failing = cells.filter(({ mark }) => mark === 'fail').length;
  return failing === 0 ? BOUNDS.pass : failing === cells.length ? BOUNDS.fail : BOUNDS.both;
}

const KINDS = { fail: 'failed', inconclusive: 'inconclusive', pass: 'passed' } as const;

/** One section a verdict, with how many cells have it. */
export function cellSections(cells: readonly JudgedCell[]): ViewSection[] {
  return (['fail', 'inconclusive', 'pass'] as const satisfies readonly Verdict[]).flatMap((mark): ViewSection[] => {
    const own = cells.filter((cell) => cell.mark === mark);
    if (own.length === 0) return [];
    const waived = own.filter((cell) => cell.waived).length;
    const warns = own.filter(({ required }) => !required).length - waived;
    const count = [
      own.length.toLocaleString('en-US'),
      ...(warns > 0 ? [`${warns.toLocaleString('en-US')} only to warn`] : []),
      ...(waived > 0 ? [`${waived.toLocaleString('en-US')} waived`] : []),
    ].join(', ');
    return [
      {
        kind: KINDS[mark],
        title: `${CELLS[mark].title} (${count})`,
        mark,
        ...(mark === 'pass' ? { folded: true as const } : {}),
        blocks: [{ kind: 'table', table: cellTable(own) }],
      },
    ];
  });
}
