/**
 * Wildcards of one path segment: `*` any text, `?` any character, `[ab]`, `[a-z]` and `[!ab]` one of a set. In time
 * linear in text × pattern.
 */

/** Tells if a text of a path holds a wildcard. */
export function hasWildcard(text: string): boolean {
  return /[*?[]/.test(text);
}

type Token = '*' | ((character: string) => boolean);

/** Tells if `text` is what `pattern` stands for. */
export function matchesWildcard(text: string, pattern: string): boolean {
  const tokens = tokensOf(pattern);
  const characters = [...text];
  let [at, t] = [0, 0];
  // The last star, and the character that it was last tried to end before.
  let star = -1;
  let resume = 0;
  while (at < characters.length) {
    const token = tokens[t];
    if (token === '*') {
      star = t++;
      resume = at;
    } else if (token?.(characters[at] ?? '')) {
      at++;
      t++;
    } else if (star >= 0) {
      t = star + 1;
      at = ++resume;
    } else return false;
  }
  while (tokens[t] === '*') t++;
  return t === tokens.length;
}

function tokensOf(pattern: string): Token[] {
  const tokens: Token[] = [];
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i];
    const close = character === '[' ? characters.indexOf(']', i + 2) : -1;
    if (character === '*') tokens.push('*');
    else if (character === '?') tokens.push(() => true);
    else if (close > 0) {
      tokens.push(setOf(characters.slice(i + 1, close)));
      i = close;
    } else tokens.push((c) => c === character);
  }
  return tokens;
}

/** The test of what stands between brackets. */
function setOf(written: readonly string[]): (character: string) => boolean {
  const negated = written[0] === '!';
  const members = negated ? written.slice(1) : written;
  const holds = (c: string): boolean =>
    members.some((member, i) => {
      const to = members[i + 1] === '-' ? members[i + 2] : undefined;
      return member === c || (to !== undefined && member <= c && c <= to);
    });
  return (c) => holds(c) !== negated;
}
