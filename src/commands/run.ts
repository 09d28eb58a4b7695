/** `skewgate run`: judges a release. */
import { cachedAt, gate } from '../gate.js';
import { originNamed } from '../host/base-policy.js';
import { openThreads } from '../host/threads.js';
import { type Command, optional, required } from './command.js';
import { CACHE, POLICY, RELEASE } from './options.js';

export const run: Command = {
  name: 'run',
  does: [
    'judge the release; out (inside the workspace) gets report.json, summary.md and report.html; cache keeps embeddings,',
    'so that the next run makes only what is new; REF: the branch, tag or commit whose policy, and whose past of the',
    'release, judge; --quiet: the result alone;',
    'N: threads, by default one a core (up to 8) where a run is large; the verdict is the same to the byte',
  ],
  options: {
    policy: { ...POLICY, required: true },
    release: { ...RELEASE, required: true },
    out: { value: 'DIR', example: 'skewgate-report', reportFolder: true },
    format: { value: 'text|json', choices: ['text', 'json'] },
    'policy-ref': { value: 'REF', example: 'origin/main' },
    cache: CACHE,
    threads: { value: 'N', example: '2' },
    state: { value: 'DIR', example: 'state' },
    quiet: {},
  },
  async run(values, host) {
    const out = optional(values, 'out');
    const ref = optional(values, 'policy-ref');
    const state = optional(values, 'state');
    const threads = optional(values, 'threads');
    if (threads !== undefined) openThreads(threads);
    const args = {
      policy: required(values, 'policy'),
      release: required(values, 'release'),
      ...(out === undefined ? {} : { out }),
      ...(state === undefined ? {} : { state }),
      ...cachedAt(optional(values, 'cache')),
      ...(ref === undefined ? {} : { origin: originNamed(host.workspace, ref) }),
    };
    return gate(args, host.showing(values.format === 'json' ? 'json' : 'text', values.quiet === true));
  },
};
