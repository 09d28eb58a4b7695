/**
 * The diagnosis of an earlier report.json, as far as a later one is compared with it. Only that part is read, so that
 * the report of another version of this program does as well.
 */

import { readFileSync } from 'node:fs';
import type { EarlierReport } from '../documents/release/earlier-report.js';
import { ConfigError } from '../errors.js';
import type { Bounded, HypothesisVerdict } from '../verdict/diagnosis/diagnosis.js';
import { type Earlier, type EarlierHypothesis, VERDICTS } from '../verdict/diagnosis/since.js';
import { SCHEMA } from './json.js';

/** @throws ConfigError where the file is no report with a diagnosis */
export function readEarlier({ path, shown, place }: EarlierReport): Earlier {
  const refused = (found: string) =>
    new ConfigError([
      {
        place,
        found: `${shown}, ${found}`,
        expected: 'the report.json of a run whose policy asked for hypotheses',
        mend: 'Run skewgate with --out FOLDER on the earlier evidence, and name its report.json.',
      },
    ]);
  const report = mapping(parsed(readFileSync(path, 'utf8')));
  if (!report) throw refused('which is no JSON object');
  if (report.schema !== SCHEMA) throw refused('which is no report of skewgate');
  const diagnosis = mapping(report.diagnosis);
  if (!diagnosis || !Array.isArray(diagnosis.hypotheses)) throw refused('which has no diagnosis');
  const gap = mapping(diagnosis.gap);
  const release = mapping(report.release);
  return {
    path: shown,
    live: text(release?.live) ?? '',
    startedAt: text(mapping(report.run)?.started_at) ?? '',
    gap: gap && bounded(gap),
    // Reports from before the gap's metric could be chosen are in log loss.
    metric: text(gap?.metric) ?? 'log_loss',
    hypotheses: diagnosis.hypotheses.flatMap(hypothesis),
  };
}

function hypothesis(value: unknown): EarlierHypothesis[] {
  const { id, verdict, share } = mapping(value) ?? {};
  const [name, decision] = [text(id), text(verdict)];
  if (name === undefined || decision === undefined || !isVerdict(decision)) return [];
  return [{ id: name, verdict: decision, share: typeof share === 'number' ? share : null }];
}

function isVerdict(value: string): value is HypothesisVerdict {
  return (VERDICTS as readonly string[]).includes(value);
}

function bounded({ value, lower, upper }: Record<string, unknown>): Bounded | undefined {
  const number = (x: unknown) => (typeof x === 'number' ? x : Number.NaN);
  return typeof value === 'number' ? { value, lower: number(lower), upper: number(upper) } : undefined;
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

function mapping(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
