/** The Action's inputs, read and checked once. */
import { chdir } from 'node:process';
import * as core from '@actions/core';
import { ConfigError } from '../errors.js';
import { quoted } from '../lib/text.js';

export interface Inputs {
  readonly policy: string;
  readonly release: string;
  readonly out: string;
  /** base, head, or the name of a branch, tag or commit; undefined: what the event asks for. */
  readonly policyRef?: string;
  readonly checkName?: string;
  /** The folder that keeps vectors from run to run. */
  readonly cacheDir?: string;
  /** Empty: the check run and the comment are left out. */
  readonly token: string;
  readonly comment: boolean;
  /** A report.json to post in place of judging: the second half of the fork recipe. */
  readonly postReport?: string;
}

/**
 * Masks the token and goes to the working directory. Returns the folder of this run's report; undefined where a report
 * is posted.
 */
export function enter(): string | undefined {
  // Before anything is printed: whatever happens later, the runner masks it.
  const token = core.getInput('token');
  if (token !== '') core.setSecret(token);
  const folder = core.getInput('working-directory');
  if (folder !== '') {
    try {
      chdir(folder);
    } catch {
      throw new ConfigError([
        { found: `working-directory ${quoted(folder)}, which is no folder`, expected: 'a folder of the checkout' },
      ]);
    }
  }
  return core.getInput('post-report') === '' ? reportDir() : undefined;
}

function reportDir(): string {
  return core.getInput('report-dir') || 'skewgate-report';
}

/** After `enter`. */
export function loadInputs(): Inputs {
  const token = core.getInput('token');
  const comment = core.getInput('comment') || 'false';
  if (comment !== 'true' && comment !== 'false')
    throw new ConfigError([{ found: `comment ${quoted(comment)}`, expected: 'true or false' }]);
  const policyRef = core.getInput('policy-ref');
  const checkName = core.getInput('check-name');
  const postReport = core.getInput('post-report');
  const cacheDir = core.getInput('cache-dir');
  return {
    policy: postReport === '' ? required('policy', 'gates/my-model.yml') : '',
    release: postReport === '' ? required('release', 'models/my-model.yml') : '',
    ...(postReport === '' ? {} : { postReport }),
    out: reportDir(),
    ...(policyRef === '' ? {} : { policyRef }),
    ...(checkName === '' ? {} : { checkName }),
    ...(cacheDir === '' ? {} : { cacheDir }),
    token,
    comment: comment === 'true',
  };
}

function required(name: string, form: string): string {
  const value = core.getInput(name);
  if (value !== '') return value;
  throw new ConfigError([
    { found: `no input ${quoted(name)}`, expected: 'the path of a YAML file', mend: `Write: with: {${name}: ${form}}` },
  ]);
}
