/** Which check is whose: alike for every attempt at the same judgement, and for no other. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identityOf, markerOf, type Subject } from '../../../src/host/github/check-identity.js';

const SUBJECT: Subject = {
  policy: { path: 'gates/a.yml', name: 'gate' },
  release: { path: 'models/b.yml', name: 'model' },
  judgedBy: 'base',
  pullRequest: 5,
};

describe('the name', () => {
  it('is that of the policy and the release, or what the workflow says', () => {
    expect(identityOf(SUBJECT).name).toBe('skewgate / gate / model');
    expect(identityOf(SUBJECT, 'readiness').name).toBe('readiness');
  });

  it('cannot be taken for one of other parts', () => {
    const named = (policy: string, release: string) =>
      identityOf({
        ...SUBJECT,
        policy: { ...SUBJECT.policy, name: policy },
        release: { ...SUBJECT.release, name: release },
      }).name;
    expect(named(' gate / x ', 'model')).toBe('skewgate / gate/x / model');
    expect(named('gate', 'x / model')).not.toBe(named('gate / x', 'model'));
    expect(named('gate\u001b[2J\n', 'model')).not.toMatch(/[\u001b\n]/);
  });
});

describe('the external id', () => {
  it('is another wherever anything that is judged is another, and only there', () => {
    const { externalId } = identityOf(SUBJECT);
    expect(externalId).toMatch(/^skewgate:[0-9a-f]{40}$/);
    // What the files call themselves may change under way.
    expect(identityOf({ ...SUBJECT, policy: { ...SUBJECT.policy, name: 'renamed' } }).externalId).toBe(externalId);
    const others = [
      identityOf({ ...SUBJECT, policy: { ...SUBJECT.policy, path: 'gates/c.yml' } }),
      identityOf({ ...SUBJECT, release: { ...SUBJECT.release, path: 'models/c.yml' } }),
      identityOf({ ...SUBJECT, judgedBy: 'head' }),
      identityOf({ ...SUBJECT, pullRequest: 6 }),
      identityOf({ ...SUBJECT, pullRequest: undefined }),
      identityOf(SUBJECT, 'readiness'),
    ].map((identity) => identity.externalId);
    expect(new Set([externalId, ...others]).size).toBe(7);
  });

  it('keeps the parts apart whatever stands in the paths', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (a, b, c, d) => {
        const of = (policy: string, release: string) =>
          identityOf({ ...SUBJECT, policy: { path: policy, name: '' }, release: { path: release, name: '' } })
            .externalId;
        expect(of(a, b) === of(c, d)).toBe(a === c && b === d);
      }),
    );
  });

  it('is the marker of the comment', () => {
    expect(markerOf({ name: 'x', externalId: 'skewgate:00' })).toBe('<!-- skewgate:00 -->');
  });
});
