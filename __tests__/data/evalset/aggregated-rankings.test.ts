/**
 * Rankings over one row a pair with the mean label of its impressions, as the refusal of repeated pairs says to write
 * them: relevant is what was ever taken, and its gain is the share of the impressions that took it.
 */
import { afterEach, expect, it } from 'vitest';
import fixture from '../../fixtures/aggregated-rankings.json' with { type: 'json' };
import { digest, Project } from '../../support/project.js';

let project: Project | undefined;
afterEach(() => project?.remove());

const METRICS = ['ndcg@3', 'mrr', 'recall@2', 'hit@2'] as const;

function policy(rows: string): string {
  const rules = METRICS.map((metric) => `      - {metric: ${metric}, max_decrease: 0.5, at: each}\n`);
  return `policy: pairs
eval_set:
  rows: ../eval/rows.csv
  sha256: {rows: ${digest(rows)}}
  columns: {query: request, item: item, label: clicked, weight: weight}
  candidates: logged
checks:
  version-skew:
    sweep: {from: 0, to: 2}
    require:
${rules.join('')}`;
}

/** As the DuckDB line of the refusal does. */
function oncePerPair(): string {
  const pairs = new Map<string, { weight: number; clicked: number }>();
  for (const [request, item, clicked, weight] of fixture.impressions as [string, string, number, number][]) {
    const own = pairs.get(`${request},${item}`) ?? { weight: 0, clicked: 0 };
    pairs.set(`${request},${item}`, { weight: own.weight + weight, clicked: own.clicked + weight * clicked });
  }
  const scores: Readonly<Record<string, readonly number[]>> = fixture.scores;
  const rows = [...pairs].map(([pair, { weight, clicked }]) =>
    [pair, clicked / weight, weight, ...scores[pair]!].join(','),
  );
  return `request,item,clicked,weight,score_v3,score_v2,score_v1\n${rows.join('\n')}\n`;
}

it('rankings of aggregated pairs are those of scikit-learn and the definitions, at every distance', async () => {
  const rows = oncePerPair();
  project = new Project({
    'eval/rows.csv': rows,
    'gates/gate.yml': policy(rows),
    'models/release.yml': `release: pairs
live: v3
versions: [v3, v2, v1]
scores: {column: 'score_{version}'}
score: {link: identity}
`,
  });
  const { report, message } = await project.judge();
  expect(message).toBe('');
  const [sweep] = report!.checks;
  if (sweep?.kind !== 'sweep') throw new Error('no sweep');
  expect(fixture.fractional).toBeGreaterThan(100);
  const found = sweep.curve.filter(({ slice }) => Object.keys(slice).length === 0);
  expect(found).toHaveLength(3 * METRICS.length);
  const values: Readonly<Record<string, Readonly<Record<string, number>>>> = fixture.values;
  for (const { metric, distance, value } of found) expect(value).toBeCloseTo(values[distance]![metric]!, 12);
});
