/** The change whose age and incompatibility the cures go by. */
import { describe, expect, it } from 'vitest';
import { worstChange } from '../../../src/checks/version-skew/remedies.js';
import { failing, finding } from '../../support/findings.js';

describe('the worst change', () => {
  const open = { verdict: 'inconclusive', level: 'fail' } as const;
  const byHolm = finding({ ...open, change: 0.03, lower: 0.02, reason: { kind: 'borderline', by: 'holm' } });
  const worse = finding({ ...byHolm, change: 0.05 });

  it('is the failing one that is the most beyond its margin, whatever is open', () => {
    const [small, large] = [failing({ change: 0.02 }), failing({ change: 0.04 })];
    expect(worstChange([small, worse, large])).toBe(large);
  });

  it('is, where none fails, that of a cell which does but for Holm’s procedure', () => {
    expect(worstChange([byHolm, worse])).toBe(worse);
    const straddles = finding({ ...open, change: 0.09, reason: { kind: 'borderline', by: 'interval' } });
    expect(worstChange([straddles, finding(), { ...byHolm, level: 'warn' }])).toBeUndefined();
    expect(worstChange([{ ...byHolm, judged: 'value' }])).toBeUndefined();
  });
});
