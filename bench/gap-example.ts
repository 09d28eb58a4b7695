/**
 * The example's tables: features missing at serving, skew on one tier, saturated recall; past arms that cannot tell.
 */
import { writeFileSync } from 'node:fs';
import { parquetWriteFile } from 'hyparquet-writer';
import { gapLedger, INNOCENT } from '../__tests__/support/gap-world.js';
import { Random } from '../__tests__/support/xoshiro.js';

export function writeExample(folder: string): void {
  const { texts, numbers } = gapLedger({ ...INNOCENT, requests: 2500, featureLoss: 0.5, skew: 0.6 }, 20261122);
  parquetWriteFile({
    filename: `${folder}/ledger.parquet`,
    columnData: [
      ...Object.entries(texts).map(([name, data]) => ({ name, data, type: 'STRING' as const })),
      ...Object.entries(numbers).map(([name, data]) =>
        name === 'label'
          ? { name, data: Int32Array.from(data), type: 'INT32' as const }
          : {
              name,
              data: /^(s\d|score|only|all)/.test(name) ? Float32Array.from(data) : data,
              type: /^(s\d|score|only|all)/.test(name) ? ('FLOAT' as const) : ('DOUBLE' as const),
            },
      ),
    ],
  });
  writeFileSync(`${folder}/stage_log.csv`, stageLog());
  writeFileSync(`${folder}/serving_health.csv`, servingHealth());
  writeFileSync(`${folder}/arms.csv`, pastArms());
  writeFileSync(`${folder}/latency.csv`, latency());
  writeFileSync(`${folder}/features_offline.csv`, featuresOffline());
  writeFileSync(`${folder}/features_online.csv`, featuresOnline());
}

/**
 * The families of the candidate: name, coverage in training, share of the rows that the item embedder fills at
 * serving.
 */
const FEATURES = [
  ['query_text', 'text', 0.998, 0.998],
  ['item_text', 'text', 0.997, 0.997],
  ['item_age_days', 'item', 1, 1],
  ['ctr_7d', 'item', 0.91, 0.909],
  ['conversion_visits_30d', 'conversion', 0.62, 0.618],
  // Logged for training, and never inserted into the embedder's input: what featureLoss plants.
  ['image_embedding', 'image', 0.88, 0],
  ['targeting_spec', 'targeting', 0.94, 0],
] as const;
const FEATURE_ROWS = 200_000;

function featuresOffline(): string {
  const lines = FEATURES.map(([feature, family, coverage]) => `${feature},${family},${coverage},${FEATURE_ROWS}`);
  return `${['feature,family,coverage,rows', ...lines].join('\n')}\n`;
}

function featuresOnline(): string {
  const lines = FEATURES.filter(([, , , served]) => served > 0).flatMap(([feature, , , served]) =>
    ['small', 'large'].map((tier) => `${feature},item_embedder,${tier},${served},${FEATURE_ROWS / 2}`),
  );
  return `${['feature,artefact,tier,coverage,rows', ...lines].join('\n')}\n`;
}

/** Histograms of latency; the treatment takes 4 % longer. */
function latency(): string {
  const random = new Random(17);
  const lines = ['arm,tower,stage,upper_ms,count'];
  for (const [arm, slower] of [
    ['control', 1],
    ['treatment', 1.04],
  ] as const)
    for (const [stage, median] of [
      ['embed', 9],
      ['rank', 22],
    ] as const) {
      const counts = new Map<number, number>();
      for (let i = 0; i < 60_000; i++) {
        const ms = slower * median * Math.exp(0.35 * random.normal());
        const bucket = Math.ceil(Math.log(ms) / Math.log(1.1));
        counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
      }
      for (const [bucket, count] of [...counts].sort(([a], [b]) => a - b))
        lines.push(`${arm},query,${stage},${Number((1.1 ** bucket).toPrecision(6))},${count}`);
    }
  return `${lines.join('\n')}\n`;
}

/** Both arms' retrieval gives nearly every auction winner of auctions that saw both: saturated. */
function stageLog(): string {
  const random = new Random(5);
  const lines = ['request_id,arm,item_id,in_output,is_winner'];
  for (let q = 0; q < 1500; q++)
    for (let i = 0; i < 3; i++) {
      const item = `i${Math.floor(random.uniform() * 400)}_${i}`;
      for (const arm of ['control', 'treatment'])
        lines.push(`r${q},${arm},${item},${random.uniform() < 0.985 ? 1 : 0},1`);
    }
  return `${lines.join('\n')}\n`;
}

/** Failures alike in both arms. */
function servingHealth(): string {
  const lines = ['arm,tower,stage,requests,successes'];
  for (const arm of ['control', 'treatment'])
    for (const [tower, stage, failures] of [
      ['query', 'embed', 41],
      ['query', 'rank', 55],
    ] as const)
      for (let hour = 0; hour < 24; hour++)
        lines.push(`${arm},${tower},${stage},200000,${200_000 - failures - ((hour * 7 + arm.length) % 5)}`);
  return `${lines.join('\n')}\n`;
}

/** Seven past arms whose errors are as large as their differences: nothing can be told. */
function pastArms(): string {
  const random = new Random(11);
  const lines = ['arm,offline_delta,offline_se,online_delta,online_se'];
  for (let i = 0; i < 7; i++) {
    // Log loss gained offline, per cent of the online metric.
    const truth = 0.3 * random.normal();
    const offline = 0.05 * (truth + 0.1 * random.normal());
    lines.push(`arm_${i + 1},${offline.toFixed(5)},0.005,${(0.5 * truth + 0.3 * random.normal()).toFixed(4)},0.3`);
  }
  return `${lines.join('\n')}\n`;
}
