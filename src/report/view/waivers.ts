/** Waivers in words: of a cell, and each of the policy with what became of it. */

import type { Finding } from '../../checks/check-report.js';
import type { WaiverReport } from '../../checks/waivers.js';
import { plural } from '../../lib/text.js';
import { onSlice } from '../../verdict/format.js';
import type { Report } from '../../verdict/report-object.js';
import type { ViewSection, WaiverView } from './model.js';

/** `waived until 2026-12-31 by ads-ranking: the new cluster is late`. */
export function waivedInWords({ owner, reason, until }: NonNullable<Finding['waived']>): string {
  return `waived until ${until} by ${owner}: ${reason}`;
}

export function waiversOf({ waivers = [] }: Report): WaiverView[] {
  return waivers.map((waiver) => ({
    state: waiver.state,
    findings: waiver.findings,
    what: `${waivedOf(waiver)}, until ${waiver.until}`,
    text: `${waiver.owner}: ${waiver.reason} (${stateInWords(waiver)}; ${waiver.place.file}:${waiver.place.line})`,
    place: waiver.place,
  }));
}

/** The rule, and the slice where the waiver names one: `log_loss max_increase on tier=large`. */
export function waivedOf({ rule, slice }: Pick<WaiverReport, 'rule' | 'slice'>): string {
  return slice ? `${rule}${onSlice(slice) || ' on all rows'}` : rule;
}

function stateInWords({ state, findings }: WaiverReport): string {
  const cells = plural(findings, 'cell');
  return {
    used: `waives ${cells}`,
    expired:
      findings === 0
        ? 'expired, all that it names passes: remove it'
        : `expired, ${cells} ${findings === 1 ? 'counts' : 'count'} again`,
    not_needed: 'not needed, all that it names passes',
    cannot: 'covers nothing, as what it names was not measured',
  }[state];
}

/** Every waiver, those that are in use or over first. */
export function waiverSection(report: Report): ViewSection[] {
  const all = waiversOf(report);
  if (all.length === 0) return [];
  const order = { expired: 0, used: 1, cannot: 2, not_needed: 3 };
  const items = all.toSorted((a, b) => order[a.state] - order[b.state]).map(({ what, text }) => ({ term: what, text }));
  return [{ kind: 'waived', title: `Waivers (${all.length})`, blocks: [{ kind: 'list', items }] }];
}

interface WithWaivers extends Pick<Report, 'verdict'> {
  readonly waivers?: readonly Pick<WaiverReport, 'state'>[];
}

/** ` with 1 waiver`, after the word of a verdict; nothing where none is in use. */
export function withWaivers({ verdict, waivers = [] }: WithWaivers): string {
  const used = waivers.filter(({ state }) => state === 'used').length;
  return verdict === 'ready' && used > 0 ? ` with ${plural(used, 'waiver')}` : '';
}
