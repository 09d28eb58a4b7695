/** A gate must never pass by rules that no model can fail, or on slices that are too thin to tell. */
import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../../src/checks/reason-words.js';
import {
  findings,
  goodProject,
  judged,
  POLICY,
  project,
  RELEASE,
  RULES,
  reasons,
  removedAfterEach,
} from '../../support/other-rules.js';
import type { Project } from '../../support/project.js';
import { sweepOf } from '../../support/sweep-report.js';

removedAfterEach();

/** The message with which rules are refused. */
async function refused(rules: string): Promise<string> {
  goodProject().edit(POLICY, RULES, `      - ${rules}\n`);
  const { status, message } = await project.judge();
  expect(status).toBe(2);
  return message;
}

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

describe('a rule that no model can fail is no evidence:', () => {
  it.each([
    ['recall@20', /^cannot move: in none of 180 queries do more than 20 candidates compete.* a smaller K$/],
    ['hit@50', /^cannot move: in none of 180 queries do more than 50 candidates compete/],
  ])('%s over 20 logged candidates', async (metric, reason) => {
    const report = await judged(`{metric: ${metric}, max_decrease: 5%, at: each}`);
    expect(report.verdict).toBe('inconclusive');
    for (const found of findings(report).filter(({ at }) => at !== 0)) {
      expect(reasonOf(found)).toMatch(reason);
      expect(found.queries).toBe(0);
    }
  });

  it.each(['ndcg@10', 'mrr', 'recall@3', 'hit@3'])(
    '%s of queries whose candidates are all relevant',
    async (metric) => {
      const report = await judged(`{metric: ${metric}, max_decrease: 5%, at: production}`, (p) =>
        eachRow(p, (fields) => (fields[CLICKED] === '1' ? fields : undefined)),
      );
      expect(report.verdict).toBe('inconclusive');
      expect(reasons(report)).toEqual([expect.stringMatching(/^cannot move: .*candidates: full/)]);
    },
  );

  it('ndcg of candidates that are all relevant, but not equally, is one that they can', async () => {
    const report = await judged('{metric: ndcg@10, max_decrease: 5%, at: production}', (p) =>
      eachRow(p, (fields) => fields.with(CLICKED, fields[CLICKED] === '1' ? '1' : '0.5')),
    );
    expect(reasons(report).join()).not.toMatch(/cannot move/);
  });

  it('average precision of positives alone', async () => {
    const report = await judged('{metric: average_precision, max_decrease: 5%, at: production}', (p) =>
      eachRow(p, (fields) => (fields[CLICKED] === '1' ? fields : undefined)),
    );
    expect(reasons(report)).toEqual([expect.stringMatching(/^cannot move: every row is positive/)]);
  });

  it('the sum of the predictions under a softmax, in a cell of whole queries', async () => {
    const seen = new Set<string>();
    const report = await judged('{metric: calibration, max_change: 5%, at: [1], slices: [all, tier, source]}', (p) => {
      // One click a request.
      eachRow(p, (fields) => {
        const first = fields[CLICKED] === '1' && !seen.has(fields[0]!);
        if (first) seen.add(fields[0]!);
        return fields.with(CLICKED, first ? '1' : '0');
      });
      p.edit(RELEASE, 'link: sigmoid', 'link: softmax');
    });
    const why =
      'cannot move: under link: softmax the predictions of every query sum to 1, so that calibration is the same for every model; ask for log_loss or a ranking';
    // Tiers are of requests; a source holds half of the rows of each.
    expect(findings(report).map((f) => [f.slice.tier ?? f.slice.source ?? 'all', reasonOf(f) === why])).toEqual([
      ['all', true],
      ['large', true],
      ['small', true],
      ['feed', false],
      ['search', false],
    ]);
    expect(report.verdict).toBe('inconclusive');
  });

  it('says what dilutes a change: queries that cannot move, where they are most of them', async () => {
    const report = await judged('{metric: ndcg@10, max_decrease: 5%, at: production}', (p) =>
      // Two thirds of the queries keep their clicks alone.
      eachRow(p, (fields) => (Number(fields[0]!.slice(1)) % 3 === 0 || fields[CLICKED] === '1' ? fields : undefined)),
    );
    expect(report.notices).toContainEqual(
      expect.stringMatching(/^ndcg@10 on all rows: \d+ of \d+ queries could have another value \(3\d %\)/),
    );
    const point = sweepOf(report).curve.find((p) => p.distance === 'production')!;
    expect(point.queries).toBeLessThan(80);
  });

  it('counts floors by informative queries: thirty of them among many others are too few', async () => {
    const report = await judged('{metric: ndcg@10, max_decrease: 5%, at: production}', (p) =>
      eachRow(p, (fields) => (Number(fields[0]!.slice(1)) < 30 || fields[CLICKED] === '1' ? fields : undefined)),
    );
    expect(reasons(report)).toEqual([
      expect.stringMatching(/^too few query clusters: \d+\.\d effective of at least 40/),
    ]);
  });
});

describe('a margin that no value can exceed is refused:', () => {
  it.each([
    [
      '{metric: roc_auc, max_decrease: 4, at: each}',
      /max_decrease 4 of roc_auc, which lets everything pass; expected less than 0\.5.*Did you mean 4%\? Write: max_decrease: 4%/,
    ],
    ['{metric: roc_auc, max_decrease: 100%, at: each}', /expected less than 100%/],
    ['{metric: gauc, max_decrease: 0.5, at: each}', /expected less than 0\.5/],
    ['{metric: roc_auc, min: 0, at: [0]}', /min 0 of roc_auc, .*above 0\.5.*Write: min: 0\.6/],
    ['{metric: ndcg@10, min: 0, at: [0]}', /above 0/],
    ['{metric: ndcg@10, max_decrease: 1, at: each}', /Write: max_decrease: 1%/],
    [
      '{metric: log_loss, max_increase: 1, at: each}',
      /max_increase 1 of log_loss.*less than 0\.693.*Did you mean 1%\?/,
    ],
    ['{metric: log_loss, max_increase: 100%, at: each}', /less than 100%/],
    ['{metric: log_loss, max: 50, at: [0]}', /Did you mean 0\.5\? Write: max: 0\.5/],
    ['{metric: normalized_entropy, max_increase: 1, at: each}', /Did you mean 1%\?/],
    ['{metric: calibration, max_change: 500%, at: each}', /less than 200%.*Did you mean 5%\? Write: max_change: 5%/],
    ['{metric: calibration_shift, max_change: 2, at: each}', /Did you mean 2%\?/],
    ['{metric: information_retained, min: 0, at: each}', /above 0/],
  ])('%s', async (rule, expected) => {
    const message = await refused(rule);
    expect(message).toMatch(expected);
    expect(message).toMatch(/^gates\/gate.yml:15:\d+: /);
    // What it says to write is accepted.
    const [, key, value] = /Write: (\w+): ([^ ]+?)\.?$/.exec(message)!;
    project.edit(POLICY, rule, rule.replace(new RegExp(`(${key}): [^,]+`), `$1: ${value}`));
    expect((await project.judge()).message).toBe('');
  });

  it.each([
    '{metric: normalized_entropy, max: 2, at: each}',
    '{metric: brier, max: 0.4, at: production}',
    '{metric: log_loss, max: 3, at: [0]}',
    '{metric: recall@5, min: 0.0001, at: production}',
    '{metric: log_loss, max_decrease: 4%, at: production}',
    '{metric: gauc, max_increase: 4%, at: each}',
    '{metric: log_loss, max_increase: 60%, at: each}\n{metric: gauc, min: 0.55, at: [0]}',
  ])('is open where no rule of skew can fail a model without skill: %s', async (rule) => {
    const report = await judged(rule);
    expect(report.verdict).toBe('inconclusive');
    expect(reasons(report)).toContainEqual(
      expect.stringMatching(/^no required rule can fail: a model without skill would keep it/),
    );
  });

  it.each([
    '{metric: normalized_entropy, max: 1, at: [0]}',
    '{metric: roc_auc, min: 0.5, at: [0]}',
    '{metric: gauc, min: 0.5, at: [0]}',
  ])('a level that such a model does not clear is a rule: %s', async (rule) => {
    expect((await judged(rule)).verdict).toBe('ready');
  });

  it('leaves a floor at distance 0 judged beside such a rule: it can fail', async () => {
    const report = await judged('{metric: log_loss, max_increase: 60%, at: each}\n{metric: gauc, min: 0.55, at: [0]}');
    const verdicts = report.checks[0]!.findings.map(({ metric, verdict }) => `${metric} ${verdict}`);
    expect(new Set(verdicts)).toEqual(new Set(['log_loss inconclusive', 'gauc pass']));
  });

  it('is open, not green, where every margin is as large as what a model without skill would lose', async () => {
    const report = await judged(
      '{metric: log_loss, max_increase: 60%, at: each}\n{metric: gauc, max_decrease: 45%, at: each}',
    );
    expect(report.verdict).toBe('inconclusive');
    expect(reasons(report)).toContainEqual(
      expect.stringMatching(/^no required rule can fail: .*write a smaller margin/),
    );
  });
});

describe('thin slices', () => {
  /** One country of a hundred clusters, and one of a single customer. */
  const thin = (p: Project) => {
    eachRow(p, (fields, r) => fields.with(5, r % 200 === 0 ? 'LI' : 'DE'));
    return p
      .edit(POLICY, 'slices: [tier, source]', 'slices: [tier]')
      .edit(POLICY, 'policy: test-gate', 'policy: test-gate');
  };

  it('block where the policy does not say otherwise', async () => {
    const report = await judged('{metric: log_loss, max_increase: 5%, at: production, slices: [tier]}', thin);
    expect(report.verdict).toBe('inconclusive');
  });

  it.each(['    thin_slices: report\n    require:', 'top'])(
    'are listed and left out where it does (%s)',
    async (where) => {
      const report = await judged('{metric: log_loss, max_increase: 5%, at: production, slices: [tier]}', (p) => {
        thin(p);
        if (where === 'top') p.edit(POLICY, 'policy: test-gate', 'policy: test-gate\nthin_slices: report');
        else p.edit(POLICY, '    require:', where);
      });
      expect(report.verdict).toBe('ready');
      expect(report.notices).toContainEqual(
        expect.stringMatching(
          /^thin slices, listed and not judged .*tier=LI \(too few positives: \d+ of at least 100\)/,
        ),
      );
      expect(findings(report).map((f) => [f.slice.tier, f.verdict, f.level])).toEqual([
        ['DE', 'pass', 'fail'],
        ['LI', 'inconclusive', 'warn'],
      ]);
    },
  );

  it('are judged where every value is thin: a rule that judges nothing must not pass', async () => {
    const report = await judged('{metric: log_loss, max_increase: 5%, at: production, slices: [tier]}', (p) => {
      eachRow(p, (fields, r) => fields.with(5, `t${r % 60}`));
      p.edit(POLICY, '    require:', '    thin_slices: report\n    require:');
    });
    expect(report.verdict).toBe('inconclusive');
  });
});
