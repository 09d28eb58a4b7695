/** `skewgate map`: a rotation between versions is found and undone; where nothing can be won, nothing is written. */
import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { map } from '../../src/commands/map.js';
import { Graph } from '../../src/models/towers/runtime.js';
import { renderHtml } from '../../src/report/html.js';
import { PLAIN } from '../../src/report/paint.js';
import { renderSummary } from '../../src/report/summary.js';
import { renderText } from '../../src/report/text.js';
import { viewOf } from '../../src/report/view/view.js';
import { KeepingHost } from '../support/host.js';
import { lookupTower, onnx } from '../support/onnx.js';
import { type Files, goodFiles, Project } from '../support/project.js';
import { generator } from '../support/random.js';
import { byScores, similarities, withColumns } from '../support/scored-columns.js';

const ITEMS = 50;
const QUERIES = 180;

/** A turn in the planes of the coordinates 0, 1 and 2, 3. */
const turned = ([a, b, c, d]: readonly number[], angle = 0.7) => [
  Math.cos(angle) * a! - Math.sin(angle) * b!,
  Math.sin(angle) * a! + Math.cos(angle) * b!,
  Math.cos(2 * angle) * c! - Math.sin(2 * angle) * d!,
  Math.sin(2 * angle) * c! + Math.cos(2 * angle) * d!,
];

/** v2 is v3 turned, both towers alike; v1 knows nothing of either. */
function turnedFiles(similarity: 'dot' | 'cosine' = 'dot'): Files {
  const files = goodFiles();
  const random = generator(7);
  const vectors = (count: number) =>
    Array.from({ length: count }, () => Array.from({ length: 4 }, () => random.normal() * 0.7));
  const [queries, items] = [vectors(QUERIES), vectors(ITEMS)];
  const tower = (table: readonly (readonly number[])[], input: string) => onnx(lookupTower(table, input));
  files['models/query/v3.onnx'] = tower(queries, 'query_index');
  files['models/item/v3.onnx'] = tower(items, 'item_index');
  files['models/query/v2.onnx'] = tower(
    queries.map((v) => turned(v)),
    'query_index',
  );
  files['models/item/v2.onnx'] = tower(
    items.map((v) => turned(v)),
    'item_index',
  );
  files['models/query/v1.onnx'] = tower(vectors(QUERIES), 'query_index');
  files['models/item/v1.onnx'] = tower(vectors(ITEMS), 'item_index');
  if (similarity === 'cosine')
    files['models/release.yml'] = String(files['models/release.yml']).replace(
      '{similarity: dot,',
      '{similarity: cosine, scale: 3,',
    );
  return files;
}

interface Share {
  readonly share: number;
  readonly lower: number;
}
interface MapJson {
  readonly kind: string;
  readonly distance: number;
  readonly onnx: { readonly dtype: string; readonly opset: number; readonly normalised: boolean };
  readonly judged: { readonly of_loss: Share; readonly of_incompatible: Share };
  readonly repairs: readonly {
    readonly metric: string;
    readonly unmapped: { readonly change: number };
    readonly mapped: { readonly change: number };
    readonly worse: boolean;
  }[];
  readonly rules: readonly {
    readonly rule: number;
    readonly metric: string;
    readonly slice: Readonly<Record<string, string>>;
    readonly unmapped: HeldJson;
    readonly mapped: HeldJson;
  }[];
}
interface HeldJson {
  readonly change: number;
  readonly lower: number;
  readonly upper: number;
  readonly verdict: string;
}

let project: Project;
afterEach(() => project.remove());

async function mapped({ out: _, ...options }: Record<string, string>, out = 'maps') {
  const host = new KeepingHost(project.folder);
  const file = (path: string) => join(project.folder, path);
  const values = { policy: file('gates/gate.yml'), release: file('models/release.yml'), out: file(out), ...options };
  const status = await map.run(values, host);
  const read = () => JSON.parse(readFileSync(file(`${out}/map.json`), 'utf8')) as MapJson;
  return { status, message: host.message, output: host.printed, read };
}

const written = () =>
  ['map.npy', 'map.onnx', 'map.json'].filter((name) => existsSync(join(project.folder, 'maps', name)));

describe.each(['dot', 'cosine'] as const)('a turn between versions, by %s', (similarity) => {
  test('is undone: with mapped queries the old index is as good as a new one', async () => {
    project = new Project(turnedFiles(similarity));
    const { status, output, read } = await mapped({ from: 'v2', to: 'v3' });
    expect(status).toBe(0);
    expect(written()).toHaveLength(3);
    const { kind, distance, onnx: graph, judged, repairs } = read();
    expect([kind, distance, graph.normalised]).toEqual(['orthogonal', 1, similarity === 'cosine']);
    expect(judged.of_loss.share).toBeCloseTo(1, 4);
    expect(judged.of_incompatible.share).toBeCloseTo(1, 4);
    for (const { unmapped, mapped: after, worse } of repairs) {
      expect(after.change).toBeCloseTo(0, 4);
      expect(Math.abs(after.change)).toBeLessThan(Math.abs(unmapped.change));
      expect(worse).toBe(false);
    }
    expect(output).toMatch(/From v2 to v3 \(distance 1\), an orthogonal map of 4 × 4, fitted on 50 item vectors/);
    expect(output).toMatch(/log_loss +tier=small/);
    expect(output).toMatch(/Wrote .*map\.onnx: query \[batch, 4\] → mapped_query \[batch, 4\], float32, opset 13/);
  });
});

test('the policy’s rules are held with the map and without it, where a run holds them at that distance', async () => {
  project = new Project(turnedFiles()).edit('gates/gate.yml', '{0: 0.7, 1: 0.3}', '{1: 1}');
  const { output, read } = await mapped({ from: 'v2', to: 'v3' });
  const { rules } = read();
  const { report } = await project.judge();
  const findings = report!.checks
    .flatMap((check) => check.findings)
    .filter(({ at }) => at === 1 || at === 'production');
  expect(rules).toHaveLength(findings.length);
  for (const { rule, metric, slice, unmapped, mapped: after } of rules) {
    const own = findings.find((one) => one.rule === rule && JSON.stringify(one.slice) === JSON.stringify(slice));
    expect(own).toMatchObject({ metric, verdict: unmapped.verdict });
    // All of production lies at distance 1 here.
    for (const bound of ['change', 'lower', 'upper'] as const) expect(unmapped[bound]).toBeCloseTo(own![bound]!, 9);
    expect(after.verdict).toBe('pass');
  }
  expect(rules.some(({ unmapped }) => unmapped.verdict === 'fail')).toBe(true);
  expect(output).toMatch(
    /as if the whole index were of v2 \(2 rules → 4 cells, [\s\S]*\n {2}with mapped queries: 4 pass\n/,
  );
});

test('rules that name other distances are not held', async () => {
  project = new Project(turnedFiles());
  project.write('gates/gate.yml', project.read('gates/gate.yml').replace(/at: (production|each|\[.*?\])/g, 'at: [2]'));
  const { status, output, read } = await mapped({ from: 'v2', to: 'v3' });
  expect([status, read().rules]).toEqual([0, []]);
  expect(output).not.toContain('The policy’s rules');
});

test('the graph turns a query the way in which the versions are turned', async () => {
  project = new Project(turnedFiles());
  await mapped({ from: 'v2', to: 'v3', kind: 'orthogonal' });
  const graph = await Graph.open(project.bytes('maps/map.onnx'));
  const query = [0.3, -1, 0.5, 2];
  const feed = { type: 'float32', data: Float32Array.from(query), shape: [1, 4] } as const;
  const { data } = await graph.run({ query: feed }, 'mapped_query');
  const expected = turned(query);
  for (let i = 0; i < 4; i++) expect((data as Float32Array)[i]).toBeCloseTo(expected[i]!, 4);
  await graph.close();
});

test('a report that proposes a map names the command that writes it, and that runs', async () => {
  project = new Project(turnedFiles()).edit('gates/gate.yml', '{0: 0.7, 1: 0.3}', '{1: 1}');
  const { report } = await project.judge();
  const command = report?.recommendation.options.find(({ repair }) => repair)?.repair?.command ?? '';
  expect(command).toBe(
    'skewgate map --policy gates/gate.yml --release models/release.yml --from v2 --to v3 --kind orthogonal',
  );
  const { from, to, kind } = Object.fromEntries([...command.matchAll(/--(\w+) (\S+)/g)].map(([, k, v]) => [k!, v!]));
  expect((await mapped({ from: from!, to: to!, kind: kind! })).status).toBe(0);
  const view = viewOf(report!);
  // On a line of its own, which no terminal's width breaks.
  expect(renderText(view, PLAIN, 60).split('\n')).toContain(`    ${command}`);
  expect(renderHtml(view)).toContain(`<pre>${command}</pre>`);
  expect(renderSummary(view)).toContain(` \`${command}\`\n`);
});

test('the page of maps shows what its command says', async () => {
  project = new Project({});
  const root = join(import.meta.dirname, '../..');
  const page = readFileSync(join(root, 'docs/maps.md'), 'utf8');
  const command = page.match(/^node dist\/cli\.cjs map (.*)$/m)?.[1] ?? '';
  const options = Object.fromEntries([...command.matchAll(/--(\S+) (\S+)/g)].map(([, k, v]) => [k!, v!]));
  cpSync(join(root, 'examples/online-retail'), join(project.folder, 'examples/online-retail'), { recursive: true });
  const file = (path: string | undefined) => join(project.folder, path ?? '');
  const { status, output } = await mapped({ ...options, policy: file(options.policy), release: file(options.release) });
  expect(status).toBe(0);
  expect(page).toContain(`\`\`\`text\n${output.split('\n')[0]}\n`);
  const rules = output.split('\n').find((line) => line.startsWith('The policy’s rules'));
  expect(page).toContain(`\`\`\`text\n${rules}\n`);
});

test('two runs write the same bytes', async () => {
  project = new Project(turnedFiles());
  await mapped({ from: 'v2', to: 'v3' }, 'one');
  await mapped({ from: 'v2', to: 'v3' }, 'two');
  for (const name of ['map.npy', 'map.onnx', 'map.json'])
    expect(project.bytes(`one/${name}`)).toEqual(project.bytes(`two/${name}`));
});

test('of a loss that is age, the first line says so', async () => {
  const files = turnedFiles();
  // The older items are the newer ones, shrunk and noisy, and the older queries are the newer ones.
  const random = generator(7);
  const vectors = (count: number) =>
    Array.from({ length: count }, () => Array.from({ length: 4 }, () => random.normal() * 0.7));
  const [, items] = [vectors(QUERIES), vectors(ITEMS)];
  const noisy = items.map((v) => v.map((x) => 2.5 * (x + 0.4 * random.normal())));
  files['models/query/v2.onnx'] = files['models/query/v3.onnx']!;
  files['models/item/v2.onnx'] = onnx(lookupTower(noisy, 'item_index'));
  project = new Project(files);
  project.edit('gates/gate.yml', '    sweep:', '    allow_identical_versions: true\n    sweep:');
  const { status, output } = await mapped({ from: 'v2', to: 'v3', kind: 'linear' });
  expect(status).toBe(0);
  expect(output.split('\n')[0]).toMatch(
    /of the loss in log_loss over all rows\. The older pair of towers loses as much, so that the loss is age: a younger index wins back more\.$/,
  );
});

describe('nothing is written, and the status is 1', () => {
  test('between versions that know nothing of each other; an earlier map is gone', async () => {
    project = new Project(turnedFiles());
    await mapped({ from: 'v2', to: 'v3' });
    expect(written()).toHaveLength(3);
    const { status, output } = await mapped({ from: 'v1', to: 'v3', kind: 'orthogonal' });
    expect(status).toBe(1);
    expect(output).toMatch(/^Nothing written: from v1 to v3 an orthogonal map /);
    expect(written()).toEqual([]);
  });

  test('where there is no loss to win back', async () => {
    project = new Project();
    const { status, output } = await mapped({ from: 'v2', to: 'v3' });
    expect(status).toBe(1);
    expect(output).toContain('there is no clear loss in log_loss over all rows between the two versions');
  });

  test('where a scale is asked for and the space has turned', async () => {
    project = new Project(turnedFiles('cosine'));
    const { status, output } = await mapped({ from: 'v2', to: 'v3', kind: 'scale' });
    expect(status).toBe(1);
    expect(output).toContain('a scale map does not clearly win anything back in log_loss over all rows');
  });

  test('where there are too few items to fit one', async () => {
    const files = turnedFiles();
    const wide = (count: number, seed: number) => {
      const random = generator(seed);
      return Array.from({ length: count }, () => Array.from({ length: 32 }, () => random.normal()));
    };
    for (const [seed, version] of ['v3', 'v2', 'v1'].entries()) {
      files[`models/query/${version}.onnx`] = onnx(lookupTower(wide(QUERIES, seed), 'query_index'));
      files[`models/item/${version}.onnx`] = onnx(lookupTower(wide(ITEMS, seed + 9), 'item_index'));
    }
    project = new Project(files);
    const { status, output } = await mapped({ from: 'v2', to: 'v3' });
    expect(status).toBe(1);
    expect(output).toMatch(/no map can be fitted: \d+ vectors in a half of the items, fewer than 2 a dimension/);
  });
});

describe('is refused', () => {
  test.each([
    [{ from: 'v3', to: 'v2' }, /--to "v2"; expected the live version, "v3".*\n? *Write: --from v2 --to v3/],
    [{ from: 'v3', to: 'v3' }, /--from "v3", which is the live version itself; expected an older version.*v2 and v1/],
    [{ from: 'v9', to: 'v3' }, /--from "v9"; expected an older version that the policy sweeps.*v2 and v1/],
    [{ from: 'v9\n::error::x', to: 'v3' }, /--from "v9\\u000a::error::x"/],
  ])('with versions that lie otherwise: %j', async (options, message) => {
    project = new Project(turnedFiles());
    const { status, message: said } = await mapped(options);
    expect(status).toBe(2);
    expect(said).toMatch(message);
    expect(written()).toEqual([]);
  });

  test('into a link, or out of the workspace', async () => {
    project = new Project(turnedFiles());
    symlinkSync('/', join(project.folder, 'link'));
    const linked = await mapped({ from: 'v2', to: 'v3' }, 'link');
    expect([linked.status, linked.message]).toEqual([2, expect.stringContaining('outside the workspace')]);
  });

  test('of a release that has columns of scores alone', async () => {
    project = new Project(turnedFiles());
    const columns = await similarities(project.folder, 'gates/gate.yml', 'models/release.yml');
    project.rows(withColumns(project.read('eval/rows.csv'), columns));
    project.write('models/release.yml', byScores(project.read('models/release.yml')));
    const { status, message } = await mapped({ from: 'v2', to: 'v3' });
    expect([status, message]).toEqual([
      2,
      expect.stringContaining('columns of scores in place of towers; expected towers'),
    ]);
  });

  test('of a policy that sweeps nothing', async () => {
    project = new Project(turnedFiles());
    project.write('gates/gate.yml', 'policy: gap\nchecks: {label-leakage: {}}\n');
    const { status, message } = await mapped({ from: 'v2', to: 'v3' });
    expect(status).toBe(2);
    expect(message).toContain('no sweep, by whose metrics a map is judged');
  });
});
