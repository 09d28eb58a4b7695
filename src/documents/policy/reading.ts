/** Every part of the policy's reader goes by this: the file with its places, and the files that it names. */
import { join, resolve } from 'node:path';
import type { Workspace } from '../../data/artefacts/files.js';
import { filesNear } from '../../data/artefacts/near-files.js';
import { tableAt } from '../../data/artefacts/table-at.js';
import type { Place } from '../../errors.js';
import { didYouMean, list, quoted } from '../../lib/text.js';
import type { YamlSource } from '../yaml/source.js';
import type { PolicyOrigin } from './origin.js';

export class PolicyReading {
  constructor(
    readonly source: YamlSource,
    private readonly folder: string,
    private readonly workspace: Workspace,
    private readonly origin: PolicyOrigin,
    /** True where a state is judged in place of the eval set, whose files need not be here. */
    private readonly absent = false,
  ) {}

  /** The absolute path of an existing table inside the workspace, or undefined with a problem noted. */
  path(written: string, place: Place, what: string): string | undefined {
    return this.existing(written, place, what, (path) => path)?.path;
  }

  /** The same of a table that the policy goes by: as of the commit that the policy is of. */
  table(written: string, place: Place, what: string): { path: string; shown: string } | undefined {
    return this.existing(written, place, what, (path) => this.origin.table(path, this.workspace));
  }

  private existing(
    written: string,
    place: Place,
    what: string,
    whereToRead: (path: string) => string,
  ): { path: string; shown: string } | undefined {
    const named = resolve(this.folder, written);
    if (!this.workspace.contains(named))
      return this.source.problem(
        place,
        `${what} at ${quoted(written)}, outside the workspace`,
        'a path inside the workspace',
      );
    if (this.absent && what.startsWith('eval_set.')) return { path: named, shown: this.workspace.show(named) };
    const path = whereToRead(named);
    const table = tableAt(path, this.workspace, place);
    if (!table)
      return this.source.problem(
        place,
        `${what} at ${quoted(written)}, where no file is`,
        'a path relative to this policy',
        `(Looked for ${this.workspace.show(named)}${this.nearest(named)}.)`,
      );
    for (const problem of table.problems) this.source.problems.add(problem);
    if (table.problems.length > 0) return undefined;
    return { path, shown: this.workspace.show(named) };
  }

  /** Names the files that stand nearest to a path at which none is, after a semicolon. */
  private nearest(named: string): string {
    const { folder, names } = filesNear(named, this.workspace.root);
    return names.length === 0
      ? ''
      : `; nearest to it: ${list(names.map((name) => quoted(this.workspace.show(join(folder, name)))))}`;
  }

  /** Notes that `name` is none of the eval set's slice columns. */
  unknownSlice(name: string, place: Place, slices: readonly string[]): void {
    const near = didYouMean(name, slices);
    this.source.problem(
      place,
      `${quoted(name)}, which is no slice column`,
      slices.length > 0
        ? `one of eval_set.slices: ${list(slices)}`
        : 'a column listed in eval_set.slices (it lists none)',
      near ? `Did you mean "${near}"?` : undefined,
    );
  }
}
