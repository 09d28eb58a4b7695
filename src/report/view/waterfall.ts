/** The way of the gain from its evaluation to the A/B, as bars and as a table. */

import type { Waterfall, WaterfallBar } from '../../verdict/diagnosis/waterfall.js';
import { formatBounded, formatDelta } from '../../verdict/format.js';
import type { ViewSection, WaterfallBarView } from './model.js';

export function waterfallSection({ words, unit, bars }: Waterfall): ViewSection {
  const what =
    unit === 'ledger' ? `${words} gained over production’s model` : `${words}, gains translated by past arms`;
  return {
    kind: 'waterfall',
    title: 'From the gain offline to the gain online',
    blocks: [
      {
        kind: 'waterfall',
        waterfall: { what, bars: placed(bars) },
        table: {
          columns: [{ title: 'step' }, { title: what, align: 'right' }, { title: 'bounds', align: 'right' }],
          rows: bars.map((bar) => ({
            cells: [bar.label, formatDelta(bar.value, 'absolute'), boundsOf(bar)],
          })),
        },
      },
    ],
  };
}

/** Each step starts where the one before it has ended; a level starts at 0. */
function placed(bars: readonly WaterfallBar[]): WaterfallBarView[] {
  let at = 0;
  return bars.map((bar) => {
    const { kind, label, value, lower, upper } = bar;
    const from = kind === 'level' ? 0 : at;
    at = from + value;
    return {
      label,
      text: formatDelta(value, 'absolute'),
      from,
      to: at,
      lower: from + lower,
      upper: from + upper,
      tone: toneOf(bar),
    };
  });
}

function toneOf({ kind, value }: WaterfallBar): WaterfallBarView['tone'] {
  if (kind !== 'step') return kind;
  return value < 0 ? 'loss' : 'gain';
}

/** `[−0.004, −0.001]` of `−0.002 [−0.004, −0.001]`. */
function boundsOf(bar: WaterfallBar): string {
  const text = formatBounded(bar);
  return text.slice(text.indexOf('['));
}
