/**
 * Version distances from a declared cadence, in closed form.
 *
 * Embeddings are frozen when a build starts. Seen at a random moment on a random host, an index has the age A = D + δ
 * + U(0, P) + U(0, R): build duration, pick-up lag, time since the build started to serve, place in the rollout. With
 * checkpoints every T at a random phase, the distance is the number of them in the last A: P(K = k) = E[(1 - |A/T -
 * k|)₊].
 */
import type { Cadence, Histogram } from '../../documents/policy/policy.js';

/**
 * Checkpoints that an index may be behind: beyond, a unit is wrong, and the masses would be rounding. Judgement of
 * this project.
 */
export const MAX_BEHIND = 10_000;

/** Counts the checkpoints that the oldest index of a cadence is behind. */
export function mostBehind(cadence: Cadence): number {
  return ageRange(cadence)[1] / cadence.checkpointPeriod;
}

/** Masses below this are dropped: they come from rounding alone. */
const NEGLIGIBLE = 1e-12;

/** P(K = k) for every k that carries mass, ascending. Times in hours. */
export function histogramOfCadence(cadence: Cadence): Histogram {
  const kernel = cadence.streaming ? streamingMass(cadence, cadence.streaming) : batchMass(cadence);
  const [from, to] = ageRange(cadence);
  const T = cadence.checkpointPeriod;
  const histogram = new Map<number, number>();
  let sum = 0;
  for (let k = Math.floor(from / T) - 1; k <= Math.ceil(to / T) + 1; k++) {
    const mass = kernel(k);
    if (mass < NEGLIGIBLE) continue;
    histogram.set(k, mass);
    sum += mass;
  }
  return new Map([...histogram].map(([k, mass]) => [k, mass / sum]));
}

/** Mean age of the index, in hours. */
export function meanAge({ buildPeriod, buildDuration, rollout, pickupLag, streaming }: Cadence): number {
  if (!streaming) return buildDuration + pickupLag + buildPeriod / 2 + rollout / 2;
  const { refreshRate: rate, backfillPeriod: F } = streaming;
  // ∫ e^{-λa}(1 - a/F) da over 0 … F.
  const mean = rate * F < 1e-6 ? F / 2 : 1 / rate - (1 - Math.exp(-rate * F)) / (rate * rate * F);
  return streaming.latency + pickupLag + mean;
}

/** Youngest and oldest age. */
function ageRange({ buildPeriod, buildDuration, rollout, pickupLag, streaming }: Cadence): [number, number] {
  const from = (streaming ? streaming.latency : buildDuration) + pickupLag;
  return [from, from + (streaming ? streaming.backfillPeriod : buildPeriod + rollout)];
}

/**
 * E over two uniforms, exactly: the kernel is the second difference of a ramp, so its mean over U(0, P) + U(0, R) is a
 * difference of its second antiderivative (first for one uniform, none for neither).
 */
function batchMass({
  checkpointPeriod: T,
  buildPeriod,
  buildDuration,
  rollout,
  pickupLag,
}: Cadence): (k: number) => number {
  const start = (buildDuration + pickupLag) / T;
  const p = buildPeriod / T;
  const r = rollout / T;
  return (k) => {
    const c = start - k;
    if (p === 0 && r === 0) return difference(c, 1);
    if (p === 0 || r === 0) {
      const width = p + r;
      return (difference(c + width, 2) - difference(c, 2)) / width;
    }
    return (difference(c + p + r, 3) - difference(c + p, 3) - difference(c + r, 3) + difference(c, 3)) / (p * r);
  };
}

/** Second difference of x₊ᵖ / p!: the kernel (1 - |x|)₊ for p = 1, its antiderivatives for 2 and 3. */
function difference(x: number, power: 1 | 2 | 3): number {
  const factorial = power === 1 ? 1 : power === 2 ? 2 : 6;
  const ramp = (y: number) => (y > 0 ? y ** power : 0) / factorial;
  return ramp(x + 1) - 2 * ramp(x) + ramp(x - 1);
}

/**
 * Streaming: an item's age has P(age > a) = e^{-λa}(1 - a/F)₊ for a refresh rate λ and a full backfill every F.
 * E[g(A)] = g(L) + ∫ g'(L + a)·P(age > a) da, in which the kernel's slope is ±1/T between its kinks, so every piece
 * integrates exactly.
 */
function streamingMass(
  { checkpointPeriod: T, pickupLag }: Cadence,
  { refreshRate: rate, backfillPeriod: F, latency }: NonNullable<Cadence['streaming']>,
): (k: number) => number {
  const start = latency + pickupLag;
  // ∫ from 0 to a of e^{-λu}(1 - u/F) du.
  const survived = (a: number): number => {
    const x = Math.min(Math.max(a, 0), F);
    if (rate * F < 1e-6) return x - (x * x) / (2 * F);
    const e = Math.exp(-rate * x);
    return (1 - e) / rate - (1 - e * (1 + rate * x)) / (rate * rate * F);
  };
  return (k) => {
    const at = (age: number) => Math.max(0, 1 - Math.abs(age / T - k));
    const rising = survived(k * T - start) - survived((k - 1) * T - start);
    const falling = survived((k + 1) * T - start) - survived(k * T - start);
    return at(start) + (rising - falling) / T;
  };
}

/** The histogram of an index of one age: P(K = k) = (1 - |age/T - k|)₊. Times in hours. */
export function histogramOfAge(age: number, checkpointPeriod: number): Histogram {
  const behind = age / checkpointPeriod;
  const below = Math.floor(behind);
  const share = behind - below;
  return new Map(
    share === 0
      ? [[below, 1]]
      : [
          [below, 1 - share],
          [below + 1, share],
        ],
  );
}
