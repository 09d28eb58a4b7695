/**
 * Rates at which an unchanged release would be blocked, by what is drawn from the model of the next release, and their
 * intervals by what past versions showed.
 */

import { normal } from './draws.js';
import { DRAWS, errorFactor, type Modelled } from './model.js';
import { type Bounds, boundsOf } from './rate-interval.js';
import { recordOf } from './record.js';
import { usualOf } from './usual.js';

/** A share of releases, with its interval, nominally of 90 %: docs/choosing-margins.md says how often it holds. */
export interface Rate {
  readonly rate: number;
  readonly lower: number;
  readonly upper: number;
}

export interface Rates {
  /** Findings that do not pass. */
  readonly blocked: Rate;
  /** Findings that fail, after Holm. */
  readonly failed: Rate;
  /** The share of halves of the live version's rows that would be blocked. */
  readonly halves: number;
  /** Past versions came nearer to their margins one after the other, and the interval is the wider for it. */
  readonly rising: boolean;
}

/** The streams of numbers, one a purpose. */
const STREAM = { release: 5, error: 6 } as const;

/** A family: of each claim its usual change, the rows' noise, and how far releases are from it. Shape (claims) each. */
interface Family {
  readonly mean: Float64Array;
  readonly rows: Float64Array;
  readonly spread: Float64Array;
}

/** Versions that the model's word counts for beside those that were seen: Laplace's rule adds as many. */
const WORTH = 2;

export class Unchanged {
  /** Shape (claims)(draws): the direction in which a release differs from the usual, of variance 1. */
  private readonly apart: Float64Array[];
  private readonly errors: Float64Array[];
  private readonly likeliest: Family;
  private readonly seen: Family;
  private readonly next: Family;

  constructor(private readonly claims: readonly Modelled[]) {
    this.apart = claims.map(directions);
    this.errors = claims.map(({ standardError, df }) =>
      Float64Array.from({ length: DRAWS }, (_, n) => standardError * errorFactor(STREAM.error, n, df)),
    );
    this.likeliest = {
      mean: usualOf(claims),
      rows: Float64Array.from(claims, ({ standardError }) => standardError),
      spread: Float64Array.from(claims, (claim) => Math.sqrt(Math.max(0, claim.moderated - claim.ofRows))),
    };
    this.seen = seenGiven(this.likeliest, claims);
    this.next = nextGiven(this.likeliest, claims);
  }

  /**
   * @param of       the claims that count, by their index
   * @param allowed  shape (claims): what each may be; left out: what the policy allows
   */
  rates(of: readonly number[], allowed: Float64Array = this.written()): Rates {
    const model = this.sharesOf(this.seen, of, allowed);
    const blocked = boundsOf(recordOf(this.claims, of, allowed, 'blocked'));
    const failed = boundsOf(recordOf(this.claims, of, allowed, 'failed'));
    return {
      blocked: within(succeeding(blocked, model.blocked), blocked),
      // A finding that fails does not pass either.
      failed: within(succeeding(failed, model.failed), {
        lower: Math.min(failed.lower, blocked.lower),
        upper: Math.min(failed.upper, blocked.upper),
      }),
      halves: this.sharesOf(this.asMeasured(), of, allowed).blocked,
      rising: blocked.rising,
    };
  }

  /** Shape (claims). */
  written(): Float64Array {
    return Float64Array.from(this.claims, ({ allowed }) => allowed);
  }

  /** The live version as it was measured: what halves of its rows vary around. */
  private asMeasured(): Family {
    return {
      mean: Float64Array.from(this.claims, ({ live }) => live),
      rows: this.likeliest.rows,
      spread: new Float64Array(this.claims.length),
    };
  }

  private sharesOf(family: Family, of: readonly number[], allowed: Float64Array): { blocked: number; failed: number } {
    let [blocked, failed] = [0, 0];
    for (let n = 0; n < DRAWS; n++) {
      let [open, convicted] = [false, false];
      for (const j of of) {
        const beyond = this.beyond(family, j, n) - allowed[j]!;
        const error = this.errors[j]![n]!;
        const { reach, convicts } = this.claims[j]!;
        // Not "is beyond": what is no number does not pass.
        open ||= !(beyond + reach * error <= 0);
        convicted ||= beyond > 0 && beyond >= convicts * error;
        if (convicted) break;
      }
      if (open) blocked++;
      if (convicted) failed++;
    }
    return { blocked: blocked / DRAWS, failed: failed / DRAWS };
  }

  /** The drawn estimate, in the direction in which its rule forbids to move. */
  private beyond({ mean, rows, spread }: Family, j: number, n: number): number {
    const { side, noise } = this.claims[j]!;
    const drawn = mean[j]! + rows[j]! * noise[n]! + spread[j]! * this.apart[j]![n]!;
    return side === 0 ? Math.abs(drawn) : side * drawn;
  }

  /**
   * The rate under margins that were chosen by these versions, which a count of them would flatter: by draws of the
   * next release, as the margins were.
   */
  underChosen(of: readonly number[], allowed: Float64Array): Rate {
    const { blocked } = this.sharesOf(this.next, of, allowed);
    return within(blocked, boundsOf(recordOf(this.claims, of, allowed, 'blocked')));
  }

  /**
   * The allowance that each group of claims needs, so that a release passes all of them, in draws of the next release.
   * Shape (groups)(draws).
   */
  needs(groups: readonly (readonly number[])[]): Float64Array[] {
    return groups.map((of) =>
      Float64Array.from({ length: DRAWS }, (_, n) =>
        Math.max(...of.map((j) => this.beyond(this.next, j, n) + this.claims[j]!.reach * this.errors[j]![n]!)),
      ),
    );
  }
}

/**
 * One of the versions that were seen, given their mean: what is out of it is, of a normal family, the estimate of the
 * rate without bias that varies least (Kolmogorov 1950; Lieberman & Resnikoff 1955, by Rao and Blackwell). Draws from
 * the likeliest family put the error of the mean on top of a mean that has it already, and are out too often. Of one
 * version alone nothing is known but the likeliest.
 */
function seenGiven({ mean, rows, spread }: Family, claims: readonly Modelled[]): Family {
  const left = (j: number, of: number) => (claims[j]!.deviations.length > 1 ? of : 1);
  return {
    mean,
    rows: rows.map(
      (error, j) => error * Math.sqrt(left(j, Math.max(0, 1 - (claims[j]!.errorOfMean / error) ** 2 || 0))),
    ),
    spread: spread.map((own, j) => own * Math.sqrt(left(j, 1 - 1 / claims[j]!.deviations.length))),
  };
}

/**
 * The next release, given the mean of those that were seen: it varies by itself and by the error of that mean. Margins
 * that are chosen by these versions leave out as much as they are to only if both are reckoned with.
 */
function nextGiven({ mean, rows, spread }: Family, claims: readonly Modelled[]): Family {
  return {
    mean,
    rows: rows.map((error, j) => Math.hypot(error, claims[j]!.errorOfMean)),
    spread: spread.map((own, j) => own * Math.sqrt(1 + 1 / Math.max(1, claims[j]!.deviations.length))),
  };
}

/** The rule of succession: the count of the versions that were seen, with the model's word in the place of a half. */
function succeeding({ share, trials }: Pick<Bounds, 'share' | 'trials'>, model: number): number {
  return (trials * share + WORTH * model) / (trials + WORTH);
}

function within(rate: number, { lower, upper }: Pick<Bounds, 'lower' | 'upper'>): Rate {
  return { rate: Math.min(upper, Math.max(lower, rate)), lower, upper };
}

/** Shape (DRAWS): a mix of the ways in which past versions differed, scaled to variance 1. */
function directions({ deviations, between }: Modelled): Float64Array {
  const m = deviations.length;
  const found = new Float64Array(DRAWS);
  if (m < 2 || !(between > 0)) return found;
  const scale = 1 / Math.sqrt(between * (m - 1));
  for (let n = 0; n < DRAWS; n++)
    for (let a = 0; a < m; a++) found[n]! += normal(STREAM.release, n, a) * deviations[a]! * scale;
  return found;
}
