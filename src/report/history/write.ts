/** The files of a history. */

import { join } from 'node:path';
import type { Workspace } from '../../data/artefacts/files.js';
import { writeFiles } from '../folder.js';
import { renderHistoryJson } from './json.js';
import type { History } from './model.js';
import { renderHistoryPage } from './page.js';
import { renderHistoryMarkdown } from './text.js';

/**
 * Their paths.
 *
 * @throws ConfigError where the folder is none of the workspace or cannot be written
 */
export function writeHistory(history: History, folder: string, workspace: Workspace): string[] {
  const texts = {
    'history.html': renderHistoryPage(history),
    'history.md': renderHistoryMarkdown(history),
    'history.json': renderHistoryJson(history),
  };
  writeFiles(folder, texts, workspace);
  return Object.keys(texts).map((name) => join(folder, name));
}
