/** A value means the same at serving as in training, whatever its spelling. */
import { afterEach, describe, expect, it } from 'vitest';
import { valueForm } from '../../../src/checks/serving/same-value.js';
import { csv, EvidenceProject, refusal } from '../../support/evidence.js';

let project: EvidenceProject;
afterEach(() => project?.remove());

/** Whether the first of some pairs is the same value, the others standing beside it in one feature. */
function same(train: string, serve: string, ...beside: (readonly [string, string])[]): boolean {
  const pairs = [[train, serve] as const, ...beside];
  return valueForm(
    pairs.map(([a]) => a),
    pairs.map(([, b]) => b),
  ).same(train, serve);
}

describe('a feature has the same value at serving', () => {
  it.each([
    ['3', '3.0'],
    ['0.1', '0.10000000149011612'],
    ['1e-9', '1.0000000036274937e-09'],
    ['1.0E7', '10000000'],
    ['-0.0', '0'],
    ['+5', '5'],
    ['0.5', '.50'],
    ['true', '1'],
    ['False', '0'],
    ['t', 'yes'],
    ['N', 'false'],
    ['null', ''],
    ['NaN', 'None'],
    ['\\N', '<NA>'],
    ['2026-01-01T00:00:00Z', '2026-01-01 00:00:00+00:00'],
    ['2026-01-01 01:00:00.000000+01:00', '2026-01-01T00:00:00Z'],
    ['2026-01-01', '2026-01-01 00:00:00'],
    ['9007199254740993', '9007199254740993.0'],
    ['2026-02-25T23:39:24Z', '1772062764'],
    ['2026-02-25T23:39:24Z', '1772062764.0'],
    ['2026-02-25 23:39:24.001+00:00', '1772062764001'],
    ['2026-02-25T23:39:24.000001Z', '1772062764000001'],
    ['2026-02-26T00:39:24.000000001+01:00', '1772062764000000001'],
    ['on', 'true'],
    ['off', '0'],
    ['nil', '#N/A'],
    ['(null)', ''],
    ['de', 'de'],
  ])('as %j and %j', (train, serve) => {
    expect(same(train, serve)).toBe(true);
    expect(same(serve, train)).toBe(true);
  });

  it.each([
    ['1753000000', '1753000500'],
    ['1753000000.25', '1753000001.25'],
    ['1753000000000000001', '1753000000000000002'],
    ['7008909', '7008910'],
    ['9007199254740993', '9007199254740992'],
    ['9.275e-10', '2.783e-09'],
    ['0', '1e-30'],
    ['0.5', '0.500001'],
    ['007', '7'],
    ['true', '0'],
    ['yes', 'f'],
    ['null', '0'],
    ['', 'false'],
    ['2026-01-01T00:00:00.000001Z', '2026-01-01T00:00:00Z'],
    ['2026-01-01 00:00:00', '2026-01-01T00:00:00Z'],
    ['2026-02-25T23:39:24Z', '1772062763'],
    ['2026-02-25T23:39:24Z', '1772062764001'],
    ['1772062764', '1772062764000'],
    ['de', 'DE'],
    ['1', 'x'],
  ])('not as %j and %j', (train, serve) => {
    expect(same(train, serve)).toBe(false);
    expect(same(serve, train)).toBe(false);
  });

  it('by what training has of it: 20000001 is an id beside whole numbers, a rounded price beside real ones', () => {
    expect(same('20000001', '20000000', ['5', '5'])).toBe(false);
    expect(same('20000001', '20000000', ['12.34', '12.34'])).toBe(true);
    expect(same('7008909', '7008910', ['12.34', '12.34'])).toBe(false);
    expect(same('16777217.5', '16777218', ['0.5', '0.5'])).toBe(true);
    expect(same('3', '3.0000002')).toBe(false);
    expect(same('3', '3.0000002', ['0.5', '0.5'])).toBe(true);
  });

  it('times are times beside marks of no time, and nothing else is one', () => {
    const marks = [
      ['-1', '-1'],
      ['0', '0'],
      ['1772062765.25', '1772061865.25'],
      ['1772062766.25', '1772061866.25'],
    ] as const;
    expect(same('1772062764.25', '1772061864.25', ...marks)).toBe(false);
    expect(same('1772062764.25', '1772062764.250', ...marks)).toBe(true);
    expect(same('0.1', '0.10000000149011612', ...marks)).toBe(true);
    // A price of 1.7 thousand millions among smaller ones.
    expect(same('1700000000.5', '1700000000', ['12.5', '12.5'], ['13.5', '13.5'])).toBe(true);
  });

  it.each([
    ['2026-02-25 23:39:24', '2026-02-25T23:39:24Z'],
    ['2026-02-25T23:39:24', '1772062764'],
    ['2026-02-25', '2026-02-25T00:00:00Z'],
  ])('nobody knows of %j and %j: a time without its zone', async (train, serve) => {
    for (const [a, b] of [
      [train, serve],
      [serve, train],
    ]) {
      project = new EvidenceProject(
        { 'feature-parity': ['{metric: value_mismatch, max: 1%}'] },
        { feature_pairs: csv('request_id,item_id,feature,train_value,serve_value', [['r0', 'i0', 'x', a!, b!]]) },
      );
      expect(await refusal(project)).toMatch(
        /feature_pairs.csv:2:\d+: row 1, column "serve_value" is ".*" beside the train_value ".*", of which one is a time without a zone; expected both with their zone, or neither/,
      );
      project.remove();
    }
  });

  it('1 and 0 are truth values beside words alone', () => {
    expect(same('1', '1.0', ['2', '2'])).toBe(true);
    expect(same('t', 'true', ['m', 'm'])).toBe(false);
  });

  it('and its distribution counts values, not spellings', () => {
    const { canonical, number } = valueForm(['0.1', '0.7', '2.5'], ['0.10000000149011612', '0.699999988079071', '2.5']);
    expect(canonical('0.1')).toBe(canonical('0.10000000149011612'));
    expect(number('0.7')).toBe(number('0.699999988079071'));
    const truth = valueForm(['true', 'false'], ['1', '0']);
    expect(truth.canonical('true')).toBe(truth.canonical('1'));
  });

  it.each<[string, (r: number) => readonly [string, string], number]>([
    ['truth values in two spellings', (r) => (r % 3 ? ['true', '1'] : ['false', '0']), 0],
    [
      'times in two spellings',
      (r) => [`2026-01-01T00:00:${(r % 50) + 10}Z`, `2026-01-01 00:00:${(r % 50) + 10}+00:00`],
      0,
    ],
    ['rates of a billionth', (r) => [`${r + 1}e-10`, `${3 * (r + 1)}e-10`], 1],
    [
      'clicks that serving reads a quarter of an hour late',
      (r) => [String(1_772_000_000 + r), String(1_771_999_100 + r)],
      1,
    ],
    ['missing values in two spellings', (r) => (r % 2 ? ['null', ''] : ['0.25', '0.25']), 0],
  ])('%s', async (_, pair, mismatch) => {
    const rows = Array.from({ length: 400 }, (__, r) => [`r${r}`, `i${r % 90}`, 'x', ...pair(r)]);
    project = new EvidenceProject(
      { 'feature-parity': ['{metric: value_mismatch, max: 1%}', '{metric: distribution_shift, max: 5%}'] },
      { feature_pairs: csv('request_id,item_id,feature,train_value,serve_value', rows) },
    );
    const { of } = await project.examined('feature-parity');
    expect(of('value_mismatch').value).toBe(mismatch);
    if (mismatch === 0) expect(of('distribution_shift').value).toBe(0);
  });
});
