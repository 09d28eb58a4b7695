/**
 * Impressions of one (query, item) pair with several labels, against one row a pair with their mean label and the sum
 * of their weights: the numbers that the refusal promises to be the same.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { Project, policyText, RELEASE } from '../../support/project.js';
import { generator } from '../../support/random.js';

const projects: Project[] = [];
afterEach(() => {
  for (const project of projects.splice(0)) project.remove();
});

const RULES = ['log_loss', 'normalized_entropy', 'calibration_shift', 'brier', 'roc_auc', 'average_precision', 'gauc'];
const DECREASING = ['roc_auc', 'average_precision', 'gauc'];

function policy(rows: string, slices: string): string {
  const [head = ''] = policyText(rows).split('checks:');
  const rules = RULES.map((metric) => {
    const operator =
      metric === 'calibration_shift' ? 'max_change' : DECREASING.includes(metric) ? 'max_decrease' : 'max_increase';
    return `      - {metric: ${metric}, ${operator}: ${operator === 'max_decrease' ? 0.1 : '5%'}, at: each, level: fail}\n`;
  });
  return `${head.replace('[tier, source]', slices)}checks:\n  version-skew:\n    sweep: {from: 0, to: 2}\n    require:\n${rules.join('')}`;
}

/** Every point of the curve over all rows, by metric and distance. */
async function curve(header: string, lines: readonly string[], slices: string) {
  const rows = `${[header, ...lines].join('\n')}\n`;
  const project = new Project();
  projects.push(project);
  project
    .write('eval/rows.csv', rows)
    .write('gates/gate.yml', policy(rows, slices))
    .write('models/release.yml', RELEASE);
  const { report, message } = await project.judge();
  expect(message).toBe('');
  const [sweep] = report?.checks ?? [];
  if (sweep?.kind !== 'sweep') throw new Error('no sweep');
  return sweep.curve.filter(({ slice }) => Object.keys(slice).length === 0);
}

function goodRows(): string {
  const project = new Project();
  projects.push(project);
  return project.read('eval/rows.csv');
}

/** Each pair of the good rows seen one to four times, with labels of its own; the column `seen` numbers them. */
function impressions(): string[][] {
  const random = generator(41);
  const [, ...lines] = goodRows().trim().split('\n');
  return lines.flatMap((line) => {
    const [request = '', item = '', clicked = '', , ...rest] = line.split(',');
    return Array.from({ length: 1 + random.int(4) }, (_, k) => [
      ...[request, item, k === 0 ? clicked : String(random.int(2)), String(1 + random.int(3))],
      ...[...rest, String(k)],
    ]);
  });
}

/** What the SQL of the refusal makes of them. */
function aggregated(rows: readonly string[][]): string[] {
  const pairs = new Map<string, { cells: string[]; weight: number; clicked: number }>();
  for (const [request = '', item = '', clicked, weight, ...rest] of rows) {
    const key = `${request},${item}`;
    const own = pairs.get(key) ?? { cells: rest.slice(0, -1), weight: 0, clicked: 0 };
    pairs.set(key, own);
    own.weight += Number(weight);
    own.clicked += Number(weight) * Number(clicked);
  }
  return [...pairs].map(([key, { cells, weight, clicked }]) => [key, clicked / weight, weight, ...cells].join(','));
}

describe('one row a pair, with the mean label and the sum of the weights', () => {
  it('has every value, change and bound of the impressions, but for the level of the Brier score', async () => {
    const rows = impressions();
    const header = 'request,item,clicked,weight,user,tier,source,query_index,item_index';
    // `seen` as a slice tells the impressions apart, so that their labels may differ.
    const apart = await curve(
      `${header},seen`,
      rows.map((cells) => cells.join(',')),
      '[tier, seen]',
    );
    const once = await curve(header, aggregated(rows), '[tier]');
    expect(new Set(once.map(({ metric }) => metric))).toEqual(new Set(RULES));
    expect(once).toHaveLength(apart.length);
    expect(rows.length).toBeGreaterThan(2 * once[0]!.rows);
    for (const [i, point] of once.entries()) {
      const other = apart[i]!;
      expect([point.metric, point.distance]).toEqual([other.metric, other.distance]);
      // The spread of labels within a pair is in the Brier score of impressions, whatever the prediction.
      if (point.metric === 'brier') {
        expect(point.value).toBeLessThan(other.value! - 0.01);
        expect(point.value! - point.atZero!).toBeCloseTo(other.value! - other.atZero!, 10);
        continue;
      }
      for (const key of ['value', 'change', 'lower', 'upper'] as const)
        if (other[key] === null) expect(point[key]).toBeNull();
        else expect(point[key]).toBeCloseTo(other[key]!, 10);
    }
  });
});
