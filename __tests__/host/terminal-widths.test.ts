/** A whole run as a terminal of 60, 80 and 120 columns shows it, with names that take two columns a character. */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { run } from '../../src/commands/run.js';
import { TerminalHost } from '../../src/host/terminal.js';
import { widthOf } from '../../src/report/columns.js';
import { goodFiles, Project, policyText } from '../support/project.js';

let project: Project;
afterEach(() => project.remove());

/** Slices of wide characters, of none, and of a name that is longer than a narrow terminal. */
function wideProject(): Project {
  const files = goodFiles();
  const text = (files['eval/rows.csv'] as string)
    .replaceAll(',small,', ',日本語の層,')
    .replaceAll(',large,', ',🙂e\u0301,')
    .replaceAll(',feed,', `,${'a_rather_long_name_of_a_source/'.repeat(3)},`);
  files['eval/rows.csv'] = text;
  files['gates/gate.yml'] = policyText(text)
    .replace('slices: [all, tier]}', 'slices: [all, tier, source]}')
    .replace('policy: test-gate', 'policy: 門');
  return new Project(files);
}

/** What both streams of a terminal end up showing: a line that is written over counts as it was at its widest. */
async function captured(columns: number) {
  const written = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({
    isTTY: true,
    columns,
    write: (text: string) => {
      written[name] += text;
    },
  });
  let now = 0;
  const streams = {
    stdout: stream('out'),
    stderr: stream('err'),
    env: { GITHUB_WORKSPACE: project.folder },
  };
  const host = new TerminalHost(streams, 'text', false, () => {
    now += 7000;
    return now;
  });
  const status = await run.run(
    { policy: join(project.folder, 'gates/gate.yml'), release: join(project.folder, 'models/release.yml') },
    host,
  );
  const plain = (text: string) => text.replace(/\u001b\[\d*[a-zA-Z]/g, '');
  return {
    status,
    result: plain(written.out).split('\n'),
    progress: plain(written.err).split(/[\r\n]+/),
  };
}

describe('a terminal', () => {
  it.each([60, 80, 120])('of %d columns is overrun by no line of result or progress', async (columns) => {
    project = wideProject();
    const { status, result, progress } = await captured(columns);
    expect(status).toBe(0);
    expect(progress.length).toBeGreaterThan(10);
    for (const line of [...result, ...progress]) expect(widthOf(line), line).toBeLessThanOrEqual(columns);
    const text = result.join(' ').replace(/\s+/g, ' ');
    for (const name of ['日本語の層', '🙂e\u0301', '門']) expect(text).toContain(name);
  });

  it.each([120, 200])(
    'of %d columns has the figures of a table beneath each other, whatever names it has',
    async (columns) => {
      project = wideProject();
      const { result } = await captured(columns);
      const from = result.findIndex((line) => line.startsWith('Passed'));
      const rows = result.slice(from).filter((line) => /^ {2}(log_loss|calibration_shift) .*tier=/.test(line));
      expect(rows.length).toBeGreaterThan(1);
      const at = (line: string) =>
        widthOf(line.slice(0, line.search(/[+−]\d/))) + line.slice(line.search(/[+−]\d/)).indexOf('.');
      expect(new Set(rows.map(at)).size).toBe(1);
    },
  );
});
