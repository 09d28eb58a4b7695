// Fills the outputs of README.md and the example's README by running the built command line, and the Action's tables
// from action.yml.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function judge(policy, release) {
  return printed(['run', '--policy', `examples/${policy}.yml`, '--release', `examples/${release}.yml`, '--quiet']);
}

function calibrated(policy, release) {
  const args = ['calibrate', '--policy', `examples/${policy}.yml`, '--release', `examples/${release}.yml`];
  return printed(args, { progress: true });
}

/** What the built command line prints. Its progress is no mistake where the command has no way to leave it out. */
function printed(args, { progress = false } = {}) {
  const { stdout, stderr } = spawnSync(process.execPath, ['dist/cli.cjs', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  if (stderr !== '' && !progress) throw new Error(stderr);
  return `\`\`\`text\n${stdout.trimEnd()}\n\`\`\``;
}

function actionTables() {
  const { inputs, outputs } = parse(readFileSync(join(root, 'action.yml'), 'utf8'));
  const inputRows = Object.entries(inputs).map(
    ([name, { description, required }]) => `| \`${name}\` | ${required ? 'yes' : ''} | ${description} |`,
  );
  const outputRows = Object.entries(outputs).map(([name, { description }]) => `| \`${name}\` | ${description} |`);
  return ['| input | required | |', '|---|---|---|', ...inputRows, '', '| output | |', '|---|---|', ...outputRows].join(
    '\n',
  );
}

const blocks = {
  'output:warm': judge('online-retail/policy', 'online-retail/release.warm'),
  'output:scratch': judge('online-retail/policy', 'online-retail/release.scratch'),
  'output:gap': judge('gap/policy', 'gap/release'),
  'output:calibrate': calibrated('online-retail/policy', 'online-retail/release.warm'),
  action: actionTables(),
};
for (const file of [
  'README.md',
  'examples/online-retail/README.md',
  'examples/gap/README.md',
  'docs/choosing-margins.md',
]) {
  const path = join(root, file);
  let text = readFileSync(path, 'utf8');
  for (const [name, content] of Object.entries(blocks)) {
    const pattern = new RegExp(`<!-- ${name} -->\\n[\\s\\S]*?<!-- /${name} -->`);
    text = text.replace(pattern, () => `<!-- ${name} -->\n${content}\n<!-- /${name} -->`);
  }
  writeFileSync(path, text);
}
