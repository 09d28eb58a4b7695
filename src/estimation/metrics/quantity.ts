/** The quantities that summed metrics add up, row by row. */

/** The predictions of one version, with their log loss. */
export interface RowPredictions {
  prediction(r: number): number;
  /** -y ln p - (1 - y) ln(1 - p), natural logarithms. */
  logLoss(r: number, y: number): number;
}

/**
 * A number a row, made of its prediction and its label. Metrics of the same quantity share one pass and one table of
 * sums.
 */
export interface Quantity {
  /** The name by which sums of it are kept. */
  readonly id: string;
  /**
   * True where it is cut off where a prediction is 0 or 1, so that rows where that matters are refused if there are
   * many.
   */
  readonly clipped: boolean;
  /** The quantity of row r, whose label is y in [0, 1]. */
  of(predictions: RowPredictions, r: number, y: number): number;
}

/** The log loss, in nats. */
export const LOSS: Quantity = { id: 'loss', clipped: true, of: (predictions, r, y) => predictions.logLoss(r, y) };

/** The prediction itself. */
export const PREDICTION: Quantity = {
  id: 'prediction',
  clipped: false,
  of: (predictions, r) => predictions.prediction(r),
};

/** (prediction - label)². */
export const SQUARED_ERROR: Quantity = {
  id: 'squared_error',
  clipped: false,
  of: (predictions, r, y) => (predictions.prediction(r) - y) ** 2,
};
