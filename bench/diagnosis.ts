/** Planted causes: how often the diagnosis finds them, at which share, and how often it blames an innocent. Writes docs/diagnosis-simulation.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parquetWriteFile } from 'hyparquet-writer';
import { CHECKS_ON_EVIDENCE } from '../src/checks/registry.js';
import { diagnoseEvidence } from '../src/diagnosis/diagnose.js';
import type { Diagnosis, HypothesisVerdict } from '../src/diagnosis/diagnosis.js';
import type { Coded } from '../src/evalset/evalset.js';
import { Evidence } from '../src/evidence/evidence.js';
import type { Ledger } from '../src/evidence/ledger.js';
import type { CheckId } from '../src/policy/policy.js';
import type { ReleaseHead } from '../src/release/release.js';
import { gapLedger, INNOCENT, type LedgerTable, type Planted } from './gap-world.js';
import { Random } from './random.js';

const PAGE = 'docs/diagnosis-simulation.md';
const CONFIDENCE = 0.95;
const VERDICTS: readonly HypothesisVerdict[] = ['sufficient', 'contributing', 'ruled_out', 'inconclusive', 'no_gap'];

interface Scenario {
  readonly name: string;
  readonly planted: Partial<Planted>;
  /** Hypotheses that are to blame. */
  readonly guilty: readonly CheckId[];
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'features alone', planted: { featureLoss: 0.7 }, guilty: ['feature-parity'] },
  { name: 'skew alone', planted: { skew: 0.9 }, guilty: ['version-skew'] },
  { name: 'features and skew', planted: { featureLoss: 0.5, skew: 0.7 }, guilty: ['feature-parity', 'version-skew'] },
  {
    name: 'features and skew, few requests',
    planted: { featureLoss: 0.5, skew: 0.7, requests: 200 },
    guilty: ['feature-parity', 'version-skew'],
  },
  {
    name: 'an old checkpoint in a third of the requests',
    planted: { unexpected: 0.33, requests: 3000 },
    guilty: ['checkpoint-identity'],
  },
  { name: 'precision', planted: { precision: 0.8 }, guilty: ['precision-parity'] },
  { name: 'sampling bias', planted: { bias: 0.9, requests: 6000 }, guilty: ['sampling-bias'] },
  { name: 'features, a gap of about 3 SE', planted: { featureLoss: 0.5, requests: 170 }, guilty: ['feature-parity'] },
  { name: 'nothing', planted: {}, guilty: [] },
];

function coded(values: readonly string[]): Coded {
  const code = new Map<string, number>();
  const codes = Int32Array.from(values, (value) => {
    if (!code.has(value)) code.set(value, code.size);
    return code.get(value)!;
  });
  return { codes, names: [...code.keys()] };
}

function ledgerOf({ rows, texts, numbers }: LedgerTable): Ledger {
  const label = numbers.label!;
  const scores = Object.entries(numbers).filter(([name]) => /^(score_|s\d|only_|all_but_)/.test(name));
  return {
    rows,
    query: coded(texts.request_id),
    item: coded(texts.item_id),
    label,
    notices: [],
    strata: new Map(),
    production: numbers.score_prod!,
    weight: new Float64Array(rows).fill(1),
    onlineWeight: numbers.weight_online!,
    loss: new Map(scores.map(([name, p]) => [name, p.map((x, r) => -Math.log(label[r] === 1 ? x : 1 - x))])),
    unexpected: Uint8Array.from(texts.served_version, (version) => (version === 'v42' ? 0 : 1)),
    served: new Map(),
    leaked: new Uint8Array(rows),
  };
}

const RELEASE: ReleaseHead = {
  path: 'simulated.yml',
  folder: '',
  sha256: '',
  name: 'simulated',
  live: 'v42',
  livePlace: { file: 'simulated.yml' },
  evidence: new Map([
    ['ledger', { name: 'ledger', path: '', shown: 'simulated', sha256: '', place: { file: 'simulated.yml' } }],
  ]),
  pins: new Map(),
  notices: [],
};

type Simulated = Diagnosis & { readonly gap: NonNullable<Diagnosis['gap']> };

function diagnosisOf(planted: Planted, seed: number): Simulated {
  const evidence = Evidence.ofLedger(RELEASE, ledgerOf(gapLedger(planted, seed)));
  const context = { confidence: CONFIDENCE, sweptLoss: undefined };
  const onLedger = CHECKS_ON_EVIDENCE.filter(({ tables }) => tables[0]!.name === 'ledger');
  const checks = new Map(onLedger.map((check) => [check.id, check.examine(evidence, context)]));
  return diagnoseEvidence({ evidence, checks }, CONFIDENCE) as Simulated;
}

/** Share of a hypothesis in a population of its own: the mean of many large samples. */
function truthOf(planted: Planted): Map<CheckId, number> {
  const sums = new Map<CheckId, number>();
  let gap = 0;
  for (let i = 0; i < 12; i++) {
    const { gap: g, hypotheses } = diagnosisOf({ ...planted, requests: 12_000 }, 900_000 + i);
    gap += g.value;
    for (const { id, share } of hypotheses) if (share !== null) sums.set(id, (sums.get(id) ?? 0) + share * g.value);
  }
  return new Map([...sums].map(([id, sum]) => [id, sum / gap]));
}

export function main(argv: readonly string[]): void {
  const { values } = parseArgs({
    args: [...argv],
    options: { runs: { type: 'string', default: '200' }, example: { type: 'string' } },
  });
  if (values.example !== undefined) {
    writeExample(resolve(values.example));
    return;
  }
  const runs = Number(values.runs);
  const rows: string[] = [];
  for (const { name, planted, guilty } of SCENARIOS) {
    const world = { ...INNOCENT, ...planted };
    const truth = truthOf(world);
    const found = Array.from({ length: runs }, (_, seed) => diagnosisOf(world, seed + 1));
    const snr = found.map(({ gap }) => (gap.value / (gap.upper - gap.value)) * 1.645).sort((a, b) => a - b)[runs >> 1]!;
    const verdicts = (id: CheckId) =>
      VERDICTS.map((verdict) => {
        const count = found.filter((d) => d.hypotheses.find((h) => h.id === id)?.verdict === verdict).length;
        return count === 0 ? '' : `${verdict.replace('_', ' ')} ${Math.round((100 * count) / runs)} %`;
      })
        .filter((text) => text !== '')
        .join(', ');
    for (const id of guilty) {
      const share = truth.get(id)!;
      const within = found.filter((d) => {
        const h = d.hypotheses.find((one) => one.id === id)!;
        return (h.lower ?? Number.NEGATIVE_INFINITY) <= share && share <= (h.upper ?? Number.POSITIVE_INFINITY);
      }).length;
      rows.push(
        `| ${name} | ${snr.toFixed(1)} | **${id}** | ${Math.round(100 * share)} % | ${Math.round((100 * within) / runs)} % | ${verdicts(id)} |`,
      );
    }
    const innocent = found[0]!.hypotheses.filter((h) => h.verdict !== 'not_tested' && !guilty.includes(h.id));
    const blamed = found.filter((d) =>
      d.hypotheses.some(
        (h) => innocent.some(({ id }) => id === h.id) && (h.verdict === 'sufficient' || h.verdict === 'contributing'),
      ),
    ).length;
    rows.push(
      `| ${name} | ${snr.toFixed(1)} | ${innocent.length} innocent | | | some blamed in ${Math.round((1000 * blamed) / runs) / 10} % of the runs; ${innocent.map(({ id }) => `${id}: ${verdicts(id)}`).join('; ')} |`,
    );
    console.log(rows.slice(-1 - guilty.length).join('\n'));
  }
  const page = resolve(PAGE);
  const text = readFileSync(page, 'utf8');
  const table = [
    '| planted | gap / its SE (median) | hypothesis | true share | within its interval | decisions |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
  writeFileSync(
    page,
    text.replace(
      /<!-- table -->[\s\S]*<!-- \/table -->/,
      () => `<!-- table -->\n${runs} runs a scenario.\n\n${table}\n<!-- /table -->`,
    ),
  );
}

/** The example: features missing at serving, skew on one tier, saturated recall; past arms that cannot tell. */
function writeExample(folder: string): void {
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

/** The families of the candidate: name, coverage in training, share of the rows that the item embedder fills at serving. */
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

/** Retrieval gives nearly every auction winner in both arms already: saturated. */
function stageLog(): string {
  const random = new Random(5);
  const lines = ['request_id,arm,item_id,in_output,is_winner'];
  for (let q = 0; q < 3000; q++)
    for (let i = 0; i < 3; i++) {
      const arm = q % 2 === 0 ? 'control' : 'treatment';
      lines.push(`r${q},${arm},i${Math.floor(random.uniform() * 400)}_${i},${random.uniform() < 0.985 ? 1 : 0},1`);
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
    const truth = 0.3 * random.normal();
    lines.push(
      `arm_${i + 1},${(truth + 0.1 * random.normal()).toFixed(4)},0.1,${(0.5 * truth + 0.3 * random.normal()).toFixed(4)},0.3`,
    );
  }
  return `${lines.join('\n')}\n`;
}
