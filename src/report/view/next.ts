/** The steps to what would settle a diagnosis, one row each in their order, and the SQL that writes each. */

import { list } from '../../lib/text.js';
import type { Diagnosis, NextStep } from '../../verdict/diagnosis/diagnosis.js';
import { LAYERS } from '../../verdict/format.js';
import { takesInWords, tellsInWords, whatToWrite } from '../../verdict/next-words.js';
import type { Block, ViewSection } from './model.js';
import { ABSENT } from './words.js';

/** The title of the steps, on every surface. */
export const NEXT = 'What to find out next, in order';

/** Says why there are two lists. */
const BESIDES =
  'these steps gather evidence for what is still inconclusive or not tested, the one that tells most for least first; ' +
  'what would help mends what is found already, and has the first of these steps last';

/** The steps with the query of the first; the other queries besides, for whoever has taken it. */
export function nextSections({ next }: Diagnosis): ViewSection[] {
  const [first] = next;
  if (!first) return [];
  const others = next.slice(1);
  return [
    {
      kind: 'next',
      title: NEXT,
      blocks: [
        { kind: 'sentences', sentences: [{ text: BESIDES, aside: true }] },
        {
          kind: 'table',
          table: {
            columns: [
              { title: 'layer', role: 'group' },
              { title: 'step' },
              { title: 'takes' },
              { title: 'tells' },
              { title: 'why here', role: 'aside' },
            ],
            rows: next.map((step, i) => ({
              cells: [
                `${step.layer}. ${LAYERS[step.layer - 1]![1]}`,
                `${i + 1}. ${whatToWrite(step)}`,
                takesInWords(step),
                tellsInWords(step) || ABSENT,
                step.why,
              ],
            })),
          },
        },
        queryOf(first, 1),
      ],
    },
    ...(others.length === 0
      ? []
      : [
          {
            kind: 'queries' as const,
            title: 'Queries of the steps that follow',
            folded: true as const,
            minor: true as const,
            blocks: others.map((step, i) => queryOf(step, i + 2)),
          },
        ]),
  ];
}

function queryOf(step: NextStep, number: number): Block {
  return { kind: 'code', title: `Step ${number}, ${whatToWrite(step)}`, language: 'sql', text: step.query };
}

/**
 * `step 3 of what to find out next`: those that settle a hypothesis or show something of it; undefined where none
 * does, or where it takes more of what there is, which the hypothesis says itself.
 */
export function stepsTo(id: NextStep['settles'][number], next: readonly NextStep[]): string | undefined {
  const numbers = next.flatMap(({ what, settles, shows }, i) =>
    what !== 'rows' && (settles.includes(id) || shows.includes(id)) ? [i + 1] : [],
  );
  if (numbers.length === 0) return undefined;
  return `${numbers.length === 1 ? 'step' : 'steps'} ${list(numbers.map(String))} of what to find out next`;
}
