/** Elements of an array by their places. Loops, as `from` of a typed array takes ten times as long. */

/** values[at[0]], values[at[1]], … */
export function gatherFloats(values: ArrayLike<number>, at: ArrayLike<number>): Float64Array {
  return fill(new Float64Array(at.length), values, at);
}

export function gatherInts(values: ArrayLike<number>, at: ArrayLike<number>): Int32Array {
  return fill(new Int32Array(at.length), values, at);
}

export function gatherShorts(values: ArrayLike<number>, at: ArrayLike<number>): Uint16Array {
  return fill(new Uint16Array(at.length), values, at);
}

function fill<T extends Float64Array | Int32Array | Uint16Array>(
  found: T,
  values: ArrayLike<number>,
  at: ArrayLike<number>,
): T {
  for (let i = 0; i < found.length; i++) found[i] = values[at[i]!]!;
  return found;
}
