/** Reads `waive`: which rule each waiver names, which slice of it, until when, and who answers for that. */
import { didYouMean, list, quoted } from '../../lib/text.js';
import type { Path } from '../yaml/source.js';
import type { CheckId, DiagnosisCheck, Rule, SliceColumns, Waiver } from './policy.js';
import type { WrittenWaiver } from './policy-file.js';
import type { PolicyReading } from './reading.js';

/** The rules of a policy: those of its sweep, and those of each check on evidence. */
export interface PolicyRules {
  readonly sweep: readonly Rule[];
  readonly evidence: readonly DiagnosisCheck[];
}

/** A rule as waivers may name it. */
interface Named {
  readonly check: CheckId;
  readonly rule: number;
  /** The text that is shown; the first of `texts`. */
  readonly shown: string;
  /** Every text that it goes by, its id first where it has one. */
  readonly texts: readonly string[];
  readonly line: number | undefined;
  /** The columns of its slices; undefined where they are known from its tables alone. */
  readonly slices?: readonly SliceColumns[];
}

/** The waivers that could be read, with a problem noted for each of the others. */
export function readWaivers(
  written: readonly WrittenWaiver[],
  rules: PolicyRules,
  reading: PolicyReading,
): readonly Waiver[] {
  const named = namesOf(rules);
  if (written.length > 0) sameIds(rules, reading);
  const waivers = written.flatMap((raw, i) => readWaiver(raw, ['waive', i], named, reading) ?? []);
  const first = new Map<string, Waiver>();
  for (const waiver of waivers) {
    const key = JSON.stringify([waiver.check, waiver.rule, Object.entries(waiver.slice ?? { '*': '' }).sort()]);
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, waiver);
    else
      reading.source.problem(
        waiver.place,
        `a second waiver of ${quoted(waiver.named)}`,
        'one waiver for a rule and slice',
        `Remove one of the two; the other is at line ${earlier.place.line}.`,
      );
  }
  return waivers;
}

function readWaiver(
  { rule, slice, until, owner, reason }: WrittenWaiver,
  at: Path,
  named: readonly Named[],
  { source }: PolicyReading,
): Waiver | undefined {
  const untilPlace = source.place([...at, 'until']);
  const real = isDay(until);
  if (!real)
    source.problem(untilPlace, `until ${quoted(until)}, which is no day`, 'a day of the calendar, such as 2026-12-31');
  const found = ruleNamed(rule, at, named, source);
  if (!found) return undefined;
  const slicePlace = source.place([...at, 'slice']);
  if (slice && found.slices && !found.slices.some((columns) => sameSet(columns, Object.keys(slice))))
    return source.problem(
      slicePlace,
      `a slice by ${columnsInWords(Object.keys(slice))}, by which ${quoted(found.shown)} does not judge`,
      `a slice by ${list(found.slices.map(columnsInWords))}`,
    );
  if (!real) return undefined;
  const values = slice && Object.fromEntries(Object.entries(slice).map(([column, value]) => [column, String(value)]));
  return {
    check: found.check,
    rule: found.rule,
    named: rule,
    ...(values ? { slice: values } : {}),
    until,
    owner,
    reason,
    place: source.place(at),
    slicePlace,
    untilPlace,
  };
}

/** The one rule that a text names. */
function ruleNamed(
  text: string,
  at: Path,
  named: readonly Named[],
  source: PolicyReading['source'],
): Named | undefined {
  const wanted = plain(text);
  const found = named.filter(({ texts }) => texts.includes(wanted));
  const [one, second] = found;
  if (one && !second) return one;
  const place = source.place([...at, 'rule']);
  if (one)
    return source.problem(
      place,
      `rule ${quoted(text)}, which ${found.length} rules are (lines ${list(found.map(({ line }) => String(line)))})`,
      'the name of one rule',
      'Give the rule an id and name that: {id: loss-at-production, metric: …}',
    );
  const near = didYouMean(
    wanted,
    named.flatMap(({ texts }) => texts),
  );
  return source.problem(
    place,
    `rule ${quoted(text)}, which this policy has not`,
    named.length === 0
      ? 'a rule of this policy (it has none)'
      : `one of ${list(named.map(({ shown }) => quoted(shown)))}`,
    near === undefined ? undefined : `Did you mean "${near}"?`,
  );
}

/** `log_loss max_increase at production`, `feature-parity log_loss max_increase`, and shorter where that is clear. */
function namesOf({ sweep, evidence }: PolicyRules): Named[] {
  const own = sweep.map(({ index, id, metric, operator, at, slices, place }): Named => {
    const short = `${metric} ${operator}`;
    const long = `${short} at ${typeof at === 'string' ? at : at.join(', ')}`;
    const texts = [...(id ? [id] : []), long, short, `version-skew ${long}`, `version-skew ${short}`];
    return { check: 'version-skew', rule: index, shown: texts[0]!, texts, line: place.line, slices };
  });
  const others = evidence.flatMap(({ id: check, rules }) =>
    rules.map(({ index, id, metric, operator, place }): Named => {
      const short = `${metric} ${operator}`;
      const texts = [...(id ? [id] : []), `${check} ${short}`, short];
      return { check, rule: index, shown: texts[0]!, texts, line: place.line };
    }),
  );
  return [...own, ...others];
}

/** Notes ids that two rules have. */
function sameIds({ sweep, evidence }: PolicyRules, { source }: PolicyReading): void {
  const seen = new Map<string, number | undefined>();
  for (const { id, place } of [...sweep, ...evidence.flatMap(({ rules }) => rules)]) {
    if (id === undefined) continue;
    if (seen.has(id))
      source.problem(place, `id ${quoted(id)} a second time`, 'every id once', `The other is at line ${seen.get(id)}.`);
    else seen.set(id, place.line);
  }
}

/** One space between words, and no brackets around a list of distances. */
function plain(text: string): string {
  return text
    .replace(/[[\]]/g, '')
    .replace(/\s*,\s*/g, ', ')
    .trim()
    .replace(/\s+/g, ' ');
}

function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(text);
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one) => b.includes(one));
}

function columnsInWords(columns: readonly string[]): string {
  return columns.length === 0 ? 'no column (all rows)' : columns.join('*');
}
