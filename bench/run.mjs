// Side by side with the bare ONNX runtime, with a Python script written with care (plain.py), with the same and a
// cluster bootstrap (a few replicates are run, and scaled to 200), and with the commit before the work on speed:
// npm run bench [-- --repetitions N --rows N --case all|small|large|encoders --before COMMIT]
// Ratios are medians over interleaved repetitions, of what the operating system counts; absolute figures stand in the
// detail lines and mean nothing on another machine.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { withBundle } from './bundle.mjs';
import { byStage } from './profile.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..');
const cli = join(root, 'dist/cli.cjs');
const python = process.env.PYTHON ?? 'python3';

const { values: options } = parseArgs({
  options: {
    repetitions: { type: 'string', default: '3' },
    rows: { type: 'string', default: '1000000' },
    case: { type: 'string', default: 'all' },
    before: { type: 'string', default: 'd162ac4' },
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
    },
  });
  const milliseconds = performance.now() - startedAt;
  if (error) throw error;
  return { status, milliseconds, stdout, stderr };
}

/** Runs a program under the operating system's accounting; `read` gives its stdout. */
function counted(folder, name, command, args, cwd) {
  const [out, err] = [join(folder, `${name}.out`), join(folder, `${name}.err`)];
  const measured = run(python, [join(here, 'measure.py'), out, err, command, ...args], cwd);
  if (measured.status !== 0) throw new Error(`measure.py: exit ${measured.status}\n${measured.stderr}`);
  const result = JSON.parse(measured.stdout);
  if (result.status !== 0 && result.status !== 1)
    throw new Error(`${name}: exit ${result.status}\n${readFileSync(err, 'utf8')}`);
  return { ...result, read: () => readFileSync(out, 'utf8') };
}

/** The built command line of a commit, from git; undefined where it is not there. */
function builtAt(commit, folder) {
  const archive = spawnSync('git', ['archive', '--format=tar', '-o', join(folder, 'before.tar'), commit, 'dist'], {
    cwd: root,
    stdio: 'ignore',
  });
  if (archive.status !== 0) return undefined;
  const to = join(folder, 'before');
  mkdirSync(to);
  spawnSync('tar', ['-xf', join(folder, 'before.tar'), '-C', to]);
  return join(to, 'dist/cli.cjs');
}

/** A ratio of two lists of `{cpu, wall}`, in milliseconds. */
const both = (a, b) =>
  ['cpu', 'wall']
    .map(
      (key) =>
        `${key === 'cpu' ? 'CPU' : key} ${ratio(
          a.map((x) => x[key]),
          b.map((x) => x[key]),
        )}`,
    )
    .join(', ');
const cpu = (list) => ms(list.map((x) => x.cpu));

async function embedding(stages, folder, policy, release) {
  for (const { side, entities, stage, bare } of await stages.embeddingStage(
    join(folder, policy),
    join(folder, release),
    repetitions,
  )) {
    console.log(
      `  embedding stage / bare session, ${side} tower: ${both(stage, bare.sleeping)}; one whose threads spin: ` +
        both(stage, bare.spinning),
    );
    detail(
      `${entities.toLocaleString('en-US')} entities; CPU of stage ${cpu(stage)}, session ${cpu(bare.sleeping)}, ` +
        `one whose threads spin ${cpu(bare.spinning)}`,
    );
  }
}

async function promotion(stages, folder, policy, release) {
  const cache = mkdtempSync(join(tmpdir(), 'skewgate-cache-'));
  try {
    const { checkpoints, without, next, again } = await stages.nextPromotion(
      join(folder, policy),
      join(folder, release),
      cache,
      repetitions,
    );
    console.log(
      `  embedding without a cache / with one: of the next promotion ${both(without, next)}; of the same again ` +
        both(without, again),
    );
    detail(`${checkpoints} checkpoints, the live ones new; CPU ${cpu(without)}, ${cpu(next)}, ${cpu(again)}`);
  } finally {
    rmSync(cache, { recursive: true, force: true });
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

/** Replicates of the bootstrap that are run, and that a user would run. */
const [RUN, WANTED] = [2, 200];

async function whole(stages, folder, policy, release) {
  if (!existsSync(cli)) return console.log('  whole run: skipped, as dist/ is not built (npm run build)');
  if (!hasPackages('onnxruntime', 'numpy', 'pyarrow'))
    return console.log(`  whole run: skipped, as ${python} lacks onnxruntime, numpy or pyarrow`);
  const temp = mkdtempSync(join(tmpdir(), 'skewgate-bench-'));
  try {
    const question = join(temp, 'question.json');
    writeFileSync(question, JSON.stringify(await stages.questionOf(join(folder, policy), join(folder, release))));
    const args = ['run', '--policy', policy, '--release', release, '--format', 'json'];
    const before = builtAt(options.before, temp);
    const all = { ours: [], plain: [], before: [] };
    const bootstrap = [];
    let apart = 0;
    for (let i = 0; i < repetitions; i++) {
      const ours = counted(temp, 'ours', process.execPath, [cli, ...args], folder);
      const plain = counted(temp, 'plain', python, [join(here, 'plain.py'), question], folder);
      const resampled = counted(
        temp,
        'resampled',
        python,
        [join(here, 'plain.py'), question, '--replicates', RUN],
        folder,
      );
      all.ours.push(ours);
      all.plain.push(plain);
      const { cpu_s: once, replicates_cpu_s: more } = JSON.parse(resampled.read());
      bootstrap.push(once + (WANTED / RUN) * more);
      if (before) all.before.push(counted(temp, 'before', process.execPath, [before, ...args], folder));
      if (i === 0) apart = furthest(JSON.parse(ours.read()).checks[0].curve, JSON.parse(plain.read()).curve);
    }
    report(all, bootstrap, apart);
    profile(temp, args, folder);
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

function report({ ours, plain, before }, bootstrap, apart) {
  const of = (list, key) => list.map((one) => one[key]);
  const line = (name, others) =>
    console.log(
      `  ${name} / whole run: CPU ${ratio(of(others, 'cpu_s'), of(ours, 'cpu_s'))}, wall ` +
        `${ratio(of(others, 'wall_s'), of(ours, 'wall_s'))}, peak memory ${ratio(of(others, 'peak_kb'), of(ours, 'peak_kb'))}`,
    );
  line('script without intervals', plain);
  console.log(
    `  script with ${WANTED} bootstrap replicates (${RUN} run, scaled) / whole run: CPU ${ratio(bootstrap, of(ours, 'cpu_s'))}`,
  );
  if (before.length > 0) line(`commit ${options.before}`, before);
  else console.log(`  commit ${options.before}: skipped, as git does not have it`);
  for (const [name, list] of [
    ['whole run', ours],
    ['script', plain],
    [`commit ${options.before}`, before],
  ])
    if (list.length > 0)
      detail(
        `${name}: ${median(of(list, 'cpu_s')).toFixed(1)} s CPU, ${median(of(list, 'wall_s')).toFixed(1)} s wall, ` +
          `${Math.round(median(of(list, 'peak_kb')) / 1024).toLocaleString('en-US')} MB`,
      );
  detail(`largest difference between run and script on the same point of the curve: ${apart.toExponential(1)}`);
}

/** One run more under the profiler, by stage. */
function profile(temp, args, folder) {
  const to = join(temp, 'profile');
  counted(temp, 'profiled', process.execPath, ['--cpu-prof', `--cpu-prof-dir=${to}`, cli, ...args], folder);
  const stages = byStage(readdirSync(to).map((file) => JSON.parse(readFileSync(join(to, file), 'utf8'))));
  console.log('  profile by stage:');
  for (const { stage, share } of stages) if (share >= 0.005) detail(`${(100 * share).toFixed(1)} %  ${stage}`);
}

/** The CPU time of telling the version, against that of Node itself. */
function start() {
  const temp = mkdtempSync(join(tmpdir(), 'skewgate-bench-'));
  try {
    const [version, nothing] = [[], []];
    for (let i = 0; i < 4 * repetitions; i++) {
      version.push(counted(temp, 'version', process.execPath, [cli, '--version'], root).cpu_s);
      nothing.push(counted(temp, 'nothing', process.execPath, ['-e', '0'], root).cpu_s);
    }
    console.log(`  --version / node -e 0: CPU ${ratio(version, nothing)}`);
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

/** What towers take, beside the bare runtime and with a cache. */
async function towers(stages, title, folder, policy, release) {
  console.log(`\n${title}`);
  await embedding(stages, folder, policy, release);
  await promotion(stages, folder, policy, release);
}

async function compare(stages, title, folder, policy, release) {
  await towers(stages, title, folder, policy, release);
  await statistics(stages, folder, policy, release);
  await whole(stages, folder, policy, release);
}

await withBundle('stages.ts', async (stages) => {
  console.log(`node ${process.version}, ${repetitions} repetitions`);
  if (existsSync(cli)) start();
  if (!['large', 'encoders'].includes(options.case))
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
  const rows = Number(options.rows);
  if (options.case !== 'encoders')
    await generated([], rows, (folder) =>
      compare(stages, `generated: ${rows.toLocaleString('en-US')} rows`, folder, 'policy.yml', 'release.yml'),
    );
  // Where an encoder takes most of the time, as most that are served do.
  if (options.case !== 'large')
    for (const [widen, words] of [
      [4, 'four'],
      [8, 'eight'],
    ])
      await generated(['--widen', String(widen)], 100_000, (folder) =>
        towers(stages, `generated: encoders ${words} times as wide`, folder, 'policy.yml', 'release.yml'),
      );
});

/** Hands a generated project over, and removes it. */
async function generated(options, rows, measure) {
  const folder = mkdtempSync(join(tmpdir(), 'skewgate-generated-'));
  try {
    const made = run(python, [join(here, 'generate.py'), '--out', folder, '--rows', String(rows), ...options], here);
    if (made.status !== 0) throw new Error(`generate.py: exit ${made.status}\n${made.stderr}`);
    await measure(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
