/** The masks of a graph, and the lists that each belongs to. */
import type { OnnxInfo, TensorInfo } from '../data/checkpoints/onnx-file.js';
import type { InputSource } from '../documents/release/release.js';
import { quoted } from '../lib/text.js';
import { columnsOf, type Feeding, shareWord } from './feeding.js';
import type { Interview } from './interview.js';
import { scalar, shellQuoted, sourceText } from './yaml-words.js';

/** Gives each mask to the list that bears its word, or to the one list that can have it. */
export function giveMasks(
  masks: Set<string>,
  graph: OnnxInfo,
  found: Map<string, { source: InputSource; why: string }>,
  { table }: Feeding,
): void {
  const isList = (name: string) => {
    const source = found.get(name)?.source;
    return (
      source !== undefined &&
      columnsOf([source]).length === 1 &&
      table.names.includes(columnsOf([source])[0]!) &&
      table.facts(columnsOf([source])[0]!).lists !== undefined
    );
  };
  const free = () =>
    graph.inputs.filter(({ name }) => {
      const source = found.get(name)?.source;
      return isList(name) && !(source?.kind === 'list' && source.mask !== undefined);
    });
  const give = (mask: string, input: TensorInfo) => {
    const own = found.get(input.name);
    const [column = ''] = own ? columnsOf([own.source]) : [];
    const padded = own?.source.kind === 'list' ? own.source : ({ kind: 'list', column, pad: 0 } as const);
    found.set(input.name, { source: { ...padded, mask }, why: own?.why ?? '' });
    masks.delete(mask);
  };
  for (const mask of [...masks]) {
    const stem = mask.replace(/_?ma?sk_?/i, '');
    const own = free().find(({ name }) => stem !== '' && shareWord(name, stem));
    if (own) give(mask, own);
  }
  for (const mask of [...masks]) {
    const tokens = free().filter(({ type }) => /int/.test(type));
    const [only] = tokens.length > 0 ? tokens : free();
    if (only && tokens.length <= 1) give(mask, only);
  }
}

/** Settles a mask that no list is known to have; undefined where it stays open. */
export function openMask(mask: string, { side }: Feeding, interview: Interview): Promise<InputSource | undefined> {
  return interview.attempt<InputSource>({
    what: `${side} tower input ${quoted(mask)}`,
    value: undefined,
    sure: false,
    why: 'a mask, and no list of the graph is known to be its own',
    pass: `--${side}-inputs ${shellQuoted(`{tokens: {column: tokens, pad: 0, mask: ${scalar(mask)}}}`)}`,
    show: sourceText,
    read: () => undefined,
  });
}
