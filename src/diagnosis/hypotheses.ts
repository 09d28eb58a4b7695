/** Every hypothesis that the ledger can tell, one entry each, in the order of the layers. */
import { plural, printable } from '../lib/text.js';
import type { CheckId } from '../policy/policy.js';
import { normalQuantile } from '../statistics/student-t.js';
import type { Ledger } from './ledger.js';
import { concentration } from './outliers.js';

export interface HypothesisSpec {
  readonly id: CheckId;
  readonly layer: 1 | 2 | 3;
  /** Whether its contribution is a step from offline to online: these add up to the gap, but for the residual. */
  readonly telescopes: boolean;
  /** Why it cannot be tested on this ledger; undefined if it can. */
  missing(ledger: Ledger): string | undefined;
  /** What would let it be tested. */
  readonly settle: string;
  /** A fact that is said whatever its share is. */
  fact?(ledger: Ledger): string | undefined;
  /** What else must hold for it to be ruled out. */
  innocent?(ledger: Ledger): boolean;
  /** What would show that. */
  acquits?(ledger: Ledger): string;
}

function without(ledger: Ledger, names: readonly string[]): string | undefined {
  const missing = names.filter((name) => !ledger.loss.has(name));
  return missing.length === 0 ? undefined : `the ledger has no column ${missing.join(', ')}`;
}

export const HYPOTHESES: readonly HypothesisSpec[] = [
  {
    id: 'sampling-bias',
    layer: 1,
    telescopes: true,
    missing: ({ onlineWeight }) => (onlineWeight ? undefined : 'the ledger has no column weight_online'),
    settle:
      'a column weight_online: what each row weighs in what production serves (share of its log source and tier there, over its share here)',
  },
  {
    id: 'label-leakage',
    layer: 1,
    telescopes: false,
    missing: (ledger) => without(ledger, ['s0_pit']),
    settle:
      'a column s0_pit: the candidate’s predictions from point-in-time features; event_ts and feature_ts besides, as it is ruled out only with a leak rate below 0.1 %',
    fact: ({ leaked }) => {
      if (!leaked) return undefined;
      const { share, upper } = leakRate(leaked);
      return `in ${percent(share)} of the rows a feature is younger than the event (at most ${percent(upper)})`;
    },
    innocent: ({ leaked }) => leaked !== undefined && leakRate(leaked).upper < 0.001,
    acquits: ({ leaked }) =>
      leaked ? 'a leak rate shown to be below 0.1 % (of about 2,700 rows none)' : 'the columns event_ts and feature_ts',
  },
  {
    id: 'outlier-domination',
    layer: 1,
    telescopes: false,
    missing: () => undefined,
    settle: 'more requests: the gain without its tails is to be known better',
    fact: (ledger) => {
      const { improving, top, clusters } = gainByCluster(ledger);
      return `${percent(improving)} of ${plural(clusters, 'request')} gain; the top 1 % of them carry ${Number.isFinite(top) ? percent(top) : 'none'} of the gain`;
    },
    innocent: (ledger) => gainByCluster(ledger).improving > 0.5,
    acquits: () => 'a gain of more than half of the requests',
  },
  {
    id: 'feature-parity',
    layer: 2,
    telescopes: true,
    missing: (ledger) => without(ledger, ['s0', 's2']),
    settle: 'a column s2: the candidate’s predictions from the features that serving had',
  },
  {
    id: 'version-skew',
    layer: 2,
    telescopes: true,
    missing: (ledger) => without(ledger, ['s2', 's3']),
    settle: 'a column s3: s2 with the item embeddings of the version that the index had',
  },
  {
    id: 'precision-parity',
    layer: 2,
    telescopes: true,
    missing: (ledger) => without(ledger, ['s3', 's4']),
    settle: 'a column s4: s3 at the precision of serving',
  },
  {
    id: 'checkpoint-identity',
    layer: 2,
    telescopes: true,
    missing: (ledger) => (ledger.unexpected ? without(ledger, ['s4']) : 'the ledger has no column served_version'),
    settle:
      'the columns served_version (as the serving log has it) and s4 (the replay by the release’s own checkpoint)',
    fact: ({ served, unexpected, rows, live }) => {
      if (!served || !unexpected) return undefined;
      const wrong = unexpected.reduce((sum, x) => sum + x, 0);
      // None of n: at 95 % at most 3 of n (rule of three).
      return wrong === 0
        ? `every row was served by the live version (at most ${percent(3 / rows)} were not)`
        : `${percent(wrong / rows)} of the rows were served by another version (${[...served.keys()]
            .filter((name) => name !== live)
            .slice(0, 3)
            .map((name) => printable(name, 40))
            .join(
              ', ',
            )})${wrong === rows ? `: does the release’s live ${printable(live, 40)} match the log’s spelling?` : ''}`;
    },
    innocent: ({ unexpected, rows }) =>
      unexpected !== undefined && unexpected.reduce((sum, x) => sum + x, 0) <= 0.01 * rows,
    acquits: () => 'a log in which at most 1 % of the rows were served by another version',
  },
];

function gainByCluster({ loss, weight, query }: Ledger) {
  const gain = loss.get('score_prod')!.map((x, r) => x - loss.get('s0')![r]!);
  return concentration(gain, weight, query.codes, query.names.length);
}

/** Wilson's upper bound at 95 %. */
function leakRate(leaked: Uint8Array): { share: number; upper: number } {
  const n = leaked.length;
  const share = leaked.reduce((sum, x) => sum + x, 0) / n;
  const z = normalQuantile(0.95);
  const centre = share + (z * z) / (2 * n);
  const reach = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return { share, upper: (centre + reach) / (1 + (z * z) / n) };
}

function percent(share: number): string {
  const value = 100 * share;
  return `${value !== 0 && Math.abs(value) < 1 ? Number(value.toPrecision(2)) : Math.round(value)} %`;
}
