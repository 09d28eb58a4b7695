/** Tables are lists on a narrow screen: each cell is told by the title of its column. */

import { cssString } from '../html-text.js';

/** The titles of a page's tables, as rules of its style: tables with the same columns share them. */
export class Labels {
  private readonly names = new Map<string, string>();
  private readonly regions = new Map<string, number>();
  readonly rules: string[] = [];
  /** Those that hold on paper too. */
  readonly paper: string[] = [];

  /**
   * The class of a table with these columns; the first one has a heading of its own in every row. A table of the view
   * that is too wide for paper is `wide` besides, and a list there.
   */
  of(titles: readonly string[], wide = false): string {
    const key = JSON.stringify([titles, wide]);
    const known = this.names.get(key);
    if (known !== undefined) return known;
    const name = `t${this.names.size}`;
    this.names.set(key, name);
    for (const [i, title] of titles.entries()) {
      if (i === 0 || title === '') continue;
      const rule = `.${name} td:nth-child(${i + 1})::before { content: ${cssString(title)}; }`;
      this.rules.push(rule);
      if (wide) this.paper.push(rule);
    }
    return name;
  }

  /** The name of a region: those after the first of a name have their number, so that a reader tells them apart. */
  region(name: string): string {
    const count = (this.regions.get(name) ?? 0) + 1;
    this.regions.set(name, count);
    return count === 1 ? name : `${name}, ${count}`;
  }
}
