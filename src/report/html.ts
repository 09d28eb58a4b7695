/**
 * report.html: the decision in pictures on one page that needs nothing else. Every string is escaped; the page loads
 * nothing and runs the one script whose digest it states.
 */

import { createHash } from 'node:crypto';
import { sectionPart } from './html/blocks.js';
import { cellsPart } from './html/cells.js';
import { curvesPart } from './html/curves.js';
import { ladderPart, reliabilityPart } from './html/diagrams.js';
import { forestPart } from './html/forest.js';
import { Labels } from './html/labels.js';
import { mapPart } from './html/map.js';
import { openingPart } from './html/opening.js';
import { provenancePart } from './html/provenance.js';
import { SCRIPT } from './html/script.js';
import { styleOf } from './html/style.js';
import { escapeHtml } from './html-text.js';
import type { SectionKind, View } from './view/model.js';
import { sectionsOf } from './view/view.js';

export function renderHtml(view: View): string {
  const { head, rules } = view;
  const labels = new Labels();
  const sections = (...kinds: SectionKind[]) => sectionsOf(view, kinds).map((section) => sectionPart(section, labels));
  const body = [
    openingPart(view),
    ...sections('waived', 'policy-edit', 'comparison-edit'),
    forestPart(rules, labels),
    curvesPart(view),
    mapPart(rules, labels),
    reliabilityPart(view.reliability),
    ...sections('drift'),
    ladderPart(view.ladder),
    ...sections('beside', 'tonight', 'waterfall', 'gap', 'next', 'since', 'queries'),
    cellsPart(rules, labels),
    provenancePart(view, labels),
  ].filter((part) => part !== '');
  const style = styleOf(labels.rules);
  const policy = `default-src 'none'; script-src ${digest(SCRIPT)}; style-src ${digest(style)}; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${head.word}: ${escapeHtml(head.release)} ${escapeHtml(head.live)}</title>
<style>${style}</style>
</head>
<body>
<main>
${body.join('\n')}
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function digest(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
