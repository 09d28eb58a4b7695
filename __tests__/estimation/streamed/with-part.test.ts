/** Parts are read without names, and with them where they are refused. */
import { expect, test } from 'vitest';
import { DataError } from '../../../src/errors.js';
import { withPart } from '../../../src/estimation/streamed/part-sums.js';
import { evalSetFrom, inputsOf, type Row } from '../state/states.js';

const rows: Row[] = [
  { user: 1, query: 0, item: 2, tier: 'small', source: 'feed', label: 1, weight: 1, scores: [0.5, 0.5, 0.5] },
];
const inputs = inputsOf(rows);

/** A part whose ids have names where they are asked for. */
function reader() {
  const asked: boolean[] = [];
  const read = (named: boolean) => {
    asked.push(named);
    const { item } = evalSetFrom(rows);
    const evalSet = { ...inputs.evalSet, item: named ? item : { ...item, names: new Array<string>(1) } };
    return { inputs: { ...inputs, evalSet }, items: Int32Array.of(0) };
  };
  return { asked, read };
}

test('what needs no names reads none', () => {
  const { asked, read } = reader();
  expect(withPart(read, (part) => part.inputs.evalSet.rows)).toBe(1);
  expect(asked).toEqual([false]);
});

test('a refusal has the names of its rows', () => {
  const { asked, read } = reader();
  const refuse = () =>
    withPart(read, (part) => {
      throw new DataError([{ found: `item ${part.inputs.evalSet.item.names[0]}`, expected: 'none' }]);
    });
  expect(refuse).toThrow('item item 2; expected none');
  expect(asked).toEqual([false, true]);
});

test('any other failure ends it: what was added may not be added again', () => {
  const { asked, read } = reader();
  const fail = () =>
    withPart(read, () => {
      throw new RangeError('Array buffer allocation failed');
    });
  expect(fail).toThrow(RangeError);
  expect(asked).toEqual([false]);
});
