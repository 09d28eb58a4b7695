/** `skewgate sql`: the SQL by which a user's own engine writes the state of a scored table. */
import { planChecks } from '../checks/pipeline.js';
import { CHECKS } from '../checks/registry.js';
import { Workspace } from '../data/artefacts/files.js';
import { readPolicy } from '../documents/policy/read.js';
import { readRelease } from '../documents/release/read.js';
import type { SqlDialect } from '../documents/release/release.js';
import { ENGINES } from '../engines/dialects.js';
import { statements } from '../engines/script.js';
import { ConfigError } from '../errors.js';
import { guarded } from '../gate.js';
import { quoted } from '../lib/text.js';
import { type Command, optional, required } from './command.js';
import { POLICY, RELEASE } from './options.js';

const NAMES = Object.keys(ENGINES) as SqlDialect[];

/** A table's name is printed as it is. */
const TABLE = /^[\p{L}\d_.`"-]+$/u;

export const sql: Command = {
  name: 'sql',
  does: [
    'print the SQL that writes the state of a scored table (T, by default scored) into DIR (by default state),',
    'which run --state DIR judges',
  ],
  options: {
    policy: { ...POLICY, required: true },
    release: { ...RELEASE, required: true },
    engine: {
      value: NAMES.join('|'),
      required: true,
      choices: NAMES,
      expected: NAMES.join(' or '),
      example: NAMES[0]!,
    },
    table: { value: 'T', example: 'scored' },
    to: { value: 'DIR', example: 'state' },
  },
  run: (values, host) =>
    guarded(host, async () => {
      const workspace = new Workspace(host.workspace);
      const path = required(values, 'policy');
      const policy = readPolicy(path, workspace);
      const { skew } = policy;
      const planned = planChecks(CHECKS, policy).find((one) => one.engine);
      if (!skew || !planned?.engine)
        throw new ConfigError([
          {
            place: { file: workspace.show(path) },
            found: 'a policy without rules on version-skew',
            expected: 'rules on what a state holds',
          },
        ]);
      const release = await readRelease(required(values, 'release'), skew, workspace);
      const engine = NAMES.find((name) => name === required(values, 'engine'));
      if (!engine) throw new Error('an engine that the options do not have');
      const table = optional(values, 'table') ?? 'scored';
      if (!TABLE.test(table))
        throw new ConfigError([
          {
            found: `--table ${quoted(table)}`,
            expected: 'a name of letters, digits, underscores and hyphens, with points, quotes or backticks',
          },
        ]);
      const plan = await planned.engine(release);
      const script = statements(plan, { engine, table, to: optional(values, 'to') ?? 'state' });
      host.output(script.map((statement) => `${statement};\n`).join('\n'));
      return 0;
    }),
};
