/** Rates at which an unchanged release would be blocked, by what is drawn from the model of the next release. */

import { chiSquare, normal } from './draws.js';
import { DRAWS, errorFactor, type Modelled } from './model.js';

/** Families that agree with what the versions show; each has a rate, and their spread is the rate's interval. */
const FAMILIES = 400;
/** Releases of each family that margins are chosen by. */
const OF_EACH = 16;
/** The interval of a rate leaves out as much on either side. */
const TAIL = 0.05;

/** A share of releases, with its interval of 90 %. */
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
const STREAM = { family: 3, mean: 4, release: 5 } as const;

/** A family: of each claim its usual change, and how far releases are from it. Shape (claims) each. */
interface Family {
  readonly mean: Float64Array;
  readonly spread: Float64Array;
}

export class Unchanged {
  /** Shape (claims)(draws): the direction in which a release differs from the usual, of variance 1. */
  private readonly apart: Float64Array[];
  private readonly errors: Float64Array[];
  private readonly families: Family[];

  constructor(private readonly claims: readonly Modelled[]) {
    this.apart = claims.map((claim) => directions(claim, STREAM.release, DRAWS));
    this.errors = claims.map(({ standardError, df }) =>
      Float64Array.from({ length: DRAWS }, (_, n) => standardError * errorFactor(n, df)),
    );
    const uncertain = claims.map((claim) => directions(claim, STREAM.mean, FAMILIES));
    this.families = Array.from({ length: FAMILIES }, (_, k) => {
      const mean = new Float64Array(claims.length);
      const spread = new Float64Array(claims.length);
      for (const [j, claim] of claims.entries()) {
        const m = claim.deviations.length;
        const total = m > 1 ? (claim.between * (m - 1)) / chiSquare(STREAM.family, k, m - 1) : 0;
        // Another split for every family; releases go through all of them.
        const rows = claim.standardError * claim.noise[(k * 131) % DRAWS]!;
        mean[j] = claim.mean - rows - Math.sqrt(total / Math.max(1, m)) * uncertain[j]![k]!;
        spread[j] = Math.sqrt(Math.max(0, total - claim.ofRows));
      }
      return { mean, spread };
    });
  }

  /**
   * @param of       the claims that count, by their index
   * @param allowed  shape (claims): what each may be; left out: what the policy allows
   */
  rates(of: readonly number[], allowed: Float64Array = this.written()): Rates {
    const shares = this.families.map((family) => this.sharesOf(family, of, allowed));
    const live = this.sharesOf(this.asMeasured(), of, allowed);
    return {
      blocked: rateOf(shares.map(({ blocked }) => blocked)),
      failed: rateOf(shares.map(({ failed }) => failed)),
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
  private beyond({ mean, spread }: Family, j: number, n: number): number {
    const { side, standardError, noise } = this.claims[j]!;
    const drawn = mean[j]! + standardError * noise[n]! + spread[j]! * this.apart[j]![n]!;
    return side === 0 ? Math.abs(drawn) : side * drawn;
  }

  /**
   * The allowance that each group of claims needs, so that a release passes all of them, in draws over all families.
   * Shape (groups)(draws).
   */
  needs(groups: readonly (readonly number[])[]): Float64Array[] {
    return groups.map((of) => {
      const found = new Float64Array(FAMILIES * OF_EACH);
      for (const [k, family] of this.families.entries())
        for (let i = 0; i < OF_EACH; i++) {
          const n = (k * OF_EACH + i) % DRAWS;
          let most = Number.NEGATIVE_INFINITY;
          for (const j of of)
            most = Math.max(most, this.beyond(family, j, n) + this.claims[j]!.reach * this.errors[j]![n]!);
          found[k * OF_EACH + i] = most;
        }
      return found;
    });
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

function rateOf(shares: readonly number[]): Rate {
  const sorted = shares.toSorted((a, b) => a - b);
  const at = (p: number) => sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!;
  return { rate: shares.reduce((sum, share) => sum + share, 0) / shares.length, lower: at(TAIL), upper: at(1 - TAIL) };
}
