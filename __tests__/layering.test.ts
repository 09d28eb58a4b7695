/** The house: a stage imports from stages above it, its own folder and lib/, never below. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** From the top down, as ARCHITECTURE.md draws it. */
const STAGES = [
  'policy',
  'release',
  'evalset',
  'towers',
  'drift',
  'scores',
  'metrics',
  'statistics',
  'production',
  'evidence',
  'checks',
  'diagnosis',
  'verdict',
  'report',
];
const src = resolve(import.meta.dirname, '../src');

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
  [...readFileSync(path, 'utf8').matchAll(/from '(\.[^']+|[a-z@][^']*)'|import\('([^']+)'\)/g)].map((match) => {
    const target = (match[1] ?? match[2])!;
    const to = target.startsWith('.') ? relative(src, resolve(dirname(path), target)).replace(/\.js$/, '.ts') : target;
    return { from: relative(src, path), to };
  }),
);

const stage = (path: string) => path.split('/')[0]!;

describe('imports', () => {
  it('are found at all', () => {
    expect(imports.length).toBeGreaterThan(150);
    expect(imports).toContainEqual({ from: 'main.ts', to: 'gate.ts' });
  });

  it('run down the flow, never up', () => {
    const upward = imports.filter(({ from, to }) => {
      const importer = STAGES.indexOf(stage(from));
      const imported = STAGES.indexOf(stage(to));
      return importer >= 0 && imported > importer;
    });
    expect(upward).toEqual([]);
  });

  it('reach lib/ from anywhere, and from lib/ only errors and lib/', () => {
    const out = imports.filter(
      ({ from, to }) => stage(from) === 'lib' && to.includes('.ts') && stage(to) !== 'lib' && to !== 'errors.ts',
    );
    expect(out).toEqual([]);
  });

  it('of a stage never name the pipeline, a host or an entry', () => {
    const out = imports.filter(
      ({ from, to }) => STAGES.includes(stage(from)) && /^(host\/|commands\/|gate|main|cli)/.test(to),
    );
    expect(out).toEqual([]);
  });

  it('name host/ in the two entries alone', () => {
    const importers = imports
      .filter(({ from, to }) => stage(to) === 'host' && stage(from) !== 'host')
      .map(({ from }) => from);
    expect([...new Set(importers)].sort()).toEqual(['cli.ts', 'main.ts']);
  });

  it('of @actions/* stand in host/ alone', () => {
    expect(imports.filter(({ from, to }) => to.startsWith('@actions/') && stage(from) !== 'host')).toEqual([]);
  });

  it('of the ONNX runtime stand in one module', () => {
    expect([...new Set(imports.filter(({ to }) => to.startsWith('onnxruntime')).map(({ from }) => from))]).toEqual([
      'models/towers/runtime.ts',
    ]);
  });
});

describe('main.ts', () => {
  it('is under 20 lines', () => {
    expect(readFileSync(join(src, 'main.ts'), 'utf8').trimEnd().split('\n').length).toBeLessThan(20);
  });
});
