/** Pieces that every table of a state has: the columns that name a cell, masses of mixes, and the stamp. */
import type { ColumnKey, PairKey } from '../estimation/state/keys.js';
import { STAMP, valueColumns } from '../estimation/state-tables/layout.js';
import type { Dialect } from './dialects.js';
import type { EnginePlan } from './plan.js';
import { literal, ROWS } from './rows-sql.js';

export const STAMPED = 'skewgate_stamp';

type Part = ColumnKey['parts'][number];

export class CutsSql {
  private readonly values: readonly string[];

  constructor(
    readonly plan: EnginePlan,
    readonly d: Dialect,
  ) {
    this.values = valueColumns(plan.tables);
  }

  /** The columns that name a cell. */
  keys(): string[] {
    return ['cut', ...this.values];
  }

  /** The same as a cut of the rows gives them. */
  cellOf(n: number): string {
    const own = this.sliced(n);
    return [`${n} AS cut`, ...this.values.map((value, v) => `${own[v] ?? "''"} AS ${value}`)].join(', ');
  }

  /** The column of the rows that holds a slice. */
  slice(name: string): string {
    return `s${this.plan.policy.evalSet.slices.indexOf(name)}`;
  }

  /** Those that a cut is by. */
  sliced(n: number): string[] {
    return this.plan.tables.cuts[n]!.map((name) => this.slice(name));
  }

  byCut(query: (n: number) => string): string {
    return this.plan.tables.cuts.map((_, n) => query(n)).join('\nUNION ALL\n');
  }

  fromRows(n: number, fields: readonly string[], from: string = ROWS, more: readonly string[] = []): string {
    const group = [...this.sliced(n), ...more];
    return `SELECT ${[this.cellOf(n), ...fields].join(', ')} FROM ${from}${group.length > 0 ? ` GROUP BY ${group.join(', ')}` : ''}`;
  }

  stamped(query: string): string {
    return `SELECT found.*, stamp.${STAMP} FROM (\n${query}\n) AS found CROSS JOIN ${STAMPED} AS stamp`;
  }

  /** The mass of a version in a row; undefined where it has all of it. */
  massOf({ mass }: Part): string | undefined {
    if (!mass) return undefined;
    const { histogramsBy } = this.plan;
    if (histogramsBy === undefined) return this.number(mass[0]?.[1] ?? Number.NaN);
    const cases = mass.map(([name, m]) => `WHEN ${this.d.text(name)} THEN ${this.number(m)}`);
    return `CASE ${this.slice(histogramsBy)} ${cases.join(' ')} END`;
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
