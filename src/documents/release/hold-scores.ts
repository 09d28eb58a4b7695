/** Holds what a release's scores are read from to what was published: towers stay towers, columns keep their names. */
import { printable, quoted } from '../../lib/text.js';
import type { YamlSource } from '../yaml/source.js';
import type { ReleaseFile, WrittenScoreColumns } from './release-file.js';

/** The source of a published release's scores. */
export interface PastSource {
  /** As messages call the commit. */
  readonly commit: string;
  /** Path of the release as shown. */
  readonly shown: string;
  /** Of its columns, as far as they are texts; undefined where it has none. */
  readonly scores?: Readonly<Partial<Record<keyof WrittenScoreColumns, string>>>;
  /** True where some tower names its files. */
  readonly hasTowers: boolean;
}

const KEYS = ['column', 'aligned', 'older_query'] as const;
const MEND = 'Change it on the base branch first, judged with policy-ref: head.';

/** The columns of a release that no schema has been held against. */
export function pastScores(written: Record<string, unknown> | undefined): PastSource['scores'] {
  if (!written) return undefined;
  return Object.fromEntries(
    KEYS.flatMap((key) => (typeof written[key] === 'string' ? [[key, written[key]] as const] : [])),
  );
}

/** Notes where versions that were published are scored from elsewhere now. Problems go to the source's. */
export function holdSource(past: PastSource, raw: ReleaseFile, source: YamlSource): void {
  const expected = (what: string) =>
    `${what}, as ${past.commit} has it for versions that are published (${past.shown})`;
  if (raw.scores && past.hasTowers)
    source.problem(
      source.keyPlace(['scores']),
      'scores in place of towers',
      expected('query_tower and item_tower'),
      MEND,
    );
  if (!raw.scores && past.scores && (raw.query_tower || raw.item_tower))
    source.problem(
      source.keyPlace([raw.item_tower ? 'item_tower' : 'query_tower']),
      'towers in place of scores',
      expected('scores'),
      MEND,
    );
  for (const key of KEYS) {
    const before = past.scores?.[key];
    const now = raw.scores?.[key];
    if (before === undefined || now === undefined || before === now) continue;
    source.problem(
      source.place(['scores', key]),
      `${quoted(now)}, where ${past.commit} has ${quoted(before)}`,
      expected(printable(`${key}: '${before}'`)),
      MEND,
    );
  }
}
