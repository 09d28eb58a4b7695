/**
 * The loops in which most of a run is spent, in AssemblyScript: two numbers at a time, each in the order of additions
 * that the same loop in TypeScript has, so that the bits are the same. Nothing is allocated; whoever calls says where
 * everything stands.
 */
export { countAbove } from './counts';
export { dots } from './dots';
export { mapVectors } from './maps';
export { addMarginals } from './marginals';
export { addProducts } from './products';
