/**
 * At which precision vectors were stored, read off their values: what rounding may make of the release's own vectors
 * is no other checkpoint. docs/checks/checkpoint-identity.md.
 */

/**
 * Float32, another batch size or another runtime may move a vector by this share of its length; rounding to
 * float16 (at most 2⁻¹¹) is less. Judgement of this project.
 */
const EMBEDDED = 1e-3;
/** bfloat16 keeps 8 bits of a significand, so no number moves by more than half of its last one, 2⁻⁸ of the number. */
const BFLOAT16 = 2 ** -8;
/** The steps of a quantised vector are at most this far from whole numbers. */
const WHOLE = 1e-3;

/** Vectors of one dimension, row after row; shape (rows, dimension). */
interface Vectors {
  readonly values: Float64Array;
  readonly dimension: number;
}

export interface StoredPrecision {
  readonly precision: 'float32' | 'bfloat16' | 'int8';
  /** The most that storing at this precision moves row r, as a share of the length of the vector that was stored. */
  readonly tolerance: (r: number, length: number) => number;
}

/** The precision that all rows have been stored at, as far as their values show it. */
export function storedPrecision(vectors: Vectors, rows: readonly number[]): StoredPrecision {
  const of = (r: number) => vectors.values.subarray(r * vectors.dimension, (r + 1) * vectors.dimension);
  const largest = (values: Float64Array) => values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const together = rows.reduce((most, r) => Math.max(most, largest(of(r))), 0) / 127;
  // One scale for all vectors, or one each; symmetric, so that the largest number is ±127 steps.
  const scales = [() => together, (r: number) => largest(of(r)) / 127];
  const scale = scales.find((step) => rows.every((r) => of(r).every((x) => isWhole(x / step(r)))));
  // Steps first: written as whole numbers up to 127 they would pass for bfloat16.
  if (!scale || vectors.dimension < LEAST_DIMENSION) {
    const halved = rows.every((r) => of(r).every(isBfloat16));
    return halved
      ? { precision: 'bfloat16', tolerance: () => Math.max(EMBEDDED, BFLOAT16) }
      : { precision: 'float32', tolerance: () => EMBEDDED };
  }
  // Half a step each way in every dimension.
  const move = (r: number) => (scale(r) / 2) * Math.sqrt(vectors.dimension);
  return { precision: 'int8', tolerance: (r, length) => Math.max(EMBEDDED, (1 + WHOLE) * (move(r) / length)) };
}

/** Fewer numbers might be multiples of a 127th of the largest by chance. */
const LEAST_DIMENSION = 4;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Tells whether a number, as written in float32, has nothing in the half that bfloat16 leaves out. */
function isBfloat16(x: number): boolean {
  float[0] = x;
  return Math.abs(float[0]! - x) <= 1e-6 * Math.abs(x) && (bits[0]! & 0xffff) === 0;
}

function isWhole(steps: number): boolean {
  return Math.abs(steps - Math.round(steps)) <= WHOLE;
}
