/** What pages show to be written or run: every YAML block holds against its schema, every command line is one that the program takes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import policySchema from '../gates/policy.schema.json' with { type: 'json' };
import releaseSchema from '../gates/release.schema.json' with { type: 'json' };
import { parseArguments } from '../src/commands/arguments.js';
import { COMMANDS } from '../src/commands/registry.js';
import { policyForm } from '../src/documents/policy/read.js';
import { YamlSource } from '../src/documents/yaml/source.js';
import {
  allBlocks,
  type Block,
  blocksOf,
  pages,
  readPage,
  root,
  shellLines,
  shellWords,
} from './support/docs-pages.js';

const ajv = new Ajv({ allErrors: true, strict: false, allowUnionTypes: true });
/** The schema of a file, and that of a part of it, which may leave out what the file must have. */
const schemas = {
  policy: ajv.compile({ ...policySchema, $id: 'policy' }),
  release: ajv.compile({ ...releaseSchema, $id: 'release' }),
  'part of a policy': ajv.compile({ ...policySchema, $id: 'policy-part', required: [] }),
  'part of a release': ajv.compile({ ...releaseSchema, $id: 'release-part', required: [] }),
};
type Form = keyof typeof schemas;

/** Digests that a page shortens: `3b1f…`. */
const withDigests = (text: string) =>
  text.replaceAll(/(?:[0-9a-f]{4,}…|(?<=: )…(?=[,}]))/g, 'ab'.repeat(32)).replaceAll('<commit sha>', 'c'.repeat(40));

/** What a block is by its keys; undefined of one that is neither. */
function formOf(value: unknown): Form | 'rules' | 'workflow' | undefined {
  if (Array.isArray(value)) return value.every((rule) => rule?.metric) ? 'rules' : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  const keys = Object.keys(value);
  if (keys.includes('jobs') || keys.includes('steps')) return 'workflow';
  if (keys.includes('policy') && keys.includes('checks')) return 'policy';
  if (keys.includes('release') && keys.includes('live')) return 'release';
  if (keys.every((key) => key in policySchema.properties)) return 'part of a policy';
  if (keys.every((key) => key in releaseSchema.properties)) return 'part of a release';
  return undefined;
}

const title = ({ page, line }: Block) => `${page}:${line}`;
const yamlBlocks = allBlocks().filter(({ language }) => language === 'yaml' || language === 'yml');

function refusals(form: Form, value: unknown): string[] {
  const validate = schemas[form];
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    [instancePath, message, JSON.stringify(params)].join(' '),
  );
}

/** Inputs that a workflow gives to the Action, which are those of action.yml. */
function wrongInputs(text: string): string[] {
  const { inputs } = parse(readFileSync(join(root, 'action.yml'), 'utf8'));
  const uses = [...text.matchAll(/uses: (?:skewgate\/skewgate@\S+|\.\/)[^\n]*\n((?: +[^\n]*\n)*)/g)];
  const given = uses.flatMap(([, after]) => {
    const found = /^ +with:\n((?: +[^\n]*\n)*)/m.exec(after!);
    const [, indent] = /^( +)/.exec(found?.[1] ?? '') ?? [];
    return [...(found?.[1] ?? '').matchAll(new RegExp(`^${indent}([a-z-]+):`, 'gm'))].map(([, name]) => name!);
  });
  return given.filter((name) => !(name in inputs));
}

describe('every YAML block of the pages', () => {
  it('is there', () => expect(yamlBlocks.length).toBeGreaterThan(25));

  it.each(yamlBlocks.map((block) => [title(block), block] as const))('%s is what it is taken for', (_, block) => {
    const text = withDigests(block.text);
    if (block.marks === 'other') return expect(parse(text)).toBeTypeOf('object');
    const { value, problems } = new YamlSource(title(block), text);
    expect(problems.any, text).toBe(false);
    const form = formOf(value);
    expect(form, 'neither policy, release nor workflow: mark it ```yaml other').toBeDefined();
    if (form === 'workflow') return expect(wrongInputs(text)).toEqual([]);
    if (form === 'rules') return expect(refusals('part of a policy', sweepOf(value))).toEqual([]);
    expect(refusals(form!, value)).toEqual([]);
    if (form === 'policy') expect(policyForm(new YamlSource(title(block), text))).toEqual(value);
  });
});

const sweepOf = (require: unknown) => ({ checks: { 'version-skew': { sweep: { from: 0, to: 2 }, require } } });

/** Command lines of a page: in blocks of a shell or a workflow, and in code within a sentence. */
function commandLines(page: string): string[] {
  const blocks = blocksOf(page).filter(({ language }) => ['sh', 'bash', 'yaml', 'groovy'].includes(language));
  const inBlocks = blocks.flatMap(({ text }) =>
    shellLines(text).map((line) => line.replace(/^(?:- )?(?:run: |sh ['"]|- )?/, '')),
  );
  const outside = readPage(page).replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '');
  const inText = [...outside.matchAll(/`((?:skewgate|node dist\/cli\.cjs) [^`]+)`/g)].map(([, line]) => line!);
  // In a sentence a command may be named alone, and a usage has brackets.
  const whole = inText.filter((line) => !/[[…]| \/ |^skewgate [a-z]+$/.test(line));
  return [...inBlocks, ...whole]
    .map((line) => line.replace(/^(?:npx |if ! |if |! )+/, ''))
    .filter((line) => /^(?:skewgate|node dist\/cli\.cjs) /.test(line))
    .map((line) => line.replaceAll(/\$\{\{[^}]*\}\}/g, 'X'));
}

describe('every command line of the pages', () => {
  const lines = pages().flatMap((page) => commandLines(page).map((line) => [page, line] as const));
  it('is there', () => expect(lines.length).toBeGreaterThan(15));

  it.each(lines)('%s: %s is one that the program takes', (_, line) => {
    const words = shellWords(line.replace(/^(?:skewgate|node dist\/cli\.cjs) /, ''));
    expect(parseArguments(words, COMMANDS, [])).toBeDefined();
  });
});

describe('the reference', () => {
  it.each(COMMANDS.map((command) => [command.name, command] as const))('names %s and its options', (name, command) => {
    const text = readPage('docs/reference.md');
    for (const option of Object.keys(command.options)) expect(text).toContain(`--${option}`);
    expect(text).toContain(`skewgate ${name}`);
  });
});

it('the README is at most 150 lines', () => expect(readPage('README.md').split('\n').length).toBeLessThanOrEqual(151));
