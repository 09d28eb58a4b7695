/** The house: which folder may import from which is one table in ARCHITECTURE.md, and every import is held to it. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const src = join(root, 'src');

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : path.endsWith('.ts') ? [path] : [];
  });
}

interface Import {
  readonly from: string;
  readonly to: string;
}

const imports: Import[] = files(src).flatMap((path) =>
  [
    ...readFileSync(path, 'utf8').matchAll(/from '(\.[^']+|[a-z@][^']*)'|import\('([^']+)'\)|^import '(\.[^']+)'/gm),
  ].map((match) => {
    const target = match[1] ?? match[2] ?? match[3] ?? '';
    const to = target.startsWith('.') ? relative(src, resolve(dirname(path), target)).replace(/\.js$/, '.ts') : target;
    return { from: relative(src, path), to };
  }),
);

/** `src/data/tables/csv.ts` stands in `data/tables`; a file of its own row in the table is a room of its own. */
const rows = new Map(
  [...readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').matchAll(/^\| `([\w./-]+)` \|([^|]*)\|([^|]*)\|$/gm)].map(
    ([, room, , allowed]) => [room!, [...allowed!.matchAll(/`([\w./-]+)`/g)].map(([, to]) => to!)] as const,
  ),
);
/** The longest row that the path begins with, or its folder where there is none. */
const roomOf = (path: string): string => {
  const fitting = [...rows.keys()].filter((room) => path === room || path.startsWith(`${room}/`));
  return fitting.sort((x, y) => y.length - x.length)[0] ?? dirname(path);
};
const edges = imports
  .filter(({ to }) => to.endsWith('.ts') && !to.startsWith('..'))
  .map(({ from, to }) => ({ from, to, edge: [roomOf(from), roomOf(to)] as const }))
  .filter(({ edge: [a, b] }) => a !== b);

describe('the table of rooms', () => {
  it('is found, and names every folder that holds a file', () => {
    expect(imports.length).toBeGreaterThan(500);
    expect([...new Set(files(src).map((path) => roomOf(relative(src, path))))].sort()).toEqual([...rows.keys()].sort());
  });

  it('allows every import', () => {
    const strange = edges
      .filter(({ edge: [a, b] }) => !rows.get(a)?.includes(b))
      .map(({ from, to }) => `${from} → ${to}`);
    expect(strange).toEqual([]);
  });

  it('allows nothing that nobody uses', () => {
    const used = new Set(edges.map(({ edge }) => edge.join(' → ')));
    const idle = [...rows]
      .flatMap(([a, allowed]) => allowed.map((b) => `${a} → ${b}`))
      .filter((edge) => !used.has(edge));
    expect(idle).toEqual([]);
  });

  it('runs down: a room stands below every room that it imports from, so that there is no circle', () => {
    const order = [...rows.keys()];
    const upward = [...rows].flatMap(([a, allowed]) =>
      allowed.filter((b) => order.indexOf(b) > order.indexOf(a)).map((b) => `${a} → ${b}`),
    );
    expect(upward).toEqual([]);
  });
});

describe('imports', () => {
  it('of @actions/* stand in host/ alone', () => {
    expect(imports.filter(({ from, to }) => to.startsWith('@actions/') && !from.startsWith('host/'))).toEqual([]);
  });

  it('of the ONNX runtime stand in one module', () => {
    expect([...new Set(imports.filter(({ to }) => to.startsWith('onnxruntime')).map(({ from }) => from))]).toEqual([
      'models/towers/runtime.ts',
    ]);
  });

  it('of a check by name stand in the registry alone, and in the rooms of maps and of calibration, which are about the sweep', () => {
    const ofChecks = imports.filter(
      ({ from, to }) =>
        /^checks\/(model|serving|funnel|version-skew)\//.test(to) && !/^(checks\/\w|(maps|calibration)\/)/.test(from),
    );
    expect(ofChecks).toEqual([]);
  });
});

describe('the tests', () => {
  it('mirror the rooms, but for those of whole runs and what all tests share', () => {
    const tests = join(root, '__tests__');
    const shared = ['e2e', 'fixtures', 'golden', 'mistakes', 'scripts', 'slow', 'support'];
    const folders = files(tests)
      .filter((path) => path.endsWith('.test.ts'))
      .map((path) => relative(tests, dirname(path)));
    const strange = folders.filter((path) => !shared.includes(path.split('/')[0]!) && !existsSync(join(src, path)));
    expect(folders.length).toBeGreaterThan(100);
    expect(strange).toEqual([]);
  });
});

describe('the entries', () => {
  it.each(['main.ts', 'cli.ts'])('%s is under 20 lines', (name) => {
    expect(readFileSync(join(src, name), 'utf8').trimEnd().split('\n').length).toBeLessThan(20);
  });
});
