/** Reads a release's `scores`: columns of the eval set's rows in the place of towers. */
import { quoted } from '../../lib/text.js';
import type { SkewPolicy } from '../policy/policy.js';
import type { YamlSource } from '../yaml/source.js';
import type { NamedColumn, ScoreColumns } from './release.js';
import type { ReleaseFile, WrittenScoreColumns } from './release-file.js';

const AT = 'scores';
const KEYS = ['column', 'aligned', 'older_query'] as const;
/** As each key is written. */
const FORMS = {
  column: 'score_{version}',
  aligned: 'aligned_{version}',
  older_query: 'older_query_{version}',
} as const;

/** Reads the columns; problems, also those of a sweep that they cannot give, are added to the source's. */
export function readScoreColumns(raw: WrittenScoreColumns, policy: SkewPolicy, source: YamlSource): ScoreColumns {
  const named = (key: (typeof KEYS)[number]): NamedColumn | undefined => {
    const template = raw[key];
    return template === undefined ? undefined : { template, place: source.place([AT, key]) };
  };
  templateProblems(raw, source);
  sweepProblems(raw, policy, source);
  const [aligned, olderQuery] = [named('aligned'), named('older_query')];
  return {
    column: { template: raw.column, place: source.place([AT, 'column']) },
    ...(aligned ? { aligned } : {}),
    ...(olderQuery ? { olderQuery } : {}),
    place: source.keyPlace([AT]),
  };
}

/** Notes what a release cannot have beside scores. */
export function besideScores(raw: ReleaseFile, source: YamlSource): void {
  for (const key of ['query_tower', 'item_tower'] as const)
    if (raw[key] !== undefined)
      source.problem(
        source.keyPlace([key]),
        `${key} beside scores`,
        'towers, or columns that hold what they would score',
        `Remove scores, or query_tower and item_tower.`,
      );
  const similarity = raw.score?.similarity;
  if (similarity !== undefined && similarity !== 'dot')
    source.problem(
      source.place(['score', 'similarity']),
      `similarity: ${similarity} beside scores, whose columns hold the similarity itself`,
      'no similarity, or dot',
      'Remove it; link, scale and bias apply to the columns as they stand.',
    );
}

/** One column a version, and another a key. */
function templateProblems(raw: WrittenScoreColumns, source: YamlSource): void {
  const written = new Map<string, string>();
  for (const key of KEYS) {
    const template = raw[key];
    if (template === undefined) continue;
    if (!template.includes('{version}'))
      source.problem(
        source.place([AT, key]),
        `a column without {version}: ${quoted(template)}`,
        'one column a version',
        `Write: ${key}: '${FORMS[key]}'`,
      );
    const before = written.get(template);
    if (before !== undefined)
      source.problem(
        source.place([AT, key]),
        `${quoted(template)}, which is ${before} too`,
        'columns of its own for each pair of versions',
        `Write: ${key}: '${FORMS[key]}'`,
      );
    written.set(template, key);
  }
}

/** Pairs of versions that a sweep asks for and no column can hold. */
function sweepProblems(raw: WrittenScoreColumns, { path, versionSkew }: SkewPolicy, source: YamlSource): void {
  const { from, anchors, sweepPlace } = versionSkew;
  const place = source.keyPlace([AT]);
  if (from < 0 && raw.older_query === undefined)
    source.problem(
      place,
      `scores without older_query, where the sweep of ${path}:${sweepPlace.line} starts at distance ${from}`,
      'the scores of older query versions with the live items, as a negative distance is theirs',
      `Write: scores: {column: '${raw.column}', older_query: '${FORMS.older_query}'}, or sweep: {from: 0, …}`,
    );
  if (anchors > 1)
    source.problem(
      place,
      `scores, where the sweep of ${path}:${sweepPlace.line} is repeated for ${anchors} live versions (anchors)`,
      'towers, as older query versions are scored with items older still, which no column of scores holds',
      'Remove anchors and claim: family from the policy, or give query_tower and item_tower.',
    );
}
