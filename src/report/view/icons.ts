/** Marks that say without a colour what a colour says. */

import type { Verdict } from '../../checks/check-report.js';

export const ICONS: Readonly<Record<Verdict, string>> = { fail: '✗', inconclusive: '?', pass: '✓' };
