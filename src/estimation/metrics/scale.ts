/** Scales say how the values of a metric compare: what a change is, how a margin is read, and how a change is shown. */

/** `relative`: a share of the value at distance 0; `absolute`: the metric's own unit. */
export type ChangeUnit = 'relative' | 'absolute';

export interface Scale {
  readonly name: 'linear' | 'log_ratio';
  /** The unit in which a change is judged, by whether its margin is written as a percentage. */
  unit(percentage: boolean): ChangeUnit;
  /**
   * The margin in the unit of the change. `threshold` is as written: 0.02 where `percentage` says that 2 % stands
   * there.
   */
  margin(threshold: number, percentage: boolean): number;
  /** A change, and the unit that it is shown in. */
  shown(change: number, unit: ChangeUnit): { readonly value: number; readonly unit: ChangeUnit };
}

/** Values compare by their difference, or as a share of the value at distance 0 where the margin is a percentage. */
export const LINEAR: Scale = {
  name: 'linear',
  unit: (percentage) => (percentage ? 'relative' : 'absolute'),
  margin: (threshold) => threshold,
  shown: (value, unit) => ({ value, unit }),
};

/**
 * The value is the natural logarithm of a ratio to distance 0. A change is the difference of two logarithms; a
 * percentage is one of the ratio, so that 2 % reads ln 1.02; a change is shown as the ratio less 1.
 */
export const LOG_RATIO: Scale = {
  name: 'log_ratio',
  unit: () => 'absolute',
  margin: (threshold, percentage) => (percentage ? Math.log1p(threshold) : threshold),
  shown: (change) => ({ value: Math.expm1(change), unit: 'relative' }),
};
