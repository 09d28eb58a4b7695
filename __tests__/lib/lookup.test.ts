import { describe, expect, it } from 'vitest';
import { lookUp, present } from '../../src/lib/lookup.js';

describe('what must be there', () => {
  it('is handed over, 0, false and the empty text included', () => {
    expect(lookUp(new Map([['s0', 0]]), 's0', 'loss')).toBe(0);
    expect(present(false, 'flag')).toBe(false);
    expect(present('', 'text')).toBe('');
  });

  it('is named where it is missing', () => {
    expect(() => lookUp(new Map([['s0', 0]]), 's5', 'loss')).toThrow('no loss for s5');
    expect(() => present(undefined, 'positions')).toThrow('no positions');
  });
});
