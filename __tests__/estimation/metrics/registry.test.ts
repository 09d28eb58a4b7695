import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findMetric, METRICS, takesCutoff } from '../../../src/estimation/metrics/registry.js';

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
    expect(accepted(takesCutoff(metric) ? `${id}@10` : id)).toBe(true);
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

describe('every metric says what it is', () => {
  test('no id stands twice', () => {
    expect(new Set(METRICS.map((metric) => metric.id)).size).toBe(METRICS.length);
  });

  test.each(METRICS.map((metric) => [metric.id, metric] as const))(
    '%s has a title, a unit and a source',
    (_, metric) => {
      for (const text of [metric.id, metric.title, metric.unit, metric.source])
        expect(text.trim().length).toBeGreaterThan(0);
      expect(['lower', 'higher', 'neither']).toContain(metric.better);
      expect(['sums', 'histogram', 'queries']).toContain(metric.merges);
    },
  );

  test('an unknown metric is not found', () => {
    expect(findMetric('auc')).toBeUndefined();
    expect(findMetric('toString')).toBeUndefined();
    expect(findMetric('')).toBeUndefined();
  });
});
