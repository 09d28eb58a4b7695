import { afterEach, describe, expect, it } from 'vitest';
import { Project } from './support/project.js';

let project: Project;
afterEach(() => project.remove());

describe('the gate', () => {
  it('judges a good promotion ready', async () => {
    project = new Project();
    const { status, report, message } = await project.judge();
    expect(message).toBe('');
    expect(status).toBe(0);
    expect(report?.verdict).toBe('ready');
  });
});
