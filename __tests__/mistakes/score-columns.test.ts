/** Releases by columns of scores: each mistake is one message at the release's line. */
import { afterEach, describe, expect, it } from 'vitest';
import { cell, MODEL, POLICY, refuses, validatedFiles } from '../support/mistakes.js';
import { digest, Project } from '../support/project.js';
import { scoredProject } from '../support/scored-columns.js';

const LINE = /models\/release\.yml:\d+:\d+: /.source;

refuses('a release by scores with', [
  [
    'towers beside them',
    (p) => scoredProject(p).write(MODEL, `${p.read(MODEL)}item_tower: {onnx: 'item/{version}.onnx'}\n`),
    new RegExp(`${LINE}item_tower beside scores; expected towers, or columns that hold what they would score`),
  ],
  [
    'another similarity',
    (p) => scoredProject(p).edit(MODEL, 'score: {', 'score: {similarity: cosine, '),
    new RegExp(`${LINE}similarity: cosine beside scores, whose columns hold the similarity itself; expected no sim`),
  ],
  [
    'no versions',
    (p) => scoredProject(p).edit(MODEL, 'versions: [v3, v2, v1]\n', ''),
    /models\/release\.yml:1:1: no "versions"; expected versions, which the check version-skew/,
  ],
  [
    'a column without {version}',
    (p) => scoredProject(p).edit(MODEL, 'score_{version}', 'score_v3'),
    new RegExp(`${LINE}a column without {version}: "score_v3".*Write: column: 'score_{version}'`),
  ],
  [
    'one template under two keys',
    (p) => scoredProject(p).edit(MODEL, 'aligned_{version}', 'score_{version}'),
    new RegExp(`${LINE}"score_{version}", which is column too; .*Write: aligned: 'aligned_{version}'`),
  ],
  [
    'a key of another name',
    (p) => scoredProject(p).edit(MODEL, 'aligned:', 'alined:'),
    new RegExp(`${LINE}unknown key "alined".*Did you mean "aligned"`),
  ],
  [
    'a sweep from below 0 and no older_query',
    (p) => scoredProject(p).edit(MODEL, "  older_query: 'older_{version}'\n", ''),
    new RegExp(`${LINE}scores without older_query, where the sweep of gates/gate.yml:\\d+ starts at distance -1`),
  ],
  [
    'anchors',
    (p) => scoredProject(p).edit(POLICY, 'sweep: {from: -1, to: 2}', 'sweep: {from: 0, to: 1, anchors: 3}'),
    new RegExp(`${LINE}scores, where the sweep of gates/gate.yml:\\d+ is repeated for 3 live versions \\(anchors\\)`),
  ],
  [
    'a ranking of the whole catalogue',
    (p) => {
      scoredProject(p);
      const items = Array.from({ length: 50 }, (_, i) => `i${i},${i}`).join('\n');
      p.write('eval/items.csv', `item,item_index\n${items}\n`)
        .edit(
          POLICY,
          'rows: ../eval/rows.csv',
          'rows: ../eval/rows.csv\n  items: ../eval/items.csv\n  candidates: full',
        )
        .edit(POLICY, 'sha256: {', `sha256: {items: ${digest(p.read('eval/items.csv'))}, `)
        .edit(POLICY, 'metric: log_loss', 'metric: recall@5')
        .edit(POLICY, 'max_increase: 5%', 'max_decrease: 5%');
    },
    new RegExp(`${LINE}scores of the rows alone, where gates/gate.yml ranks the whole catalogue.*candidates: logged`),
  ],
  [
    'a column that is not there',
    (p) => p.rows(scoredProject(p).read('eval/rows.csv').replace('score_v2', 'scores_v2')),
    new RegExp(`${LINE}column "score_v2", which eval/rows.csv does not have \\(scores with items of "v2"\\)`),
  ],
  [
    'no aligned column at all',
    (p) => scoredProject(p).edit(MODEL, 'aligned_{version}', 'alined_{version}'),
    new RegExp(`${LINE}column "alined_v2", which .* does not have.*Did you mean "aligned_v2"`),
  ],
  [
    'a missing score',
    (p) => cell(scoredProject(p), 7, 'score_v2', ''),
    new RegExp(`${LINE}row 6, column "score_v2" is missing in eval/rows.csv:7; expected a finite score`),
  ],
  [
    'a score that is NaN',
    (p) => cell(scoredProject(p), 7, 'aligned_v2', 'NaN'),
    new RegExp(`${LINE}row 6, column "aligned_v2" is "?NaN"? in eval/rows.csv:7; expected a finite score`),
  ],
  [
    'a score that is infinite',
    (p) => cell(scoredProject(p), 7, 'older_v2', '-inf'),
    new RegExp(`${LINE}row 6, column "older_v2" is -Infinity in eval/rows.csv:7; expected a finite score`),
  ],
  [
    'a text among the scores',
    (p) => cell(scoredProject(p), 7, 'score_v3', 'high'),
    new RegExp(`${LINE}row 6, column "score_v3" is "high" in eval/rows.csv:7; expected a finite score`),
  ],
  [
    'the label as a score',
    (p) => {
      scoredProject(p);
      p.rows(p.read('eval/rows.csv').replace('score_v3', 'spare').replace('clicked', 'score_v3'));
      p.edit(POLICY, 'label: clicked', 'label: score_v3');
    },
    new RegExp(`${LINE}column "score_v3", which is the label of the eval set; expected a column of scores`),
  ],
  [
    'a copy of the label',
    (p) => {
      scoredProject(p);
      const [head, ...rows] = p.read('eval/rows.csv').trimEnd().split('\n');
      const at = head!.split(',').indexOf('score_v3');
      const copied = rows.map((row) => row.split(',').with(at, row.split(',')[2]!).join(','));
      p.rows(`${[head, ...copied].join('\n')}\n`);
    },
    new RegExp(
      `${LINE}column "score_v3", which the release \\(scores with items of "v3"\\) reads and which is the label`,
    ),
  ],
  [
    'no scale of an aligned version',
    (p) => scoredProject(p).edit(MODEL, 'score: {', 'score: {scale: {v3: 1, v2: 1}, '),
    new RegExp(`${LINE}no scale of query version "v1"; expected a number for every query version that is scored`),
  ],
  [
    'a comparison of a family with its own past alone',
    (p) => {
      scoredProject(p);
      p.write(
        'models/production.yml',
        p
          .read(MODEL)
          .replace("'score_", "'aligned_")
          .replace(/ {2}aligned.*\n/, ''),
      )
        .edit('models/production.yml', 'live: v3\nversions: [v3, v2, v1]', 'live: v2\nversions: [v2, v1]')
        .write(MODEL, `${p.read(MODEL)}compare_with: production.yml\n`);
      p.edit(POLICY, 'sweep: {from: -1, to: 2}', 'sweep: {from: 0, to: 1}').edit(
        POLICY,
        /require:(.|\n)*/.exec(p.read(POLICY))![0],
        'require:\n      - {metric: log_loss, min_retained_gain: 50%, at: production}\n',
      );
    },
    new RegExp(`${LINE}compare_with is this family’s own "v2", 1 version behind the candidate`),
  ],
]);

describe('a release by scores', () => {
  let project: Project;
  afterEach(() => project.remove());

  it('is validated in words', async () => {
    project = scoredProject(new Project());
    const { status, printed } = await validatedFiles(project);
    expect(status).toBe(0);
    expect(printed).toMatch(
      /6 columns of scores \("score_v3", "score_v2", "score_v1" and 3 more\), a finite number in every row/,
    );
  });

  it('says which aligned columns are missing', async () => {
    project = scoredProject(new Project());
    project.rows(project.read('eval/rows.csv').replace('aligned_v1', 'other'));
    const { status, printed } = await validatedFiles(project);
    expect(status).toBe(0);
    expect(printed).toMatch(/the rows have no "aligned_v1": at these distances a change is not split/);
  });
});
