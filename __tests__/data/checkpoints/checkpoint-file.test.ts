/** A checkpoint is all of its files: every tensor that a graph can hold is looked for, and one digest covers them. */
import { statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { pin } from '../../../src/commands/pin.js';
import { Digests, manifestDigest } from '../../../src/data/artefacts/digests.js';
import type { Checkpoint } from '../../../src/data/checkpoints/checkpoint.js';
import { bytesToRun, readCheckpointFile, refuseChanged } from '../../../src/data/checkpoints/checkpoint-file.js';
import { readOnnx } from '../../../src/data/checkpoints/onnx-file.js';
import { Malformed } from '../../../src/lib/wire.js';
import { KeepingHost } from '../../support/host.js';
import { externalBytes, type Initializer, lookupTower, type Model, onnx } from '../../support/onnx.js';
import { digest, Project, VERSIONS } from '../../support/project.js';

afterEach(() => void vi.useRealTimers());

const MODEL = 'models/release.yml';
const POLICY = 'gates/gate.yml';
const TABLE = Array.from({ length: 50 }, (_, i) => [Math.sin(i), Math.cos(i), i / 50, 0.3]);

describe('external data is found', () => {
  const weights = (external: string): Initializer => ({
    name: 'w',
    type: 'float32',
    shape: [1],
    values: [1],
    external,
  });
  const indices: Initializer = { name: 'i', type: 'int64', shape: [1], values: [0] };
  const plain = lookupTower(TABLE);
  const using = (attributes: Model['nodes'][number]['attributes']): Model => ({
    ...plain,
    nodes: [...plain.nodes, { op: 'Constant', inputs: [], outputs: ['c'], ...(attributes ? { attributes } : {}) }],
  });
  const inner: Model = { inputs: [], outputs: [], nodes: [], initializers: [weights('w.bin')] };

  it.each<[string, Model]>([
    ['an initializer', { ...plain, initializers: [...plain.initializers!, weights('w.bin')] }],
    ['the values of a sparse initializer', { ...plain, sparse: [{ values: weights('w.bin'), indices, shape: [4] }] }],
    [
      'the indices of a sparse initializer',
      { ...plain, sparse: [{ values: indices, indices: weights('w.bin'), shape: [4] }] },
    ],
    ['a tensor of an attribute', using({ value: { tensor: weights('w.bin') } })],
    ['the tensors of an attribute', using({ value: { tensors: [indices, weights('w.bin')] } })],
    [
      'a sparse tensor of an attribute',
      using({ sparse_value: { sparse: { values: weights('w.bin'), indices, shape: [4] } } }),
    ],
    [
      'the sparse tensors of an attribute',
      using({ sparse_values: { sparses: [{ values: weights('w.bin'), indices, shape: [4] }] } }),
    ],
    ['a subgraph', using({ body: { graph: inner } })],
    ['one of several subgraphs', using({ bodies: { graphs: [{ ...inner, initializers: [] }, inner] } })],
    [
      'a subgraph of a subgraph',
      using({ body: { graph: { ...inner, initializers: [], nodes: using({ b: { graph: inner } }).nodes } } }),
    ],
    [
      'a node of a function',
      {
        ...plain,
        functions: [
          {
            name: 'f',
            domain: 'own',
            inputs: [],
            outputs: ['c'],
            nodes: using({ value: { tensor: weights('w.bin') } }).nodes,
          },
        ],
      },
    ],
    [
      'the default of a function’s attribute',
      {
        ...plain,
        functions: [
          {
            name: 'f',
            domain: 'own',
            inputs: [],
            outputs: ['c'],
            nodes: [],
            defaults: { value: { tensor: weights('w.bin') } },
          },
        ],
      },
    ],
    ['the graph of training', { ...plain, training: inner }],
  ])('in %s', (_, model) => {
    expect(readOnnx(onnx(model)).externalData).toEqual(['w.bin']);
  });

  it('nowhere else', () => expect(readOnnx(onnx(plain)).externalData).toEqual([]));

  it('not behind a field whose number other readers cut short', () => {
    const model = onnx(plain);
    // Field 7 + 2^29, two bytes long: 32 bits of its tag are those of field 7.
    const hidden = Buffer.from([0xba, 0x80, 0x80, 0x80, 0x10, 0x00]);
    expect(() => readOnnx(Buffer.concat([model, hidden]))).toThrow(Malformed);
    expect(() => readOnnx(Buffer.concat([model, hidden]))).toThrow(/illegal tag: varint overflows uint32/);
  });
});

it('the digest of several files is that of the lines sha256sum prints, sorted by path', () => {
  const digests = new Map([
    ['v2.onnx.data', 'b'.repeat(64)],
    ['v2.onnx', 'a'.repeat(64)],
    ['Z/w', 'c'.repeat(64)],
  ]);
  expect(manifestDigest(digests)).toBe(
    digest(`${'c'.repeat(64)}  Z/w\n${'a'.repeat(64)}  v2.onnx\n${'b'.repeat(64)}  v2.onnx.data\n`),
  );
});

describe('a pin', () => {
  let project: Project;
  afterEach(() => project.remove());

  /** Every item checkpoint with its weights in a file beside it, each its own. */
  function withExternalData(): void {
    project = new Project();
    for (const [k, version] of VERSIONS.entries()) {
      const model = lookupTower(
        TABLE.map((row) => row.map((x) => x + k * 0.01)),
        'item_index',
      );
      const external = { ...model.initializers![0]!, external: `${version}.onnx.data` };
      project.write(`models/item/${version}.onnx.data`, externalBytes(external));
      project.write(`models/item/${version}.onnx`, onnx({ ...model, initializers: [external] }));
    }
    project.edit(POLICY, 'policy: test-gate', 'policy: test-gate\nrequire_pins: true');
  }

  async function pinned(): Promise<string> {
    const host = new KeepingHost(project.folder);
    await pin.run({ argument: join(project.folder, MODEL) }, host);
    return host.message;
  }

  const both = (version: string) =>
    digest(
      [`${version}.onnx`, `${version}.onnx.data`]
        .map((name) => `${digest(project.bytes(`models/item/${name}`))}  ${name}\n`)
        .join(''),
    );

  it('covers graph and external data together, and require_pins takes them', async () => {
    withExternalData();
    expect((await project.judge()).message).toMatch(/no sha256 of item checkpoint "v3"/);
    expect(await pinned()).toBe('');
    for (const version of VERSIONS) expect(project.read(MODEL)).toContain(`${version}: ${both(version)}`);
    const { report, message } = await project.judge();
    expect(message).toBe('');
    expect(report!.release.checkpoints.find((c) => c.tower === 'item' && c.version === 'v2')?.sha256).toBe(both('v2'));
  });

  it('does not hold once a weight outside the graph is another', async () => {
    withExternalData();
    await pinned();
    const weights = project.bytes('models/item/v2.onnx.data');
    weights[5]! ^= 1;
    project.write('models/item/v2.onnx.data', weights);
    expect((await project.judge()).message).toMatch(
      /^models\/release.yml:\d+:\d+: sha256 \w{12}… of item checkpoint "v2", but models\/item\/v2.onnx and its external data "v2.onnx.data" have \w{12}…; expected the digest of the files together/,
    );
  });

  it('of the graph alone is refused as such', async () => {
    withExternalData();
    await pinned();
    project.edit(MODEL, both('v1'), digest(project.bytes('models/item/v1.onnx')));
    const { message, status } = await project.judge();
    expect(status).toBe(2);
    expect(message).toMatch(
      /of item checkpoint "v1", the digest of models\/item\/v1.onnx alone, which is the same whatever weights "v1.onnx.data" holds; expected the digest of both together, /,
    );
    expect(message).toContain(both('v1'));
    expect(message).toContain('run: skewgate pin models/release.yml');
  });

  it('of a file without external data is its own digest', async () => {
    project = new Project();
    await pinned();
    for (const version of VERSIONS)
      expect(project.read(MODEL)).toContain(`${version}: ${digest(project.bytes(`models/item/${version}.onnx`))}`);
  });

  it('of the file as it is served is written too', async () => {
    project = new Project();
    project.write('models/item/v3.int8.onnx', project.bytes('models/item/v3.onnx'));
    project.edit(
      MODEL,
      'onnx: item/{version}.onnx',
      "onnx: item/{version}.onnx\n  served: {onnx: 'item/{version}.int8.onnx'} # int8",
    );
    await pinned();
    expect(project.read(MODEL)).toContain(
      `served: {onnx: 'item/{version}.int8.onnx', sha256: ${digest(project.bytes('models/item/v3.onnx'))}} # int8`,
    );
  });

  it('says which file is missing', async () => {
    withExternalData();
    project.write(
      'models/item/v2.onnx',
      onnx({
        ...lookupTower(TABLE, 'item_index'),
        initializers: [{ name: 'table', type: 'float32', shape: [50, 4], values: [], external: 'lost.data' }],
      }),
    );
    const said = await pinned();
    expect(said).toMatch(
      /^models\/item\/v2.onnx: external data at "lost.data" in version "v2", which is missing; expected the file "models\/item\/lost.data", as the checkpoint is the \.onnx file and it together\. Put it there/,
    );
    expect((await project.judge()).message).toContain(said);
  });
});

describe('a file that changes between its digest and its use', () => {
  let project: Project;
  afterEach(() => project.remove());

  const checkpoint = (name: string, sha256: string, external: readonly string[]): Checkpoint => ({
    side: 'item',
    version: 'v2',
    kind: name.endsWith('.onnx') ? 'onnx' : 'embeddings',
    path: join(project.folder, name),
    shown: name,
    sha256,
    external,
    folder: project.folder,
  });

  it('is not run under its old digest', async () => {
    project = new Project();
    const name = 'models/item/v2.onnx';
    const bytes = project.bytes(name);
    expect(bytesToRun(checkpoint(name, digest(bytes), []))).toEqual(bytes);
    const exchanged = checkpoint(name, digest(bytes), []);
    project.write(name, project.bytes('models/item/v1.onnx'));
    expect(() => bytesToRun(exchanged)).toThrow(
      /^models\/item\/v2.onnx: item checkpoint "v2", whose file changed while it was being judged; expected files that stay/,
    );
  });

  it('is known by its size and its times, once these are settled, and is digested again where they are others', async () => {
    project = new Project();
    const name = 'models/item/v2.onnx';
    const path = join(project.folder, name);
    const file = checkpoint(name, '', []);
    const read = async () => (await readCheckpointFile(file, [], new Digests()))!;
    // It has only just been written: another change could bear the same time.
    expect((await read()).identity).toBeUndefined();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
    const { sha256, external, identity } = await read();
    expect(identity).toEqual(expect.any(String));
    const known = { ...file, sha256: 'f'.repeat(64), external, identity: identity! };
    expect(bytesToRun(known)).toBeUndefined();
    await expect(refuseChanged(known)).resolves.toBeUndefined();
    // Other bytes of the same length, with the time of the last change put back: that of its status is another.
    const { atime, mtime } = statSync(path);
    const bytes = project.bytes(name);
    bytes[bytes.length - 1]! ^= 1;
    project.write(name, bytes);
    utimesSync(path, atime, mtime);
    expect(() => bytesToRun({ ...known, sha256 })).toThrow(/whose file changed while it was being judged/);
    await expect(refuseChanged({ ...known, sha256 })).rejects.toThrow(/whose file changed/);
  });

  it('is found out after it was loaded by path', async () => {
    project = new Project();
    const model = lookupTower(TABLE, 'item_index');
    const external = { ...model.initializers![0]!, external: 'w.bin' };
    project.write('w.bin', externalBytes(external)).write('t.onnx', onnx({ ...model, initializers: [external] }));
    const sha256 = manifestDigest(new Map(['t.onnx', 'w.bin'].map((name) => [name, digest(project.bytes(name))])));
    const whole = checkpoint('t.onnx', sha256, ['w.bin']);
    expect(bytesToRun(whole)).toBeUndefined();
    await expect(refuseChanged(whole)).resolves.toBeUndefined();
    project.write('w.bin', Buffer.alloc(externalBytes(external).length));
    await expect(refuseChanged(whole)).rejects.toThrow(/whose file changed while it was being judged/);
    project.write('e.parquet', 'one');
    const embeddings = checkpoint('e.parquet', digest('one'), []);
    await expect(refuseChanged(embeddings)).resolves.toBeUndefined();
    project.write('e.parquet', 'two');
    await expect(refuseChanged(embeddings)).rejects.toThrow(/whose file changed/);
  });
});
