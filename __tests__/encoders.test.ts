/** docs/encoders.md: what its Python wrote (fixtures/make_encoders.py) is judged by its YAML, and scores as the frameworks do. */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { reasonOf } from '../src/checks/reason-words.js';
import { sha256 } from '../src/data/artefacts/digests.js';
import type { Report } from '../src/verdict/report-object.js';
import { blocksOf, readPage, root } from './support/docs-pages.js';
import { digest, Project } from './support/project.js';
import { sweepOf } from './support/sweep-report.js';

const PAGE = 'docs/encoders.md';
const fixtures = join(root, '__tests__/fixtures/encoders');
const TABLES = ['rows', 'requests', 'items'] as const;

/** The text of a section, up to the next heading of its level. */
function section(heading: string): string {
  const [, after] = readPage(PAGE).split(`\n## ${heading}\n`);
  if (after === undefined) throw new Error(`${PAGE} has no section ${heading}`);
  return after.split('\n## ')[0]!;
}

const fenced = (heading: string, language: string): string[] =>
  [...section(heading).matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, text]) => text!);

/** The policy at the top of the page, with the digests of the tables. */
function policy(extra: (text: string) => string = (text) => text): string {
  const { text } = blocksOf(PAGE).find(({ language }) => language === 'yaml')!;
  const digests = Object.fromEntries(
    TABLES.map((name) => [name, digest(readFileSync(join(fixtures, `${name}.jsonl`)))]),
  );
  const { rows, requests, items } = digests;
  return extra(text.replace(/sha256: \{[^}]*\}/, `sha256: {rows: ${rows}, queries: ${requests}, items: ${items}}`));
}

describe('encoders', () => {
  let project: Project;
  afterEach(() => project?.remove());

  /** A workspace with the tables, the checkpoints of a section, a release of the page and a policy. */
  function workspace(checkpoints: string, release: string, gate = policy()): Project {
    project = new Project({ 'gates/gate.yml': gate, 'models/release.yml': release });
    for (const table of TABLES) project.write(`eval/${table}.jsonl`, readFileSync(join(fixtures, `${table}.jsonl`)));
    for (const part of ['query', 'item', 'encoder'])
      if (existsSync(join(fixtures, checkpoints, part)))
        cpSync(join(fixtures, checkpoints, part), join(project.folder, 'models', part), { recursive: true });
    return project;
  }

  it.each([
    ['PyTorch', 'pytorch', 1e-12],
    ['TensorFlow and Keras', 'keras', 1e-12],
    ['scikit-learn', 'scikit-learn', 1e-3],
    ['sentence-transformers', 'sentence-transformers', 1e-12],
    ['Vectors instead of towers', 'vectors', 1e-12],
  ])('%s: the towers of the page score as they do in their framework', async (heading, name, tolerance) => {
    const expected = JSON.parse(readFileSync(join(fixtures, name, 'expected.json'), 'utf8'));
    const code = fenced(heading, 'python').join('\n');
    expect(sha256(code), 'the code has changed: run __tests__/fixtures/make_encoders.py').toBe(expected.code);
    const { report, message } = await workspace(name, fenced(heading, 'yaml')[0]!).judge();
    expect(message).toBe('');
    const { curve } = sweepOf(report);
    for (const distance of [0, 1]) {
      const point = curve.find((one) => one.metric === 'roc_auc' && one.distance === distance)!;
      expect(Math.abs(point.value! - expected.roc_auc[distance])).toBeLessThanOrEqual(tolerance);
    }
  });

  /** The blocks of a section that are a part of a policy, in the place of the page's policy below its eval set. */
  const gateOf = (heading: string) => {
    const part = fenced(heading, 'yaml').find((text) => /^checks:/m.test(text))!;
    return policy((text) => text.replace(/^checks:[\s\S]*/m, part));
  };
  const shop = fenced('PyTorch', 'yaml')[0]!;
  const point = (report: Report, distance: number | 'production') =>
    sweepOf(report).curve.find((one) => one.metric === 'roc_auc' && one.distance === distance)!;

  it('one past checkpoint only: production reaches no further than the sweep', async () => {
    const heading = 'One past checkpoint only';
    const past = parse(fenced(heading, 'yaml')[0]!);
    expect(past).toMatchObject({ live: parse(shop).live, versions: parse(shop).versions });
    const { report, message } = await workspace('pytorch', shop, gateOf(heading)).judge();
    expect(message).toBe('');
    expect(sweepOf(report).production.every(({ uncoveredMass }) => uncoveredMass === 0)).toBe(true);
    expect(sweepOf(report).findings.map(({ at }) => at)).toEqual(['production']);
  });

  it('one past checkpoint and a cadence: what lies beyond the sweep is said', async () => {
    const cadence =
      'distances: {cadence: {checkpoint_period: 24h, build_period: 24h, build_duration: 12h, rollout: 6h}}';
    const gate = gateOf('One past checkpoint only').replace(/distances: .*/, cadence);
    const { report } = await workspace('pytorch', shop, gate).judge();
    expect(reasonOf(sweepOf(report).findings[0]!)).toMatch(/histogram mass/);
  });

  it('a frozen item tower: the same items under every version, and its query towers judged', async () => {
    const heading = 'A frozen item tower';
    const written = fenced(heading, 'yaml')[0]!;
    const inputs = parse(shop);
    const release = written
      .replace(/(query_tower: \{.*)\}/, `$1, inputs: ${JSON.stringify(inputs.query_tower.inputs)}}`)
      .replace(/(item_tower: \{.*)\}/, `$1, inputs: ${JSON.stringify(inputs.item_tower.inputs)}}`);
    workspace('pytorch', release, gateOf(heading));
    // The older items under both versions.
    const item = (name: string) => join(project.folder, 'models/item', name);
    cpSync(item('v1.onnx'), item('v2.onnx'));
    const { report, message } = await project.judge();
    expect(message).toBe('');
    const expected = JSON.parse(readFileSync(join(fixtures, 'pytorch/expected.json'), 'utf8'));
    // The live query tower on the older items is what distance 1 of the whole family is.
    expect(point(report!, 0).value).toBeCloseTo(expected.roc_auc[1], 12);
    expect(point(report!, 1).value).toBeCloseTo(expected.roc_auc[1], 12);
    expect(sweepOf(report).findings.map(({ at, verdict }) => [at, verdict])).toEqual([
      [0, 'pass'],
      [-1, 'pass'],
    ]);
  });
});
