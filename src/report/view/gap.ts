/**
 * The trail of a diagnosis: what the gap is, one row a hypothesis, what nobody explains, and queries that write what
 * is missing.
 */

import { list, plural } from '../../lib/text.js';
import type { Diagnosis, Hypothesis, OutcomeGap, PredictionGap } from '../../verdict/diagnosis/diagnosis.js';
import { formatBounded, formatDelta, formatHypothesis, LAYERS } from '../../verdict/format.js';
import { layerBlocks } from './layers.js';
import type { Row, Sentence, ViewSection } from './model.js';
import { ABSENT } from './words.js';

export function gapSections(diagnosis: Diagnosis): ViewSection[] {
  const { gap, outcome, hypotheses } = diagnosis;
  const table = {
    columns: [
      { title: 'layer', role: 'group' as const },
      { title: 'hypothesis' },
      { title: 'decision', role: 'verdict' as const },
      { title: 'share of the gap', role: 'record' as const },
      { title: 'why' },
      { title: 'would settle it', role: 'aside' as const },
      { title: 'evidence', role: 'record' as const },
    ],
    rows: hypotheses.map(rowOf),
  };
  return [
    {
      kind: 'gap',
      title: gap || outcome ? 'Where the gain goes' : 'What the evidence says',
      blocks: [
        { kind: 'sentences', sentences: gapInWords(diagnosis) },
        ...layerBlocks(diagnosis),
        { kind: 'table', table },
        { kind: 'sentences', sentences: restInWords(diagnosis) },
      ],
    },
    ...querySection(hypotheses),
  ];
}

function gapInWords({ gap, unknown, outcome }: Diagnosis): Sentence[] {
  return [{ text: gap ? knownGap(gap) : unknownGap(unknown) }, ...(outcome ? [{ text: outcomeGap(outcome) }] : [])];
}

function knownGap(gap: PredictionGap): string {
  const rows = plural(gap.rows, 'row');
  return (
    `offline ${formatBounded(gap.offline)}, online ${formatBounded(gap.online)}: ` +
    `a gap of ${formatBounded(gap)} in ${gap.words} gained over production’s model, on ${rows}` +
    (gap.production ? `; of production’s model as it was served, which loses ${formatBounded(gap.production)}` : '')
  );
}

function unknownGap(unknown: Diagnosis['unknown']): string {
  const missing =
    unknown === 's5'
      ? 'the ledger has no column s5 (the score that was logged online)'
      : 'there is no ledger of scores offline and online';
  return `the gap is not known, so that nothing has a share of it: ${missing}`;
}

function outcomeGap(outcome: OutcomeGap): string {
  return (
    `of the online metric, by ${outcome.arms} past arms ${formatBounded(outcome.predicted)} was to be won ` +
    `and ${formatBounded(outcome.observed)} was: a gap of ${formatBounded(outcome)}`
  );
}

const HOW_TO_READ = [
  'shares of the steps add up to 100 % with that rest',
  'outlier-domination is no step',
  'a negative share hides part of the gap',
].join('; ');

/** The notes say what nobody explains, and how shares are read. */
function restInWords({ residual, outcome }: Diagnosis): Sentence[] {
  return [
    ...(residual
      ? [
          { text: `not explained by the tested steps: ${formatBounded(residual)}` },
          { text: HOW_TO_READ, aside: true as const },
        ]
      : []),
    ...(outcome ? [{ text: `not explained of the online metric: ${formatBounded(outcome.residual)}` }] : []),
  ];
}

function rowOf(hypothesis: Hypothesis): Row {
  const { id, layer, verdict, evidence, why, settle } = hypothesis;
  return {
    mark: verdict,
    cells: [
      // Every layer has a name.
      `${layer}. ${LAYERS[layer - 1]![1]}`,
      id,
      formatHypothesis(verdict),
      shareOf(hypothesis),
      why,
      settle,
      evidence.map(({ path, sha256 }) => `${path} ${sha256.slice(0, 12)}`).join(', '),
    ],
  };
}

function shareOf({ share, lower, upper, ledger, bound: most }: Hypothesis): string {
  if (share === null) return ABSENT;
  const bound = (value: number | null) => (value === null ? 'unbounded' : formatDelta(value, 'relative'));
  const of = ledger === 'outcome' ? ' of the online metric’s' : '';
  return `${most ? 'at most ' : ''}${formatDelta(share, 'relative')} [${bound(lower)}, ${bound(upper)}]${of}`;
}

/** SQL that writes the evidence of hypotheses that were not tested, each once. */
function querySection(hypotheses: readonly Hypothesis[]): ViewSection[] {
  const queries = [...new Set(hypotheses.flatMap(({ query }) => query ?? []))];
  if (queries.length === 0) return [];
  return [
    {
      kind: 'queries',
      title: 'Queries that write the evidence which is missing',
      folded: true,
      blocks: queries.map((text) => ({
        kind: 'code',
        title: list(hypotheses.filter(({ query }) => query === text).map(({ id }) => id)),
        language: 'sql',
        text,
      })),
    },
  ];
}
