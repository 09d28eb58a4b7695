/** The files of a checkpoint: what they say, and the one digest that covers them all. */
import { closeSync, existsSync, openSync, readFileSync, readSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, posix } from 'node:path';
import { ModelError, type Problem } from '../../errors.js';
import { list, plural, quoted } from '../../lib/text.js';
import { Malformed } from '../../lib/wire.js';
import type { Artefact, Part } from '../artefacts/artefact.js';
import { Digests, manifestDigest, OncePerFile, settledIdentity, sha256 } from '../artefacts/digests.js';
import { isFile, isInside, MAX_BUFFER, sizeOf } from '../artefacts/files.js';
import { artefactAt } from '../artefacts/list.js';
import { pointerProblem } from '../artefacts/pointers.js';
import type { Checkpoint } from './checkpoint.js';
import type { ExternalTensor } from './external-tensor.js';
import { type OnnxInfo, readOnnx } from './onnx-file.js';
import { otherFormat } from './other-formats.js';

/** A checkpoint’s file, and the words by which messages name it. */
export type CheckpointFile = Pick<Checkpoint, 'version' | 'kind' | 'path' | 'shown' | 'folder'>;

/** The content of a checkpoint’s files. */
export interface CheckpointContent {
  /**
   * Of the file; with external data of the lines `<sha256>  <path>\n` of the .onnx file and every external file,
   * sorted by path.
   */
  readonly sha256: string;
  /** Of the .onnx file alone, where it has external data. */
  readonly graphSha256?: string;
  /** Files of external data, as paths relative to the .onnx file's folder. */
  readonly external: readonly string[];
  /** Of an .onnx file and its external data, taken before they were digested; left out where it may tell nothing. */
  readonly identity?: string;
  /** Of an .onnx file, read off the very bytes that were digested; why it is none, where it is none. */
  readonly onnx?: OnnxInfo | Malformed;
}

/** An .onnx file alone: its digest, and what is read off the very bytes that were digested. */
interface GraphFile {
  readonly sha256: string;
  readonly onnx: OnnxInfo | Malformed;
}

/** The .onnx files that a run has read, each once: two families may share checkpoints. */
const GRAPHS = new WeakMap<Digests, OncePerFile<GraphFile>>();

function graphsOf(digests: Digests): OncePerFile<GraphFile> {
  const known = GRAPHS.get(digests) ?? new OncePerFile((path) => readGraph(path, digests));
  GRAPHS.set(digests, known);
  return known;
}

async function readGraph(path: string, digests: Digests): Promise<GraphFile> {
  if (sizeOf(path) > MAX_BUFFER)
    return {
      sha256: await digests.ofFile(path),
      onnx: new Malformed('it is larger than 2 GiB, which an .onnx file cannot be'),
    };
  const bytes = readFileSync(path);
  return { sha256: sha256(bytes), onnx: inspect(bytes) };
}

/**
 * Reads a checkpoint's files and digests them, each once a run. Undefined, with problems added, where external data is
 * missing or lies outside of the release; a file that is no ONNX model has a digest all the same, and says so when it
 * is inspected.
 *
 * @param digests of the run
 */
export async function readCheckpointFile(
  file: CheckpointFile,
  problems: Problem[],
  digests: Digests,
): Promise<CheckpointContent | undefined> {
  if (file.kind === 'embeddings') return readTableFile(file, problems, digests);
  // Before any digest: one of a pointer says nothing, and is never to be pinned.
  const pointer = pointerProblem(file.path, file.shown);
  if (pointer) {
    problems.push(pointer);
    return undefined;
  }
  const own = filesIdentity(file.path, []);
  const { sha256: digest, onnx } = await graphsOf(digests).of(file.path);
  if (onnx instanceof Malformed || onnx.externalData.length === 0)
    return { sha256: digest, external: [], ...own, onnx };
  const before = problems.length;
  for (const location of onnx.externalData) {
    const tensors = onnx.externalTensors.filter((tensor) => tensor.location === location);
    checkLocation(location, tensors, file, problems);
  }
  if (problems.length > before) return undefined;
  const external = [...new Set(onnx.externalData.map((location) => posix.normalize(location)))];
  const identity = own.identity === undefined ? {} : filesIdentity(file.path, external);
  const parts = new Map([[basename(file.path), digest]]);
  for (const path of external) parts.set(path, await digests.ofFile(join(dirname(file.path), path)));
  return { sha256: manifestDigest(parts), graphSha256: digest, external, ...identity, onnx };
}

/** The identities of an .onnx file and its external data; none where one of them has changed just now. */
function filesIdentity(path: string, external: readonly string[]): Pick<CheckpointContent, 'identity'> {
  const parts = [path, ...external.map((name) => join(dirname(path), name))].map(settledIdentity);
  return parts.includes(undefined) ? {} : { identity: parts.join('\0') };
}

/** Tells whether a checkpoint's files are those that were digested, as far as the file system says. */
function isSame({ path, external, identity }: Checkpoint): boolean {
  return identity !== undefined && filesIdentity(path, external).identity === identity;
}

/** Precomputed embeddings: a file, a folder of parts or a glob, whose digest covers all parts. */
async function readTableFile(
  { path, shown }: CheckpointFile,
  problems: Problem[],
  digests: Digests,
): Promise<CheckpointContent | undefined> {
  const artefact = artefactAt(path);
  if (!artefact) {
    problems.push({ place: { file: shown }, found: 'no embeddings', expected: 'a file, or a folder of part files' });
    return undefined;
  }
  const pointers = artefact.parts.flatMap((part) => {
    const pointer = pointerProblem(part.path, nameOfPart(artefact, shown, part));
    return pointer ? [pointer] : [];
  });
  problems.push(...pointers);
  return pointers.length > 0 ? undefined : { sha256: await digests.of(artefact), external: [] };
}

/** A part of a table as messages call it. */
function nameOfPart({ kind }: Artefact, shown: string, { name }: Part): string {
  if (kind === 'file') return shown;
  return posix.join(kind === 'array' ? posix.dirname(shown) : shown, name);
}

/** Reads what an .onnx file says, or the reason for which it is none. */
function inspect(bytes: Uint8Array): OnnxInfo | Malformed {
  try {
    return otherFormat(bytes) ?? readOnnx(bytes);
  } catch (error) {
    if (error instanceof Malformed) return error;
    throw error;
  }
}

/** External weights must lie beside the checkpoint or in the release's folder, after every symbolic link. */
function checkLocation(
  location: string,
  tensors: readonly ExternalTensor[],
  { version, path, shown, folder }: CheckpointFile,
  problems: Problem[],
): void {
  const place = { file: shown };
  const found = `external data at ${quoted(location)} in version ${quoted(version)}`;
  const mend =
    'Or save the weights inside the .onnx file: onnx.save_model(onnx.load(path), path, save_as_external_data=False)';
  if (location === '' || isAbsolute(location) || location.split(/[/\\]/).includes('..')) {
    problems.push({ place, found, expected: 'the path of a file beside the checkpoint, without ".."', mend });
    return;
  }
  const target = join(dirname(path), location);
  const wanted = posix.join(posix.dirname(shown), location);
  if (!isFile(target)) {
    problems.push({
      place,
      found: `${found}, ${existsSync(target) ? 'which is no file' : 'which is missing'}`,
      expected: `the file ${quoted(wanted)}, as the checkpoint is the .onnx file and it together`,
      mend: `Put it there: it was written beside the .onnx file when that was exported. ${mend}`,
    });
    return;
  }
  const wrong = pointerProblem(target, wanted) ?? noWeights(target, wanted, tensors);
  if (wrong) problems.push(wrong);
  const real = realpathSync(target);
  if (![dirname(realpathSync(path)), realpathSync(folder)].some((inside) => isInside(inside, real)))
    problems.push({
      place,
      found: `external data at ${quoted(location)}, a link out of the release's folder`,
      expected: 'a file inside it',
    });
}

/** A file of external data that cannot hold the weights: it is a text, or ends before they do. */
function noWeights(target: string, shown: string, tensors: readonly ExternalTensor[]): Problem | undefined {
  if (isText(headOf(target)))
    return {
      place: { file: shown },
      found: `a text where weights of ${plural(tensors.length, 'tensor')} should stand`,
      expected: 'the file of weights that was written beside the .onnx file',
      mend: 'Fetch or export both files again.',
    };
  const size = sizeOf(target);
  const beyond = tensors.find(({ offset, length }) => !(offset >= 0 && offset + length <= size));
  if (!beyond) return undefined;
  return {
    place: { file: shown },
    found:
      `a file of ${plural(size, 'byte')}, but tensor ${quoted(beyond.name)} stands at bytes ${beyond.offset} to ` +
      `${beyond.offset + beyond.length}`,
    expected: 'the file of weights that was written beside the .onnx file, whole',
    mend: 'Fetch or export both files again: another export may have overwritten it.',
  };
}

/** Bytes that tell a text from weights: as many that are all letters, digits and the like are no numbers. */
const TEXT_HEAD = 512;
const LEAST_TEXT = 16;

function isText(head: Uint8Array): boolean {
  const printable = (byte: number) => (byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13;
  return head.length >= LEAST_TEXT && head.every(printable);
}

function headOf(path: string): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const head = new Uint8Array(TEXT_HEAD);
    return head.subarray(0, readSync(file, head, 0, TEXT_HEAD, 0));
  } finally {
    closeSync(file);
  }
}

/** A digest that is written, held against the files'; undefined where it is theirs. */
export function wrongPin(
  pin: string,
  { sha256: digest, graphSha256, external }: CheckpointContent,
  what: string,
  shown: string,
  mend: string,
): Omit<Problem, 'place'> | undefined {
  if (pin.toLowerCase() === digest) return undefined;
  if (pin.toLowerCase() === graphSha256)
    return {
      found:
        `sha256 ${pin.slice(0, 12)}… of ${what}, the digest of ${shown} alone, which is the same whatever ` +
        `weights ${list(external.map(quoted), 3)} holds`,
      expected: `the digest of both together, ${digest}`,
      mend,
    };
  return {
    found:
      `sha256 ${pin.slice(0, 12)}… of ${what}, but ${shown} ` +
      `${graphSha256 === undefined ? 'has' : `and its external data ${list(external.map(quoted), 3)} have`} ` +
      `${digest.slice(0, 12)}…`,
    expected: graphSha256 === undefined ? 'the digest of the file' : 'the digest of the files together',
    mend,
  };
}

/**
 * The bytes that were digested, to be run; undefined where the file is loaded by path and looked at afterwards: where
 * external data stands beside it, and where it is known by its size and its times.
 */
export function bytesToRun(checkpoint: Checkpoint): Uint8Array | undefined {
  if (checkpoint.external.length > 0 || sizeOf(checkpoint.path) > MAX_BUFFER || isSame(checkpoint)) return undefined;
  const bytes = readFileSync(checkpoint.path);
  if (sha256(bytes) !== checkpoint.sha256) throw changed(checkpoint);
  return bytes;
}

/**
 * Refuses a checkpoint whose files are no longer those that were digested. Called once they have been read by path:
 * they are hashed anew, unless neither their sizes nor the times of their changes are others.
 */
export async function refuseChanged(checkpoint: Checkpoint): Promise<void> {
  if (isSame(checkpoint)) return;
  const content = await readCheckpointFile(checkpoint, [], new Digests());
  if (content?.sha256 !== checkpoint.sha256) throw changed(checkpoint);
}

function changed({ shown, side, version }: Checkpoint): ModelError {
  return new ModelError([
    {
      place: { file: shown },
      found: `${side} checkpoint ${quoted(version)}, whose file changed while it was being judged`,
      expected: 'files that stay as they are until the verdict',
      mend: 'Run again once nothing writes to them.',
    },
  ]);
}
