/** `skewgate validate`: a run that stops before a tower runs at scale, and says what would be judged. */

import { planChecks } from '../checks/pipeline.js';
import { CHECKS } from '../checks/registry.js';
import { Workspace } from '../data/artefacts/files.js';
import { readPolicy } from '../documents/policy/read.js';
import { type GatheredGate, gather, guarded, stepsForetold } from '../gate.js';
import { plural } from '../lib/text.js';
import { stepInWords } from '../verdict/next-words.js';
import { type Command, optional, required } from './command.js';
import { POLICY, RELEASE } from './options.js';

export const validate: Command = {
  name: 'validate',
  does: ['check both files, digests, columns, ONNX inputs and shapes, without running the sweep'],
  options: { policy: { ...POLICY, required: true }, release: RELEASE },
  run: (values, host) =>
    guarded(host, async () => {
      const workspace = new Workspace(host.workspace);
      const policy = required(values, 'policy');
      const release = optional(values, 'release');
      const lines =
        release === undefined ? await ofPolicy(policy, workspace) : await ofRelease({ policy, release }, workspace);
      host.output(`${lines.join('\n')}\nvalid\n`);
      return 0;
    }),
};

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
