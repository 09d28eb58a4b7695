/** The progress of a run: data for whoever shows it, so that no room knows a terminal. */

/** A place that a run has come to. Calls with the same stage and detail are of the same work. */
export interface Step {
  /** A stage of a run in words of ours. */
  readonly stage: string;
  /** The part of it that is worked on, such as `item tower v41`; of outside, so that it may hold anything. */
  readonly detail?: string;
  /** Units that are done, the one that is worked on by its share, of how many; left out where nobody can say. */
  readonly done?: number;
  readonly total?: number;
  /** The unit in the plural. */
  readonly unit?: string;
}

export type Progress = (step: Step) => void;

/** For whoever wants to hear nothing. */
export const SILENT: Progress = () => undefined;

/** Every item, with how many of them are done told before each and at the end. */
export function* told<T>(items: readonly T[], progress: Progress, step: Omit<Step, 'done' | 'total'>): Generator<T> {
  for (const [done, item] of items.entries()) {
    progress({ ...step, done, total: items.length });
    yield item;
  }
  progress({ ...step, done: items.length, total: items.length });
}

/** Works that go on beside each other, each with its own `done` and `total`, told as one by their sums. */
export function joined(progress: Progress): () => Progress {
  const works: { done: number; total: number }[] = [];
  return () => {
    const own = { done: 0, total: 0 };
    works.push(own);
    return ({ done = 0, total = 0, ...step }) => {
      Object.assign(own, { done, total });
      const sum = (of: 'done' | 'total') => works.reduce((all, work) => all + work[of], 0);
      progress({ ...step, done: sum('done'), total: sum('total') });
    };
  };
}

/** The share of one long work that is done, told from within it, however its parts lie within each other. */
export class Share {
  private from = 0;
  private width = 1;

  /** @param told hears shares from 0 to 1 */
  constructor(private readonly told: (share: number) => void) {}

  /** Does part `n` of so many alike, and tells that it is done; what is told within it is told of that part. */
  part<T>(n: number, of: number, work: () => T): T {
    const { from, width } = this;
    this.from = from + (width * n) / of;
    this.width = width / of;
    try {
      return work();
    } finally {
      this.from = from;
      this.width = width;
      this.tell((n + 1) / of);
    }
  }

  /** Tells how much of this part is done. */
  tell(share: number): void {
    // Nested shares are sums of products: of the same place they may differ in their last digit.
    this.told(Math.round(1e9 * (this.from + this.width * share)) / 1e9);
  }
}
