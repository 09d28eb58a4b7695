/**
 * Planted causes: how often the diagnosis finds them, at which share, and how often it blames an innocent. Writes
 * docs/diagnosis-simulation.md.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { INNOCENT, type Planted } from '../__tests__/support/gap-world.js';
import type { CheckId } from '../src/documents/policy/policy.js';
import { lookUp, present } from '../src/lib/lookup.js';
import type { HypothesisVerdict } from '../src/verdict/diagnosis/diagnosis.js';
import { writeExample } from './gap-example.js';
import { diagnosisOf, populationOf, type Simulated } from './gap-simulation.js';
import { runsOf, TABLE_SCENARIOS } from './gap-tables.js';

const PAGE = 'docs/diagnosis-simulation.md';
const VERDICTS: readonly HypothesisVerdict[] = ['sufficient', 'contributing', 'ruled_out', 'inconclusive', 'no_gap'];

interface Scenario {
  readonly name: string;
  readonly planted: Partial<Planted>;
  /** Hypotheses that are to blame. */
  readonly guilty: readonly CheckId[];
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'features alone', planted: { featureLoss: 0.7 }, guilty: ['feature-parity'] },
  { name: 'skew alone', planted: { skew: 0.9 }, guilty: ['version-skew'] },
  { name: 'features and skew', planted: { featureLoss: 0.5, skew: 0.7 }, guilty: ['feature-parity', 'version-skew'] },
  {
    name: 'features and skew, few requests',
    planted: { featureLoss: 0.5, skew: 0.7, requests: 200 },
    guilty: ['feature-parity', 'version-skew'],
  },
  {
    name: 'an old checkpoint in a third of the requests',
    planted: { unexpected: 0.33, requests: 3000 },
    guilty: ['checkpoint-identity'],
  },
  { name: 'precision', planted: { precision: 0.8 }, guilty: ['precision-parity'] },
  { name: 'sampling bias', planted: { bias: 0.9, requests: 6000 }, guilty: ['sampling-bias'] },
  { name: 'features, a gap of about 3 SE', planted: { featureLoss: 0.5, requests: 170 }, guilty: ['feature-parity'] },
  { name: 'nothing', planted: {}, guilty: [] },
];

/** Rows of a scenario: every guilty hypothesis with its true share, then the innocent together. */
function tableOf(
  name: string,
  found: readonly Simulated[],
  guilty: readonly { readonly id: CheckId; readonly share: number }[],
): string[] {
  const runs = found.length;
  const snr = found
    .map(({ gap, outcome = gap }) => (outcome.value / (outcome.upper - outcome.value)) * 1.645)
    .sort((a, b) => a - b)[runs >> 1]!;
  const verdicts = (id: CheckId) =>
    VERDICTS.map((verdict) => {
      const count = found.filter((d) => d.hypotheses.find((h) => h.id === id)?.verdict === verdict).length;
      return count === 0 ? '' : `${verdict.replace('_', ' ')} ${Math.round((100 * count) / runs)} %`;
    })
      .filter((text) => text !== '')
      .join(', ');
  const rows = guilty.map(({ id, share }) => {
    const within = found.filter((d) => {
      const h = present(
        d.hypotheses.find((one) => one.id === id),
        `hypothesis ${id}`,
      );
      return (h.lower ?? Number.NEGATIVE_INFINITY) <= share && share <= (h.upper ?? Number.POSITIVE_INFINITY);
    }).length;
    return (
      `| ${name} | ${snr.toFixed(1)} | **${id}** | ${Math.round(100 * share)} % | ` +
      `${Math.round((100 * within) / runs)} % | ${verdicts(id)} |`
    );
  });
  const innocent = found[0]!.hypotheses
    .filter((h) => h.verdict !== 'not_tested' && !guilty.some(({ id }) => id === h.id))
    .map(({ id }) => id);
  const blamed = found.filter((d) => d.hypotheses.some((h) => innocent.includes(h.id) && isBlamed(h.verdict))).length;
  return [
    ...rows,
    `| ${name} | ${snr.toFixed(1)} | ${innocent.length} innocent | | | some blamed in ` +
      `${Math.round((1000 * blamed) / runs) / 10} % of the runs; ` +
      `${innocent.map((id) => `${id}: ${verdicts(id)}`).join('; ')} |`,
  ];
}

/** A scenario on day one: what becomes of the guilty, and how often an innocent is blamed. */
function dayOneRow(name: string, found: readonly Simulated[], guilty: readonly CheckId[]): string {
  const of = (id: CheckId) => {
    const words = [...VERDICTS, 'not_tested' as const].flatMap((verdict) => {
      const count = found.filter((d) => d.hypotheses.find((h) => h.id === id)?.verdict === verdict).length;
      return count === 0 ? [] : [`${verdict.replace('_', ' ')} ${percentOf(count, found.length)}`];
    });
    return `**${id}**: ${words.join(', ')}`;
  };
  const blamed = found.filter((d) => d.hypotheses.some((h) => !guilty.includes(h.id) && isBlamed(h.verdict))).length;
  return `| ${name} | ${guilty.map(of).join('; ')} | ${percentOf(blamed, found.length)} |`;
}

function percentOf(count: number, of: number): string {
  return `${Math.round((1000 * count) / of) / 10} %`;
}

function isBlamed(verdict: HypothesisVerdict): boolean {
  return verdict === 'sufficient' || verdict === 'contributing';
}

export async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      runs: { type: 'string', default: '200' },
      example: { type: 'string' },
      'day-one': { type: 'boolean', default: false },
    },
  });
  if (values.example !== undefined) {
    writeExample(resolve(values.example));
    return;
  }
  const runs = Number(values.runs);
  const page = resolve(PAGE);
  const fill = (name: string, head: readonly string[], lines: readonly string[]) => {
    const text = readFileSync(page, 'utf8');
    const table = `<!-- ${name} -->\n${runs} runs a scenario.\n\n${[...head, ...lines].join('\n')}\n<!-- /${name} -->`;
    writeFileSync(
      page,
      text.replace(new RegExp(`<!-- ${name} -->[\\s\\S]*<!-- /${name} -->`), () => table),
    );
  };
  fill('day-one', ['| planted | the cause | an innocent is blamed |', '|---|---|---|'], dayOneRows(runs));
  if (values['day-one']) return;
  const header = [
    '| planted | gap / its SE (median) | hypothesis | true share | within its interval | decisions |',
    '|---|---|---|---|---|---|',
  ];
  fill('table', header, ledgerRows(runs));
  fill('tables', header, await tableRows(runs));
}

function dayOneRows(runs: number): string[] {
  return SCENARIOS.map(({ name, planted, guilty }) => {
    const world = { ...INNOCENT, ...planted };
    const found = Array.from({ length: runs }, (_, seed) => diagnosisOf(world, seed + 1, 'day one'));
    const row = dayOneRow(name, found, guilty);
    console.log(row);
    return row;
  });
}

function ledgerRows(runs: number): string[] {
  return SCENARIOS.flatMap(({ name, planted, guilty }) => {
    const world = { ...INNOCENT, ...planted };
    const truth = populationOf(world).share;
    const found = Array.from({ length: runs }, (_, seed) => diagnosisOf(world, seed + 1));
    const guiltyShares = guilty.map((id) => ({ id, share: lookUp(truth, id, 'share') }));
    const rows = tableOf(name, found, guiltyShares);
    console.log(rows.join('\n'));
    return rows;
  });
}

async function tableRows(runs: number): Promise<string[]> {
  const all: string[] = [];
  for (const scenario of TABLE_SCENARIOS) {
    const { found, guilty } = await runsOf(scenario, runs);
    const rows = tableOf(scenario.name, found, guilty);
    all.push(...rows);
    console.log(rows.join('\n'));
  }
  return all;
}
