/** Does what comes after the model re-shape what is bought? The cost of a conversion, split into the mix of segments and the rate within them. */

import { kitagawa, type Segment } from '../../statistics/kitagawa.js';
import { interval } from '../../statistics/noninferiority.js';
import { figure, type OutcomeFinding, type OutcomeHypothesis, percent } from './outcome.js';

/** From this share of the difference on the mix is a cause, below the other one it is none. Judgement of this project. */
const CAUSE = 0.5;
const NONE = 0.1;

export const auctionFiltering: OutcomeHypothesis = {
  id: 'auction-filtering',
  layer: 3,
  table: 'funnel',
  required: ['arm', 'segment', 'spend', 'conversions'],
  settle:
    'a table funnel: arm (control or treatment), segment (such as the bid type), spend, conversions; arms with the same budget',
  judge(table, { confidence }): OutcomeFinding {
    const arms = table.texts('arm', ['control', 'treatment']);
    const segments = table.texts('segment');
    const amount = (name: string) => table.numbers(name, 'a number of 0 or above', (x) => x >= 0 && x < Infinity);
    const [spend, conversions] = [amount('spend'), amount('conversions')];
    table.throwIfBad();
    const sum = (arm: string, segment: number) => {
      let [numerator, denominator] = [0, 0];
      for (let r = 0; r < table.rows; r++)
        if (arms.names[arms.codes[r]!] === arm && segments.codes[r] === segment) {
          numerator += spend[r]!;
          denominator += conversions[r]!;
        }
      return { numerator, denominator };
    };
    const all: Segment[] = segments.names.map((name, code) => ({
      name,
      control: sum('control', code),
      treatment: sum('treatment', code),
    }));
    for (const { name, control, treatment } of all)
      if (!(control.denominator > 0) || !(treatment.denominator > 0))
        throw table.error(
          `no conversions of segment "${name}" in ${control.denominator > 0 ? 'treatment' : 'control'}`,
          'conversions of both arms in every segment',
          'Put segments together until each has some.',
        );
    const found = kitagawa(all);
    // Conversions are counts: each varies by its own number, spends are as they were paid.
    const estimate = (of: (decomposition: ReturnType<typeof kitagawa>) => number) => {
      let variance = 0;
      for (const [s, segment] of all.entries())
        for (const arm of ['control', 'treatment'] as const) {
          const n = segment[arm].denominator;
          const step = 1e-4 * n;
          const moved = all.map((other, i) =>
            i === s ? { ...other, [arm]: { ...other[arm], denominator: n + step } } : other,
          );
          variance += ((of(kitagawa(moved)) - of(found)) / step) ** 2 * n;
        }
      return { value: of(found), standardError: Math.sqrt(variance), df: 1000 };
    };
    const difference = interval(
      estimate((d) => d.difference),
      confidence,
    );
    const mix = interval(
      estimate((d) => d.mix),
      confidence,
    );
    const why = `a conversion costs ${figure(found.treatment)} in treatment and ${figure(found.control)} in control; of the difference ${figure(found.difference)} [${figure(difference.lower)}, ${figure(difference.upper)}] the mix of segments makes ${figure(found.mix)} [${figure(mix.lower)}, ${figure(mix.upper)}] (${percent(found.mix / found.difference)}), the cost within them ${figure(found.rate)}`;
    if (!(difference.lower > 0))
      return {
        verdict: 'inconclusive',
        why: `${why}; the treatment is not clearly dearer`,
        settle: 'more conversions of both arms',
      };
    const contrast = (rho: number) =>
      interval(
        estimate((d) => d.mix - rho * d.difference),
        confidence,
      );
    if (contrast(NONE).upper < 0 && contrast(-NONE).lower > 0) return { verdict: 'ruled_out', why, settle: '' };
    if (contrast(CAUSE).lower > 0) return { verdict: 'contributing', why, settle: '' };
    return { verdict: 'inconclusive', why, settle: 'more conversions of both arms' };
  },
};
