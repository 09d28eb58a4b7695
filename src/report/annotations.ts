/**
 * View → annotations: one where the release names the version, then one a rule at the policy line that set the
 * threshold, failures first.
 */
import type { Place } from '../errors.js';
import { inert, list, plural, printable } from '../lib/text.js';
import type { JudgedCell, View, WaiverView } from './view/model.js';
import { CELLS } from './view/words.js';

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly title: string;
  readonly message: string;
  readonly place?: Place;
}

/** Cells named in one annotation before the rest is counted. */
const WORST = 3;

/**
 * @param releasePlace where this change names the version that was judged; left out: the release's `live`
 */
export function annotationsOf(view: View, releasePlace: Place = view.head.place): Annotation[] {
  const rules = new Set(view.cells.filter(({ mark, waived }) => mark !== 'pass' && !waived).map(ruleKey));
  const annotations = [
    ...onRelease(view, releasePlace),
    ...[...rules].map((key) => onRule(view, key)),
    ...view.waivers.map((waiver) => onWaiver(view, waiver)),
  ];
  const order = { error: 0, warning: 1, notice: 2 };
  const shown = annotations.map(({ title, message, ...rest }) => ({
    ...rest,
    title: printable(title),
    message: message.split('\n').map(inert).join('\n'),
  }));
  return shown.sort((a, b) => order[a.level] - order[b.level]);
}

function ruleKey({ check, rule }: JudgedCell): string {
  return `${check} ${rule}`;
}

function onRule({ head, cells }: View, key: string): Annotation {
  const all = cells.filter((cell) => ruleKey(cell) === key);
  const open = all.filter(({ mark, waived }) => mark !== 'pass' && !waived);
  const worst = open[0]!; // a rule is looked at for one of its open cells
  const stops = worst.required && (worst.mark === 'fail' || head.openStops);
  return {
    level: stops ? 'error' : 'warning',
    title: `${worst.metric} ${CELLS[worst.mark].verb}: ${worst.allowed}`,
    message: [
      ...open.slice(0, WORST).map(describe),
      ...(open.length > WORST ? [`and ${plural(open.length - WORST, 'more cell')}`] : []),
      `${open.length} of ${plural(all.length, 'cell')} of this rule.`,
    ].join('\n'),
    // Lines of the base's policy are not those of a file that this change edits.
    ...(head.policyEdited ? {} : { place: worst.place }),
  };
}

/** On a waiver's own line: that it is in use, is over, or does nothing. */
function onWaiver({ head }: View, { state, findings, what, text, place }: WaiverView): Annotation {
  const over = head.conclusion === 'failure' ? 'error' : 'warning';
  const said = {
    used: { level: 'warning', title: 'Waived' },
    // One that nothing needs any more stops nobody: who edits the policy removes it.
    expired: { level: findings > 0 ? over : 'warning', title: 'An expired waiver' },
    not_needed: { level: 'notice', title: 'A waiver that is not needed' },
    cannot: { level: over, title: 'A waiver that cannot help' },
  } as const;
  const { level, title } = said[state];
  return { level, title: `${title}: ${what}`, message: text, ...(head.policyEdited ? {} : { place }) };
}

/** On the version that this change promotes: what is wrong with it, and by which lines. */
function onRelease({ head, cells }: View, place: Place): Annotation[] {
  if (head.verdict === 'ready') return [];
  const required = cells.filter((cell) => cell.required);
  const open = required.filter(({ mark }) => mark !== 'pass');
  const rules = [...new Set(open.map(({ place: at }) => `${at.file}:${at.line}`))];
  const count = `${open.length} of ${plural(required.length, 'required cell')} ${open.length === 1 ? 'does' : 'do'}`;
  // The headline, where no cell decided (a gap, an A/B), has the number that did.
  const summed = open.length > 0 ? [`${count} not pass, by ${list(rules, 6)}.`] : [];
  return [
    {
      level: head.conclusion === 'failure' ? 'error' : 'warning',
      title: `${head.live} ${head.verdict === 'not_ready' ? 'is not ready' : 'is not shown to be ready'}`,
      message: [
        head.headline,
        ...open.slice(0, WORST).map((cell) => `${cell.metric}, ${describe(cell)}, ${cell.allowed} (${cell.line})`),
        ...summed,
      ].join('\n'),
      place,
    },
  ];
}

function describe({ slice, at, measured, bounds, reason }: JudgedCell): string {
  return `${slice} at ${at}: ${measured} ${bounds}${reason === '' ? '' : ` (${reason})`}`;
}
