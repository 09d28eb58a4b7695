/** Graded labels, from the policy to the report. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Report } from '../../../src/verdict/report-object.js';
import { Project } from '../../support/project.js';
import { sweepOf } from '../../support/sweep-report.js';

const POLICY = 'gates/gate.yml';
const RULE = '- {metric: log_loss, max_increase: 5%, at: production, slices: [all, tier]}';
const CLICKED = 2;

let project: Project;
afterEach(() => project.remove());

/** The good project with clicks of grades 1 to 4, written by `label`, judged by one more rule. */
async function judged(rule: string, grades: string, label: (grade: number) => number): Promise<Report> {
  project = new Project();
  const [header, ...lines] = project.read('eval/rows.csv').trimEnd().split('\n');
  const rows = lines.map((line, r) => {
    const fields = line.split(',');
    return fields.with(CLICKED, String(label(fields[CLICKED] === '1' ? 1 + (r % 4) : 0))).join(',');
  });
  project.rows(`${[header, ...rows].join('\n')}\n`);
  project.edit(POLICY, 'slices: [tier, source]', `slices: [tier, source]${grades}`);
  project.edit(POLICY, RULE, `${rule}\n      ${RULE}`);
  const { report, message } = await project.judge();
  expect(message).toBe('');
  return report!;
}

const curve = (report: Report) =>
  sweepOf(report).curve.flatMap(({ metric, slice, distance, value, change }) =>
    metric === 'ndcg@5' ? [[JSON.stringify(slice), String(distance), value, change] as const] : [],
  );

describe('graded labels', () => {
  it.each([
    ['linear', '{metric: ndcg@5, gain: linear, max_decrease: 5%, at: each}', (g: number) => g / 4],
    [
      'exponential',
      '{metric: ndcg@5, gain: exponential, max_decrease: 5%, at: each}',
      (g: number) => (2 ** g - 1) / 15,
    ],
  ])('%s gain is what labels that are the gains have', async (_name, rule, gain) => {
    const graded = curve(await judged(`- ${rule}`, '\n  grades: 4', (g) => g));
    project.remove();
    const written = curve(await judged('- {metric: ndcg@5, max_decrease: 5%, at: each}', '', gain));
    expect(graded.length).toBeGreaterThan(10);
    for (const [i, [slice, distance, value, change]] of graded.entries()) {
      expect([slice, distance]).toEqual(written[i]!.slice(0, 2));
      expect(value).toBeCloseTo(written[i]![2]!, 12);
      expect(change).toBeCloseTo(written[i]![3]!, 12);
    }
  });

  it('the report says which gain its figures have', async () => {
    const rule = '- {metric: ndcg@5, gain: exponential, max_decrease: 5%, at: each}';
    const report = await judged(rule, '\n  grades: 4', (g) => g);
    expect(report.notices).toContain('ndcg@5 has exponential gain: 2^grade − 1, of grades up to 4.');
  });
});
