/** Cells by number, masses of mixes, and the stamp: pieces that every table of a state has. */

import type { ColumnKey, PairKey } from '../estimation/state/keys.js';
import { STAMP, valueColumns } from '../estimation/state-tables/layout.js';
import { lookUp } from '../lib/lookup.js';
import type { Dialect } from './dialects.js';
import { CELLS, COMBINATIONS, GIVEN, literal, PLACES, ROWS } from './names.js';
import type { EnginePlan } from './plan.js';

export const STAMPED = 'skewgate_stamp';

/** The number of the cell of all rows: cells are numbered by their cut first. */
const ALL_ROWS = '0';

type Part = ColumnKey['parts'][number];
type Masses = NonNullable<Part['mass']>;

/** The masses that rows have by the value of a slice, each once; row columns m0, m1, … hold them. */
export function massesOf({ tables, histogramsBy }: EnginePlan): readonly Masses[] {
  if (histogramsBy === undefined) return [];
  const all = tables.columns.flatMap(({ parts }) => parts.flatMap(({ mass }) => (mass ? [mass] : [])));
  return [...new Map(all.map((mass) => [textOf(mass), mass])).values()];
}

function textOf(mass: Masses): string {
  return mass.map(([name, m]) => `${name}\n${m}`).join('\n');
}

export class CutsSql {
  private readonly values: readonly string[];
  private readonly massColumns: ReadonlyMap<string, string>;

  constructor(
    readonly plan: EnginePlan,
    readonly d: Dialect,
  ) {
    this.values = valueColumns(plan.tables);
    this.massColumns = new Map(massesOf(plan).map((mass, j) => [textOf(mass), `m${j}`]));
  }

  /** The statements that number the cells, and find those of every combination of slice values. */
  numbered(): readonly string[] {
    const { d, plan, values } = this;
    const { slices } = plan.policy.evalSet;
    const { cuts } = plan.tables;
    const own = (n: number) => cuts[n]!.map((name) => `s${slices.indexOf(name)}`);
    const cells = cuts.map((_, n) => {
      const named = values.map((value, v) => `${own(n)[v] ?? "''"} AS ${value}`);
      const from =
        n === 0 ? '' : ` FROM (SELECT DISTINCT ${own(n).join(', ')} FROM ${COMBINATIONS}) AS distinct_values`;
      return `SELECT ${[`${n} AS cut`, ...named].join(', ')}${from}`;
    });
    const order = ['cut', ...values].join(', ');
    const number = `CAST(ROW_NUMBER() OVER (ORDER BY ${order}) - 1 AS ${d.smallType}) AS cell`;
    const all = slices.map((_, n) => `s${n}`);
    const combined =
      all.length === 0
        ? []
        : d.create(COMBINATIONS, `SELECT DISTINCT ${all.join(', ')} FROM ${GIVEN} WHERE ${present(all)}`);
    return [
      ...combined,
      ...d.create(CELLS, `SELECT ${order}, ${number} FROM (\n${cells.join('\nUNION ALL\n')}\n) AS named`),
      ...(all.length === 0 ? [] : [...d.create(PLACES, this.places(own)), d.drop(COMBINATIONS)]),
    ];
  }

  private places(own: (n: number) => string[]): string {
    const { d, plan } = this;
    const by =
      plan.histogramsBy === undefined
        ? undefined
        : `combined.s${plan.policy.evalSet.slices.indexOf(plan.histogramsBy)}`;
    const masses = massesOf(plan).map((mass, j) => {
      const cases = mass.map(([name, m]) => `WHEN ${d.text(name)} THEN ${this.number(m)}`);
      return `CASE ${by} ${cases.join(' ')} END AS m${j}`;
    });
    const joins = this.cells().map((cell, at) => {
      const same = own(at + 1).map((slice, v) => `${cell}.v${v} = combined.${slice}`);
      return `JOIN ${CELLS} AS ${cell} ON ${[`${cell}.cut = ${at + 1}`, ...same].join(' AND ')}`;
    });
    const fields = ['combined.*', ...this.cells().map((cell) => `${cell}.cell AS ${cell}`), ...masses];
    return `SELECT ${fields.join(', ')}\nFROM ${COMBINATIONS} AS combined\n${joins.join('\n')}`;
  }

  /** The columns of rows that hold the number of their cell, of every cut but that of all rows. */
  cells(): string[] {
    return this.plan.tables.cuts.slice(1).map((_, n) => `k${n + 1}`);
  }

  /** The number of a row's cell in a cut. */
  cellOf(n: number): string {
    return `${n === 0 ? ALL_ROWS : `k${n}`} AS cell`;
  }

  /** The column that a cut is by; none of all rows. */
  sliced(n: number): string[] {
    return n === 0 ? [] : [`k${n}`];
  }

  /** The number of the cut that production's histograms are by. */
  histogramCut(): number {
    return this.plan.tables.cuts.findIndex((columns) => columns.length === 1 && columns[0] === this.plan.histogramsBy);
  }

  byCut(query: (n: number) => string): string {
    return this.plan.tables.cuts.map((_, n) => query(n)).join('\nUNION ALL\n');
  }

  fromRows(n: number, fields: readonly string[], from: string = ROWS, more: readonly string[] = []): string {
    const group = [...this.sliced(n), ...more];
    return `SELECT ${[this.cellOf(n), ...fields].join(', ')} FROM ${from}${group.length > 0 ? ` GROUP BY ${group.join(', ')}` : ''}`;
  }

  /** A table of a state: cells by their names again. @param query with the column cell */
  named(query: string): string {
    const keys = ['cut', ...this.values].map((key) => `cells.${key}`).join(', ');
    return (
      `SELECT ${keys}, found.*, stamp.${STAMP} FROM (\n${query}\n) AS found\n` +
      `JOIN ${CELLS} AS cells ON cells.cell = found.cell CROSS JOIN ${STAMPED} AS stamp`
    );
  }

  /** The same of a table that has no cells. */
  stamped(query: string): string {
    return `SELECT found.*, stamp.${STAMP} FROM (\n${query}\n) AS found CROSS JOIN ${STAMPED} AS stamp`;
  }

  /** The mass of a version in a row; undefined where it has all of it. */
  massOf({ mass }: Part): string | undefined {
    if (!mass) return undefined;
    if (this.plan.histogramsBy === undefined) return this.number(mass[0]?.[1] ?? Number.NaN);
    return lookUp(this.massColumns, textOf(mass), 'mass');
  }

  /** The weight of a row at a version: its own times the mass. */
  weightOf(part: Part): string {
    const mass = this.massOf(part);
    return mass === undefined ? 'w' : `w * ${mass}`;
  }

  /** Mass that the sweep does not cover is NaN, and so is every sum that it enters. */
  number(value: number): string {
    return `CAST(${Number.isNaN(value) ? "'NaN'" : literal(value)} AS ${this.d.numberType})`;
  }

  /** a / b; NaN where b is 0, as no engine agrees with another on what that is. */
  divided(a: string, b: string): string {
    return `CASE WHEN ${b} <> 0 THEN (${a}) / NULLIF(${b}, 0) ELSE ${this.number(Number.NaN)} END`;
  }

  pairAt({ family, query, item }: PairKey): number {
    return this.plan.tables.pairs.findIndex((p) => p.family === family && p.query === query && p.item === item);
  }
}

function present(columns: readonly string[]): string {
  return columns.map((column) => `${column} IS NOT NULL`).join(' AND ');
}
