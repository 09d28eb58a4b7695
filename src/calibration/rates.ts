/** Rates at which an unchanged release would be blocked, by what is drawn from the model of the next release. */

import { normalQuantile, studentTail } from '../estimation/statistics/student-t.js';
import { chiSquare, normal } from './draws.js';
import { DRAWS, errorFactor, type Modelled } from './model.js';
import { usualOf } from './usual.js';

/** Families that agree with what the versions show; each has a rate, and their spread is the rate's interval. */
const FAMILIES = 400;
/** Families that the bias of the worst of many cells is read off. */
const BESIDE = 200;
/** The interval of a rate leaves out as much on either side. */
const TAIL = 0.05;

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
}

/** The streams of numbers, one a purpose. */
const STREAM = { family: 3, mean: 4, release: 5, error: 6, errorOfFamily: 7 } as const;

/**
 * A family: of each claim its usual change, how far releases are from it, and the error of one eval set as a factor of
 * the one that was estimated. Shape (claims) each.
 */
interface Family {
  readonly mean: Float64Array;
  readonly spread: Float64Array;
  readonly error: Float64Array;
}

export class Unchanged {
  /** Shape (claims)(draws): the direction in which a release differs from the usual, of variance 1. */
  private readonly apart: Float64Array[];
  private readonly errors: Float64Array[];
  private readonly families: Family[];
  private readonly likeliest: Family;
  /** Families that differ from the likeliest one in their usual changes alone. */
  private readonly beside: Family[];

  constructor(private readonly claims: readonly Modelled[]) {
    this.apart = claims.map((claim) => directions(claim, STREAM.release, DRAWS));
    this.errors = claims.map(({ standardError, df }) =>
      Float64Array.from({ length: DRAWS }, (_, n) => standardError * errorFactor(STREAM.error, n, df)),
    );
    const usual = usualOf(claims);
    const uncertain = claims.map((claim) => directions(claim, STREAM.mean, FAMILIES));
    this.families = Array.from({ length: FAMILIES }, (_, k) => {
      const mean = new Float64Array(claims.length);
      const spread = new Float64Array(claims.length);
      const error = Float64Array.from(claims, ({ df }) => errorFactor(STREAM.errorOfFamily, k, df));
      for (const [j, claim] of claims.entries()) {
        const m = claim.deviations.length;
        const total = m > 1 ? (claim.moderated * (m - 1)) / chiSquare(STREAM.family, k, m - 1) : 0;
        const beyond = Math.max(0, total - claim.ofRows);
        // Another split for every family; releases go through all of them.
        mean[j] = usual.agreeing[j]![(k * 131) % DRAWS]! - Math.sqrt(beyond / Math.max(1, m)) * uncertain[j]![k]!;
        spread[j] = Math.sqrt(beyond);
      }
      return { mean, spread, error };
    });
    this.likeliest = {
      mean: usual.mean,
      spread: Float64Array.from(claims, (claim) => Math.sqrt(Math.max(0, claim.moderated - claim.ofRows))),
      error: new Float64Array(claims.length).fill(1),
    };
    const { spread, error } = this.likeliest;
    this.beside = Array.from({ length: BESIDE }, (_, k) => ({
      mean: Float64Array.from(claims, (_, j) => usual.agreeing[j]![(k * 131) % DRAWS]!),
      spread,
      error,
    }));
  }

  /**
   * @param of       the claims that count, by their index
   * @param allowed  shape (claims): what each may be; left out: what the policy allows
   */
  rates(of: readonly number[], allowed: Float64Array = this.written()): Rates {
    const shares = this.families.map((family) => this.sharesOf(family, of, allowed));
    const likeliest = this.sharesOf(this.likeliest, of, allowed);
    const beside = this.beside.map((family) => this.sharesOf(family, of, allowed));
    const live = this.sharesOf(this.asMeasured(), of, allowed);
    const rate = (which: 'blocked' | 'failed') =>
      rateOf(
        shares.map((share) => share[which]),
        beside.map((share) => share[which]),
        likeliest[which],
      );
    return {
      blocked: rate('blocked'),
      failed: rate('failed'),
      halves: live.blocked,
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
      spread: new Float64Array(this.claims.length),
      error: new Float64Array(this.claims.length).fill(1),
    };
  }

  private sharesOf(family: Family, of: readonly number[], allowed: Float64Array): { blocked: number; failed: number } {
    let [blocked, failed] = [0, 0];
    for (let n = 0; n < DRAWS; n++) {
      let [open, convicted] = [false, false];
      for (const j of of) {
        const beyond = this.beyond(family, j, n) - allowed[j]!;
        const error = family.error[j]! * this.errors[j]![n]!;
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
  private beyond({ mean, spread, error }: Family, j: number, n: number): number {
    const { side, standardError, noise } = this.claims[j]!;
    const drawn = mean[j]! + error[j]! * standardError * noise[n]! + spread[j]! * this.apart[j]![n]!;
    return side === 0 ? Math.abs(drawn) : side * drawn;
  }

  /**
   * The allowance that each group of claims needs, so that a release passes all of them, in draws from the likeliest
   * family. Shape (groups)(draws).
   */
  needs(groups: readonly (readonly number[])[]): Float64Array[] {
    return groups.map((of) =>
      Float64Array.from({ length: DRAWS }, (_, n) =>
        Math.max(...of.map((j) => this.beyond(this.likeliest, j, n) + this.claims[j]!.reach * this.errors[j]![n]!)),
      ),
    );
  }
}

/** Shape (draws): a mix of the ways in which past versions differed, scaled to variance 1. */
function directions({ deviations, between }: Modelled, stream: number, draws: number): Float64Array {
  const m = deviations.length;
  const found = new Float64Array(draws);
  if (m < 2 || !(between > 0)) return found;
  const scale = 1 / Math.sqrt(between * (m - 1));
  for (let n = 0; n < draws; n++)
    for (let a = 0; a < m; a++) found[n]! += normal(stream, n, a) * deviations[a]! * scale;
  return found;
}

/**
 * Bias-corrected percentiles (Efron 1981) of the families' rates. A variance from few versions is too small more often
 * than not, and families that have a larger one are no bias: the upper end is corrected for that of the usual changes
 * alone.
 *
 * @param beside    rates of families that differ from the likeliest one in their usual changes alone
 * @param likeliest the rate of that one
 */
function rateOf(shares: readonly number[], beside: readonly number[], likeliest: number): Rate {
  const sorted = shares.toSorted((a, b) => a - b);
  const at = (z: number) => sorted[Math.min(sorted.length - 1, Math.floor(normalShare(z) * sorted.length))]!;
  const reach = normalQuantile(1 - TAIL);
  const [all, usual] = [biasOf(shares, likeliest), biasOf(beside, likeliest)];
  return { rate: at(2 * all), lower: at(2 * all - reach), upper: at(2 * Math.max(all, usual) + reach) };
}

/**
 * The bias of a rate as a normal quantile: the rate of many cells is one of the worst of them, which families whose
 * usual changes vary around what was measured exceed more often than not.
 */
function biasOf(shares: readonly number[], likeliest: number): number {
  const below = shares.filter((share) => share < likeliest).length;
  const ties = shares.filter((share) => share === likeliest).length;
  return normalQuantile((below + ties / 2 + 0.5) / (shares.length + 1));
}

/** P(Z ≤ z): Student's t of so many degrees of freedom is normal. */
function normalShare(z: number): number {
  return 1 - studentTail(z, 1e7);
}
