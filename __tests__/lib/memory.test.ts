import { spawnSync } from 'node:child_process';
import { describe, expect, test, vi } from 'vitest';
import { giveBack, outOfMemory } from '../../src/lib/memory.js';

/** What Node itself throws. */
function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('memory is lacking', () => {
  test.each<[string, () => unknown]>([
    ['of a buffer', () => new ArrayBuffer(Number.MAX_SAFE_INTEGER)],
    ['of an array of more numbers than any machine has', () => new Float64Array(2 ** 52)],
  ])('as Node says it: %s', (_, work) => {
    const error = thrown(work);
    expect(error).toBeInstanceOf(RangeError);
    expect(outOfMemory(error)).toBe(true);
  });

  test.each([
    'std::bad_alloc',
    'bad allocation: bad_alloc',
    'Failed to allocate memory for requested buffer of size 1073741824',
    'could not allocate memory',
    'WebAssembly.Memory(): out of memory',
    'Cannot create a string longer than 0x1fffffe8 characters',
    'spawn ENOMEM',
  ])('as libraries say it: %s', (message) => {
    expect(outOfMemory(new Error(message))).toBe(true);
  });

  test('by the code of an error, whatever its words', () => {
    for (const code of ['ENOMEM', 'ERR_MEMORY_ALLOCATION_FAILED'])
      expect(outOfMemory(Object.assign(new Error('no'), { code }))).toBe(true);
    expect(outOfMemory(Object.assign(new Error('no'), { code: 'ENOSPC' }))).toBe(false);
  });
});

describe('any other error is none of the machine', () => {
  test.each(['x is undefined', 'no space left on device', 'Invalid typed array length: -1', ''])('%s', (message) => {
    expect(outOfMemory(new Error(message))).toBe(false);
  });

  test('nor is what is no error', () => {
    for (const value of ['out of memory', undefined, { message: 'out of memory' }])
      expect(outOfMemory(value)).toBe(false);
  });

  test('a program that cannot be started is no lack of memory', () => {
    expect(outOfMemory(spawnSync('/nowhere/at/all').error)).toBe(false);
  });
});

test('arrays that nothing holds any more are given back', async () => {
  const bytes = 2 ** 28;
  const arrays = [new Float64Array(bytes / 8)];
  const held = process.memoryUsage().arrayBuffers;
  arrays.pop();
  giveBack();
  await vi.waitFor(() => expect(process.memoryUsage().arrayBuffers).toBeLessThan(held - bytes / 2), {
    timeout: 60_000,
  });
});
