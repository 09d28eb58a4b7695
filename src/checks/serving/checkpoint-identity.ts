/** Was the checkpoint served that was evaluated? What the serving log names, what it hashes to, what a replay of it predicts, and vectors of known entities embedded again. */

import type { Coded } from '../../data/evalset/evalset.js';
import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { LEDGER, type Ledger } from '../../data/evidence/ledger.js';
import { interval } from '../../estimation/statistics/noninferiority.js';
import { effectiveClusters } from '../../estimation/tabulation/clustered.js';
import { list, plural, printable } from '../../lib/text.js';
import type { Evidence } from '../evidence.js';
import {
  type CheckContext,
  type EvidenceCheck,
  type Examined,
  factsAlone,
  type Swept,
  untested,
} from '../evidence-check.js';
import { exact, figure, flagShare, level, type Measurement, percent, proportion, tooFew } from '../measurement.js';
import { lacks } from '../step.js';
import { storedPrecision } from './stored-precision.js';

const SERVING_LOG: TableSpec = {
  name: 'serving_log',
  page: 'checks/checkpoint-identity.md',
  holds: 'one row per request and item that was served',
  required: ['request_id', 'item_id', 'served_version'],
  optional: ['served_sha256', 'score_online', 'score_replay'],
  sql: `-- score_replay: the release's checkpoint on the features and item versions that the log holds, never fetched again
SELECT s.request_id, s.item_id, s.model_version AS served_version, s.model_sha256 AS served_sha256,
       s.score AS score_online, r.score AS score_replay
FROM serving_log s LEFT JOIN replay r USING (request_id, item_id)`,
};

const CANARY: TableSpec = {
  name: 'canary',
  page: 'checks/checkpoint-identity.md',
  holds:
    'one row per entity, with its vector as it is served, and as the release’s checkpoint embeds it again (left out where a sweep can: entities of the eval set)',
  required: ['id', 'served'],
  optional: ['expected', 'tower'],
  sql: `SELECT i.item_id AS id, 'item' AS tower, i.vector AS served, c.vector AS expected
FROM index_dump i JOIN canary_embeddings c USING (item_id)`,
};

/** Of the rows may be unexpected where it is ruled out. Judgement of this project, after methodology. */
const UNEXPECTED = 0.01;
/** A replay is the same up to this, relative to scores above 1: float32 and another batch size differ by less. Judgement of this project. */
const REPLAYED = 1e-4;

export const checkpointIdentity: EvidenceCheck = {
  id: 'checkpoint-identity',
  layer: 2,
  question: 'Was the checkpoint served that was evaluated?',
  cure: 'serve the checkpoint that was evaluated',
  tables: [LEDGER, SERVING_LOG, CANARY],
  ofSweep: { vectorOf: CANARY },
  telescopes: true,
  metrics: [
    {
      id: 'log_loss',
      needs: 'the ledger’s columns served_version, s4 and s5',
      title: 'log loss that rows of another version cost, in the mean of all rows',
      operators: ['max_increase'],
    },
    {
      id: 'unexpected_share',
      needs: 'the ledger’s column served_version, or the table serving_log',
      title: 'share of the rows that another version than the release’s `live` served',
      operators: ['max'],
      share: true,
    },
    {
      id: 'hash_mismatch',
      needs: 'the table serving_log with served_sha256',
      cure: 'serve the file that was evaluated',
      title:
        'share of the rows whose served_sha256 is not the release’s `query_tower.sha256` of the version that is named',
      operators: ['max'],
      share: true,
    },
    {
      id: 'replay_mismatch',
      needs: 'the table serving_log with score_online and score_replay',
      cure: 'find what differs between serving and the replay: features, precision or code',
      title: 'share of the rows whose score is not the replay’s (by more than 10⁻⁴)',
      operators: ['max'],
      share: true,
    },
    {
      id: 'canary_mismatch',
      needs: 'the table canary',
      cure: 'embed the index again with the release’s checkpoint',
      title:
        'share of the vectors that are not the release’s (by more than the precision they are stored at explains: a thousandth of their length in float32; under cosine by their direction), of every tower',
      operators: ['max'],
      share: true,
    },
  ],
  examine(evidence: Evidence, { confidence, swept }: CheckContext): Examined {
    const { ledger, sums, release } = evidence;
    const log = evidence.table(SERVING_LOG);
    const canary = evidence.table(CANARY);
    const logged = log ? readLog(log, release.live, release.pins, confidence) : undefined;
    const vectors = canary ? compareVectors(canary, swept, release.similarity === 'cosine') : [];
    const onLedger = ledger?.unexpected ? servedShare(ledger) : undefined;
    const shares = [
      ...(logged?.measurements ?? (onLedger ? [onLedger] : [])),
      ...vectors.map(({ measurement }) => measurement),
    ];
    const facts = [
      ...(onLedger ? [versionsFact([...ledger!.served!.keys()], onLedger, release.live, confidence)] : []),
      ...(logged?.facts ?? []),
      ...vectors.map(({ fact }) => fact),
    ];
    const settle =
      'the columns served_version (as the serving log has it), s4 (the replay by the release’s own checkpoint) and s5 of the ledger';
    const missing =
      ledger && !ledger.unexpected ? 'the ledger has no column served_version' : lacks(sums, ['s4', 's5']);
    if (missing !== undefined) {
      if (facts.length > 0) return { measurements: shares, facts, effect: factsAlone(settle) };
      return untested(LEDGER, missing, `${settle}; or a table serving_log`);
    }
    const wrong = [onLedger!, ...shares].filter(({ value }) => !(interval(value, confidence).upper <= UNEXPECTED));
    const step = sums!.unexpected;
    const before = sums!.loss('online', 's4');
    return {
      measurements: [
        {
          metric: 'log_loss',
          slice: {},
          value: { ...sums!.estimate(step), value: before.value + step.value },
          change: { absolute: sums!.estimate(step), relative: sums!.relative(step, before) },
          ...(sums!.open === undefined ? {} : { open: sums!.open }),
        },
        ...shares,
      ],
      facts,
      effect: {
        kind: 'step',
        contribution: step,
        innocent: wrong.length === 0,
        acquits:
          'a log in which at most 1 % of the rows were served by another version, and every hash, replay and vector is the release’s',
      },
    };
  },
};

function servedShare({ unexpected, query, item, weight }: Ledger): Measurement {
  return level('unexpected_share', {}, flagShare(unexpected!, query, item), tooFew(effectiveClusters(query, weight)));
}

/** None of n requests: at 95 % at most 3.3 of n, no tighter than the rule of three (Hanley & Lippman-Hand 1983). */
function versionsFact(names: readonly string[], { value }: Measurement, live: string, confidence: number): string {
  const upper = percent(interval(value, confidence).upper);
  if (value.value === 0) return `every row was served by the live version (at most ${upper} were not)`;
  const others = names.filter((name) => name !== live).map((name) => printable(name, 40));
  const spelling =
    value.value === 1 ? `: does the release’s live ${printable(live, 40)} match the log’s spelling?` : '';
  return `${percent(value.value)} of the rows were served by another version (${list(others, 3)}; at most ${upper})${spelling}`;
}

function readLog(
  table: EvidenceTable,
  live: string,
  pins: ReadonlyMap<string, string>,
  confidence: number,
): { readonly measurements: readonly Measurement[]; readonly facts: readonly string[] } {
  const query = table.texts('request_id');
  const item = table.texts('item_id');
  const version = table.texts('served_version');
  const hash = table.has('served_sha256') ? table.texts('served_sha256') : undefined;
  const replayed = table.has('score_online') && table.has('score_replay');
  const scores = replayed ? ['score_online', 'score_replay'].map((name) => table.finite(name)) : [];
  table.refuseRepeated([query, item], ['request_id', 'item_id']);
  if (hash)
    for (const [r, code] of hash.codes.entries()) {
      const text = hash.names[code] ?? '';
      if (!/^[0-9a-f]{64}$/i.test(text))
        table.refuse(r, 'served_sha256', `"${text.slice(0, 70)}"`, 'a sha256: 64 hexadecimal digits');
    }
  table.throwIfBad();
  const ones = new Float64Array(table.rows).fill(1);
  const few = tooFew(effectiveClusters(query, ones));
  const share = (metric: string, flags: Float64Array): Measurement =>
    level(metric, {}, flagShare(flags, query, item), few);
  const named = (r: number) => version.names[version.codes[r]!]!;
  const unexpected = Float64Array.from(ones, (_, r) => (named(r) === live ? 0 : 1));
  const measurements = [share('unexpected_share', unexpected)];
  const facts = [`in the serving log ${versionsFact(version.names, measurements[0]!, live, confidence)}`];
  if (hash) {
    const unpinned = version.names.filter((name) => !pins.has(name));
    const differs = Float64Array.from(ones, (_, r) =>
      hash.names[hash.codes[r]!]!.toLowerCase() === pins.get(named(r)) ? 0 : 1,
    );
    const open =
      unpinned.length > 0
        ? `the release pins no query_tower.sha256 of ${list(
            unpinned.map((name) => printable(name, 40)),
            3,
          )}`
        : undefined;
    const measured = open ? level('hash_mismatch', {}, exact(Number.NaN), open) : share('hash_mismatch', differs);
    measurements.push(measured);
    facts.push(
      open ??
        (measured.value.value === 0
          ? 'every row’s content hash is the release’s'
          : `in ${percent(measured.value.value)} of the rows the content hash is not the release’s`),
    );
  }
  if (replayed) {
    const differs = Float64Array.from(scores[0]!, (x, r) =>
      Math.abs(x - scores[1]![r]!) > REPLAYED * Math.max(1, Math.abs(x)) ? 1 : 0,
    );
    const measured = share('replay_mismatch', differs);
    const most = scores[0]!.reduce((max, x, r) => Math.max(max, Math.abs(x - scores[1]![r]!)), 0);
    measurements.push(measured);
    facts.push(
      measured.value.value === 0
        ? `the replay gives the score of every row (to ${figure(most)})`
        : `the replay gives another score in ${percent(measured.value.value)} of the rows (by up to ${figure(most)})`,
    );
  }
  return { measurements, facts };
}

/** Of every tower: vectors that are further from the one expected than their precision explains. Under cosine both have the length 1, as scores do not know another. */
function compareVectors(
  table: EvidenceTable,
  swept: Swept | undefined,
  direction: boolean,
): { readonly measurement: Measurement; readonly fact: string }[] {
  const id = table.texts('id');
  const tower: Coded = table.has('tower')
    ? table.texts('tower', ['query', 'item'])
    : { codes: new Int32Array(table.rows), names: ['item'] };
  const served = table.vectors('served');
  const given = table.has('expected') ? table.vectors('expected') : undefined;
  table.refuseRepeated([tower, id], ['tower', 'id']);
  table.throwIfBad();
  if (given && given.dimension !== served.dimension)
    throw table.error(
      `served vectors of dimension ${served.dimension} beside ${given.dimension} expected`,
      'vectors of one tower in both columns',
    );
  const { dimension } = served;
  const expected = (r: number): ArrayLike<number> | undefined => {
    if (given) return given.values.subarray(r * dimension, (r + 1) * dimension);
    return swept?.vectorOf?.(tower.names[tower.codes[r]!] as 'query' | 'item', id.names[id.codes[r]!]!);
  };
  const distance = new Map<number, Apart>();
  for (let r = 0; r < table.rows; r++) {
    const own = expected(r);
    if (!own) continue;
    if (own.length !== dimension)
      throw table.error(
        `served vectors of dimension ${dimension}, where the checkpoint gives ${own.length}`,
        'vectors of the tower that is named',
      );
    const apart = apartOf(served.values.subarray(r * dimension, (r + 1) * dimension), own, direction);
    if (apart === undefined) table.refuse(r, 'expected', 'a vector of zeros', 'the vector that the checkpoint gives');
    else distance.set(r, apart);
  }
  table.throwIfBad();
  return tower.names.flatMap((name, code) => {
    const all = [...tower.codes.keys()].filter((r) => tower.codes[r] === code);
    const rows = all.filter((r) => distance.has(r));
    if (all.length === 0) return [];
    const stored = storedPrecision(served, rows);
    const wrong = rows.filter((r) => !(distance.get(r)!.share <= stored.tolerance(r, distance.get(r)!.length))).length;
    const most = rows.reduce((max, r) => Math.max(max, distance.get(r)!.share), 0);
    const what = `vectors of the ${name} tower`;
    const precision = stored.precision === 'float32' ? '' : `, stored in ${stored.precision}`;
    const measure = direction ? 'length, compared by direction' : 'length';
    const slice = { tower: name };
    if (rows.length === 0)
      return [
        {
          measurement: level('canary_mismatch', slice, exact(Number.NaN), UNKNOWN_CANARIES),
          fact: `${plural(all.length, 'canary', 'canaries')} of the ${name} tower: ${UNKNOWN_CANARIES}`,
        },
      ];
    const left = all.length - rows.length;
    const unknown = left > 0 ? `; ${left} more are not in the eval set, or there with several features` : '';
    return [
      {
        measurement: level('canary_mismatch', slice, proportion(wrong, rows.length), tooFew(rows.length, 'canaries')),
        fact:
          wrong === 0
            ? `all ${plural(rows.length, 'canary', 'canaries')} have the ${what} of the release (to ${figure(most)} of their ${measure}${precision})${unknown}`
            : `${wrong} of ${rows.length} canaries have other ${what} than the release (by up to ${percent(most)} of their ${measure}${precision})${unknown}`,
      },
    ];
  });
}

const UNKNOWN_CANARIES =
  'nothing to hold them against: a column expected, or a sweep whose eval set has them, embeds them again';

interface Apart {
  /** |x − y| / |y|. */
  readonly share: number;
  /** The length that rounding took its part of: of y, or of x before it was brought to the length 1. */
  readonly length: number;
}

/** How far x is from y; undefined where y is 0. `direction`: both brought to the length 1. */
function apartOf(x: ArrayLike<number>, y: ArrayLike<number>, direction: boolean): Apart | undefined {
  const [own, length] = [norm(x), norm(y)];
  if (length === 0) return undefined;
  const [p, q] = direction ? [1 / own, 1 / length] : [1, 1];
  let squares = 0;
  for (let d = 0; d < y.length; d++) squares += (x[d]! * p - y[d]! * q) ** 2;
  const share = squares === 0 ? 0 : Math.sqrt(squares) / (direction ? 1 : length);
  // Too large for a sum of squares, or without a direction: other, whatever it is.
  return { share: Number.isNaN(share) ? Number.POSITIVE_INFINITY : share, length: direction ? own : length };
}

function norm(x: ArrayLike<number>): number {
  let squares = 0;
  for (let d = 0; d < x.length; d++) squares += x[d]! * x[d]!;
  return Math.sqrt(squares);
}
