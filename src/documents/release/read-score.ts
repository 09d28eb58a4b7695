/** Reads the release's `score`, which turns two embeddings into a prediction. */
import { ConfigError } from '../../errors.js';
import { list, quoted } from '../../lib/text.js';
import type { Path, YamlSource } from '../yaml/source.js';
import { own } from './reading.js';
import type { ScoreSpec } from './release.js';
import type { WrittenPerVersion, WrittenScore } from './release-file.js';

const AT: Path = ['score'];

/** @param versions all that the release lists */
export function readScore(raw: WrittenScore = {}, versions: readonly string[], source: YamlSource): ScoreSpec {
  return {
    similarity: raw.similarity ?? 'dot',
    link: raw.link ?? 'sigmoid',
    scale: perVersion('scale', raw.scale ?? 1, versions, source),
    bias: perVersion('bias', raw.bias ?? 0, versions, source),
    place: source.place(AT),
  };
}

/** A number by the query side's version, which throws a ConfigError for one that is not written. */
function perVersion(
  key: 'scale' | 'bias',
  written: WrittenPerVersion,
  versions: readonly string[],
  source: YamlSource,
): (version: string) => number {
  if (typeof written === 'number') {
    if (key === 'scale' && written === 0) zeroScale([...AT, key], source);
    return () => written;
  }
  for (const [version, value] of Object.entries(written)) {
    if (key === 'scale' && value === 0) zeroScale([...AT, key, version], source);
    if (!versions.includes(version))
      source.problem(
        source.keyPlace([...AT, key, version]),
        `${key} of ${quoted(version)}, which \`versions\` does not list`,
        `one of ${list(versions)}`,
      );
  }
  return (version) => {
    const value = own(written, version);
    if (value !== undefined) return value;
    throw new ConfigError([
      {
        place: source.place([...AT, key]),
        found: `no ${key} of query version ${quoted(version)}`,
        expected: 'a number for every query version that is scored',
        mend: `Write: ${key}: {${version}: 1}`,
      },
    ]);
  };
}

function zeroScale(path: Path, source: YamlSource): void {
  source.problem(source.place(path), 'scale 0, which makes every score the same', 'a number other than 0');
}
