/** A checkpoint that takes for ever is said between two batches. The clock is the test's, so that no machine is too fast or too slow for it. */
import { afterEach, expect, it, vi } from 'vitest';
import { Project } from '../../support/project.js';

let project: Project;
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  project.remove();
});

/** A clock that goes on by as many seconds whenever it is read. */
function clock(step: number): void {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 1000 * step;
    return now;
  });
}

it('is refused with what it has done, after an hour', async () => {
  project = new Project();
  clock(3601);
  const { status, message } = await project.judge();
  expect(status).toBe(2);
  expect(message).toMatch(
    /models\/query\/v(\d).onnx: query checkpoint "v\1" that has embedded 0 of \d+ after 3,600 seconds; expected a model that is done by then\. Set the environment variable SKEWGATE_MAX_MODEL_SECONDS=36000/,
  );
});

it('is the environment’s to say, and waits as long as it says', async () => {
  project = new Project();
  vi.stubEnv('SKEWGATE_MAX_MODEL_SECONDS', '100000000');
  clock(3601);
  expect((await project.judge()).message).toBe('');
});

it.each(['0', '1h', '-5', '1e9'])('%s seconds are no limit', async (written) => {
  project = new Project();
  vi.stubEnv('SKEWGATE_MAX_MODEL_SECONDS', written);
  const { status, message } = await project.judge();
  expect(status).toBe(2);
  expect(message).toMatch(
    /SKEWGATE_MAX_MODEL_SECONDS=.*; expected a whole number of seconds above 0\. Write: SKEWGATE_MAX_MODEL_SECONDS=3600/,
  );
});
