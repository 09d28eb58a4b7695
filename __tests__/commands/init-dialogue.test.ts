/** `skewgate init` on a terminal: it asks what the files leave open, and nothing else. */
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Project } from '../support/project.js';
import { choices, clicks, judged, OPTIONS, started } from '../support/starter-projects.js';

let project: Project;
afterEach(() => project.remove());

const read = (path: string) => parse(project.read(path));

describe('on a terminal', () => {
  it('asks for the distances alone where all else is told; none are needed', async () => {
    project = new Project(clicks());
    const { status, asked, output } = await started(project, OPTIONS.clicks, ['']);
    expect(status).toBe(0);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(
      /^distances of production: no file tells .*\n {2}distances of production \[not known\]\? $/,
    );
    expect(read('gates/mine.yml')).not.toHaveProperty('production');
    expect(output).toMatch(/^Answered\n {2}distances of production +not known$/m);
  });

  it('takes distances, after an answer that is none', async () => {
    project = new Project(clicks());
    const { asked } = await started(project, OPTIONS.clicks, ['two days', '{0: 0.6, 1: 0.4}']);
    expect(asked).toHaveLength(2);
    expect(read('gates/mine.yml').production.distances).toEqual({ 0: 0.6, 1: 0.4 });
    expect((await judged(project)).message).toBe('');
  });

  it('asks for what no name tells, offers what fits best, and takes Enter for it', async () => {
    project = new Project(clicks());
    const rows = project.read('eval/rows.csv').replace('request,item,clicked', 'a,item,b');
    project.write('eval/rows.csv', rows.replace('user', 'c'));
    const { status, asked } = await started(project, OPTIONS.clicks, ['nobody', 'a', '', '']);
    expect(status).toBe(0);
    expect(asked.map((question) => question.split('\n')[1])).toEqual([
      '  query id [query_index]? ',
      '  query id [query_index]? ',
      '  label [b]? ',
      '  distances of production [not known]? ',
    ]);
    expect(read('gates/mine.yml').eval_set.columns).toEqual({ query: 'a', item: 'item', label: 'b', weight: 'weight' });
  });

  it('takes a list of columns for an input', async () => {
    project = new Project(choices());
    project.write(
      'eval/rows.jsonl',
      project.read('eval/rows.jsonl').replaceAll('"query_index"', '"row"').replaceAll('}\n', ',"other":2}\n'),
    );
    const { asked } = await started(project, OPTIONS.choices, ['row', '']);
    expect(asked).toHaveLength(2);
    expect(read('models/mine.yml').query_tower.inputs).toEqual({ query_index: 'row' });
  });

  it('gives up after three answers that are none, and writes nothing', async () => {
    project = new Project(clicks());
    const { status, message } = await started(project, OPTIONS.clicks, ['x', 'y', 'z']);
    expect(status).toBe(2);
    expect(message).toBe(
      "no answer for distances of production; expected a value. Add: --distances '{0: 0.7, 1: 0.3}'",
    );
    expect(() => project.read('gates/mine.yml')).toThrow();
  });

  it('asks nothing with --yes', async () => {
    project = new Project(clicks());
    expect((await started(project, { ...OPTIONS.clicks, yes: true }, [])).status).toBe(0);
  });
});
