/** Small helpers for words that people read. */

const MAX_SHOWN = 120;

/**
 * A text on one line, without effect on a terminal or a workflow's log: control, bidirectional and zero-width
 * characters become escapes, and the runner's old command prefix is broken.
 */
export function inert(text: string): string {
  return text
    .replace(
      /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    .replace(/##\[/g, '# #[');
}

/**
 * A string from outside made inert and cut to a length. Every message and terminal line that repeats user data goes
 * through here.
 */
export function printable(text: string, max = MAX_SHOWN): string {
  const oneLine = inert(text);
  if (oneLine.length <= max) return oneLine;
  // Not in the middle of a surrogate pair.
  return `${oneLine.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** A value from outside in quotation marks, for messages. */
export function quoted(value: unknown): string {
  if (typeof value === 'string') return `"${printable(value)}"`;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return String(value);
  return printable(json(value));
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return 'a value that contains itself';
  }
}

/** `a`, `a and b`, `a, b and c`; longer lists are cut with a count. */
export function list(words: readonly string[], max = 12): string {
  const shown = words.length > max ? [...words.slice(0, max - 1), `${words.length - max + 1} more`] : words;
  if (shown.length <= 1) return shown.join('');
  return `${shown.slice(0, -1).join(', ')} and ${shown[shown.length - 1]}`;
}

export function plural(count: number, noun: string, pluralForm = `${noun}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? noun : pluralForm}`;
}

/** Edit distance with insert, delete, replace and swap of neighbours (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, before[j - 2]! + 1);
      current.push(best);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length]!;
}

/** The known word nearest to what was typed, if it is near enough to be meant. */
export function didYouMean(typed: string, known: readonly string[]): string | undefined {
  if (typed.length > 64) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const word of known) {
    const distance = editDistance(typed.toLowerCase(), word.toLowerCase());
    if (distance < bestDistance) {
      best = word;
      bestDistance = distance;
    }
  }
  return best;
}

/** A list in pieces of a size, the last one shorter. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** The first letter in upper case. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A path that may stand in a command to be pasted: names that a shell would read otherwise become FILE. */
export function shellPath(path: string): string {
  return shellWord(path, 'FILE');
}

/** A word of a command to be pasted; one that a shell would read otherwise becomes a name to be filled in. */
export function shellWord(word: string, otherwise: string): string {
  return /^[\w][\w./+@=-]*$/.test(word) ? word : otherwise;
}
