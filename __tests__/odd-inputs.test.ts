/** Inputs that once crashed, are too large or bear odd names: refused in words, never exit status 3. */
import { afterEach, describe, expect, it } from 'vitest';
import { lookupTower, onnx } from './support/onnx.js';
import { goodFiles, Project } from './support/project.js';

let project: Project;
afterEach(() => project.remove());
const POLICY = 'gates/gate.yml';
const MODEL = 'models/release.yml';

async function refused(spoil: (project: Project) => unknown): Promise<string> {
  project = new Project(goodFiles());
  spoil(project);
  const { status, message } = await project.judge();
  expect([status, message]).toEqual([2, expect.not.stringMatching(/\n\s+at /)]);
  return message;
}

/** Replaces one cell of the eval rows: `line` counts from 2. */
function cell(p: Project, line: number, column: string, value: string): Project {
  const lines = p.read('eval/rows.csv').trimEnd().split('\n');
  const index = lines[0]!.split(',').indexOf(column);
  const cells = lines[line - 1]!.split(',');
  cells[index] = value;
  lines[line - 1] = cells.join(',');
  return p.rows(`${lines.join('\n')}\n`);
}

describe('a bad cell of a CSV', () => {
  it('is the one that is named, not its neighbours', async () => {
    const message = await refused((p) => cell(p, 8, 'clicked', 'NA'));
    expect(message).toBe(
      'eval/rows.csv:8:1: row 7, column "clicked" is "NA"; expected a label between 0 and 1. That is how a missing value is written: leave such rows out, or write the number that is meant.',
    );
  });

  it('of a feature is the one that is named', async () => {
    const message = await refused((p) => cell(p, 8, 'item_index', 'n/a'));
    expect(message).toMatch(
      /^eval\/rows.csv:8:1: row 7, column "item_index" is "n\/a"; expected a number, for input "item_index"/,
    );
    expect(message.split('\n').length).toBe(1);
  });

  it.each(['constructor', '__proto__', 'toString', '[1,"x"]', '[{"x":1}]', '[1,[2]]'])(
    'that holds %s is no crash',
    async (text) => {
      expect(await refused((p) => cell(p, 8, 'item_index', `"${text.replaceAll('"', '""')}"`))).toMatch(
        /row 7, column "item_index" is /,
      );
    },
  );
});

describe('names that JavaScript knows', () => {
  it.each(['constructor', 'toString', 'valueOf'])('are versions like others: %s', async (name) => {
    project = new Project();
    project
      .write(`models/item/${name}.onnx`, project.bytes('models/item/v1.onnx'))
      .write(`models/query/${name}.onnx`, project.bytes('models/query/v1.onnx'))
      .edit(MODEL, 'v1]', `${name}]`)
      .edit(MODEL, 'onnx: item/{version}.onnx', `onnx: item/{version}.onnx\n  sha256: {}`);
    expect((await project.judge()).report?.verdict).toBe('ready');
  });

  it('are unknown keys like others', async () => {
    expect(await refused((p) => p.edit(POLICY, 'policy: test-gate', 'policy: test-gate\nconstructor: 1'))).toMatch(
      /:3:1: unknown key "constructor"; expected one of/,
    );
  });
});

describe('what is too large or too deep is refused in words:', () => {
  it.each<[string, (p: Project) => unknown, RegExp]>([
    [
      'an alias inside its own anchor',
      (p) => p.edit(POLICY, 'policy: test-gate', 'policy: &a [*a]'),
      /YAML aliases that cannot be expanded/,
    ],
    [
      'a second document',
      (p) => p.write(POLICY, `${p.read(POLICY)}---\npolicy: b\n`),
      /a second YAML document; expected one document/,
    ],
    [
      'a policy of more than 1 MiB',
      (p) => p.write(POLICY, `# ${'x'.repeat(1_100_000)}\n`),
      /gate.yml:1:1: a file of 1,100,003 bytes; expected at most 1,048,576/,
    ],
    [
      '20,000 keys',
      (p) => p.write(POLICY, Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`).join('\n')),
      /… and 19,9\d\d more problems\.$/,
    ],
    [
      'a column of ids as a slice',
      (p) =>
        p.edit(POLICY, 'slices: [tier, source]', 'slices: [tier, source, uid]').rows(
          p
            .read('eval/rows.csv')
            .replace(/tier,source/, 'tier,source,uid')
            .split('\n')
            .flatMap((line, i) =>
              line === ''
                ? []
                : i === 0
                  ? [line]
                  : Array.from({ length: 4 }, (_, n) => line.replace(/,(feed|search),/, `,$1,u${i}-${n},`)),
            )
            .join('\n'),
        ),
      /gates\/gate.yml:7:26: 14,400 values of "uid"; expected at most 10,000 cells in all. Is a column of ids listed/,
    ],
    [
      'a batch of 100,000,000 fixed in a graph',
      (p) => {
        const m = lookupTower(Array(50).fill([1, 2, 3, 4]), 'item_index');
        p.write('models/item/v2.onnx', onnx({ ...m, inputs: [{ ...m.inputs[0]!, shape: [100_000_000] }] }));
      },
      /models\/item\/v2.onnx: a batch of 100,000,000 fixed in the graph/,
    ],
    [
      'a version that is no exact number',
      (p) => p.edit(MODEL, 'v1]', '20240101123456789]'),
      /:3:20: version 20240101123456788, a number too long to be exact; expected a version in quotation marks/,
    ],
  ])('%s', async (_, spoil, expected) => {
    expect(await refused(spoil)).toMatch(expected);
  });
});

describe('a message', () => {
  it('stays on its line, whatever a path is called', async () => {
    const message = await refused((p) => p.edit(POLICY, '../eval/rows.csv', '"../eval/\\n::error::pwned\\e[2J.csv"'));
    expect(message).not.toMatch(/\n::error|\u001b/);
    expect(message).toContain('\\u000a::error::pwned');
  });
});
