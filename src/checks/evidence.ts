/** The tables of a release's `evidence` that the policy's checks read, each read once. */

import { EvidenceTable, type TableSpec } from '../data/evidence/evidence-table.js';
import { LEDGER, type Ledger } from '../data/evidence/ledger.js';
import { readLedger } from '../data/evidence/read-ledger.js';
import type { EvidenceFile, ReleaseHead } from '../documents/release/release.js';
import { DataError } from '../errors.js';
import { type GapMetric, LOG_LOSS_GAP } from '../estimation/ledger/gap-metric.js';
import { LedgerSums } from '../estimation/ledger/ledger-sums.js';
import { unitsOf } from '../estimation/ledger/units.js';
import { list, plural } from '../lib/text.js';
import type { Need } from './ways.js';

/** Columns of the ledger that a run has made itself, with its own towers. */
export interface Replay {
  /** False where the towers do not fit the ledger. */
  readonly made: boolean;
  /** By the name of the column, shape (rows of the ledger) each. */
  readonly columns: ReadonlyMap<string, Float64Array>;
  /** Says how they were made and on how many rows, or why there are none. */
  readonly words: string;
}

export class Evidence {
  private constructor(
    readonly release: ReleaseHead,
    /** The prediction ledger, and every sum over it. */
    readonly ledger: Ledger | undefined,
    readonly sums: LedgerSums | undefined,
    private readonly tables: ReadonlyMap<string, EvidenceTable>,
    /** Names of the tables that may be asked for; undefined: all. */
    private readonly listed?: ReadonlySet<string>,
    /** Columns that the run has made itself; they are among the ledger's. */
    readonly replay?: Replay,
  ) {}

  /**
   * @param specs tables beside the ledger that may be there; those that are not are left out
   * @param metric what the gap is measured by
   */
  static async read(
    release: ReleaseHead,
    specs: readonly TableSpec[],
    metric: GapMetric = LOG_LOSS_GAP,
  ): Promise<Evidence> {
    const tables = new Map<string, EvidenceTable>();
    for (const spec of specs) {
      const file = release.evidence.get(spec.name);
      if (file && spec.name !== LEDGER.name) tables.set(spec.name, await EvidenceTable.read(file, spec));
    }
    // The ledger is what there is a gap by, whichever check asks.
    const file = release.evidence.get(LEDGER.name);
    const ledger = file ? await readLedger(file, release.live, metric.cells, tables.get('mix')) : undefined;
    const units = ledger && unitsOf(ledger, metric);
    if (file && units?.count === 0) throw tellsNothing(file, metric);
    return new Evidence(release, ledger, ledger && new LedgerSums(ledger, metric, units), tables);
  }

  /** For a ledger that is made, not read. */
  static ofLedger(
    release: ReleaseHead,
    ledger: Ledger,
    tables: ReadonlyMap<string, EvidenceTable> = new Map(),
  ): Evidence {
    return new Evidence(release, ledger, new LedgerSums(ledger), tables);
  }

  /** The same with columns of the ledger that a run has made itself. */
  withReplay(replay: Replay | undefined): Evidence {
    const { ledger, sums } = this;
    if (!replay || !ledger || !sums) return this;
    if (replay.columns.size === 0) return new Evidence(this.release, ledger, sums, this.tables, this.listed, replay);
    const whole = { ...ledger, scores: new Map([...ledger.scores, ...replay.columns]) };
    return new Evidence(this.release, whole, new LedgerSums(whole, sums.metric), this.tables, this.listed, replay);
  }

  /** Says of columns that a run has made itself how it did; empty where it made none of them. */
  madeOf(...columns: readonly string[]): string[] {
    const { replay } = this;
    return replay && columns.some((name) => replay.columns.has(name)) ? [`${list(columns)} ${replay.words}`] : [];
  }

  /**
   * The same for a check that lists its tables: what it does not list is neither read where it alone is asked for, nor
   * in its schema.
   */
  limitedTo(specs: readonly TableSpec[]): Evidence {
    return new Evidence(
      this.release,
      this.ledger,
      this.sums,
      this.tables,
      new Set(specs.map(({ name }) => name)),
      this.replay,
    );
  }

  /**
   * Sums of the log loss, which rules on it judge whatever the gap is measured by; undefined where scores or labels are
   * none that have one.
   */
  get logLoss(): LedgerSums | undefined {
    const { ledger, sums } = this;
    if (!ledger || !sums || sums.metric === LOG_LOSS_GAP) return sums;
    const { scores, labels } = sums.metric.cells;
    return scores === 'probabilities' && labels === 'shares' ? new LedgerSums(ledger) : undefined;
  }

  /** Undefined where the release has no such table. Throws on one that a check does not list: a bug. */
  table({ name }: TableSpec): EvidenceTable | undefined {
    if (this.listed?.has(name) === false) throw new Error(`the table ${name} is read by a check that does not list it`);
    return this.tables.get(name);
  }

  /** Tells whether a table and some of its columns are there. */
  has({ table, columns }: Need): boolean {
    if (table.name === LEDGER.name)
      return this.ledger !== undefined && columns.every((column) => ledgerHas(this.ledger, column));
    const own = this.table(table);
    return own !== undefined && columns.every((column) => own.has(column));
  }

  /** The files behind tables, of those that are there. */
  files(specs: readonly TableSpec[]): EvidenceFile[] {
    const there = specs.filter(({ name }) =>
      name === LEDGER.name ? this.ledger !== undefined : this.tables.has(name),
    );
    return there.flatMap(({ name }) => this.release.evidence.get(name) ?? []);
  }

  get notices(): string[] {
    const { ledger, sums } = this;
    return [
      ...(ledger?.notices ?? []),
      ...(ledger && sums ? [...silentRequests(ledger, sums), ...unusedSteps(sums)] : []),
      ...[...this.tables.values()].flatMap((table) => table.notices),
    ];
  }
}

/** Tells whether a ledger has one of the columns by which hypotheses are tested. */
function ledgerHas(ledger: Ledger | undefined, column: string): boolean {
  if (!ledger) return false;
  switch (column) {
    case 'log_source':
    case 'tier':
      return ledger.strata.has(column);
    case 'weight_online':
      return ledger.onlineWeight !== undefined;
    case 'served_version':
      return ledger.served !== undefined;
    case 'item_version':
      return ledger.itemVersion !== undefined;
    case 'event_ts':
    case 'feature_ts':
      return ledger.leaked !== undefined;
    default:
      return ledger.scores.has(column);
  }
}

/** A metric of rankings that has no ranking to judge. */
function tellsNothing({ shown }: EvidenceFile, { words }: GapMetric): DataError {
  return new DataError([
    {
      place: { file: shown },
      found: `no request of which ${words} could tell anything: in none a row is more relevant than another`,
      expected: 'requests of several rows whose labels differ',
      mend: 'Is request_id the id of a request, and not of a row? A metric of rows is gap: {metric: log_loss}.',
    },
  ]);
}

/** Says how many requests a metric of rankings leaves out. */
function silentRequests({ request }: Ledger, { metric, units }: LedgerSums): string[] {
  const all = new Set(request.codes).size;
  const silent = units.rows ? all - units.count : 0;
  return silent > 0
    ? [
        `${metric.words} is over ${plural(units.count, 'request')}: ${silent.toLocaleString('en-US')} of ` +
          `${all.toLocaleString('en-US')} can tell nothing, as no row is more relevant than another, and are left out.`,
      ]
    : [];
}

/** Production's steps are part of a gap against production's model as it was served, and of no other. */
function unusedSteps(sums: LedgerSums): string[] {
  const steps = ['prod_s2', 'prod_s3', 'prod_s4'].filter((name) => sums.has(name));
  return steps.length > 0 && !sums.bothServed
    ? [`the ledger’s ${list(steps)} count for nothing, as it has no score_prod_online.`]
    : [];
}
