/** The hypotheses of an online-offline gap, each tested for "could this alone explain it?": docs/diagnosis.md. */
import { ConfigError } from '../errors.js';
import { list, quoted } from '../lib/text.js';
import type { CheckId, Policy } from '../policy/policy.js';
import type { ReleaseHead } from '../release/release.js';
import { ClusteredSums, linear, type Statistic } from '../statistics/clustered.js';
import { holm } from '../statistics/holm.js';
import { type Estimate, interval, violationPValue } from '../statistics/noninferiority.js';
import { type Share, shareOf } from '../statistics/share.js';
import { studentQuantile } from '../statistics/student-t.js';
import type { Bounded, Diagnosis, Hypothesis, HypothesisVerdict } from './diagnosis.js';
import { EvidenceTable } from './evidence-table.js';
import { HYPOTHESES, type HypothesisSpec } from './hypotheses.js';
import { type Ledger, readLedger, SCORES } from './ledger.js';
import type { OutcomeContext, OutcomeHypothesis } from './outcomes/outcome.js';
import { OUTCOMES } from './outcomes/registry.js';
import { winsorisedExcess } from './outliers.js';

/** Explains at least this share of the gap: sufficient. At most that one: ruled out. Judgement of this project, after methodology. */
const SUFFICIENT = 0.8;
const NEGLIGIBLE = 0.1;

/** Undefined where the policy asks for no hypothesis. */
export async function diagnose(policy: Policy, release: ReleaseHead): Promise<Diagnosis | undefined> {
  const { diagnosis: asked, confidence } = policy;
  if (asked.length === 0) return undefined;
  const file = release.evidence.get('ledger');
  if (!file)
    throw new ConfigError([
      {
        place: asked[0]!.place,
        found: `${list(asked.map(({ id }) => quoted(id)))} without a ledger in ${release.path}`,
        expected: 'the gap that they could explain: one row per (request, item) that was scored offline and online',
        mend: 'Write in the release: evidence: {ledger: gap/ledger.parquet}. docs/diagnosis.md has the query that writes it.',
      },
    ]);
  const ledger = await readLedger(file, release.live);
  const ids = asked.map(({ id }) => id);
  const diagnosis = diagnoseLedger(ledger, ids, confidence, [{ path: file.shown, sha256: file.sha256 }]);
  const context = { gap: diagnosis.gapEstimate, gainOffline: diagnosis.gainOffline, confidence };
  const outcomes: Hypothesis[] = [];
  for (const spec of OUTCOMES.filter(({ id }) => ids.includes(id)))
    outcomes.push(await outcomeOf(spec, release, context));
  const hypotheses = [...diagnosis.hypotheses, ...outcomes].sort((a, b) => a.layer - b.layer);
  return { gap: diagnosis.gap, hypotheses, residual: diagnosis.residual };
}

/** A hypothesis with a table of its own. */
async function outcomeOf(spec: OutcomeHypothesis, release: ReleaseHead, context: OutcomeContext): Promise<Hypothesis> {
  const { id, layer, table: name, required, optional, settle } = spec;
  const file = release.evidence.get(name);
  if (!file)
    return {
      ...NOT_MEASURED,
      id,
      layer,
      verdict: 'not_tested',
      evidence: [],
      why: `the release has no evidence ${name}`,
      settle,
    };
  const table = await EvidenceTable.read(file, required, optional);
  const { explains, ...found } = spec.judge(table, context);
  const { gap, confidence } = context;
  const share =
    explains && gap && found.verdict !== 'no_gap'
      ? shareOf(explains, gap, (rho) => independent(explains, gap, rho), confidence)
      : undefined;
  return {
    id,
    layer,
    evidence: [{ path: file.shown, sha256: file.sha256 }],
    ...found,
    alone: explains?.value ?? null,
    fix: null,
    share: share ? finite(share.share) : null,
    lower: share ? finite(share.lower) : null,
    upper: share ? finite(share.upper) : null,
  };
}

/** C - ρ·G where both come from different data. */
function independent(part: Estimate, gap: Estimate, rho: number): Estimate {
  return {
    value: part.value - rho * gap.value,
    standardError: Math.hypot(part.standardError, rho * gap.standardError),
    df: Math.min(part.df, gap.df),
  };
}

/** The diagnosis of a ledger that is read. */
export function diagnoseLedger(
  ledger: Ledger,
  asked: readonly CheckId[],
  confidence: number,
  evidence: Hypothesis['evidence'],
): Diagnosis & { readonly gapEstimate: Estimate; readonly gainOffline: Estimate } {
  const sums = new LedgerSums(ledger);
  const gap = sums.estimate(sums.gap);
  const wanted = HYPOTHESES.filter(({ id }) => id === 'version-skew' || asked.includes(id));
  const measured = wanted.map((spec) => ({ spec, measured: spec.missing(ledger) ?? sums.of(spec.id) }));
  const tested = measured.flatMap(({ spec, measured: m }) => (typeof m === 'string' ? [] : [{ id: spec.id, ...m }]));
  const claims = claimsOf(tested, sums, confidence);
  const hypotheses = measured.map(({ spec, measured: m }): Hypothesis => {
    if (typeof m === 'string')
      return {
        ...NOT_MEASURED,
        id: spec.id,
        layer: spec.layer,
        verdict: 'not_tested',
        evidence: [],
        why: m,
        settle: spec.settle,
      };
    return { id: spec.id, layer: spec.layer, evidence, ...judged(spec, m, sums, ledger, claims, confidence) };
  });
  const explained = tested.filter(({ id }) => HYPOTHESES.find((h) => h.id === id)!.telescopes);
  const residual = explained.reduce((rest, { contribution }) => linear(1, rest, -1, contribution), sums.gap);
  return {
    gap: {
      ledger: 'prediction',
      metric: 'log_loss',
      ...bounded(gap, confidence),
      offline: bounded(sums.estimate(sums.gainOffline), confidence),
      online: bounded(sums.estimate(sums.gainOnline), confidence),
      rows: ledger.rows,
    },
    hypotheses,
    residual: bounded(sums.estimate(residual), confidence),
    gapEstimate: gap,
    gainOffline: sums.estimate(sums.gainOffline),
  };
}

/** What was measured of a hypothesis; a text says why it was not. */
export interface Measured {
  /** What it contributes on the way from offline to online. */
  readonly contribution: Statistic;
  /** First-in and last-in, where columns tell them apart. */
  readonly alone?: Statistic;
  readonly fix?: Statistic;
}

/** Sums over the ledger, and every statistic of the diagnosis as a linear form of its ratios. */
class LedgerSums {
  private readonly names: string[] = [];
  private readonly sums: ClusteredSums;
  readonly gainOffline: Statistic;
  readonly gainOnline: Statistic;
  readonly gap: Statistic;

  constructor(private readonly ledger: Ledger) {
    const { weight, onlineWeight = weight, loss, unexpected } = ledger;
    const columns: Float64Array[] = [];
    const add = (name: string, values: Float64Array) => {
      this.names.push(name);
      columns.push(values);
    };
    const product = (w: Float64Array, x: Float64Array) => w.map((value, r) => value * x[r]!);
    add('w0', weight);
    add('w1', onlineWeight);
    for (const [name, values] of loss) {
      add(`w0 ${name}`, product(weight, values));
      add(`w1 ${name}`, product(onlineWeight, values));
    }
    const gain = loss.get('score_prod')!.map((x, r) => x - loss.get('s0')![r]!);
    add('w0 excess', product(weight, winsorisedExcess(gain, weight)));
    if (unexpected && loss.has('s4'))
      add(
        'w1 unexpected',
        onlineWeight.map((w, r) => w * unexpected[r]! * (loss.get('s5')![r]! - loss.get('s4')![r]!)),
      );
    this.sums = new ClusteredSums(ledger.query, ledger.item, columns, onlineWeight);
    this.gainOffline = linear(1, this.loss('w0', 'score_prod'), -1, this.loss('w0', 's0'));
    this.gainOnline = linear(1, this.loss('w1', 'score_prod'), -1, this.loss('w1', 's5'));
    this.gap = linear(1, this.gainOffline, -1, this.gainOnline);
  }

  estimate(statistic: Statistic): Estimate {
    return this.sums.estimate(statistic);
  }

  /** part - ρ·gap. */
  contrast(part: Statistic, rho: number): Estimate {
    return this.estimate(linear(1, part, -rho, this.gap));
  }

  private mean(weight: 'w0' | 'w1', column: string): Statistic {
    return this.sums.ratio(this.names.indexOf(column), this.names.indexOf(weight));
  }

  private loss(weight: 'w0' | 'w1', column: string): Statistic {
    return this.mean(weight, `${weight} ${column}`);
  }

  /** Loss of the first state less that of the second, on the rows that production serves. */
  private step(from: string, to: string): Statistic {
    return linear(1, this.loss('w1', to), -1, this.loss('w1', from));
  }

  of(id: CheckId): Measured {
    switch (id) {
      case 'sampling-bias': {
        const online = linear(1, this.loss('w1', 'score_prod'), -1, this.loss('w1', 's0'));
        return { contribution: linear(1, this.gainOffline, -1, online) };
      }
      case 'label-leakage':
        return { contribution: linear(1, this.loss('w0', 's0_pit'), -1, this.loss('w0', 's0')) };
      case 'outlier-domination':
        return { contribution: this.mean('w0', 'w0 excess') };
      case 'checkpoint-identity':
        return { contribution: this.mean('w1', 'w1 unexpected') };
      default: {
        const at = { 'feature-parity': 1, 'version-skew': 2, 'precision-parity': 3 }[id as string]!;
        const name = id.replaceAll('-', '_');
        const toggle = (column: string) => this.ledger.loss.has(column);
        return {
          contribution: this.step(SCORES[at - 1]!, SCORES[at]!),
          ...(toggle(`only_${name}`) ? { alone: this.step('s0', `only_${name}`) } : {}),
          ...(toggle(`all_but_${name}`) ? { fix: this.step(`all_but_${name}`, 's5') } : {}),
        };
      }
    }
  }
}

/** Which hypotheses Holm's procedure lets be called contributing, and sufficient. */
interface Claims {
  readonly contributing: ReadonlySet<CheckId>;
  readonly sufficient: ReadonlySet<CheckId>;
}

function claimsOf(tested: readonly (Measured & { id: CheckId })[], sums: LedgerSums, confidence: number): Claims {
  const claimed = (rho: number) => {
    const pValues = tested.map(({ alone, contribution }) =>
      violationPValue(sums.contrast(alone ?? contribution, rho), { upper: 0 }),
    );
    const rejected = holm(pValues, 1 - confidence);
    return new Set(tested.filter((_, i) => rejected[i]).map(({ id }) => id));
  };
  return { contributing: claimed(0), sufficient: claimed(SUFFICIENT) };
}

const NOT_MEASURED = { alone: null, fix: null, share: null, lower: null, upper: null } as const;

function judged(
  spec: HypothesisSpec,
  { contribution, alone, fix }: Measured,
  sums: LedgerSums,
  ledger: Ledger,
  claims: Claims,
  confidence: number,
): Omit<Hypothesis, 'id' | 'layer' | 'evidence'> {
  const first = alone ?? contribution;
  const estimate = sums.estimate(first);
  const gap = sums.estimate(sums.gap);
  // Of two causes Shapley's value is the mean of first-in and last-in; along the path it is the contribution itself.
  const shared = alone && fix ? linear(0.5, alone, 0.5, fix) : first;
  const share = shareOf(sums.estimate(shared), gap, (rho) => sums.contrast(shared, rho), confidence);
  const verdict = verdictOf(spec, first, fix, sums, ledger, claims, confidence);
  const figures = {
    alone: estimate.value,
    fix: fix ? sums.estimate(fix).value : null,
    share: finite(share.share),
    lower: finite(share.lower),
    upper: finite(share.upper),
  };
  const fact = spec.fact?.(ledger);
  return {
    ...figures,
    verdict,
    why: [
      reason(verdict, share),
      ...(fact === undefined ? [] : [fact]),
      ...interaction(figures.alone, figures.fix, gap.value),
    ].join('; '),
    settle: verdict === 'inconclusive' ? settles(spec, first, sums, ledger, confidence) : '',
  };
}

function verdictOf(
  spec: HypothesisSpec,
  first: Statistic,
  fix: Statistic | undefined,
  sums: LedgerSums,
  ledger: Ledger,
  claims: Claims,
  confidence: number,
): HypothesisVerdict {
  if (!(interval(sums.estimate(sums.gap), confidence).lower > 0)) return 'no_gap';
  const small = (part: Statistic) =>
    interval(sums.contrast(part, NEGLIGIBLE), confidence).upper < 0 &&
    interval(sums.contrast(part, -NEGLIGIBLE), confidence).lower > 0;
  const excluded = small(first) && (fix === undefined || small(fix)) && (spec.innocent?.(ledger) ?? true);
  // What is real but negligible explains nothing.
  if (excluded) return 'ruled_out';
  if (!claims.contributing.has(spec.id)) return 'inconclusive';
  return claims.sufficient.has(spec.id) ? 'sufficient' : 'contributing';
}

function reason(verdict: HypothesisVerdict, { share, lower, upper }: Share): string {
  const shown = `${percent(share)} of the gap [${percent(lower)}, ${percent(upper)}]`;
  switch (verdict) {
    case 'no_gap':
      return 'there is no clear gap to explain';
    case 'sufficient':
      return `alone it explains ${shown}, at least ${percent(SUFFICIENT)}`;
    case 'contributing':
      return `it explains ${shown}: a part, not shown to be enough alone`;
    case 'ruled_out':
      return `it explains ${shown}, less than ${percent(NEGLIGIBLE)} either way`;
    default:
      return `${shown}: the data cannot tell`;
  }
}

/** First-in and last-in differ where causes need each other. */
function interaction(alone: number, fix: number | null, gap: number): string[] {
  if (fix === null || Math.abs(alone - fix) < NEGLIGIBLE * Math.abs(gap)) return [];
  return [
    `alone it explains ${percent(alone / gap)}, and mending it alone wins back ${percent(fix / gap)}: it acts together with another cause`,
  ];
}

/** The standard error that would settle it, and about how many rows like these that takes. */
function settles(spec: HypothesisSpec, part: Statistic, sums: LedgerSums, ledger: Ledger, confidence: number): string {
  if (spec.innocent?.(ledger) === false && spec.acquits) return spec.acquits(ledger);
  const gap = sums.estimate(sums.gap).value;
  const { value, standardError, df } = sums.estimate(part);
  const room =
    value >= SUFFICIENT * gap
      ? value
      : value > NEGLIGIBLE * gap
        ? value
        : Math.min(NEGLIGIBLE * gap - value, value + NEGLIGIBLE * gap);
  const needed = Math.abs(room) / studentQuantile(confidence, df);
  if (!(needed > 0) || needed >= standardError)
    return `more rows: the evidence is borderline (standard error ${figure(standardError)})`;
  const rows = ledger.rows * (standardError / needed) ** 2;
  const magnitude = 10 ** Math.max(0, Math.floor(Math.log10(rows)) - 1);
  return `a standard error of ${figure(needed)} in place of ${figure(standardError)}: about ${(Math.ceil(rows / magnitude) * magnitude).toLocaleString('en-US')} rows like these`;
}

function bounded(estimate: Estimate, confidence: number): Bounded {
  const { lower, upper } = interval(estimate, confidence);
  return { value: estimate.value, lower, upper };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${Math.round(100 * share)} %`.replace('-', '−') : 'unbounded';
}

function figure(value: number): string {
  return String(Number(value.toPrecision(3)));
}
