/** Folders of part files in place of files, through the real gate: the same verdict, one digest for all parts, and no part that nobody pinned. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pin } from '../src/commands/pin.js';
import { validate } from '../src/commands/validate.js';
import { BasePolicy } from '../src/host/base-policy.js';
import { Commit } from '../src/host/git.js';
import type { Report } from '../src/verdict/report-object.js';
import { KeepingHost } from './support/host.js';
import { digest, Project, VERSIONS } from './support/project.js';
import { commit } from './support/workflow.js';

const POLICY = 'gates/gate.yml';
const RELEASE = 'models/release.yml';

let project: Project;
beforeEach(() => {
  project = new Project();
});
afterEach(() => project.remove());

/** The rows of the eval set in parts, in their order; the pin is left as it was. */
function split(parts: number, folder = 'eval/rows'): string[] {
  const [header = '', ...lines] = project.read('eval/rows.csv').trimEnd().split('\n');
  const size = Math.ceil(lines.length / parts);
  const names = Array.from({ length: parts }, (_, p) => `part-${String(p).padStart(5, '0')}.csv`);
  for (const [p, name] of names.entries())
    project.write(`${folder}/${name}`, `${[header, ...lines.slice(p * size, (p + 1) * size)].join('\n')}\n`);
  project.write(`${folder}/_SUCCESS`, '').write(`${folder}/.part-00000.csv.crc`, 'x');
  rmSync(join(project.folder, 'eval/rows.csv'));
  return names;
}

const manifest = (folder: string, names: readonly string[]) =>
  digest(names.map((name) => `${digest(project.bytes(`${folder}/${name}`))}  ${name}\n`).join(''));

async function pinned(file: string): Promise<string> {
  const host = new KeepingHost(project.folder);
  await pin.run({ argument: join(project.folder, file) }, host);
  return host.message;
}

/** What is judged, without what the files are called and when it ran. */
const judgement = ({ checks, verdict, headline, evalSet }: Report) => ({
  checks,
  verdict,
  headline: headline,
  evalSet: { ...evalSet, sha256: undefined },
});

describe('an eval set of 40 parts', () => {
  it('is judged as the one file is, under the digest of all parts that pin writes', async () => {
    const { report: before } = await project.judge();
    const names = split(40);
    project.edit(POLICY, '../eval/rows.csv', '../eval/rows');
    expect(await pinned(POLICY)).toBe('');
    expect(project.read(POLICY)).toContain(`rows: ${manifest('eval/rows', names)}`);
    const { report, message } = await project.judge();
    expect(message).toBe('');
    expect(judgement(report!)).toEqual(judgement(before!));
    expect(report!.evalSet!.sha256).toEqual({ rows: manifest('eval/rows', names) });
  });

  it('may be named by a glob', async () => {
    const names = split(3);
    project.edit(POLICY, '../eval/rows.csv', "'../eval/rows/*.csv'");
    expect(await pinned(POLICY)).toBe('');
    expect(project.read(POLICY)).toContain(`rows: ${manifest('eval/rows', names)}`);
    expect((await project.judge()).report?.verdict).toBe('ready');
  });

  it('is another once a part is added, is gone or is another', async () => {
    const [first = ''] = split(3);
    project.edit(POLICY, '../eval/rows.csv', '../eval/rows');
    await pinned(POLICY);
    const refused = async () => (await project.judge()).message;
    expect(await refused()).toBe('');
    const text = project.read(`eval/rows/${first}`);
    for (const change of [
      () => project.write('eval/rows/part-9.csv', text),
      () => project.write(`eval/rows/${first}`, text.replace(/.$/m, '7')),
      () => rmSync(join(project.folder, `eval/rows/${first}`)),
    ]) {
      change();
      expect(await refused()).toMatch(/^gates\/gate.yml:\d+:\d+: sha256 [0-9a-f]{12}… of "rows", but eval\/rows has/);
      rmSync(join(project.folder, 'eval/rows/part-9.csv'), { force: true });
      project.write(`eval/rows/${first}`, text);
    }
    expect(await refused()).toBe('');
  });

  it('says the part and the line of a cell that is wrong', async () => {
    const [, second = ''] = split(2);
    project.edit(POLICY, '../eval/rows.csv', '../eval/rows');
    const text = project.read(`eval/rows/${second}`);
    project.write(`eval/rows/${second}`, text.replace(/^(r\d+,i\d+),[01],/m, '$1,2,'));
    await pinned(POLICY);
    expect((await project.judge()).message).toMatch(
      /^eval\/rows\/part-00001.csv:2:1: row 1, column "clicked" is 2; expected a label between 0 and 1/,
    );
  });

  it('is noticed where one part alone is named, by run and by validate', async () => {
    const [first = ''] = split(2);
    project.edit(POLICY, '../eval/rows.csv', `../eval/rows/${first}`);
    await pinned(POLICY);
    const notice = `eval/rows/${first} is one of 2 part files, and the only one that is read. Name their folder to read all of them.`;
    const { report, message } = await project.judge();
    expect(message).toBe('');
    expect(report!.notices).toContain(notice);
    const host = new KeepingHost(project.folder);
    await validate.run({ policy: join(project.folder, POLICY), release: join(project.folder, RELEASE) }, host);
    expect(host.printed).toContain(notice);
  });

  it('is refused where its folder is a Delta table', async () => {
    split(2);
    project.edit(POLICY, '../eval/rows.csv', '../eval/rows').write('eval/rows/_delta_log/0.json', '{}');
    const told = /^gates\/gate.yml:4:9: files of the Delta Lake table "eval\/rows", among them ones of rows that it no/;
    expect((await project.judge()).message).toMatch(told);
    expect(await pinned(POLICY)).toMatch(/files of the Delta Lake table "eval\/rows"/);
  });

  it('has no part that is a pointer', async () => {
    const [first = ''] = split(2);
    project.edit(POLICY, '../eval/rows.csv', '../eval/rows');
    project.write(`eval/rows/${first}`, 'version https://git-lfs.github.com/spec/v1\n');
    const told = `a Git LFS pointer in place of the file eval/rows/${first}; expected the file itself. Run: git lfs pull`;
    expect(await pinned(POLICY)).toContain(told);
    expect((await project.judge()).message).toContain(told);
  });
});

describe('a folder of embeddings', () => {
  /** Every item version as two part files. */
  function embeddings(): void {
    for (const [k, version] of VERSIONS.entries())
      for (const part of [0, 1]) {
        const ids = Array.from({ length: 25 }, (_, i) => `i${part * 25 + i}`);
        const vectors = ids.map((_, i) => [0.1 * i, 0.2, k * 0.001, part]);
        const bytes = parquetWriteBuffer({
          columnData: [
            { name: 'id', data: ids, type: 'STRING' },
            { name: 'vector', data: vectors },
          ],
        });
        project.write(`models/item/${version}/part-${part}.parquet`, Buffer.from(bytes));
      }
    project.edit(RELEASE, 'onnx: item/{version}.onnx', "embeddings: 'item/{version}'");
  }

  const names = ['part-0.parquet', 'part-1.parquet'];

  it('is one checkpoint, whose digest covers its parts', async () => {
    embeddings();
    expect(await pinned(RELEASE)).toBe('');
    for (const version of VERSIONS)
      expect(project.read(RELEASE)).toContain(`${version}: ${manifest(`models/item/${version}`, names)}`);
    const { report, message } = await project.judge();
    expect(message).toBe('');
    expect(report!.release.checkpoints.find((c) => c.tower === 'item' && c.version === 'v2')?.sha256).toBe(
      manifest('models/item/v2', names),
    );
  });

  it('of a published version does not change, pinned or not', async () => {
    embeddings();
    const base = commit(project, 'base');
    const judged = () => project.judge(new BasePolicy(Commit.open(project.folder, base)));
    expect((await judged()).message).toBe('');
    project.write('models/item/v2/part-1.parquet', project.bytes('models/item/v3/part-1.parquet'));
    expect((await judged()).message).toMatch(/v2 of the item tower: its file had [0-9a-f]{12}… in the base commit/);
  });
});

describe('a folder of evidence', () => {
  it('is read as one table, and pinned as one', async () => {
    project
      .write('models/builds/day=1/part-0.csv', 'build_id,gain,se\na,0.1,0.02\n')
      .write('models/builds/day=2/part-0.csv', 'build_id,gain,se\nb,0.2,0.02\n')
      .write(RELEASE, `${project.read(RELEASE)}evidence:\n  builds: builds\n`);
    expect(await pinned(RELEASE)).toBe('');
    const sha256 = manifest('models/builds', ['day=1/part-0.csv', 'day=2/part-0.csv']);
    expect(project.read(RELEASE)).toContain(`builds: {path: builds, sha256: ${sha256}}`);
    expect((await project.judge()).message).toBe('');
    writeFileSync(join(project.folder, 'models/builds/day=2/part-1.csv'), 'build_id,gain,se\nc,0.2,0.02\n');
    expect((await project.judge()).message).toMatch(/of "builds", but the file has/);
  });
});

describe('a folder of counts', () => {
  const COUNTS = 'query_version,item_version,count\n';

  it('is judged as of the base commit: unchanged, or in a change of its own', async () => {
    project
      .write('gates/pairs/part-0.csv', `${COUNTS}v3,v3,600\n`)
      .write('gates/pairs/part-1.csv', `${COUNTS}v3,v2,400\n`)
      .edit(POLICY, 'distances: {0: 0.7, 1: 0.3}', 'distances: {counts: pairs}');
    const base = commit(project, 'base');
    const judged = () => project.judge(new BasePolicy(Commit.open(project.folder, base)));
    const { report, message } = await judged();
    expect([message, report?.checks[0]]).toMatchObject([
      '',
      {
        production: [
          {
            histogram: new Map([
              [0, 0.6],
              [1, 0.4],
            ]),
          },
        ],
      },
    ]);
    project.write('gates/pairs/part-2.csv', `${COUNTS}v3,v3,60000\n`);
    expect((await judged()).message).toMatch(/^gates\/pairs: a table of part files that this change edits; expected/);
  });

  it('is no manifest', async () => {
    project
      .write('gates/manifest/part-0.json', '[]')
      .edit(POLICY, 'distances: {0: 0.7, 1: 0.3}', 'distances: {manifest: manifest}');
    expect((await project.judge()).message).toMatch(
      /^gates\/gate.yml:\d+:\d+: a manifest of several files at "manifest"/,
    );
  });
});
