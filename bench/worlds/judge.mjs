/**
 * Runs the built command line over worlds that generate.py wrote and says where it is wrong:
 * node bench/worlds/judge.mjs FOLDER [--cli PATH] [--only TEXT] [--json FILE] [--page docs/diagnosis-simulation.md].
 */

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const STAGES = ['day1', 'day2', 'full'];
/** A share is right if its interval comes this near to the truth: shares of all requests, not of the ledger's. */
const NEAR = 0.01;
const FOUND = ['sufficient', 'contributing'];

/** The report, or what was refused. Exit 0 and 1 are judgements. */
function run(cli, folder, root) {
  const args = [cli, 'run', '--policy', 'policy.yml', '--release', 'release.yml', '--format', 'json'];
  const options = { cwd: folder, maxBuffer: 1 << 28, env: { ...process.env, GITHUB_WORKSPACE: root } };
  return new Promise((done) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (!error || error.code === 1) done({ report: JSON.parse(stdout) });
      else done({ refused: stderr.trim().split('\n')[0] });
    });
  });
}

/** Ids that a text names, in its order. */
function named(text, ids) {
  return ids
    .map((id) => [text.indexOf(id), id])
    .filter(([at]) => at >= 0)
    .sort(([a], [b]) => a - b)
    .map(([, id]) => id);
}

/** The first advice: its action, and what it is about. One that lists everything is about what `next` puts first. */
function firstAdvice({ recommendation, diagnosis }, ids) {
  const option = recommendation.options[0] ?? recommendation;
  const about = named(option.why, ids);
  const next = diagnosis?.next?.[0];
  if (next && (about.length === 0 || about.length > 3))
    return { action: option.action, about: named(JSON.stringify(next), ids), text: next.why ?? JSON.stringify(next) };
  return { action: option.action, about: about.length > 3 ? [] : about, text: option.why };
}

function adviceIsRight(first, { about, actions }, needs) {
  if (actions && !actions.includes(first.action)) return false;
  if (needs.no_serving_change && first.action === 'serving_change') return false;
  return about === null || about.includes(first.about[0]);
}

/** What the world wants of the parts of the diagnosis that are neither verdict nor share; the names of what fails. */
function unmet({ expect, needs }, report, stage) {
  const { diagnosis, headline } = report;
  const misses = [];
  for (const [layer, allowed] of Object.entries(expect.layer ?? {})) {
    const verdict = diagnosis.layers?.find((one) => String(one.layer) === layer)?.verdict;
    if (!allowed.includes(verdict)) misses.push(`layer ${layer} ${verdict ?? 'has no verdict'}`);
  }
  for (const [by, value] of Object.entries(expect.split ?? {})) {
    const parts = diagnosis.splits?.find((one) => one.by === by)?.parts ?? [];
    const worst = parts.toSorted((a, b) => gapOf(b) - gapOf(a))[0];
    if (worst === undefined || !String(worst.value).includes(value))
      misses.push(`no split by ${by} that shows ${value}`);
  }
  if (expect.joins && !diagnosis.joins) misses.push('no joins');
  const says = `${headline} ${JSON.stringify(report.recommendation)}`;
  const from = needs.says_from ?? 'day1';
  if (needs.says && STAGES.indexOf(stage) >= STAGES.indexOf(from) && !says.includes(needs.says))
    misses.push(`does not say “${needs.says}”`);
  return misses;
}

function gapOf({ gap }) {
  return typeof gap === 'number' ? gap : (gap?.value ?? Number.NEGATIVE_INFINITY);
}

/** One run held against the truth. */
function judge(truth, stage, report) {
  const hypotheses = report.diagnosis?.hypotheses ?? [];
  const ids = [...Object.keys(truth.guilty), ...truth.innocent, ...truth.ambiguous];
  const of = (id) => hypotheses.find((one) => one.id === id);
  const blamed = truth.innocent.filter((id) => FOUND.includes(of(id)?.verdict));
  const due = STAGES.indexOf(stage) >= STAGES.indexOf(truth.needs.from ?? 'day1');
  const guilty = due ? Object.entries(truth.guilty) : [];
  const shares = guilty.flatMap(([id, share]) => {
    const h = of(id);
    if (share === null || h?.share === null || h?.share === undefined) return [];
    const [low, high] = [h.lower ?? Number.NEGATIVE_INFINITY, h.upper ?? Number.POSITIVE_INFINITY];
    return [
      { id, truth: share, is: h.share, lower: low, upper: high, within: low - NEAR <= share && share <= high + NEAR },
    ];
  });
  const acquitted = guilty.filter(([id]) => ['ruled_out', 'no_gap'].includes(of(id)?.verdict)).map(([id]) => id);
  const first = firstAdvice(report, ids);
  return {
    verdict: report.verdict,
    verdictRight: truth.verdicts[stage].includes(report.verdict),
    greenOnLost: report.verdict === 'ready' && truth.experiment !== 'won',
    blamed,
    acquitted,
    found: guilty.filter(([id]) => FOUND.includes(of(id)?.verdict)).map(([id]) => id),
    guilty: guilty.map(([id]) => id),
    shares,
    first,
    adviceRight: adviceIsRight(first, truth.advice[stage], truth.needs),
    misses: unmet(truth, report, stage),
    headline: report.headline,
  };
}

function percent(x) {
  return Number.isFinite(x) ? `${Math.round(100 * x)}` : x > 0 ? '∞' : '−∞';
}

function line({ world, seed, stage, refused, judged: j }) {
  const where = `${world} ${seed} ${stage}`.padEnd(44);
  if (refused) return `${where} refused: ${refused}`;
  const wrong = [
    ...(j.greenOnLost ? ['READY ON A LOST A/B'] : j.verdictRight ? [] : [`verdict ${j.verdict}`]),
    ...j.blamed.map((id) => `blames ${id}`),
    ...j.acquitted.map((id) => `acquits ${id}`),
    ...j.shares
      .filter(({ within }) => !within)
      .map((s) => `${s.id} ${percent(s.is)} % [${percent(s.lower)}, ${percent(s.upper)}], truth ${percent(s.truth)} %`),
    ...(j.adviceRight ? [] : [`advice ${j.first.action} on ${j.first.about.slice(0, 3).join('+') || 'nothing'}`]),
    ...j.misses,
  ];
  const shares = j.shares.map((s) => `${s.id} ${percent(s.is)}/${percent(s.truth)}`).join(' ');
  return `${where} ${wrong.length === 0 ? 'right' : `WRONG ${wrong.join('; ')}`}  (${j.verdict}; found ${j.found.join(' ') || 'none'}; ${shares})`;
}

/** A table of what is right, by world and stage, over its seeds. */
function page(results) {
  const rows = [
    '| world | evidence | verdict right | ready on a lost A/B | innocents blamed | cause found | true share within | first advice right |',
    '|---|---|---|---|---|---|---|---|',
  ];
  const keys = [...new Set(results.map(({ world, stage }) => `${world}|${stage}`))];
  const share = (list, test) => (list.length === 0 ? '' : `${list.filter(test).length} of ${list.length}`);
  const add = (name, stage, group) => {
    const judged = group.flatMap(({ judged: j }) => (j ? [j] : []));
    const refused = group.length - judged.length;
    const found = judged.flatMap((j) => j.guilty.map((id) => j.found.includes(id)));
    rows.push(
      `| ${name} | ${stage}${refused ? ` (${refused} refused)` : ''} | ${share(judged, (j) => j.verdictRight)} | ` +
        `${judged.filter((j) => j.greenOnLost).length} | ${judged.reduce((sum, j) => sum + j.blamed.length, 0)} | ` +
        `${share(found, (is) => is)} | ${share(
          judged.flatMap((j) => j.shares),
          (s) => s.within,
        )} | ${share(judged, (j) => j.adviceRight)} |`,
    );
  };
  for (const key of keys) {
    const [world, stage] = key.split('|');
    add(
      world.replace(/^\d+-/, '').replaceAll('-', ' '),
      STAGE_NAMES[stage],
      results.filter((one) => one.world === world && one.stage === stage),
    );
  }
  for (const stage of STAGES)
    add(
      '**all**',
      STAGE_NAMES[stage],
      results.filter((one) => one.stage === stage),
    );
  return rows;
}

const STAGE_NAMES = { day1: 'day one', day2: 'day two', full: 'full' };

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      cli: { type: 'string', default: 'dist/cli.cjs' },
      only: { type: 'string', default: '' },
      json: { type: 'string' },
      page: { type: 'string' },
    },
  });
  const root = resolve(positionals[0] ?? 'worlds');
  const jobs = readdirSync(root)
    .filter((world) => /^\d\d-/.test(world))
    .toSorted()
    .flatMap((world) =>
      readdirSync(join(root, world))
        .toSorted()
        .flatMap((seed) => STAGES.map((stage) => ({ world, seed, stage }))),
    )
    .filter(({ world, seed, stage }) => `${world}/${seed}/${stage}`.includes(values.only));
  const results = [];
  for (const job of jobs) {
    const truth = JSON.parse(readFileSync(join(root, job.world, job.seed, 'truth.json'), 'utf8'));
    const { report, refused } = await run(resolve(values.cli), join(root, job.world, job.seed, job.stage), root);
    const result = { ...job, refused, judged: report && judge(truth, job.stage, report) };
    results.push(result);
    console.log(line(result));
  }
  const table = page(results);
  console.log(`\n${table.join('\n')}`);
  if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 1)}\n`);
  if (values.page) {
    const text = readFileSync(values.page, 'utf8');
    const filled = `<!-- worlds -->\n${table.join('\n')}\n<!-- /worlds -->`;
    writeFileSync(
      values.page,
      text.replace(/<!-- worlds -->[\s\S]*<!-- \/worlds -->/, () => filled),
    );
  }
}

await main();
