/**
 * A project's first policy, release and workflow, from its tables and its towers: what the files tell is inferred, the
 * rest is asked (`interview.ts`), and the live towers are run on a few rows before anything is said of scores.
 */
import { resolve } from 'node:path';
import type { Workspace } from '../data/artefacts/files.js';
import type { Side } from '../data/checkpoints/checkpoint.js';
import type { Value } from '../documents/yaml/edits.js';
import { ConfigError } from '../errors.js';
import { list, plural, quoted } from '../lib/text.js';
import { refuseBareRows } from './bare-rows.js';
import { candidatesOf } from './candidates.js';
import { type Known, type KnownTables, readTables } from './facts.js';
import { columnsOf, type Feeding } from './feeding.js';
import { feedsOf } from './feeds.js';
import type { Given } from './given.js';
import { givenSources } from './given-inputs.js';
import { type LiveTower, readLive } from './graphs.js';
import type { Interview } from './interview.js';
import { chooseOutputs } from './outputs.js';
import { distancesOf, leftOut, policyText } from './policy-text.js';
import { type ProbedTower, probe } from './probe.js';
import { releaseText } from './release-text.js';
import { findRoles, type Roles } from './roles.js';
import { type Score, scoreOf } from './score.js';
import { readTemplate } from './template.js';
import { placeVersions } from './version-place.js';
import { findVersions } from './versions.js';
import { workflowText } from './workflow-text.js';

/** The texts of the files that a starter writes, without their pins. */
export interface Starter {
  readonly policy: string;
  readonly release: string;
  readonly workflow: string;
  /** The policy that it began with. */
  readonly template: string;
}

/** @param readDistances reads an answer on production's distances; undefined where it is none */
export async function makeStarter(
  written: Given,
  workspace: Workspace,
  interview: Interview,
  asksDistances: boolean,
  readDistances: (text: string) => Given['distances'],
): Promise<Starter> {
  const from = written.from === undefined ? undefined : readTemplate(written.from, workspace);
  const tables = await readTables(written, workspace);
  for (const note of lookedAt(tables)) interview.note(note);
  const placed = placeVersions(written, interview);
  const found = await findVersions(placed, interview);
  const given = withLive(placed, found);
  const [live = ''] = found.versions;
  const graphs = {
    query: await readLive('query', live, given, workspace),
    item: await readLive('item', live, given, workspace),
  };
  const read = new Set([...inputsOf(graphs.query), ...inputsOf(graphs.item)]);
  const roles = await findRoles(given, tables, read, interview);
  const towers = await feedTowers(given, graphs, tables, roles, interview);
  const probed = await probe(towers, tables, roles);
  const tokens = towers.query.tokens && towers.item.tokens;
  const score = await scoreOf(given, probed, tokens, roles.grades > 1, interview);
  const ranked = candidatesOf(given, tables, roles, interview);
  const ofTemplate = given.distances || !from ? undefined : distancesOf(from);
  if (ofTemplate)
    interview.tell('distances of production', plural(Object.keys(ofTemplate).length, 'key'), `as in ${from?.shown}`);
  const distances = given.distances ?? ofTemplate ?? (await askDistances(interview, asksDistances, readDistances));
  interview.throwIfOpen();
  const template = from ?? readTemplate(templateFor(score, roles, towers, tables), workspace);
  for (const sentence of leftOut(template)) interview.note(sentence);
  const [gates, models] = [resolve(workspace.root, 'gates'), resolve(workspace.root, 'models')];
  const policy = policyText({
    ...{ name: given.name, template, folder: gates, tables, roles, ranked, score, interview },
    deepest: found.versions.length - 1,
    rollback: found.query.has(found.versions[1] ?? ''),
    ...(graphs.item.graph ? {} : { vectors: graphs.item.checkpoint.shown }),
    ...(distances && Object.keys(distances).length > 0 ? { distances } : {}),
  });
  const release = releaseText({ given, folder: models, ...found, towers, score, interview });
  return { policy, release, workflow: workflowText(given.name), template: template.shown };
}

/** Scale and bias of the live version, where every version has its own. Throws ConfigError where one lacks it. */
function withLive(given: Given, { versions, query }: Awaited<ReturnType<typeof findVersions>>): Given {
  const needed = versions.filter((version) => query.has(version));
  const own = (['scale', 'bias'] as const).flatMap((key) => {
    const of = given.byVersion[key];
    const lacking = of && needed.find((version) => of[version] === undefined);
    if (lacking !== undefined)
      throw new ConfigError([
        {
          found: `--${key} without version ${quoted(lacking)}`,
          expected: `a number for every version that has a query checkpoint: ${list(needed)}`,
        },
      ]);
    return of ? [[key, of[needed[0] ?? '']] as const] : [];
  });
  return { ...given, ...Object.fromEntries(own) };
}

function inputsOf({ graph }: LiveTower): string[] {
  return graph?.inputs.map(({ name }) => name) ?? [];
}

/** Finds what feeds both graphs, and the output of each that is the embedding. */
async function feedTowers(
  given: Given,
  graphs: Readonly<Record<Side, LiveTower>>,
  tables: KnownTables,
  roles: Roles,
  interview: Interview,
): Promise<Readonly<Record<Side, ProbedTower>>> {
  const { slices: _, grades: __, ...columns } = roles;
  const outputs = chooseOutputs(graphs, given.similarity);
  const feeding = (side: Side): Feeding | undefined => {
    const { graph } = graphs[side];
    if (!graph) return undefined;
    const own = tables[side === 'query' ? 'queries' : 'items'];
    const other = graphs[side === 'query' ? 'item' : 'query'];
    return {
      ...{ side, graph, table: own ?? tables.rows },
      taken: new Set([...Object.values(columns), ...(own ? [] : inputsOf(other))]),
      given: givenSources(side, given.inputs[side], graph, own ?? tables.rows),
    };
  };
  const feedings = { query: feeding('query'), item: feeding('item') };
  refuseBareRows(given, feedings, tables, interview);
  const fed = async (side: Side): Promise<ProbedTower> => {
    const { graph, checkpoint } = graphs[side];
    const own = feedings[side];
    if (!graph || !own) return { checkpoint, feeds: new Map(), output: '', tokens: false };
    const feeds = await feedsOf(own, interview);
    return { checkpoint, graph, feeds, output: outputs[side], tokens: outputs.tokens };
  };
  const towers = { query: await fed('query'), item: await fed('item') };
  interview.throwIfLacking();
  return towers;
}

/** The policy that ships whose question fits what was found. */
function templateFor(
  score: Score,
  roles: Roles,
  towers: Readonly<Record<Side, ProbedTower>>,
  tables: KnownTables,
): string {
  if (score.similarity === 'max_sim') return 'late-interaction';
  if (roles.grades > 1) return 'text-retrieval';
  if (score.probabilities && score.link !== 'softmax') return 'conversion';
  const names = [roles.query, roles.item, ...tables.rows.names, ...inputsOf(towers.query), ...inputsOf(towers.item)];
  if (score.similarity === 'cosine' && names.some((name) => /image|photo|pixel|caption/i.test(name)))
    return 'image-text';
  const fed = columnsOf([...towers.query.feeds.values()].map(({ source }) => source));
  const texts = [...inputsOf(towers.query), ...fed].some((name) => /input_ids|token|text/i.test(name));
  return texts && tables.items ? 'text-retrieval' : 'retrieval';
}

/** Production's distances, which no file tells: asked where a terminal is, left open elsewhere. */
function askDistances(
  interview: Interview,
  asks: boolean,
  read: (text: string) => Given['distances'],
): Promise<{ readonly [key: string]: Value }> {
  return interview.settle<{ readonly [key: string]: Value }>({
    what: 'distances of production',
    value: {},
    sure: !asks,
    why: 'no file tells how far the index lies behind the query tower, so that every swept distance has to pass',
    pass: `--distances '{0: 0.7, 1: 0.3}'`,
    show: (value) => (Object.keys(value).length === 0 ? 'not known' : plural(Object.keys(value).length, 'distance')),
    read,
  });
}

/** Says of large tables how much of each was looked at. */
function lookedAt({ rows, queries, items }: KnownTables): string[] {
  const told = ({ table, of }: Known, which: string) =>
    of === undefined
      ? []
      : [
          `Of ${table.file} ${which.replace('N', plural(table.rows, 'row'))} of ${of.about ? 'about ' : ''}${of.rows.toLocaleString('en-US')} were looked at`,
        ];
  return [
    ...told(rows, 'the first N').map((note) => `${note}; the policy is checked against all of them.`),
    ...[queries, items].flatMap((own) => (own ? told(own, 'the N that the rows name') : [])).map((note) => `${note}.`),
  ];
}
