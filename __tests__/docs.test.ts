/** Pages that must not fall behind the code. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkOf } from '../src/checks/registry.js';
import { type CheckId, EVIDENCE_CHECKS } from '../src/documents/policy/policy.js';

const root = resolve(import.meta.dirname, '..');
/** A path of this repository, from its root or below src/; others are examples of a user's. */
const PARTS =
  /^(src|__tests__|bench|scripts|findings|lib|data|documents|models\/(towers|drift|scores)|estimation|checks|verdict|report|host|commands)\//;

describe('docs', () => {
  it.each([...EVIDENCE_CHECKS, 'version-skew'])('have a page of %s, and the reference a row', (id) => {
    const page = readFileSync(join(root, `docs/checks/${id}.md`), 'utf8');
    for (const part of ['Evidence', 'Statistic', 'Decision', 'Bad input', 'Example'])
      expect(page).toContain(`\n## ${part}\n`);
    const { tables, metrics } = checkOf(id as CheckId);
    for (const { name, sql } of tables) {
      expect(page).toContain(`**\`${name}\`**`);
      if (name !== 'ledger') for (const query of Object.values(sql)) expect(page).toContain(query);
    }
    for (const { id: metric } of metrics) expect(page).toContain(`| \`${metric}\` |`);
    expect(page).toContain(`  ${id}: {`);
    expect(readFileSync(join(root, 'docs/reference.md'), 'utf8')).toContain(`[\`${id}\`](checks/${id}.md)`);
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

  it('are each linked from the README or from another page, by themselves or by their folder', () => {
    const linked = new Set(
      pages.flatMap((page) =>
        [...readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)]
          .map((match) => join(dirname(page), match[1]!))
          .filter((target) => target !== page),
      ),
    );
    const alone = pages.filter((page) => page.startsWith('docs') && !linked.has(page) && !linked.has(dirname(page)));
    expect(alone).toEqual([]);
  });

  it.each(pages)('name no file in %s that is not there', (page) => {
    const text = readFileSync(join(root, page), 'utf8');
    const named = [...text.matchAll(/`([\w.-]+(?:\/[\w.-]+)*\/(?:[\w.-]+\.(?:ts|mjs|py|sh))?)`/g)].map(
      (match) => match[1]!,
    );
    const places = [root, join(root, 'src'), join(root, 'dist'), join(root, dirname(page))];
    const dead = named.filter((path) => PARTS.test(path) && !places.some((place) => existsSync(join(place, path))));
    expect(dead).toEqual([]);
  });

  it('name in the threat model the tests that hold each defence', () => {
    const text = readFileSync(join(root, 'docs/threat-model.md'), 'utf8');
    const cells = [...text.matchAll(/^\|[^|]+\|[^|]+\|([^|]+)\|$/gm)].map((match) => match[1]!);
    const named = cells.flatMap((cell) =>
      [...cell.matchAll(/`([a-z0-9-]+(?:\/[a-z0-9-]+)*)`/g)].map(([, path]) => path!),
    );
    const tests = join(root, '__tests__');
    const dead = named.filter((path) => ![path, `${path}.test.ts`].some((name) => existsSync(join(tests, name))));
    expect(named.length).toBeGreaterThan(20);
    expect(dead).toEqual([]);
  });
});
