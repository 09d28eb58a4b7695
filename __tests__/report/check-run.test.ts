/** The title of a check run and the comment. */
import { describe, expect, it } from 'vitest';
import { renderComment, renderTitle } from '../../src/report/check-run.js';
import { viewOf } from '../../src/report/view/view.js';
import { goodReport, largeReport, lostGap } from '../support/reports.js';

describe('a check’s title', () => {
  it('is the verdict and the cell that decided it', async () => {
    expect(renderTitle(viewOf(await goodReport()))).toMatch(/^Ready: nearest to its margin is \S+ .* \(.*\)$/);
    expect(renderTitle(viewOf(await largeReport(3, 3)))).toMatch(/^Not ready: \S+ \S.* on tier=.*number 2 \(.*\)$/);
  });

  it('has the figures of a gap where that decided', () => {
    expect(renderTitle(viewOf(lostGap))).toBe(
      'Not ready: v42 loses all of its gain online (116\u202f%): log loss gained over production’s model: ' +
        '+0.0257 offline, −0.0042 online',
    );
  });

  it('names no cell that passes where something else decided', async () => {
    const report = { ...(await goodReport()), verdict: 'not_ready' as const, headline: 'v3: the A/B is lost: −2; so.' };
    expect(renderTitle(viewOf(report))).toBe('Not ready: v3: the A/B is lost: −2');
  });
});

describe('a comment', () => {
  it('names the worst cells, counts the rest and links to all', async () => {
    const comment = renderComment(viewOf(await largeReport(12, 3)), 'https://github.example/1');
    expect(comment).toMatch(/^### ❌ test-gate .* v3.* not ready\n/);
    expect(comment.match(/^\| ❌ fail /gm)).toHaveLength(10);
    expect(comment).toContain('… and 2 more, in report.json.');
    expect(
      comment.endsWith(
        '[The whole summary](https://github.example/1); the page with the pictures is among [its artifacts](https://github.example/1#artifacts)',
      ),
    ).toBe(true);
  });

  it('of a pass has no table', async () => {
    const comment = renderComment(viewOf(await goodReport()), undefined);
    expect(comment).toMatch(/^### ✅ /);
    expect(comment).not.toContain('|');
  });
});
