/** Shares of too few requests are not judged. */
import { expect, it } from 'vitest';
import { tooFew } from '../../src/checks/measurement.js';

it('a share of fewer than 30 requests is not judged', () => {
  expect(tooFew(29.9)).toEqual({ kind: 'too_few_trials', what: 'requests', count: 29.9, least: 30 });
  expect(tooFew(30)).toBeUndefined();
});
