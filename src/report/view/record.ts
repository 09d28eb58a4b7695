/** The record says what would help, what this change edits, and what the verdict rests on. */

import { sweepsOf } from '../../checks/check-report.js';
import { list, plural } from '../../lib/text.js';
import { formatHistogram, formatSize, formatSlice } from '../../verdict/format.js';
import type { Report } from '../../verdict/report-object.js';
import { isTrivial } from '../../verdict/urgency.js';
import type { JudgedCell, ViewSection } from './model.js';

/** The title of the cures, on every surface. */
export const HELP = 'What would help';

export function optionSection({ recommendation }: Report): ViewSection[] {
  if (recommendation.options.length === 0) return [];
  const items = recommendation.options.map(({ action, why, repair }) => ({
    term: action.replaceAll('_', ' '),
    text: why,
    ...(repair?.command === undefined ? {} : { command: repair.command }),
  }));
  return [{ kind: 'options', title: HELP, blocks: [{ kind: 'list', items }] }];
}

/** The difference that the change makes to the policy that judges it, and to what it is compared with. */
export function editSections({ policy, release }: Report): ViewSection[] {
  const edited = (
    kind: 'policy-edit' | 'comparison-edit',
    what: string,
    by: string,
    difference?: string,
  ): ViewSection[] =>
    difference === undefined
      ? []
      : [
          {
            kind,
            title: `This change edits ${what}`,
            blocks: [
              { kind: 'sentences', sentences: [{ text: `${by}; its edit counts from the next change on` }] },
              { kind: 'code', text: difference },
            ],
          },
        ];
  const { path } = policy;
  return [
    ...edited('policy-edit', 'the policy', `judged by the base commit’s ${path}`, policy.difference),
    ...edited(
      'comparison-edit',
      'what the candidate is compared with',
      'compared with the base commit’s',
      release.difference,
    ),
  ];
}

export function productionSection({ checks }: Report): ViewSection[] {
  const entries = sweepsOf(checks).flatMap(({ production }) => production);
  if (entries.length === 0) return [];
  const titles = ['slice', 'histogram', 'source', 'outside the sweep'];
  const rows = entries.map(({ slice, histogram, source, uncoveredMass }) => ({
    cells: [formatSlice(slice), formatHistogram(histogram), source, formatSize(uncoveredMass, 'relative')],
  }));
  return [
    {
      kind: 'production',
      title: 'Version distances in production',
      blocks: [{ kind: 'table', table: { columns: titles.map((title) => ({ title })), rows } }],
    },
  ];
}

export function checkpointSection({ release }: Report): ViewSection[] {
  if (release.scores) return [scoresSection(release.scores, release.chain)];
  if (release.checkpoints.length === 0) return [];
  const rows = release.checkpoints.map(({ tower, version, sha256 }) => ({ cells: [tower, version, sha256] }));
  const columns = ['tower', 'version', 'sha256'].map((title) => ({ title }));
  return [{ kind: 'checkpoints', title: 'Checkpoints', blocks: [{ kind: 'table', table: { columns, rows } }] }];
}

/** The columns of the rows that stand in the place of checkpoints; the digest of the rows pins them. */
function scoresSection(scores: NonNullable<Report['release']['scores']>, chain: readonly string[]): ViewSection {
  const { column, aligned, olderQuery } = scores;
  const rows = [
    { cells: ['query live, items at a version', column] },
    ...(aligned === undefined ? [] : [{ cells: ['both sides at a version', aligned] }]),
    ...(olderQuery === undefined ? [] : [{ cells: ['query at a version, items live', olderQuery] }]),
  ];
  const columns = ['scores', `column of the rows (${list(chain, 4)})`].map((title) => ({ title }));
  return { kind: 'checkpoints', title: 'Scores', blocks: [{ kind: 'table', table: { columns, rows } }] };
}

/** The notes say how much was judged, and how. */
export function footingOf(report: Report, cells: readonly JudgedCell[]): string[] {
  const { evalSet, checks, diagnosis, policy } = report;
  const rules = checks.reduce((sum, check) => sum + check.rules, 0);
  const confidence = `${Math.round(1000 * policy.confidence) / 10} %`;
  return [
    ...(evalSet ? [sizeOf(evalSet)] : []),
    ...(rules > 0 ? [`${plural(rules, 'rule')} → ${plural(cells.length, 'cell')}${besides(report)}`] : []),
    ...(diagnosis?.gap ? [`a ledger of ${plural(diagnosis.gap.rows, 'row')}`] : []),
    `one-sided ${confidence} bounds, clustered by query and item`,
    ...(rules > 0 ? ['failures after Holm’s correction for how many cells are judged'] : []),
  ];
}

/** Findings of report.json that are no cells: changes against distance 0 at distance 0 itself. */
function besides({ checks }: Report): string {
  const trivial = checks.flatMap(({ findings }) => findings).filter(isTrivial).length;
  if (trivial === 0) return '';
  const are = trivial === 1 ? 'is a change' : 'are changes';
  return ` (and ${plural(trivial, 'finding')} in report.json that ${are} at distance 0, which ${trivial === 1 ? 'is' : 'are'} 0 by definition)`;
}

function sizeOf({ rows, positives, queries, items, rankedCatalogue }: NonNullable<Report['evalSet']>): string {
  return [
    plural(rows, 'row'),
    plural(positives, 'positive'),
    plural(queries, 'query', 'queries'),
    plural(items, 'item'),
    ...(rankedCatalogue === undefined ? [] : [`rankings over a catalogue of ${plural(rankedCatalogue, 'item')}`]),
  ].join(', ');
}

export function digestsOf({ policy, release }: Report): string[] {
  return [`policy ${policy.sha256.slice(0, 12)}`, `release ${release.sha256.slice(0, 12)}`];
}
