/** The view: what is said of a report, before any medium draws it. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { CurvePoint, EvidenceReport, Finding } from '../../src/checks/check-report.js';
import { renderHtml } from '../../src/report/html.js';
import { toJson } from '../../src/report/json.js';
import { renderSummary } from '../../src/report/summary.js';
import { renderText } from '../../src/report/text.js';
import type { Block, SectionKind, View, ViewSection, ViewTable } from '../../src/report/view/model.js';
import { sectionsOf, viewOf } from '../../src/report/view/view.js';
import type { Diagnosis, Hypothesis } from '../../src/verdict/diagnosis/diagnosis.js';
import type { Report } from '../../src/verdict/report-object.js';
import { FULL } from '../support/full-report.js';
import { reportProblems } from '../support/report-schema.js';
import { goodReport, withFindings } from '../support/reports.js';
import { sweepOf } from '../support/sweep-report.js';

let good: Report;
let finding: Finding;
beforeAll(async () => {
  good = await goodReport();
  finding = sweepOf(good).findings.find(({ at }) => at === 'production')!;
});

const sectionOf = (view: View, kind: SectionKind): ViewSection => {
  const [section, ...others] = sectionsOf(view, [kind]);
  expect([kind, section === undefined, others.length]).toEqual([kind, false, 0]);
  return section!;
};
const tables = ({ blocks }: ViewSection): ViewTable[] =>
  blocks.flatMap((block: Block) => (block.kind === 'table' || block.kind === 'chart' ? [block.table] : []));
/** The cells of a column, of the first table of a section that has it. */
const column = (section: ViewSection, title: string) => {
  const at = ({ columns }: ViewTable) => columns.findIndex((one) => one.title === title);
  const table = tables(section).find((one) => at(one) >= 0);
  const index = table ? at(table) : -1;
  expect(index).toBeGreaterThanOrEqual(0);
  return table!.rows.map(({ cells }) => cells[index]);
};

describe('cells', () => {
  it('are findings but for passes that are 0 by definition, in the list, in sections and in the footing alike', () => {
    const trivial: Finding = { ...finding, at: 0, judged: 'change', verdict: 'pass' };
    const failing: Finding = { ...finding, verdict: 'fail', change: 0.3 };
    const open: Finding = { ...finding, verdict: 'inconclusive', reason: { kind: 'underpowered' } };
    const view = viewOf(withFindings(good, [trivial, finding, open, failing, { ...trivial, judged: 'value' }]));
    expect(view.cells.map(({ mark }) => mark)).toEqual(['fail', 'inconclusive', 'pass', 'pass']);
    expect(sectionsOf(view, ['failed', 'inconclusive', 'passed']).map(({ title }) => title)).toEqual([
      'Failed (1)',
      'Inconclusive (1)',
      'Passed (2)',
    ]);
    expect(view.footing).toContainEqual(
      expect.stringMatching(
        /^\d+ rules? → 4 cells \(and 1 finding in report\.json that is a change at distance 0, which is 0 by definition\)$/,
      ),
    );
  });

  it('say where they are, what warns, and why they are open', () => {
    const slice = { tier: 'large' };
    const cells = viewOf(
      withFindings(good, [
        { ...finding, at: 2, slice, verdict: 'fail', level: 'warn', threshold: '1%', operator: 'max_increase' },
        { ...finding, slice: {}, verdict: 'inconclusive', reason: { kind: 'borderline', by: 'interval' } },
      ]),
    ).cells;
    expect(cells).toMatchObject([
      { mark: 'fail', required: false, at: 'distance 2', where: ' at distance 2 on tier=large', reason: '' },
      {
        mark: 'inconclusive',
        required: true,
        where: ' at production',
        slice: 'all rows',
        reason: expect.stringMatching(/^borderline: /),
      },
    ]);
    expect(cells[0]!.allowed).toBe('max_increase 1\u202f%');
  });

  it('show beside the margin that they use what they are sorted by, the bound of what passes or is open', () => {
    const own = {
      operator: 'max_increase',
      judged: 'change',
      margin: 0.1,
      threshold: '10%',
      unit: 'relative',
    } as const;
    const reason = { kind: 'underpowered' } as const;
    const view = viewOf(
      withFindings(good, [
        { ...finding, ...own, verdict: 'pass', change: 0.05, lower: 0, upper: 0.06 },
        { ...finding, ...own, verdict: 'pass', change: 0.02, lower: 0, upper: 0.08 },
        { ...finding, ...own, verdict: 'inconclusive', reason, change: 0.12, lower: 0.09, upper: 0.2 },
        { ...finding, ...own, verdict: 'fail', change: 0.15, lower: 0.13, upper: 0.2 },
      ]),
    );
    expect(view.cells.map(({ usedInWords }) => usedInWords.replaceAll('\u202f', ' '))).toEqual([
      '150 %',
      '120 % (≥ 90 %)',
      '20 % (≤ 80 %)',
      '50 % (≤ 60 %)',
    ]);
  });

  it('say once how the margin is reckoned, by the rules that there are, on every surface', () => {
    const level = { metric: 'roc_auc', operator: 'min', judged: 'value', margin: 0.75, threshold: '0.75' } as const;
    const change = { operator: 'max_increase', judged: 'change', margin: 0.1, threshold: '10%' } as const;
    const auc: Finding = { ...finding, ...level, at: 0, value: 0.8161, lower: 0.805, upper: 0.83, verdict: 'pass' };
    const view = viewOf(withFindings(good, [auc, { ...finding, ...change, verdict: 'fail', change: 0.3 }]));
    expect(view.used).toBe(
      'margin used is change / margin of max_increase (0 is as at distance 0), (1 − value) / (1 − min) of min (0 is the best value there is); in brackets what the bound uses, by which cells that pass or are inconclusive are sorted',
    );
    // By that formula: (1 - 0.8161) / (1 - 0.75), and 0.3 / 0.1.
    expect(view.cells.map(({ usedInWords }) => usedInWords.replaceAll('\u202f', ' '))).toEqual([
      '3.0 times',
      '74 % (≤ 78 %)',
    ]);
    const only = viewOf(withFindings(good, [auc]));
    expect(only.used).not.toContain('distance 0');
    expect(renderHtml(only)).not.toContain('0 is as at distance 0');
    for (const text of [
      renderText(view),
      renderHtml(view),
      renderSummary(view).replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))),
    ])
      expect(text.match(/\(1 − value\) \/ \(1 − min\) of min/g)).toHaveLength(1);
    expect(viewOf(withFindings(good, [])).used).toBe('');
  });

  it('say beside the rows that would settle them how many there are', () => {
    const [point] = sweepOf(good).curve.filter(
      ({ metric, distance }) => metric === finding.metric && distance === 'production',
    );
    const open: Finding = {
      ...finding,
      slice: point!.slice,
      verdict: 'inconclusive',
      reason: { kind: 'underpowered' },
    };
    const reasonOf = (own: Partial<Finding>) => viewOf(withFindings(good, [{ ...open, ...own }])).cells[0]!.reason;
    const rows = point!.rows.toLocaleString('en-US');
    expect(reasonOf({ rowsToSettle: 57_000 })).toMatch(
      new RegExp(`; about 57,000 rows of this slice would settle it \\(it has ${rows}\\)$`),
    );
    expect(reasonOf({ rowsToSettle: 57_000, queriesToSettle: 310, queries: 1200 })).toMatch(
      /; about 310 queries of this slice would settle it \(it has 1,200\)$/,
    );
    expect(reasonOf({})).not.toContain('it has');
  });

  it('of a check on evidence name it, and are nowhere in particular', () => {
    const evidence: EvidenceReport = {
      kind: 'evidence',
      check: 'feature-parity',
      layer: 2,
      verdict: 'pass',
      rules: 1,
      notices: [],
      findings: [{ ...finding, check: 'feature-parity', metric: 'coverage', slice: { feature: 'price' } }],
    };
    const report: Report = { ...good, checks: [evidence] };
    const view = viewOf(report);
    expect(view.cells).toMatchObject([{ metric: 'feature-parity coverage', where: ' on feature=price' }]);
    expect(sectionsOf(view, ['curve', 'drift', 'beside', 'tonight', 'production'])).toEqual([]);
    // Nor has report.json anything of a sweep in it.
    const [json] = (toJson(report) as { checks: object[] }).checks;
    expect(Object.keys(json!)).toEqual(['check', 'layer', 'verdict', 'rules', 'findings', 'notices']);
    expect(reportProblems(JSON.parse(JSON.stringify(toJson(report))))).toEqual([]);
  });
});

describe('the curve', () => {
  it('is that of the most urgent finding, with the parts of a change under one name each', () => {
    const section = sectionOf(viewOf(good), 'curve');
    const [block] = section.blocks;
    expect(block).toMatchObject({
      kind: 'chart',
      chart: { parts: { age: 'age', incompatibility: 'incompatibility' } },
    });
    expect(tables(section)[0]!.columns.map(({ title }) => title)).toEqual([
      'distance',
      'value',
      'change',
      'bounds to pass',
      'age',
      'incompatibility',
      'detectable',
    ]);
    expect(column(section, 'distance')).toEqual(['−1', '0', '1', '2', 'production']);
  });

  /** The chart of three points of one metric. */
  const chartOf = (metric: string, unit: CurvePoint['unit'], changes: readonly number[]) => {
    const point = sweepOf(good).curve[0]!;
    const curve = changes.map(
      (change, distance): CurvePoint => ({
        ...point,
        metric,
        unit,
        slice: {},
        distance,
        change,
        lower: change - 0.1,
        upper: change + 0.1,
        stale: null,
        incompatible: null,
      }),
    );
    const [block] = sectionOf(viewOf(withFindings(good, [{ ...finding, metric, slice: {} }], curve)), 'curve').blocks;
    if (block?.kind !== 'chart') throw new Error('no chart');
    return block.chart;
  };

  it('is in percent where changes are relative, and a log ratio as the ratio that it is', () => {
    const relative = chartOf('log_loss', 'relative', [0, 0.1, 0.2]);
    expect([relative.percent, relative.points.map(({ change }) => change)]).toEqual([true, [0, 10, 20]]);
    const ratio = chartOf('calibration_shift', 'absolute', [0, Math.log(1.5)]);
    expect([ratio.percent, ratio.points[1]!.label]).toEqual([true, '+50.00\u202f%']);
    expect(ratio.points[1]!.change).toBeCloseTo(50, 10);
    const plain = chartOf('roc_auc', 'absolute', [0, -0.25]);
    expect([plain.percent, plain.points[1]!.change]).toEqual([false, -0.25]);
  });

  it('has ticks from its least to its most', () => {
    expect(chartOf('roc_auc', 'absolute', [0, -0.2])).toMatchObject({
      ticks: [{ label: '−0.3' }, { label: '0' }, { label: '+0.1' }],
    });
  });
});

describe('sections', () => {
  it('are one of each kind at most, and come in the order that is asked for', () => {
    const view = viewOf(good);
    const kinds = view.sections.map(({ kind }) => kind);
    expect(new Set(kinds).size).toBe(kinds.length);
    expect(sectionsOf(view, ['production', 'options', 'curve']).map(({ kind }) => kind)).toEqual([
      'production',
      'curve',
    ]);
  });

  it('have a cell for every column in every row', () => {
    for (const section of viewOf(good).sections)
      for (const { columns, rows } of tables(section))
        for (const { cells } of rows) expect([section.kind, cells.length]).toEqual([section.kind, columns.length]);
  });

  it('explain what passes only to whoever looks for it', () => {
    const sweep = sweepOf(good);
    const drift = (verdict: 'pass' | 'fail') =>
      sectionOf(viewOf({ ...good, checks: [{ ...sweep, verdict }] }), 'drift').minor;
    expect([drift('pass'), drift('fail')]).toEqual([true, undefined]);
  });

  it('say what this change edits, and that it counts later', () => {
    const view = viewOf({
      ...good,
      policy: { ...good.policy, from: 'base', difference: '-max: 1\n+max: 9' },
      release: { ...good.release, difference: '+compare_with: other.yml' },
    });
    expect(view.head).toMatchObject({ policyEdited: true, policyAt: `${good.policy.path}, from base` });
    for (const kind of ['policy-edit', 'comparison-edit'] as const) {
      const [said, code] = sectionOf(view, kind).blocks;
      expect(said).toMatchObject({ sentences: [{ text: expect.stringMatching(/counts from the next change on$/) }] });
      expect(code).toMatchObject({ kind: 'code' });
    }
  });

  it('compare with what serves today on what was asked there, and say where no gain is known', () => {
    const sweep = sweepOf(good);
    const compared = { release: 'today', path: 'today.yml', live: 'v9', curve: sweep.curve };
    const section = sectionOf(viewOf({ ...good, checks: [{ ...sweep, compared }] }), 'beside');
    expect(section.title).toBe('Beside today v9, which serves today');
    expect(column(section, 'gain over today that is left')).toContain('–');
    expect(column(section, 'change at production')).toEqual(column(section, 'of today’s family'));
    const aligned = sectionOf(viewOf({ ...good, checks: [{ ...sweep, compared, production: [] }] }), 'beside');
    expect(tables(aligned)[0]!.columns[1]!.title).toBe('change at distance 1');
  });
});

describe('the trail of a diagnosis', () => {
  const hypothesis = (own: Partial<Hypothesis>): Hypothesis => ({
    id: 'label-leakage',
    layer: 1,
    verdict: 'not_tested',
    ledger: 'prediction',
    alone: null,
    fix: null,
    contribution: null,
    share: null,
    lower: null,
    upper: null,
    evidence: [],
    question: 'Does it hold?',
    sole: 'open',
    owner: 'its owner',
    next: 'a table of rows',
    why: 'its table is missing',
    settle: 'a table of rows',
    query: 'SELECT 1',
    ...own,
  });
  const bounded = { value: 0.1, lower: 0, upper: 0.2 };
  const diagnosis: Diagnosis = {
    gap: undefined,
    unknown: 's5',
    outcome: undefined,
    residual: bounded,
    layers: [],
    notices: [],
    notAsked: ['outlier-domination', 'metric-mismatch'],
    next: [
      {
        layer: 1,
        cost: 'query',
        table: 'mix',
        what: 'table',
        columns: ['prod_share'],
        settles: ['sampling-bias'],
        shows: ['label-leakage'],
        why: 'layer 1 first',
        query: 'SELECT 1',
      },
      {
        layer: 2,
        cost: 'replay',
        table: 'ledger',
        what: 'columns',
        columns: ['s0_pit', 's2'],
        settles: ['label-leakage'],
        shows: [],
        why: 'it answers',
        query: 'SELECT 2',
      },
      {
        layer: 2,
        cost: 'query',
        table: 'ledger',
        what: 'rows',
        columns: [],
        settles: ['sampling-bias'],
        shows: [],
        why: 'more',
        query: 'SELECT 3',
      },
    ],
    hypotheses: [
      hypothesis({}),
      hypothesis({ id: 'sampling-bias' }),
      hypothesis({ id: 'feature-parity', layer: 2, verdict: 'contributing', share: 0.5, lower: 0.4, upper: null }),
    ],
  };

  it('says that the gap is not known, and what nobody asked in its layer', () => {
    const view = viewOf({ ...good, checks: [], diagnosis });
    const section = sectionOf(view, 'gap');
    expect(section.title).toBe('What the evidence says');
    expect(section.blocks[0]).toMatchObject({ sentences: [{ text: expect.stringMatching(/no column s5/) }] });
    expect(column(section, 'share of the gap')).toEqual(['–', '–', '–', '50\u202f% [40\u202f%, unbounded]', '–']);
    expect(column(section, 'decision')).toEqual(['not tested', 'not tested', 'not asked', 'contributing', 'not asked']);
    expect(column(section, 'hypothesis')).toEqual([
      'label-leakage',
      'sampling-bias',
      'outlier-domination',
      'feature-parity',
      'metric-mismatch',
    ]);
    expect(column(section, 'why')[4]).toBe('Do the offline and the online metric measure the same thing?');
  });

  it('names the steps to what would settle a hypothesis, or else the evidence', () => {
    const section = sectionOf(viewOf({ ...good, checks: [], diagnosis }), 'gap');
    expect(column(section, 'next')).toEqual([
      'steps 1 and 2 of what to find out next',
      'step 1 of what to find out next',
      '',
      'a table of rows',
      '',
    ]);
  });

  it('lists what is next in its order, with the query of the first step beneath and the others apart', () => {
    const view = viewOf({ ...good, checks: [], diagnosis });
    const section = sectionOf(view, 'next');
    expect(column(section, 'layer')).toEqual(['1. Model and evaluation', ...Array(2).fill('2. Serving and features')]);
    expect(column(section, 'step')).toEqual([
      '1. the table mix',
      '2. the ledger’s columns s0_pit and s2',
      '3. more rows of the ledger',
    ]);
    expect(column(section, 'takes')).toEqual(['a query over logs', 'a replay', 'a query over logs']);
    expect(column(section, 'tells')).toEqual([
      'settles sampling-bias; shows something of label-leakage',
      'settles label-leakage',
      'settles sampling-bias',
    ]);
    expect(section.blocks[0]).toMatchObject({ sentences: [{ text: expect.stringMatching(/^these steps gather/) }] });
    expect(section.blocks[2]).toEqual({
      kind: 'code',
      title: 'Step 1, the table mix',
      language: 'sql',
      text: 'SELECT 1',
    });
    expect(sectionOf(view, 'queries').blocks).toMatchObject([
      { title: 'Step 2, the ledger’s columns s0_pit and s2', text: 'SELECT 2' },
      { title: 'Step 3, more rows of the ledger', text: 'SELECT 3' },
    ]);
  });

  it('draws the list on every surface, first step first, and has none where nothing is left to write', () => {
    const report = { ...good, checks: [], diagnosis };
    for (const render of [renderText, renderSummary, renderHtml]) {
      const drawn = render(viewOf(report));
      const at = ['not asked', 'the table mix', 'columns s0', 'more rows of the ledger'].map((text) =>
        drawn.indexOf(text),
      );
      expect(at.every((index) => index >= 0)).toBe(true);
      expect(at).toEqual(at.toSorted((a, b) => a - b));
      expect(drawn).toContain('SELECT 1');
    }
    const none = viewOf({ ...report, diagnosis: { ...diagnosis, next: [] } });
    expect(none.sections.map(({ kind }) => kind)).not.toContain('next');
    const one = viewOf({ ...report, diagnosis: { ...diagnosis, next: diagnosis.next.slice(0, 1) } });
    expect(one.sections.map(({ kind }) => kind)).not.toContain('queries');
  });
});

describe('the conclusion', () => {
  it.each([
    ['ready', 'fail', 'success'],
    ['not_ready', 'warn', 'failure'],
    ['inconclusive', 'fail', 'failure'],
    ['inconclusive', 'warn', 'neutral'],
  ] as const)('of %s, where what is open is to %s, is %s', (verdict, onInconclusive, conclusion) => {
    const { head } = viewOf({ ...good, verdict, policy: { ...good.policy, onInconclusive } });
    expect([head.conclusion, head.openStops]).toEqual([conclusion, onInconclusive === 'fail']);
  });
});

describe('the version before', () => {
  const { compared, ...sweep } = sweepOf(FULL);
  const titled = (check: Report['checks'][number]) => sectionOf(viewOf({ ...FULL, checks: [check] }), 'tonight');
  const titles = (section: ViewSection) => tables(section)[0]!.columns.map(({ title }) => title);

  it('is what serves, and what not promoting leaves, where no other family serves', () => {
    const section = titled(sweep);
    expect(section.title).toBe('Against v2 with its own index (which serves today), all rows');
    expect(titles(section).at(-1)).toMatch(/ with its own index: forgone by not promoting$/);
  });

  it('is not said to serve where the release names what does', () => {
    const section = titled({ ...sweep, compared: compared! });
    expect(section.title).toBe('Against v2 with its own index (the version before it), all rows');
    expect(titles(section).join()).not.toMatch(/forgone|serves/);
  });
});

describe('the table of drift', () => {
  const [entry] = sweepOf(FULL).drift;
  const shown = (ofIncompatible: typeof INCOMPATIBLE | null) => {
    const drift = [{ ...entry!, alignable: { ...entry!.alignable!, ofIncompatible } }];
    return sectionOf(viewOf({ ...FULL, checks: [{ ...sweepOf(FULL), drift }] }), 'drift');
  };
  const INCOMPATIBLE = { scale: 0.2, orthogonal: 0.9407, linear: 0.97 };

  it('has shares of the same part as the picture and the reading, and says of which', () => {
    const split = shown(INCOMPATIBLE);
    expect([column(split, 'orthogonal repairs'), column(split, 'of')]).toEqual([['94\u202f%'], ['incompatibility']]);
    const whole = shown(null);
    expect([column(whole, 'orthogonal repairs'), column(whole, 'of')]).toEqual([['90\u202f%'], ['the loss']]);
    expect(viewOf(FULL).ladder).toMatchObject([{ orthogonal: 0.9, of: 'the loss in log_loss' }]);
  });

  it('says what each of its columns means, on every surface that shows it', () => {
    const [table] = tables(shown(null));
    const words = [
      'displacement',
      'after rotation',
      'CKA',
      'norm ratio',
      'offset',
      'scale',
      'neighbours kept',
      'repairs',
    ];
    for (const word of words) expect(table!.note).toContain(word);
    const view = viewOf({ ...FULL, checks: [sweepOf(FULL)] });
    for (const text of [renderHtml(view), renderSummary(view)]) expect(text).toMatch(/CKA: likeness of the two/);
  });
});
