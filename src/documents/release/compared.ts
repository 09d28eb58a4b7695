/**
 * Finds the release that a candidate is compared with: the family that serves today, as the base commit has it where
 * there is one. A change cannot choose, or worsen, what it must be better than.
 */

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isFile, type Workspace } from '../../data/artefacts/files.js';
import { ConfigError, type Place } from '../../errors.js';
import { differenceOf } from '../../lib/difference.js';
import { quoted } from '../../lib/text.js';
import { type PastFiles, readWorkspaceYaml } from '../policy/origin.js';
import type { Past } from './history.js';

export interface Compared {
  /** Absolute path of the other release. */
  readonly file: string;
  readonly text: string;
  /** The place where the candidate names it; of the base's, the file itself. */
  readonly place: Place;
  /** The difference between the checkout's comparison and this one: lines with - and +. Absent where there is none. */
  readonly difference?: string;
  readonly notices: readonly string[];
}

/** @param written `compare_with` of the checkout's release `file`, which stands at `place` */
export function comparedOf(
  file: string,
  written: string | undefined,
  place: Place,
  pasts: readonly Past[],
  files: PastFiles | undefined,
  workspace: Workspace,
): Compared | undefined {
  const past = pasts[0];
  const named = written === undefined ? undefined : resolve(dirname(file), written);
  if (past?.compareWith === undefined || !files) {
    if (written === undefined || named === undefined) return undefined;
    refuseStrange(file, named, written, place, workspace);
    const before = files?.text(named, workspace);
    const introduced = past
      ? [`${past.commit} compares ${past.shown} with nothing: compare_with is this change’s own.`]
      : [];
    return before === undefined
      ? { file: named, text: readWorkspaceYaml(named, workspace, 'release'), place, notices: introduced }
      : edited(named, before, '', place, introduced);
  }
  const shown = workspace.show(past.compareWith);
  const text = workspace.contains(past.compareWith) ? files.text(past.compareWith, workspace) : undefined;
  if (text === undefined)
    throw new ConfigError([
      {
        place: { file: past.shown },
        found: `compare_with at ${quoted(shown)} in ${past.commit}, which has no such file`,
        expected: 'the release file of the family that serves today',
        mend: 'Mend it on the base branch first, judged with policy-ref: head.',
      },
    ]);
  const key = [`-compare_with: ${shown}`, ...(named === undefined ? [] : [`+compare_with: ${workspace.show(named)}`])];
  const moved = named === past.compareWith ? '' : key.join('\n');
  return edited(past.compareWith, text, moved, { file: shown }, []);
}

function edited(file: string, text: string, moved: string, place: Place, notices: readonly string[]): Compared {
  const now = isFile(file) ? readFileSync(file, 'utf8') : '';
  const difference = [moved, differenceOf(text, now)].filter((part) => part !== '').join('\n');
  return {
    file,
    text,
    place,
    ...(difference === '' ? {} : { difference }),
    notices: [
      ...notices,
      ...(difference === ''
        ? []
        : [
            'this change edits what the candidate is compared with: it is compared with the base’s, and the ' +
              'edit counts from the next change on.',
          ]),
    ],
  };
}

function refuseStrange(file: string, named: string, written: string, place: Place, workspace: Workspace): void {
  if (named === file)
    throw new ConfigError([
      { place, found: 'a release compared with itself', expected: 'the release of the family that serves today' },
    ]);
  if (workspace.contains(named) && isFile(named)) return;
  throw new ConfigError([
    {
      place,
      found:
        `compare_with at ${quoted(written)}, ` +
        `${workspace.contains(named) ? 'where no file is' : 'outside the workspace'}`,
      expected: 'the release file of the family that serves today, relative to this file',
    },
  ]);
}
