/** The log of a stage that chooses among candidates: what each arm's model gave it, and what it chose. */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { sql } from '../../data/evidence/sql.js';
import type { Coded } from '../../data/tables/identity.js';
import { interval } from '../../estimation/statistics/noninferiority.js';
import { requestShare } from '../measurement.js';

export const STAGE_LOG: TableSpec = {
  name: 'stage_log',
  page: 'checks/recall-saturation.md',
  holds:
    'one row per request, arm (control or treatment) and item that a selection stage (an auction, a ranker, a queue) ' +
    'saw which took candidates of both arms’ models; in_output is 1 where this arm’s model gave the item, ' +
    'is_selected 1 where the stage chose it; segments of the row besides',
  required: ['request_id', 'arm', 'item_id', 'in_output', 'is_selected'],
  optional: ['rank', 'utility', 'surface', 'optimisation_type', 'segment'],
  synonyms: { is_selected: ['is_winner'], optimisation_type: ['optimization_type'] },
  sql: sql`-- selection_log: of ads the auction, whose winners are selected; it saw the candidates of both arms
SELECT a.request_id, arms.arm, a.item_id, CASE WHEN o.item_id IS NULL THEN 0 ELSE 1 END AS in_output,
       a.is_selected, COALESCE(o.rank, 1000000) AS rank, a.utility, a.surface
FROM selection_log a CROSS JOIN (SELECT 'control' AS arm UNION ALL SELECT 'treatment' AS arm) arms
LEFT JOIN model_output o ON o.request_id = a.request_id AND o.item_id = a.item_id AND o.arm = arms.arm`,
  cost: 'query',
};

/** Columns by whose values recall is measured as well. */
const SEGMENTS = ['surface', 'optimisation_type', 'segment'] as const;
/** More values of one column than this are no segments but ids. Judgement of this project. */
const MOST_SEGMENTS = 50;

/** Shape (rows) each. */
export interface Ranked {
  readonly rank: Float64Array;
  readonly utility: Float64Array;
}

export interface StageLog {
  readonly rows: number;
  readonly request: Coded;
  readonly item: Coded;
  /** 0 control, 1 treatment. */
  readonly arm: Uint8Array;
  readonly inOutput: Float64Array;
  readonly selected: Float64Array;
  /** The rank of each row in its output, and what its item is worth; undefined where the table has neither. */
  readonly ranked: Ranked | undefined;
  /** Columns of segments by the names that the table has. */
  readonly segments: ReadonlyMap<string, Coded>;
  /** Names what is chosen, as the table does. */
  readonly chosen: string;
}

export function readLog(table: EvidenceTable): StageLog {
  const arms = table.texts('arm', ['control', 'treatment']);
  if (table.has('rank') !== table.has('utility'))
    throw table.error('one of rank and utility', 'both, or none: the rank in the output, and what the item is worth');
  const chosen = table.written('is_selected') === 'is_winner' ? 'winners' : 'selected items';
  const log: StageLog = {
    rows: table.rows,
    request: table.texts('request_id'),
    item: table.texts('item_id'),
    arm: Uint8Array.from(arms.codes, (code) => (arms.names[code] === 'treatment' ? 1 : 0)),
    inOutput: table.flags('in_output'),
    selected: table.flags('is_selected'),
    ranked: table.has('rank')
      ? {
          rank: table.numbers('rank', 'a rank from 1 on', (x) => x >= 1),
          utility: table.finite('utility'),
        }
      : undefined,
    segments: new Map(
      SEGMENTS.filter((name) => table.has(name)).map((name) => [table.written(name), table.texts(name)]),
    ),
    chosen,
  };
  table.refuseRepeated([log.request, arms, log.item], ['request_id', 'arm', 'item_id']);
  table.throwIfBad();
  if (!log.arm.includes(0) || !log.arm.includes(1))
    throw table.error('rows of one arm alone', 'rows of control and of treatment');
  if (log.ranked) refuseRanks(table, log, log.ranked);
  if (!log.selected.includes(1))
    throw table.error(`no row of ${chosen}`, `${chosen} (${table.written('is_selected')} 1)`);
  for (const [name, { names }] of log.segments)
    if (names.length > MOST_SEGMENTS)
      throw table.error(
        `${names.length} values of ${name}`,
        `at most ${MOST_SEGMENTS}`,
        'Put rare ones together, or leave the column out.',
      );
  return log;
}

/** An output has each rank once. */
function refuseRanks(table: EvidenceTable, log: StageLog, { rank }: Ranked): void {
  const seen = new Set<string>();
  for (let r = 0; r < log.rows; r++) {
    if (log.inOutput[r] !== 1) continue;
    const key = `${log.arm[r]} ${log.request.codes[r]} ${rank[r]}`;
    if (seen.has(key)) table.refuse(r, 'rank', `${rank[r]} again in its request and arm`, 'every rank once');
    seen.add(key);
  }
  table.throwIfBad();
}

/**
 * Tells whose candidates the stage saw. `own`: each arm's requests were chosen from by themselves, as in an A/B, so
 * that arms can be compared, and what the other arm would have given is not known. `both`: requests are in the log for
 * both arms with the same items chosen, and of those that one arm alone gave either arm has some. `one`: nothing shows
 * that the stage could choose what one of the arms alone gave, as where its output was scored beside and never entered:
 * recall compares the arms by construction.
 */
export type Seen = 'both' | 'own' | 'one';

/**
 * In at least this share of the requests of a log that is `both` the arms have the same items chosen. Judgement of
 * this project.
 */
const JOINT = 0.9;
/**
 * Of what one arm alone gave, the treatment's share below which its output cannot be told from one that never entered
 * (items of other sources are in it by chance), and the control's. It is the treatment that is scored beside. Judgement
 * of this project.
 */
const TREATMENT_SIDE = 0.2;
const CONTROL_SIDE = 0.05;

/** The items chosen of one request, by arm: whether the arm's model gave them. */
interface Chosen {
  readonly control: Map<number, boolean>;
  readonly treatment: Map<number, boolean>;
}

function chosenByRequest(log: StageLog, rows: readonly number[]): Chosen[] {
  const requests = new Map<number, Chosen>();
  for (const r of rows) {
    if (log.selected[r] !== 1) continue;
    const code = log.request.codes[r]!;
    const own = requests.get(code) ?? { control: new Map(), treatment: new Map() };
    own[log.arm[r] === 0 ? 'control' : 'treatment'].set(log.item.codes[r]!, log.inOutput[r] === 1);
    requests.set(code, own);
  }
  return [...requests.values()];
}

/** @param rows those that are looked at: a segment's, or all */
export function seenIn(log: StageLog, rows: readonly number[], confidence: number): Seen {
  const requests = chosenByRequest(log, rows);
  const joint = requests.filter(
    ({ control, treatment }) =>
      control.size === treatment.size && [...control.keys()].every((item) => treatment.has(item)),
  );
  if (joint.length < JOINT * requests.length) return 'own';
  // Of the items that one arm alone gave: how many, and how many of them the treatment.
  const alone = joint.map(({ control, treatment }) => {
    const given = [...control].map(([item, byControl]) => ({ byControl, byTreatment: treatment.get(item) === true }));
    const one = given.filter(({ byControl, byTreatment }) => byControl !== byTreatment);
    return { n: one.length, hit: one.filter(({ byTreatment }) => byTreatment).length };
  });
  if (!alone.some(({ hit }) => hit > 0)) return 'one';
  const { lower, upper } = interval(requestShare(alone.filter(({ n }) => n > 0)), confidence);
  return upper < TREATMENT_SIDE || lower > 1 - CONTROL_SIDE ? 'one' : 'both';
}
