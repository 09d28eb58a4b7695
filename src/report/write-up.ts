/**
 * post-mortem.md: the diagnosis as a write-up that a team pastes where it keeps such things. Summary, the way of the
 * gain, each hypothesis with its question, evidence, decision and next step, and what comes next.
 */

import { wholePercent } from '../checks/measurement.js';
import { capital } from '../lib/text.js';
import type { Diagnosis, Hypothesis } from '../verdict/diagnosis/diagnosis.js';
import { formatHypothesis, LAYERS } from '../verdict/format.js';
import { headOf } from '../verdict/gap-words.js';
import { stepInWords } from '../verdict/next-words.js';
import type { Report } from '../verdict/report-object.js';
import { commandInMarkdown, escapeMarkdown, table } from './markdown.js';
import { gapInWords } from './view/gap.js';
import { NEXT } from './view/next.js';
import { HELP } from './view/record.js';
import { waiversOf, withWaivers } from './view/waivers.js';
import { waterfallSection } from './view/waterfall.js';
import { ABSENT, VERDICTS } from './view/words.js';

/** Undefined where the run has no diagnosis. */
export function renderWriteUp(report: Report): string | undefined {
  const { diagnosis } = report;
  if (!diagnosis) return undefined;
  const { release, policy, run } = report;
  const parts = [
    `# Where the gain went: ${escapeMarkdown(release.name)} ${escapeMarkdown(release.live)}`,
    `**${VERDICTS[report.verdict]}${withWaivers(report)}.** ${escapeMarkdown(report.headline)}`,
    ...waivedPart(report),
    ...sentences(gapInWords(diagnosis)),
    ...waterfallPart(diagnosis),
    ...LAYERS.flatMap(([layer, name]) =>
      layerPart(
        `${layer}. ${name}`,
        diagnosis.hypotheses.filter((h) => h.layer === layer),
      ),
    ),
    ...notAskedPart(diagnosis),
    ...nextPart(report),
    ...stepsPart(diagnosis),
    `_By skewgate ${run.version}, policy ${escapeMarkdown(policy.path)}, ${run.startedAt.slice(0, 10)}; every figure is in report.json._`,
  ];
  return `${parts.join('\n\n')}\n`;
}

function waivedPart(report: Report): string[] {
  const items = waiversOf(report).map(({ what, text }) => `- **${escapeMarkdown(what)}**: ${escapeMarkdown(text)}.`);
  return items.length === 0 ? [] : ['## Waivers', items.join('\n')];
}

function sentences(all: readonly { readonly text: string }[]): string[] {
  return all.length === 0 ? [] : [all.map(({ text }) => `${escapeMarkdown(capital(text))}.`).join(' ')];
}

function waterfallPart({ waterfall }: Diagnosis): string[] {
  if (!waterfall) return [];
  const { title, blocks } = waterfallSection(waterfall);
  return [
    `## ${title}`,
    ...blocks.flatMap((block) =>
      block.kind === 'waterfall'
        ? [
            table(
              block.table.columns.map((column) => column.title),
              block.table.rows.map(({ cells }) => cells),
            ),
          ]
        : [],
    ),
  ];
}

function layerPart(title: string, hypotheses: readonly Hypothesis[]): string[] {
  if (hypotheses.length === 0) return [];
  return [`## ${escapeMarkdown(title)}`, ...hypotheses.map(hypothesisPart)];
}

const SOLE = { yes: 'yes', no: 'no', open: 'cannot be told' } as const;

function hypothesisPart(hypothesis: Hypothesis): string {
  const { id, question, verdict, sole, why, owner, next, evidence } = hypothesis;
  const files = evidence.map(({ path, sha256 }) => `${escapeMarkdown(path)} (${sha256.slice(0, 12)})`);
  const lines = [
    `### ${escapeMarkdown(capital(question))} ${formatHypothesis(verdict)}`,
    `- **Hypothesis**: ${escapeMarkdown(id)}`,
    `- **Could it alone explain the gap?** ${SOLE[sole]}; share ${escapeMarkdown(shareOf(hypothesis))}`,
    `- **What was found**: ${escapeMarkdown(why)}`,
    `- **Evidence**: ${files.length > 0 ? files.join(', ') : 'none given'}`,
    `- **Owner**: ${escapeMarkdown(owner)}`,
    ...(next === '' ? [] : [`- **Next**: ${escapeMarkdown(next)}`]),
  ];
  return [lines[0], '', ...lines.slice(1)].join('\n');
}

function shareOf({ share, lower, upper }: Hypothesis): string {
  if (share === null) return ABSENT;
  const bound = (value: number | null) => (value === null ? 'unbounded' : wholePercent(value));
  return `${wholePercent(share)} [${bound(lower)}, ${bound(upper)}]`;
}

function notAskedPart({ notAsked }: Diagnosis): string[] {
  return notAsked.length === 0 ? [] : ['## Not asked', notAsked.map(questionOf).join('\n')];
}

function questionOf(id: Diagnosis['notAsked'][number]): string {
  return `- ${escapeMarkdown(headOf(id).question)} (${escapeMarkdown(id)})`;
}

/** The evidence that is missing, in the order in which it is best written. */
function stepsPart({ next }: Diagnosis): string[] {
  if (next.length === 0) return [];
  const items = next.map((step, i) => `${i + 1}. ${escapeMarkdown(capital(stepInWords(step)))}.`);
  return [`## ${NEXT}`, items.join('\n')];
}

function nextPart({ recommendation }: Report): string[] {
  if (recommendation.options.length === 0) return [];
  const items = recommendation.options.map(
    ({ why, repair }, i) => `${i + 1}. ${escapeMarkdown(capital(why))}.${commandInMarkdown(repair?.command)}`,
  );
  return [`## ${HELP}`, items.join('\n')];
}
