/** Buckets of a histogram whose counts are cumulative are told from those that are not. */
import { afterEach, describe, expect, it } from 'vitest';
import { areCumulative } from '../../../src/checks/serving/cumulative.js';
import { csv, EvidenceProject, refusal } from '../../support/evidence.js';

let project: EvidenceProject;
afterEach(() => project?.remove());

describe('cumulative buckets', () => {
  const lognormal = [2, 1, 2, 7, 30, 90, 210, 330, 350, 250, 120, 40, 9, 1, 0, 0];
  const sums = (counts: readonly number[]) => counts.map((_, b) => counts.slice(0, b + 1).reduce((a, x) => a + x, 0));

  it.each<[string, number[][], boolean]>([
    ['a cumulated histogram', [sums(lognormal), sums(lognormal)], true],
    ['one with a bucket of all', [[...sums(lognormal), 1442]], true],
    ['four buckets that level off', [[100, 900, 990, 1000]], true],
    ['a plain histogram', [lognormal, lognormal], false],
    ['a plain one beside a cumulated one', [lognormal, sums(lognormal)], false],
    ['a cumulated one beside a stage of two buckets', [sums(lognormal), [0, 0, 30, 30]], true],
    ['three buckets that rise', [[5, 60, 900]], false],
    ['four of which the last has most', [[5, 20, 60, 900]], false],
    ['equal buckets', [[10, 10, 10, 10, 10]], false],
    ['empty buckets first', [[0, 0, 0, 5, 3]], false],
    ['none', [], false],
  ])('%s', (_, groups, expected) => {
    expect(areCumulative(groups)).toBe(expected);
  });

  it('are refused with what to write, in any number of hosts', async () => {
    const rows = ['control', 'treatment'].flatMap((arm) =>
      ['a', 'b'].flatMap(() =>
        sums(lognormal).map((count, b) => [
          arm,
          'query',
          'rank',
          b === lognormal.length - 1 ? '+Inf' : 1.5 ** b,
          count,
        ]),
      ),
    );
    project = new EvidenceProject(
      { 'serving-health': ['{metric: latency_p99, max_increase: 30%}'] },
      { latency: csv('arm,tower,stage,upper_ms,count', rows) },
    );
    expect(await refusal(project)).toMatch(
      /latency.csv: cumulative buckets: .*; expected the count of each bucket alone.* Write: count - LAG\(count, 1, 0\) OVER/,
    );
  });
});
