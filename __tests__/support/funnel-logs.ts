/** Logs of the funnel whose truth is known: what stages found of the winners, and past arms. */
import { csv } from './evidence.js';
import { generator } from './random.js';

/** Three winners a request and arm, found with a probability by arm. */
export function stageLog(control: number, treatment: number, requests = 800): string {
  const random = generator(4);
  return csv(
    'request_id,arm,item_id,in_output,is_winner,rank,utility',
    Array.from({ length: requests }, (_, q) =>
      (['control', 'treatment'] as const).flatMap((arm) =>
        Array.from({ length: 14 }, (__, i) => {
          const found = random.uniform() < (arm === 'control' ? control : treatment) ? 1 : 0;
          return [`r${q}`, arm, `i${i}`, found, i < 3 ? 1 : 0, found ? i + 1 : 1_000_000, 14 - i];
        }),
      ),
    ).flat(),
  );
}

/**
 * Past arms whose online delta is `b` for one of log loss gained, or `beta` for one of recall, and `intercept` for all
 * of them alike.
 */
export function pastArms(
  b: number,
  { beta = 0, noise = 0.0002, arms = 9, scatter = false, scale = 1, intercept = 0 } = {},
): string {
  const random = generator(2);
  return csv(
    'arm,offline_delta,offline_se,online_delta,online_se,recall_delta,recall_se',
    Array.from({ length: arms }, (_, a) => {
      const [gain, recall] = [0.005 * scale * (a - 1), 0.01 * (a - 2)];
      if (scatter) return [`a${a}`, gain, 0.0002, 0.02 * random.normal(), noise, recall, 0.0004];
      return [
        `a${a}`,
        gain,
        0.0002 * scale,
        intercept + (beta === 0 ? b * gain : beta * recall) + noise * random.normal(),
        noise,
        recall,
        0.0004,
      ];
    }),
  );
}

/** The line of arms that all have one error, at a gain: whatever their errors, it leads through their mean. */
export function onLine(arms: string, slope: number, gain: number): number {
  const rows = arms
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => row.split(',').map(Number));
  const mean = (column: number) => rows.reduce((sum, row) => sum + row[column]!, 0) / rows.length;
  return mean(3) + slope * (gain - mean(1));
}
