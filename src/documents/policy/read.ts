/** gates/*.yml → Policy. Every mistake of the file is found in one reading. */
import { dirname, resolve } from 'node:path';
import policySchema from '../../../gates/policy.schema.json' with { type: 'json' };
import type { Workspace } from '../../data/artefacts/files.js';
import { tableAt } from '../../data/artefacts/table-at.js';
import { ConfigError, type Place } from '../../errors.js';
import { didYouMean, list, quoted } from '../../lib/text.js';
import { compileSchema, type Path, YamlSource } from '../yaml/source.js';
import { checkout, type PolicyOrigin, readWorkspaceYaml } from './origin.js';
import {
  type CheckId,
  EVAL_FILES,
  EVIDENCE_CHECKS,
  type EvalFile,
  type EvalFileRef,
  type EvalSetPolicy,
  type EvidenceCheckId,
  type EvidenceRule,
  OPERATORS,
  type Operator,
  type Policy,
  type PolicyHead,
  type Production,
  type Rule,
  type SkewPolicy,
  type SliceColumns,
} from './policy.js';
import { ProductionReader, type RawProduction, type ReaderTools } from './read-production.js';

/** In the order of the layers, which the diagnosis keeps. */
const CHECKS: readonly CheckId[] = [...EVIDENCE_CHECKS, 'version-skew'];

const validate = compileSchema(policySchema);

/** The file as the schema has checked it. */
interface RawPolicy {
  policy: string;
  require_pins?: boolean;
  eval_set?: {
    rows: string;
    queries?: string;
    items?: string;
    sha256: Partial<Record<EvalFile, string>>;
    columns: { query: string; item: string; label: string; weight?: string; cluster?: string };
    slices?: string[];
    candidates?: 'full' | 'logged' | 'sampled';
    weight_queries?: boolean;
  };
  production?: RawProduction;
  checks: { 'version-skew'?: RawVersionSkew } & Partial<Record<EvidenceCheckId, { require?: RawRule[] }>>;
  confidence?: string | number;
  on_inconclusive?: 'fail' | 'warn';
  on_no_skill?: 'fail' | 'warn';
  thin_slices?: 'fail' | 'report';
  allow_identical_versions?: boolean;
}

interface RawVersionSkew {
  sweep: { from?: number; to: number; anchors?: number };
  min_coverage?: string;
  require: RawRule[];
  confidence?: string | number;
  on_inconclusive?: 'fail' | 'warn';
  on_no_skill?: 'fail' | 'warn';
  thin_slices?: 'fail' | 'report';
  allow_identical_versions?: boolean;
}

type RawRule = {
  metric: string;
  at?: 'production' | 'each' | number[];
  slices?: string[];
  level?: 'fail' | 'warn';
  claim?: 'checkpoint' | 'family';
} & Partial<Record<string, string | number>>;

/** Reads and checks a policy; `path` may be absolute or relative to the current directory. */
export function readPolicy(path: string, workspace: Workspace, origin: PolicyOrigin = checkout('file')): Policy {
  const original = origin.policy(resolve(path), workspace);
  const source = new YamlSource(workspace.show(original.path), original.text);
  source.check(validate, {});
  source.problems.throwIfAny(ConfigError);
  const raw = source.value as RawPolicy;
  const reader = new PolicyReader(source, dirname(original.path), workspace, origin);
  const policy = reader.read(raw);
  source.problems.throwIfAny(ConfigError);
  const { from, difference, notices } = original;
  const origins = { from, ...(difference === undefined ? {} : { difference }), notices };
  return { ...policy, ...origins, ...(policy.skew ? { skew: { ...policy.skew, ...origins } } : {}) };
}

/** Opens a policy or release file of the checkout. */
export function openYaml(file: string, workspace: Workspace, what: string): YamlSource {
  return new YamlSource(workspace.show(file), readWorkspaceYaml(file, workspace, what));
}

class PolicyReader implements ReaderTools {
  constructor(
    readonly source: YamlSource,
    private readonly folder: string,
    private readonly workspace: Workspace,
    private readonly origin: PolicyOrigin,
  ) {}

  read(raw: RawPolicy): Omit<Policy, 'from' | 'difference' | 'notices'> {
    const written = raw.checks['version-skew'];
    // Empty, it is a hypothesis as the others are.
    const own = written && Object.keys(written).length > 0 ? written : undefined;
    // Beside other checks on evidence the sweep's check is a hypothesis too.
    const others = EVIDENCE_CHECKS.some((id) => raw.checks[id] !== undefined);
    const asked = (id: CheckId) =>
      id === 'version-skew' ? written !== undefined && (!own || others) : raw.checks[id] !== undefined;
    const rulesOf = (id: CheckId) => (id === 'version-skew' ? [] : (raw.checks[id]?.require ?? []));
    const head = {
      path: this.source.file,
      sha256: this.source.sha256,
      name: raw.policy,
      requirePins: raw.require_pins ?? false,
      confidence: confidence(own?.confidence ?? raw.confidence),
      onInconclusive: own?.on_inconclusive ?? raw.on_inconclusive ?? 'fail',
      diagnosis: CHECKS.filter(asked).map((id) => ({
        id,
        place: this.source.keyPlace(['checks', id]),
        rules: rulesOf(id).flatMap((rule, index) => this.evidenceRule(rule, id, index) ?? []),
      })),
    } as const;
    for (const key of ['allow_identical_versions', 'on_no_skill', 'thin_slices'] as const)
      if (raw[key] !== undefined && !own)
        this.problem(
          this.source.keyPlace([key]),
          `${key} without a sweep`,
          'the check version-skew with a sweep, which it is about',
          'Remove it.',
        );
    const skew = own && this.skew(raw, own, head);
    return { ...head, ...(skew ? { skew: skew as SkewPolicy } : {}) };
  }

  private evidenceRule(raw: RawRule, id: CheckId, index: number): EvidenceRule | undefined {
    const at: Path = ['checks', id, 'require', index];
    const operators = (['max_increase', 'max_decrease', 'min', 'max'] as const).filter((o) => raw[o] !== undefined);
    if (operators.length !== 1)
      return this.problem(
        this.source.place(at),
        operators.length === 0 ? 'a rule without an operator' : `a rule with ${list(operators)}`,
        'exactly one of max_increase, max_decrease, min and max',
      );
    const operator = operators[0]!;
    const written = raw[operator]!;
    const relative = typeof written === 'string';
    return {
      index,
      metric: raw.metric,
      operator,
      threshold: relative ? percentage(written) : Number(written),
      thresholdText: String(written),
      relative,
      level: raw.level ?? 'fail',
      place: this.source.keyPlace([...at, operator]),
      metricPlace: this.source.place([...at, 'metric']),
    };
  }

  /** What a sweep needs. */
  private skew(
    raw: RawPolicy,
    skew: RawVersionSkew,
    head: Omit<PolicyHead, 'from' | 'difference' | 'notices'>,
  ): Omit<SkewPolicy, 'from' | 'difference' | 'notices'> | undefined {
    if (!raw.eval_set)
      return this.problem(
        this.source.keyPlace(['checks', 'version-skew']),
        'version-skew in a policy without eval_set',
        'the pinned eval set that it is measured on',
        'Write: eval_set: {rows: ../eval/rows.parquet, sha256: {rows: …}, columns: {query: request_id, item: item_id, label: clicked}}',
      );
    const evalSet = this.evalSet(raw.eval_set);
    const production = raw.production ? new ProductionReader(this).read(raw.production, evalSet.slices) : undefined;
    const from = skew.sweep.from ?? 0;
    const sweepPath: Path = ['checks', 'version-skew', 'sweep'];
    if (from > skew.sweep.to)
      this.problem(
        this.source.place([...sweepPath, 'from']),
        `a sweep from ${from} to ${skew.sweep.to}`,
        'from at most to',
        'Write: sweep: {from: 0, to: 6}',
      );
    if (from === 0 && skew.sweep.to === 0)
      this.problem(
        this.source.place(sweepPath),
        'a sweep of distance 0 alone',
        'at least one other distance',
        'Write: sweep: {from: 0, to: 6}',
      );
    this.duplicateRules(skew.require);
    const anchors = skew.sweep.anchors ?? 1;
    const sweep = { from, to: skew.sweep.to, anchors };
    const rules = skew.require.map((rule, index) => this.rule(rule, index, evalSet, production, sweep));
    return {
      ...head,
      evalSet,
      ...(production ? { production } : {}),
      versionSkew: {
        from,
        to: skew.sweep.to,
        sweepPlace: this.source.place(sweepPath),
        anchors,
        minCoverage: skew.min_coverage === undefined ? DEFAULT_COVERAGE : percentage(skew.min_coverage),
        onNoSkill: skew.on_no_skill ?? raw.on_no_skill ?? 'fail',
        thinSlices: skew.thin_slices ?? raw.thin_slices ?? 'fail',
        allowIdenticalVersions: skew.allow_identical_versions ?? raw.allow_identical_versions ?? false,
        place: this.source.keyPlace(['checks', 'version-skew']),
        rules: rules.filter((rule): rule is Rule => rule !== undefined),
        confidence: head.confidence,
      },
    };
  }

  /** The same rule again would only dilute Holm's procedure. */
  private duplicateRules(rules: readonly RawRule[]): void {
    const first = new Map<string, number>();
    for (const [index, rule] of rules.entries()) {
      const key = JSON.stringify(Object.entries({ ...rule, level: undefined }).sort(([a], [b]) => (a < b ? -1 : 1)));
      const earlier = first.get(key);
      if (earlier === undefined) first.set(key, index);
      else
        this.problem(
          this.source.place(['checks', 'version-skew', 'require', index]),
          `the same rule as rule ${earlier + 1}`,
          'every rule once',
          'Remove one of the two.',
        );
    }
  }

  problem(place: Place, found: string, expected: string, mend?: string): undefined {
    this.source.problems.add({ place, found, expected, ...(mend === undefined ? {} : { mend }) });
    return undefined;
  }

  private evalSet(raw: NonNullable<RawPolicy['eval_set']>): EvalSetPolicy {
    const at: Path = ['eval_set'];
    const files: Partial<Record<EvalFile, EvalFileRef>> = {};
    for (const name of EVAL_FILES) {
      const written = raw[name];
      const digest = raw.sha256[name];
      const place = this.source.place([...at, name]);
      if (written === undefined) {
        if (digest !== undefined)
          this.problem(
            this.source.keyPlace([...at, 'sha256', name]),
            `a digest of ${quoted(name)}, which eval_set does not name`,
            `eval_set.${name}, or no digest of it`,
          );
        continue;
      }
      if (digest === undefined)
        this.problem(
          this.source.keyPlace([...at, 'sha256']),
          `no sha256 of ${quoted(name)}`,
          'one digest per file',
          `Run: skewgate pin ${this.source.file}`,
        );
      const path = this.path(written, place, `eval_set.${name}`);
      if (path !== undefined && digest !== undefined)
        files[name] = {
          path,
          sha256: digest.toLowerCase(),
          place,
          digestPlace: this.source.place([...at, 'sha256', name]),
        };
    }
    const columnPlaces = new Map<string, Place>();
    const used = new Map<string, string>();
    for (const [role, column] of Object.entries(raw.columns)) {
      const place = this.source.place([...at, 'columns', role]);
      columnPlaces.set(role, place);
      const other = used.get(column);
      const mayShare = role === 'cluster' && (other === 'query' || other === undefined);
      if (other !== undefined && !mayShare)
        this.problem(place, `column ${quoted(column)} as ${other} and as ${role}`, 'a column of its own for each');
      used.set(column, role);
    }
    for (const [i, column] of (raw.slices ?? []).entries())
      columnPlaces.set(`slices.${column}`, this.source.place([...at, 'slices', i]));
    return {
      files: files as EvalSetPolicy['files'],
      columns: raw.columns,
      columnPlaces,
      slices: raw.slices ?? [],
      candidates: raw.candidates ?? 'logged',
      weightQueries: raw.weight_queries ?? false,
    };
  }

  /** An existing table inside the workspace, or undefined with a problem noted. */
  path(written: string, place: Place, what: string): string | undefined {
    return this.existing(written, place, what, (path) => path)?.path;
  }

  table(written: string, place: Place, what: string): { path: string; shown: string } | undefined {
    return this.existing(written, place, what, (path) => this.origin.table(path, this.workspace));
  }

  private existing(
    written: string,
    place: Place,
    what: string,
    whereToRead: (path: string) => string,
  ): { path: string; shown: string } | undefined {
    const named = resolve(this.folder, written);
    if (!this.workspace.contains(named))
      return this.problem(place, `${what} at ${quoted(written)}, outside the workspace`, 'a path inside the workspace');
    const path = whereToRead(named);
    const table = tableAt(path, this.workspace, place);
    if (!table)
      return this.problem(
        place,
        `${what} at ${quoted(written)}, where no file is`,
        'a path relative to this policy',
        `(Looked for ${this.workspace.show(named)}.)`,
      );
    for (const problem of table.problems) this.source.problems.add(problem);
    if (table.problems.length > 0) return undefined;
    return { path, shown: this.workspace.show(named) };
  }

  unknownSlice(name: string, place: Place, slices: readonly string[]): void {
    const near = didYouMean(name, slices);
    this.problem(
      place,
      `${quoted(name)}, which is no slice column`,
      slices.length > 0
        ? `one of eval_set.slices: ${list(slices)}`
        : 'a column listed in eval_set.slices (it lists none)',
      near ? `Did you mean "${near}"?` : undefined,
    );
  }

  private rule(
    raw: RawRule,
    index: number,
    evalSet: EvalSetPolicy,
    production: Production | undefined,
    { from, to, anchors }: { from: number; to: number; anchors: number },
  ): Rule | undefined {
    const at: Path = ['checks', 'version-skew', 'require', index];
    const operators = OPERATORS.filter((operator) => raw[operator] !== undefined);
    if (operators.length !== 1)
      return this.problem(
        operators.length === 0 ? this.source.place(at) : this.source.keyPlace([...at, operators[1]!]),
        operators.length === 0 ? 'a rule without an operator' : `a rule with ${list(operators)}`,
        `exactly one of ${list(OPERATORS)}`,
        operators.length === 0 ? 'Write: {metric: log_loss, max_increase: 1%}' : 'Write one rule for each.',
      );
    const operator = operators[0]!;
    const written = raw[operator]!;
    const place = this.source.keyPlace([...at, operator]);
    const sensitivity = operator === 'no_more_sensitive_than';
    if (raw.margin !== undefined && !sensitivity)
      this.problem(
        this.source.keyPlace([...at, 'margin']),
        `a margin beside ${operator}`,
        'margin only with no_more_sensitive_than',
        `Write: ${operator}: ${raw.margin}`,
      );
    const limit = sensitivity ? (raw.margin ?? '0%') : written;
    const relative = typeof limit === 'string';
    const threshold = relative ? percentage(limit) : Number(limit);
    if (!Number.isFinite(threshold))
      return this.problem(place, `${operator} is ${quoted(written)}`, 'a finite number or a percentage');

    const claim = raw.claim ?? 'checkpoint';
    if (claim === 'family' && anchors < 3)
      this.problem(
        this.source.place([...at, 'claim']),
        'a claim about the family with one anchor',
        'at least 3 live versions, as one pair of checkpoints says nothing about the next',
        'Write: sweep: {from: 0, to: 3, anchors: 3}',
      );
    if (claim === 'family' && !FAMILY_OPERATORS.includes(operator))
      this.problem(
        this.source.place([...at, 'claim']),
        `claim: family beside ${operator}`,
        `one of ${list(FAMILY_OPERATORS)}`,
      );

    const where = raw.at ?? (production ? 'production' : 'each');
    const atPlace = this.source.place([...at, 'at']);
    if (where === 'production' && !production)
      this.problem(
        atPlace,
        'at: production in a policy without `production`',
        'the version distances that production has',
        'Add production: {mix: per_request, distances: {0: 0.7, 1: 0.3}}, or write at: each',
      );
    if (Array.isArray(where))
      for (const [i, distance] of where.entries())
        if (distance !== 0 && (distance < from || distance > to))
          this.problem(
            this.source.place([...at, 'at', i]),
            `distance ${distance}, which is not swept`,
            `0, or one from ${from} to ${to}`,
          );

    const slices: SliceColumns[] = [];
    for (const [i, name] of (raw.slices ?? ['all']).entries()) {
      const slicePlace = this.source.place([...at, 'slices', i]);
      const columns = name === 'all' ? [] : name.split('*').map((part) => part.trim());
      for (const column of columns)
        if (!evalSet.slices.includes(column)) this.unknownSlice(column, slicePlace, evalSet.slices);
      if (new Set(columns).size !== columns.length)
        this.problem(slicePlace, `${quoted(name)}, which crosses a column with itself`, 'different columns');
      slices.push(columns);
    }
    return {
      index,
      metric: raw.metric,
      operator,
      threshold,
      thresholdText: sensitivity
        ? `production${raw.margin === undefined ? '' : ` (margin ${raw.margin})`}`
        : String(written),
      relative,
      claim,
      at: where,
      slices,
      level: raw.level ?? 'fail',
      place,
      metricPlace: this.source.place([...at, 'metric']),
      atPlace,
      slicesPlace: this.source.place([...at, 'slices']),
    };
  }
}

/** Of the rows, where the policy does not say. Judgement of this project. */
const DEFAULT_COVERAGE = 0.95;
/** What a mean over anchors can be held against: changes. */
const FAMILY_OPERATORS: readonly Operator[] = ['max_increase', 'max_decrease', 'max_change'];

function percentage(text: string): number {
  return Number(text.replace('%', '')) / 100;
}

function confidence(raw: string | number | undefined): number {
  if (raw === undefined) return 0.95;
  return typeof raw === 'number' ? raw : percentage(raw);
}
