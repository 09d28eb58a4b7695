/** The sweep by columns of scores, which stand in the rows: nothing is embedded, and no drift is measured. */

import type { EvalSet } from '../../data/evalset/evalset.js';
import type { WantedScore } from '../../data/evalset/given-scores.js';
import { columnOfVersion, type NamedColumn, type ScoreRelease } from '../../documents/release/release.js';
import { list, quoted } from '../../lib/text.js';
import { alikeScores } from './alike-scores.js';
import { type ColumnSource, readColumns } from './column-source.js';
import { type PairPlan, planPairs, type SweptRange, type VersionPair } from './pairs.js';
import { checkFinite } from './score-column.js';
import type { Sweep, SweepOptions } from './sweep.js';

/**
 * The columns that a sweep reads of the rows. The aligned ones split a change, and a version without one has no split;
 * all others must be there.
 */
export function wantedScores({ scores, chain }: ScoreRelease, { from, to }: SweptRange): WantedScore[] {
  const { column, aligned, olderQuery } = scores;
  const wanted = (named: NamedColumn | undefined, first: number, last: number, what: (version: string) => string) =>
    named
      ? chain.slice(first, last + 1).map((version) => ({
          name: columnOfVersion(named, version),
          place: named.place,
          what: what(quoted(version)),
          optional: named === aligned,
        }))
      : [];
  return [
    ...wanted(column, 0, Math.max(to, 0), (version) => `scores with items of ${version}`),
    ...wanted(olderQuery, 1, -from, (version) => `scores of query version ${version}`),
    ...wanted(aligned, 1, Math.max(to, -from), (version) => `scores with both sides at ${version}`),
  ];
}

/** Says which versions have no aligned scores, so that their change is not split. */
export function unalignedNotices(
  { scores, chain }: ScoreRelease,
  evalSet: EvalSet,
  { from, to }: SweptRange,
): string[] {
  const { aligned } = scores;
  if (!aligned) return [];
  const missing = chain
    .slice(1, Math.max(to, -from) + 1)
    .map((version) => columnOfVersion(aligned, version))
    .filter((name) => !evalSet.scores?.has(name));
  if (missing.length === 0) return [];
  return [
    `the rows have no ${list(missing.map(quoted), 4)}: at these distances a change is not split into age and ` +
      'incompatibility.',
  ];
}

/** Tells whether the rows have the scores of M[v, v], v the version of an age. */
export function agedScores({ scores: { aligned }, chain }: ScoreRelease, evalSet: EvalSet): (age: number) => boolean {
  return (age) => aligned !== undefined && evalSet.scores?.has(columnOfVersion(aligned, chain[age] ?? '')) === true;
}

/** Refuses a release that lacks the scale, or the bias, of a query version that is scored. ConfigError. */
export function requireScales(release: ScoreRelease, evalSet: EvalSet, range: SweptRange): void {
  const { pairs } = planPairs(agedScores(release, evalSet), { ...range, anchors: 1 });
  for (const { query } of pairs) {
    release.score.scale(release.chain[query]!);
    release.score.bias(release.chain[query]!);
  }
}

/** Every pair of versions as the rows have it, with the release's scale and bias. */
export function sweepColumns(evalSet: EvalSet, release: ScoreRelease, options: SweepOptions): Sweep {
  const { pairs, ...plan } = planColumns(evalSet, release, options);
  options.onProgress({ stage: 'scores', detail: 'columns of the rows', total: pairs.length, unit: 'columns' });
  const { columns, positiveRows } = readColumns(evalSet, columnSources(release, pairs), options.positions);
  for (const column of columns) checkFinite(column.scores, evalSet, release, column);
  return {
    ...plan,
    columns,
    drift: new Map(),
    positiveRows,
    embedded: { query: 0, item: 0 },
    alike: alikeScores(columns, plan.current, (k) => versionNames(release, k)),
    notices: [],
  };
}

/** The pairs of versions that the rows have columns of. */
export function planColumns(
  evalSet: EvalSet,
  release: ScoreRelease,
  options: Parameters<typeof planPairs>[1],
): PairPlan {
  return planPairs(agedScores(release, evalSet), options);
}

export function columnSources(release: ScoreRelease, pairs: readonly VersionPair[]): ColumnSource[] {
  const { link, scale, bias } = release.score;
  return pairs.map((pair) => {
    const version = release.chain[pair.query]!;
    return { ...pair, name: nameOf(pair, release), factor: scale(version), offset: bias(version), link };
  });
}

/** The name of a pair's column. */
function nameOf({ query, item }: VersionPair, { scores, chain }: ScoreRelease): string {
  const [named, age] =
    query === 0 ? [scores.column, item] : item === 0 ? [scores.olderQuery, query] : [scores.aligned, item];
  if (!named) throw new Error(`no column of scores for versions ${query} and ${item} steps behind`);
  return columnOfVersion(named, chain[age]!);
}

/** The version and the column at a distance of the sweep, for messages. */
export function versionNames(release: ScoreRelease, k: number): { readonly version: string; readonly column: string } {
  const pair = k >= 0 ? { query: 0, item: k } : { query: -k, item: 0 };
  return { version: release.chain[Math.abs(k)]!, column: nameOf(pair, release) };
}
