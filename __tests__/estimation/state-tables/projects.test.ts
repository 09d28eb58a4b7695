/** States of tables that differ as users' do (fixtures/states-of-projects), written by DuckDB, against their rows. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/checks/check-report.js';
import { planDigest } from '../../../src/estimation/state-tables/layout.js';
import { digest } from '../../support/project.js';
import { differences, judged, removeWorkspaces, workspaceOf } from '../../support/states.js';

afterAll(removeWorkspaces);

const findingsOf = (printed: string) =>
  (JSON.parse(printed) as { checks: { findings: Finding[] }[] }).checks.flatMap(({ findings }) => findings);

describe('a state has what its rows have', () => {
  it.each([
    ['typed_slices', 'slices of truth values, floats and decimals, ids that are floats'],
    ['narrow_histogram', 'production beyond the sweep, by truth values'],
    ['compared', 'the family that serves today'],
    ['one_sided', 'cells without positives, without negatives, and without weight'],
    ['heavy_tails', 'AUC of scores that hardly two rows share, and that bins would not tell apart'],
  ])('%s: %s', async (name) => {
    const folder = workspaceOf(`states-of-projects/${name}`);
    const [rows, state] = [await judged(folder), await judged(folder, 'state-duckdb')];
    expect([rows.message, state.message]).toEqual(['', '']);
    expect(findingsOf(rows.printed).length).toBeGreaterThan(5);
    expect(differences(JSON.parse(rows.printed), JSON.parse(state.printed))).toEqual([]);
  });

  it('says nothing of bins where every score is one', async () => {
    const host = await judged(workspaceOf('states-of-projects/heavy_tails'), 'state-duckdb');
    const notices = host.report?.notices.join('\n') ?? '';
    expect(notices).toContain('judged from a state');
    expect(notices).not.toContain('by bins of the scores');
  });

  it('judges both claims beside the family that serves today', async () => {
    const { printed } = await judged(workspaceOf('states-of-projects/compared'), 'state-duckdb');
    const figures = findingsOf(printed).filter(({ change }) => change !== null);
    expect(new Set(figures.map(({ rule }) => rule)).size).toBe(10);
  });
});

/** A project whose policy is another one than its state's, with the state made to be of it. */
function withPolicy(name: string, change: (policy: string) => string, plan = (text: string) => text): string {
  const folder = workspaceOf(`states-of-projects/${name}`);
  const before = readFileSync(join(folder, 'policy.yml'), 'utf8');
  const after = change(before);
  writeFileSync(join(folder, 'policy.yml'), after);
  const path = join(folder, 'state-duckdb/manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { plan: string };
  const written = plan(manifest.plan.replace(digest(before), digest(after)));
  writeFileSync(path, JSON.stringify({ ...manifest, plan: written, plan_sha256: planDigest(written) }));
  return folder;
}

describe('production’s histograms', () => {
  it('are refused where no row has one, as over the rows', async () => {
    const folder = withPolicy(
      'one_sided',
      (policy) => policy.replace('single: {0: 1}', 'single: {0: 1}\n      absent: {1: 1}'),
      (plan) => plan.replaceAll('"histograms":["', '"histograms":["absent","'),
    );
    const said = /policy\.yml:\d+:\d+: a histogram of kind "absent", of which the eval set has no row/;
    expect((await judged(folder)).message).toMatch(said);
    expect((await judged(folder, 'state-duckdb')).message).toMatch(said);
  });

  it('are asked for by the name of the slice value that has none', async () => {
    const folder = withPolicy(
      'one_sided',
      (policy) => policy.replace('      single: {0: 1}\n', ''),
      (plan) => plan.replace(/"histograms":\[[^\]]*\]/, '"histograms":["all","none","usual","weightless"]'),
    );
    expect((await judged(folder)).message).toMatch(/no histogram of kind "single", which the eval set has/);
    expect((await judged(folder, 'state-duckdb')).message).toMatch(
      /histograms\.parquet: rows with the slice value "single", of which production has no histogram; expected .*Write one under/s,
    );
  });
});
