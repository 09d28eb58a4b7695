/** A gate must never pass a model that knows nothing, or an interval of no width; it says the version before. */
import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../../src/checks/reason-words.js';
import { renderHtml } from '../../../src/report/html.js';
import { toJson } from '../../../src/report/json.js';
import { renderSummary } from '../../../src/report/summary.js';
import { renderText } from '../../../src/report/text.js';
import { viewOf } from '../../../src/report/view/view.js';
import { lookupTower, onnx } from '../../support/onnx.js';
import { findings, judged, POLICY, project, RELEASE, reasons, removedAfterEach } from '../../support/other-rules.js';
import { type Project, VERSIONS } from '../../support/project.js';
import { generator } from '../../support/random.js';
import { sweepOf } from '../../support/sweep-report.js';

removedAfterEach();

/** Rows by their fields: request, item, clicked, weight, user, tier, source, query_index, item_index. */
function eachRow(p: Project, change: (fields: string[], r: number) => string[] | undefined): Project {
  const [header, ...lines] = p.read('eval/rows.csv').trimEnd().split('\n');
  const rows = lines.flatMap((line, r) => {
    const changed = change(line.split(','), r);
    return changed ? [changed.join(',')] : [];
  });
  return p.rows(`${[header, ...rows].join('\n')}\n`);
}

const CLICKED = 2;

describe('a model without skill has nothing to lose:', () => {
  const spoiled: [string, (p: Project) => unknown][] = [
    [
      'shuffled labels',
      (p) => {
        const random = generator(11);
        eachRow(p, (fields) => fields.with(CLICKED, random.uniform() < 0.5 ? '1' : '0'));
      },
    ],
    [
      'features wired to the wrong row',
      (p) =>
        eachRow(p, (fields) =>
          fields.with(8, String((Number(fields[8]) * 7 + 3) % 50)).with(7, String((Number(fields[7]) * 11 + 5) % 180)),
        ),
    ],
    [
      'a scale that leaves nothing of the scores',
      (p) => p.edit(RELEASE, 'link: sigmoid', 'link: sigmoid, scale: 0.000001'),
    ],
    ['a scale of the wrong sign', (p) => p.edit(RELEASE, 'link: sigmoid', 'link: sigmoid, scale: -1')],
    ['a bias beyond every score', (p) => p.edit(RELEASE, 'link: sigmoid', 'link: sigmoid, bias: 40')],
  ];

  it.each(spoiled)('%s', async (_, spoil) => {
    const report = await judged('{metric: log_loss, max_increase: 5%, at: production}', spoil);
    expect(report.verdict).toBe('inconclusive');
    expect(reasons(report)).toEqual([
      expect.stringMatching(/^no skill at distance 0: normalized_entropy [\d.]+, not clearly below 1/),
    ]);
    expect(report.headline).toMatch(/with both towers of one version the model shows no skill on all rows/);
    expect(report.recommendation.options[0]!.why).toMatch(/^Look at the join of labels and features/);
    expect(JSON.stringify(report)).not.toMatch(/warm start/);
  });

  it.each([
    ['{metric: roc_auc, max_decrease: 0.05, at: production}', /roc_auc 0\.\d+, not clearly above 0\.5/],
    ['{metric: gauc, max_decrease: 0.05, at: production}', /gauc 0\.\d+, not clearly above 0\.5/],
    ['{metric: ndcg@5, max_decrease: 5%, at: production}', /ndcg@5 0\.\d+, not clearly above 0\.\d+/],
    ['{metric: recall@5, max_decrease: 5%, at: production}', /recall@5 0\.\d+, not clearly above/],
    ['{metric: calibration_shift, max_change: 5%, at: production}', /normalized_entropy/],
  ])('whichever the metric: %s', async (rule, reason) => {
    const report = await judged(rule, spoiled[0]![1]);
    expect(reasons(report)).toEqual([expect.stringMatching(reason)]);
  });

  it('in one slice alone opens that slice alone', async () => {
    const report = await judged('{metric: roc_auc, max_decrease: 0.05, at: production, slices: [all, source]}', (p) => {
      const random = generator(5);
      eachRow(p, (fields) =>
        fields[6] === 'feed' ? fields.with(CLICKED, random.uniform() < 0.5 ? '1' : '0') : fields,
      );
    });
    expect(findings(report).map((f) => [f.slice.source ?? 'all', f.verdict])).toEqual([
      ['all', 'pass'],
      ['feed', 'inconclusive'],
      ['search', 'pass'],
    ]);
  });

  it('is judged with a notice where the policy only warns of it', async () => {
    const report = await judged('{metric: log_loss, max_increase: 5%, at: production}', (p) => {
      spoiled[0]![1](p);
      p.edit(POLICY, '    require:', '    on_no_skill: warn\n    require:');
    });
    expect(report.verdict).toBe('ready');
    expect(report.notices).toContainEqual(
      expect.stringMatching(/^no skill at distance 0 \(on_no_skill: warn\).*log_loss on all rows/),
    );
  });

  it('acquits nothing by a bound on the value either, but is convicted by one', async () => {
    const lenient = await judged('{metric: log_loss, max: 5, at: [0]}', spoiled[0]![1]);
    expect(lenient.verdict).toBe('inconclusive');
    project.remove();
    const strict = await judged('{metric: gauc, min: 0.7, at: [0]}', spoiled[0]![1]);
    expect(strict.verdict).toBe('not_ready');
  });
});

it('what fails at distance 0 alone is the aligned model, and no cure for skew is recommended', async () => {
  const report = await judged(
    '{metric: gauc, min: 0.95, at: [0]}\n{metric: log_loss, max_increase: 5%, at: production}',
  );
  expect(report.verdict).toBe('not_ready');
  expect(report.recommendation.action).toBe('architecture_change');
  expect(report.recommendation.why).toMatch(
    /with both towers of one version gauc at distance 0 is 0\.\d+ \(min 0\.95\): the aligned model is the problem/,
  );
  expect(JSON.stringify(toJson(report))).not.toMatch(/warm start|train compatibly/);
});

it('an error of 0 between versions whose scores differ is no interval: the bound is unknown, and shown as such', async () => {
  const report = await judged('{metric: gauc, max_decrease: 5%, at: each}', (p) => {
    // Every score of an older version is larger by one: no ranking within a query moves.
    const random = generator(7);
    const vectors = (count: number) =>
      Array.from({ length: count }, () => Array.from({ length: 4 }, () => random.normal() * 0.7));
    const [queries, items] = [vectors(180), vectors(50)];
    for (const [k, version] of VERSIONS.entries()) {
      p.write(
        `models/query/${version}.onnx`,
        onnx(
          lookupTower(
            queries.map((row) => [...row, 1]),
            'query_index',
          ),
        ),
      );
      p.write(
        `models/item/${version}.onnx`,
        onnx(
          lookupTower(
            items.map((row) => [...row, k]),
            'item_index',
          ),
        ),
      );
    }
    p.edit(POLICY, 'sweep: {from: -1', 'sweep: {from: 0');
  });
  const open = findings(report).find((f) => f.at === 1)!;
  expect([open.verdict, open.change]).toEqual(['inconclusive', 0]);
  expect(reasonOf(open)).toMatch(/^no spread/);
  const written = toJson(report);
  const found = written.checks[0]!.findings.find((f) => f.at === 1)!;
  expect([found.lower, found.upper]).toEqual([null, null]);
  for (const rendered of [renderText(viewOf(report)), renderSummary(viewOf(report)), renderHtml(viewOf(report))]) {
    expect(rendered).toMatch(/\[–, –\]/);
    expect(rendered).not.toMatch(/NaN/);
  }
});

it('the report says what the promoted version costs against the version before, and what not promoting forgoes', async () => {
  const report = await judged('{metric: log_loss, max_increase: 5%, at: production}');
  const { tonight, curve } = sweepOf(report);
  const at = (distance: number | 'production') =>
    curve.find((p) => p.distance === distance && Object.keys(p.slice).length === 0)!;
  expect([tonight?.version, tonight?.at]).toEqual(['v2', 'production']);
  const [entry] = tonight!.entries;
  // M[X-1, X-1] from the curve: its stale part at distance 1.
  const served = at(0).value * (1 + at(1).stale!);
  expect(entry!.served).toBeCloseTo(served, 12);
  expect(entry!.promoted.change).toBeCloseTo(at('production').value / served - 1, 12);
  expect(entry!.aligned.change).toBeCloseTo(at(0).value / served - 1, 12);
  expect(entry!.promoted.lower).toBeLessThan(entry!.promoted.change);
  expect(renderText(viewOf(report))).toMatch(/Against v2 with its own index \(which serves today\)/);
  expect(renderSummary(viewOf(report))).toMatch(/Against v2 with its own index/);
});
