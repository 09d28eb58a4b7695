/**
 * Causes planted in tables beside the ledger: what a ramp, builds, failures, recall and filters explain of a gap that
 * is known.
 */

import { INNOCENT, type Planted } from '../__tests__/support/gap-world.js';
import { Random } from '../__tests__/support/xoshiro.js';
import type { CheckId } from '../src/documents/policy/policy.js';
import { diagnosisWith, type Population, populationOf, type Simulated } from './gap-simulation.js';

/** The part that each cause explains: of the gap in log loss, or of the one in the online metric. */
interface Causes {
  readonly exposure: number;
  readonly builds: number;
  /** Share of the treatment's requests that fail. */
  readonly failures: number;
  /** Of what the gain should have won, recall not moving as it should; and what filters take: shares of it. */
  readonly recall: number;
  readonly filters: number;
}

export interface TableScenario {
  readonly name: string;
  readonly planted: Partial<Planted>;
  readonly causes: Partial<Causes>;
  readonly ids: readonly CheckId[];
  readonly guilty: readonly CheckId[];
}

const NONE: Causes = { exposure: 0, builds: 0, failures: 0, recall: 0, filters: 0 };
const GAP: Partial<Planted> = { featureLoss: 0.6 };
const APART: readonly CheckId[] = ['eval-set-construction', 'exposure-bias', 'serving-health'];
const OUTCOME: readonly CheckId[] = ['recall-saturation', 'auction-filtering'];

export const TABLE_SCENARIOS: readonly TableScenario[] = [
  {
    name: 'little exposure',
    planted: GAP,
    causes: { exposure: 0.5 },
    ids: APART,
    guilty: ['exposure-bias'],
  },
  {
    name: 'builds that differ',
    planted: GAP,
    causes: { builds: 0.6 },
    ids: APART,
    guilty: ['eval-set-construction'],
  },
  {
    name: 'failures in a third of the requests',
    planted: GAP,
    causes: { failures: 0.33 },
    ids: APART,
    guilty: ['serving-health'],
  },
  { name: 'nothing in the tables', planted: GAP, causes: {}, ids: APART, guilty: [] },
  {
    name: 'outcome: recall does not move',
    planted: {},
    causes: { recall: 0.9 },
    ids: OUTCOME,
    guilty: ['recall-saturation'],
  },
  {
    name: 'outcome: filters',
    planted: {},
    causes: { filters: 0.8 },
    ids: OUTCOME,
    guilty: ['auction-filtering'],
  },
  {
    name: 'outcome: recall and filters',
    planted: {},
    causes: { recall: 0.4, filters: 0.5 },
    ids: OUTCOME,
    guilty: ['recall-saturation', 'auction-filtering'],
  },
];

/** Online delta for one of log loss gained, and for one of recall: what past arms have. */
const WORTH = 2;
const RECALL_WORTH = 0.5;
const RECALL = 0.7;
const NOW = 0.5;

export async function runsOf(
  { planted, causes, ids, guilty }: TableScenario,
  runs: number,
): Promise<{ readonly found: readonly Simulated[]; readonly guilty: readonly { id: CheckId; share: number }[] }> {
  const world = { ...INNOCENT, ...planted };
  const all = { ...NONE, ...causes };
  const population = populationOf(world);
  const found: Simulated[] = [];
  for (let seed = 1; seed <= runs; seed++) {
    const random = new Random(7_000_000 + seed);
    const tables = ids === APART ? tablesApart(all, population, random) : tablesOfOutcome(all, population, random);
    found.push(await diagnosisWith(world, seed, tables, ids));
  }
  return { found, guilty: guilty.map((id) => ({ id, share: shareOf(id, all, population) })) };
}

function shareOf(id: CheckId, { exposure, builds, failures, recall, filters }: Causes, population: Population): number {
  const apart = { 'exposure-bias': exposure, 'eval-set-construction': builds } as Partial<Record<CheckId, number>>;
  if (id in apart) return apart[id]!;
  if (id === 'serving-health') return (failures * population.gainOffline) / population.gap;
  // The outcome's gap is what recall and filters take together.
  return (id === 'recall-saturation' ? recall : filters) / (recall + filters);
}

/** Tables in the unit of the ledger's gap. */
function tablesApart({ exposure, builds, failures }: Causes, { gap }: Population, random: Random) {
  const se = 0.02 * gap;
  const slope = (-exposure * gap) / (1 - NOW);
  const ramp = [0.05, 0.1, 0.2, 0.35, NOW].map(
    // The days move both arms alike.
    (share, day) => {
      const season = 0.02 * Math.sin(day);
      const loss = 0.45 + season + slope * share + 0.8 * se * random.normal();
      return `${share},${loss},${0.8 * se},${0.47 + season + 0.6 * se * random.normal()},${0.6 * se}`;
    },
  );
  const gains = [0, builds * gap].map((more, b) => `b${b},${0.03 + more + se * random.normal()},${se}`);
  const counts = ['control', 'treatment'].map((arm) => {
    const [n, rate] = [40_000, arm === 'treatment' ? 0.001 + failures : 0.001];
    const failed = Math.round(n * rate + Math.sqrt(n * rate * (1 - rate)) * random.normal());
    return `${arm},query,embed,${n},${n - failed}`;
  });
  return {
    ramp: ['treatment_share,metric,se,metric_control,se_control', ...ramp, ''].join('\n'),
    builds: ['build_id,gain,se', ...gains, ''].join('\n'),
    serving_health: ['arm,tower,stage,requests,successes', ...counts, ''].join('\n'),
    latency: ['arm,tower,stage,upper_ms,count', ...latenciesAlike(random), ''].join('\n'),
  };
}

/** Histograms of both arms by one distribution: buckets of 10 %. */
function latenciesAlike(random: Random): string[] {
  return ['control', 'treatment'].flatMap((arm) => {
    const counts = new Map<number, number>();
    for (let i = 0; i < 20_000; i++) {
      const bucket = Math.ceil(Math.log(20 * Math.exp(0.35 * random.normal())) / Math.log(1.1));
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
    return [...counts].map(([bucket, count]) => `${arm},query,embed,${1.1 ** bucket},${count}`);
  });
}

/** Tables of the online metric: a gain that should win `predicted`, of which recall and filters take their shares. */
function tablesOfOutcome({ recall, filters }: Causes, { gainOnline }: Population, random: Random) {
  const predicted = WORTH * gainOnline;
  const arms = Array.from({ length: 24 }, (_, a) => {
    const gain = gainOnline * (0.15 * a - 0.8);
    const error = { gain: 0.03 * gainOnline, online: 0.03 * predicted, recall: (0.03 * predicted) / RECALL_WORTH };
    const online = WORTH * gain;
    return [
      `a${a}`,
      gain + error.gain * random.normal(),
      error.gain,
      online + error.online * random.normal(),
      error.online,
      online / RECALL_WORTH + error.recall * random.normal(),
      error.recall,
    ].join(',');
  });
  const moved = (predicted * (1 - recall)) / RECALL_WORTH;
  const log: string[] = [];
  for (let q = 0; q < 6000; q++) {
    const arm = q % 2 === 0 ? 'control' : 'treatment';
    const share = arm === 'control' ? RECALL : RECALL + moved;
    for (let i = 0; i < 3; i++) log.push(`r${q},${arm},i${i},${random.uniform() < share ? 1 : 0},1`);
  }
  const taken = predicted * filters;
  const replay = Array.from({ length: 3000 }, (_, q) => {
    const arm = q % 2 === 0 ? 'control' : 'treatment';
    const off = 0.5 * predicted * random.normal();
    // Filters take another share of every request.
    const own = (arm === 'treatment' ? taken : 0) + 0.3 * predicted * random.normal();
    return `r${q},${arm},${off - own},${off}`;
  });
  const error = 0.05 * predicted;
  const won = predicted * (1 - recall - filters) + error * random.normal();
  return {
    arms: ['arm,offline_delta,offline_se,online_delta,online_se,recall_delta,recall_se', ...arms, ''].join('\n'),
    outcome: `online_delta,online_se\n${won},${error}\n`,
    stage_log: ['request_id,arm,item_id,in_output,is_winner', ...log, ''].join('\n'),
    filter_replay: ['request_id,arm,value_on,value_off', ...replay, ''].join('\n'),
  };
}
