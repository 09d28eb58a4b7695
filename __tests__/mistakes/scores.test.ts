/** Scores that say nothing, or not what the policy asks for: only a sweep can tell, so that `validate` lets them pass. */
import { MODEL, POLICY, refuses } from '../support/mistakes.js';
import { lookupTower, onnx } from '../support/onnx.js';
import { digest } from '../support/project.js';

const SCORES = { needsSweep: 'nothing but the scores of all rows tells' };

refuses('scores', [
  [
    'that are the same for every row',
    (p) =>
      p
        .write('models/query/v3.onnx', onnx(lookupTower(Array(180).fill([1, 2, 3, 4]), 'query_index')))
        .write('models/item/v3.onnx', onnx(lookupTower(Array(50).fill([1, 0, 0, 0]), 'item_index'))),
    /models\/release.yml:\d+:\d+: the same score 1 for every row at distance 0; expected scores that tell rows apart/,
    SCORES,
  ],
  [
    'that are no probabilities, under a metric of such',
    (p) => p.edit(MODEL, 'link: sigmoid', 'link: identity'),
    /models\/release.yml:\d+:\d+: prediction .* in a policy that asks for log_loss; expected predictions between 0 and 1/,
    SCORES,
  ],
  [
    'that a softmax makes certain, and wrong',
    (p) => p.edit(MODEL, 'link: sigmoid', 'link: softmax, scale: 100000'),
    /predictions within 1e-7 of 0 or 1 on the wrong side of their label; expected at most 0.1 % of the rows/,
    SCORES,
  ],
]);

refuses('rows that are known before a tower runs, with', [
  [
    'a slice column of ids',
    (p) => {
      const [head, ...lines] = p.read('eval/rows.csv').trimEnd().split('\n');
      // Each value names its row: with the rows of the other columns there are more cells than a report holds.
      const more = Array.from({ length: 3 }, (_, copy) =>
        lines.map((line, r) => {
          const cells = line.split(',');
          return [`${cells[0]}c${copy}`, ...cells.slice(1, 6), `s${copy}x${r}`, ...cells.slice(7)].join(',');
        }),
      ).flat();
      p.rows(`${head}\n${more.join('\n')}\n`);
    },
    /gates\/gate.yml:7:18: 10,800 values of "source"; expected at most 10,000 cells in all.*Is a column of ids listed/,
  ],
  [
    'a query in two clusters, where rankings are means over queries',
    (p) => {
      const lines = p.read('eval/rows.csv').trimEnd().split('\n');
      lines[2] = lines[2]!.replace(',u0,', ',u1,');
      p.rows(`${lines.join('\n')}\n`).edit(POLICY, 'metric: log_loss', 'metric: recall@5');
    },
    /gates\/gate.yml:6:\d+: query "r0" in clusters "u0" and "u1" \(row 2\); expected one cluster a query/,
  ],
  [
    'a query with two feature rows, where the whole catalogue is ranked',
    (p) => {
      const lines = p.read('eval/rows.csv').trimEnd().split('\n');
      const cells = lines[2]!.split(',');
      cells[7] = '1';
      lines[2] = cells.join(',');
      p.rows(`${lines.join('\n')}\n`)
        .write('eval/items.csv', `item,item_index\n${Array.from({ length: 50 }, (_, i) => `i${i},${i}`).join('\n')}\n`)
        .edit(POLICY, 'metric: log_loss', 'metric: recall@5')
        .edit(POLICY, 'slices: [tier, source]', 'slices: [tier, source]\n  candidates: full')
        .edit(POLICY, 'rows: ../eval/rows.csv', 'rows: ../eval/rows.csv\n  items: ../eval/items.csv')
        .edit(POLICY, 'sha256: {', `sha256: {items: ${digest(p.read('eval/items.csv'))}, `);
    },
    /eval\/rows.csv: query "r0" with different features in row 2; expected one feature row a query/,
  ],
]);
