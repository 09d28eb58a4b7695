/** Threads do what they are asked, and never leave a run waiting for an answer that does not come. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { doAll, doInOrder, type Task, Threads } from '../../src/lib/threads.js';

const folder = mkdtempSync(join(tmpdir(), 'skewgate-threads-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A thread that doubles numbers, and does what it is told by a word. */
const file = join(folder, 'worker.cjs');
writeFileSync(
  file,
  `const { parentPort } = require('node:worker_threads');
parentPort.on('message', ({ input }) => {
  if (input === 'fail') return parentPort.postMessage({ failed: true });
  if (input === 'throw') throw new Error('out of luck');
  if (input === 'leave') process.exit(0);
  if (input === 'answer, then leave') {
    parentPort.postMessage({ result: 'left' });
    return setTimeout(() => process.exit(0), 0);
  }
  parentPort.postMessage({ result: 2 * input });
});
`,
);

const task: Task<unknown, unknown> = {
  name: 'any',
  run: (input) => {
    throw new Error(`done here: ${input}`);
  },
};

const open: Threads[] = [];
function threads(count: number): Threads {
  const made = new Threads(file, count, true);
  open.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

describe('threads', () => {
  it.each([1, 2, 5])('give results in the order of their inputs: %i of them', async (count) => {
    const told: number[] = [];
    const inputs = Array.from({ length: 20 }, (_, i) => i);
    expect(await doAll(threads(count), task, inputs, (done) => told.push(done))).toEqual(inputs.map((i) => 2 * i));
    expect(told).toEqual(inputs.map((i) => i + 1));
  });

  it.each([1, 2, 5])('give each result in its turn, and have few on their way: %i of them', async (count) => {
    const found: unknown[] = [];
    let asked = 0;
    for await (const result of doInOrder(threads(count), task, 20, (n) => {
      asked++;
      return n;
    })) {
      found.push(result);
      expect(asked - found.length).toBeLessThanOrEqual(count);
    }
    expect(found).toEqual(Array.from({ length: 20 }, (_, n) => 2 * n));
  });

  it('end at the first result that fails, whatever comes after it', async () => {
    const inputs = [1, 'throw', 'throw', 4];
    const found: unknown[] = [];
    const all = async () => {
      for await (const result of doInOrder(threads(2), task, 4, (n) => inputs[n])) found.push(result);
    };
    await expect(all()).rejects.toThrow('out of luck');
    expect(found).toEqual([2]);
  });

  it('have a task that failed done where it was asked for, so that its error is the real one', async () => {
    await expect(threads(1).run(task, 'fail')).rejects.toThrow('done here: fail');
  });

  it.each([
    ['throw', 'out of luck'],
    ['leave', 'a thread ended with status 0'],
  ])('that die reject what they were doing (%s), and others take their place', async (word, message) => {
    const pool = threads(1);
    const [dead, after] = await Promise.allSettled([pool.run(task, word), pool.run(task, 4)]);
    expect([dead.status, (dead as PromiseRejectedResult).reason.message]).toEqual(['rejected', message]);
    expect(after).toEqual({ status: 'fulfilled', value: 8 });
  });

  it('that die while they wait are given nothing more', async () => {
    const pool = threads(1);
    expect(await pool.run(task, 'answer, then leave')).toBe('left');
    // One that is asked while it is dying may still reject; one that is dead would never answer.
    let answer: unknown;
    for (let tries = 0; tries < 100 && answer !== 10; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      answer = await pool.run(task, 5).catch(() => undefined);
    }
    expect(answer).toBe(10);
  });

  it('reject an input that cannot be cloned, and go on with the next', async () => {
    const pool = threads(1);
    const [refused, after] = await Promise.allSettled([pool.run(task, () => 1), pool.run(task, 6)]);
    expect(refused.status).toBe('rejected');
    expect(after).toEqual({ status: 'fulfilled', value: 12 });
  });
});
