/** Towers whose external data, features or precomputed embeddings are wrong. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODEL, POLICY, refuses } from '../support/mistakes.js';
import { externalBytes, lookupTower, onnx } from '../support/onnx.js';
import { digest, type Project } from '../support/project.js';

/** Replaces an item checkpoint by one whose table of one row is external data in `w.bin`. */
function withData(p: Project, version: string, stretch: { offset?: number; length?: number }): void {
  const m = lookupTower([[1, 2, 3, 4]], 'item_index');
  const initializers = [{ ...m.initializers![0]!, external: 'w.bin', ...stretch }];
  p.write(`models/item/${version}.onnx`, onnx({ ...m, initializers }));
}

refuses('towers with', [
  [
    'external data outside the release',
    (p) => {
      p.write('secret.bin', 'x');
      const m = lookupTower([[1, 2, 3, 4]], 'item_index');
      p.write(
        'models/item/v2.onnx',
        onnx({ ...m, initializers: [{ ...m.initializers![0]!, external: '../../secret.bin' }] }),
      );
    },
    /models\/item\/v2.onnx: external data at "..\/..\/secret.bin" in version "v2"; expected the path of a file beside the checkpoint/,
  ],
  [
    'external data that the pin leaves out',
    (p) => {
      const m = lookupTower([[1, 2, 3, 4]], 'item_index');
      const external = { ...m.initializers![0]!, external: 'w.bin' };
      p.write('models/item/w.bin', externalBytes(external));
      p.write('models/item/v2.onnx', onnx({ ...m, initializers: [external] }));
      const pins = (side: string) =>
        `{${['v3', 'v2', 'v1'].map((v) => `${v}: ${digest(p.bytes(`models/${side}/${v}.onnx`))}`).join(', ')}}`;
      p.edit(MODEL, 'query/{version}.onnx', `query/{version}.onnx\n  sha256: ${pins('query')}`);
      p.edit(MODEL, 'item/{version}.onnx', `item/{version}.onnx\n  sha256: ${pins('item')}`);
      p.edit(POLICY, 'policy: test-gate', 'policy: test-gate\nrequire_pins: true');
    },
    /models\/release.yml:9:86: sha256 \w{12}… of item checkpoint "v2", the digest of models\/item\/v2.onnx alone, .*run: skewgate pin models\/release.yml/,
  ],
  [
    'external data that is missing',
    (p) => {
      const m = lookupTower([[1, 2, 3, 4]], 'item_index');
      p.write('models/item/v2.onnx', onnx({ ...m, initializers: [{ ...m.initializers![0]!, external: 'w.bin' }] }));
    },
    /models\/item\/v2.onnx: external data at "w.bin" in version "v2", which is missing; expected the file "models\/item\/w.bin"/,
  ],
  [
    'a text in place of external data',
    (p) => {
      p.write('models/item/w.bin', 'Sign in to go on to models.example, please. '.repeat(20));
      withData(p, 'v2', {});
    },
    /models\/item\/w.bin: a text where weights of 1 tensor should stand; expected the file of weights/,
  ],
  [
    'a pointer of Git LFS in place of external data',
    (p) => {
      p.write('models/item/w.bin', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n');
      withData(p, 'v2', {});
    },
    /models\/item\/w.bin: a Git LFS pointer in place of the file; .*Run: git lfs pull/,
  ],
  [
    'external data that ends before the weights do',
    (p) => {
      p.write('models/item/w.bin', Buffer.alloc(12));
      withData(p, 'v2', {});
    },
    /models\/item\/w.bin: a file of 12 bytes, but tensor "table" stands at bytes 0 to 16; expected the file of weights/,
  ],
  [
    'external data from a byte that the file does not have',
    (p) => {
      p.write('models/item/w.bin', Buffer.alloc(16));
      withData(p, 'v2', { offset: 4, length: 16 });
    },
    /models\/item\/w.bin: a file of 16 bytes, but tensor "table" stands at bytes 4 to 20/,
  ],
  [
    'two versions whose weights are the same bytes',
    (p) => {
      p.write('models/item/w.bin', Buffer.alloc(32, 1));
      withData(p, 'v3', { offset: 0, length: 16 });
      withData(p, 'v2', { offset: 16, length: 16 });
      withData(p, 'v1', { offset: 8, length: 16 });
    },
    /^models\/item\/v1.onnx: item checkpoints "v3" and "v1" that read the same bytes of "w.bin": whichever was exported last .*location='v1.onnx.data'\)$/,
  ],
  [
    'a file in ORT format',
    (p) =>
      p.write(
        'models/item/v2.onnx',
        Buffer.concat([Buffer.from([24, 0, 0, 0]), Buffer.from('ORTM'), Buffer.alloc(64)]),
      ),
    /models\/item\/v2.onnx: item checkpoint "v2" that is no ONNX model \(it is in ORT format \(.ort\)\); .*Give the .onnx file that it was made from/,
  ],
  [
    'a file as PyTorch saves it',
    (p) => p.write('models/item/v2.onnx', Buffer.from('PK\u0003\u0004 and so on')),
    /\(it is a ZIP archive, as PyTorch and Keras save\); .*torch.onnx.export/,
  ],
  [
    'an input that reads the label',
    (p) => p.edit(MODEL, 'item/{version}.onnx', 'item/{version}.onnx\n  inputs: {item_index: clicked}'),
    /models\/release.yml:8:12: input "item_index" of models\/item\/v3.onnx, which reads "clicked", the label; expected features that are known before the outcome is/,
  ],
  [
    'the label among gathered columns',
    (p) => {
      const m = lookupTower(Array(180).fill([1, 2, 3, 4]), 'q');
      p.write('models/query/v3.onnx', onnx({ ...m, inputs: [{ ...m.inputs[0]!, shape: ['batch', 2] }] }));
      p.edit(MODEL, 'query/{version}.onnx', 'query/{version}.onnx\n  inputs: {q: [weight, clicked]}');
    },
    /models\/release.yml:6:12: input "q" of models\/query\/v3.onnx, which reads "clicked", the label/,
  ],
  [
    'the label under another name',
    (p) => {
      const lines = p.read('eval/rows.csv').trimEnd().split('\n');
      const copy = lines.map((line, r) => `${line},${r === 0 ? 'was_clicked' : line.split(',')[2]}`);
      p.rows(`${copy.join('\n')}\n`).edit(
        MODEL,
        'item/{version}.onnx',
        'item/{version}.onnx\n  inputs: {item_index: was_clicked}',
      );
    },
    /eval\/rows.csv: column "was_clicked", which input "item_index" of models\/item\/v3.onnx reads and which is the label "clicked" in every row; expected features that are known before the outcome is/,
  ],
  [
    'a label by the name of the input alone',
    (p) => p.write('models/item/v2.onnx', onnx(lookupTower([[1, 2, 3, 4]], 'clicked'))),
    /models\/release.yml:6:1: input "clicked" of models\/item\/v2.onnx, which reads "clicked", the label/,
  ],
  [
    'the label as a list, in the family that serves today',
    (p) =>
      p
        .write(
          'models/other.yml',
          p
            .read(MODEL)
            .replace('item/{version}.onnx', 'item/{version}.onnx\n  inputs: {item_index: {column: clicked, pad: 0}}'),
        )
        .edit(MODEL, 'live: v3', 'live: v3\ncompare_with: other.yml'),
    /models\/other.yml:8:12: input "item_index" of models\/item\/v3.onnx, which reads "clicked", the label/,
  ],
  [
    'a batch of no entity',
    (p) => p.edit(MODEL, 'item/{version}.onnx', 'item/{version}.onnx\n  batch: 0'),
    /models\/release.yml:8:10: "batch" is 0; expected a whole number from 1 to 65536/,
  ],
  [
    'a batch of precomputed embeddings',
    (p) => p.edit(MODEL, 'onnx: item/{version}.onnx', 'embeddings: e/{version}.parquet\n  batch: 8'),
    /models\/release.yml:8:3: batch of precomputed embeddings; expected batch only with onnx. Remove it/,
  ],
  [
    'external data behind a link',
    (p) => {
      const m = lookupTower([[1, 2, 3, 4]], 'item_index');
      const outside = join(p.folder, 'outside');
      mkdirSync(outside);
      writeFileSync(join(outside, 'w.bin'), externalBytes(m.initializers![0]!));
      symlinkSync(join(outside, 'w.bin'), join(p.folder, 'models/item/w.bin'));
      p.write('models/item/v2.onnx', onnx({ ...m, initializers: [{ ...m.initializers![0]!, external: 'w.bin' }] }));
    },
    /external data at "w.bin", a link out of the release's folder/,
  ],
  [
    'embeddings whose columns have other names',
    (p) => {
      for (const v of ['v3', 'v2', 'v1']) p.write(`models/e/${v}.jsonl`, '{"item_id":"i0","embedding":[1,2]}\n');
      p.edit(MODEL, 'onnx: item/{version}.onnx', 'embeddings: e/{version}.jsonl');
    },
    /no column "id" and "vector"; it has "item_id" and "embedding".*columns: \{id: item_id, vector: embedding\}\}/,
  ],
  [
    'columns of an ONNX tower',
    (p) => p.edit(MODEL, 'item/{version}.onnx', 'item/{version}.onnx\n  columns: {id: item_id}'),
    /models\/release.yml:8:3: columns of an ONNX tower; expected columns only with embeddings/,
  ],
  [
    'a vector column that is misspelt in columns',
    (p) =>
      p.edit(MODEL, 'onnx: item/{version}.onnx', 'embeddings: e/{version}.parquet\n  columns: {ids: a, vector: b}'),
    /models\/release.yml:\d+:\d+: unknown key "ids"; .*Did you mean "id"/,
  ],
  [
    'vectors as texts of JSON',
    (p) => {
      for (const v of ['v3', 'v2', 'v1'])
        p.write(
          `models/e/${v}.jsonl`,
          Array.from({ length: 50 }, (_, i) => `{"id":"i${i}","vector":"[1,2]"}\n`).join(''),
        );
      p.edit(MODEL, 'onnx: item/{version}.onnx', 'embeddings: e/{version}.jsonl');
    },
    /a column "vector" of lists that are written as texts; .*t\["vector"\]\.map\(json\.loads\)/,
  ],
  [
    'embeddings that are no Parquet',
    (p) => {
      for (const v of ['v3', 'v2', 'v1']) p.write(`models/e/${v}.parquet`, 'PAR1');
      p.edit(MODEL, 'onnx: item/{version}.onnx', 'embeddings: e/{version}.parquet');
    },
    /models\/e\/v[23].parquet: a text under the ending/,
  ],
]);
