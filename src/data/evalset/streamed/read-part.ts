/** Parts of rows, as eval sets of their own. */

import { EVAL_FILES, type SkewPolicy } from '../../../documents/policy/policy.js';
import { lookUp } from '../../../lib/lookup.js';
import { giveBack } from '../../../lib/memory.js';
import type { Progress } from '../../../lib/progress.js';
import type { Side } from '../../checkpoints/checkpoint.js';
import type { SpilledRows } from '../../spill/layout.js';
import type { RowSpill } from '../../spill/row-spill.js';
import type { Coded } from '../../tables/identity.js';
import type { Table } from '../../tables/table.js';
import { Contradictions } from '../contradictions.js';
import type { EvalSet, FeatureTable } from '../evalset.js';
import { countRepeatedPairs } from '../repeats.js';
import { scoresIn } from './score-names.js';
import type { SliceTally } from './slice-tally.js';

export class PartReader {
  readonly sha256: EvalSet['sha256'];

  /** @param table the one that the rows are of, for messages */
  constructor(
    private readonly policy: SkewPolicy,
    private readonly spill: RowSpill,
    private readonly slices: SliceTally,
    private readonly table: Table,
  ) {
    this.sha256 = pinned(policy);
  }

  /** Refuses rows that contradict each other; counts repeated pairs, and the ids of queries part by part. */
  check(progress: Progress): { readonly repeated: number; readonly ids: number } {
    let contradictions: Contradictions | undefined;
    let [repeated, ids] = [0, 0];
    const step = { stage: 'reading', detail: 'repeated pairs', total: this.spill.parts, unit: 'parts' };
    for (let part = 0; part < this.spill.parts; part++) {
      progress({ ...step, done: part });
      giveBack();
      const rows = this.spill.read(part);
      const { query, item, cluster, label, weight, slices, scores = new Map() } = this.evalSetOf(rows);
      ids += query.names.length;
      contradictions ??= new Contradictions(this.table, this.policy.evalSet, [...scores.keys()]);
      repeated += countRepeatedPairs(
        {
          tableRow: lookUp(rows.numbers, 'row', 'column'),
          ...{ query, item, values: { label, weight }, telling: [cluster, ...slices.values()] },
          features: [...scores.values()].map((values) => ({ type: 'float', length: values.length, values })),
        },
        contradictions,
      );
    }
    contradictions?.throwIfAny();
    progress({ ...step, done: this.spill.parts });
    return { repeated, ids };
  }

  read(part: number): EvalSet {
    return this.evalSetOf(this.spill.read(part));
  }

  private evalSetOf({ rows, ids, codes, numbers }: SpilledRows): EvalSet {
    const query = lookUp(ids, 'query', 'column');
    const item = lookUp(ids, 'item', 'column');
    const label = lookUp(numbers, 'label', 'column');
    let positives = 0;
    for (const y of label) if (y > 0) positives++;
    return {
      rows,
      positives,
      query,
      item,
      cluster: ids.get('cluster') ?? query,
      label,
      grades: this.policy.evalSet.grades,
      weight: lookUp(numbers, 'weight', 'column'),
      slices: new Map([...codes].map(([name, own]) => [name, { codes: own, names: this.slices.names(name) }])),
      scores: scoresIn(numbers),
      features: { query: featureless('query', query), item: featureless('item', item) },
      sha256: this.sha256,
    };
  }
}

/** No tower reads these rows. */
function featureless(side: Side, ids: Coded): FeatureTable {
  const table: Table = { file: '', rows: 0, columnNames: [], columns: new Map() };
  return { side, table, tableRow: new Int32Array(0), ids, ownTable: false };
}

/** The digests of the files that the policy pins. */
function pinned({ evalSet: { files } }: SkewPolicy): EvalSet['sha256'] {
  return Object.fromEntries(EVAL_FILES.flatMap((name) => (files[name] ? [[name, files[name].sha256]] : [])));
}
