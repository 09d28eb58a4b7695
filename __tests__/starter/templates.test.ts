/** The policies of gates/: valid, what the bundled program has, and judged on a small real project each. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { policyForm } from '../../src/documents/policy/read.js';
import { YamlSource } from '../../src/documents/yaml/source.js';
import { TEMPLATES } from '../../src/starter/templates.js';
import { type Files, Project } from '../support/project.js';
import { choices, clicks, images, judged, OPTIONS, type Options, started, texts } from '../support/starter-projects.js';

const gates = resolve(import.meta.dirname, '../../gates');
const names = readdirSync(gates).filter((name) => name.endsWith('.yml'));

let project: Project;
afterEach(() => project?.remove());

/** A project for each template, by what it is for. */
const PROJECTS: Readonly<Record<string, [files: () => Files, options: Options]>> = {
  conversion: [clicks, OPTIONS.clicks],
  retrieval: [choices, OPTIONS.choices],
  'text-retrieval': [texts, OPTIONS.texts],
  'late-interaction': [() => texts({ each: true }), OPTIONS.texts],
  'image-text': [images, OPTIONS.images],
};

describe('a policy of gates/', () => {
  it('is there for every project, and the bundled program has the same', () => {
    expect(names.map((name) => name.replace('.yml', ''))).toEqual(Object.keys(PROJECTS).sort());
    expect(Object.keys(TEMPLATES)).toEqual(Object.keys(PROJECTS).sort());
    for (const [name, text] of Object.entries(TEMPLATES))
      expect(text).toBe(readFileSync(join(gates, `${name}.yml`), 'utf8'));
  });

  it.each(Object.keys(PROJECTS))('%s is one by the schema, with a reason above every rule', (name) => {
    const text = readFileSync(join(gates, `${name}.yml`), 'utf8');
    const form = policyForm(new YamlSource(name, text));
    expect(form.policy).toBe(name);
    const lines = text.split('\n');
    const rules = lines.flatMap((line, i) => (/^ {6}- \{metric/.test(line) ? [i] : []));
    expect(rules).toHaveLength(parse(text).checks['version-skew'].require.length);
    for (const i of rules) expect(lines[i - 1]).toMatch(/^ {6}# /);
    for (const line of lines) expect(line.length <= 122 || line.includes('sha256')).toBe(true);
  });

  it.each(Object.entries(PROJECTS))(
    '%s is judged on a project that init makes with --from',
    async (name, [files, options]) => {
      project = new Project(files());
      const { message, output } = await started(project, { ...options, from: `gates/${name}.yml` });
      expect(message).toBe('');
      expect(output).toContain(`(from the template ${name})`);
      const [own, template] = [parse(project.read('gates/mine.yml')), parse(TEMPLATES[name as keyof typeof TEMPLATES])];
      const rules = (policy: typeof own) => policy.checks['version-skew'].require;
      // Thresholds and their reasons are the template's.
      const thresholds = (policy: typeof own) =>
        rules(policy).map(({ max_increase, max_decrease, max_change }: Record<string, unknown>) => [
          max_increase,
          max_decrease,
          max_change,
        ]);
      expect(thresholds(own)).toEqual(thresholds(template));
      for (const line of TEMPLATES[name as keyof typeof TEMPLATES].split('\n').filter((one) => /^ {6}# /.test(one)))
        expect(project.read('gates/mine.yml')).toContain(line);
      const { status, message: said, report } = await judged(project);
      expect(said).toBe('');
      expect([0, 1]).toContain(status);
      const judgedMetrics = new Set(report?.checks[0]?.findings.map(({ metric }) => metric));
      expect(judgedMetrics).toEqual(new Set(rules(own).map(({ metric }: { metric: string }) => metric)));
    },
  );
});
