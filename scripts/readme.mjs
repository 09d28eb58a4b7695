// Fills the outputs of README.md and the examples' READMEs by running the built command line, docs/reference.md's tables
// from action.yml, and draws docs/skew.svg.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { skewPicture } from './readme/skew-picture.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function printed(policy, release, ...more) {
  const args = [
    'run',
    '--policy',
    `examples/${policy}.yml`,
    '--release',
    `examples/${release}.yml`,
    '--quiet',
    ...more,
  ];
  const { stdout, stderr } = spawnSync(process.execPath, ['dist/cli.cjs', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  if (stderr !== '') throw new Error(stderr);
  return stdout;
}

/** Its progress stands on stderr. */
function calibrated(policy, release) {
  const args = ['calibrate', '--policy', `examples/${policy}.yml`, '--release', `examples/${release}.yml`];
  const { stdout, status } = spawnSync(process.execPath, ['dist/cli.cjs', ...args], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`calibrate ends with ${status}`);
  return `\`\`\`text\n${stdout.trimEnd()}\n\`\`\``;
}

const judge = (policy, release) => `\`\`\`text\n${printed(policy, release).trimEnd()}\n\`\`\``;
const reportOf = (policy, release) => JSON.parse(printed(policy, release, '--format', 'json'));

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

const EXAMPLES = ['text-retrieval', 'late-interaction', 'image-text'];
const blocks = {
  ...Object.fromEntries(EXAMPLES.map((name) => [`output:${name}`, judge(`${name}/policy`, `${name}/release`)])),
  'output:warm': judge('online-retail/policy', 'online-retail/release.warm'),
  'output:scratch': judge('online-retail/policy', 'online-retail/release.scratch'),
  'output:gap': judge('gap/policy', 'gap/release'),
  'output:calibrate': calibrated('online-retail/policy', 'online-retail/release.warm'),
  action: actionTables(),
};
for (const file of [
  'README.md',
  'docs/reference.md',
  'docs/choosing-margins.md',
  'examples/online-retail/README.md',
  'examples/gap/README.md',
  ...EXAMPLES.map((name) => `examples/${name}/README.md`),
]) {
  const path = join(root, file);
  let text = readFileSync(path, 'utf8');
  for (const [name, content] of Object.entries(blocks)) {
    const pattern = new RegExp(`<!-- ${name} -->\\n[\\s\\S]*?<!-- /${name} -->`);
    text = text.replace(pattern, () => `<!-- ${name} -->\n${content}\n<!-- /${name} -->`);
  }
  writeFileSync(path, text);
}
const family = (name) => reportOf('online-retail/policy', `online-retail/release.${name}`);
writeFileSync(join(root, 'docs/skew.svg'), skewPicture(family('warm'), family('scratch')));
