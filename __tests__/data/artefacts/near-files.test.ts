import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filesNear, nearInWords } from '../../../src/data/artefacts/near-files.js';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'skewgate-near-')));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function files(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), '');
  }
}
const near = (path: string) => filesNear(join(root, path), root);

describe('files near a path where none is', () => {
  it('are those of its name in folders below, then those spelt alike, of its ending alone', () => {
    files('eval/rows.parquet', 'row.parquet', 'notes.txt', 'node_modules/a/rows.parquet', '.git/rows.parquet');
    expect(near('rows.parquet')).toEqual({ folder: root, names: ['eval/rows.parquet', 'row.parquet'], alike: true });
  });

  it('are looked for from the nearest folder that is there, and not above the root', () => {
    files('data/items.csv');
    expect(near('dta/eval/items.csv')).toEqual({ folder: root, names: ['data/items.csv'], alike: true });
  });

  it('are at most three, and none of them alike where no name is', () => {
    files('a.csv', 'b.csv', 'c.csv', 'd.csv');
    expect(near('impressions.csv')).toEqual({ folder: root, names: ['a.csv', 'b.csv', 'c.csv'], alike: false });
  });

  it('are said with the folder', () => {
    expect(nearInWords(near('rows.csv'))).toBe(`Looked in ${root}, where nothing has a name like it.`);
    files('row.csv');
    expect(nearInWords(near('rows.csv'))).toBe(`Looked in ${root}; nearest there: "row.csv".`);
  });
});
