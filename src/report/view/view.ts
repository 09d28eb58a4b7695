/** Report → view: all that is said of a report, computed once for every medium. */

import { sweepsOf } from '../../checks/check-report.js';
import { exitStatus, type Report } from '../../verdict/report-object.js';
import { cellSections, cellsOf } from './cell-rows.js';
import { curveSection, nameOfToday } from './curve-section.js';
import { chartOf, curvesOf } from './curves.js';
import { driftSection } from './drift-section.js';
import { gapSections } from './gap.js';
import type { Conclusion, Head, SectionKind, View, ViewSection } from './model.js';
import { ladderOf, reliabilityOf, tiersOf } from './pictures.js';
import { checkpointSection, digestsOf, editSections, footingOf, optionSection, productionSection } from './record.js';
import { rulesOf } from './rules.js';
import { besideSection, tonightSection } from './today.js';
import { typesetAll } from './typography.js';
import { usedInWords } from './used.js';
import { waiverSection, waiversOf, withWaivers } from './waivers.js';
import { VERDICTS } from './words.js';

export function viewOf(report: Report): View {
  const cells = cellsOf(report.checks);
  const sweeps = sweepsOf(report.checks);
  const { live } = report.release;
  return typesetAll({
    head: headOf(report),
    sections: [
      ...optionSection(report),
      ...waiverSection(report),
      ...editSections(report),
      ...sweeps.flatMap(curveSection),
      ...cellSections(cells),
      ...sweeps.flatMap((sweep) => [...driftSection(sweep), ...besideSection(sweep), ...tonightSection(sweep, live)]),
      ...(report.diagnosis ? gapSections(report.diagnosis) : []),
      ...productionSection(report),
      ...checkpointSection(report),
    ],
    cells,
    used: usedInWords(cells),
    rules: rulesOf(cells),
    curves: sweeps.flatMap((sweep) =>
      curvesOf(sweep).map((curve) => chartOf(curve, sweep.compared && nameOfToday(sweep.compared))),
    ),
    production: sweeps.flatMap(tiersOf),
    reliability: sweeps.flatMap(reliabilityOf),
    ladder: sweeps.flatMap(ladderOf),
    waivers: waiversOf(report),
    notes: report.notices,
    footing: footingOf(report, cells),
    digests: digestsOf(report),
  });
}

/** The verdict of a report, of what and by what. */
export function headOf(report: Report): Head {
  const { verdict, headline, policy, release, run } = report;
  return {
    verdict,
    word: VERDICTS[verdict] + withWaivers(report),
    headline,
    release: release.name,
    live: release.live,
    policy: policy.name,
    policyAt: policy.from === 'file' ? policy.path : `${policy.path}, from ${policy.from}`,
    conclusion: conclusionOf(report),
    openStops: policy.onInconclusive === 'fail',
    policyEdited: policy.difference !== undefined,
    place: release.place,
    program: `skewgate ${run.version}`,
  };
}

function conclusionOf(report: Report): Conclusion {
  if (report.verdict === 'ready') return 'success';
  return exitStatus(report) === 0 ? 'neutral' : 'failure';
}

/** The sections of some kinds, in the order of these. */
export function sectionsOf({ sections }: View, kinds: readonly SectionKind[]): ViewSection[] {
  return kinds.flatMap((kind) => sections.filter((section) => section.kind === kind));
}
