/** The runs of a timeline as a table of the view: the last first. */

import { plural } from '../../lib/text.js';
import { formatMass, formatValue } from '../../verdict/format.js';
import type { OverallVerdict } from '../../verdict/report-object.js';
import type { Mark, ViewTable } from '../view/model.js';
import { typesetAll } from '../view/typography.js';
import { withWaivers } from '../view/waivers.js';
import { ABSENT, VERDICTS } from '../view/words.js';
import type { PastRun, PastWaiver, Timeline } from './model.js';
import { dayOf } from './timelines.js';

export const MARKS: Readonly<Record<OverallVerdict, Mark>> = {
  ready: 'pass',
  not_ready: 'fail',
  inconclusive: 'inconclusive',
};

/**
 * Figures that no run has have no column.
 *
 * @param whole changes at distance 1, bounds and the metrics themselves too, where there is room for them
 */
export function runTable({ runs }: Timeline, whole: boolean): ViewTable {
  const metrics = [...new Set(runs.flatMap(({ changes }) => changes.map(({ metric }) => metric)))];
  const changes = metrics.flatMap((metric) =>
    (whole ? (['1', 'production'] as const) : (['production'] as const)).map((at) => ({
      title: whole ? `${metric} at ${at === '1' ? 'distance 1' : at}` : metric,
      align: 'right' as const,
      of: (run: PastRun) => {
        const change = run.changes.find((one) => one.metric === metric && one.at === at);
        return change ? `${change.text}${whole ? ` ${change.bounds}` : ''}` : ABSENT;
      },
    })),
  );
  const levels = (whole ? metrics : []).map((metric) => ({
    title: `${metric} itself, in production`,
    align: 'right' as const,
    of: (run: PastRun) => {
      const value = run.levels.find((level) => level.metric === metric)?.production ?? Number.NaN;
      return Number.isFinite(value) ? formatValue(value) : ABSENT;
    },
  }));
  const measures = [...new Set(runs.flatMap(({ evidence }) => evidence.map(({ metric }) => metric)))].map((metric) => ({
    title: metric,
    align: 'right' as const,
    of: (run: PastRun) => {
      const measure = run.evidence.find((one) => one.metric === metric);
      return measure ? `${measure.text}${whole ? ` ${measure.bounds}` : ''}` : ABSENT;
    },
  }));
  const columns = [
    { title: 'began', of: dayOf },
    { title: 'version', of: ({ live }: PastRun) => live },
    { title: 'verdict', role: 'verdict' as const, of: wordOf },
    {
      title: 'margin used',
      align: 'right' as const,
      of: ({ worst }: PastRun) => (worst ? worst.text : ABSENT),
    },
    {
      title: 'by',
      ...(whole ? {} : { role: 'aside' as const }),
      of: ({ worst }: PastRun) => (worst ? `${worst.cell} (${worst.allowed})` : ABSENT),
    },
    ...changes,
    ...levels,
    ...measures,
    { title: 'rows with an embedding', align: 'right' as const, of: share(({ coverage }) => coverage?.rows) },
    { title: 'production within the sweep', align: 'right' as const, of: share(({ coverage }) => coverage?.mass) },
    { title: 'gap', align: 'right' as const, of: ({ gap }: PastRun) => gap?.text ?? ABSENT },
    { title: 'its causes', of: causesOf },
    {
      title: 'waived',
      ...(whole ? {} : { role: 'aside' as const }),
      of: whole ? (run: PastRun) => waiversOf(run) || ABSENT : waiversOf,
    },
  ];
  // A coverage that is whole at every run is not said where room is short.
  const silent = whole ? [ABSENT] : ['', ABSENT, formatMass(1)];
  const shown = columns.filter(({ of }) => runs.some((run) => !silent.includes(of(run))));
  return typesetAll({
    columns: shown.map(({ of: _, ...column }) => column),
    rows: runs.toReversed().map((run) => ({ mark: MARKS[run.verdict], cells: shown.map(({ of }) => of(run)) })),
  });
}

/** The verdict, and by how many waivers a run is ready: `Ready with 1 waiver`. */
export function wordOf(run: PastRun): string {
  return `${VERDICTS[run.verdict]}${withWaivers(run)}`;
}

/** Waivers in use and such as are over, each with its owner and its last day; empty where there is none. */
function waiversOf({ waivers }: PastRun): string {
  const told = waivers.filter(({ state }) => state === 'used' || state === 'expired');
  return told.map(waiverInWords).join('; ');
}

/** `log_loss max_increase on tier=large (1 cell) by ads-ranking, until 2026-12-31: the cluster is late`. */
export function waiverInWords({ state, what, cells, owner, until, reason }: PastWaiver): string {
  const end = state === 'expired' ? `expired, was until ${until}` : `until ${until}`;
  return `${what} (${plural(cells, 'cell')}) by ${owner}, ${end}: ${reason}`;
}

/** True of a run that is ready by a waiver alone. */
export function isWaived(run: PastRun): boolean {
  return withWaivers(run) !== '';
}

function share(of: (run: PastRun) => number | undefined): (run: PastRun) => string {
  return (run) => {
    const value = of(run) ?? Number.NaN;
    return Number.isFinite(value) ? formatMass(value) : ABSENT;
  };
}

/** Found causes with the shares of the gap that the report gives them, those of the steps where it gives none. */
function causesOf({ gap }: PastRun): string {
  if (!gap) return ABSENT;
  const found = gap.causes.filter(({ verdict }) => verdict === 'sufficient' || verdict === 'contributing');
  if (found.length === 0) return 'none found';
  return found
    .map(({ id, contribution, share }) => `${id} ${Math.round(100 * (share ?? contribution / gap.value))} %`)
    .join(', ');
}
