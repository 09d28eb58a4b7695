/**
 * The tables of three examples beyond ads: search ranking, a moderation queue and card fraud. Each is a world of its own
 * whose causes are planted; their READMEs say which.
 */

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { Random } from '../__tests__/support/xoshiro.js';

/** Rows by column; a time that has not come is null. */
export type Rows = Record<string, (string | number | Date | null)[]>;

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
const DAY = 86_400_000;

class Table {
  readonly columns: Rows = {};

  add(row: Readonly<Record<string, string | number | Date | null>>): void {
    for (const [name, cell] of Object.entries(row)) {
      this.columns[name] ??= [];
      this.columns[name].push(cell);
    }
  }
}

/** `count` different numbers below `of`. */
function draw(random: Random, count: number, of: number): Set<number> {
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(Math.floor(random.uniform() * of));
  return drawn;
}

/**
 * Queries with ten documents each, graded 0 to 3; scores are raw. At serving 60 % of the freshness signal is missing,
 * and documents that changed (every third) have vectors of an older index.
 */
export function searchRanking(queries: number, seed: number): Rows {
  const random = new Random(seed);
  const table = new Table();
  const documents = Array.from({ length: 500 }, () => ({ quality: random.normal(), stale: random.normal() }));
  for (let q = 0; q < queries; q++)
    for (const d of draw(random, 10, documents.length)) {
      const { quality, stale } = documents[d]!;
      const [match, freshness] = [random.normal(), random.normal()];
      const z = 0.5 * quality + match + 0.8 * freshness + 0.6 * random.normal();
      const known = 0.5 * quality + match + 0.8 * freshness;
      const served = known - 0.6 * 0.8 * freshness;
      const moved = served + (d % 3 === 0 ? 1.1 * stale : 0);
      const rounded = Math.round(256 * moved) / 256;
      table.add({
        request_id: `q${q}`,
        item_id: `d${d}`,
        label: z > 2.2 ? 3 : z > 1.4 ? 2 : z > 0.6 ? 1 : 0,
        score_prod: 0.5 * quality + 0.6 * match + 0.3 * random.normal(),
        s0: known,
        s2: served,
        s3: moved,
        s4: rounded,
        s5: rounded,
        served_version: 'v8',
      });
    }
  return table.columns;
}

/** The share of user reports among the posts that were logged offline, and among those that production ranks. */
const REPORTS = { logged: 0.8, production: 0.25 } as const;

/**
 * Review sessions of eight posts. Offline most posts were reported by users, of which the candidate knows more than
 * production's model; of posts that nobody reported it knows hardly more. Posts that a rule removes at once, the plain
 * violations among reports, are scored offline and never reach the queue.
 */
export function moderationQueue(sessions: number, seed: number): Rows {
  const random = new Random(seed);
  const table = new Table();
  for (let q = 0; q < sessions; q++) {
    const reported = random.uniform() < REPORTS.logged;
    for (const a of draw(random, 8, 600)) {
      const [text, image] = [random.normal(), random.normal()];
      const z = -0.8 + 0.9 * text + 1.2 * image;
      const removed = reported && z > 1.6;
      const more = reported ? 1.1 : 0.25;
      const s0 = sigmoid(-0.8 + 0.9 * text + more * image + 0.1 * random.normal());
      const s4 = sigmoid(Math.log(s0 / (1 - s0)) + 0.002 * random.normal());
      const of = (score: number) => (removed ? null : score);
      table.add({
        request_id: `session${q}`,
        item_id: `author${a}`,
        label: random.uniform() < sigmoid(z) ? 1 : 0,
        log_source: reported ? 'user_report' : 'proactive',
        served: removed ? 0 : 1,
        score_prod: sigmoid(-0.8 + 0.9 * text + 0.2 * image + 0.1 * random.normal()),
        s0,
        s2: of(s0),
        s3: of(s0),
        s4: of(s4),
        s5: of(s4),
      });
    }
  }
  return table.columns;
}

/** Days of the log, the mean delay of a chargeback, and the share of customers that the old checkpoint served. */
const FRAUD = { days: 90, delay: 15, old: 0.5 } as const;

/**
 * Payments of customers, eight each, over 90 days. A chargeback comes after 15 days in the mean: what has not come by
 * the end of the log stands as a negative. A rollout that stopped left half of the customers with the checkpoint of
 * before, which knows no more than production's model. Production's own scores as served were logged: its counters lag.
 */
export function fraud(customers: number, seed: number): Rows {
  const random = new Random(seed);
  const table = new Table();
  const start = Date.parse('2026-01-01T00:00:00Z');
  const merchants = Array.from({ length: 300 }, () => random.normal());
  for (let q = 0; q < customers; q++) {
    const old = random.uniform() < FRAUD.old;
    const first = start + (FRAUD.days - 1) * DAY * random.uniform();
    for (const [i, m] of [...draw(random, 8, merchants.length)].entries()) {
      const [velocity, device] = [random.normal(), random.normal()];
      const common = -2.2 + 0.7 * merchants[m]! + 0.8 * velocity;
      const event = Math.round(first + (i * DAY) / 10);
      const comes = event - FRAUD.delay * DAY * Math.log(random.uniform());
      const positive = random.uniform() < sigmoid(common + 1.1 * device) && comes <= start + FRAUD.days * DAY;
      const production = common + 0.2 * device + 0.1 * random.normal();
      const lagged = production + 0.15 * random.normal();
      const candidate = common + 1.1 * device + 0.1 * random.normal();
      const served = candidate + 0.003 * random.normal();
      table.add({
        request_id: `customer${q}`,
        item_id: `merchant${m}`,
        label: positive ? 1 : 0,
        event_ts: new Date(event),
        feature_ts: new Date(event - DAY / 24),
        label_ts: positive ? new Date(Math.round(comes)) : null,
        score_prod: sigmoid(production),
        score_prod_online: sigmoid(lagged),
        s0: sigmoid(candidate),
        s0_pit: sigmoid(candidate + 0.001 * random.normal()),
        s2: sigmoid(candidate),
        s3: sigmoid(candidate),
        s4: sigmoid(served),
        s5: sigmoid(old ? lagged : served),
        served_version: old ? 'v11' : 'v12',
      });
    }
  }
  return table.columns;
}

/** A Parquet file: texts, times, and numbers in single precision. */
export function parquetOf(rows: Rows): Uint8Array {
  const columnData = Object.entries(rows).map(([name, cells]) => {
    const cell = cells.find((one) => one !== null);
    if (typeof cell === 'string') return { name, data: cells, type: 'STRING' as const };
    if (cell instanceof Date) return { name, data: cells, type: 'TIMESTAMP' as const };
    if (name === 'label' || name === 'served') return { name, data: cells, type: 'INT32' as const };
    return { name, data: cells.map((x) => (x === null ? null : Math.fround(Number(x)))), type: 'FLOAT' as const };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

export const MIX = `log_source,prod_share\nuser_report,${REPORTS.production}\nproactive,${1 - REPORTS.production}\n`;

/** Every table of the examples by its path. */
export function tables(): ReadonlyMap<string, Uint8Array | string> {
  return new Map<string, Uint8Array | string>([
    ['examples/search-ranking/ledger.parquet', parquetOf(searchRanking(900, 20261201))],
    ['examples/moderation-queue/ledger.parquet', parquetOf(moderationQueue(1200, 20261202))],
    ['examples/moderation-queue/mix.csv', MIX],
    ['examples/fraud/ledger.parquet', parquetOf(fraud(1200, 20261203))],
  ]);
}

export function main(): void {
  for (const [path, content] of tables()) writeFileSync(resolve(path), content);
}
