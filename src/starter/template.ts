/** The policy that a starter begins with: one of those that ship in gates/, or a file of the user's. */
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { isFile, sizeOf, type Workspace } from '../data/artefacts/files.js';
import type { PolicyFile, WrittenVersionSkew } from '../documents/policy/policy-file.js';
import { policyForm } from '../documents/policy/read.js';
import { MAX_YAML_BYTES, YamlSource } from '../documents/yaml/source.js';
import { ConfigError } from '../errors.js';
import { list, quoted } from '../lib/text.js';
import { TEMPLATES } from './templates.js';

export interface Template {
  /** As messages and comments call it. */
  readonly shown: string;
  readonly value: PolicyFile;
  /** Its sweep with the rules. */
  readonly skew: WrittenVersionSkew;
  /** True of a file of the user's. */
  readonly own: boolean;
  /** The text of each top-level key with the comments above it, in the order of the file. */
  readonly blocks: ReadonlyMap<string, string>;
}

/** @param from a path, or the name of a policy that ships: `retrieval`, `gates/retrieval.yml` */
export function readTemplate(from: string, workspace: Workspace): Template {
  const path = resolve(from);
  if (isFile(path) && workspace.contains(path)) {
    if (sizeOf(path) > MAX_YAML_BYTES)
      throw new ConfigError([{ found: `--from ${quoted(from)}, a file of over 1 MiB`, expected: 'a policy' }]);
    return templateOf(workspace.show(path), readFileSync(path, 'utf8'), true);
  }
  const name = basename(from).replace(/\.ya?ml$/, '');
  const text = new Map(Object.entries(TEMPLATES)).get(name);
  if (text !== undefined) return templateOf(`the template ${name}`, text, false);
  throw new ConfigError([
    {
      found: `--from ${quoted(from)}, where no file is`,
      expected: `a policy of the workspace, or one of ${list(Object.keys(TEMPLATES))}`,
    },
  ]);
}

function templateOf(shown: string, text: string, own: boolean): Template {
  const source = new YamlSource(shown, text);
  const value = policyForm(source);
  const blocks = blocksOf(text);
  const skew = sweepOf(value);
  if (skew && blocks.has('checks')) return { shown, value, skew, own, blocks };
  throw new ConfigError([
    {
      place: { file: shown, line: 1, column: 1 },
      found: 'a policy without rules of version-skew, or not with one key a line',
      expected: 'checks: with version-skew: and require:, each on a line of its own',
    },
  ]);
}

/** The check version-skew of a policy; undefined where it is a hypothesis alone, or there is none. */
function sweepOf({ checks }: PolicyFile): WrittenVersionSkew | undefined {
  const written = typeof checks === 'string' ? undefined : checks['version-skew'];
  return written && isSweep(written) ? written : undefined;
}

function isSweep(written: WrittenVersionSkew | Record<string, never>): written is WrittenVersionSkew {
  return Object.keys(written).length > 0;
}

/** The top-level keys of a text in lines. */
function blocksOf(text: string): Map<string, string> {
  const blocks = new Map<string, string>();
  let above: string[] = [];
  let key: string | undefined;
  for (const line of text.split('\n')) {
    const [, next] = /^["']?([a-z_]+)["']? *:/.exec(line) ?? [];
    if (next !== undefined) {
      key = next;
      blocks.set(key, [...above, line].join('\n'));
      above = [];
    } else if (/^(#|\s*$)/.test(line)) above.push(line);
    else if (key !== undefined) {
      blocks.set(key, [blocks.get(key) ?? '', ...above, line].join('\n'));
      above = [];
    }
  }
  return blocks;
}
