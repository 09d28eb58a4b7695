/** The three layers with their answers, and what both models say by tenths of production's predictions. */

import type { Bounded, Diagnosis, LayerVerdict } from '../../verdict/diagnosis/diagnosis.js';
import { formatBounded, formatSize, formatValue, LAYERS } from '../../verdict/format.js';
import type { Block, Mark } from './model.js';
import { ABSENT } from './words.js';

const MARKS: Readonly<Record<LayerVerdict['verdict'], Mark>> = { yes: 'pass', no: 'fail', open: 'inconclusive' };

export function layerBlocks({ layers, buckets }: Diagnosis): Block[] {
  return [
    {
      kind: 'table',
      table: {
        columns: [{ title: 'layer' }, { title: 'answer', role: 'verdict' }, { title: 'grounds' }],
        selfEvident: true,
        rows: layers.map(({ layer, question, verdict, why }) => ({
          mark: MARKS[verdict],
          cells: [`${layer}. ${LAYERS[layer - 1]![1]}: ${uncapital(question)}`, verdict, why],
        })),
      },
    },
    ...(buckets ? [bucketBlock(buckets)] : []),
  ];
}

function bucketBlock(buckets: NonNullable<Diagnosis['buckets']>): Block {
  const calibrated = buckets.some(({ candidate }) => candidate !== undefined);
  return {
    kind: 'table',
    table: {
      details: 'Both models by tenths of production’s predictions',
      columns: [
        { title: 'production’s prediction' },
        { title: 'rows', align: 'right' },
        { title: 'gain' },
        ...(calibrated
          ? [{ title: 'predicted / actual, production’s model' }, { title: 'predicted / actual, candidate' }]
          : []),
      ],
      rows: buckets.map(({ prediction, rows, gain, production, candidate }) => ({
        cells: [
          prediction,
          rows.toLocaleString('en-US'),
          formatBounded(gain),
          ...(calibrated ? [ratio(production), ratio(candidate)] : []),
        ],
      })),
    },
  };
}

/** `0.97 [0.91, 1.03]`; nothing where nothing happened. */
function ratio(value: Bounded | undefined): string {
  if (!value || !Number.isFinite(value.value)) return ABSENT;
  return `${formatValue(value.value)} [${formatSize(value.lower, 'absolute')}, ${formatSize(value.upper, 'absolute')}]`;
}

function uncapital(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
