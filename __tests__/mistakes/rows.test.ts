import { afterEach, describe, expect, it } from 'vitest';
import { cell, HEAD, POLICY, refuses } from '../support/mistakes.js';
import { digest, Project, policyText } from '../support/project.js';

refuses('an eval set with', [
  [
    'a label beyond 1',
    (p) => cell(p, 8, 'clicked', '1.7'),
    /eval\/rows.csv:8:1: row 7, column "clicked" is 1.7; expected a label between 0 and 1/,
  ],
  [
    'grades in a policy that names no highest one',
    (p) => cell(cell(p, 8, 'clicked', '3'), 9, 'clicked', '4'),
    /rows.csv:8:1: row 7, column "clicked" is 3; expected a label between 0 and 1. If labels are grades, write under eval_set: grades: 4/,
  ],
  [
    'a grade above the highest',
    (p) => cell(p, 8, 'clicked', '3').edit(POLICY, 'slices: [tier, source]', 'slices: [tier, source]\n  grades: 2'),
    /rows.csv:8:1: row 7, column "clicked" is 3; expected a grade between 0 and 2 \(eval_set.grades\). .*grades: 3/,
  ],
  ['a label that is NaN', (p) => cell(p, 8, 'clicked', 'nan'), /eval\/rows.csv:8:1: row 7, column "clicked" is NaN/],
  [
    'a label that is missing',
    (p) => cell(p, 8, 'clicked', ''),
    /eval\/rows.csv:8:1: row 7, column "clicked" is missing/,
  ],
  [
    'a label that is a word',
    (p) => cell(p, 8, 'clicked', 'yes'),
    /^eval\/rows.csv:8:1: row 7, column "clicked" is "yes"; expected a label between 0 and 1\.$/,
  ],
  [
    'a negative weight',
    (p) => cell(p, 9, 'weight', '-1'),
    /eval\/rows.csv:9:1: row 8, column "weight" is -1; expected a weight of 0 or above/,
  ],
  ['an infinite weight', (p) => cell(p, 9, 'weight', 'inf'), /row 8, column "weight" is Infinity/],
  [
    'weights that are all 0',
    (p) => p.rows(p.read('eval/rows.csv').replace(/^(r\d+,i\d+,[01]),1,/gm, '$1,0,')),
    /weights that are all 0/,
  ],
  [
    'an empty slice value',
    (p) => cell(p, 9, 'tier', ''),
    /eval\/rows.csv:9:1: row 8, column "tier" is missing; expected a slice value/,
  ],
  [
    'a blank slice value',
    (p) => cell(p, 9, 'tier', ' '),
    /eval\/rows.csv:9:1: row 8, column "tier" is empty; expected a slice value/,
  ],
  [
    'a missing id',
    (p) => cell(p, 9, 'item', ''),
    /eval\/rows.csv:9:1: row 8, column "item" is missing; expected an id/,
  ],
  [
    'no rows',
    (p) => p.rows('request,item,clicked,weight,user,tier,source,query_index,item_index\n'),
    /eval\/rows.csv: a table without rows/,
  ],
  [
    'a row with too few cells',
    (p) => p.rows(`${p.read('eval/rows.csv')}r1,i1\n`),
    /eval\/rows.csv:\d+:1: CSV that cannot be read/,
  ],
  [
    'an id that the items table lacks',
    (p) => {
      const items = 'item,item_index\ni0,0\n';
      p.write('eval/items.csv', items).edit(
        POLICY,
        'sha256: {',
        `items: ../eval/items.csv\n  sha256: {items: ${digest(items)}, `,
      );
    },
    /eval\/rows.csv:\d+:1: row \d+, column "item" is "i\d+"; expected an id that eval\/items.csv has \(1 id\)/,
  ],
  [
    'an id twice in the items table',
    (p) => {
      const items = `item,item_index\n${Array.from({ length: 50 }, (_, i) => `i${i},${i}`).join('\n')}\ni3,3\n`;
      p.write('eval/items.csv', items).edit(
        POLICY,
        'sha256: {',
        `items: ../eval/items.csv\n  sha256: {items: ${digest(items)}, `,
      );
    },
    /eval\/items.csv:52:1: row 51, column "item" is "i3" again \(first in row 4\); expected every id once/,
  ],
  [
    'a pointer of Git LFS in place of the rows, whose digest is another',
    (p) => p.write('eval/rows.csv', 'version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 1\n'),
    /^gates\/gate.yml:4:9: a Git LFS pointer in place of the file eval\/rows.csv; expected the file itself. Run: git lfs pull$/,
  ],
  [
    'a pointer of Git LFS in place of the rows, pinned as it is',
    (p) => p.rows('version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 1\n'),
    /a Git LFS pointer in place of the file eval\/rows.csv; .* Run: git lfs pull$/,
  ],
  [
    'a pointer of DVC in place of production’s counts',
    (p) =>
      p
        .write('gates/counts.csv', 'outs:\n- md5: ab\n  size: 1\n  path: counts.csv\n')
        .edit(POLICY, '{0: 0.7, 1: 0.3}', '{counts: counts.csv}'),
    /^gates\/gate.yml:10:23: a DVC pointer in place of the file gates\/counts.csv; expected the file itself. Run: dvc pull gates\/counts.csv$/,
  ],
  [
    'a pointer of git-annex in place of a manifest',
    (p) =>
      p
        .write('gates/manifest.json', '/annex/objects/SHA256E-s12--ab.json\n')
        .edit(POLICY, '{0: 0.7, 1: 0.3}', '{manifest: manifest.json}'),
    /^gates\/gate.yml:10:25: a git-annex pointer in place of the file gates\/manifest.json; .* Run: git annex get gates\/manifest.json$/,
  ],
  [
    'a manifest whose entry has a key twice',
    (p) =>
      p
        .write('gates/manifest.json', '[{"item_version": "v3", "items": 1, "items": 9}]')
        .edit(POLICY, '{0: 0.7, 1: 0.3}', '{manifest: manifest.json}'),
    /^gates\/manifest.json: key "items" twice in one entry; expected every key once/,
  ],
  [
    'an id that a spreadsheet has rounded',
    (p) => cell(p, 9, 'request', '1.7E+18'),
    /^eval\/rows.csv:9:1: row 8, column "request" is "1.7E\+18", a number that has been rounded; expected an id.* Write it as a text/,
  ],
  [
    'a slice value in Latin-1',
    (p) => {
      const text = Buffer.from(p.read('eval/rows.csv').replace(',small,', ',gro\u00df,'), 'latin1');
      p.write(POLICY, policyText('x').replace(digest('x'), digest(text))).write('eval/rows.csv', text);
    },
    /^eval\/rows.csv:2:18: row 1, column "tier" is "gro.", in which byte 0xdf is not UTF-8; expected text in UTF-8/,
  ],
  [
    'two rows of one pair, one of which was clicked',
    (p) => p.rows(`${HEAD}\nr1,i1,1,1,u1,small,feed,1,1\nr2,i1,1,1,u1,small,feed,1,1\nr1,i1,0,1,u1,small,feed,1,1\n`),
    /^eval\/rows.csv:4:1: row 3, column "clicked" is 0, where row 1 has 1 for the same \(query, item\) pair; expected one row a pair, where pairs repeat with another label or weight alone: .* In DuckDB: COPY \(SELECT "request", "item", "user", "tier", "source", "query_index", "item_index", coalesce\(sum\("weight"::DOUBLE \* "clicked"::DOUBLE\) \/ nullif\(sum\("weight"::DOUBLE\), 0\), avg\("clicked"::DOUBLE\)\) AS "clicked", sum\("weight"::DOUBLE\) AS "weight" FROM read_csv\('eval\/rows.csv', all_varchar = true\) GROUP BY ALL ORDER BY ALL\) TO 'eval\/rows.pairs.csv'; then take eval\/rows.pairs.csv for the rows; skewgate pin POLICY writes its digest\.?$/,
  ],
  [
    'impressions of three pairs, of which some were clicked: one error with their number',
    (p) => {
      const seen = ['i1', 'i2', 'i3', 'i4'].map((item, i) => `r1,${item},1,1,u1,small,feed,1,${i}\n`).join('');
      p.rows(`${HEAD}\n${seen}${seen.replace('i4,1', 'i4,0').replace('i3,1', 'i3,0').replace('i1,1', 'i1,0')}`);
    },
    /^eval\/rows.csv:6:1: row 5, column "clicked" is 0, where row 1 has 1 for the same \(query, item\) pair \(and 2 more such pairs\); [^\n]*$/,
  ],
  [
    'two rows of one pair of different weight, after one that differs in a slice',
    (p) => p.rows(`${HEAD}\nr1,i1,1,1,u1,small,feed,1,1\nr1,i1,0,1,u1,small,ads,1,1\nr1,i1,0,2,u1,small,ads,1,1\n`),
    /^eval\/rows.csv:4:1: row 3, column "weight" is 2, where row 2 has 1 for the same \(query, item\) pair/,
  ],
  [
    'rows of JSON that are none',
    (p) => {
      const text = '{"request": 1}\n{"request": \n';
      p.write('eval/rows.jsonl', text);
      p.write(POLICY, policyText(text).replace('rows.csv', 'rows.jsonl'));
    },
    /eval\/rows.jsonl:2:\d+: a line that is no JSON/,
  ],
]);

describe('several mistakes', () => {
  let project: Project;
  afterEach(() => project.remove());

  it('of one file are all reported at once', async () => {
    project = new Project();
    project
      .edit(POLICY, 'metric: log_loss', 'metric: logloss')
      .edit(POLICY, 'at: each', 'att: each')
      .edit(POLICY, '1: 0.3}', '1: 3}');
    const { status, error } = await project.judge();
    expect(status).toBe(2);
    expect(error?.problems.length).toBe(3);
  });

  it('of many rows are listed up to five and then counted', async () => {
    project = new Project();
    project.rows(project.read('eval/rows.csv').replace(/,feed,/g, ',,'));
    const { status, error, message } = await project.judge();
    expect(status).toBe(2);
    expect(error?.problems.length).toBe(5);
    expect(message).toMatch(/and 1,795 more rows/);
  });
});
