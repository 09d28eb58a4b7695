/** Workflows of ours and those that users copy run no code but what a commit names: every action by its whole SHA, with its version beside it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const FOLDERS = ['.github/workflows', 'examples/workflows'];

interface Use {
  readonly file: string;
  readonly action: string;
  readonly ref: string;
  readonly comment: string;
}

const uses: Use[] = FOLDERS.flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => /\.ya?ml$/.test(name))
    .flatMap((name) =>
      [
        ...readFileSync(join(root, folder, name), 'utf8').matchAll(/\buses: *([^\s@#]+)(?:@(\S+))?(?: +# (.*))?$/gm),
      ].map(([, action, ref = '', comment = '']) => ({ file: `${folder}/${name}`, action: action!, ref, comment })),
    ),
);
/** The Action of this very commit, and the placeholder of the examples. */
const others = uses.filter(({ action }) => action !== './' && action !== 'skewgate/skewgate');

describe('an action', () => {
  it('is used at all', () => {
    expect([...new Set(others.map(({ action }) => action))]).toContain('actions/checkout');
  });

  it('is pinned by its whole commit', () => {
    expect(others.filter(({ ref }) => !/^[0-9a-f]{40}$/.test(ref))).toEqual([]);
  });

  it('has its version in a comment', () => {
    expect(others.filter(({ comment }) => !/^v\d+\.\d+\.\d+$/.test(comment))).toEqual([]);
  });

  it('has one pin, wherever it is used', () => {
    const pins = new Map<string, Set<string>>();
    for (const { action, ref, comment } of others)
      pins.set(action, (pins.get(action) ?? new Set()).add(`${ref} ${comment}`));
    expect([...pins].filter(([, found]) => found.size > 1)).toEqual([]);
  });
});

describe('the examples', () => {
  it('leave the pin of this Action to who copies them', () => {
    const own = uses.filter(({ action }) => action === 'skewgate/skewgate');
    expect(own.length).toBeGreaterThan(2);
    expect(new Set(own.map(({ ref }) => ref))).toEqual(new Set(['0'.repeat(40)]));
  });
});
