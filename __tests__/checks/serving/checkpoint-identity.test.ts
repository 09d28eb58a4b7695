/** Which checkpoint serves, on evidence whose truth is known. */
import { describe, expect, it } from 'vitest';
import { csv, EvidenceProject, refusal, type Tables } from '../../support/evidence.js';
import { evidence, kept, project, removedAfterEach } from '../../support/kept-evidence.js';

removedAfterEach();

describe('checkpoint-identity', () => {
  const PIN = 'ab'.repeat(32);
  const OTHER = 'cd'.repeat(32);
  const pinned = `query_tower: {sha256: {v42: ${PIN}}}\n`;
  const log = (row: (r: number) => { version?: string; hash?: string; replay?: number }, rows = 4000) =>
    csv(
      'request_id,item_id,served_version,served_sha256,score_online,score_replay',
      Array.from({ length: rows }, (_, r) => {
        const { version = 'v42', hash = PIN, replay } = row(r);
        const score = (1 + Math.sin(r)) / 2;
        return [`r${r >> 1}`, `i${r % 97}`, version, hash, score, replay ?? score + 1e-6];
      }),
    );
  const RULES = [
    '{metric: unexpected_share, max: 0.5%}',
    '{metric: hash_mismatch, max: 0.5%}',
    '{metric: replay_mismatch, max: 0.5%}',
  ];

  it('passes a log in which every version, hash and replay is the release’s, by no less than the rule of three', async () => {
    const { status, of, facts } = await evidence(
      { 'checkpoint-identity': RULES },
      { serving_log: log(() => ({})) },
      pinned,
    ).examined('checkpoint-identity');
    expect(status).toBe(0);
    // 2,000 requests of two rows.
    expect(of('unexpected_share').upper).toBeGreaterThanOrEqual(3 / 2000);
    expect(of('unexpected_share').upper).toBeLessThan(4 / 2000);
    expect(facts).toMatch(/every row was served by the live version \(at most 0.17 % were not\)/);
    expect(facts).toMatch(/every row’s content hash is the release’s/);
    expect(facts).toMatch(/the replay gives the score of every row/);
  });

  it.each([
    ['another version', 'unexpected_share', (r: number) => (r % 20 < 2 ? { version: 'v41' } : {})],
    ['another content under the live name', 'hash_mismatch', (r: number) => (r % 20 < 2 ? { hash: OTHER } : {})],
    ['another score than the replay’s', 'replay_mismatch', (r: number) => (r % 20 < 2 ? { replay: 0.77 } : {})],
  ])('fails %s, and that alone', async (_, metric, row) => {
    const release = `query_tower: {sha256: {v42: ${PIN}, v41: ${PIN}}}\n`;
    const { findings, status } = await evidence(
      { 'checkpoint-identity': RULES },
      { serving_log: log(row) },
      release,
    ).examined('checkpoint-identity');
    expect(status).toBe(1);
    expect(findings.filter(({ verdict }) => verdict === 'fail').map((f) => [f.metric, f.value])).toEqual([
      [metric, 0.1],
    ]);
  });

  it('leaves hashes open that the release does not pin', async () => {
    const { of } = await evidence({ 'checkpoint-identity': RULES }, { serving_log: log(() => ({})) }).examined(
      'checkpoint-identity',
    );
    expect(of('hash_mismatch')).toMatchObject({
      verdict: 'inconclusive',
      why: 'the release pins no query_tower.sha256 of v42',
    });
  });

  const canary = (spoil: (id: number) => number, count = 80) =>
    Array.from({ length: count }, (_, id) => {
      const vector = [1, 2, 3, id / 10].map((x) => Number(x.toFixed(3)));
      return JSON.stringify({
        id: `e${id}`,
        tower: 'item',
        served: vector.map((x) => x + spoil(id)),
        expected: vector,
      });
    }).join('\n');

  it.each([
    ['cosine', 0],
    ['dot', 1],
  ])('compares what an index has normalised as %s does, without a sweep too', async (similarity, value) => {
    const rows = canary(() => 0)
      .trimEnd()
      .split('\n')
      .map((line) => {
        const row = JSON.parse(line) as { served: number[] };
        return JSON.stringify({ ...row, served: row.served.map((x) => x / Math.hypot(...row.served)) });
      });
    const own = new EvidenceProject(
      { 'checkpoint-identity': ['{metric: canary_mismatch, max: 5%}'] },
      { canary: `${rows.join('\n')}\n` },
      `score: {similarity: ${similarity}}\n`,
    );
    kept(own);
    const { of } = await own.examined('checkpoint-identity');
    expect(of('canary_mismatch').value).toBe(value);
  });

  it('compares canary vectors with what the checkpoint embeds again', async () => {
    const good = await evidence(
      { 'checkpoint-identity': ['{metric: canary_mismatch, max: 5%}'] },
      { canary: canary(() => 1e-6) },
    ).examined('checkpoint-identity');
    expect([good.status, good.of('canary_mismatch', { tower: 'item' }).verdict]).toEqual([0, 'pass']);
    project.remove();
    const bad = await evidence(
      { 'checkpoint-identity': ['{metric: canary_mismatch, max: 5%}'] },
      { canary: canary((id) => (id < 20 ? 0.5 : 0)) },
    ).examined('checkpoint-identity');
    expect(bad.of('canary_mismatch')).toMatchObject({ verdict: 'fail', value: 0.25 });
    // A sample as any other: no interval of width 0.
    expect(bad.of('canary_mismatch').lower).toBeLessThan(0.2);
    expect(bad.facts).toMatch(/20 of 80 canaries have other vectors of the item tower than the release/);
  });

  it.each<[string, Tables, RegExp]>([
    [
      'a hash that is none',
      { serving_log: log(() => ({ hash: 'abc' }), 4) },
      /column "served_sha256" is "abc"; expected a sha256/,
    ],
    ['a missing version', { serving_log: log(() => ({ version: '' }), 4) }, /column "served_version" is missing/],
    ['a row twice', { serving_log: `${log(() => ({}), 4)}r0,i0,v42,${PIN},0.5,0.5\n` }, /"r0", "i0" again/],
    [
      'vectors of two lengths',
      {
        canary: `${canary(() => 0, 3)}\n${JSON.stringify({ id: 'x', tower: 'item', served: [1, 2], expected: [1, 2, 3, 4] })}\n`,
      },
      /column "served" is 2 numbers, beside 4 in the first row; expected a list of numbers, of one length/,
    ],
    [
      'no vectors',
      { canary: 'id,served,expected\na,1,1\nb,2,2\n' },
      /column "served" without vectors.*\.parquet or a \.jsonl/s,
    ],
    [
      'towers of other names',
      { canary: canary(() => 0, 3).replaceAll('"item"', '"ads"') },
      /column "tower" is "ads"; expected one of query and item/,
    ],
  ])('refuses %s', async (_, tables, message) => {
    expect(await refusal(evidence({ 'checkpoint-identity': [] }, tables))).toMatch(message);
  });
});
