/**
 * A report.json that another run has written, shown again. It comes from a fork's run, which the fork controls: every
 * string is hostile, and nothing of its own summary is used. Only parts of the view that every medium escapes are
 * drawn: a chart or a query trusts that names are those of a policy.
 */
import { isRequired } from '../checks/check-report.js';
import { reasonOf } from '../checks/reason-words.js';
import { printable } from '../lib/text.js';
import type { Report } from '../verdict/report-object.js';
import { essentials } from './check-run.js';
import { escapeMarkdown } from './markdown.js';
import { picturesOfPosted, type RunPages } from './pictures-link.js';
import { readReport } from './read-json.js';
import { cellsOf } from './view/cell-rows.js';
import type { Conclusion } from './view/model.js';
import { optionSection } from './view/record.js';
import { typesetAll } from './view/typography.js';
import { headOf } from './view/view.js';
import { waiverSection } from './view/waivers.js';

/** Undefined where the text is no report of the schema, or gives a reason without the figures that its words need. */
export function parsePosted(text: string): Report | undefined {
  try {
    const report = readReport(text);
    // The schema leaves the figures of a reason open: what cannot be spelled is refused before anything is shown.
    for (const { findings } of report.checks) findings.forEach(reasonOf);
    return report;
  } catch {
    return undefined;
  }
}

/** The conclusion is what the findings say, whatever the report's first line claims. */
export function postedVerdict({ checks, verdict, policy }: Report): Conclusion {
  const asked = checks.flatMap(({ findings }) => findings).filter(({ level }) => level === 'fail');
  const required = asked.filter(isRequired);
  if (verdict === 'not_ready' || asked.length === 0 || required.some((f) => f.verdict === 'fail')) return 'failure';
  if (verdict === 'ready') return required.every((f) => f.verdict === 'pass') ? 'success' : 'failure';
  return policy.onInconclusive === 'warn' ? 'neutral' : 'failure';
}

/** Cells and options named before the rest is counted. */
const LIMITS = { rows: 50, options: 6 };

/** The title and the summary of the check, inert whatever the report's strings are. */
export function renderPosted(report: Report, pages: RunPages): { title: string; summary: string } {
  const head = typesetAll(headOf(report));
  const [release, live, policy, path] = [head.release, head.live, head.policy, report.policy.path].map(escapeMarkdown);
  const parts = [
    ...essentials(
      {
        head,
        ...typesetAll({
          cells: cellsOf(report.checks),
          sections: [...optionSection(report), ...waiverSection(report)],
        }),
      },
      LIMITS,
    ),
    [
      `${release} ${live}, judged by ${policy} (${path}, from ${report.policy.from}) in a run of the fork${picturesOfPosted(pages)}.`,
      'The fork’s workflow computed this report;',
      'what a maintainer reviews is that the change leaves the workflow alone.',
    ].join(' '),
  ];
  return { title: printable(`${head.word}: ${head.headline}`, 200), summary: parts.join('\n\n') };
}
