/** Checkpoints and tables of which only a link, a DVC file or an address is there. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { MODEL, refuses } from '../support/mistakes.js';
import { lookupTower, onnx } from '../support/onnx.js';
import type { Project } from '../support/project.js';

const OUTSIDE = mkdtempSync(join(tmpdir(), 'skewgate-outside-'));
afterAll(() => rmSync(OUTSIDE, { recursive: true }));

/** Puts a link in the place of a checkpoint; what it points to is outside of the workspace, and there where `exists`. */
function link(p: Project, path: string, target: string, exists = true): void {
  const file = join(OUTSIDE, target);
  if (exists) {
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, onnx(lookupTower([[1, 2, 3, 4]], 'item_index')));
  }
  rmSync(join(p.folder, path), { force: true });
  symlinkSync(file, join(p.folder, path));
}

refuses('towers that are', [
  [
    'a link out of the workspace',
    (p) => link(p, 'models/item/v2.onnx', 'plain/v2.onnx'),
    /models\/release.yml:7:9: item checkpoint "v2" at "models\/item\/v2.onnx", a link to ".*plain\/v2.onnx", outside the workspace; .*or set GITHUB_WORKSPACE/,
  ],
  [
    'a link into a cache of DVC',
    (p) => link(p, 'models/item/v2.onnx', 'cache/files/md5/c6/0f8b6c9d'),
    /a link of DVC to ".*files\/md5\/c6\/0f8b6c9d", outside the workspace; .*Run: dvc config cache.type copy,hardlink && dvc checkout --relink models\/item\/v2.onnx; or set GITHUB_WORKSPACE/,
  ],
  [
    'a link into the cache of Hugging Face',
    (p) => link(p, 'models/item/v2.onnx', `hub/models--a--b/blobs/${'ab'.repeat(32)}`),
    /a link of the Hugging Face cache to ".*blobs\/\w+", outside the workspace; .*--local-dir/,
  ],
  [
    'a link of git-annex whose content was not fetched',
    (p) => {
      rmSync(join(p.folder, 'models/item/v2.onnx'));
      symlinkSync(
        '../../.git/annex/objects/k7/X1/SHA256E-s9--ab.onnx/SHA256E-s9--ab.onnx',
        join(p.folder, 'models/item/v2.onnx'),
      );
    },
    /a link of git-annex to "..\/..\/.git\/annex\/objects\/.*", where no file is; .*Run: git annex get models\/item\/v2.onnx/,
  ],
  [
    'an old query version behind a broken link',
    (p) => link(p, 'models/query/v1.onnx', 'gone/v1.onnx', false),
    /models\/release.yml:5:9: query checkpoint "v1" at "models\/query\/v1.onnx", a link to ".*gone\/v1.onnx", where no file is/,
  ],
  [
    'known to DVC and not pulled',
    (p) => {
      rmSync(join(p.folder, 'models/item/v2.onnx'));
      p.write('models/item/v2.onnx.dvc', 'outs:\n- md5: c60f8b6c9df89209a667aeb6c0177c38\n  path: v2.onnx\n');
    },
    /:7:9: no item checkpoint "v2", but "models\/item\/v2.onnx.dvc", which stands for it; .*Run: dvc pull models\/item\/v2.onnx.dvc/,
  ],
  [
    'an address of S3',
    (p) => p.edit(MODEL, 'item/{version}.onnx', 's3://bucket/item/{version}.onnx'),
    /:7:9: item checkpoint "v3" at "s3:\/\/bucket\/item\/v3.onnx"; expected a path of the file system.*aws s3 cp s3:\/\/bucket\/item\/v3.onnx models\/item\/v3.onnx; then write: item\/\{version\}.onnx/,
  ],
  [
    'an address of Google Cloud Storage',
    (p) => p.edit(MODEL, 'item/{version}.onnx', 'gs://bucket/item/{version}.onnx'),
    /gcloud storage cp gs:\/\/bucket\/item\/v3.onnx models\/item\/v3.onnx/,
  ],
  [
    'an address of Hugging Face',
    (p) => p.edit(MODEL, 'item/{version}.onnx', 'hf://acme/towers/item/{version}.onnx'),
    /hf download acme\/towers item\/v3.onnx --local-dir models; then write: item\/\{version\}.onnx/,
  ],
  [
    'an address of the web',
    (p) => p.edit(MODEL, 'item/{version}.onnx', 'https://models.example/item/{version}.onnx'),
    /curl -fL --create-dirs -o models\/item\/v3.onnx 'https:\/\/models.example\/item\/v3.onnx'/,
  ],
  [
    'fine, beside evidence at an address',
    (p) => p.edit(MODEL, 'live: v3', 'live: v3\nevidence: {arms: s3://bucket/arms.csv}'),
    /:3:\d+: evidence "arms" at "s3:\/\/bucket\/arms.csv"; expected a path of the file system/,
  ],
]);
