/** A policy of checks on evidence, a release with tables, judged by the real gate: no ledger unless one is given. */
import type { Finding } from '../../src/checks/check-report.js';
import { reasonOf } from '../../src/checks/reason-words.js';
import { Project } from './project.js';

export type Cell = string | number;

/** A CSV of named columns. */
export function csv(head: string, rows: readonly (readonly Cell[])[]): string {
  return `${[head, ...rows.map((row) => row.join(','))].join('\n')}\n`;
}

export interface Tables {
  /** Content by the table's name; `.jsonl` where it starts with a brace, `.csv` elsewhere. */
  readonly [name: string]: string | Buffer;
}

export class EvidenceProject extends Project {
  /** @param rules by check; an empty list asks for the hypothesis */
  constructor(rules: Record<string, readonly string[]>, tables: Tables, release = '') {
    const checks = Object.entries(rules).map(([id, own]) =>
      own.length === 0 ? `  ${id}: {}` : `  ${id}:\n    require:\n${own.map((rule) => `      - ${rule}`).join('\n')}`,
    );
    const ending = (content: string | Buffer) =>
      Buffer.isBuffer(content) ? 'parquet' : content.startsWith('{') ? 'jsonl' : 'csv';
    const entries = Object.entries(tables);
    const evidence = entries.map(([name, content]) => `  ${name}: ${name}.${ending(content)}`);
    super({
      'gates/gate.yml': `policy: readiness\nchecks:\n${checks.join('\n')}\n`,
      'models/release.yml': `release: candidate\nlive: v42\n${release}${evidence.length > 0 ? `evidence:\n${evidence.join('\n')}\n` : ''}`,
      ...Object.fromEntries(entries.map(([name, content]) => [`models/${name}.${ending(content)}`, content])),
    });
  }

  /** Everything about one check, of a run that judged. */
  async examined(id: string) {
    const { report, message, status } = await this.judge();
    if (!report) throw new Error(message);
    const check = report.checks.find((one) => one.check === id);
    const hypothesis = report.diagnosis?.hypotheses.find((h) => h.id === id);
    const findings = check?.findings ?? [];
    const of = (metric: string, slice: Record<string, string> = {}): Finding & { readonly why: string } => {
      const found = findings.find(
        (f) => f.metric === metric && Object.entries(slice).every(([k, v]) => f.slice[k] === v),
      );
      if (!found) throw new Error(`no finding of ${metric} on ${JSON.stringify(slice)}`);
      return { ...found, why: reasonOf(found) };
    };
    return { report, status, check, hypothesis, findings, of, facts: report.notices.join('\n') };
  }
}

/** What is said of evidence that cannot be judged: one error, no trace. */
export async function refusal(project: Project): Promise<string> {
  const { status, message, report } = await project.judge();
  if (report) throw new Error(`judged ${report.verdict}`);
  if (status !== 2) throw new Error(`exit status ${status}: ${message}`);
  if (/\n\s+at |undefined|\[object|NaN,/.test(message)) throw new Error(`not for a reader: ${message}`);
  return message;
}
