/** Names of tables and graphs are hostile: in YAML, in comments, on the terminal and in a line to be pasted into a shell. */
import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CORPUS } from '../support/hostile.js';
import { lookupTower, onnx } from '../support/onnx.js';
import { Project } from '../support/project.js';
import { clicks, OPTIONS, started } from '../support/starter-projects.js';

let project: Project;
afterEach(() => project.remove());

/** Characters that act on a terminal, and the runner's old prefix of commands. */
const ACTIVE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|^::/m;

/** The rows as one JSON object a line, with the names of some columns changed. */
function renamed(names: Readonly<Record<string, string>>): string {
  const [head = [], ...rows] = project
    .read('eval/rows.csv')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
  return rows
    .map((cells) => {
      const record = head.map(
        (name, i) => [names[name] ?? name, /^[\d.]+$/.test(cells[i]!) ? Number(cells[i]) : cells[i]] as const,
      );
      return `${JSON.stringify(Object.fromEntries(record))}\n`;
    })
    .join('');
}

describe('a hostile name', () => {
  it.each(CORPUS)('is a column of the files as it is: %j', async (name) => {
    project = new Project(clicks());
    // The runtime takes no input of that name.
    const input = name === '__proto__' ? `${name} x` : name;
    // Between slices a star is a cross: such a column is none.
    const slice = name.includes('*') ? 'tier' : `tier ${name}`;
    project.write('eval/rows.jsonl', renamed({ tier: slice, query_index: input, user: `user ${name}` }));
    for (const version of ['v1', 'v2', 'v3'])
      project.write(
        `models/query/${version}.onnx`,
        onnx(
          lookupTower(
            Array.from({ length: 180 }, (_, q) => [q % 7, 1, q % 3, 0.5]),
            input,
          ),
        ),
      );
    const options = { ...OPTIONS.clicks, rows: 'eval/rows.jsonl', link: 'sigmoid', cluster: `user ${name}` };
    const { status, message, output } = await started(project, options);
    expect(message).toBe('');
    expect(status).toBe(0);
    const policy = parse(project.read('gates/mine.yml'));
    expect(policy.eval_set.slices).toContain(slice);
    expect(policy.eval_set.columns.cluster).toBe(`user ${name}`);
    expect(Object.keys(policy)).toEqual(['policy', 'eval_set', 'checks']);
    expect(Object.keys(parse(project.read('models/mine.yml')))).toEqual([
      'release',
      'live',
      'versions',
      'query_tower',
      'item_tower',
      'score',
    ]);
    for (const text of [output, project.read('gates/mine.yml'), project.read('models/mine.yml')])
      expect(text).not.toMatch(ACTIVE);
  });

  it.each(CORPUS)('is one word of the line that a refusal shows: %j', async (name) => {
    project = new Project(clicks());
    project.write('eval/rows.jsonl', renamed({ query_index: `x ${name}`, weight: `y ${name}` }));
    const { message } = await started(project, { ...OPTIONS.clicks, rows: 'eval/rows.jsonl' });
    expect(message).not.toMatch(ACTIVE);
    const line = /Add: (--query-inputs .*)$/m.exec(message)?.[1] ?? '';
    expect(line).not.toBe('');
    const shell = spawnSync('sh', ['-c', `printf '%s\\n' ${line}`], { cwd: project.folder, encoding: 'utf8' });
    expect(shell.stderr).toBe('');
    expect(shell.stdout.split('\n')[0]).toBe('--query-inputs');
    expect(shell.stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(() => project.read('owned')).toThrow();
  });
});
