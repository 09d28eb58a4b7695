/**
 * The trail of a diagnosis: what the gap is, one row a hypothesis, those that nobody asked among them, and what nobody
 * explains.
 */

import { wholePercent } from '../../checks/measurement.js';
import { plural } from '../../lib/text.js';
import type { Diagnosis, Hypothesis, OutcomeGap, PredictionGap } from '../../verdict/diagnosis/diagnosis.js';
import { formatBounded, formatHypothesis, LAYERS } from '../../verdict/format.js';
import { headOf } from '../../verdict/gap-words.js';
import { joinsBlocks } from './joins.js';
import { layerBlocks } from './layers.js';
import type { Row, Sentence, ViewSection } from './model.js';
import { nextSections, stepsTo } from './next.js';
import { sinceSection } from './since.js';
import { splitBlocks } from './splits.js';
import { waterfallSection } from './waterfall.js';
import { ABSENT } from './words.js';

export function gapSections(diagnosis: Diagnosis): ViewSection[] {
  const { gap, outcome, hypotheses } = diagnosis;
  const table = {
    hypotheses: true as const,
    columns: [
      { title: 'layer', role: 'group' as const },
      { title: 'hypothesis' },
      { title: 'decision', role: 'verdict' as const },
      { title: 'share of the gap', role: 'record' as const },
      { title: 'why' },
      { title: 'next', role: 'aside' as const },
      { title: 'owner', role: 'record' as const },
      { title: 'evidence', role: 'record' as const },
    ],
    rows: [...hypotheses.map((one) => rowOf(one, diagnosis)), ...diagnosis.notAsked.map(notAsked)].toSorted(byLayer),
  };
  return [
    {
      kind: 'gap',
      title: gap || outcome ? 'Where the gain goes' : 'What the evidence says',
      blocks: [
        { kind: 'sentences', sentences: gapInWords(diagnosis) },
        ...layerBlocks(diagnosis),
        ...joinsBlocks(diagnosis.joins),
        ...splitBlocks(diagnosis.splits),
        { kind: 'table', table },
        { kind: 'sentences', sentences: restInWords(diagnosis) },
      ],
    },
    ...(diagnosis.waterfall ? [waterfallSection(diagnosis.waterfall)] : []),
    ...(diagnosis.since ? [sinceSection(diagnosis.since, gap)] : []),
    ...nextSections(diagnosis),
  ];
}

export function gapInWords({ gap, unknown, outcome }: Diagnosis): Sentence[] {
  return [{ text: gap ? knownGap(gap) : unknownGap(unknown) }, ...(outcome ? [{ text: outcomeGap(outcome) }] : [])];
}

function knownGap(gap: PredictionGap): string {
  const rows = plural(gap.rows, 'row');
  return (
    `offline ${formatBounded(gap.offline)}, online ${formatBounded(gap.online)}: ` +
    `a gap of ${formatBounded(gap)} in ${gap.words} gained over production’s model, on ${rows}` +
    (gap.production
      ? `; online it is over production’s model as it was served, which itself loses ${formatBounded(gap.production)}`
      : '') +
    (gap.bothServed
      ? ''
      : '; online it is over production’s model as it was evaluated, as the ledger has no score_prod_online')
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

/** The loss of production's model by itself is no step: with it, and with the rest, the shares add up. */
function howToRead({ value, production }: PredictionGap, averaged: boolean): string {
  const own = production && wholePercent(-production.value / value);
  return [
    own === undefined
      ? 'shares of the steps add up to 100 % with that rest'
      : `shares of the steps add up to 100 % with that rest and production’s own loss at serving, which is ${own}`,
    ...(averaged
      ? ['a share is the mean over the orders in which causes may be mended (Shapley), a bar that of one order']
      : []),
    'outlier-domination is no step',
    'a negative share hides part of the gap',
    'after a mend, run the A/B again and let the release name this report (compare_with) to see whether the gap closed',
  ].join('; ');
}

/** True where columns tell a cause apart whatever the order, so that its share need not be that of its step. */
function isAveraged({ alone, fix, share }: Hypothesis): boolean {
  return alone !== null && fix !== null && share !== null;
}

/** The notes say what nobody explains, and how shares are read. */
function restInWords({ gap, residual, outcome, hypotheses }: Diagnosis): Sentence[] {
  return [
    ...(residual
      ? [
          { text: `not explained by the tested steps: ${formatBounded(residual)}` },
          ...(gap ? [{ text: howToRead(gap, hypotheses.some(isAveraged)), aside: true as const }] : []),
        ]
      : []),
    ...(outcome ? [{ text: `not explained of the online metric: ${formatBounded(outcome.residual)}` }] : []),
  ];
}

/** Rows of one layer stay as they stand; the first cell begins with its number. */
function byLayer(a: Row, b: Row): number {
  return Number.parseInt(a.cells[0] ?? '', 10) - Number.parseInt(b.cells[0] ?? '', 10);
}

/** A hypothesis that the policy does not ask about, with its question. */
function notAsked(id: Diagnosis['notAsked'][number]): Row {
  const { layer, question } = headOf(id);
  return { cells: [nameOf(layer), id, 'not asked', ABSENT, question, '', '', ''] };
}

/** Every layer has a name. */
function nameOf(layer: 1 | 2 | 3): string {
  return `${layer}. ${LAYERS[layer - 1]![1]}`;
}

function rowOf(hypothesis: Hypothesis, diagnosis: Diagnosis): Row {
  const { id, layer, verdict, evidence, why, settle, next, owner } = hypothesis;
  return {
    mark: verdict,
    cells: [
      nameOf(layer),
      id,
      formatHypothesis(verdict),
      shareOf(hypothesis),
      why,
      // Evidence that is missing has its step.
      next === '' || next !== settle ? next : (stepsTo(id, diagnosis.next) ?? next),
      owner,
      evidence.map(({ path, sha256 }) => `${path} ${sha256.slice(0, 12)}`).join(', '),
    ],
  };
}

function shareOf({ share, lower, upper, ledger, bound: most }: Hypothesis): string {
  if (share === null) return ABSENT;
  const bound = (value: number | null) => (value === null ? 'unbounded' : wholePercent(value));
  const of = ledger === 'outcome' ? ' of the online metric’s' : '';
  return `${most ? 'at most ' : ''}${wholePercent(share)} [${bound(lower)}, ${bound(upper)}]${of}`;
}
