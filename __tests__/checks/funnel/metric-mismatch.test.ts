/** Past arms whose offline gains did or did not come true. */
import { afterEach, describe, expect, it } from 'vitest';
import { EvidenceProject, type Tables } from '../../support/evidence.js';
import { pastArms } from '../../support/funnel-logs.js';
import type { Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());

function evidence(rules: Record<string, readonly string[]>, tables: Tables): EvidenceProject {
  const own = new EvidenceProject(rules, tables);
  project = own;
  return own;
}

describe('metric-mismatch as a gate', () => {
  const RULES = ['{metric: correlation, min: 0.5}', '{metric: sign_concordance, min: 50%}'];

  it('passes past arms that agree', async () => {
    const { status, of } = await evidence({ 'metric-mismatch': RULES }, { arms: pastArms(0.8) }).examined(
      'metric-mismatch',
    );
    expect(of('correlation')).toMatchObject({ verdict: 'pass', judged: 'value' });
    expect(status).toBe(0);
  });

  it('is open with fewer than six, and where the spread is error', async () => {
    const few = await evidence({ 'metric-mismatch': RULES }, { arms: pastArms(0.8, { arms: 5 }) }).examined(
      'metric-mismatch',
    );
    expect(few.of('correlation').why).toBe('fewer than 6 arms');
    project.remove();
    const noisy = await evidence({ 'metric-mismatch': RULES }, { arms: pastArms(0.8, { noise: 0.05 }) }).examined(
      'metric-mismatch',
    );
    expect(noisy.of('correlation').why).toBe('most of their spread is error');
  });
});
