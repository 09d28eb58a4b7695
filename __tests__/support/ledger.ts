/** A policy of hypotheses, a release with evidence, and a ledger whose causes are known, judged by the real gate. */

import type { Diagnosis } from '../../src/verdict/diagnosis/diagnosis.js';
import { gapLedger, INNOCENT, type LedgerTable, type Planted } from './gap-world.js';
import { Project } from './project.js';

export const LEDGER_IDS = [
  'sampling-bias',
  'label-leakage',
  'outlier-domination',
  'feature-parity',
  'version-skew',
  'precision-parity',
  'checkpoint-identity',
] as const;

export function csvOf({ rows, texts, numbers }: LedgerTable): string {
  const columns = [...Object.entries(texts), ...Object.entries(numbers)] as [string, ArrayLike<string | number>][];
  const lines = [columns.map(([name]) => name).join(',')];
  for (let r = 0; r < rows; r++) lines.push(columns.map(([, values]) => values[r]!).join(','));
  return `${lines.join('\n')}\n`;
}

/** The ledgers that were written last: most tests of a file start from the same one. */
const written = new Map<string, string>();
const KEPT = 4;

/** The ledger of a world with planted causes. */
export function ledgerText(planted: Partial<Planted> = {}, seed = 3): string {
  const world = { ...INNOCENT, ...planted };
  const key = JSON.stringify([world, seed]);
  const text = written.get(key) ?? csvOf(gapLedger(world, seed));
  written.delete(key);
  written.set(key, text);
  for (const oldest of written.keys()) if (written.size > KEPT) written.delete(oldest);
  return text;
}

export function policyOf(ids: readonly string[]): string {
  return `policy: gap\nchecks:\n${ids.map((id) => `  ${id}: {}\n`).join('')}`;
}

/** A diagnosis of a ledger. */
export type Diagnosed = Diagnosis & {
  readonly gap: NonNullable<Diagnosis['gap']>;
  readonly residual: NonNullable<Diagnosis['residual']>;
};

export class GapProject extends Project {
  constructor(planted: Partial<Planted> = {}, ids: readonly string[] = LEDGER_IDS, seed = 3) {
    super({
      'gates/gate.yml': policyOf(ids),
      'models/release.yml': 'release: candidate\nlive: v42\nevidence:\n  ledger: ledger.csv\n',
      'models/ledger.csv': ledgerText(planted, seed),
    });
  }

  /** Cells of the ledger by column, each row changed by `edit`. */
  ledger(edit: Edit): this {
    return this.write('models/ledger.csv', edited(this.read('models/ledger.csv'), edit));
  }

  without(...names: string[]): this {
    return this.ledger((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name))));
  }

  async diagnosis() {
    const { report, message, status } = await this.judge();
    if (message !== '') throw new Error(message);
    const diagnosis = report!.diagnosis as Diagnosed;
    const of = (id: string) => diagnosis.hypotheses.find((h) => h.id === id)!;
    return { report: report!, diagnosis, of, status };
  }
}

/** Columns of a ledger left out. */
export function without(text: string, ...names: string[]): string {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  const keep = lines[0]!.map((name, i) => (names.includes(name) ? -1 : i)).filter((i) => i >= 0);
  return `${lines.map((cells) => keep.map((i) => cells[i]).join(',')).join('\n')}\n`;
}

/** A row's cells by column, changed; undefined leaves the row out. */
export type Edit = (row: Record<string, string>, r: number) => Record<string, string> | undefined;

/** A CSV of which every row is changed. */
export function edited(text: string, edit: Edit): string {
  const [head, ...lines] = text.trim().split('\n');
  const names = head!.split(',');
  const rows = lines.flatMap((line, r): Record<string, string>[] => {
    const cells = line.split(',');
    const row = edit(Object.fromEntries(names.map((name, i) => [name, cells[i]!])), r);
    return row ? [row] : [];
  });
  const kept = Object.keys(rows[0]!);
  return `${[kept.join(','), ...rows.map((row) => kept.map((name) => row[name]).join(','))].join('\n')}\n`;
}
