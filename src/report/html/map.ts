/** The map of cells: slices down, rules at distances across; each cell opens its numbers. */

import type { Verdict } from '../../checks/check-report.js';
import { grouped } from '../../lib/grouped.js';
import { breakable, escapeHtml } from '../html-text.js';
import type { JudgedCell, RuleView } from '../view/model.js';
import { UNIT_SPACE } from '../view/typography.js';
import { ICONS } from '../view/words.js';
import type { Labels } from './labels.js';
import { scrolling } from './tables.js';

/** Slices shown before the rest is folded up, and columns from which on their titles are short. */
const ROWS = 20;
const MANY = 12;
/** Slices of a map of many columns that a narrow screen shows: the style hides those that follow. */
const NARROW_ROWS = 3;

const CLASSES: Readonly<Record<Verdict, string>> = { fail: 'f', inconclusive: 'i', pass: 'p' };

/** A column of the map: one rule at one distance. */
interface Column {
  readonly key: string;
  readonly metric: string;
  readonly at: string;
  readonly allowed: string;
}

export function cellLink(cell: JudgedCell, words: string): string {
  return `<a href="#${cell.id}">${breakable(words)}</a>`;
}

export function mapPart(rules: readonly RuleView[], labels: Labels): string {
  if (rules.length === 0) return '';
  const byCheck = [...grouped(rules, ({ check }) => check)];
  return [
    '<h2>All cells: how much of its margin each uses</h2>',
    `<p class="soft">1${UNIT_SPACE}× is at the margin; below 0, of a rule on a change, is better than at distance 0. ✗ fails, ? is inconclusive, ✓ passes. Each opens its numbers, its reason and its line of the policy. Beneath each rule stand the version distances at which it is asked.</p>`,
    ...byCheck.map(([check, own]) => mapOf(check, own, labels)),
    '<div class="panel" id="panel" role="status" hidden></div>',
  ].join('\n');
}

function mapOf(check: string, rules: readonly RuleView[], labels: Labels): string {
  const cells = rules.flatMap((rule) => rule.cells);
  const columns = columnsOf(rules);
  const bySlice = grouped(cells, ({ slice }) => slice);
  const order = [...bySlice.keys()];
  const rows = order.map((slice) => rowOf(slice, bySlice.get(slice) ?? [], columns));
  const own = (part: readonly string[]) =>
    scrolling(tableOf(check, columns, part, labels), `map of the cells of ${check}`, labels);
  const rest = rows.slice(ROWS);
  return (
    own(rows.slice(0, ROWS)) +
    (columns.length >= MANY && rows.length > NARROW_ROWS
      ? `<p class="soft narrow">Here are the ${NARROW_ROWS} worst slices; all of them are in the tables by rule.</p>`
      : '') +
    (rest.length === 0
      ? ''
      : `<details class="more${columns.length >= MANY ? ' many' : ''}"><summary>${rest.length} more slices</summary>${own(rest)}</details>`)
  );
}

function columnsOf(rules: readonly RuleView[]): Column[] {
  const inOrder = rules.toSorted((a, b) => a.rule - b.rule);
  const columns = inOrder.flatMap(({ metric, allowed, cells }) =>
    cells.map((cell): Column => ({ key: columnKey(cell), metric, at: cell.at, allowed })),
  );
  const once = [...new Map(columns.map((column) => [column.key, column])).values()];
  const distance = ({ at }: Column) => Number(at.replace('distance ', '').replace('−', '-')) || 0;
  // Within a rule the nearest distance comes first; the rules stay in their order.
  return [...grouped(once, ({ key }) => key.split(' ')[0] ?? '').values()].flatMap((own) =>
    own.toSorted((a, b) => distance(a) - distance(b)),
  );
}

function columnKey({ rule, at }: JudgedCell): string {
  return `${rule} ${at}`;
}

function tableOf(check: string, columns: readonly Column[], rows: readonly string[], labels: Labels): string {
  const many = columns.length >= MANY;
  const groups = [...grouped(columns, ({ key }) => key.split(' ')[0] ?? '').values()];
  // Titles of rules that are asked once each have no room beside each other.
  const upright = many && columns.length < 2 * groups.length;
  const rules = groups.map((own) => {
    const { metric, allowed } = own[0]!; // a group is there for its columns
    const span = own.length > 1 ? ` colspan="${own.length}"` : '';
    return `<th scope="colgroup"${span}><span><b>${escapeHtml(metric)}</b> ${escapeHtml(allowed)}</span></th>`;
  });
  const at = columns.map((column) => `<th scope="col">${escapeHtml(distanceIn(column, many))}</th>`);
  const name = labels.of(['slice', ...columns.map(({ metric, at }) => `${metric} at ${at.replace('distance ', '')}`)]);
  const looks = [...(many ? ['many'] : []), ...(upright ? ['upright'] : [])].map((look) => ` ${look}`).join('');
  return (
    `<table class="lists map ${name}${looks}"><caption class="vh">Cells of ${escapeHtml(check)} in margins</caption>` +
    `<thead><tr><th scope="col" rowspan="2">slice</th>${rules.join('')}</tr><tr>${at.join('')}</tr></thead>` +
    `<tbody>${rows.join('')}</tbody></table>`
  );
}

/** `production` and `distance 2`; of many columns `prod.` and `2`. */
function distanceIn({ at }: Column, short: boolean): string {
  return short ? at.replace('distance ', '').replace('production', 'prod.') : at;
}

function rowOf(slice: string, cells: readonly JudgedCell[], columns: readonly Column[]): string {
  const own = new Map(cells.map((cell) => [columnKey(cell), cell]));
  const drawn = columns.map(({ key }) => {
    const cell = own.get(key);
    if (!cell) return '<td>';
    return `<td class=${CLASSES[cell.mark]}><a href=#${cell.id}>${ICONS[cell.mark]} ${margins(cell.used.value)}</a>`;
  });
  return `<tr><th scope=row>${escapeHtml(slice)}${drawn.join('')}`;
}

/** `0.6`, `14`, `−54`, with two digits. */
function margins(used: number): string {
  if (!Number.isFinite(used)) return '–';
  const size = Math.abs(used);
  const text = size < 9.95 ? size.toFixed(1) : size < 1e4 ? Math.round(size).toLocaleString('en-US') : '> 9,999';
  return `${used <= -0.05 ? '−' : ''}${text}`;
}
