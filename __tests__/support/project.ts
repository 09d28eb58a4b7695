/** A whole promotion in a temporary workspace: eval set, checkpoints, policy and release, judged by the real gate. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { PolicyOrigin } from '../../src/documents/policy/origin.js';
import type { UserError } from '../../src/errors.js';
import { type ExitStatus, gate, type Host } from '../../src/gate.js';
import type { Report } from '../../src/verdict/report-object.js';
import { lookupTower, onnx } from './onnx.js';
import { generator } from './random.js';
import { sound } from './report-schema.js';

export const VERSIONS = ['v3', 'v2', 'v1'] as const;
const QUERIES = 180;
const ITEMS = 50;
const DIMENSION = 4;

export function digest(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Files by path, relative to the workspace. */
export type Files = Record<string, Buffer | string>;

let good: Files | undefined;

/** A promotion that is judged ready: towers that barely move between versions, enough rows to tell. */
export function goodFiles(): Files {
  good ??= makeGoodFiles();
  return { ...good };
}

function makeGoodFiles(): Files {
  const random = generator(7);
  const vectors = (count: number) =>
    Array.from({ length: count }, () => Array.from({ length: DIMENSION }, () => random.normal() * 0.7));
  const queries = vectors(QUERIES);
  const items = vectors(ITEMS);
  const files: Files = {};
  for (const [k, version] of VERSIONS.entries()) {
    const moved = (table: number[][]) => table.map((row) => row.map((x) => x + k * 0.002 * random.normal()));
    files[`models/query/${version}.onnx`] = onnx(lookupTower(moved(queries), 'query_index'));
    files[`models/item/${version}.onnx`] = onnx(lookupTower(moved(items), 'item_index'));
  }
  const rows = ['request,item,clicked,weight,user,tier,source,query_index,item_index'];
  for (let q = 0; q < QUERIES; q++) {
    const shown = new Set<number>();
    for (let n = 0; n < 20; n++) {
      let i = random.int(ITEMS);
      // A request shows an item once.
      while (shown.has(i)) i = (i + 1) % ITEMS;
      shown.add(i);
      const score = queries[q]!.reduce((sum, x, d) => sum + x * items[i]![d]!, 0);
      const label = random.uniform() < 1 / (1 + Math.exp(-score)) ? 1 : 0;
      rows.push(
        `r${q},i${i},${label},1,u${q % 150},${q % 3 === 0 ? 'small' : 'large'},${n % 2 === 0 ? 'feed' : 'search'},${q},${i}`,
      );
    }
  }
  files['eval/rows.csv'] = `${rows.join('\n')}\n`;
  files['gates/gate.yml'] = policyText(files['eval/rows.csv'] as string);
  files['models/release.yml'] = RELEASE;
  return files;
}

export function policyText(rows: string): string {
  return `# Acceptance of the test model.
policy: test-gate
eval_set:
  rows: ../eval/rows.csv
  sha256: {rows: ${digest(rows)}}
  columns: {query: request, item: item, label: clicked, weight: weight, cluster: user}
  slices: [tier, source]
production:
  mix: per_request
  distances: {0: 0.7, 1: 0.3}
checks:
  version-skew:
    sweep: {from: -1, to: 2}
    require:
      - {metric: log_loss, max_increase: 5%, at: production, slices: [all, tier]}
      - metric: calibration_shift
        max_change: 5%
        at: each
`;
}

export const RELEASE = `release: test-model
live: v3
versions: [v3, v2, v1]
query_tower:
  onnx: query/{version}.onnx
item_tower:
  onnx: item/{version}.onnx
score: {similarity: dot, link: sigmoid}
`;

export interface Outcome {
  readonly status: ExitStatus;
  readonly report?: Report;
  readonly error?: UserError;
  readonly bug?: unknown;
  /** All problems, one a line. */
  readonly message: string;
}

export class Project {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'skewgate-test-')));

  constructor(files: Files = goodFiles()) {
    for (const [path, content] of Object.entries(files)) this.write(path, content);
  }

  write(path: string, content: Buffer | string): this {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return this;
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  bytes(path: string): Buffer {
    return readFileSync(join(this.folder, path));
  }

  /** Replaces text of a file; the text must be there, or the test would test nothing. */
  edit(path: string, from: string, to: string): this {
    const text = this.read(path);
    if (!text.includes(from)) throw new Error(`${path} does not hold ${from}`);
    return this.write(path, text.replace(from, to));
  }

  /** Replaces the rows and their pin. */
  rows(text: string): this {
    const before = digest(readFileSync(join(this.folder, 'eval/rows.csv')));
    return this.write('eval/rows.csv', text).edit('gates/gate.yml', before, digest(text));
  }

  /** @param origin the commit that judges; left out: the files as they are */
  async judge(origin?: PolicyOrigin): Promise<Outcome> {
    let outcome: Omit<Outcome, 'status'> = { message: '' };
    const host: Host = {
      workspace: this.folder,
      progress: () => undefined,
      result: async (report) => {
        outcome = { report, message: '' };
      },
      refused: async (error) => {
        outcome = { error, message: error.message };
      },
      crashed: async (bug) => {
        outcome = { bug, message: String(bug instanceof Error ? bug.stack : bug) };
      },
    };
    const status = await gate(
      {
        policy: join(this.folder, 'gates/gate.yml'),
        release: join(this.folder, 'models/release.yml'),
        ...(origin ? { origin } : {}),
      },
      host,
    );
    if (outcome.report) sound(outcome.report);
    return { status, ...outcome };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
