/** The words of verdicts and of the parts of a change: each is spelled here and nowhere else. */

import type { Verdict } from '../../checks/check-report.js';
import type { OverallVerdict } from '../../verdict/report-object.js';

export const VERDICTS: Readonly<Record<OverallVerdict, string>> = {
  ready: 'Ready',
  not_ready: 'Not ready',
  inconclusive: 'Inconclusive',
};

/** Of cells: one, several as a title, and what a rule does. */
export const CELLS: Readonly<Record<Verdict, { readonly one: string; readonly title: string; readonly verb: string }>> =
  {
    fail: { one: 'fail', title: 'Failed', verb: 'fails' },
    inconclusive: { one: 'inconclusive', title: 'Inconclusive', verb: 'is inconclusive' },
    pass: { one: 'pass', title: 'Passed', verb: 'passes' },
  };

/**
 * A change of a metric is the sum of two parts: what older knowledge costs, and what vectors of two versions cost that
 * do not belong together.
 */
export const PARTS = { age: 'age', incompatibility: 'incompatibility' } as const;

/** The same said to whoever meets the words for the first time. */
export const PARTS_MEAN =
  'age is the change of an older pair of towers, both of that version; incompatibility is the rest of the change, as a ' +
  'query vector of one version meets item vectors of another';

/** One-sided bounds by what rests on them. */
export const BOUNDS = { pass: 'bounds to pass', fail: 'bounds that convict', both: 'bounds' } as const;

/** The part of its margin that a cell uses: view/used.ts says how it is reckoned. */
export const USED = 'margin used';

export { ABSENT, nameOfDistance } from '../../verdict/format.js';
export { ICONS } from './icons.js';

export const VERDICT_ICONS: Readonly<Record<OverallVerdict, string>> = {
  ready: '✓',
  not_ready: '✗',
  inconclusive: '?',
};
