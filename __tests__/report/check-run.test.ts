/** The title of a check run and the comment. */
import { describe, expect, it } from 'vitest';
import { renderComment, renderTitle } from '../../src/report/check-run.js';
import { viewOf } from '../../src/report/view/view.js';
import { goodReport, largeReport, withFindings } from '../support/reports.js';

describe('a check’s title', () => {
  it('is the verdict and the cell that decided it', async () => {
    expect(renderTitle(viewOf(await goodReport()))).toMatch(/^Ready: nearest to its margin is \S+ .* \(.*\)$/);
    expect(renderTitle(viewOf(await largeReport(3, 3)))).toMatch(/^Not ready: \S+ \S.* on tier=.*number 2 \(.*\)$/);
  });

  it('is the verdict alone where no required cell says anything', async () => {
    expect(renderTitle(viewOf(withFindings(await goodReport(), [])))).toBe('Ready');
  });
});

describe('a comment', () => {
  it('names the worst cells, counts the rest and links to all', async () => {
    const comment = renderComment(viewOf(await largeReport(12, 3)), 'https://github.example/1');
    expect(comment).toMatch(/^### ❌ test&#45;gate .* v3.* not ready\n/);
    expect(comment.match(/^\| ❌ fail /gm)).toHaveLength(10);
    expect(comment).toContain('… and 2 more, in report.json.');
    expect(comment.endsWith('[The whole summary](https://github.example/1)')).toBe(true);
  });

  it('of a pass has no table', async () => {
    const comment = renderComment(viewOf(await goodReport()), undefined);
    expect(comment).toMatch(/^### ✅ /);
    expect(comment).not.toContain('|');
  });
});
