/** The trail of a diagnosis as every rendering lays it out: sentences, one row a hypothesis, queries that write what is missing. */

import { list, plural } from '../lib/text.js';
import type { Diagnosis, Hypothesis } from '../verdict/diagnosis/diagnosis.js';
import { formatBounded, formatDelta, formatHypothesis, LAYERS } from '../verdict/format.js';

export const TRAIL_HEADER = [
  'layer',
  'hypothesis',
  'decision',
  'share of the gap',
  'why',
  'what would settle it',
  'evidence',
] as const;

export interface TrailRow {
  readonly layer: string;
  readonly decision: string;
  readonly share: string;
  readonly evidence: string;
  readonly hypothesis: Hypothesis;
}

export interface Trail {
  readonly title: string;
  /** What the gap is. */
  readonly gap: readonly string[];
  readonly rows: readonly TrailRow[];
  /** What nobody explains, and how to read shares. */
  readonly rest: readonly string[];
  /** SQL that writes the evidence of hypotheses that were not tested. */
  readonly queries: readonly { readonly id: string; readonly sql: string }[];
}

export function trailOf({ gap, unknown, outcome, hypotheses, residual }: Diagnosis): Trail {
  const rows = hypotheses.map((hypothesis): TrailRow => {
    const { layer, verdict, evidence } = hypothesis;
    return {
      layer: `${layer}. ${LAYERS[layer - 1]![1]}`,
      decision: formatHypothesis(verdict),
      share: shareOf(hypothesis),
      evidence: evidence.map(({ path, sha256 }) => `${path} ${sha256.slice(0, 12)}`).join(', '),
      hypothesis,
    };
  });
  return {
    title: gap || outcome ? 'Where the gain goes' : 'What the evidence says',
    gap: [
      gap
        ? `offline ${formatBounded(gap.offline)}, online ${formatBounded(gap.online)}: a gap of ${formatBounded(gap)} in log loss gained over production’s model, on ${plural(gap.rows, 'row')}`
        : `the gap is not known, so that nothing has a share of it: ${unknown === 's5' ? 'the ledger has no column s5 (the score that was logged online)' : 'there is no ledger of scores offline and online'}`,
      ...(outcome
        ? [
            `of the online metric, by ${outcome.arms} past arms ${formatBounded(outcome.predicted)} was to be won and ${formatBounded(outcome.observed)} was: a gap of ${formatBounded(outcome)}`,
          ]
        : []),
    ],
    rows,
    rest: [
      ...(residual
        ? [
            `not explained by the tested steps: ${formatBounded(residual)}`,
            'shares of the steps add up to 100 % with that rest; label-leakage and outlier-domination are no steps; a negative share hides part of the gap',
          ]
        : []),
      ...(outcome ? [`not explained of the online metric: ${formatBounded(outcome.residual)}`] : []),
    ],
    queries: [...new Set(hypotheses.flatMap(({ query }) => query ?? []))].map((sql) => ({
      id: list(hypotheses.filter(({ query }) => query === sql).map(({ id }) => id)),
      sql,
    })),
  };
}

function shareOf({ share, lower, upper, ledger }: Hypothesis): string {
  if (share === null) return '–';
  const bound = (value: number | null) => (value === null ? 'unbounded' : formatDelta(value, 'relative'));
  return `${formatDelta(share, 'relative')} [${bound(lower)}, ${bound(upper)}]${ledger === 'outcome' ? ' of the online metric’s' : ''}`;
}
