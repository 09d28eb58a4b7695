/** Pages that must not fall behind the code. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkOf } from '../src/checks/registry.js';
import { type CheckId, EVIDENCE_CHECKS } from '../src/documents/policy/policy.js';

const root = resolve(import.meta.dirname, '..');

describe('docs', () => {
  it.each([...EVIDENCE_CHECKS, 'version-skew'])('have a page of %s, and the README a row', (id) => {
    const page = readFileSync(join(root, `docs/checks/${id}.md`), 'utf8');
    for (const part of ['Evidence', 'Statistic', 'Decision', 'Bad input', 'Example'])
      expect(page).toContain(`\n## ${part}\n`);
    const { tables, metrics } = checkOf(id as CheckId);
    for (const { name, sql } of tables) {
      expect(page).toContain(`**\`${name}\`**`);
      if (name !== 'ledger') expect(page).toContain(sql);
    }
    for (const { id: metric } of metrics) expect(page).toContain(`| \`${metric}\` |`);
    expect(page).toContain(`  ${id}: {`);
    expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(`[\`${id}\`](docs/checks/${id}.md)`);
  });

  const pages = [
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    ...['docs', 'docs/checks', 'docs/decisions'].flatMap((folder) =>
      readdirSync(join(root, folder))
        .filter((name) => name.endsWith('.md'))
        .map((name) => join(folder, name)),
    ),
  ];
  it.each(pages)('have no dead link in %s', (page) => {
    const text = readFileSync(join(root, page), 'utf8');
    const dead = [...text.matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)]
      .map((match) => match[1]!)
      .filter((target) => !existsSync(join(root, dirname(page), target)));
    expect(dead).toEqual([]);
  });
});
