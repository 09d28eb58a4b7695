/** The facts that a verdict asks of all rows besides sums, of rows that come in parts. */
import type { Cells } from '../../data/evalset/cells.js';
import type { EvalSet } from '../../data/evalset/evalset.js';
import type { Link, ScoreRelease } from '../../documents/release/release.js';
import type { RowFacts } from '../../estimation/state/row-facts.js';
import { AlikeParts } from '../../models/scores/alike-scores.js';
import { versionNames } from '../../models/scores/column-sweep.js';
import { predictor } from '../../models/scores/link.js';
import { SoftmaxLabels } from '../../models/scores/softmax-labels.js';
import type { Sweep } from '../../models/scores/sweep.js';
import { fixedPredictions } from './informative.js';
import { mixedIndexAlarm } from './notices.js';
import { columnAt } from './states.js';

export class FactsOfParts {
  /** True while the predictions at distance 0 are all in [0, 1]. */
  probabilities = true;
  private score: number | undefined;
  private several = false;
  private fixed: Uint8Array | undefined;
  private readonly alikeParts = new AlikeParts();
  private readonly labels = new SoftmaxLabels();
  private alarm: readonly string[] | undefined;

  /** @param mixed the distances whose items meet in one index; none: none do */
  constructor(
    private readonly release: ScoreRelease,
    private readonly mixed: readonly number[],
  ) {}

  add(evalSet: EvalSet, sweep: Pick<Sweep, 'columns' | 'current'>, cells: Cells): void {
    // No row tells nothing: neither of scores, nor as a sample.
    if (evalSet.rows === 0) return;
    const { link } = this.release.score;
    const { scores } = columnAt(sweep, 0);
    this.score ??= scores[0];
    this.several ||= scores.some((score) => score !== this.score);
    this.probabilities &&= givesProbabilities(link, scores, evalSet);
    const fixed = fixedPredictions(evalSet, cells, link);
    this.fixed = this.fixed ? this.fixed.map((own, cell) => own & fixed[cell]!) : fixed;
    this.alikeParts.add(sweep.columns, sweep.current);
    this.labels.add(evalSet);
    // The first part is a sample by query cluster, and as good a one of means and spreads.
    this.alarm ??= mixedIndexAlarm(evalSet, sweep, this.mixed);
  }

  /** @param counted what was counted where the rows were read */
  facts(counted: Pick<RowFacts, 'queries' | 'items' | 'repeatedPairs' | 'histograms'>): RowFacts {
    const { score, several, probabilities } = this;
    return {
      ...counted,
      probabilities,
      ...(several || score === undefined ? {} : { oneScore: score }),
      fixedPredictions: this.fixed ?? new Uint8Array(0),
    };
  }

  alike() {
    return this.alikeParts.alike((k) => versionNames(this.release, k));
  }

  /** @param predicted whether a metric of predictions is asked for */
  notices(predicted: boolean): string[] {
    const notice = predicted && this.release.score.link === 'softmax' ? this.labels.notice() : undefined;
    return [...(notice === undefined ? [] : [notice]), ...(this.alarm ?? [])];
  }
}

function givesProbabilities(link: Link, scores: Float64Array, { query, rows }: EvalSet): boolean {
  if (link !== 'identity') return true;
  const { prediction } = predictor(link, scores, query.codes, query.names.length);
  for (let r = 0; r < rows; r++) if (!(prediction(r) >= 0 && prediction(r) <= 1)) return false;
  return true;
}
