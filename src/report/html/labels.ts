/** Tables are lists on a narrow screen: each cell is told by the title of its column. */

import { cssString } from '../html-text.js';

/** The titles of a page's tables, as rules of its style: tables with the same columns share them. */
export class Labels {
  private readonly names = new Map<string, string>();
  private readonly regions = new Map<string, number>();
  readonly rules: string[] = [];

  /** The class of a table with these columns; the first one has a heading of its own in every row. */
  of(titles: readonly string[]): string {
    const key = JSON.stringify(titles);
    const known = this.names.get(key);
    if (known !== undefined) return known;
    const name = `t${this.names.size}`;
    this.names.set(key, name);
    for (const [i, title] of titles.entries())
      if (i > 0 && title !== '')
        this.rules.push(`.${name} td:nth-child(${i + 1})::before { content: ${cssString(title)}; }`);
    return name;
  }

  /** The name of a region: the first of a name as it is, the others with a number, so that they are told apart. */
  region(name: string): string {
    const count = (this.regions.get(name) ?? 0) + 1;
    this.regions.set(name, count);
    return count === 1 ? name : `${name}, ${count}`;
  }
}
