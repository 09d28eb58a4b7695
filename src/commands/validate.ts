/** `skewgate validate`: a run that stops before a tower runs at scale, and says what would be judged. */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { detectableLines } from '../calibration/detectable.js';
import { planChecks } from '../checks/pipeline.js';
import { CHECKS } from '../checks/registry.js';
import { expiredInWords } from '../checks/waivers.js';
import { isFile, Workspace } from '../data/artefacts/files.js';
import { readPolicy } from '../documents/policy/read.js';
import { ConfigError } from '../errors.js';
import { dayOf, type GatheredGate, gather, guarded, stepsForetold } from '../gate.js';
import { plural, quoted } from '../lib/text.js';
import { readReport } from '../report/read-json.js';
import { stepInWords } from '../verdict/next-words.js';
import { type Command, optional, required } from './command.js';
import { POLICY, RELEASE } from './options.js';

export const validate: Command = {
  name: 'validate',
  does: [
    'check both files, digests, columns, ONNX inputs and shapes, without running the sweep, and say which cells cannot',
    'pass on these rows; DIR: the report of an earlier run, by whose errors margins are held against what can be detected',
  ],
  options: {
    policy: { ...POLICY, required: true },
    release: RELEASE,
    report: { value: 'DIR', example: 'skewgate-report' },
  },
  run: (values, host) =>
    guarded(host, async () => {
      const workspace = new Workspace(host.workspace);
      const policy = required(values, 'policy');
      const release = optional(values, 'release');
      const report = optional(values, 'report');
      const lines = [
        ...(release === undefined
          ? await ofPolicy(policy, workspace)
          : await ofRelease({ policy, release }, workspace)),
        ...(report === undefined ? [] : byReport(policy, report, workspace)),
        ...expiredInWords(readPolicy(policy, workspace).waivers, dayOf(host.clock?.() ?? new Date())),
      ];
      host.output(`${lines.join('\n')}\nvalid\n`);
      return 0;
    }),
};

/** Margins held against the errors of an earlier report. */
function byReport(path: string, folder: string, workspace: Workspace): string[] {
  const file = join(resolve(folder), 'report.json');
  const shown = workspace.show(file);
  if (!isFile(file))
    throw new ConfigError([
      {
        found: `--report ${quoted(folder)}, in which no report.json stands`,
        expected: 'the folder of an earlier run',
        mend: 'Write one with: skewgate run … --out DIR',
      },
    ]);
  const { skew } = readPolicy(path, workspace);
  return skew ? detectableLines(skew, readReport(readFileSync(file, 'utf8'), shown), shown) : [];
}

/** Both files and all that they name. */
async function ofRelease(files: { policy: string; release: string }, workspace: Workspace): Promise<string[]> {
  const run = await gather(files, workspace);
  const { release, gathered } = run;
  const lines: string[] = [];
  for (const check of gathered.checks) lines.push(...(await check.outlook()));
  const { ledger, notices } = gathered.evidence;
  if (ledger) lines.push(`${release.path}: a ledger of ${plural(ledger.rows, 'row')}`);
  return [...lines, ...notices, ...stepLines(run)];
}

/** The steps to what would settle hypotheses that stay open, in their order. */
function stepLines(run: GatheredGate): string[] {
  const steps = stepsForetold(run).map((step, i) => `  ${i + 1}. ${stepInWords(step)}`);
  return steps.length === 0 ? [] : ['what next, in order:', ...steps];
}

/** The policy, and the rows that it pins. */
async function ofPolicy(path: string, workspace: Workspace): Promise<string[]> {
  const lines: string[] = [];
  for (const plan of planChecks(CHECKS, readPolicy(path, workspace)))
    lines.push(...(await plan.withoutRelease(workspace)));
  return lines;
}
