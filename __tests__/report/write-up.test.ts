/** post-mortem.md: what a team pastes; whatever is in its strings stays text. */
import { describe, expect, it } from 'vitest';
import { renderWriteUp } from '../../src/report/write-up.js';
import { FULL } from '../support/full-report.js';

describe('a write-up', () => {
  const text = renderWriteUp(FULL)!;

  it('has the way of the gain, and of each hypothesis its question, evidence, decision, owner and next step', () => {
    expect(text).toMatch(/^# Where the gain went: /);
    expect(text).toMatch(/## From the gain offline to the gain online\n\n\| step \|/);
    const { question, owner, next, why, evidence } = FULL.diagnosis!.hypotheses[0]!;
    const part = text.slice(text.indexOf('### '));
    for (const said of [question, owner, next, why, evidence[0]!.path, 'Could it alone explain the gap?'])
      expect(part).toContain(said);
  });

  it('has what nobody asked, and the evidence to write in its order', () => {
    expect(text).toContain(
      '## Not asked\n\n- Do the offline and the online metric measure the same thing? (metric-mismatch)\n',
    );
    expect(text).toContain(
      '## What to find out next, in order\n\n1. Layer 2, a replay: the ledger’s column s2; settles feature-parity; ' +
        'shows something of label-leakage.\n',
    );
    const none = renderWriteUp({ ...FULL, diagnosis: { ...FULL.diagnosis!, notAsked: [], next: [] } });
    expect(none).not.toMatch(/Not asked|What to find out next/);
  });

  it('is none of a run without a diagnosis', () => {
    const { diagnosis: _, ...without } = FULL;
    expect(renderWriteUp(without)).toBeUndefined();
  });
});
