/** `skewgate init` on rows of ids and labels alone, whose features stand in tables of their own. */
import { basename } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Files, Project } from '../support/project.js';
import { clicks, OPTIONS, started } from '../support/starter-projects.js';

let project: Project;
afterEach(() => project.remove());

/** The clicks with what feeds the towers in tables of these names, each id once. */
function apart(queries: string, items: string): Files {
  const files = clicks();
  const [names = '', ...rows] = String(files['eval/rows.csv']).trim().split('\n');
  const header = names.split(',');
  const cells = rows.map((row) => row.split(','));
  const table = (columns: readonly string[]) => {
    const lines = cells.map((row) => columns.map((name) => row[header.indexOf(name)]).join(','));
    return `${[columns.join(','), ...new Set(lines)].join('\n')}\n`;
  };
  return {
    ...files,
    'eval/rows.csv': table(['request', 'item', 'clicked', 'weight']),
    [`eval/${queries}`]: table(['request', 'query_index']),
    [`eval/${items}`]: table(['item', 'item_index']),
  };
}

/** The options that a mend names. */
const added = (message: string) =>
  Object.fromEntries([...message.matchAll(/--(queries|items) (\S+?),?(?= |$)/g)].map(([, name, path]) => [name, path]));

describe('rows without features', () => {
  it.each([
    ['queries.csv', 'items.csv'],
    ['users.csv', 'ads.csv'],
    ['requests_2026.csv', 'catalogue.csv'],
  ])('the tables beside them are proposed by name: %s and %s', async (queries, items) => {
    project = new Project(apart(queries, items));
    const { status, message } = await started(project, OPTIONS.clicks);
    expect(status).toBe(2);
    expect(message.split('\n')).toHaveLength(1);
    expect(message).toMatch(
      /^eval\/rows.csv: no columns left that can feed "query_index" \(\[batch\]\) of the query tower and "item_index" \(\[batch\]\) of the item tower \(here: "request", "item", "clicked" and "weight"\)/,
    );
    expect(message).toMatch(/Add: --queries \S+ --items \S+, the tables that the towers’ features are in$/);
    const options = added(message);
    expect([options.queries, options.items].map((path) => basename(path ?? ''))).toEqual([queries, items]);
    const pasted = await started(project, {
      ...OPTIONS.clicks,
      queries: `eval/${queries}`,
      items: `eval/${items}`,
    });
    expect(pasted).toMatchObject({ status: 0, message: '' });
    expect(pasted.output).toMatch(/On 3,600 rows the live towers have an AUC of /);
    expect(parse(project.read('gates/mine.yml')).eval_set).toMatchObject({
      queries: `../eval/${queries}`,
      items: `../eval/${items}`,
    });
  });

  it('a table of which none, or several alike, have the name is FILE', async () => {
    project = new Project({ ...apart('a.csv', 'items_1.csv'), 'eval/items_2.csv': 'item\n' });
    const { message } = await started(project, OPTIONS.clicks);
    expect(message).toContain('Add: --queries FILE --items FILE, the tables');
  });

  it('the one table that is left out is asked for', async () => {
    project = new Project(apart('queries.csv', 'items.csv'));
    const { message } = await started(project, { ...OPTIONS.clicks, queries: 'eval/queries.csv' });
    expect(message).toMatch(/Add: --items \S+\/items.csv, the table that the item tower’s features are in$/);
  });

  it('it stands before what else is open', async () => {
    project = new Project(apart('queries.csv', 'items.csv'));
    project.write('eval/rows.csv', project.read('eval/rows.csv').replace('clicked', 'aaa'));
    const { message } = await started(project, OPTIONS.clicks);
    const [first, second, ...more] = message.split('\n');
    expect(first).toMatch(/^eval\/rows.csv: no columns left/);
    expect(second).toMatch(/^label that cannot be told/);
    expect(more).toEqual([]);
  });

  it('no question is asked that no column answers', async () => {
    project = new Project(apart('queries.csv', 'items.csv'));
    project.write('eval/rows.csv', project.read('eval/rows.csv').replace('request', 'aaa'));
    const { asked, message } = await started(project, OPTIONS.clicks, ['aaa', 'item', 'clicked']);
    expect(asked.every((question) => !question.includes('tower input'))).toBe(true);
    expect(message).toMatch(/^eval\/rows.csv: no columns left/);
  });
});
