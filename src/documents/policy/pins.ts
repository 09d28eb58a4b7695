/** The files of a policy whose digests it holds. */
import { resolve } from 'node:path';
import { artefactAt } from '../../data/artefacts/list.js';
import { ConfigError } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import type { PinSlot } from '../yaml/edits.js';
import { unchecked } from '../yaml/unchecked.js';
import { EVAL_FILES } from './policy.js';
import type { PolicyFile, WrittenEvalSet } from './policy-file.js';

/** A file that is there, and the place of its digest in the policy or release that names it. */
export interface Pin {
  readonly slot: PinSlot;
  /** The name that messages have for it: a file of the eval set, a version, a table. */
  readonly name: string;
  /** Absolute path, perhaps outside the workspace. */
  readonly path: string;
  /** A checkpoint's digest covers its external data. */
  readonly content: 'table' | 'embeddings' | 'onnx';
}

/**
 * The pins of a policy that no schema has been held against; undefined of a file without an eval set.
 *
 * @param value  the plain value of the file
 * @param folder the file's folder
 * @throws ConfigError where a file of the eval set is missing
 */
export function pinsOfPolicy(value: unknown, folder: string): Pin[] | undefined {
  const evalSet = unchecked<WrittenEvalSet>(unchecked<PolicyFile>(value)?.eval_set);
  if (!evalSet) return undefined;
  return EVAL_FILES.flatMap((name): Pin[] => {
    const written = evalSet[name];
    if (typeof written !== 'string') return [];
    const path = resolve(folder, written);
    if (!artefactAt(path))
      throw new ConfigError([
        { found: `eval_set file ${quoted(written)}, which does not exist`, expected: 'a file to take the digest of' },
      ]);
    return [{ slot: { form: 'keyed', owner: ['eval_set'], key: name }, name, path, content: 'table' }];
  });
}
