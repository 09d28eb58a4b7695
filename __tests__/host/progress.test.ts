/** Progress as each place shows it, by a clock of the test's own. */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  Beating,
  GroupedProgress,
  type ProgressDisplay,
  SparseProgress,
  WatchedProgress,
} from '../../src/host/progress.js';
import { duration, Meter } from '../../src/host/progress-lines.js';
import { joined, Share, SILENT, type Step, told } from '../../src/lib/progress.js';

/** A clock that stands still until it is moved, and what was written. */
function place() {
  const at = { now: 0 };
  const written: string[] = [];
  return { at, now: () => at.now, write: (text: string) => written.push(text), text: () => written.join('') };
}

const items = (done: number) => ({ stage: 'towers', detail: 'item tower v41', done, total: 400_000, unit: 'items' });

describe('a line of progress', () => {
  it('says the stage, the part, done of total, the rate and the time left', () => {
    const { at, now } = place();
    const meter = new Meter(now);
    meter.take(items(0));
    expect(meter.line(items(0))).toBe('towers: item tower v41, 400,000 items');
    at.now = 4000;
    meter.take(items(120_000));
    expect(meter.line(items(120_000))).toBe(
      'towers: item tower v41, 120,000 of 400,000 items, 30,000 a second, 9 s left',
    );
    expect(meter.line(items(400_000))).toBe('towers: item tower v41, 400,000 of 400,000 items');
  });

  it('says no rate before there is one, and counts it anew for every part', () => {
    const { at, now } = place();
    const meter = new Meter(now);
    meter.take(items(0));
    at.now = 400;
    expect(meter.line(items(4000))).not.toMatch(/second|left/);
    at.now = 60_000;
    const other = { ...items(1000), detail: 'item tower v40' };
    expect(meter.take(other)).toEqual({ stage: false, part: true });
    at.now = 62_000;
    expect(meter.line({ ...other, done: 1010 })).toMatch(/, 5\.0 a second, 22 h 9 min left$/);
  });

  it('is the stage alone where nothing is counted, with its time where that is long', () => {
    const { at, now } = place();
    const meter = new Meter(now);
    const judging = { stage: 'judging' };
    meter.take(judging);
    expect(meter.line(judging)).toBe('judging');
    at.now = 12_000;
    expect(meter.line(judging)).toBe('judging, 12 s so far');
    expect(meter.line({ ...judging, done: 0, total: 7, unit: 'parts' })).toBe('judging, 7 parts, 12 s so far');
  });

  it.each([
    [0.2, '1 s'],
    [59.4, '59 s'],
    [200, '3 min 20 s'],
    [7500, '2 h 5 min'],
  ])('%d seconds are %s', (seconds, words) => {
    expect(duration(seconds)).toBe(words);
  });
});

describe('somebody who watches', () => {
  it('sees one line a part, written over at most ten times a second', () => {
    const { at, now, write, text } = place();
    const display = new WatchedProgress(write, () => 80, now);
    display.show(items(0));
    at.now = 50;
    display.show(items(10));
    at.now = 150;
    display.show(items(20));
    display.show(items(400_000));
    display.show({ stage: 'judging' });
    display.end();
    display.end();
    expect(text().split(/\r\u001b\[K/)).toEqual([
      '',
      'towers: item tower v41, 400,000 items',
      'towers: item tower v41, 20 of 400,000 items',
      'towers: item tower v41, 400,000 of 400,000 items\n',
      'judging\n',
    ]);
  });

  it('sees no line that is wider than the terminal', () => {
    const { now, write, text } = place();
    new WatchedProgress(write, () => 30, now).show(items(0));
    expect(text()).toBe('\r\u001b[Ktowers: item tower v41, 400,0');
    const wide = place();
    new WatchedProgress(wide.write, () => 30, wide.now).show({ stage: 'reading', detail: '日本'.repeat(20) });
    expect(wide.text()).toBe(`\r\u001b[Kreading: ${'日本'.repeat(5)}`);
  });

  it('sees the time go on where no step is told', () => {
    const { at, now, write, text } = place();
    const display = new WatchedProgress(write, () => 80, now);
    display.beat();
    display.show({ stage: 'judging' });
    at.now = 7000;
    display.beat();
    display.end();
    at.now = 8000;
    display.beat();
    expect(text()).toBe('\r\u001b[Kjudging\r\u001b[Kjudging, 7 s so far\n');
  });
});

describe('a pipe', () => {
  it('has a line at most every ten seconds, and none of what is done before', () => {
    const { at, now, write, text } = place();
    const display = new SparseProgress(write, now);
    for (const second of [0, 3, 9.9, 10, 15, 19.9, 20.1]) {
      at.now = 1000 * second;
      display.show({ stage: 'judging', detail: String(second) });
    }
    display.end();
    expect(text()).toBe('judging: 10\njudging: 20.1\n');
  });

  it('has that line where no step is told, too', () => {
    const { at, now, write, text } = place();
    const display = new SparseProgress(write, now);
    display.show({ stage: 'judging' });
    for (const second of [5, 9, 11, 15, 22]) {
      at.now = 1000 * second;
      display.beat();
    }
    expect(text()).toBe('judging, 11 s so far\njudging, 22 s so far\n');
  });
});

describe('a job’s log', () => {
  it('has a group a stage, with a line for every part and one every ten seconds', () => {
    const { at, now, write, text } = place();
    const display = new GroupedProgress(write, now);
    display.show({ stage: 'towers', detail: '::error::v3\n::error::' });
    for (const second of [1, 11, 12]) {
      at.now = 1000 * second;
      display.show({ stage: 'towers', detail: 'b', done: second, total: 20 });
    }
    display.show({ stage: 'judging' });
    display.end();
    display.end();
    const lines = text().split('\n');
    expect(lines).toEqual([
      '::group::towers',
      'towers: ::error::v3\\u000a::error::',
      'towers: b, 1 of 20',
      'towers: b, 11 of 20, 1.0 a second, 9 s left',
      '::endgroup::',
      '::group::judging',
      'judging',
      '::endgroup::',
      '',
    ]);
    // Of what comes from outside nothing stands where the runner looks for a command.
    expect(lines.filter((line) => /^\s*::(?!group::|endgroup::)/.test(line))).toEqual([]);
  });
});

describe('a clock between the steps', () => {
  it('beats from the first step to the end of the run', () => {
    vi.useFakeTimers();
    try {
      let beats = 0;
      const ended: number[] = [];
      const counted: ProgressDisplay = { show: () => undefined, beat: () => beats++, end: () => ended.push(beats) };
      const display = new Beating(counted);
      vi.advanceTimersByTime(5000);
      display.show({ stage: 'judging' });
      display.show({ stage: 'judging' });
      vi.advanceTimersByTime(5000);
      display.end();
      vi.advanceTimersByTime(5000);
      expect({ beats, ended }).toEqual({ beats: 5, ended: [5] });
    } finally {
      vi.useRealTimers();
    }
  });

  it('has a job’s log say every ten seconds what it works on', () => {
    const { at, now, write, text } = place();
    const display = new GroupedProgress(write, now);
    display.show({ stage: 'measuring', done: 0, total: 7, unit: 'parts' });
    for (const second of [4, 11, 15, 22]) {
      at.now = 1000 * second;
      display.beat();
    }
    display.end();
    display.beat();
    expect(text().split('\n')).toEqual([
      '::group::measuring',
      'measuring, 7 parts',
      'measuring, 7 parts, 11 s so far',
      'measuring, 7 parts, 22 s so far',
      '::endgroup::',
      '',
    ]);
  });
});

it('items are told before each of them, and at the end', () => {
  const heard: unknown[] = [];
  for (const item of told(['a', 'b'], ({ done, total }) => heard.push([done, total]), { stage: 's' })) heard.push(item);
  expect(heard).toEqual([[0, 2], 'a', [1, 2], 'b', [2, 2]]);
  expect([...told([], SILENT, { stage: 's' })]).toEqual([]);
});

it('works beside each other are told as one', () => {
  const heard: Step[] = [];
  const share = joined((step) => heard.push(step));
  const [one, other] = [share(), share()];
  one({ stage: 's', detail: 'd', done: 0, total: 3, unit: 'parts' });
  other({ stage: 's', detail: 'd', done: 0, total: 2, unit: 'parts' });
  one({ stage: 's', detail: 'd', done: 3, total: 3, unit: 'parts' });
  other({ stage: 's', detail: 'd', done: 2, total: 2, unit: 'parts' });
  expect(heard.map(({ done, total }) => [done, total])).toEqual([
    [0, 3],
    [0, 5],
    [3, 5],
    [5, 5],
  ]);
  expect(new Set(heard.map(({ stage, detail, unit }) => `${stage} ${detail} ${unit}`))).toEqual(new Set(['s d parts']));
});

it('a part that is worked on counts by its share for the time left, and not among those that are done', () => {
  let now = 0;
  const meter = new Meter(() => now);
  const step = { stage: 'measuring', total: 8, unit: 'parts' };
  meter.take({ ...step, done: 0 });
  now = 10_000;
  expect(meter.line({ ...step, done: 2.5 })).toBe('measuring, 2 of 8 parts, 0.25 a second, 22 s left');
});

it('shares of a work within another never go back, and end at 1', () => {
  const shape: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof({ depthSize: 'small' }, fc.constant([]), fc.array(tie('tree'), { maxLength: 3 })),
  })).tree;
  fc.assert(
    fc.property(shape, (tree) => {
      const heard: number[] = [];
      const share = new Share((at) => heard.push(at));
      const work = (own: Tree): void => {
        for (const [n, inner] of own.entries()) share.part(n, own.length, () => work(inner));
        share.tell(1);
      };
      work(tree);
      expect(heard.every((at, i) => at >= (heard[i - 1] ?? 0) - 1e-12)).toBe(true);
      expect(heard.at(-1)).toBeCloseTo(1, 12);
    }),
  );
});

type Tree = readonly Tree[];
