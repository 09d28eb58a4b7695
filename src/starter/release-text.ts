/** The release of a starter: versions, checkpoints, what feeds each input, and how scores are made. */
import { relative, resolve, sep } from 'node:path';
import type { Side } from '../data/checkpoints/checkpoint.js';
import { capital } from '../lib/text.js';
import type { Given } from './given.js';
import type { Interview } from './interview.js';
import type { ProbedTower } from './probe.js';
import type { Score } from './score.js';
import { comment, flowList, flowMap, scalar, sourceText, UNPINNED } from './yaml-words.js';

export interface ReleaseParts {
  readonly given: Given;
  /** Absolute path of the folder that it is written to. */
  readonly folder: string;
  readonly versions: readonly string[];
  /** Those that have a query checkpoint. */
  readonly query: ReadonlySet<string>;
  readonly towers: Readonly<Record<Side, ProbedTower>>;
  readonly score: Score;
  readonly interview: Interview;
}

export function releaseText(parts: ReleaseParts): string {
  const { given, versions, query, score, interview } = parts;
  const [live = ''] = versions;
  const byVersion = (key: 'scale' | 'bias') => {
    const own = given.byVersion[key];
    const there = versions.filter((version) => query.has(version));
    return own ? flowMap(Object.fromEntries(there.map((version) => [version, own[version]]))) : score[key];
  };
  const why = interview.settled.find(({ what }) => what === 'versions')?.why ?? 'as given';
  return `${[
    comment(
      'Written by `skewgate init`: what is to be promoted. `skewgate promote VERSION --release FILE` makes another version live.',
    ),
    `release: ${scalar(given.name)}`,
    `live: ${scalar(live)}`,
    comment(`Versions: ${why}.`),
    `versions: ${flowList(versions)}`,
    '',
    towerText('query', parts),
    '',
    towerText('item', parts),
    '',
    'score:',
    ...score.why.map((sentence) => comment(sentence, '  ')),
    `  similarity: ${score.similarity}`,
    `  link: ${score.link}`,
    comment(
      'score = scale · similarity + bias; where they are learnt, one a version: scale: {v43: 14.2, v42: 13.9}.',
      '  ',
    ),
    `  scale: ${byVersion('scale')}`,
    `  bias: ${byVersion('bias')}`,
  ].join('\n')}\n`;
}

function towerText(side: Side, parts: ReleaseParts): string {
  const { given, folder, towers } = parts;
  const { graph, checkpoint, feeds, output } = towers[side];
  const path = scalar(relative(folder, resolve(given.towers[side])).split(sep).join('/'));
  const old =
    side === 'query'
      ? ['  # Old query checkpoints split a change into age and incompatibility; they may be missing.']
      : [];
  if (!graph) {
    const { columns } = checkpoint;
    const named = columns ? [`  columns: ${flowMap(columns)}`] : [];
    return [`${side}_tower:`, `  embeddings: ${path}`, ...named, ...pinLines(parts, side)].join('\n');
  }
  const own = graph.inputs.map(({ name }) => name).filter((name) => !feeds.has(name) && !isMask(name, feeds));
  const lines = [...feeds].flatMap(([name, { source, why }]) => [
    comment(`${capital(why)}.`, '    '),
    `    ${scalar(name)}: ${sourceText(source)}`,
  ]);
  const rest = own.length === 0 ? [] : [comment(`By the columns of their own names: ${own.join(', ')}.`, '  ')];
  return [
    `${side}_tower:`,
    ...old,
    `  onnx: ${path}`,
    ...rest,
    ...(lines.length > 0 ? ['  inputs:', ...lines] : []),
    ...(graph.outputs.length > 1
      ? [comment(`Of ${graph.outputs.length} outputs the one that can be an embedding.`, '  ')]
      : []),
    `  output: ${scalar(output)}`,
    ...pinLines(parts, side),
  ].join('\n');
}

/** One line a version whose file is there. */
function pinLines({ versions, query }: ReleaseParts, side: Side): string[] {
  const there = side === 'item' ? versions : versions.filter((version) => query.has(version));
  return ['  sha256:', ...there.map((version) => `    ${scalar(version)}: ${UNPINNED}`)];
}

function isMask(name: string, feeds: ProbedTower['feeds']): boolean {
  return [...feeds.values()].some(({ source }) => source.kind === 'list' && source.mask === name);
}
