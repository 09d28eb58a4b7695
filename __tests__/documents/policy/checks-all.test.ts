/** `checks: all`: every hypothesis of the gap, and beside rules every one that is not named. */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CHECKS } from '../../../src/checks/registry.js';
import { Workspace } from '../../../src/data/artefacts/files.js';
import { readPolicy } from '../../../src/documents/policy/read.js';
import { Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());

const EVAL_SET = `eval_set:
  rows: ../eval/rows.csv
  sha256: {rows: ${'a'.repeat(64)}}
  columns: {query: q, item: i, label: y}
`;
const SWEEP = '{sweep: {from: 0, to: 2}, require: [{metric: log_loss, max_increase: 5%, at: each}]}';

function read(text: string) {
  project = new Project({ 'gates/gate.yml': text });
  return readPolicy(join(project.folder, 'gates/gate.yml'), new Workspace(project.folder));
}

const ids = CHECKS.map(({ id }) => id).sort();
const asked = ({ diagnosis }: ReturnType<typeof read>) => diagnosis.map(({ id }) => id).sort();

describe('checks: all', () => {
  it('asks for all thirteen hypotheses, version skew without a sweep among them, at its own line', () => {
    const policy = read('policy: gap\nchecks: all\n');
    expect(ids).toHaveLength(13);
    expect(asked(policy)).toEqual(ids);
    expect(policy.skew).toBeUndefined();
    expect(policy.diagnosis.every(({ rules }) => rules.length === 0)).toBe(true);
    expect(new Set(policy.diagnosis.map(({ place }) => place.line))).toEqual(new Set([2]));
  });

  it('is the same as a mapping of all alone', () => {
    expect(asked(read('policy: gap\nchecks: {all: {}}\n'))).toEqual(ids);
  });

  it('stands beside rules, which keep their lines', () => {
    const { diagnosis } = read(
      'policy: gap\nchecks:\n  all: {}\n  feature-parity: {require: [{metric: log_loss, max_increase: 1%}]}\n',
    );
    expect(diagnosis.map(({ id }) => id).sort()).toEqual(ids);
    expect(diagnosis.filter(({ rules }) => rules.length > 0).map(({ id, place }) => [id, place.line])).toEqual([
      ['feature-parity', 4],
    ]);
    expect(diagnosis.find(({ id }) => id === 'label-leakage')?.place.line).toBe(3);
  });

  it('stands beside a sweep, which is a hypothesis too', () => {
    project = new Project();
    project.edit('gates/gate.yml', 'checks:\n', 'checks:\n  all: {}\n');
    const policy = readPolicy(join(project.folder, 'gates/gate.yml'), new Workspace(project.folder));
    expect(asked(policy)).toEqual(ids);
    expect(policy.skew?.versionSkew.rules).toHaveLength(2);
  });

  it('takes an empty version-skew beside an eval set as a hypothesis, as it is without all', () => {
    expect(read(`policy: gap\n${EVAL_SET}checks: {all: {}, version-skew: {}}\n`).skew).toBeUndefined();
  });
});

describe('is refused', () => {
  it.each<[string, string, RegExp]>([
    [
      'another word',
      'policy: gap\nchecks: everything\n',
      /^\S*gate\.yml:2:9: "checks" is "everything"; expected a mapping with at least one check, or all: every hypoth.* Write: checks: \{version-skew: /,
    ],
    [
      'a list of all',
      'policy: gap\nchecks: [all]\n',
      /:2:9: "checks" is \["all"\]; expected a mapping with at least one/,
    ],
    [
      'all with rules of its own',
      'policy: gap\nchecks:\n  all: {require: [{metric: log_loss, max: 1}]}\n',
      /:3:8: "all" is \{"require":.*; expected an empty mapping: every check .* Write: all: \{\}$/,
    ],
    [
      'all that says nothing',
      'policy: gap\nchecks: {all: }\n',
      /:2:\d+: "all" is null; expected an empty mapping: every/,
    ],
    [
      'an eval set that would not be swept',
      `policy: gap\n${EVAL_SET}checks: all\n`,
      /:2:1: an eval_set that nothing is measured on; expected the check version-skew with its sweep beside all\. Write: checks: \{all: \{\}, version-skew: /,
    ],
    [
      'a word near all',
      'policy: gap\nchecks: {al: {}}\n',
      /unknown key "al"; expected one of all, .*Did you mean "all"\?/,
    ],
  ])('%s', (_, text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it('all beside a sweep without its eval set, as it is without all', () => {
    expect(() => read(`policy: gap\nchecks: {all: {}, version-skew: ${SWEEP}}\n`)).toThrow(
      /version-skew in a policy without eval_set/,
    );
  });
});
