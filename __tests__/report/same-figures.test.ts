/**
 * Every figure of every surface is one of report.json: read back as a number from what is shown, it is what the file
 * has, rounded to the digits that are shown. Nothing here uses the program's own formats.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CurvePoint, Distance, Finding, Verdict } from '../../src/checks/check-report.js';
import { annotationsOf } from '../../src/report/annotations.js';
import { renderComment, renderTitle } from '../../src/report/check-run.js';
import { renderHtml } from '../../src/report/html.js';
import { renderJson } from '../../src/report/json.js';
import { renderSummary } from '../../src/report/summary.js';
import { renderText } from '../../src/report/text.js';
import { viewOf } from '../../src/report/view/view.js';
import type { Report } from '../../src/verdict/report-object.js';
import { check, finding } from '../support/findings.js';
import { FULL } from '../support/full-report.js';
import { lostGap } from '../support/reports.js';

/** A number as it is shown: `+12.74 %`, `0.8292`, `14 times`, `−8.94e−7`, `12,000`. */
const SHOWN = /(?<![\w.@:/#=*&])[+−]?\d[\d,]*(?:\.\d+)?(?:e[−+]?\d+)?(?:\u202f?%| times)?(?![\w:@])/g;

interface Figure {
  readonly text: string;
  readonly value: number;
  /** Half of the last digit that is shown. */
  readonly half: number;
  readonly percent: boolean;
}

function figuresIn(text: string): Figure[] {
  return [...text.matchAll(SHOWN)].map(([shown]) => {
    const digits = shown
      .replaceAll('−', '-')
      .replaceAll(',', '')
      .replace(/(\u202f?%| times)$/, '');
    const [mantissa = '', exponent = '0'] = digits.split('e');
    const decimals = mantissa.split('.')[1]?.length ?? 0;
    return {
      text: shown,
      value: Number(digits),
      half: 0.5 * 10 ** (Number(exponent) - decimals),
      percent: shown.endsWith('%'),
    };
  });
}

/** Says whether a figure is a number, rounded to the digits that it has. */
function shows({ value, half, percent }: Figure, number: number): boolean {
  const scaled = percent ? 100 * number : number;
  return Math.abs(value - scaled) <= half * (1 + 1e-9) + 1e-12 * Math.abs(scaled);
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** All numbers of a JSON value, and the figures that stand in its strings. */
function numbersOf(value: Json): number[] {
  if (typeof value === 'number') return [value];
  if (typeof value === 'string')
    return figuresIn(value.replaceAll(' %', '\u202f%')).map((one) => (one.percent ? one.value / 100 : one.value));
  if (value === null || typeof value === 'boolean') return [];
  const entries = Array.isArray(value) ? value : Object.entries(value).flat();
  return entries.flatMap(numbersOf);
}

/** The part of its margin that a figure of a finding uses, by docs/reading-a-report.md. */
function usedBy({ operator, margin }: Finding, figure: number): number {
  if (operator === 'min') return (1 - figure) / (1 - margin);
  const harm = operator === 'max_increase' ? figure : operator === 'max_decrease' ? -figure : Math.abs(figure);
  return harm / margin;
}

/** Without a gap, whose shares of counts are no figures of the file. */
const { diagnosis: _, ...SWEPT } = FULL;

const NAMES = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta'] as const;
const change = fc.double({ min: -0.9, max: 0.9, noNaN: true }).filter((x) => x === 0 || Math.abs(x) > 1e-5);
const size = fc.double({ min: 1e-4, max: 0.3, noNaN: true });

/** One cell a slice, so that a row that is shown is found by its name. */
const findings: fc.Arbitrary<Finding[]> = fc
  .array(
    fc.record({
      rule: fc.constantFrom(
        { metric: 'log_loss', operator: 'max_increase', unit: 'relative', judged: 'change' } as const,
        { metric: 'roc_auc', operator: 'max_decrease', unit: 'absolute', judged: 'change' } as const,
        { metric: 'ndcg@10', operator: 'max_change', unit: 'relative', judged: 'change' } as const,
        { metric: 'roc_auc', operator: 'min', unit: 'absolute', judged: 'value' } as const,
      ),
      verdict: fc.constantFrom<Verdict>('pass', 'fail', 'inconclusive'),
      change,
      below: size,
      above: size,
      value: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
    }),
    { minLength: 1, maxLength: NAMES.length },
  )
  .map((cells) =>
    cells.map(({ rule, verdict, change: of, below, above, value }, i) => {
      const middle = rule.judged === 'value' ? value : of;
      const margin = { relative: 0.01, absolute: rule.judged === 'value' ? 0.75 : 0.004 }[rule.unit];
      return finding({
        ...rule,
        ...{ verdict, value, change: of, lower: middle - below, upper: middle + above, margin },
        rule: ['max_increase', 'max_decrease', 'max_change', 'min'].indexOf(rule.operator),
        threshold: { relative: '1%', absolute: String(margin) }[rule.unit],
        slice: { tier: NAMES[i]! },
        ...(verdict === 'inconclusive' ? { reason: { kind: 'no_spread' } as const } : {}),
      });
    }),
  );

const points = fc.array(fc.record({ change, age: change, below: size, above: size }), { minLength: 4, maxLength: 4 });

const reports: fc.Arbitrary<{ report: Report; findings: readonly Finding[] }> = fc
  .tuple(findings, points)
  .map(([own, drawn]) => {
    const distances: readonly Distance[] = [0, 1, 2, 'production'];
    const curve = own.flatMap(({ metric, unit, slice }) =>
      distances.map((distance, d): CurvePoint => {
        const { change: of, age, below, above } = drawn[d]!;
        const moved = distance === 0 ? 0 : of;
        return {
          ...{ metric, unit, slice, distance, change: moved, atZero: 0.4377, value: 0.4377 + moved, mde: below },
          ...{ lower: moved - below, upper: moved + above, rows: 1234, positives: 321 },
          ...{ stale: distance === 0 ? null : age, incompatible: distance === 0 ? null : moved - age },
        };
      }),
    );
    const rules = new Set(own.map(({ rule }) => rule)).size;
    return { report: { ...SWEPT, checks: [check(own, { curve, rules, production: [] })] }, findings: own };
  });

const decoded = (text: string) =>
  text.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))).replaceAll('\u2060', '');

/** The words of a page: neither its program, nor its style, nor its pictures, whose axes have marks of their own. */
function wordsOf(html: string): string {
  const shown = html.replace(/<(style|script|template|svg|title)[\s\S]*?<\/\1>/g, ' ');
  return decoded(
    shown
      .replace(/<tr/g, '\n<tr')
      .replace(/<wbr>/g, '')
      .replace(/<[^>]*>/g, ' '),
  );
}

function wordsOfMarkdown(markdown: string): string {
  return decoded(markdown.replace(/```mermaid[\s\S]*?```/g, '').replace(/<[^>]*>/g, ' '));
}

function surfacesOf(report: Report) {
  const view = viewOf(report);
  return {
    terminal: renderText(view),
    summary: wordsOfMarkdown(renderSummary(view)),
    page: wordsOf(renderHtml(view)),
    comment: wordsOfMarkdown(renderComment(view, undefined)),
    title: renderTitle(view),
    annotations: annotationsOf(view)
      .map(({ title, message }) => `${title}\n${message}`)
      .join('\n'),
  };
}

describe('a cell', () => {
  it('has on every surface the figures that report.json has', () => {
    fc.assert(
      fc.property(reports, ({ report, findings: own }) => {
        const { terminal, summary, page, comment } = surfacesOf(report);
        for (const one of own) {
          const middle = one.judged === 'value' ? one.value : one.change;
          const row = (text: string, with_ = '') =>
            text
              .split('\n')
              .filter((line) => line.includes(`tier=${one.slice.tier}`) && line.includes(with_) && line.includes('['));
          const wanted = { measured: [middle, one.lower, one.upper], used: usedBy(one, middle) };
          const expectRow = (line: string | undefined, numbers: readonly number[]) => {
            expect(line, one.slice.tier).toBeDefined();
            const shown = figuresIn(line!);
            for (const [i, number] of numbers.entries())
              expect(shown[i] && shows(shown[i], number), `${number} as ${shown[i]?.text} in ${line}`).toBe(true);
          };
          const all = [...wanted.measured, one.margin, wanted.used];
          expectRow(row(terminal, 'gate.yml:')[0], all);
          expectRow(row(summary, '| ')[0], all);
          if (one.verdict !== 'pass') expectRow(row(comment, '| ')[0], all);
          expectRow(row(page, '[').at(-1), [...wanted.measured, wanted.used]);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('a figure', () => {
  it.each([
    ['+12.74\u202f%', 0.12744, 0.1275],
    ['0.8292', 0.82915, 0.8293],
    ['−8.94e−7', -8.941e-7, -8.95e-7],
    ['14 times', 14.3, 14.6],
    ['12,000', 12_000, 12_001],
    ['150\u202f%', 1.496, 1.494],
  ])('is read as what it shows: %s', (text, right, wrong) => {
    const [figure, ...others] = figuresIn(`tier=a2 ${text} policy.yml:7`);
    expect(others).toEqual([]);
    expect([shows(figure!, right), shows(figure!, wrong)]).toEqual([true, false]);
  });

  it('that stands on any surface is in report.json, or counts what is there, or is a part of a margin', () => {
    fc.assert(
      fc.property(reports, ({ report, findings: own }) => {
        const used = own.flatMap((one) =>
          [one.value, one.change, one.lower, one.upper].map((figure) => usedBy(one, figure)),
        );
        expectKnown(report, used, own.length + 60);
      }),
      { numRuns: 40 },
    );
  });

  it('of a gap is in report.json too', () => {
    const { gap, hypotheses } = lostGap.diagnosis!;
    const shares = hypotheses.flatMap(({ contribution }) => (contribution === null ? [] : [contribution / gap!.value]));
    expectKnown(lostGap, [...shares, gap!.value / gap!.offline.value], 30);
  });
});

/** @param derived what may be shown besides the numbers of the file. @param most the largest count */
function expectKnown(report: Report, derived: readonly number[], most: number): void {
  const file = [...numbersOf(JSON.parse(renderJson(report)) as Json), ...derived];
  const known = [...file, ...file.map(Math.abs)];
  const surfaces = Object.entries(surfacesOf(report));
  for (const [name, text] of surfaces)
    for (const figure of figuresIn(text)) {
      const counts = !figure.percent && Number.isInteger(figure.value) && figure.value >= 0 && figure.value <= most;
      expect(counts || known.some((number) => shows(figure, number)), `${name}: ${figure.text}`).toBe(true);
    }
  expect(surfaces.filter(([, text]) => figuresIn(text).length > 0).length).toBeGreaterThanOrEqual(4);
}
