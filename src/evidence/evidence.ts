/** The tables of a release's `evidence` that the policy's checks read, each read once. */
import type { EvidenceFile, ReleaseHead } from '../release/release.js';
import { type Ledger, readLedger } from './ledger.js';
import { LedgerSums } from './ledger-sums.js';
import { EvidenceTable, type TableSpec } from './table.js';

export class Evidence {
  private constructor(
    readonly release: ReleaseHead,
    /** The prediction ledger, and every sum over it. */
    readonly ledger: Ledger | undefined,
    readonly sums: LedgerSums | undefined,
    private readonly tables: ReadonlyMap<string, EvidenceTable>,
  ) {}

  /** @param specs tables that may be there; those that are not are left out */
  static async read(release: ReleaseHead, specs: readonly TableSpec[]): Promise<Evidence> {
    const tables = new Map<string, EvidenceTable>();
    for (const spec of specs) {
      const file = release.evidence.get(spec.name);
      if (file && spec.name !== 'ledger') tables.set(spec.name, await EvidenceTable.read(file, spec));
    }
    const file = release.evidence.get('ledger');
    const wanted = specs.some(({ name }) => name === 'ledger');
    const ledger = file && wanted ? await readLedger(file, release.live, tables.get('mix')) : undefined;
    return new Evidence(release, ledger, ledger && new LedgerSums(ledger), tables);
  }

  /** For a ledger that is made, not read. */
  static ofLedger(
    release: ReleaseHead,
    ledger: Ledger,
    tables: ReadonlyMap<string, EvidenceTable> = new Map(),
  ): Evidence {
    return new Evidence(release, ledger, new LedgerSums(ledger), tables);
  }

  table({ name }: TableSpec): EvidenceTable | undefined {
    return this.tables.get(name);
  }

  /** The files behind tables, of those that are there. */
  files(specs: readonly TableSpec[]): EvidenceFile[] {
    return specs.flatMap(({ name }) => {
      const there = name === 'ledger' ? this.ledger !== undefined : this.tables.has(name);
      return there ? [this.release.evidence.get(name)!] : [];
    });
  }

  get notices(): string[] {
    return [...(this.ledger?.notices ?? []), ...[...this.tables.values()].flatMap((table) => table.misspelt)];
  }
}
