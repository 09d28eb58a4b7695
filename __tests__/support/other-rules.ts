/** The good project under rules of a test’s own. */
import { afterEach, expect } from 'vitest';
import type { Finding } from '../../src/checks/check-report.js';
import { reasonOf } from '../../src/checks/reason-words.js';
import type { Report } from '../../src/verdict/report-object.js';
import { Project } from './project.js';

export const POLICY = 'gates/gate.yml';
export const RELEASE = 'models/release.yml';

/** The rules of the good project. */
export const RULES = `      - {metric: log_loss, max_increase: 5%, at: production, slices: [all, tier]}
      - metric: calibration_shift
        max_change: 5%
        at: each
`;

export let project: Project;

/** To be called by each file that uses these: the project of a test is removed when it is over. */
export function removedAfterEach(): void {
  afterEach(() => project.remove());
}

export function goodProject(): Project {
  project = new Project();
  return project;
}

/** The good project with other rules; `spoil` changes the rest of it. */
export async function judged(rules: string, spoil: (p: Project) => unknown = () => undefined): Promise<Report> {
  goodProject().edit(POLICY, RULES, `      - ${rules.split('\n').join('\n      - ')}\n`);
  spoil(project);
  const { report, message } = await project.judge();
  expect(message).toBe('');
  return report!;
}

export const findings = (report: Report): readonly Finding[] => report.checks[0]!.findings;
export const reasons = (report: Report) => findings(report).map(reasonOf);
