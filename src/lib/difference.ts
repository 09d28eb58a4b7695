/** The difference of two texts, line by line. */
import { structuredPatch } from 'diff';

/** Lines shown of a difference before the rest is counted. */
const MAX_LINES = 40;

/** Changed lines with their context, `-` before and `+` after; empty where nothing changed. */
export function differenceOf(before: string, after: string): string {
  if (before === after) return '';
  const lines = hunksOf(before, after, 1).flatMap(({ oldStart, newStart, lines }) => [
    `@@ line ${oldStart} → ${newStart}`,
    ...lines,
  ]);
  const shown = lines.slice(0, MAX_LINES);
  return [...shown, ...(lines.length > MAX_LINES ? [`… ${lines.length - MAX_LINES} more lines`] : [])].join('\n');
}

/** Numbers (from 1) of the lines of `after` that `before` does not have in their place. */
export function changedLines(before: string, after: string): number[] {
  return hunksOf(before, after, 0).flatMap(({ newStart, lines }) => {
    let line = newStart;
    const changed: number[] = [];
    for (const text of lines) {
      if (text.startsWith('+')) changed.push(line++);
      else if (text.startsWith(' ')) line++;
    }
    return changed;
  });
}

function hunksOf(before: string, after: string, context: number) {
  // Texts that have next to nothing in common would take long to align, and nobody reads that difference.
  const patch = structuredPatch('', '', before, after, '', '', { context, maxEditLength: 20_000, timeout: 2_000 });
  return patch?.hunks ?? [];
}
