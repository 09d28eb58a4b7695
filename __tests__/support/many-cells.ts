/** A report of thousands of cells: many metrics on crosses of slices, each with its curve. */
import type { CurvePoint, Finding } from '../../src/checks/check-report.js';
import type { Report } from '../../src/verdict/report-object.js';
import { check, finding } from './findings.js';
import { FULL } from './full-report.js';
import { generator } from './random.js';

const METRICS = ['log_loss', 'brier', 'ece', 'log_mae', 'roc_auc', 'gauc', 'recall@10', 'hit@10', 'ndcg@10', 'mrr'];
const VERDICTS = ['fail', 'inconclusive', 'inconclusive', 'pass'] as const;

/** `slices` times twenty cells: ten rules, each at production and at distance 1. */
export function manyCells(slices: number): Report {
  const at = ['production', 1] as const;
  const named = Array.from({ length: slices }, (_, i) => ({ country: `a country, ${i % 13}`, band: `${i}` }));
  const findings = METRICS.flatMap((metric, rule) =>
    named.flatMap((slice, i) =>
      at.map((distance, d): Finding => {
        const verdict = VERDICTS[(i + rule + d) % VERDICTS.length]!;
        const change = ((i * 7 + rule) % 100) / 3000;
        const open =
          verdict === 'inconclusive' ? { reason: { kind: 'underpowered' } as const, rowsToSettle: 12_000 } : {};
        return finding({
          metric,
          rule,
          slice,
          at: distance,
          verdict,
          change,
          lower: change - 0.01,
          upper: change + 0.01,
          ...open,
        });
      }),
    ),
  );
  const noise = generator(slices);
  const curve = METRICS.flatMap((metric) =>
    named.flatMap((slice, i) =>
      ([0, 1, 2, 3, 4, 5, 'production'] as const).map((distance): CurvePoint => {
        const size = distance === 'production' ? i / 5000 : (distance * i) / 9000;
        // Figures of as many digits as measured ones have.
        const change = size * (1 + 0.2 * noise.normal());
        const stale = change * noise.uniform();
        return {
          metric,
          slice,
          distance,
          change,
          value: 0.5 + change,
          atZero: 0.5,
          unit: 'relative',
          lower: change - 0.01 - 0.003 * noise.uniform(),
          upper: change + 0.01 + 0.003 * noise.uniform(),
          stale,
          incompatible: change - stale,
          mde: 0.01,
          rows: 100,
          positives: 20,
        };
      }),
    ),
  );
  const production = [
    {
      slice: {},
      histogram: new Map([
        [0, 0.4],
        [1, 0.6],
      ]),
      source: 'histogram' as const,
      uncoveredMass: 0,
    },
  ];
  return { ...FULL, verdict: 'not_ready', checks: [check(findings, { curve, production, rules: METRICS.length })] };
}
