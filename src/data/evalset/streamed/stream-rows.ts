/**
 * The rows of an eval set that are never in memory as a whole: one pass over their table refuses what `loadEvalSet`
 * refuses, and splits them into parts by query cluster.
 */
import type { SkewPolicy, SliceColumns } from '../../../documents/policy/policy.js';
import { DataError } from '../../../errors.js';
import { gatherShorts } from '../../../lib/gather.js';
import { giveBack } from '../../../lib/memory.js';
import type { Progress } from '../../../lib/progress.js';
import { quoted } from '../../../lib/text.js';
import type { Workspace } from '../../artefacts/files.js';
import { DistinctIds } from '../../spill/distinct-ids.js';
import type { Layout, SpilledRows } from '../../spill/layout.js';
import { RowSpill, type SpilledPart } from '../../spill/row-spill.js';
import { type Coded, doubtfulSlices } from '../../tables/identity.js';
import { tableBatches } from '../../tables/read-table.js';
import { BadRows, type Table, type TableFile } from '../../tables/table.js';
import { type CellName, wantedCuts } from '../cells.js';
import { presentScores, readScores, type WantedScore } from '../given-scores.js';
import { LabelCopies } from '../label-copies.js';
import { asFeature, type Roles, requireRoles, rolesOf, rowless, weightless } from '../load-evalset.js';
import type { EvalSetSize } from '../size.js';
import { ItemNumbers } from './item-numbers.js';
import { partOfClusters } from './part-of.js';
import { checkParts, type PartRecipe, recipeOf } from './read-part.js';
import { type SliceShares, SliceTally } from './slice-tally.js';
import { codeColumns, scoreColumns } from './spilled-names.js';

/** Rows that are read at a time. */
const BATCH = 1 << 17;

export interface StreamOptions {
  /** Rows by the footers of the files. */
  readonly rows: number;
  readonly parts: number;
  readonly crosses: readonly SliceColumns[];
  /** The slice column that production's histograms are by; undefined without one. */
  readonly by: string | undefined;
  /** Each query must be in one cluster, as rankings and a softmax are over whole queries. */
  readonly wholeQueries: boolean;
}

export interface StreamedRows {
  readonly size: EvalSetSize;
  readonly repeatedPairs: number;
  readonly notices: readonly string[];
  readonly cells: readonly CellName[];
  readonly shares: SliceShares | undefined;
  readonly parts: number;
  /** Bytes of the temporary file, and rows of its largest part. */
  readonly bytes: number;
  readonly largest: number;
  /** Every part is read by it; its rows are in the order of their table. */
  readonly recipe: PartRecipe;
  part(part: number): SpilledPart;
  close(): void;
}

/** Reads, refuses and splits. @param given the columns of scores that a release names */
export async function streamRows(
  policy: SkewPolicy,
  given: readonly WantedScore[],
  options: StreamOptions,
  workspace: Workspace,
  progress: Progress,
): Promise<StreamedRows> {
  const stream = new RowStream(policy, given, options);
  const spec = policy.evalSet;
  const { path, place } = spec.files.rows;
  const wanted = [...Object.values(spec.columns), ...spec.slices, ...given.map(({ name }) => name)];
  const step = { stage: 'reading', detail: 'rows, in parts', total: options.rows, unit: 'rows' };
  try {
    for await (const table of tableBatches(path, workspace.show(path), wanted, BATCH, place)) {
      progress({ ...step, done: stream.rows });
      stream.take(table);
      giveBack();
    }
    progress({ ...step, done: stream.rows });
    return stream.finish(workspace.show(path), progress);
  } catch (error) {
    stream.close();
    throw error;
  }
}

/** Rows on their way into parts. */
class RowStream {
  rows = 0;
  private positives = 0;
  private weighs = false;
  private readonly slices: SliceTally;
  private readonly copies: LabelCopies;
  /** Those beyond the ones that have numbers. */
  private readonly items: DistinctIds;
  private readonly numbers = new ItemNumbers();
  private readonly queries: DistinctIds | undefined;
  private spill: RowSpill | undefined;
  private bad: BadRows | undefined;
  private scores: readonly WantedScore[] = [];
  private readonly files: TableFile[] = [];
  private readonly notices = new Set<string>();
  private ofSeveral = false;

  constructor(
    private readonly policy: SkewPolicy,
    private readonly given: readonly WantedScore[],
    private readonly options: StreamOptions,
  ) {
    const { slices, columnPlaces, columns, grades } = policy.evalSet;
    this.slices = new SliceTally(slices, wantedCuts(slices, options.crosses), options.by, (column) =>
      columnPlaces.get(`slices.${column}`),
    );
    this.copies = new LabelCopies(columns.label, grades);
    this.items = new DistinctIds(options.parts, false);
    this.queries = columns.cluster === undefined ? undefined : new DistinctIds(options.parts, true);
  }

  take(table: Table): void {
    const spec = this.policy.evalSet;
    const { parts = [], notices = [] } = table;
    const first = parts[0];
    if (first && this.files.at(-1)?.file !== first.file) this.files.push({ file: first.file, first: this.rows });
    this.ofSeveral ||= table.ofSeveral ?? false;
    for (const notice of notices) this.notices.add(notice);
    requireRoles(table, spec);
    this.scores = presentScores(this.given, table, spec);
    this.bad = this.bad?.of(table) ?? new BadRows(table);
    const roles = rolesOf(table, spec, this.bad);
    const before = this.rows;
    this.rows += table.rows;
    // The other rows are read all the same: all that is wrong is said at once.
    if (this.bad.any || table.rows === 0) return;
    const scores = readScores(this.scores, table) ?? new Map<string, Float64Array>();
    this.copies.add(
      this.scores.map((score) => asFeature(score, table)),
      roles.written,
    );
    this.add(roles, scores, before);
  }

  private add(roles: Roles, scores: ReadonlyMap<string, Float64Array>, before: number): void {
    const { query, item, cluster, label, weight } = roles;
    for (const y of label) if (y > 0) this.positives++;
    this.weighs ||= weight.some((w) => w > 0);
    const { numbers: own, beyond } = this.numbers.of(item);
    const codes = codeColumns(this.slices.add(roles.slices, weight), own);
    if (beyond.names.length > 0) this.items.add(beyond);
    this.queries?.add(query, cluster);
    const ids = new Map<string, Coded>([
      ['query', query],
      ['item', item],
      ...(this.queries ? [['cluster', cluster] as const] : []),
    ]);
    const row = label.map((_, r) => before + r);
    const numbers = new Map([['label', label], ['weight', weight], ['row', row], ...scoreColumns(scores)]);
    const rows: SpilledRows = { rows: label.length, ids, codes, numbers };
    const layout: Layout = { ids: [...ids.keys()], codes: [...codes.keys()], numbers: [...numbers.keys()] };
    this.spill ??= RowSpill.open(layout, this.options.parts, this.options.rows);
    const parts = partOfClusters(cluster.names, this.options.parts);
    this.spill.add(rows, gatherShorts(parts, cluster.codes));
  }

  finish(shown: string, progress: Progress): StreamedRows {
    const { bad, spill, options, policy } = this;
    if (this.rows === 0) throw rowless(shown);
    bad?.throwIfAny();
    if (this.rows !== options.rows) throw otherRows(shown, this.rows, options.rows);
    if (!this.weighs || !spill) throw weightless(shown);
    this.copies.refuse();
    spill.flush();
    const queries = this.queries?.count();
    if (queries?.torn && options.wholeQueries) {
      const { id, owners } = queries.torn;
      throw new DataError([
        {
          ...placed(policy),
          found: `query ${quoted(id)} in clusters ${quoted(owners[0])} and ${quoted(owners[1])}`,
          expected: 'one cluster a query, as ranking metrics are means over queries',
        },
      ]);
    }
    const items = this.numbers.known + this.items.count().ids;
    this.items.close();
    this.queries?.close();
    const cells = this.slices.cells();
    const table: Table = {
      file: shown,
      rows: this.rows,
      columnNames: [],
      columns: new Map(),
      parts: this.files,
      ofSeveral: this.ofSeveral,
    };
    const recipe = recipeOf(policy, this.slices);
    const { repeated, ids } = checkParts(policy, spill, recipe, table, progress);
    const { rows, positives } = this;
    const doubtful = policy.evalSet.slices.flatMap((name) =>
      doubtfulSlices({ codes: new Int32Array(0), names: this.slices.names(name) }, name, shown),
    );
    return {
      size: { rows, positives, queries: queries?.ids ?? ids, items, catalogue: items, sha256: recipe.sha256 },
      repeatedPairs: repeated,
      notices: [...this.notices, ...doubtful],
      cells,
      shares: this.slices.shares(cells),
      parts: spill.parts,
      bytes: spill.bytes,
      largest: spill.largest,
      recipe,
      part: (part) => spill.part(part),
      close: () => spill.close(),
    };
  }

  close(): void {
    for (const open of [this.items, this.queries, this.spill]) {
      try {
        open?.close();
      } catch {
        // It was closed before.
      }
    }
  }
}

function placed({ evalSet: { columnPlaces } }: SkewPolicy) {
  const place = columnPlaces.get('cluster') ?? columnPlaces.get('query');
  return place ? { place } : {};
}

/** Parquet says how many rows it has before they are read: others were read where the file changed in between. */
function otherRows(file: string, found: number, expected: number): DataError {
  return new DataError([
    {
      place: { file },
      found: `${found.toLocaleString('en-US')} rows`,
      expected: `the ${expected.toLocaleString('en-US')} that its footers tell of`,
      mend: 'Leave the table alone while it is judged.',
    },
  ]);
}
