/** `skewgate history DIR`: the reports of past runs in a folder as one table and one page. */
import { resolve } from 'node:path';
import { Workspace } from '../data/artefacts/files.js';
import { type CommandHost, type ExitStatus, guarded } from '../gate.js';
import { collectReports } from '../report/history/collect.js';
import { renderHistoryJson } from '../report/history/json.js';
import { renderHistoryText } from '../report/history/text.js';
import { historyOf } from '../report/history/timelines.js';
import { writeHistory } from '../report/history/write.js';
import { type Command, optional, required, type Values } from './command.js';

export const history: Command = {
  name: 'history',
  does: [
    'show the reports of past runs (every report.json below DIR) over time: a table, and into OUT (inside the workspace)',
    'history.html, history.md and history.json; --format json prints the last',
  ],
  options: {
    out: { value: 'OUT', example: 'skewgate-history' },
    format: { value: 'text|json', choices: ['text', 'json'] },
  },
  argument: { name: 'DIR', expected: 'one folder with reports of past runs', example: 'reports' },
  run: (values, host) => guarded(host, () => show(values, host)),
};

async function show(values: Values, host: CommandHost): Promise<ExitStatus> {
  const workspace = new Workspace(host.workspace);
  const shown = historyOf(collectReports(resolve(required(values, 'argument')), workspace));
  const out = optional(values, 'out');
  if (out !== undefined) writeHistory(shown, out, workspace);
  host.output(
    values.format === 'json'
      ? renderHistoryJson(shown)
      : renderHistoryText(shown, host.screen?.paint, host.screen?.columns),
  );
  return 0;
}
