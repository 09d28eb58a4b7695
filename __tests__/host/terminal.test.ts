/** What a terminal is shown, and on which stream: the result alone on stdout. */
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors.js';
import { TerminalHost } from '../../src/host/terminal.js';
import { renderJson } from '../../src/report/json.js';
import { COLOUR, PLAIN } from '../../src/report/paint.js';
import { COLUMNS, renderText } from '../../src/report/text.js';
import { viewOf } from '../../src/report/view/view.js';
import type { Report } from '../../src/verdict/report-object.js';
import { Project } from '../support/project.js';

const ESCAPE = String.fromCharCode(27);

interface Terminal {
  readonly host: TerminalHost;
  readonly out: () => string;
  readonly err: () => string;
}

function terminal(
  own: {
    tty?: boolean;
    columns?: number;
    env?: Record<string, string>;
    format?: 'text' | 'json';
    quiet?: boolean;
  } = {},
): Terminal {
  const { tty = true, columns, env = {}, format = 'text', quiet = false } = own;
  const written = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({
    isTTY: tty,
    ...(columns === undefined ? {} : { columns }),
    write: (text: string) => {
      written[name] += text;
    },
  });
  const streams = { stdout: stream('out'), stderr: stream('err'), env };
  return { host: new TerminalHost(streams, format, quiet), out: () => written.out, err: () => written.err };
}

describe('the workspace', () => {
  it('is the runner’s, else the folder that it was started in', () => {
    expect(terminal({ env: { GITHUB_WORKSPACE: '/checkout' } }).host.workspace).toBe('/checkout');
    expect(terminal({ env: { GITHUB_WORKSPACE: '' } }).host.workspace).toBe(process.cwd());
    expect(terminal().host.workspace).toBe(process.cwd());
  });
});

describe('progress', () => {
  const step = { stage: 'towers', detail: `v3${ESCAPE}[2J\nnext` };

  it('is a line on stderr of somebody who watches, whatever stands in it', () => {
    const { host, out, err } = terminal();
    host.progress(step);
    expect(out()).toBe('');
    expect(err()).toBe('\r\u001b[Ktowers: v3\\u001b[2J\\u000anext');
  });

  it('is grouped by stage in a job’s log', () => {
    const { host, err } = terminal({ tty: false, env: { GITHUB_ACTIONS: 'true' } });
    host.progress(step);
    expect(err()).toBe('::group::towers\ntowers: v3\\u001b[2J\\u000anext\n');
  });

  it.each([
    ['nobody watches a run that is done at once', { tty: false }],
    ['quiet is asked for', { quiet: true }],
  ])('is nothing where %s', (_, own) => {
    const { host, err } = terminal(own);
    host.progress(step);
    expect(err()).toBe('');
  });
});

describe('a result', () => {
  let project: Project;
  let report: Report;
  beforeEach(async () => {
    project = new Project();
    report = (await project.judge()).report!;
  });
  afterEach(() => project.remove());

  it('is the text, in colour where a terminal takes it', async () => {
    const shown = async (own: Parameters<typeof terminal>[0]) => {
      const { host, out, err } = terminal(own);
      await host.result(report, {});
      expect(err()).toBe('');
      return out();
    };
    expect(await shown({ tty: true })).toBe(renderText(viewOf(report), COLOUR, COLUMNS));
    expect(await shown({ tty: true })).toContain(ESCAPE);
    expect(await shown({ tty: false })).toBe(renderText(viewOf(report), PLAIN, COLUMNS));
    expect(await shown({ tty: true, env: { NO_COLOR: '1' } })).toBe(renderText(viewOf(report), PLAIN, COLUMNS));
    // no-color.org: it counts when it is not empty.
    expect(await shown({ tty: true, env: { NO_COLOR: '' } })).toBe(renderText(viewOf(report), COLOUR, COLUMNS));
    expect(await shown({ tty: true, columns: 60 })).toBe(renderText(viewOf(report), COLOUR, 60));
    expect(await shown({ tty: false, columns: 60 })).toBe(renderText(viewOf(report), PLAIN, COLUMNS));
    expect(await shown({ tty: true, format: 'json', quiet: true })).toBe(renderJson(report));
  });

  it('stands though its files could not be written, which is said unless quiet is asked for', async () => {
    const failure = `no space${ESCAPE}[1m left`;
    const loud = terminal();
    await loud.host.result(report, { failure });
    expect(loud.out()).toBe(renderText(viewOf(report), COLOUR, COLUMNS));
    expect(loud.err()).toMatch(/^warning: the report's files could not be written: no space.* left\n$/);
    expect(loud.err()).not.toContain(ESCAPE);
    const quiet = terminal({ quiet: true });
    await quiet.host.result(report, { failure });
    expect(quiet.err()).toBe('');
  });
});

describe('what could not be judged', () => {
  it('is one line a problem on stderr, also where quiet is asked for', async () => {
    const { host, out, err } = terminal({ quiet: true });
    await host.refused(
      new ConfigError([
        { place: { file: 'a.yml', line: 3, column: 1 }, found: 'a thing', expected: 'another' },
        { found: 'one more', expected: 'none' },
      ]),
    );
    expect(out()).toBe('');
    expect(err()).toBe('error: a.yml:3:1: a thing; expected another.\nerror: one more; expected none.\n');
  });

  it('is a bug with its trace where it is ours', async () => {
    const { host, out, err } = terminal({ quiet: true });
    await host.crashed(new TypeError('x is undefined'));
    expect(out()).toBe('');
    expect(err()).toMatch(
      /^skewgate has a bug: nothing was judged\. Please report this:\nTypeError: x is undefined\n +at /,
    );
    const other = terminal();
    await other.host.crashed('a text');
    expect(other.err()).toMatch(/Please report this:\na text\n$/);
  });
});

describe('a question', () => {
  /** A terminal on which somebody types. */
  function typed(text: string, tty: { stdin?: boolean; stderr?: boolean } = {}) {
    const stdin = Object.assign(new PassThrough(), { isTTY: tty.stdin ?? true });
    stdin.end(text);
    let shown = '';
    const stderr = {
      isTTY: tty.stderr ?? true,
      write: (part: string) => {
        shown += part;
      },
    };
    const host = new TerminalHost({ stdin, stderr, stdout: { write: () => undefined, isTTY: true }, env: {} }, 'text');
    return { host, shown: () => shown };
  }

  it('stands on stderr, made inert, and its answer is the line that is typed', async () => {
    const { host, shown } = typed('v3,v2\nmore\n');
    expect(await host.ask?.(`versions${ESCAPE}[2J\n  which? `)).toBe('v3,v2');
    expect(shown()).toBe('versions\\u001b[2J\n  which? ');
  });

  it('that meets the end of the input is refused', async () => {
    const asked = typed('').host.ask?.('which? ');
    await expect(asked).rejects.toThrow(/the end of the input in place of an answer; expected an answer, or --yes/);
  });

  it.each([[{ stdin: false }], [{ stderr: false }]])(
    'is asked of nobody without a terminal on both ends: %j',
    (tty) => {
      expect(typed('x\n', tty).host.ask).toBeUndefined();
      expect(terminal().host.ask).toBeUndefined();
    },
  );
});
