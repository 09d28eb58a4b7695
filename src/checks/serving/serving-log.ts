/** The serving log: the version that each row names, what it hashes to, and what a replay of it predicts. */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import type { Ledger } from '../../data/evidence/ledger.js';
import { sql } from '../../data/evidence/sql.js';
import type { Coded } from '../../data/tables/identity.js';

import { interval } from '../../estimation/statistics/noninferiority.js';
import { effectiveClusters } from '../../estimation/tabulation/clustered.js';
import { list, printable } from '../../lib/text.js';
import type { Evidence } from '../evidence.js';
import { exact, figure, flagShare, level, type Measurement, percent, tooFew } from '../measurement.js';
import type { OpenReason } from '../reason.js';
import { spelled } from '../reason-words.js';

export const SERVING_LOG: TableSpec = {
  name: 'serving_log',
  page: 'checks/checkpoint-identity.md',
  holds: 'one row per request and item that was served',
  required: ['request_id', 'item_id', 'served_version'],
  optional: ['served_sha256', 'score_online', 'score_replay'],
  sql: sql`-- score_replay: the release's checkpoint on the features and item versions that the log holds, never fetched again
SELECT s.request_id, s.item_id, s.model_version AS served_version, s.model_sha256 AS served_sha256,
       s.score AS score_online, r.score AS score_replay
FROM serving_log s LEFT JOIN replay r USING (request_id, item_id)`,
  cost: 'query',
};

/**
 * A replay is the same up to this, relative to scores above 1: float32 and another batch size differ by less.
 * Judgement of this project.
 */
const REPLAYED = 1e-4;

/** A measurement, and in words what it says. */
interface Told {
  readonly measurement: Measurement;
  readonly fact: string;
}

/** The share of the ledger's rows that another version served; undefined where the ledger does not say which did. */
export function servedVersions(
  { unexpected, served, query, item, weight }: Ledger,
  live: string,
  confidence: number,
): Told | undefined {
  if (!unexpected || !served) return undefined;
  const few = tooFew(effectiveClusters(query, weight));
  const measurement = level('unexpected_share', {}, flagShare(unexpected, query, item), few);
  return { measurement, fact: versionsFact([...served.keys()], measurement, live, confidence) };
}

/** None of n requests: at 95 % at most 3.3 of n, no tighter than the rule of three (Hanley & Lippman-Hand 1983). */
function versionsFact(names: readonly string[], { value }: Measurement, live: string, confidence: number): string {
  const upper = percent(interval(value, confidence).upper);
  if (value.value === 0) return `every row was served by the live version (at most ${upper} were not)`;
  const others = names.filter((name) => name !== live).map((name) => printable(name, 40));
  const spelling =
    value.value === 1 ? `: does the release’s live ${printable(live, 40)} match the log’s spelling?` : '';
  return (
    `${percent(value.value)} of the rows were served by another version (${list(others, 3)}; at most ` +
    `${upper})${spelling}`
  );
}

/** Reads the table, and measures what it has the columns for. */
export function readServingLog(
  table: EvidenceTable,
  { live, pins }: Pick<Evidence['release'], 'live' | 'pins'>,
  confidence: number,
): { readonly measurements: readonly Measurement[]; readonly facts: readonly string[] } {
  const query = table.texts('request_id');
  const item = table.texts('item_id');
  const version = table.texts('served_version');
  const hash = table.has('served_sha256') ? table.texts('served_sha256') : undefined;
  const replay =
    table.has('score_online') && table.has('score_replay')
      ? { online: table.finite('score_online'), replayed: table.finite('score_replay') }
      : undefined;
  table.refuseRepeated([query, item], ['request_id', 'item_id']);
  if (hash) refuseOtherHashes(table, hash);
  table.throwIfBad();
  const few = tooFew(effectiveClusters(query, new Float64Array(table.rows).fill(1)));
  const share = (metric: string, differs: (r: number) => boolean): Measurement => {
    const flags = Float64Array.from({ length: table.rows }, (_, r) => (differs(r) ? 1 : 0));
    return level(metric, {}, flagShare(flags, query, item), few);
  };
  const named = (r: number) => version.names[version.codes[r]!]!;
  const unexpected = share('unexpected_share', (r) => named(r) !== live);
  const told: Told[] = [
    {
      measurement: unexpected,
      fact: `in the serving log ${versionsFact(version.names, unexpected, live, confidence)}`,
    },
  ];
  if (hash) {
    const unpinned = version.names.filter((name) => !pins.has(name));
    const digest = (r: number) => hash.names[hash.codes[r]!]!.toLowerCase();
    told.push(
      unpinned.length > 0
        ? withoutPins(unpinned)
        : hashes(share('hash_mismatch', (r) => digest(r) !== pins.get(named(r)))),
    );
  }
  if (replay) told.push(replays(share, replay));
  return { measurements: told.map(({ measurement }) => measurement), facts: told.map(({ fact }) => fact) };
}

function refuseOtherHashes(table: EvidenceTable, { codes, names }: Coded): void {
  for (const [r, code] of codes.entries()) {
    const text = names[code] ?? '';
    if (!/^[0-9a-f]{64}$/i.test(text))
      table.refuse(r, 'served_sha256', `"${text.slice(0, 70)}"`, 'a sha256: 64 hexadecimal digits');
  }
}

/** Of versions that the release pins no query tower of nobody knows the hash. */
function withoutPins(versions: readonly string[]): Told {
  const open: OpenReason = { kind: 'no_pins', versions: versions.slice(0, 3), count: versions.length };
  return { measurement: level('hash_mismatch', {}, exact(Number.NaN), open), fact: spelled(open) };
}

function hashes(measurement: Measurement): Told {
  const { value } = measurement.value;
  return {
    measurement,
    fact:
      value === 0
        ? 'every row’s content hash is the release’s'
        : `in ${percent(value)} of the rows the content hash is not the release’s`,
  };
}

function replays(
  share: (metric: string, differs: (r: number) => boolean) => Measurement,
  { online, replayed }: { readonly online: Float64Array; readonly replayed: Float64Array },
): Told {
  const apart = online.map((x, r) => Math.abs(x - replayed[r]!));
  const measurement = share('replay_mismatch', (r) => apart[r]! > REPLAYED * Math.max(1, Math.abs(online[r]!)));
  const most = apart.reduce((max, x) => Math.max(max, x), 0);
  const { value } = measurement.value;
  return {
    measurement,
    fact:
      value === 0
        ? `the replay gives the score of every row (to ${figure(most)})`
        : `the replay gives another score in ${percent(value)} of the rows (by up to ${figure(most)})`,
  };
}
