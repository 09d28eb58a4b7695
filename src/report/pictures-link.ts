/**
 * Sentences that lead to the page with the pictures. While the Action runs, its artifact is not there yet, so that they
 * lead to those of the run; once it is known, each is put in the place of the one before.
 */

/** The page of a run, and that of the artifact in it that has the report's folder; both of characters of a link. */
export interface RunPages {
  readonly run?: string | undefined;
  readonly artifact?: string | undefined;
}

/** Nobody knows without an artifact whether the workflow keeps one. */
export function picturesOfSummary({ run, artifact }: RunPages): string {
  if (artifact !== undefined)
    return `The pictures and all cells are in report.html of [the report’s folder](${artifact}).`;
  const artifacts = run === undefined ? 'the artifacts of its run' : `[the artifacts of this run](${run}#artifacts)`;
  return `The pictures and all cells are in report.html of the report’s folder, which a workflow keeps among ${artifacts}.`;
}

/** Empty where nothing is known to lead to. */
export function picturesOfComment({ run, artifact }: RunPages): string {
  if (run === undefined) return '';
  const folder = artifact === undefined ? `among [its artifacts](${run}#artifacts)` : `in [its artifact](${artifact})`;
  return `[The whole summary](${run}); the page with the pictures is ${folder}`;
}

/** Of a report that another run has written: its log and its page of pictures. */
export function picturesOfPosted({ run, artifact }: RunPages): string {
  if (run === undefined) return '';
  const folder = artifact === undefined ? `[its artifacts](${run}#artifacts)` : `[its artifact](${artifact})`;
  return `: [its log](${run}), and ${folder} with the page of pictures`;
}

/** A summary or a comment with the links that lead to the run's artifacts led to the one artifact. */
export function linkedTo(artifact: string, run: string, markdown: string): string {
  return [picturesOfSummary, picturesOfComment].reduce(
    (text, sentence) => text.replace(sentence({ run }), () => sentence({ run, artifact })),
    markdown,
  );
}
