/** The map between two versions: measured, chosen, written where it is worth it. */
import type { Workspace } from '../data/artefacts/files.js';
import { readPolicy } from '../documents/policy/read.js';
import { readRelease } from '../documents/release/read.js';
import { ConfigError } from '../errors.js';
import type { Progress } from '../lib/progress.js';
import { printable } from '../lib/text.js';
import type { MapAsked } from './asked.js';
import { chooseMap } from './decide.js';
import { filesOf, graphOf, MAP_FOLDER } from './files.js';
import { measureMaps } from './measure.js';
import { repairsOf } from './repairs.js';
import { heldRules } from './rules.js';
import { graphInWords, leadInWords, repairTable, rulesInWords, worseInWords } from './words.js';

export interface MapArguments extends MapAsked {
  readonly policy: string;
  readonly release: string;
  /** Folder for map.npy, map.onnx and map.json. */
  readonly out: string;
}

export interface MapResult {
  /** False where no map repairs what is worth it: then nothing is written. */
  readonly written: boolean;
  readonly lines: readonly string[];
}

/** Files of an earlier map are gone before anything is measured. */
export async function mapVersions(args: MapArguments, workspace: Workspace, progress: Progress): Promise<MapResult> {
  MAP_FOLDER.prepare(args.out, workspace);
  progress({ stage: 'reading', detail: args.policy });
  const { skew, path } = readPolicy(args.policy, workspace);
  if (!skew)
    throw new ConfigError([
      {
        place: { file: path },
        found: 'no sweep, by whose metrics a map is judged',
        expected: 'checks.version-skew with a sweep and rules',
      },
    ]);
  progress({ stage: 'reading', detail: args.release });
  const release = await readRelease(args.release, skew, workspace);
  if (!release.towers)
    throw new ConfigError([
      {
        place: { file: release.path },
        found: 'columns of scores in place of towers',
        expected: 'towers, or vectors by id, on whose item vectors a map is fitted',
      },
    ]);
  const measured = await measureMaps(skew, release, args, workspace, progress);
  if ('why' in measured) return nothing(args, `no map can be fitted: ${measured.why}`);
  const chosen = chooseMap(measured);
  if ('why' in chosen) return nothing(args, chosen.why);
  const repairs = repairsOf(measured, chosen.kind);
  const held = heldRules(measured, chosen.kind);
  const paths = MAP_FOLDER.put(filesOf(measured, chosen, { repairs, held }), args.out, workspace);
  const graph = graphOf(measured, chosen);
  return {
    written: true,
    lines: [
      leadInWords(measured, chosen),
      '',
      `Changes against distance 0, with one-sided bounds at ${100 * skew.versionSkew.confidence} %; every item by a map fitted on others`,
      ...repairTable(repairs),
      ...worseInWords(repairs),
      ...rulesInWords(held, measured),
      '',
      `Wrote ${paths.onnx}: ${graphInWords(graph)}`,
      `      ${paths.npy}: query @ map, float64`,
      `      ${paths.json}: what it repairs, and the digests of the checkpoints that it is between`,
    ],
  };
}

function nothing({ from, to }: MapAsked, why: string): MapResult {
  return { written: false, lines: [`Nothing written: from ${printable(from)} to ${printable(to)} ${why}.`] };
}
