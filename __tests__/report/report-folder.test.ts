/** The report's folder: nothing stale in it, nothing written outside the workspace, nothing half. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Workspace } from '../../src/data/artefacts/files.js';
import { ConfigError } from '../../src/errors.js';
import { gate, type Host } from '../../src/gate.js';
import { prepareReport, type ReportFiles, writeReport } from '../../src/report/write.js';
import type { Report } from '../../src/verdict/report-object.js';
import { Project } from '../support/project.js';
import { sound } from '../support/report-schema.js';

const NAMES = ['report.html', 'report.json', 'summary.md'];

let project: Project;
let elsewhere: string;
beforeEach(() => {
  project = new Project();
  elsewhere = realpathSync(mkdtempSync(join(tmpdir(), 'skewgate-elsewhere-')));
});
afterEach(() => {
  project.remove();
  rmSync(elsewhere, { recursive: true, force: true });
});

const at = (...parts: string[]) => join(project.folder, ...parts);

/** The whole gate, with a report folder; `judging` is called where a host would show the check. */
async function judged(out: string, judging: () => void = () => undefined) {
  const said: { report?: Report; files?: ReportFiles; message: string } = { message: '' };
  const host: Host = {
    workspace: project.folder,
    progress: () => undefined,
    judging: async () => judging(),
    result: async (report, files) => {
      Object.assign(said, { report, files });
    },
    refused: async ({ message }) => {
      said.message = message;
    },
    crashed: async (bug) => {
      said.message = String(bug);
    },
  };
  const status = await gate({ policy: at('gates/gate.yml'), release: at('models/release.yml'), out }, host);
  if (said.report) sound(said.report);
  return { status, ...said };
}

/** What an earlier run has left. */
function stale(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of NAMES) writeFileSync(join(folder, name), '{"verdict": "ready"}');
}

describe('the files of an earlier run', () => {
  it('are gone before anything is read', async () => {
    stale(at('out'));
    let then: string[] | undefined;
    await judged(at('out'), () => {
      then = readdirSync(at('out'));
    });
    expect(then).toEqual([]);
  });

  it.each([
    ['is refused', () => project.edit('gates/gate.yml', 'max_increase', 'max_incraese'), 2],
    ['is refused late', () => project.write('models/item/v2.onnx', 'no model'), 2],
  ])('are gone where the run %s', async (_, spoil, expected) => {
    stale(at('out'));
    writeFileSync(at('out/notes.txt'), 'mine');
    spoil();
    expect((await judged(at('out'))).status).toBe(expected);
    expect(readdirSync(at('out'))).toEqual(['notes.txt']);
  });

  it('are replaced by whole ones, and nothing else is left', async () => {
    stale(at('out'));
    const { status, files } = await judged(at('out'));
    expect(status).toBe(0);
    expect(readdirSync(at('out')).sort()).toEqual(NAMES);
    expect(files).toEqual({
      json: at('out/report.json'),
      summary: at('out/summary.md'),
      html: at('out/report.html'),
    });
    expect(JSON.parse(project.read('out/report.json')).verdict).toBe('ready');
  });
});

describe('a report folder is refused', () => {
  const refusal = (folder: string): string => {
    try {
      prepareReport(folder, new Workspace(project.folder));
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      return (error as ConfigError).message;
    }
    return 'not refused';
  };

  it.each<[string, () => string, RegExp]>([
    [
      'outside the workspace',
      () => join(elsewhere, 'out'),
      /which lies outside the workspace; expected a folder inside/,
    ],
    ['by a way out of it', () => at('out/../../x'), /which lies outside the workspace/],
    [
      'that is a link',
      () => {
        mkdirSync(at('real'));
        symlinkSync('real', at('out'));
        return at('out');
      },
      /which is a symbolic link; expected a folder/,
    ],
    [
      'that is a link out of the workspace',
      () => {
        symlinkSync(elsewhere, at('out'));
        return at('out');
      },
      /outside the workspace/,
    ],
    [
      'that is a link to nothing',
      () => {
        symlinkSync(join(elsewhere, 'not-there'), at('out'));
        return at('out');
      },
      /which is a symbolic link/,
    ],
    [
      'below a link out of the workspace',
      () => {
        symlinkSync(elsewhere, at('reports'));
        return at('reports/out');
      },
      /outside the workspace/,
    ],
    [
      'that is a file',
      () => {
        project.write('out', 'taken');
        return at('out');
      },
      /which is a file; expected a folder/,
    ],
    [
      'below a file',
      () => {
        project.write('taken', 'a file');
        return at('taken/out');
      },
      /which cannot be written \(/,
    ],
    [
      'that is a pipe',
      () => {
        expect(spawnSync('mkfifo', [at('out')]).status).toBe(0);
        return at('out');
      },
      /which is a device, pipe or socket/,
    ],
  ])('%s', (_, make, message) => {
    expect(refusal(make())).toMatch(message);
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  it.each<[string, (path: string) => void, RegExp]>([
    [
      'a link',
      (path) => symlinkSync(at('gates/gate.yml'), path),
      /is a symbolic link; expected a file of an earlier run/,
    ],
    ['a link to nothing', (path) => symlinkSync('/nowhere', path), /is a symbolic link/],
    ['a folder', (path) => mkdirSync(path), /is a folder/],
    ['a pipe', (path) => spawnSync('mkfifo', [path]), /is a device, pipe or socket/],
  ])('where %s has the name of a file of it', (_, make, message) => {
    for (const name of NAMES) {
      rmSync(at('out'), { recursive: true, force: true });
      mkdirSync(at('out'));
      make(at('out', name));
      expect(refusal(at('out'))).toMatch(message);
      expect(refusal(at('out'))).toContain(`in which ${name} is a`);
    }
    expect(project.read('gates/gate.yml')).toMatch(/^# Acceptance/);
  });

  it('before anything is judged, with exit status 2', async () => {
    let begun = false;
    const { status, message } = await judged(join(elsewhere, 'out'), () => {
      begun = true;
    });
    expect([status, begun]).toEqual([2, false]);
    expect(message).toMatch(/outside the workspace/);
  });
});

describe('a report that cannot be written after all', () => {
  it('is told, follows no link that has come meanwhile, and changes no verdict', async () => {
    const { status, files } = await judged(at('out'), () => {
      rmSync(at('out'), { recursive: true });
      symlinkSync(elsewhere, at('out'));
    });
    expect(status).toBe(0);
    expect(files?.failure).toMatch(/outside the workspace/);
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  it('leaves no half of it', async () => {
    const { report } = await judged(at('out'));
    const files = writeReport(report!, at('not-made'), new Workspace(project.folder));
    expect(files.failure).toMatch(/ENOENT/);
    expect(existsSync(at('not-made'))).toBe(false);
  });
});

describe('a workspace that is a link', () => {
  it('is the one that it leads to', async () => {
    const link = join(elsewhere, 'workspace');
    symlinkSync(project.folder, link);
    const workspace = new Workspace(link);
    expect(workspace.pathOf(join(link, 'gates/gate.yml'))).toBe('gates/gate.yml');
    expect(workspace.pathOf(at('gates/gate.yml'))).toBe('gates/gate.yml');
    expect(workspace.pathOf(link)).toBe('.');
    expect(workspace.pathOf(elsewhere)).toBeUndefined();
    // A link inside belongs to whoever wrote the files, and stays what it is.
    symlinkSync('gate.yml', at('gates/other.yml'));
    expect(workspace.pathOf(join(link, 'gates/other.yml'))).toBe('gates/other.yml');
    symlinkSync('gates', at('policies'));
    expect(workspace.pathOf(join(link, 'policies/gate.yml'))).toBe('policies/gate.yml');
  });
});
