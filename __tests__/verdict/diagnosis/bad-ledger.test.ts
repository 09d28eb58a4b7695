/** A ledger that is bad is one clear error, and what could not be judged on it is not shown green. */
import { afterEach, describe, expect, it } from 'vitest';
import { GapProject, policyOf } from '../../support/ledger.js';
import type { Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());

describe('bad evidence is one clear error:', () => {
  const cases: [string, (p: GapProject) => void, RegExp][] = [
    [
      'a label of 2',
      (p) => p.ledger((row, r) => ({ ...row, label: r === 4 ? '2' : row.label! })),
      /models\/ledger.csv:6:1: row 5, column "label" is "?2"?; expected a label between 0 and 1/,
    ],
    [
      'a prediction above 1',
      (p) => p.ledger((row, r) => ({ ...row, s3: r === 0 ? '1.2' : row.s3! })),
      /ledger.csv:2:1: row 1, column "s3" is "?1.2"?; expected a prediction between 0 and 1/,
    ],
    [
      'a missing prediction',
      (p) => p.ledger((row, r) => ({ ...row, s5: r === 0 ? '' : row.s5! })),
      /row 1, column "s5" is missing/,
    ],
    [
      'a negative weight',
      (p) => p.ledger((row, r) => ({ ...row, weight_online: r === 0 ? '-1' : row.weight_online! })),
      /column "weight_online" is "?-1"?; expected a weight of 0 or above/,
    ],
    ['weights that are all 0', (p) => p.ledger((row) => ({ ...row, weight_online: '0' })), /weights that are all 0/],
    [
      'a pair twice',
      (p) =>
        p.ledger((row, r) =>
          r === 1 ? { ...row, item_id: p.read('models/ledger.csv').split('\n')[1]!.split(',')[1]! } : row,
        ),
      /column "item_id" is "i\d+" again in its request; expected every \(request, item\) once/,
    ],
    [
      'a required column that is missing',
      (p) => p.without('s0'),
      /a ledger without "s0"; expected the columns request_id, item_id, label, score_prod and s0/,
    ],
    [
      'times without a zone',
      (p) => p.ledger((row) => ({ ...row, event_ts: '2026-02-27T10:00:00' })),
      /column "event_ts" is "2026-02-27T10:00:00", a time without a zone; expected a number, or a time with its zone.*timezone: Europe\/Berlin/,
    ],
    [
      'a table without rows',
      (p) => p.write('models/ledger.csv', 'request_id,item_id,label,score_prod,s0,s5\n'),
      /a ledger without rows/,
    ],
    [
      'predictions that are certain and wrong',
      (p) => p.ledger((row) => ({ ...row, s4: row.label === '1' ? '0' : '1' })),
      /predictions of "s4" within 1e-7 of 0 or 1 on the wrong side/,
    ],
    [
      'a ledger that is not there',
      (p) => p.edit('models/release.yml', 'ledger.csv', 'ledgr.csv'),
      /models\/release.yml:4:11: evidence at "ledgr.csv", where no file is/,
    ],
    [
      'a ledger outside the workspace',
      (p) => p.edit('models/release.yml', 'ledger.csv', '../../x.csv'),
      /:4:11: evidence "..\/..\/x.csv" outside the workspace/,
    ],
    [
      'another digest',
      (p) =>
        p.edit('models/release.yml', 'ledger: ledger.csv', `ledger: {path: ledger.csv, sha256: ${'a'.repeat(64)}}`),
      /sha256 aaaaaaaaaaaa… of "ledger", but the file has/,
    ],
    [
      'evidence of an unknown name',
      (p) => p.edit('models/release.yml', 'ledger:', 'legder:'),
      /unknown key "legder".*Did you mean "ledger"/,
    ],
    [
      'an empty list of rules',
      (p) => p.write('gates/gate.yml', 'policy: gap\nchecks:\n  feature-parity: {require: []}\n'),
      /:3:\d+: "require" is .*a list of at least one rule/,
    ],
    ['no hypothesis and no rule', (p) => p.write('gates/gate.yml', 'policy: gap\nchecks: {}\n'), /"checks" is/],
  ];
  it.each(cases)('%s', async (_, spoil, message) => {
    const own = new GapProject({ requests: 40 });
    project = own;
    spoil(own);
    const outcome = await own.judge();
    expect(outcome.message).toMatch(message);
    expect(outcome.status).toBe(2);
    expect(outcome.message).not.toMatch(/\n\s+at |undefined|\[object/);
  });

  it('is not asked of what the policy does not name', async () => {
    const own = new GapProject({ requests: 40 });
    project = own.write('gates/gate.yml', policyOf(['precision-parity']));
    const { diagnosis } = await own.diagnosis();
    expect(diagnosis.hypotheses.map(({ id }) => id)).toEqual(['precision-parity']);
  });
});

describe('nothing is shown green that could not be judged:', () => {
  const few = (p: GapProject, rows: number) =>
    p.ledger((row, r) => (r < rows ? row : undefined) as Record<string, string>);

  it.each([1, 2, 12, 200])('a ledger of %i rows judges nothing, whatever its figures are', async (rows) => {
    const own = new GapProject({ featureLoss: 0.9, requests: 60 });
    project = own;
    few(own, rows);
    const { report, diagnosis, status } = await own.diagnosis();
    expect([status, report.verdict]).toEqual([1, 'inconclusive']);
    expect(new Set(diagnosis.hypotheses.map(({ verdict }) => verdict))).toEqual(new Set(['inconclusive']));
    expect(report.headline).toMatch(/is not shown to be ready: too few (positives|query clusters)/);
    expect(diagnosis.hypotheses[0]!.share).toBeNull();
  });

  it('a candidate without an offline gain has none to keep', async () => {
    const own = new GapProject({ requests: 600 });
    project = own;
    own.ledger((row) => ({
      ...row,
      s0: row.score_prod!,
      s2: row.score_prod!,
      s3: row.score_prod!,
      s4: row.score_prod!,
      s5: row.score_prod!,
    }));
    const { report } = await own.diagnosis();
    expect(report.verdict).toBe('inconclusive');
    expect(report.headline).toMatch(/has no clear gain offline that could be lost/);
  });

  it('a suspicion that was not allayed is no acquittal, and no conviction either', async () => {
    const own = new GapProject({ featureLoss: 0.7, requests: 2500, unexpected: 0.03 });
    project = own;
    const { of } = await own.diagnosis();
    expect(of('checkpoint-identity').verdict).toBe('inconclusive');
    expect(of('checkpoint-identity').why).toMatch(
      /not free of suspicion; \d(\.\d)? % of the rows were served by another version \(v41; at most \d(\.\d)? %\)/,
    );
  });

  it('a cause that hides a part of the gap explains none of it', async () => {
    const own = new GapProject({ featureLoss: 0.9, requests: 1500 });
    project = own;
    // Serving sees the labels at last: what is served is better than what was replayed.
    own.without('only_version_skew', 'all_but_version_skew', 'only_feature_parity', 'all_but_feature_parity');
    own.ledger((row) => {
      const better = String(0.7 * Number(row.s2) + 0.3 * Number(row.s0));
      return { ...row, s3: better, s4: better, s5: better };
    });
    const { of } = await own.diagnosis();
    expect(of('version-skew').verdict).toBe('ruled_out');
    expect(of('version-skew').why).toMatch(/it explains none of the gap, and hides a part of it/);
  });

  it('a column whose name is nearly one of the ledger’s is named', async () => {
    const own = new GapProject({ requests: 100 });
    project = own;
    own.ledger(({ weight_online: weight, ...row }) => ({ ...row, weight_onlne: weight! }));
    const { report } = await own.diagnosis();
    expect(report.notices).toContainEqual(
      'models/ledger.csv: column "weight_onlne" is not read. Did you mean "weight_online"?',
    );
  });

  it('times of two units are an error', async () => {
    const own = new GapProject({ requests: 40 });
    project = own;
    own.ledger((row) => ({ ...row, event_ts: String(Number(row.event_ts) * 1000) }));
    expect((await own.judge()).message).toMatch(
      /event_ts around \d+ and feature_ts around \d+; expected times in one unit/,
    );
  });

  it('one bad cell of a CSV is named, and not the good ones beside it', async () => {
    const own = new GapProject({ requests: 40 });
    project = own;
    own.ledger((row, r) => ({ ...row, label: r === 100 ? 'NA' : row.label! }));
    const { message } = await own.judge();
    expect(message.split('\n')).toEqual([
      expect.stringMatching(/^models\/ledger.csv:102:1: row 101, column "label" is "NA"/),
    ]);
  });
});
