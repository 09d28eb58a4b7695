/** Version distances of an index whose manifest says how many items it holds of each version. */
import { readFileSync } from 'node:fs';
import type { Histogram } from '../../documents/policy/policy.js';
import type { Release } from '../../documents/release/release.js';
import { DataError, type Problem } from '../../errors.js';
import { doubledKey, parseExactJson } from '../../lib/json.js';
import { didYouMean, list, printable, quoted } from '../../lib/text.js';
import { pointerProblem } from '../artefacts/pointers.js';
import { encodingProblem } from '../tables/text-file.js';
import { nonEmpty, Tally } from './tally.js';

interface ManifestEntry {
  readonly item_version?: unknown;
  readonly items?: unknown;
  readonly exposure?: unknown;
  readonly [key: string]: unknown;
}

/** Versions in the index, seen from the live query version; weighed by exposure where it is given, else by items. */
export function fromManifest(
  path: string,
  shown: string,
  value: string,
  by: string | undefined,
  release: Release,
  notices: string[],
): Map<string, Histogram> {
  const entries = parseManifest(path, shown);
  const problems: Problem[] = [];
  const tally = new Tally();
  const live = release.versions.indexOf(release.live);
  const weigher = entries.every((entry) => typeof entry.exposure === 'number') ? 'exposure' : 'items';
  if (weigher === 'items')
    notices.push(
      `${shown}: weighed by items, not by exposure. Items that are shown more often are usually fresher or staler ` +
        'than the average one: give exposure.',
    );
  for (const [i, entry] of entries.entries()) {
    const key = by !== undefined && entry[by] !== undefined ? String(entry[by]) : value;
    if (value !== '' && key !== value) continue;
    const problem = (found: string, expected: string, mend?: string) =>
      problems.push({ place: { file: shown }, found, expected, ...(mend === undefined ? {} : { mend }) });
    if (by !== undefined && value === '' && entry[by] === undefined)
      problem(`entry ${i + 1} without ${quoted(by)}`, 'the slice value of every entry');
    const version = String(entry.item_version ?? '');
    const index = release.versions.indexOf(version);
    if (index < 0) {
      const near = didYouMean(version, release.versions);
      problem(
        `entry ${i + 1} with item_version ${quoted(version)}`,
        `a version of ${release.path}: ${list(release.versions)}`,
        near && `Did you mean "${near}"?`,
      );
    }
    const weight = weightOf(entry[weigher]);
    if (weight === undefined)
      problem(`entry ${i + 1} with ${weigher} ${quoted(numberOf(entry[weigher]))}`, 'a number of 0 or above');
    else tally.add(key, index - live, weight);
  }
  if (problems.length > 0) throw new DataError(problems);
  return nonEmpty(tally.normalised(), shown, value);
}

function numberOf(written: unknown): unknown {
  return typeof written === 'bigint' ? Number(written) : written;
}

/** A number of 0 or above; undefined for anything else. */
function weightOf(written: unknown): number | undefined {
  const weight = numberOf(written);
  return typeof weight === 'number' && weight >= 0 && Number.isFinite(weight) ? weight : undefined;
}

/** The entries of a manifest's file. DataError where it is no JSON list of objects. */
function parseManifest(path: string, shown: string): ManifestEntry[] {
  const pointer = pointerProblem(path, shown);
  if (pointer) throw new DataError([pointer]);
  const bytes = readFileSync(path);
  const encoding = encodingProblem(bytes, shown, () => undefined);
  if (encoding) throw new DataError([encoding]);
  const text = bytes.toString('utf8');
  let parsed: unknown;
  try {
    parsed = parseExactJson(text);
  } catch (error) {
    throw new DataError([
      {
        place: { file: shown },
        found: `JSON that cannot be read (${printable((error as Error).message)})`,
        expected: 'a list of {item_version, items}',
      },
    ]);
  }
  const doubled = doubledKey(text);
  if (doubled)
    throw new DataError([
      { place: { file: shown }, found: `key ${quoted(doubled.key)} twice in one entry`, expected: 'every key once' },
    ]);
  if (
    Array.isArray(parsed) &&
    parsed.every((entry) => typeof entry === 'object' && entry !== null && !Array.isArray(entry))
  )
    return parsed as ManifestEntry[];
  throw new DataError([
    {
      place: { file: shown },
      found: 'JSON of another shape',
      expected: 'a list of entries',
      mend: 'Write: [{"item_version": "v42", "items": 1000000}]',
    },
  ]);
}
