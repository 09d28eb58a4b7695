/** What is read off a hypothesis: whether it alone explains the gap, and what comes next. */
import { describe, expect, it } from 'vitest';
import { CHECKS, checkOf } from '../../../src/checks/registry.js';
import { concluded, type Unconcluded } from '../../../src/verdict/diagnosis/conclusion.js';
import { DIAGNOSIS } from '../../support/full-report.js';

const { cure: asked, ...first } = DIAGNOSIS.hypotheses[0]!;
const of = (own: Partial<Unconcluded>): Unconcluded => ({ ...first, ...own });
const alone = (own: Partial<Unconcluded>) => concluded(of(own), []);

describe('a hypothesis', () => {
  it.each([
    ['sufficient', 1.1, 'yes'],
    ['ruled_out', 0.05, 'no'],
    ['contributing', 0.6, 'no'],
    ['contributing', 0.9, 'open'],
    ['inconclusive', 0.3, 'no'],
    ['inconclusive', null, 'open'],
    ['not_tested', null, 'open'],
    ['no_gap', 0.1, 'open'],
  ] as const)('that is %s with a share of at most %s is a sole explanation: %s', (verdict, upper, sole) => {
    expect(alone({ verdict, upper }).sole).toBe(sole);
  });

  it('that is found says its cure next, one that is open what would settle it, one that is ruled out nothing', () => {
    expect(alone({ verdict: 'sufficient' }).next).toBe(checkOf('feature-parity').cure);
    expect(alone({ verdict: 'inconclusive', settle: 'more rows' }).next).toBe('more rows');
    expect(alone({ verdict: 'ruled_out', settle: 'x' }).next).toBe('');
  });

  it('that is found does what its evidence asks for, before what its check would', () => {
    expect(alone({ verdict: 'contributing', cure: asked! }).next).toBe(asked!.why);
    expect(alone({ verdict: 'ruled_out', cure: asked! }).next).toBe('');
  });

  it('waits for another that may hold', () => {
    const parity = of({ verdict: 'contributing' });
    const leak = of({ id: 'label-leakage', layer: 1, verdict: 'inconclusive' });
    expect(concluded(parity, [parity, leak]).next).toMatch(/^rule label-leakage out first: /);
    const acquitted = { ...leak, verdict: 'ruled_out' as const };
    expect(concluded(parity, [parity, acquitted]).next).toBe(checkOf('feature-parity').cure);
  });

  it('has an owner and a question, whichever it is', () => {
    for (const { id, owner, question } of CHECKS) {
      expect(owner, id).toMatch(/^(whoever|the owner) /);
      expect(question, id).toMatch(/\?$/);
    }
  });
});
