/**
 * A corpus of hostile strings in every field that a pull request controls: slice values, ids, versions, file names, model metadata, YAML text. Nothing of theirs takes effect in
 * the log, the summary, the check or the comment: the Markdown is rendered as GitHub does and searched for anything that the same report without them does not have.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chunks } from '../../src/lib/text.js';
import { GitHub } from '../support/github.js';
import { CORPUS, constructs } from '../support/hostile.js';
import { lookupTower, onnx } from '../support/onnx.js';
import { Project, VERSIONS } from '../support/project.js';
import { type ActionRun, commit, pullRequest, runAction } from '../support/workflow.js';

/** Elements of a page with their attributes' names: hostile text may be in it, and nothing of it may be markup. */
function elements(html: string): string[] {
  const found = new Set<string>();
  // Where a long name may break, which depends on the name, stands a tag without attributes.
  const whole = html.replaceAll('<wbr>', '');
  for (const [, tag, attributes] of whole.replace(/<style>[\s\S]*?<\/style>/, '').matchAll(/<([^\s>]+)([^>]*)>/g)) {
    found.add(tag!);
    // What stands in quotation marks is a value, whatever it looks like.
    for (const [, name] of attributes!.replace(/"[^"]*"/g, '""').matchAll(/\s([^\s=]+)=/g)) found.add(`${tag} ${name}`);
  }
  return [...found].sort();
}

/** CSV cells with quotes and line breaks. */
function cell(value: string): string {
  return `"${value.replaceAll('"', '""')}"`;
}

/** A promotion whose every string is hostile. `strings[i]` go to slice values, ids and names in turn. */
function hostile(strings: readonly string[]): Project {
  const project = new Project();
  const lines = project.read('eval/rows.csv').trim().split('\n');
  const [head, ...rows] = lines;
  const at = (i: number) => strings[i % strings.length]!;
  project.rows(
    `${head}\n${rows
      .map((line, r) => {
        const [request, item, clicked, weight, user, , , q, i] = line.split(',');
        const tier = at(Number(q) % 4);
        return [
          cell(`${request}${at(1)}`),
          cell(`${item}${at(2)}`),
          clicked,
          weight,
          cell(`${user}${at(3)}`),
          cell(`${tier} t${Number(q) % 4}`),
          cell(`${at(4 + (r % 4))} s${r % 4}`),
          q,
          i,
        ].join(',');
      })
      .join('\n')}\n`,
  );
  const json = (value: string) => JSON.stringify(value.replaceAll('\n', ' ').replace(/[\u0000-\u001f]/g, ''));
  project
    .edit('gates/gate.yml', 'policy: test-gate', `policy: ${json(`gate ${at(0)}`)}`)
    .edit('gates/gate.yml', 'max_increase: 5%', 'max: 0.1')
    .edit('models/release.yml', 'release: test-model', `release: ${json(`model ${at(1)}`)}`);
  return project;
}

describe('hostile strings', () => {
  let server: GitHub;
  beforeAll(async () => {
    server = await GitHub.start();
  });
  afterAll(() => server.close());

  /** Everything that is shown: log, summary, check, comment. */
  async function shown(
    project: Project,
  ): Promise<ActionRun & { check: string; comment: string; messages: string; html: string }> {
    server.checkRuns.clear();
    server.comments.clear();
    const base = commit(project);
    const run = await runAction(project, {
      event: 'pull_request',
      payload: pullRequest(base, base),
      inputs: { token: 'secret-token', comment: 'true' },
      env: { GITHUB_API_URL: server.url },
    });
    const page = join(project.folder, '.runner/report/report.html');
    const [check] = server.checkRuns.values();
    const [comment] = server.comments.values();
    return {
      ...run,
      html: existsSync(page) ? readFileSync(page, 'utf8') : '',
      check: check?.output.summary ?? '',
      comment: comment?.body ?? '',
      messages: (check?.annotations ?? []).map((a) => `${a.title}\n${a.message}`).join('\n'),
    };
  }

  /** Workflow commands that take effect: outside of a stretch in which they are stopped. */
  function commands(log: string): string[] {
    const found: string[] = [];
    let token: string | undefined;
    for (const line of log.split(/\r?\n/)) {
      const stop = /^::stop-commands::(.*)$/.exec(line);
      if (token !== undefined) {
        if (line === `::${token}::`) token = undefined;
      } else if (stop) token = stop[1];
      // Groups are of our own stages: what a line in one says begins with words of ours.
      else if (/^::(group::[a-z ]+|endgroup::)$/.test(line)) continue;
      else if (/^::|##\[/.test(line)) found.push(/^::(\S+?)[ :]/.exec(line)?.[1] ?? line);
    }
    return found;
  }

  it('take no effect anywhere, in any field', async () => {
    const plain = hostile(['alpha', 'beta', 'gamma', 'delta']);
    const harmless = await shown(plain);
    plain.remove();
    expect(harmless.status).toBe(1);
    const allowed = {
      summary: constructs(harmless.summary),
      check: constructs(harmless.check),
      comment: constructs(harmless.comment),
    };
    for (let i = 0; i < CORPUS.length; i += 8) {
      const strings = Array.from({ length: 8 }, (_, j) => CORPUS[(i + j) % CORPUS.length]!);
      const project = hostile(strings);
      const found = await shown(project);
      project.remove();
      expect([found.status, found.stderr, strings]).toEqual([1, '', strings]);
      expect([strings, elements(found.html)]).toEqual([strings, elements(harmless.html)]);
      for (const part of ['summary', 'check', 'comment'] as const)
        expect([strings, constructs(found[part])]).toEqual([strings, allowed[part]]);
      expect(commands(found.stdout)).toEqual(commands(harmless.stdout));
      expect(found.outputs.verdict).toBe('not_ready');
      // Terminal and bidirectional control characters are shown as escapes.
      expect(found.stdout + found.summary + found.messages).not.toMatch(/[\u001b\u202a-\u202e\u2066-\u2069]/);
    }
  });

  // In parts, as no more than 20 problems of a file are shown.
  it.each(chunks(CORPUS, 16))('take no effect in what is said when nothing could be judged', async (...part) => {
    const project = new Project();
    const texts = part.map((text) => JSON.stringify(text.replaceAll('\n', ' ').replace(/[\u0000-\u001f]/g, '')));
    project.edit('gates/gate.yml', 'slices: [tier, source]', `slices: [tier, ${texts.join(', ')}]`);
    const found = await shown(project);
    project.remove();
    expect(found.status).toBe(2);
    // One item a problem: every text is there, and none is more than text.
    expect(found.summary.split('\n').filter((line) => line.startsWith('- '))).toHaveLength(part.length);
    for (const markdown of [found.summary, found.check])
      expect(constructs(markdown).filter((c) => !['h2', '/h2', 'ul', '/ul', 'li', '/li'].includes(c))).toEqual([]);
    expect(commands(found.stdout).filter((c) => c !== 'error' && c !== 'add-mask')).toEqual([]);
    expect(commands(found.stdout).filter((c) => c === 'error')).toHaveLength(Math.min(part.length, 10));
  });

  it('take no effect as names of checkpoints, of versions and of a graph’s outputs', async () => {
    const names = ['v3', 'v2<b>@octo #1 ::error::x', 'v1`[x](https:evil.example)`'] as const;
    const project = new Project();
    for (const [k, version] of VERSIONS.entries())
      for (const side of ['query', 'item'])
        project.write(
          `models/${side}/${names[k]!.replaceAll('/', '')}.onnx`,
          project.bytes(`models/${side}/${version}.onnx`),
        );
    const list = names.map((name) => JSON.stringify(name.replaceAll('/', ''))).join(', ');
    project.edit('models/release.yml', '[v3, v2, v1]', `[${list}]`);
    project.edit('gates/gate.yml', 'max_increase: 5%', 'max: 0.1');
    const found = await shown(project);
    expect(found.status).toBe(1);
    expect(constructs(found.summary)).not.toContain('b');
    expect(constructs(found.summary)).not.toContain('mention');
    // A graph with a hostile output name, two of them, so that the message names both.
    const tower = lookupTower([[1, 2, 3, 4]], 'item_index');
    const output = tower.outputs[0]!;
    project.write(
      'models/item/v3.onnx',
      onnx({ ...tower, outputs: [output, { ...output, name: '</pre>@octo ::error::owned' }] }),
    );
    const refused = await shown(project);
    expect(refused.status).toBe(2);
    expect(constructs(refused.summary)).not.toContain('mention');
    expect(commands(refused.stdout).filter((c) => c !== 'error' && c !== 'add-mask')).toEqual([]);
    project.remove();
  });
});
