/** Set-up of every file of tests. Files share processes (vitest.config.ts): each must leave what the next one could see. */
import fc from 'fast-check';
import { afterAll, expect } from 'vitest';

// Property tests draw the same cases in every run: a verdict of this suite is no matter of luck.
fc.configureGlobal({ seed: 20261121, numRuns: 150 });

const found = () => ({ env: { ...process.env }, cwd: process.cwd(), exitCode: process.exitCode });
const before = found();

afterAll(() => {
  expect(found(), 'restore the environment, the working folder and the exit code in an afterEach').toEqual(before);
});
