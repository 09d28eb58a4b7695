/** Figures on axes. */

import { UNIT_SPACE } from '../view/typography.js';

/** `+10 %`, `−0.02`, `0`. */
export function signedTick(value: number, percent: boolean): string {
  const rounded = Number(Math.abs(value).toPrecision(6));
  const size =
    rounded > 0 && rounded < 1e-4
      ? String(Number(rounded.toPrecision(2))).replace('-', '−')
      : rounded.toLocaleString('en-US', { maximumFractionDigits: 6 });
  const sign = value > 0 ? '+' : value < 0 ? '−' : '';
  return `${sign}${size}${percent ? `${UNIT_SPACE}%` : ''}`;
}

/** A share of 1: `40 %`. */
export function shareTick(share: number): string {
  return `${Math.round(100 * share)}${UNIT_SPACE}%`;
}
