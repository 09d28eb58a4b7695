/** How long labels take, and how many have not come yet, on logs whose delays are known. */
import { afterEach, describe, expect, it } from 'vitest';
import { labelDelay } from '../../../src/data/evidence/label-delay.js';
import { refusal } from '../../support/evidence.js';
import { GapProject } from '../../support/ledger.js';
import type { Project } from '../../support/project.js';
import { Random } from '../../support/xoshiro.js';

let project: Project | undefined;
afterEach(() => project?.remove());

const SPAN = 60;

/** Events over 60 days, a fifth positive, their labels after an exponential delay; what comes after day 60 is a negative. */
function log(mean: number, seed: number, rows = 30_000) {
  const random = new Random(seed);
  const event = new Float64Array(rows);
  const labelled = new Float64Array(rows);
  const [label, missing] = [new Float64Array(rows), new Uint8Array(rows)];
  const young = { all: 0, came: 0 };
  const every = { all: 0, came: 0 };
  for (let r = 0; r < rows; r++) {
    event[r] = SPAN * random.uniform();
    const comes = random.uniform() < 0.2 ? event[r]! - mean * Math.log(random.uniform()) : Number.POSITIVE_INFINITY;
    const came = comes <= SPAN;
    label[r] = came ? 1 : 0;
    labelled[r] = came ? comes : 0;
    missing[r] = came ? 0 : 1;
    if (!Number.isFinite(comes)) continue;
    for (const of of event[r]! >= 0.9 * SPAN ? [every, young] : [every]) {
      of.all++;
      of.came += came ? 1 : 0;
    }
  }
  return { delay: labelDelay({ coarse: event }, { coarse: labelled }, label, missing), every, young };
}

describe('the delay of labels', () => {
  it.each([2, 6, 12])('of %d days in the mean is told, and what has not come yet', (mean) => {
    for (const seed of [1, 2, 3]) {
      const { delay, every, young } = log(mean, seed);
      const waiting = (of: { all: number; came: number }) => 1 - of.came / of.all;
      expect(Math.abs(delay!.half / (mean * Math.LN2) - 1)).toBeLessThan(0.06);
      expect(Math.abs(delay!.most / (mean * Math.log(20)) - 1)).toBeLessThan(0.08);
      expect(Math.abs(delay!.waiting - waiting(every))).toBeLessThan(0.015);
      expect(Math.abs(delay!.waitingYoungest - waiting(young))).toBeLessThan(0.05);
    }
  });

  it('is not told of few positives', () => {
    expect(log(2, 1, 300).delay).toBeUndefined();
  });

  it('written out: of three delays one is only seen of old events', () => {
    // Ages 10, 4 and 2 (and a negative that has come to its end at time 10); delays 5, 1 and 1, many times each.
    const times = [
      [0, 5],
      [6, 7],
      [8, 9],
    ] as const;
    const rows = Array.from({ length: 120 }, (_, r) => times[r % 3]!);
    const column = (values: readonly number[]) => ({ coarse: Float64Array.from(values) });
    const delay = labelDelay(
      column([...rows.map(([event]) => event), 0]),
      column([...rows.map(([, known]) => known), 10]),
      Float64Array.from([...rows.map(() => 1), 0]),
      new Uint8Array(121),
    )!;
    // At delay 5 only the events of age 10 are at risk, and all of them have it: of shorter delays nothing is known.
    expect(delay.half).toBe(5);
    expect(delay.waiting).toBeNaN();
  });
});

describe('a ledger with label_ts', () => {
  const DAY = 86_400_000;
  const START = Date.parse('2026-01-01T00:00:00Z');
  /** Labels after six days in the mean, of sixty; those that have not come by its end are negatives without a time. */
  function delayed(iso = true): GapProject {
    const own = new GapProject({ requests: 1500 }, ['label-leakage']);
    project = own;
    const random = new Random(8);
    const shown = (t: number) => (iso ? new Date(t).toISOString() : String(t / 1000));
    return own.ledger((row) => {
      const event = START + (60 * DAY * Number(row.request_id!.slice(1))) / 1500;
      const known = event - 6 * DAY * Math.log(random.uniform());
      const came = row.label === '1' && known <= START + 60 * DAY;
      return {
        ...row,
        label: came ? '1' : '0',
        event_ts: shown(event),
        feature_ts: shown(event - DAY),
        label_ts: came ? shown(known) : '',
      };
    });
  }

  it('says how old labels are, and that its youngest rows wait for theirs', async () => {
    const { diagnosis, report } = await delayed().diagnosis();
    const [said] = diagnosis.notices.filter((notice) => notice.includes('after their event'));
    expect(said).toMatch(
      /^models\/ledger.csv: half of the positives are known [34]\.\d+ days after their event, 95 % after 1[5-9](\.\d)? days/,
    );
    expect(said).toMatch(
      /about (8|9|1[012])(\.\d)? % of them have not come yet, and [56]\d % of those of the youngest tenth/,
    );
    expect(report.notices.join('\n')).toContain(said);
  });

  it('says of numbers that they are in their own unit', async () => {
    const { diagnosis } = await delayed(false).diagnosis();
    expect(diagnosis.notices.join('\n')).toMatch(/half of the positives are known [34]\d{5} in the unit of event_ts/);
  });

  it('says nothing is waited for where all labels have come', async () => {
    const own = new GapProject({ requests: 300 }, ['label-leakage']);
    project = own;
    own.ledger((row) => ({ ...row, label_ts: String(Number(row.event_ts) + 1) }));
    expect((await own.diagnosis()).diagnosis.notices.join('\n')).toMatch(/; next to none have not come yet\./);
  });

  it('needs the time of every positive, and none before its event', async () => {
    const positive = (row: Record<string, string>, label_ts: string) =>
      row.label === '1' ? { ...row, label_ts } : row;
    for (const [time, message] of [
      ['', /column "label_ts" is missing/],
      ['2020-01-01T00:00:00Z', /column "label_ts" is before event_ts/],
    ] as const) {
      const own = delayed();
      own.ledger((row) => positive(row, time));
      expect(await refusal(own)).toMatch(message);
      own.remove();
    }
    project = undefined;
  });
});
