import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Link } from '../../../src/documents/release/release.js';
import type { Metric } from '../../../src/estimation/metrics/metric.js';
import { findMetric, METRICS, takesCutoff } from '../../../src/estimation/metrics/registry.js';
import { coded, evalSetOf, expectNear, fixture, tabulation } from '../../fixtures/metrics.js';

/** Ten queries of five rows, the first two of each positive. */
const LABEL = Array.from({ length: 50 }, (_, r) => (r % 5 < 2 ? 1 : 0));
const BASE_RATE = 0.4;
const ROWS = evalSetOf({
  query: coded(LABEL.map((_, r) => `q${Math.floor(r / 5)}`)),
  item: coded(LABEL.map((_, r) => `i${r}`)),
  label: LABEL,
});
/** Predictions of a model that knows something, of a good one, of one that takes every row for its opposite, and of the base rate. */
const COLUMNS = [
  LABEL.map((y, r) => 0.3 + 0.3 * y + (0.35 * ((r * 7) % 11)) / 11 - 0.25 * (r % 3 === 0 ? y : 0)),
  LABEL.map((y, r) => 0.05 + 0.85 * y + (0.05 * ((r * 3) % 7)) / 7),
  LABEL.map((y, r) => 0.9 - 0.85 * y + (0.05 * ((r * 3) % 7)) / 7),
  LABEL.map(() => BASE_RATE),
];

interface MetricSchema {
  readonly anyOf: readonly { readonly enum?: readonly string[]; readonly pattern?: string }[];
}

const schema = JSON.parse(readFileSync(new URL('../../../gates/policy.schema.json', import.meta.url), 'utf8')) as {
  definitions: { rule: { properties: { metric: MetricSchema } } };
};
const members = schema.definitions.rule.properties.metric.anyOf;
const plain = members.flatMap((member) => member.enum ?? []);
const patterns = members.flatMap((member) => (member.pattern === undefined ? [] : [new RegExp(member.pattern)]));
const accepted = (id: string) => plain.includes(id) || patterns.some((pattern) => pattern.test(id));

describe('the registry and the policy schema name the same metrics', () => {
  test.each(METRICS.map((metric) => [metric.id, metric] as const))('%s is accepted by the schema', (id, metric) => {
    expect(accepted(takesCutoff(metric) ? `${id}@10` : id), 'run: npm run schemas').toBe(true);
    expect(accepted(takesCutoff(metric) ? id : `${id}@10`)).toBe(false);
  });

  test.each(plain)('%s of the schema is in the registry, without a cut-off', (id) => {
    expect(findMetric(id)?.metric.id).toBe(id);
    expect(findMetric(`${id}@10`)).toBeUndefined();
  });

  test('the families with a cut-off are the same in both', () => {
    const families = patterns.flatMap((pattern) => /\(([a-z_|]+)\)@/.exec(pattern.source)![1]!.split('|'));
    expect(families.sort()).toEqual(
      METRICS.filter(takesCutoff)
        .map((metric) => metric.id)
        .sort(),
    );
    for (const family of families) {
      expect(findMetric(`${family}@7`)).toMatchObject({ id: `${family}@7`, k: 7 });
      expect(findMetric(family)).toBeUndefined();
    }
  });

  test.each(['recall@0', 'recall@-1', 'recall@1.5', 'recall@', 'recall@10@3', 'Recall@10', 'auc', ''])(
    'the schema refuses "%s"',
    (id) => {
      expect(accepted(id)).toBe(false);
    },
  );
});

const golden = new URL('../../golden/', import.meta.url);
/** The metric ids of every golden project, without their cut-offs. */
const inGolden = new Set(
  readdirSync(golden, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      const { curve } = JSON.parse(readFileSync(new URL(`${name}/expected.json`, golden), 'utf8')) as {
        curve: { metric: string }[];
      };
      return curve.map(({ metric }) => metric.split('@')[0]!);
    }),
);
const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
const named = (ids: Readonly<Record<string, unknown>>, id: string) =>
  Object.keys(ids).some((key) => key.split('@')[0] === id);

describe.each(METRICS.map((metric) => [metric.id, metric] as const))('%s is not half done', (id, metric) => {
  test('it says what it is, and whence', () => {
    for (const text of [metric.id, metric.title, metric.unit, metric.source])
      expect(text.trim().length).toBeGreaterThan(0);
    expect(id).toMatch(/^[a-z][a-z0-9_]*$/);
  });

  test('it has its row in docs/metrics.md (npm run schemas)', () => {
    const written = takesCutoff(metric) ? `${id}@K` : id;
    const own = page.split('\n').find((line) => line.startsWith(`| \`${written}\` |`));
    expect(own, 'run: npm run schemas').toBe(
      `| \`${written}\` | ${metric.title} | ${metric.better} | ${metric.unit} | ${metric.merges} | ${metric.source} |`,
    );
  });

  test('its values stand in the fixture of the independent implementation (make_metrics.py)', () => {
    const held: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
      ['random', fixture.random.links.sigmoid[0]!.metrics],
      ['real', fixture.real.cells[0]!.metrics],
      ...(metric.kind === 'sums' ? [['sums', fixture.sums[0]!.expected] as const] : []),
      ...(metric.kind === 'rows' ? [['random.influences', fixture.random.influences] as const] : []),
      ...(metric.kind === 'positions' ? [['lists', fixture.lists[0]!.expected] as const] : []),
    ];
    const missing = held.filter(([, values]) => !named(values, id)).map(([section]) => section);
    expect(missing, `sections of metrics.json without ${id}: define it in make_metrics.py and run that`).toEqual([]);
  });

  test('a golden project judges it, which the oracle knows', () => {
    const mend = `define ${id} in __tests__/golden/oracle.py, name it in the policy of a golden project, and write its expected.json (README.md there)`;
    expect(inGolden.has(id), mend).toBe(true);
  });

  test('its limits are an interval, and its margins are bounded by something', () => {
    const { change, relative, floor, ceiling } = metric.limits;
    expect(change).toBeGreaterThan(0);
    expect(relative).toBeGreaterThan(0);
    expect(floor).toBeLessThan(ceiling);
    expect(Number.isFinite(change)).toBe(true);
    if (metric.better === 'neither') return;
    expect(measured(1)).toBeGreaterThanOrEqual(floor);
    for (const state of [1, 2, 3]) expect(measured(state)).toBeLessThanOrEqual(ceiling);
  });

  test('it asks for probabilities where it sums what is cut off at 0 and 1', () => {
    const cutOff = metric.kind === 'sums' && metric.quantity.clipped;
    expect(cutOff && !metric.probabilities, `${id} needs probabilities: true`).toBe(false);
  });

  test('its direction is that in which a better model moves it', () => {
    const [good, reversed] = [measured(1), measured(2)];
    if (metric.better === 'higher') expect(good).toBeGreaterThan(reversed);
    if (metric.better === 'lower') expect(good).toBeLessThan(reversed);
    if (metric.skill === 'own') expect(metric.better).not.toBe('neither');
  });

  test('what it says that a model without skill has, such a model has', () => {
    const { chance } = metric;
    if (chance) expectNear(measured(3), chance(BASE_RATE), 'chance');
    else expect(metric.skill === 'own' || metric.skill === 'entropy').toBe(true);
  });

  test('its value at distance 0 is the one that it says, where it is against distance 0', () => {
    if (metric.atZero === undefined) expect(measured(1, 1)).not.toBeCloseTo(measured(2, 2), 6);
    else for (const aligned of [1, 2]) expectNear(measured(aligned, aligned), metric.atZero, 'at distance 0', 1e-12);
    if (metric.scale.name === 'log_ratio') expect(metric.atZero).toBe(0);
  });

  test('it says that a softmax fixes it, if it does', () => {
    const under = (state: number) => measured(state, 0, 'softmax');
    const fixed = Math.abs(under(1) - under(2)) < 1e-9;
    expect(fixed, `whether ${id} needs fixedUnder: 'softmax'`).toBe(metric.fixedUnder === 'softmax');
  });

  /** The metric over all rows of the small eval set, of one of its score columns; changes are against `aligned`. */
  function measured(state: number, aligned = 0, link: Link = 'identity'): number {
    const ref = takesCutoff(metric) ? `${id}@2` : id;
    const order = [aligned, ...[0, 1, 2, 3].filter((column) => column !== aligned)];
    const columns = order.map((column) => COLUMNS[column]!);
    return tabulation(ROWS, columns, { metrics: [ref], link }).tab.value(ref, 0, order.indexOf(state));
  }
});

describe('every metric says what it is', () => {
  test('no id stands twice', () => {
    expect(new Set(METRICS.map((metric) => metric.id)).size).toBe(METRICS.length);
  });

  test('no two quantities have one id, by which their sums are kept', () => {
    const quantities = new Set(METRICS.flatMap((metric) => (metric.kind === 'sums' ? [metric.quantity] : [])));
    expect(new Set([...quantities].map(({ id }) => id)).size).toBe(quantities.size);
  });

  test('every file that defines one is listed', async () => {
    const folder = new URL('../../../src/estimation/metrics/', import.meta.url);
    const exported = await Promise.all(
      readdirSync(folder).map(async (name) => Object.values((await import(new URL(name, folder).href)) as object)),
    );
    const defined = exported.flat().filter((value) => typeof value === 'object' && 'better' in value);
    expect(defined.length).toBeGreaterThan(10);
    const unlisted = (defined as readonly Metric[]).filter((metric) => !METRICS.includes(metric)).map(({ id }) => id);
    expect(unlisted, 'add them to src/estimation/metrics/registry.ts, then run: npm run schemas').toEqual([]);
    expect(defined.length).toBe(METRICS.length);
  });

  test('an unknown metric is not found', () => {
    expect(findMetric('auc')).toBeUndefined();
    expect(findMetric('toString')).toBeUndefined();
    expect(findMetric('')).toBeUndefined();
  });
});
