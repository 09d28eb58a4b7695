/** The release of a starter: versions, checkpoints, what feeds each input, and how scores are made. */
import { relative, resolve, sep } from 'node:path';
import type { Side } from '../data/checkpoints/checkpoint.js';
import type { Given } from './given.js';
import type { Interview } from './interview.js';
import type { ProbedTower } from './probe.js';
import type { Score } from './score.js';
import { comment, flowList, flowMap, scalar, sourceText } from './yaml-words.js';

export interface ReleaseParts {
  readonly given: Given;
  /** Absolute path of the folder that it is written to. */
  readonly folder: string;
  readonly versions: readonly string[];
  readonly towers: Readonly<Record<Side, ProbedTower>>;
  readonly score: Score;
  readonly interview: Interview;
}

export function releaseText(parts: ReleaseParts): string {
  const { given, versions, score, interview } = parts;
  const [live = ''] = versions;
  const why = interview.settled.find(({ what }) => what === 'versions')?.why ?? 'as given';
  return `${[
    comment(
      'Written by `skewgate init`: what is to be promoted. `skewgate promote VERSION --release FILE` makes another version live.',
    ),
    `release: ${scalar(given.name)}`,
    `live: ${scalar(live)}`,
    comment(`versions: ${why}.`),
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
    `  scale: ${score.scale}`,
    `  bias: ${score.bias}`,
  ].join('\n')}\n`;
}

function towerText(side: Side, { given, folder, towers }: ReleaseParts): string {
  const { graph, checkpoint, feeds, output } = towers[side];
  const path = scalar(relative(folder, resolve(given.towers[side])).split(sep).join('/'));
  const old =
    side === 'query'
      ? ['  # Old query checkpoints split a change into age and incompatibility; they may be missing.']
      : [];
  if (!graph) {
    const { columns } = checkpoint;
    return [`${side}_tower:`, `  embeddings: ${path}`, ...(columns ? [`  columns: ${flowMap(columns)}`] : [])].join(
      '\n',
    );
  }
  const own = graph.inputs.map(({ name }) => name).filter((name) => !feeds.has(name) && !isMask(name, feeds));
  const lines = [...feeds].flatMap(([name, { source, why }]) => [
    comment(`${why}.`, '    '),
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
      ? [comment(`output: of ${graph.outputs.length} outputs the one that can be an embedding.`, '  ')]
      : []),
    `  output: ${scalar(output)}`,
  ].join('\n');
}

function isMask(name: string, feeds: ProbedTower['feeds']): boolean {
  return [...feeds.values()].some(({ source }) => source.kind === 'list' && source.mask === name);
}
