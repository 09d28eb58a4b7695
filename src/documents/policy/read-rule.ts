/** Lines of `require` of the check version-skew. */
import { list, quoted } from '../../lib/text.js';
import type { Path } from '../yaml/source.js';
import { FAMILY_OPERATORS, OPERATORS, type Operator, type Rule, type SliceColumns } from './policy.js';
import type { WrittenRule } from './policy-file.js';
import { limitOf, operatorOf, type WrittenLimit } from './read-limit.js';
import type { PolicyReading } from './reading.js';

/** The scope says what a rule may speak of. */
export interface RuleScope {
  /** The eval set's slice columns. */
  readonly slices: readonly string[];
  /** True where the policy says which version distances production has. */
  readonly production: boolean;
  /** The distances that are swept, and the live versions that they are swept for. */
  readonly from: number;
  readonly to: number;
  readonly anchors: number;
}

/** One rule; undefined, with a problem noted, where it has not exactly one operator with a finite limit. */
export function readRule(raw: WrittenRule, index: number, scope: RuleScope, reading: PolicyReading): Rule | undefined {
  const { source } = reading;
  const at: Path = ['checks', 'version-skew', 'require', index];
  const limit = operatorOf(raw, OPERATORS, source, ([, second]) =>
    second === undefined
      ? { place: source.place(at), mend: 'Write: {metric: log_loss, max_increase: 1%}' }
      : { place: source.keyPlace([...at, second]), mend: 'Write one rule for each.' },
  );
  const threshold = limit && thresholdOf(raw, limit, at, reading);
  if (!threshold) return undefined;
  const { operator } = limit;
  return {
    index,
    ...(raw.id === undefined ? {} : { id: raw.id }),
    metric: raw.metric,
    ...(raw.gain === 'exponential' ? { gain: raw.gain } : {}),
    operator,
    ...threshold,
    claim: claimOf(raw, operator, scope, at, reading),
    at: whereOf(raw, scope, at, reading),
    slices: slicesOf(raw, scope, at, reading),
    level: raw.level ?? 'fail',
    place: source.keyPlace([...at, operator]),
    metricPlace: source.place([...at, 'metric']),
    ...(raw.gain === undefined ? {} : { gainPlace: source.place([...at, 'gain']) }),
    atPlace: source.place([...at, 'at']),
    slicesPlace: source.place([...at, 'slices']),
  };
}

/** The limit; beside `no_more_sensitive_than` it is `margin`, 0 % where that is left out. */
function thresholdOf(
  { margin }: WrittenRule,
  { operator, written }: WrittenLimit<Operator>,
  at: Path,
  { source }: PolicyReading,
): Pick<Rule, 'threshold' | 'thresholdText' | 'relative'> | undefined {
  const sensitivity = operator === 'no_more_sensitive_than';
  if (margin !== undefined && !sensitivity)
    source.problem(
      source.keyPlace([...at, 'margin']),
      `a margin beside ${operator}`,
      'margin only with no_more_sensitive_than',
      `Write: ${operator}: ${margin}`,
    );
  const limit = limitOf(sensitivity ? (margin ?? '0%') : written);
  if (!Number.isFinite(limit.threshold))
    return source.problem(
      source.keyPlace([...at, operator]),
      `${operator} is ${quoted(written)}`,
      'a finite number or a percentage',
    );
  const thresholdText = sensitivity
    ? `production${margin === undefined ? '' : ` (margin ${margin})`}`
    : String(written);
  return { ...limit, thresholdText };
}

function claimOf(
  { claim = 'checkpoint' }: WrittenRule,
  operator: Operator,
  { anchors }: RuleScope,
  at: Path,
  { source }: PolicyReading,
): Rule['claim'] {
  const place = source.place([...at, 'claim']);
  if (claim === 'family' && anchors < 3)
    source.problem(
      place,
      'a claim about the family with one anchor',
      'at least 3 live versions, as one pair of checkpoints says nothing about the next',
      'Write: sweep: {from: 0, to: 3, anchors: 3}',
    );
  if (claim === 'family' && !FAMILY_OPERATORS.includes(operator))
    source.problem(place, `claim: family beside ${operator}`, `one of ${list(FAMILY_OPERATORS)}`);
  return claim;
}

/** The distances that the rule judges: production's where the policy says them, else each that is swept. */
function whereOf(
  raw: WrittenRule,
  { production, from, to }: RuleScope,
  at: Path,
  { source }: PolicyReading,
): Rule['at'] {
  const where = raw.at ?? (production ? 'production' : 'each');
  if (where === 'production' && !production)
    source.problem(
      source.place([...at, 'at']),
      'at: production in a policy without `production`',
      'the version distances that production has',
      'Add production: {mix: per_request, distances: {0: 0.7, 1: 0.3}}, or write at: each',
    );
  if (Array.isArray(where))
    for (const [i, distance] of where.entries())
      if (distance !== 0 && (distance < from || distance > to))
        source.problem(
          source.place([...at, 'at', i]),
          `distance ${distance}, which is not swept`,
          `0, or one from ${from} to ${to}`,
        );
  return where;
}

function slicesOf(raw: WrittenRule, { slices: known }: RuleScope, at: Path, reading: PolicyReading): SliceColumns[] {
  const { source } = reading;
  return (raw.slices ?? ['all']).map((name, i) => {
    const place = source.place([...at, 'slices', i]);
    const columns = name === 'all' ? [] : name.split('*').map((part) => part.trim());
    for (const column of columns) if (!known.includes(column)) reading.unknownSlice(column, place, known);
    if (new Set(columns).size !== columns.length)
      source.problem(place, `${quoted(name)}, which crosses a column with itself`, 'different columns');
    return columns;
  });
}
