/** The Action's inputs, read and checked once. */
import { chdir } from 'node:process';
import * as core from '@actions/core';
import { ConfigError } from '../errors.js';
import type { GateArguments } from '../gate.js';
import { quoted } from '../lib/text.js';

/** Inputs of the contract that come with the pull-request integration. */
const NOT_BUILT = ['policy-ref', 'check-name', 'token'];

export function loadInputs(): GateArguments {
  for (const name of NOT_BUILT)
    if (core.getInput(name) !== '')
      throw new ConfigError([
        {
          found: `input ${quoted(name)}, which this version does not build yet`,
          expected: 'no such input',
          mend: 'Remove it: this version judges the policy of the checkout and annotates by workflow command, without a token.',
        },
      ]);
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
  return {
    policy: required('policy', 'gates/my-model.yml'),
    release: required('release', 'models/my-model.yml'),
    out: core.getInput('report-dir') || 'skewgate-report',
    policyFrom: 'head',
  };
}

function required(name: string, form: string): string {
  const value = core.getInput(name);
  if (value !== '') return value;
  throw new ConfigError([
    { found: `no input ${quoted(name)}`, expected: 'the path of a YAML file', mend: `Write: with: {${name}: ${form}}` },
  ]);
}
