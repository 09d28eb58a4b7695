/**
 * report.html: the decision in pictures on one page that needs nothing else. Every string is escaped; the page loads
 * nothing and runs the one script whose digest it states.
 */
import { sectionPart } from './html/blocks.js';
import { cellsPart } from './html/cells.js';
import { curvesPart } from './html/curves.js';
import { ladderPart, reliabilityPart } from './html/diagrams.js';
import { DRAWING } from './html/drawing.js';
import { forestPart } from './html/forest.js';
import { Labels } from './html/labels.js';
import { mapPart } from './html/map.js';
import { openingPart } from './html/opening.js';
import { pageOf } from './html/page.js';
import { provenancePart } from './html/provenance.js';
import { SCRIPT } from './html/script.js';
import { styleOf } from './html/style.js';
import type { SectionKind, View } from './view/model.js';
import { sectionsOf } from './view/view.js';

export function renderHtml(view: View): string {
  const { head, rules } = view;
  const labels = new Labels();
  const sections = (...kinds: SectionKind[]) => sectionsOf(view, kinds).map((section) => sectionPart(section, labels));
  const curves = curvesPart(view);
  const body = [
    openingPart(view),
    ...sections('waived', 'policy-edit', 'comparison-edit'),
    forestPart(rules, view.used, labels),
    curves.html,
    mapPart(rules, labels),
    reliabilityPart(view.reliability),
    ...sections('drift'),
    ladderPart(view.ladder),
    ...sections('beside', 'tonight', 'waterfall', 'gap', 'next', 'since', 'queries'),
    cellsPart(rules, labels),
    provenancePart(view, labels),
  ];
  return pageOf({
    title: `${head.word}: ${head.release} ${head.live}`,
    body,
    style: styleOf(labels),
    script: curves.draws ? `${DRAWING}${SCRIPT}` : SCRIPT,
  });
}
