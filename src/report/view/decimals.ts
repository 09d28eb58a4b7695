/** Figures of a column by their decimal points. */

/** U+2007: as wide as a digit. */
export const FIGURE_SPACE = '\u2007';

/**
 * The texts filled up at their end so that, flush right and with digits of one width, their decimal points stand
 * beneath each other. What is no figure stays as it is.
 */
export function alignDecimals(texts: readonly string[], space: string = FIGURE_SPACE): string[] {
  const split = texts.map((text) => /^([+−]?[\d,]+)((?:\.\d+)?)(.*)$/u.exec(text));
  const unit = Math.max(0, ...split.map((parts) => parts?.[3]?.length ?? 0));
  const longest = Math.max(0, ...split.map((parts) => parts?.[2]?.length ?? 0));
  return texts.map((text, i) => {
    const parts = split[i];
    if (!parts) return text;
    const [, whole = '', fraction = '', rest = ''] = parts;
    // A unit follows its figure at once; of a column with several units only the figures are aligned.
    return `${whole}${fraction}${rest}${space.repeat(longest - fraction.length + unit - rest.length)}`;
  });
}
