/** Numbers of items: their own where there are few, shared where there are many. */
import { describe, expect, test } from 'vitest';
import { ITEM_NUMBERS, ItemNumbers } from '../../../../src/data/evalset/streamed/item-numbers.js';
import { coded } from '../../../fixtures/metrics.js';

describe('numbers of items', () => {
  test('are one each, in every batch the same', () => {
    const numbers = new ItemNumbers();
    expect([...numbers.of(coded(['a', 'b', 'a'])).numbers]).toEqual([0, 1, 0]);
    const { numbers: more, beyond } = numbers.of(coded(['c', 'b', 'ä']));
    expect([...more]).toEqual([2, 1, 3]);
    expect([beyond.names, numbers.known]).toEqual([[], 4]);
  });

  test('are shared by those beyond, which are told once a batch', () => {
    const numbers = new ItemNumbers();
    numbers.of(coded(Array.from({ length: ITEM_NUMBERS }, (_, i) => `item ${i}`)));
    const { numbers: own, beyond } = numbers.of(coded(['item 7', 'new', 'newer', 'new']));
    expect([own[0], numbers.known]).toEqual([7, ITEM_NUMBERS]);
    expect(beyond.names).toEqual(['new', 'newer']);
    expect(own[1]).toBe(own[3]);
    for (const number of own) expect(number).toBeLessThan(ITEM_NUMBERS);
    expect(numbers.of(coded(['newer'])).numbers[0]).toBe(own[2]);
  });
});
