/** Options and arguments that commands which judge a release have in common. */

import type { CommandHost, ExitStatus } from '../gate.js';
import { type GateArguments, gate } from '../gate.js';
import { originNamed } from '../host/base-policy.js';
import { openThreads } from '../host/threads.js';
import { type CommandOption, optional, required, type Values } from './command.js';
import { POLICY, RELEASE } from './options.js';

export const JUDGED = {
  policy: { ...POLICY, required: true },
  release: { ...RELEASE, required: true },
  out: { value: 'DIR', example: 'skewgate-report', reportFolder: true },
  format: { value: 'text|json', choices: ['text', 'json'] },
  'policy-ref': { value: 'REF', example: 'origin/main' },
} as const satisfies Readonly<Record<string, CommandOption>>;

export const SHOWN = {
  threads: { value: 'N', example: '2' },
  quiet: {},
} as const satisfies Readonly<Record<string, CommandOption>>;

/** Judges as the values of these options say. @param more what the command adds of its own */
export function judge(values: Values, host: CommandHost, more: Partial<GateArguments>): Promise<ExitStatus> {
  const out = optional(values, 'out');
  const ref = optional(values, 'policy-ref');
  const threads = optional(values, 'threads');
  if (threads !== undefined) openThreads(threads);
  const args = {
    policy: required(values, 'policy'),
    release: required(values, 'release'),
    ...(out === undefined ? {} : { out }),
    ...(ref === undefined ? {} : { origin: originNamed(host.workspace, ref) }),
    ...more,
  };
  return gate(args, host.showing(values.format === 'json' ? 'json' : 'text', values.quiet === true));
}
