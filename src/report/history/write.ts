/** The files of a history. */

import type { Workspace } from '../../data/artefacts/files.js';
import { OutputFolder } from '../../data/artefacts/output-folder.js';
import { renderHistoryJson } from './json.js';
import type { History } from './model.js';
import { renderHistoryPage } from './page.js';
import { renderHistoryMarkdown } from './text.js';

const FOLDER = new OutputFolder(
  'the history’s folder',
  { html: 'history.html', markdown: 'history.md', json: 'history.json' },
  '--out skewgate-history',
);

/** Writes them. @throws ConfigError where the folder is none of the workspace or cannot be written */
export function writeHistory(history: History, folder: string, workspace: Workspace): void {
  const texts = {
    html: renderHistoryPage(history),
    markdown: renderHistoryMarkdown(history),
    json: renderHistoryJson(history),
  };
  FOLDER.prepare(folder, workspace);
  FOLDER.put(texts, folder, workspace);
}
