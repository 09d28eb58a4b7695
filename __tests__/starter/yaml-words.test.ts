/** Whatever a table calls its columns, YAML reads it back as that. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { comment, flowList, flowMap, flowValue, scalar } from '../../src/starter/yaml-words.js';
import { CORPUS } from '../support/hostile.js';

const text = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom(
      ...CORPUS,
      'null',
      'yes',
      '1e5',
      '0x1F',
      '.inf',
      '~',
      '2026-01-01',
      ' a',
      "it's",
      '\\',
      '../x',
      '...',
      '-',
      '',
    ),
  )
  .filter((value) => !/[\ud800-\udfff]/.test(value));

describe('a text', () => {
  it('is read back as it is, alone, in brackets and in braces', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(parse(`key: ${scalar(a)}\n`)).toEqual({ key: a });
        expect(parse(`key: ${flowList([a, b])}\n`)).toEqual({ key: [a, b] });
        expect(parse(`key: ${flowMap({ x: a, y: undefined, z: b })}\n`)).toEqual({ key: { x: a, z: b } });
      }),
      { numRuns: 500 },
    );
  });

  it('in a comment adds no line of its own, and none is wider than 120 columns but of one word', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 30 }), (words) => {
        const made = comment(words.join(' '), '  ');
        expect(parse(`${made}\nkey: 1\n`)).toEqual({ key: 1 });
        for (const line of made.split('\n'))
          expect(line.length <= 120 || !line.slice(4).trim().includes(' ')).toBe(true);
      }),
    );
  });

  it('plain names and paths stand without quotation marks; nested values keep whole numbers as keys', () => {
    expect([scalar('user_id'), scalar('../eval/rows.parquet'), scalar('{version}.onnx'), scalar('v1')]).toEqual([
      'user_id',
      '../eval/rows.parquet',
      "'{version}.onnx'",
      'v1',
    ]);
    expect(
      flowValue({ by: 'tier', slices: { small: { 0: 0.7, 1: 0.3 }, large: { cadence: { rollout: '1d' } } } }),
    ).toBe("{by: tier, slices: {small: {0: 0.7, 1: 0.3}, large: {cadence: {rollout: '1d'}}}}");
  });
});
