/** The section explains a sweep: the reading of the item tower's drift, and the figures behind it. */

import type { DriftEntry, SweepReport } from '../../checks/check-report.js';
import { wholePercent } from '../../checks/measurement.js';
import { formatValue } from '../../verdict/format.js';
import type { ViewSection, ViewTable } from './model.js';
import { ABSENT, PARTS } from './words.js';

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
  'of',
  'reading',
];

const MEANINGS =
  'displacement: how far an item’s vector moved, by its length; after rotation: the same once the whole space is turned ' +
  'back (orthogonal Procrustes); CKA: likeness of the two spaces however they are turned, 1 is alike; norm ratio: ' +
  'squared lengths of the vectors against now; offset and scale: level and spread of the scores within a request ' +
  'against now, the level in standard deviations; neighbours kept: share of the nearest items that still are; repairs: share of the loss, ' +
  'or of the part of it that is incompatibility, which a map of that kind wins back (docs/drift.md)';

function tableOf(drift: readonly DriftEntry[]): ViewTable {
  return {
    details: 'Drift of the item tower against the live version',
    note: MEANINGS,
    columns: TITLES.map((title) => ({ title })),
    rows: drift.map((d) => ({
      cells: [
        String(d.distance),
        ...[d.displacement, d.procrustesResidual, d.cka, d.normRatio, d.offsetSd, d.scaleRatio].map(figure),
        figure(d.neighbourOverlap),
        ...repairsOf(d),
        d.reading,
      ],
    })),
  };
}

function figure(value: number): string {
  return Number.isFinite(value) ? formatValue(value) : ABSENT;
}

/** Shares that maps repair, and what they are shares of: the same as in the reading and in the picture. */
function repairsOf({ alignable }: DriftEntry): string[] {
  if (!alignable) return [ABSENT, ABSENT, ABSENT, ABSENT];
  const { scale, orthogonal, linear } = alignable.ofIncompatible ?? alignable;
  return [...[scale, orthogonal, linear].map(share), alignable.ofIncompatible ? PARTS.incompatibility : 'the loss'];
}

function share(value: number): string {
  return Number.isFinite(value) ? wholePercent(value) : ABSENT;
}
