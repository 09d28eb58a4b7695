/** The policy of a starter: a template's rules, with the eval set, the slices and the distances of this project. */
import { relative, sep } from 'node:path';
import { type Value, YamlEdits } from '../documents/yaml/edits.js';
import { ConfigError } from '../errors.js';
import { findMetric } from '../estimation/metrics/registry.js';
import { capital, list, quoted, shellPath } from '../lib/text.js';
import type { Ranked } from './candidates.js';
import type { KnownTables } from './facts.js';
import { TABLES } from './given.js';
import type { Interview } from './interview.js';
import type { Roles } from './roles.js';
import type { Score } from './score.js';
import type { Template } from './template.js';
import { comment, flowList, flowMap, flowValue, scalar, UNPINNED } from './yaml-words.js';

/** All that a policy is written from. */
export interface PolicyParts {
  readonly name: string;
  readonly template: Template;
  /** Absolute path of the folder that it is written to. */
  readonly folder: string;
  readonly tables: KnownTables;
  readonly roles: Roles;
  readonly ranked: Ranked;
  readonly score: Score;
  /** Oldest distance of the release, and whether its newest old query checkpoint is there. */
  readonly deepest: number;
  readonly rollback: boolean;
  readonly distances?: { readonly [key: string]: Value };
  readonly interview: Interview;
  /** The live version's item vectors, as messages call their file; undefined where a graph embeds the items. */
  readonly vectors?: string;
}

export function policyText(parts: PolicyParts): string {
  const { name, template } = parts;
  const others = [...template.blocks].filter(([key]) => !['policy', 'eval_set', 'production'].includes(key));
  const head = comment(
    `Written by \`skewgate init\` from ${template.shown}: what is accepted. Every number is a judgement, with its ` +
      'reason beside it; make it your own. A pull request is judged by the policy of its base commit.',
  );
  const text = [head, `policy: ${scalar(name)}`, '', evalSetText(parts), '', productionText(parts), '']
    .concat(others.map(([, block]) => block.trim()))
    .join('\n');
  return edited(`${text}\n`, parts);
}

function evalSetText({ folder, tables, roles, ranked, interview }: PolicyParts): string {
  const paths = TABLES.flatMap((table) => {
    const known = tables[table];
    return known ? [`  ${table}: ${scalar(relative(folder, known.path).split(sep).join('/'))}`] : [];
  });
  const why = new Map(interview.settled.map((one) => [one.what, one.why] as const));
  const { query, item, label, weight, cluster, slices, grades } = roles;
  const reasons = ['query id', 'item id', 'label', 'weight', 'cluster'].flatMap((what) => {
    const reason = why.get(what);
    return reason === undefined ? [] : [comment(`${capital(what)}: ${reason}.`, '  ')];
  });
  return [
    'eval_set:',
    ...paths,
    '  sha256:',
    ...TABLES.flatMap((table) => (tables[table] ? [`    ${table}: ${UNPINNED}`] : [])),
    ...reasons,
    `  columns: ${flowMap({ query, item, label, weight, cluster })}`,
    ...(grades === 1
      ? []
      : [comment('Labels are grades: a label is its share of the highest.', '  '), `  grades: ${grades}`]),
    comment(`Slices: ${why.get('slices') ?? 'no column of few values with enough positives in each'}.`, '  '),
    `  slices: ${flowList(slices)}`,
    comment(`Candidates: ${ranked.why}.`, '  '),
    `  candidates: ${ranked.candidates}`,
  ].join('\n');
}

function productionText({ template, distances, rollback }: PolicyParts): string {
  const written = template.value.production;
  const mix = written?.mix ?? 'per_item';
  // A rollback needs an old query checkpoint.
  const kept = (['shards', 'canary', ...(rollback ? (['rollback'] as const) : [])] as const).flatMap((key) => {
    const value = written?.[key];
    return value === undefined ? [] : [`  ${key}: ${flowValue(value)}`];
  });
  if (distances === undefined)
    return [
      comment(
        'Where the index lies behind the query tower is not known yet, so that every swept distance has to pass. With ' +
          'figures, write them and `at: production` in the rules (docs/policy.md has the forms):',
      ),
      '# production:',
      `#   mix: ${mix}`,
      ...kept.map((line) => `# ${line}`),
      '#   distances: {0: 0.7, 1: 0.3}',
    ].join('\n');
  return [
    'production:',
    comment('Which items of different versions meet in one ranking (docs/mixed-index.md); as in the template.', '  '),
    `  mix: ${mix}`,
    ...kept,
    comment('Where the index lies behind the query tower, as given.', '  '),
    `  distances: ${flowValue(distances)}`,
  ].join('\n');
}

/** The rules with this project's slices, distances and cut-offs. */
function edited(text: string, parts: PolicyParts): string {
  const { template, deepest, rollback } = parts;
  const edits = new YamlEdits(text);
  const at = ['checks', 'version-skew'];
  const { require: rules, sweep } = template.skew;
  if (!rollback && sweep.from !== undefined && sweep.from < 0) edits.set([...at, 'sweep', 'from'], 0);
  edits.set([...at, 'sweep', 'to'], Math.min(deepest, sweep.to));
  if (parts.ranked.candidates === 'sampled' && rules.every(({ metric }) => ranks(metric))) throw onlySampled(parts);
  const metrics: string[] = [];
  for (const [i, rule] of rules.entries()) {
    const own = [...at, 'require', i];
    const metric = metricFor(rule.metric, parts);
    metrics.push(metric);
    edits.set([...own, 'metric'], metric);
    if (parts.distances === undefined && (rule.at ?? 'production') === 'production') edits.set([...own, 'at'], 'each');
    if (rule.slices) edits.set([...own, 'slices'], slicesFor(rule.slices, parts.roles.slices.map(placeholder)));
    if (ranks(metric) && parts.ranked.candidates === 'sampled') edits.set([...own, 'level'], 'warn');
  }
  // Cut-offs that were lowered may have made two rules one.
  for (let i = rules.length - 1; i > 0; i--)
    if (metrics.indexOf(metrics[i]!) !== i && metrics[i] !== rules[i]?.metric) edits.remove([...at, 'require', i]);
  return parts.roles.slices.reduce(
    (made, name, i) => made.replaceAll(placeholder(name, i), () => scalar(name)),
    edits.toString(),
  );
}

/** Stands for a slice while the file is edited, so that its name is written as `scalar` writes it. */
function placeholder(_: string, index: number): string {
  return `skewgate_slice_${index}_`;
}

/** Rankings of sampled negatives only warn (Krichene & Rendle 2020), and a policy must be able to fail. */
function onlySampled({ template, ranked }: PolicyParts): ConfigError {
  return new ConfigError([
    {
      found: `${template.shown}, whose rules all rank, and candidates that seem to be sampled: ${ranked.why}`,
      expected: 'the catalogue to rank, or rows that are all that a query was shown',
      mend: 'Add: --items CATALOGUE; or, where the rows are what was shown: --candidates logged',
    },
  ]);
}

function slicesFor(written: readonly string[], slices: readonly string[]): string[] {
  if (written.every((name) => name === 'all')) return [...written];
  const all = written.includes('all') || slices.length === 0 ? ['all'] : [];
  return [...all, ...slices];
}

function ranks(id: string): boolean {
  return findMetric(id)?.metric.kind === 'positions';
}

function withMend(mend: string | undefined): { readonly mend?: string } {
  return mend === undefined ? {} : { mend };
}

/** Vectors of the live version stand for a catalogue: their ids are its items. */
function catalogueMend({ vectors }: PolicyParts): string | undefined {
  return vectors === undefined
    ? undefined
    : `The live version’s vectors have every id. Add: --items ${shellPath(vectors)}`;
}

/** Metrics that cannot move where a query has no more candidates than the cut-off. */
const SHARES = ['recall', 'hit'];

/** The metric of a rule, its cut-off below the number of candidates. Throws ConfigError where it cannot be judged. */
function metricFor(id: string, parts: PolicyParts): string {
  const { score, ranked, template, interview } = parts;
  const found = findMetric(id);
  if (!found) return id;
  const { metric, k } = found;
  const other = `Add: --from ${metric.probabilities ? 'retrieval' : 'conversion'}`;
  if (metric.probabilities && !score.probabilities)
    throw new ConfigError([
      {
        found: `${template.shown}, whose rule on ${id} needs probabilities, and scores that are none (${score.why[1] ?? ''})`,
        expected: 'a policy of rankings, or the link that makes them probabilities',
        mend: `${other}; or: --link sigmoid --scale SCALE --bias BIAS, as they were trained`,
      },
    ]);
  if (metric.fixedUnder === score.link)
    throw new ConfigError([
      {
        found: `${template.shown}, whose rule on ${id} cannot move under link: ${score.link}`,
        expected: 'a policy of rankings, or another link',
        mend: 'Add: --from retrieval',
      },
    ]);
  if (metric.kind === 'positions' && ranked.count < 2)
    throw new ConfigError([
      {
        found: `${template.shown}, whose rule on ${id} ranks, and queries of one row each`,
        expected: 'several rows a query, or the catalogue: --items',
        ...withMend(score.probabilities ? other : catalogueMend(parts)),
      },
    ]);
  if (!SHARES.includes(metric.id) || k * 2 <= ranked.count) return id;
  const lower = [50, 20, 10, 5, 3].find((cut) => cut < k && cut * 2 <= ranked.count) ?? 1;
  const lowered = `${metric.id}@${lower}`;
  interview.note(`${id} became ${lowered}, as a query has ${ranked.count} candidates.`);
  return lowered;
}

/** Distances of a template of the user's that hold for any eval set: a histogram or a cadence of all rows. */
export function distancesOf({ own, value }: Template): PolicyParts['distances'] {
  const written = own ? value.production?.distances : undefined;
  if (!written || ELSEWHERE.some((key) => key in written)) return undefined;
  if ('cadence' in written && typeof written.cadence === 'object') return { cadence: { ...written.cadence } };
  const masses = Object.entries(written).flatMap(([key, mass]) =>
    typeof mass === 'number' ? [[key, mass] as const] : [],
  );
  return masses.length === 0 ? undefined : Object.fromEntries(masses);
}

/** Distances by these lie in another project's slices and files. */
const ELSEWHERE = ['by', 'counts', 'manifest'];

/** Says which of a template's keys a starter does not take over. Empty of those that ship. */
export function leftOut({ value, own: ofUser }: Template): string[] {
  const evalSet = value.eval_set ?? {};
  const own = ['rows', 'queries', 'items', 'sha256', 'columns', 'slices', 'candidates', 'grades'];
  const keys = Object.keys(evalSet).filter((key) => !own.includes(key));
  const distances = ofUser && ELSEWHERE.some((key) => key in (value.production?.distances ?? {}));
  return [
    ...(keys.length === 0 ? [] : [`Keys of the template’s eval_set are left out: ${list(keys.map(quoted))}.`]),
    ...(distances
      ? ['The template’s production.distances are left out, as they are of its own slices and files: add --distances.']
      : []),
  ];
}
