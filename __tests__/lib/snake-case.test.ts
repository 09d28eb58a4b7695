import { describe, expect, it } from 'vitest';
import { camel, snake } from '../../src/lib/snake-case.js';

describe('snake', () => {
  it('renames the keys of the record and none below it', () => {
    expect(snake({ atZero: 1, slice: { someTier: 'x' }, sha256: 'a' })).toEqual({
      at_zero: 1,
      slice: { someTier: 'x' },
      sha256: 'a',
    });
  });
  it('has null for a number that is not finite, and leaves undefined out', () => {
    const written = snake({ lower: Number.NEGATIVE_INFINITY, upper: Number.NaN, mde: undefined });
    expect(Object.entries(written)).toEqual([
      ['lower', null],
      ['upper', null],
    ]);
  });
});

describe('camel', () => {
  it('is the way back', () => {
    const record = { maxIndexAgeHours: 3, appliesTo: { a_b: 'c' }, mixed: true };
    expect(camel(snake(record))).toEqual(record);
  });
  it('reads null as NaN, but under the keys that may have nothing', () => {
    expect(camel({ of_all: null as number | null, the_rest: null as number | null }, ['the_rest'])).toEqual({
      ofAll: Number.NaN,
      theRest: null,
    });
  });
});
