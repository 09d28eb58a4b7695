/** history.json: what the page and the tables show, as figures. */

import { snake } from '../../lib/snake-case.js';
import type { History, PastRun } from './model.js';

export const HISTORY_SCHEMA = 'skewgate.history/1';

/** Figures that are not known become null. */
export function renderHistoryJson({ timelines, left }: History): string {
  const written = {
    schema: HISTORY_SCHEMA,
    releases: timelines.map(({ release, policy, runs, notices }) => ({
      release,
      policy,
      notices,
      runs: runs.map(runOf),
    })),
    left_out: left,
  };
  return `${JSON.stringify(written, null, 2)}\n`;
}

function runOf({ waivers, worst, changes, levels, evidence, coverage, gap, ...run }: PastRun) {
  return {
    ...snake(run),
    waivers: waivers.map((waiver) => snake(waiver)),
    worst: worst ? snake(worst) : null,
    changes: changes.map((change) => snake(change)),
    levels: levels.map((level) => snake(level)),
    evidence: evidence.map((measure) => snake(measure)),
    coverage: coverage ? snake(coverage) : null,
    gap: gap ? { ...snake(gap), causes: gap.causes.map((cause) => snake(cause)) } : null,
  };
}
