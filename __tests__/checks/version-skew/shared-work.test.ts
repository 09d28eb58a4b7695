/** What a matrix of jobs shares out is all that whoever merges asks for. */
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { merge } from '../../../src/commands/merge.js';
import { run } from '../../../src/commands/run.js';
import { shard } from '../../../src/commands/shard.js';
import { KeepingHost } from '../../support/host.js';
import { digest, Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());

/** The whole catalogue is ranked, some of which no row has, and canaries are held against the live item tower. */
function rankedWithCanaries(): Project {
  const table = ['item,item_index', ...Array.from({ length: 60 }, (_, i) => `i${i},${i % 50}`)].join('\n');
  const [header, ...rows] = new Project().read('eval/rows.csv').trimEnd().split('\n');
  const without = (line: string) => line.split(',').slice(0, -1).join(',');
  const canaries = Array.from({ length: 50 }, (_, i) => ({ id: `i${i}`, tower: 'item', served: [0.1, 0.2, 0.3, i] }));
  return new Project()
    .write('eval/items.csv', table)
    .write('models/canary.jsonl', canaries.map((canary) => JSON.stringify(canary)).join('\n'))
    .rows(`${[header!, ...rows].map(without).join('\n')}\n`)
    .edit('gates/gate.yml', '  sha256: {rows:', `  items: ../eval/items.csv\n  sha256: {items: ${digest(table)}, rows:`)
    .edit('gates/gate.yml', 'slices: [tier, source]', 'slices: [tier, source]\n  candidates: full')
    .edit('gates/gate.yml', 'metric: log_loss, max_increase: 5%', 'metric: recall@3, max_decrease: 50%')
    .edit(
      'gates/gate.yml',
      'checks:\n',
      'checks:\n  checkpoint-identity: {require: [{metric: canary_mismatch, max: 10%}]}\n',
    )
    .edit('models/release.yml', 'live: v3', 'live: v3\nevidence: {canary: canary.jsonl}');
}

it('also vectors of the live version beside served ones, where a catalogue is ranked', async () => {
  project = rankedWithCanaries();
  const files = { policy: join(project.folder, 'gates/gate.yml'), release: join(project.folder, 'models/release.yml') };
  const reportOf = async (command: typeof run, values: object) => {
    const host = new KeepingHost(project.folder);
    await command.run({ ...files, format: 'json', ...values }, host);
    expect(host.message).toBe('');
    const { run: own, ...report } = JSON.parse(host.printed);
    return { own, report };
  };
  const shards = ['1', '2'].map((index) => ({ index, out: join(project.folder, `s${index}`) }));
  for (const { index, out } of shards) {
    const host = new KeepingHost(project.folder);
    expect([await shard.run({ ...files, index, of: '2', out }, host), host.message]).toEqual([0, '']);
  }
  const merged = await reportOf(merge, { argument: shards.map(({ out }) => out) });
  expect(merged.own.vectors).toMatchObject({ from: 'shards', embedded: 0 });
  expect(merged.report).toEqual((await reportOf(run, {})).report);
});
