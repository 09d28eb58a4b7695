/** Cures are values that say what would help. `words.ts` alone spells them. */

import type { Finding } from '../../checks/check-report.js';
import type { FoundCure } from '../../checks/evidence-check.js';
import type { NotTested } from '../../checks/reason.js';
import type { Cell, Forgone, IndexAge, PinGain, Repair } from '../../checks/remedies.js';
import type { Slice } from '../../data/evalset/cells.js';
import type { Hypothesis, NextStep } from '../diagnosis/diagnosis.js';
import type { Unserved } from '../unserved.js';

/** The facts about a failure that a cure of version skew repeats. */
export interface Circumstances {
  /** Share of the worst failing change that is incompatibility, not age; null where old checkpoints are missing. */
  readonly incompatibleShare: number | null;
  /** The cell of that change. */
  readonly worst?: Cell;
  /** Distances that do not pass although a larger one does. */
  readonly suspects: readonly number[];
  /** The largest distance swept. */
  readonly deepest: number;
  /** The price of not promoting, where the failure is age alone; it is said once. */
  readonly forgone?: Forgone;
}

/** Cures of version skew that change how it is served. */
export type ServingCure =
  /** An index that is younger than the greatest age, in hours, up to which every required cell passes. */
  | {
      readonly kind: 'younger_index';
      readonly age: IndexAge & { readonly maxHours: number };
      readonly of: Circumstances;
    }
  /** A rebuild before the index falls further behind than the largest distance that passes. */
  | { readonly kind: 'earlier_rebuild'; readonly maxDistance: number; readonly of: Circumstances }
  /** A rebuild with every checkpoint, as no distance above 0 passes and age is most of the change. */
  | { readonly kind: 'rebuild_with_every_checkpoint'; readonly of: Circumstances }
  /** Every pure version passes, and an index of several does not. */
  | { readonly kind: 'one_version_an_index' }
  | { readonly kind: 'map_between_versions'; readonly repair: Repair }
  | { readonly kind: 'pinned_query_tower'; readonly pin: PinGain };

/** Cures of version skew that change the model or what it serves. */
export type ModelCure =
  /** Towers whose versions fit together: no distance passes, or (`unrepaired`) no map repairs what is incompatible. */
  | {
      readonly kind: 'compatible_training';
      readonly nonePasses: boolean;
      readonly unrepaired: Repair | undefined;
      readonly of: Circumstances;
    }
  /** Only rules at distance 0 fail: the aligned model is the problem. */
  | { readonly kind: 'better_model'; readonly worst: Finding }
  | { readonly kind: 'passing_slices'; readonly slices: readonly Slice[] };

/** Cures of cells that are open: the evidence that would settle them. */
export type EvidenceCure =
  /** Cells that lie beyond their margins, were it not for the number of cells: the worst, and how many they are. */
  | { readonly kind: 'probably_fail'; readonly worst: Finding; readonly of: number }
  /** The aligned model shows no skill: what feeds it is to be looked at. */
  | { readonly kind: 'look_at_inputs' }
  /** The open cell that takes the most evidence to settle. */
  | { readonly kind: 'more_rows'; readonly hardest: Finding }
  /** No number of rows is known that would settle the cells that are open. */
  | { readonly kind: 'settle_cells'; readonly worst: Finding }
  | { readonly kind: 'missing_evidence'; readonly reason: NotTested };

/** Required cells that are open. */
export interface OpenCells {
  readonly open: readonly Finding[];
  /** The number of required cells that pass or are open. */
  readonly of: number;
}

/** Cures that a diagnosis leads to. */
export type GapCure =
  | { readonly kind: 'cause'; readonly hypothesis: Hypothesis }
  /** A cure that the evidence of a run asks for, whether its cause is found or open. */
  | { readonly kind: 'found_cure'; readonly cure: FoundCure; readonly hypotheses: readonly Hypothesis[] }
  /** A cause whose cure waits until another hypothesis is ruled out. */
  | {
      readonly kind: 'cause_after';
      readonly hypothesis: Hypothesis;
      readonly first: Hypothesis;
      readonly caution: string;
    }
  /** The first of the steps to what would settle the hypotheses that are open. */
  | { readonly kind: 'first_step'; readonly step: NextStep; readonly of: number }
  | { readonly kind: 'ledger'; readonly lacks: 'ledger' | 's5' }
  /** A gain offline that is not on the rows that were served. */
  | { readonly kind: 'unserved'; readonly unserved: Unserved }
  /** It is open whether few clusters carry the offline gain. */
  | { readonly kind: 'few_may_carry' };

export type Cure =
  | ServingCure
  | ModelCure
  | EvidenceCure
  | GapCure
  /** The mending of a check on evidence, in its owner's words. */
  | {
      readonly kind: 'of_check';
      readonly check: string;
      readonly cure: string;
      readonly action: 'serving_change' | 'architecture_change' | 'gather_evidence';
    };
