// Time and peak memory of rows that are read in parts, by the operating system (GNU time at /usr/bin/time):
//   node bench/streamed.mjs [--python python3] [--rows 1000000,3000000,10000000] [--versions 4] [--threads 1] [--folder FOLDER]
// Rows are written by make_streamed.py (numpy, pyarrow) into FOLDER, one size after the other, and removed again.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    rows: { type: 'string', default: '1000000,3000000,10000000' },
    versions: { type: 'string', default: '4' },
    threads: { type: 'string', default: '1' },
    folder: { type: 'string', default: tmpdir() },
  },
});

console.log('| rows | CPU | CPU a million | wall | peak memory |\n|---|---|---|---|---|');
for (const rows of values.rows.split(',').map(Number)) {
  const folder = mkdtempSync(join(values.folder, 'skewgate-streamed-'));
  try {
    execFileSync(values.python, [join(here, 'make_streamed.py'), folder, String(rows), values.versions]);
    const { status, stderr } = spawnSync(
      '/usr/bin/time',
      [
        ...['-v', process.execPath, join(here, '../dist/cli.cjs'), 'run', '--quiet', '--threads', values.threads],
        ...['--policy', 'gates/policy.yml', '--release', 'models/release.yml', '--out', 'out'],
      ],
      { cwd: folder, encoding: 'utf8', env: { ...process.env, SKEWGATE_STREAM_FROM_ROWS: '1' } },
    );
    if (status !== 0) throw new Error(`exit ${status}: ${stderr}`);
    const figure = (name) => stderr.match(new RegExp(`${name}[^\\n]*: ([0-9.:]+)`))[1];
    const cpu = Number(figure('User time')) + Number(figure('System time'));
    const memory = Number(figure('Maximum resident set size')) / 1000;
    const each = (cpu / rows) * 1e6;
    const cells = [rows.toLocaleString('en-US'), `${cpu.toFixed(1)} s`, `${each.toFixed(1)} s`, figure('Elapsed')];
    console.log(`| ${[...cells, `${memory.toFixed(0)} MB`].join(' | ')} |`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
