/** `skewgate pin FILE`: fills in or refreshes the sha256 pins of a policy or a release; comments and layout are kept. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isMap, LineCounter, parseDocument, YAMLMap } from 'yaml';
import { ConfigError, type Problem } from '../errors.js';
import { type ExitStatus, guarded, type Host } from '../gate.js';
import { isFile, sha256File, Workspace } from '../lib/files.js';
import { plural, quoted } from '../lib/text.js';
import { EVAL_FILES } from '../policy/policy.js';
import { openYaml } from '../policy/read.js';

/** What is pinned: `owner` is the path of the mapping that holds `sha256`. */
interface Pin {
  readonly owner: readonly string[];
  readonly key: string;
  readonly path: string;
}

export function pin(path: string, host: Host): Promise<ExitStatus> {
  return guarded(host, async () => {
    const workspace = new Workspace(host.workspace);
    const file = resolve(path);
    const source = openYaml(file, workspace, 'policy or release');
    source.problems.throwIfAny(ConfigError);
    const text = readFileSync(file, 'utf8');
    const document = parseDocument(text, { lineCounter: new LineCounter() });
    const problems: Problem[] = [];
    let changed = 0;
    const pins = pinsOf(source.value as Record<string, unknown>, dirname(file));
    if (pins === undefined)
      throw new ConfigError([
        {
          place: { file: source.file, line: 1, column: 1 },
          found: 'neither eval_set nor versions',
          expected: 'a policy or a release',
        },
      ]);
    for (const { owner, key, path: target } of pins) {
      if (!workspace.contains(target)) {
        problems.push({
          place: source.place([...owner]),
          found: `${quoted(key)} outside the workspace`,
          expected: 'a file inside it',
        });
        continue;
      }
      const digest = await sha256File(target);
      const at = [...owner, 'sha256', key];
      if (!isMap(document.getIn([...owner, 'sha256']))) {
        const map = new YAMLMap();
        map.flow = true;
        document.setIn([...owner, 'sha256'], map);
      }
      if (String(document.getIn(at) ?? '').toLowerCase() === digest) continue;
      document.setIn(at, digest);
      changed++;
    }
    if (problems.length > 0) throw new ConfigError(problems);
    if (changed > 0) writeFileSync(file, document.toString({ lineWidth: 0, flowCollectionPadding: false }));
    process.stdout.write(`${source.file}: ${plural(pins.length, 'pin')}, ${changed} changed\n`);
    return 0;
  });
}

function pinsOf(value: Record<string, unknown>, folder: string): Pin[] | undefined {
  const evalSet = value.eval_set as Record<string, unknown> | undefined;
  if (typeof evalSet === 'object' && evalSet !== null)
    return EVAL_FILES.filter((name) => typeof evalSet[name] === 'string').map((name) => ({
      owner: ['eval_set'],
      key: name,
      path: existing(folder, String(evalSet[name])),
    }));
  if (!Array.isArray(value.versions)) return undefined;
  const pins: Pin[] = [];
  for (const side of ['query_tower', 'item_tower']) {
    const tower = value[side] as Record<string, unknown> | undefined;
    const template = tower?.onnx ?? tower?.embeddings;
    if (typeof template !== 'string') continue;
    for (const version of value.versions.map(String)) {
      const path = resolve(folder, template.replaceAll('{version}', version));
      if (isFile(path)) pins.push({ owner: [side], key: version, path });
    }
  }
  return pins;
}

function existing(folder: string, written: string): string {
  const path = resolve(folder, written);
  if (!isFile(path))
    throw new ConfigError([
      { found: `eval_set file ${quoted(written)}, which does not exist`, expected: 'a file to take the digest of' },
    ]);
  return path;
}
