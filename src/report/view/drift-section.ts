/** The section explains a sweep: the reading of the item tower's drift, and the figures behind it. */

import type { DriftEntry, SweepReport } from '../../checks/check-report.js';
import { formatSize, formatValue } from '../../verdict/format.js';
import type { ViewSection, ViewTable } from './model.js';
import { ABSENT } from './words.js';

/**
 * The drift that production meets most; of several the nearest, and where production is not known the nearest of all.
 */
function driftToShow(check: SweepReport): DriftEntry | undefined {
  const mass = (distance: number) =>
    check.production.reduce((most, { histogram }) => Math.max(most, histogram.get(distance) ?? 0), 0);
  return check.drift.toSorted((a, b) => mass(b.distance) - mass(a.distance) || a.distance - b.distance)[0];
}

export function driftSection(check: SweepReport): ViewSection[] {
  const shown = driftToShow(check);
  const text = shown ? `distance ${shown.distance}: ${shown.reading}` : check.withoutDrift;
  if (text === undefined) return [];
  return [
    {
      kind: 'drift',
      title: 'Why',
      ...(check.verdict === 'pass' ? { minor: true as const } : {}),
      blocks: [
        { kind: 'sentences', sentences: [{ text }] },
        ...(shown ? [{ kind: 'table' as const, table: tableOf(check.drift) }] : []),
      ],
    },
  ];
}

const TITLES = [
  'distance',
  'displacement',
  'after rotation',
  'CKA',
  'norm ratio',
  'offset (sd)',
  'scale',
  'neighbours kept',
  'scale repairs',
  'orthogonal repairs',
  'linear repairs',
  'reading',
];

function tableOf(drift: readonly DriftEntry[]): ViewTable {
  return {
    details: 'Drift of the item tower against the live version',
    columns: TITLES.map((title) => ({ title })),
    rows: drift.map((d) => ({
      cells: [
        String(d.distance),
        ...[d.displacement, d.procrustesResidual, d.cka, d.normRatio, d.offsetSd, d.scaleRatio].map(figure),
        figure(d.neighbourOverlap),
        ...[d.alignable?.scale, d.alignable?.orthogonal, d.alignable?.linear].map(share),
        d.reading,
      ],
    })),
  };
}

function figure(value: number): string {
  return Number.isFinite(value) ? formatValue(value) : ABSENT;
}

function share(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? ABSENT : formatSize(value, 'relative');
}
