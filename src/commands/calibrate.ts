/**
 * `skewgate calibrate --policy P --release R`: what the margins of a policy cost and catch, by past live versions and
 * by halves of the rows.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { calibrationOf } from '../calibration/calibration.js';
import { gatherReplay } from '../calibration/gather.js';
import { patchOf } from '../calibration/margins.js';
import { calibrationJson, renderCalibration, type Subject } from '../calibration/words.js';
import { Workspace } from '../data/artefacts/files.js';
import { readPolicy } from '../documents/policy/read.js';
import { ConfigError } from '../errors.js';
import { type CommandHost, type ExitStatus, guarded } from '../gate.js';
import { quoted } from '../lib/text.js';
import { type Command, optional, required, type Values } from './command.js';
import { POLICY, RELEASE } from './options.js';

/** The share of unchanged releases that may be blocked, where nobody says. */
const WANTED = '5%';

export const calibrate: Command = {
  name: 'calibrate',
  does: [
    'say how often the policy would block an unchanged release, what each rule catches with 80 % power, and which',
    'margins would block RATE of unchanged releases (5% where left out); DIR gets calibration.json, .txt and margins.patch',
  ],
  options: {
    policy: { ...POLICY, required: true },
    release: { ...RELEASE, required: true },
    'false-alarms': { value: 'RATE', expected: 'a percentage above 0% and below 100%', example: '5%' },
    out: { value: 'DIR', example: 'calibration' },
    format: { value: 'text|json', choices: ['text', 'json'] },
  },
  run: (values, host) => guarded(host, () => calibratePolicy(values, host)),
};

async function calibratePolicy(values: Values, host: CommandHost): Promise<ExitStatus> {
  const workspace = new Workspace(host.workspace);
  const wanted = rateOf(optional(values, 'false-alarms') ?? WANTED);
  const path = required(values, 'policy');
  const out = optional(values, 'out');
  if (out !== undefined && !workspace.contains(resolve(out)))
    throw new ConfigError([{ found: `--out ${quoted(out)}, outside the workspace`, expected: 'a folder inside it' }]);
  const { skew, diagnosis } = readPolicy(path, workspace);
  if (!skew)
    throw new ConfigError([
      {
        place: { file: workspace.show(resolve(path)) },
        found: 'a policy without a sweep',
        expected: 'the check version-skew with its sweep, which is what past versions are replayed by',
      },
    ]);
  const replay = await gatherReplay(skew, required(values, 'release'), workspace, (step) => host.progress(step));
  host.progress({ stage: 'calibrating' });
  const calibration = calibrationOf(replay.skew.measured, replay.versions, skew.versionSkew.anchors, wanted);
  const margins = calibration.rules.flatMap(({ rule, wanted: margin, changes }) =>
    changes && margin ? [{ rule, margin }] : [],
  );
  const patched = relative(workspace.root, resolve(path)).replaceAll('\\', '/');
  const { release } = replay;
  const subject: Subject = {
    policy: { path: skew.path, sha256: skew.sha256 },
    release: { path: release.path, sha256: release.sha256 },
    onInconclusive: skew.onInconclusive,
    notReplayed: diagnosis.flatMap(({ id, rules }) => rules.map((rule) => ({ check: id, rule }))),
    patch: calibration.underWanted ? patchOf(patched, readFileSync(resolve(path), 'utf8'), margins) : '',
  };
  const [text, json] = [renderCalibration(calibration, subject), calibrationJson(calibration, subject)];
  if (out !== undefined) {
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, 'calibration.json'), json);
    writeFileSync(join(out, 'calibration.txt'), text);
    writeFileSync(join(out, 'margins.patch'), subject.patch);
  }
  host.output(values.format === 'json' ? json : text);
  return 0;
}

function rateOf(text: string): number {
  const rate = /^\d+(\.\d+)? ?%$/.test(text) ? Number(text.replace('%', '')) / 100 : Number.NaN;
  if (rate > 0 && rate < 1) return rate;
  throw new ConfigError([
    {
      found: `--false-alarms ${quoted(text)}`,
      expected: 'a percentage above 0% and below 100%',
      mend: 'Write: --false-alarms 5%',
    },
  ]);
}
