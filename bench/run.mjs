// Side by side with the bare ONNX runtime and with a plain Python script:
// npm run bench [-- --repetitions N --rows N --case NAME]
// Ratios are medians over interleaved repetitions; absolute times stand in the detail lines and mean nothing on another
// machine.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { withBundle } from './bundle.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..');
const cli = join(root, 'dist/cli.cjs');
const python = process.env.PYTHON ?? 'python3';

const { values: options } = parseArgs({
  options: {
    repetitions: { type: 'string', default: '3' },
    rows: { type: 'string', default: '1000000' },
    case: { type: 'string', default: 'all' },
  },
});
const repetitions = Number(options.repetitions);

const median = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const ratio = (a, b) => `${median(a.map((x, i) => x / b[i])).toFixed(2)}×`;
const ms = (list) => `${Math.round(median(list)).toLocaleString('en-US')} ms`;
const detail = (text) => console.log(`    ${text}`);

/** Says whether Python is there with these packages. */
function hasPackages(...names) {
  return spawnSync(python, ['-c', `import ${names.join(', ')}`], { stdio: 'ignore' }).status === 0;
}

/** Runs a program to its end; milliseconds, output, and what it said last on stderr. */
function run(command, args, cwd) {
  const startedAt = performance.now();
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    env: {
      ...process.env,
      GITHUB_WORKSPACE: '',
      NODE_OPTIONS: '',
      ...(command === process.execPath ? REPORT_PEAK : {}),
    },
  });
  const milliseconds = performance.now() - startedAt;
  if (error) throw error;
  return { status, milliseconds, stdout, stderr };
}

/** Lets a node process say its peak memory when it ends. */
const REPORT_PEAK = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
    "process.on('exit', () => process.stderr.write('peak_kb ' + process.resourceUsage().maxRSS))",
  )}`,
};

async function embedding(stages, folder, policy, release) {
  for (const { side, entities, stage, open, run } of await stages.embeddingStage(
    join(folder, policy),
    join(folder, release),
    repetitions,
  )) {
    const bare = open.map((x, i) => x + run[i]);
    const ours = stage.map((x, i) => x - open[i]);
    console.log(
      `  embedding stage / bare session, ${side} tower: ${ratio(stage, bare)}; without opening: ${ratio(ours, run)}`,
    );
    detail(
      `${entities.toLocaleString('en-US')} entities; stage ${ms(stage)}, session open ${ms(open)} + run ${ms(run)}`,
    );
  }
}

async function statistics(stages, folder, policy, release) {
  const times = await stages.statisticsStage(join(folder, policy), join(folder, release), repetitions);
  const rate = times.rows / (median(times.milliseconds) / 1000);
  console.log(`  statistics stage: ${Math.round(rate).toLocaleString('en-US')} rows/s`);
  detail(
    `${times.rows.toLocaleString('en-US')} rows × ${times.columns} score columns → ${times.points} points of ` +
      `the curve with intervals, in ${ms(times.milliseconds)}`,
  );
}

async function whole(stages, folder, policy, release) {
  if (!existsSync(cli))
    return console.log('  whole run / plain script: skipped, as dist/ is not built (npm run build)');
  if (!hasPackages('onnxruntime', 'numpy', 'sklearn', 'pyarrow'))
    return console.log(
      `  whole run / plain script: skipped, as ${python} lacks onnxruntime, numpy, scikit-learn or pyarrow`,
    );
  const temp = mkdtempSync(join(tmpdir(), 'skewgate-bench-'));
  try {
    const question = join(temp, 'question.json');
    writeFileSync(question, JSON.stringify(await stages.questionOf(join(folder, policy), join(folder, release))));
    const time = { ours: [], plain: [] };
    const peak = { ours: [], plain: [] };
    let apart = 0;
    for (let i = 0; i < repetitions; i++) {
      const ours = run(
        process.execPath,
        [cli, 'run', '--policy', policy, '--release', release, '--format', 'json'],
        folder,
      );
      if (ours.status !== 0 && ours.status !== 1) throw new Error(`skewgate run: exit ${ours.status}\n${ours.stderr}`);
      const plain = run(python, [join(here, 'plain.py'), question], folder);
      if (plain.status !== 0) throw new Error(`plain.py: exit ${plain.status}\n${plain.stderr}`);
      time.ours.push(ours.milliseconds);
      time.plain.push(plain.milliseconds);
      const answer = JSON.parse(plain.stdout);
      peak.ours.push(Number(/peak_kb (\d+)/.exec(ours.stderr)[1]));
      peak.plain.push(answer.peak_kb);
      if (i === 0) apart = furthest(JSON.parse(ours.stdout).checks[0].curve, answer.curve);
    }
    console.log(
      `  whole run / plain script: ${ratio(time.ours, time.plain)}; peak memory ${ratio(peak.ours, peak.plain)}`,
    );
    const mb = (list) => `${Math.round(median(list) / 1024).toLocaleString('en-US')} MB`;
    detail(`skewgate ${ms(time.ours)}, ${mb(peak.ours)}; plain ${ms(time.plain)}, ${mb(peak.plain)}`);
    detail(`largest difference between the two on the same point of the curve: ${apart.toExponential(1)}`);
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

/** The largest difference of a value on the curve; both must have the same points. */
function furthest(ours, plain) {
  const key = ({ metric, slice, distance }) => JSON.stringify([metric, Object.entries(slice).sort(), distance]);
  const theirs = new Map(plain.map((point) => [key(point), point.value]));
  if (theirs.size !== ours.length) throw new Error(`${ours.length} points of the curve against ${theirs.size}`);
  return Math.max(...ours.map((point) => Math.abs(point.value - theirs.get(key(point)))));
}

async function compare(stages, title, folder, policy, release) {
  console.log(`\n${title}`);
  await embedding(stages, folder, policy, release);
  await statistics(stages, folder, policy, release);
  await whole(stages, folder, policy, release);
}

await withBundle('stages.ts', async (stages) => {
  console.log(`node ${process.version}, ${repetitions} repetitions`);
  if (options.case !== 'large')
    await compare(
      stages,
      'examples/online-retail',
      join(root, 'examples/online-retail'),
      'policy.yml',
      'release.warm.yml',
    );
  if (options.case === 'small') return;
  if (!hasPackages('onnx', 'onnxruntime', 'numpy', 'pyarrow'))
    return console.log(`\nlarge case: skipped, as ${python} lacks onnx, onnxruntime, numpy or pyarrow`);
  const folder = mkdtempSync(join(tmpdir(), 'skewgate-large-'));
  try {
    const made = run(python, [join(here, 'generate.py'), '--out', folder, '--rows', options.rows], here);
    if (made.status !== 0) throw new Error(`generate.py: exit ${made.status}\n${made.stderr}`);
    await compare(
      stages,
      `generated: ${Number(options.rows).toLocaleString('en-US')} rows`,
      folder,
      'policy.yml',
      'release.yml',
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
