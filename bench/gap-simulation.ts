/**
 * One simulated diagnosis: a world with planted causes, its ledger, and tables beside it, examined by the product's
 * own checks.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gapLedger, type LedgerTable, type Planted } from '../__tests__/support/gap-world.js';
import { Evidence } from '../src/checks/evidence.js';
import type { EvidenceCheck } from '../src/checks/evidence-check.js';
import { OUTCOME } from '../src/checks/past-arms.js';
import { CHECKS } from '../src/checks/registry.js';
import { EvidenceTable, type TableSpec } from '../src/data/evidence/evidence-table.js';
import type { Ledger } from '../src/data/evidence/ledger.js';
import type { Coded } from '../src/data/tables/identity.js';
import type { CheckId } from '../src/documents/policy/policy.js';
import type { EvidenceFile, ReleaseHead } from '../src/documents/release/release.js';
import { lookUp, present } from '../src/lib/lookup.js';
import { diagnoseEvidence } from '../src/verdict/diagnosis/diagnose.js';
import type { Diagnosis } from '../src/verdict/diagnosis/diagnosis.js';

const CONFIDENCE = 0.95;

function coded(values: readonly string[]): Coded {
  const code = new Map<string, number>();
  const codes = Int32Array.from(values, (value) => {
    if (!code.has(value)) code.set(value, code.size);
    return lookUp(code, value, 'code');
  });
  return { codes, names: [...code.keys()] };
}

/** Which columns the ledger has: every state of serving, or what a team has on its first day. */
export type Stage = 'full' | 'day one';

const SCORES = { full: /^(score_|s\d|only_|all_but_)/, 'day one': /^(score_prod|s0|s5)$/ } as const;

function ledgerOf({ rows, texts, numbers }: LedgerTable, stage: Stage): Ledger {
  const column = (name: string) => present(numbers[name], name);
  const label = column('label');
  const byName = (name: 'log_source' | 'tier') => [name, coded(texts[name])] as const;
  const scores = Object.entries(numbers).filter(([name]) => SCORES[stage].test(name));
  return {
    rows,
    request: coded(texts.request_id),
    query: coded(texts.request_id),
    cluster: 'request',
    item: coded(texts.item_id),
    label,
    notices: [],
    // Day one splits the gap by them; in the full ledger their gains would be measured at length and decide nothing.
    strata: new Map(stage === 'full' ? [] : [byName('log_source'), byName('tier')]),
    weight: new Float64Array(rows).fill(1),
    onlineWeight: stage === 'full' ? column('weight_online') : undefined,
    scores: new Map(scores),
    unexpected: Uint8Array.from(texts.served_version, (version) => (version === 'v42' ? 0 : 1)),
    served: new Map(),
    servedVersion: coded(texts.served_version),
    itemVersion: undefined,
    scored: undefined,
    leaked: new Uint8Array(rows),
  };
}

function releaseWith(files: readonly EvidenceFile[]): ReleaseHead {
  return {
    path: 'simulated.yml',
    folder: '',
    sha256: '',
    name: 'simulated',
    live: 'v42',
    livePlace: { file: 'simulated.yml' },
    evidence: new Map(files.map((file) => [file.name, file])),
    pins: new Map(),
    notices: [],
  };
}

function fileOf(name: string, path: string): EvidenceFile {
  return { name, path, shown: name, sha256: '', place: { file: 'simulated.yml' } };
}

const LEDGER_FILE = fileOf('ledger', '');

export type Simulated = Diagnosis & { readonly gap: NonNullable<Diagnosis['gap']> };

function examine(evidence: Evidence, checks: readonly EvidenceCheck[]): Simulated {
  const context = { confidence: CONFIDENCE, swept: undefined };
  const examined = new Map(checks.map((check) => [check.id, check.examine(evidence, context)]));
  return diagnoseEvidence({ evidence, checks: examined }, CONFIDENCE) as Simulated;
}

/** The hypotheses that the ledger tells alone. */
export function diagnosisOf(planted: Planted, seed: number, stage: Stage = 'full'): Simulated {
  const evidence = Evidence.ofLedger(releaseWith([LEDGER_FILE]), ledgerOf(gapLedger(planted, seed), stage));
  return examine(
    evidence,
    CHECKS.filter(({ tables }) => tables[0]!.name === 'ledger'),
  );
}

/** The hypotheses of `ids`, with tables beside the ledger: CSV by name. */
export async function diagnosisWith(
  planted: Planted,
  seed: number,
  texts: Readonly<Record<string, string>>,
  ids: readonly CheckId[],
): Promise<Simulated> {
  const checks = CHECKS.filter(({ id }) => ids.includes(id));
  const specs = new Map<string, TableSpec>(
    [...checks.flatMap((check) => check.tables), OUTCOME].map((s) => [s.name, s]),
  );
  const folder = mkdtempSync(join(tmpdir(), 'skewgate-simulation-'));
  try {
    const files: EvidenceFile[] = [];
    const tables = new Map<string, EvidenceTable>();
    for (const [name, text] of Object.entries(texts)) {
      const file = fileOf(name, join(folder, `${name}.csv`));
      writeFileSync(file.path, text);
      files.push(file);
      tables.set(name, await EvidenceTable.read(file, lookUp(specs, name, 'table')));
    }
    const ledger = ledgerOf(gapLedger(planted, seed), 'full');
    return examine(Evidence.ofLedger(releaseWith([LEDGER_FILE, ...files]), ledger, tables), checks);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A population of its own: gap, gains, and shares of the steps, from the mean of many large samples. */
export interface Population {
  readonly gap: number;
  readonly gainOffline: number;
  readonly gainOnline: number;
  readonly share: ReadonlyMap<CheckId, number>;
}

export function populationOf(planted: Planted): Population {
  const sums = new Map<CheckId, number>();
  const n = 6;
  let [gap, gainOffline, gainOnline] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const { gap: g, hypotheses } = diagnosisOf({ ...planted, requests: 12_000 }, 900_000 + i);
    gap += g.value / n;
    gainOffline += g.offline.value / n;
    gainOnline += g.online.value / n;
    for (const { id, share } of hypotheses)
      if (share !== null) sums.set(id, (sums.get(id) ?? 0) + (share * g.value) / n);
  }
  return { gap, gainOffline, gainOnline, share: new Map([...sums].map(([id, sum]) => [id, sum / gap])) };
}
