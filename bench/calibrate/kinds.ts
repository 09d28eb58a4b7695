/** Kinds of families that `skewgate calibrate` is held to. Each family of a kind has numbers of its own. */

import type { Random } from '../../__tests__/support/xoshiro.js';
import { type Family, student } from './family.js';

export interface Kind {
  readonly name: string;
  /** Past versions that a family is calibrated from. */
  readonly past: readonly number[];
  /** What it is outside of the promise by; left out: it is within. */
  readonly outside?: string;
  /** Written after the method was chosen, and never used to choose it. */
  readonly unseen?: true;
  family(random: Random): Family;
}

function between(low: number, high: number, random: Random): number {
  return low + (high - low) * random.uniform();
}

/** An ordinary family whose versions differ by so much: standard deviation of the logarithm of a size. */
function ordinary(random: Random, varies: number, own: Partial<Family> = {}): Family {
  const queries = Math.round(between(500, 900, random));
  return {
    queries,
    rows: Math.round(queries * between(4, 6, random)),
    items: Math.round(between(250, 500, random)),
    unevenQueries: between(1, 1.6, random),
    unevenItems: between(1.3, 2.2, random),
    drift: between(0.15, 0.4, random),
    sizes: (count, own) => Array.from({ length: count }, () => Math.exp(varies * own.normal())),
    bySlice: 0.05,
    same: between(0, 0.6, random),
    ...own,
  };
}

export const KINDS: readonly Kind[] = [
  {
    name: 'noise of the rows alone',
    past: [3, 6],
    family: (random) => ordinary(random, 0, { bySlice: 0 }),
  },
  { name: 'versions differ a little', past: [3, 6], family: (random) => ordinary(random, between(0.08, 0.2, random)) },
  { name: 'versions differ much', past: [3, 6], family: (random) => ordinary(random, between(0.3, 0.5, random)) },
  {
    name: 'few queries and items',
    past: [3, 6],
    family: (random) =>
      ordinary(random, between(0, 0.3, random), {
        queries: 300,
        rows: Math.round(between(1500, 2500, random)),
        items: 150,
        unevenQueries: 1.2,
        unevenItems: 1.3,
      }),
  },
  {
    name: 'many queries and items',
    past: [3, 6],
    family: (random) => ordinary(random, between(0.05, 0.4, random), { queries: 1800, rows: 7000, items: 1000 }),
  },
  { name: 'two versions', past: [2], family: (random) => ordinary(random, between(0, 0.4, random)) },
  { name: 'many versions', past: [10], family: (random) => ordinary(random, between(0, 0.4, random)) },
  {
    name: 'heavy tails: sizes and items',
    past: [3, 6],
    family: (random) => {
      const scale = between(0.08, 0.2, random);
      return ordinary(random, 0, {
        sizes: (count, own) =>
          Array.from({ length: count }, () => Math.exp(scale * Math.max(-8, Math.min(8, student(3, own))))),
        unevenItems: 2.5,
        tail: 4,
      });
    },
  },
  {
    name: 'each slice moves for itself',
    past: [3, 6],
    family: (random) => ordinary(random, 0.1, { bySlice: between(0.2, 0.4, random) }),
  },
  {
    name: 'one release of ten is bad',
    past: [3, 6, 10],
    family: (random) =>
      ordinary(random, 0.1, {
        sizes: (count, own) =>
          Array.from({ length: count }, () => Math.exp(0.1 * own.normal()) * (own.uniform() < 0.1 ? 2.5 : 1)),
      }),
  },
  {
    name: 'drift grows from version to version',
    past: [3, 6],
    outside: 'the next release is not like those before it',
    family: (random) => {
      const growth = between(1.1, 1.3, random);
      return ordinary(random, 0, {
        sizes: (count, own) =>
          Array.from({ length: count }, (_, a) => growth ** (1 - a) * Math.exp(0.05 * own.normal())),
      });
    },
  },
  {
    name: 'drifts with very heavy tails',
    past: [3, 6],
    unseen: true,
    family: (random) => {
      const scale = between(0.15, 0.35, random);
      // Student's t of two degrees of freedom has no variance; a size stays within a factor of twenty.
      const size = (own: Random) => Math.exp(Math.max(-3, Math.min(3, scale * student(2, own))));
      return ordinary(random, 0, { sizes: (count, own) => Array.from({ length: count }, () => size(own)), tail: 3 });
    },
  },
  {
    name: 'two clusters of versions',
    past: [3, 6],
    unseen: true,
    family: (random) => {
      const [apart, share] = [between(1.4, 2.2, random), between(0.25, 0.75, random)];
      const size = (own: Random) => (own.uniform() < share ? 1 : apart) * Math.exp(0.05 * own.normal());
      return ordinary(random, 0, { sizes: (count, own) => Array.from({ length: count }, () => size(own)) });
    },
  },
  {
    name: 'tiny eval sets',
    past: [3, 6],
    unseen: true,
    family: (random) =>
      ordinary(random, between(0, 0.3, random), {
        queries: Math.round(between(180, 240, random)),
        rows: Math.round(between(1000, 1300, random)),
        items: Math.round(between(90, 130, random)),
        unevenQueries: 1.1,
        unevenItems: 1.1,
      }),
  },
  {
    name: 'a step between past versions',
    past: [3, 6],
    unseen: true,
    outside: 'the next release is not like the older ones',
    family: (random) => {
      const [step, since] = [between(1.3, 1.8, random), 1 + Math.floor(3 * random.uniform())];
      const before = random.uniform() < 0.5 ? step : 1 / step;
      return ordinary(random, 0, {
        sizes: (count, own) =>
          Array.from({ length: count }, (_, a) => (a > since ? before : 1) * Math.exp(0.1 * own.normal())),
      });
    },
  },
  {
    name: 'seasons',
    past: [3, 6],
    unseen: true,
    outside: 'the next release is in a season of its own',
    family: (random) => {
      const [period, phase] = [between(4, 8, random), 2 * Math.PI * random.uniform()];
      const season = (a: number) => Math.exp(0.4 * Math.sin(phase - (2 * Math.PI * a) / period));
      return ordinary(random, 0, {
        sizes: (count, own) => Array.from({ length: count }, (_, a) => season(a) * Math.exp(0.05 * own.normal())),
      });
    },
  },
];
