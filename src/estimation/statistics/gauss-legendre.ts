/** Gauss–Legendre quadrature. */

/** A place in [0, 1] and the weight of the function's value there; weights sum to 1. */
export type Node = readonly [place: number, weight: number];

const known = new Map<number, readonly Node[]>();

/** Shape (n): nodes and weights on [0, 1], exact for polynomials up to degree 2n - 1. */
export function gaussLegendre(n: number): readonly Node[] {
  let nodes = known.get(n);
  if (!nodes) {
    nodes = Array.from({ length: n }, (_, i) => nodeAt(n, i));
    known.set(n, nodes);
  }
  return nodes;
}

/**
 * The root of P_n that Newton's method finds from the usual first guess, and its weight 2 / ((1 - x²) P_n'(x)²), both
 * on [0, 1].
 */
function nodeAt(n: number, i: number): Node {
  let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
  let slope = 1;
  for (let step = 0; step < 100; step++) {
    const legendre = legendreAt(n, x);
    slope = legendre.slope;
    const change = legendre.value / slope;
    x -= change;
    if (Math.abs(change) < 1e-15) break;
  }
  return [(1 + x) / 2, 1 / ((1 - x * x) * slope * slope)];
}

/** P_n(x) and its derivative, by Bonnet's recursion. */
function legendreAt(n: number, x: number): { readonly value: number; readonly slope: number } {
  let previous = 1;
  let current = x;
  for (let j = 2; j <= n; j++) [previous, current] = [current, ((2 * j - 1) * x * current - (j - 1) * previous) / j];
  return { value: current, slope: (n * (x * current - previous)) / (x * x - 1) };
}
