/** `skewgate run`: judges a release. */
import { cachedAt } from '../gate.js';
import { type Command, optional } from './command.js';
import { JUDGED, judge, SHOWN } from './judging.js';
import { CACHE } from './options.js';

export const run: Command = {
  name: 'run',
  does: [
    'judge the release; out (inside the workspace) gets report.json, summary.md and report.html; cache keeps embeddings,',
    'so that the next run makes only what is new; REF: the branch, tag or commit whose policy, and whose past of the',
    'release, judge; --quiet: the result alone;',
    'N: threads, by default one a core (up to 8) where a run is large; the verdict is the same to the byte',
  ],
  options: { ...JUDGED, cache: CACHE, state: { value: 'DIR', example: 'state' }, ...SHOWN },
  run: async (values, host) => {
    const state = optional(values, 'state');
    return judge(values, host, {
      ...(state === undefined ? {} : { state }),
      ...cachedAt(optional(values, 'cache')),
    });
  },
};
