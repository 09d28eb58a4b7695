/** The Action's inputs, as the runner hands them over: in the environment, under their names in capitals. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../src/errors.js';
import { enter, loadInputs } from '../../src/host/inputs.js';

const FILES = { policy: 'gates/a.yml', release: 'models/b.yml' };

let printed = '';
const before = process.cwd();
beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  process.chdir(before);
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

function given(inputs: Record<string, string>): void {
  for (const [name, value] of Object.entries(inputs)) vi.stubEnv(`INPUT_${name.toUpperCase()}`, value);
}

describe('what is left out', () => {
  it('is left to the event, to the policy or to nobody', () => {
    given(FILES);
    expect(loadInputs()).toEqual({ ...FILES, out: 'skewgate-report', token: '', comment: false });
  });

  it.each(['policy', 'release'] as const)('is an error where it is the %s, with its right form', (name) => {
    given({ ...FILES, [name]: '' });
    expect(loadInputs).toThrow(ConfigError);
    expect(loadInputs).toThrow(new RegExp(`no input "${name}".*Write: with: {${name}: .*\\.yml}`));
  });

  it('is policy and release where a report is posted', () => {
    given({ 'post-report': 'from/report.json', token: 't' });
    expect(loadInputs()).toMatchObject({ policy: '', release: '', postReport: 'from/report.json', token: 't' });
  });
});

describe('what is given', () => {
  it('comes as it is, without the space around it', () => {
    given({
      ...FILES,
      policy: '  gates/a.yml ',
      'policy-ref': 'v1.2',
      'check-name': 'readiness',
      'report-dir': 'out/here',
      'cache-dir': ' /tmp/kept ',
      comment: 'true',
    });
    expect(loadInputs()).toEqual({
      ...FILES,
      out: 'out/here',
      policyRef: 'v1.2',
      checkName: 'readiness',
      cacheDir: '/tmp/kept',
      token: '',
      comment: true,
    });
  });

  it.each(['yes', 'True', '1'])('comment: %s is neither true nor false', (comment) => {
    given({ ...FILES, comment });
    expect(loadInputs).toThrow(`comment "${comment}"; expected true or false`);
  });
});

describe('on entering', () => {
  it('the token is masked before anything else is printed', () => {
    given({ token: 'secret', 'working-directory': '/nowhere/at/all' });
    expect(enter).toThrow(/working-directory "\/nowhere\/at\/all", which is no folder/);
    expect(printed).toMatch(/^::add-mask::secret\r?\n$/);
  });

  it('nothing is masked where there is none', () => {
    given({ token: '' });
    expect(enter()).toBe('skewgate-report');
    expect(printed).toBe('');
  });

  it('paths start from the working directory', () => {
    const folder = realpathSync(mkdtempSync(`${tmpdir()}/skewgate-inputs-`));
    try {
      given({ 'working-directory': folder, 'report-dir': 'here' });
      expect(enter()).toBe('here');
      expect(process.cwd()).toBe(folder);
    } finally {
      process.chdir(before);
      rmSync(folder, { recursive: true });
    }
  });

  it('a run that posts a report has no folder for one', () => {
    given({ 'post-report': 'report.json' });
    expect(enter()).toBeUndefined();
  });
});
