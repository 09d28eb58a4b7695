/** The chart that GitHub draws: a limit is a line only where it limits the change that is drawn. */
import { describe, expect, it } from 'vitest';
import { mermaidChart } from '../../src/report/mermaid.js';
import type { Chart, ChartPoint, MarginLine } from '../../src/report/view/model.js';

const point = (distance: string, change: number): ChartPoint => ({
  distance,
  pure: distance !== 'production',
  change,
  lower: change - 1,
  upper: change + 1,
  age: null,
  incompatibility: null,
  today: null,
  label: String(change),
  bounds: '',
  split: '',
});

const chart = (margins: readonly MarginLine[]): Chart => ({
  metric: 'roc_auc',
  what: 'change',
  slice: 'all rows',
  percent: false,
  points: [point('0', 0), point('1', -1), point('production', -2)],
  bound: 'lower',
  margins,
  ticks: [],
  parts: { age: 'age', incompatibility: 'incompatibility' },
});

/** Markdown without the escapes of its punctuation. */
const plain = (text: string) => text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));

const level: MarginLine = { allowed: 'min 0.75', line: 'gate.yml:1', lower: -66, at: ['0'] };
const change: MarginLine = { allowed: 'max_decrease 4', line: 'gate.yml:2', lower: -4, at: ['production'] };

describe('production', () => {
  it('is a level line of its own, which the curve is not joined to', () => {
    const drawn = mermaidChart(chart([change]));
    expect(drawn).toContain('x-axis "version distance" ["0", "1"]');
    expect(drawn).toContain('  line "change" [0, -1]');
    expect(drawn).toContain('  line "production" [-2, -2]');
    expect(plain(drawn)).toContain('violet: production, at no one distance: -2');
    const without = chart([change]).points.filter(({ pure }) => pure);
    expect(mermaidChart({ ...chart([]), points: without })).not.toContain('production');
  });
});

describe('the margin', () => {
  it('is no line where it is asked at distance 0 alone, at which nothing has changed', () => {
    const drawn = mermaidChart(chart([level]));
    expect(drawn).not.toContain('margin');
    expect(drawn).toContain('y-axis "change" -2 --> 0');
  });

  it('is that of the first rule that limits a change, and says where it is asked', () => {
    const drawn = mermaidChart(chart([level, change]));
    expect(drawn).toContain('  line "margin" [-4, -4]');
    expect(plain(drawn)).toContain('red: margin (max_decrease 4), asked at production');
    expect(drawn).not.toContain('-66');
  });
});
