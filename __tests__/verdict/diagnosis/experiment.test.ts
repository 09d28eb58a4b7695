/** The A/B of a release through the whole gate: in the verdict whatever else is asked. */
import { afterEach, describe, expect, it } from 'vitest';
import { Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());

describe('an A/B that is lost', () => {
  it.each([
    ['-0.40,0.03', 'not_ready'],
    ['0.40,0.03', 'ready'],
  ])('is never ready, also where rules alone are asked: %s', async (outcome, verdict) => {
    const arm = (name: string) => `${name},q,s,100000,99900\n`;
    project = new Project({
      'gates/gate.yml':
        'policy: g\nchecks:\n  serving-health:\n    require:\n      - {metric: success_rate, max_decrease: 2%}\n',
      'models/release.yml': 'release: r\nlive: v1\nevidence: {serving_health: health.csv, outcome: outcome.csv}\n',
      'models/health.csv': `arm,tower,stage,requests,successes\n${arm('control')}${arm('treatment')}`,
      'models/outcome.csv': `online_delta,online_se\n${outcome}\n`,
    });
    expect((await project.judge()).report?.verdict).toBe(verdict);
  });
});
