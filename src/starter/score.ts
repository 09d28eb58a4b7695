/** The way from embeddings to scores and predictions, told by the labels of a few rows. */

import type { Link, Similarity } from '../documents/release/release.js';
import { capital, plural } from '../lib/text.js';
import { predictor } from '../models/scores/link.js';
import type { Given } from './given.js';
import type { Interview } from './interview.js';
import { auc, platt } from './logistic.js';
import type { Probe } from './probe.js';
import { flowMap } from './yaml-words.js';

export interface Score {
  readonly similarity: Similarity;
  readonly link: Link;
  readonly scale: number;
  readonly bias: number;
  /** Predictions can be read as probabilities. */
  readonly probabilities: boolean;
  /** Sentences for the release: how similarity, link and scale were told. */
  readonly why: readonly string[];
}

/** A link with its scale and bias, and how sure it is. */
interface LinkGuess extends Pick<Score, 'link' | 'scale' | 'bias' | 'probabilities'> {
  readonly sure: boolean;
  readonly why: string;
}

/** Mean predictions this far from the labels' are no calibration. */
const NEAR = { low: 0.8, high: 1.25 };
/** An AUC from which on scores are taken to know something. */
const SKILL = 0.55;
const LINKS: readonly Link[] = ['sigmoid', 'identity', 'softmax'];

/** @param graded labels are grades, which no link predicts */
export async function scoreOf(
  given: Given,
  found: Probe,
  tokens: boolean,
  graded: boolean,
  interview: Interview,
): Promise<Score> {
  const { similarity, why } = similarityOf(given, found, tokens, interview);
  const guess = linkGuess(found, similarity, graded);
  const order = skillSentence(found, interview);
  if (given.link) {
    const { scale = 1, bias = 0, link } = given;
    interview.given('link', flowMap({ link, scale, bias }));
    const probabilities = link !== 'identity' || shares(found, scale, bias);
    return { similarity, link, scale, bias, probabilities, why: [why, 'The link is as given.', ...order] };
  }
  const taken = given.scale === undefined && given.bias === undefined ? guess : withScale(guess, given);
  const link = await interview.settle({
    what: 'link',
    value: taken,
    sure: taken.sure,
    why: taken.why,
    pass: `--link ${taken.link}${taken.scale === 1 ? '' : ` --scale ${taken.scale}`}${taken.bias === 0 ? '' : ` --bias ${taken.bias}`}`,
    show: ({ link: name, scale, bias }) => flowMap({ link: name, scale, bias }),
    read: (text) => {
      const name = LINKS.find((one) => one === text);
      return (
        name && { ...taken, link: name, probabilities: name !== 'identity' || shares(found, taken.scale, taken.bias) }
      );
    },
  });
  return { similarity, ...link, why: [why, `${capital(link.why)}.`, ...order] };
}

function withScale(guess: LinkGuess, { scale = guess.scale, bias = guess.bias }: Given): LinkGuess {
  return { ...guess, scale, bias, sure: true, why: 'scale and bias are as given' };
}

function similarityOf(
  given: Given,
  { lengths }: Probe,
  tokens: boolean,
  interview: Interview,
): { similarity: Similarity; why: string } {
  if (given.similarity) {
    interview.given('similarity', given.similarity);
    return { similarity: given.similarity, why: 'The similarity is as given.' };
  }
  const similarity = tokens ? 'max_sim' : isOne(lengths.query) && isOne(lengths.item) ? 'cosine' : 'dot';
  const why = tokens
    ? 'both towers give a vector for every token'
    : similarity === 'cosine'
      ? 'all embeddings that were tried have length 1'
      : (scaled(lengths) ?? 'the lengths of the embeddings differ, so that they are taken to count');
  interview.tell('similarity', similarity, why);
  return { similarity, why: `${capital(why)}.` };
}

/** A length of 1, as far as float16 tells. */
function isOne(length: number | undefined): boolean {
  return length !== undefined && Math.abs(length - 1) <= 2e-3;
}

/** Says of a cosine that a graph multiplies by a number that it does so; undefined of any other embeddings. */
function scaled({ query, item }: Probe['lengths']): string | undefined {
  if (query === undefined || item === undefined) return undefined;
  const sides = [
    ...(isOne(query) ? [] : [`every query embedding has length ${shown(query)}`]),
    ...(isOne(item) ? [] : [`every item embedding has length ${shown(item)}`]),
  ];
  return (
    `${sides.join(' and ')}: a cosine times ${shown(query * item)}, a scale that stands in the graph, ` +
    'each version with its own, so that none is written here'
  );
}

/** Scores that are probabilities as they are. */
function shares({ scores }: Probe, scale: number, bias: number): boolean {
  return scores.every((score) => scale * score + bias >= 0 && scale * score + bias <= 1);
}

function linkGuess(found: Probe, similarity: Similarity, graded: boolean): LinkGuess {
  const order: LinkGuess = { link: 'identity', scale: 1, bias: 0, probabilities: false, sure: true, why: '' };
  if (graded) return { ...order, why: 'labels are grades, so that scores are judged by the order that they make' };
  if (similarity === 'max_sim')
    return { ...order, why: 'sums of best matches are no probabilities, and are judged by the order that they make' };
  if (similarity === 'cosine')
    return {
      ...order,
      why:
        'a cosine is no probability, and a learned scale does not stand in a graph; it moves no rank, so that scores ' +
        'are judged by the order that they make (where predictions are read, write link, scale and bias)',
    };
  if (found.labels.every((label) => label > 0))
    return {
      ...order,
      why: 'all rows are positives, as of judged pairs, so that scores are judged by the order that they make',
    };
  return calibrated(found) ?? softmaxGuess(found) ?? fitted(found) ?? { ...order, sure: false, why: noLink(found) };
}

/** Scores that predict the labels as they are: through a sigmoid, or themselves. */
function calibrated(found: Probe): LinkGuess | undefined {
  const { scores, labels, queries } = found;
  const rate = mean(labels);
  for (const link of ['sigmoid', 'identity'] as const) {
    if (link === 'identity' && !shares(found, 1, 0)) continue;
    const predict = predictor(link, scores, queries, 0);
    const predicted = mean(scores.map((_, r) => predict.prediction(r)));
    const loss = mean(labels.map((y, r) => predict.logLoss(r, y)));
    const ratio = predicted / rate;
    if (!(ratio >= NEAR.low && ratio <= NEAR.high && loss < entropy(rate))) continue;
    const what = link === 'sigmoid' ? 'scores are logits: through a sigmoid they' : 'scores are probabilities: they';
    const why = `${what} predict ${shown(predicted)} on average where ${shown(rate)} is observed, better than that rate`;
    return { link, scale: 1, bias: 0, probabilities: true, sure: true, why };
  }
  return undefined;
}

/** One positive and something beside it in every query: a choice. */
function softmaxGuess({ scores, labels, queries }: Probe): LinkGuess | undefined {
  const tally = new Map<number, { rows: number; positives: number }>();
  for (const [r, query] of queries.entries()) {
    const own = tally.get(query) ?? { rows: 0, positives: 0 };
    tally.set(query, { rows: own.rows + 1, positives: own.positives + labels[r]! });
  }
  if (![...tally.values()].every(({ rows, positives }) => rows > 1 && positives === 1)) return undefined;
  const predict = predictor(
    'softmax',
    scores,
    queries,
    queries.reduce((most, q) => Math.max(most, q + 1), 0),
  );
  let [loss, uniform] = [0, 0];
  for (const [r, y] of labels.entries()) {
    if (y === 0) continue;
    loss -= Math.log(Math.max(predict.prediction(r), Number.MIN_VALUE));
    uniform += Math.log(tally.get(queries[r]!)?.rows ?? 1);
  }
  if (loss >= uniform) return undefined;
  const why =
    'every query has one positive, and a softmax over its rows finds it better than chance ' +
    `(${shown(loss / tally.size)} nats a query, ${shown(uniform / tally.size)} by chance)`;
  return { link: 'softmax', scale: 1, bias: 0, probabilities: true, sure: true, why };
}

/** Scores that know something, and whose scale and bias are not in the graph: fitted, to be replaced. */
function fitted({ scores, labels }: Probe): LinkGuess | undefined {
  const order = auc(scores, labels);
  if (!(order >= SKILL)) return undefined;
  const fit = platt(scores, labels);
  if (!fit || fit.scale <= 0) return undefined;
  const scale = Number(fit.scale.toPrecision(3));
  const bias = Number(fit.bias.toPrecision(3));
  const why =
    `scores order the labels (AUC ${shown(order)}), but a sigmoid of them alone does not predict their rate; ` +
    'scale and bias are fitted to these labels: write those of the training in their place';
  return { link: 'sigmoid', scale, bias, probabilities: true, sure: false, why };
}

function noLink({ scores, labels }: Probe): string {
  const order = auc(scores, labels);
  const skill = Number.isNaN(order)
    ? 'all labels of the rows that were tried are alike'
    : `scores hardly order the labels (AUC ${shown(order)}), as where columns stand in another order than in training`;
  return `${skill}, so that scores are judged by the order that they make`;
}

/** Says how well the live towers order the labels, for the reader to hold against what is expected of them. */
function skillSentence({ scores, labels, rows }: Probe, interview: Interview): string[] {
  const order = auc(scores, labels);
  if (Number.isNaN(order)) return [];
  const all = plural(rows, 'row');
  const sampled =
    scores.length < rows ? `a sample of ${scores.length.toLocaleString('en-US')} of ${all} (whole queries)` : all;
  const sentence =
    `On ${sampled} the live towers have an AUC of ${shown(order)}` +
    `${order < SKILL ? ': little. Are the columns those of the training, in its order?' : '.'}`;
  interview.note(sentence);
  return [sentence];
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function entropy(rate: number): number {
  return rate <= 0 || rate >= 1 ? 0 : -rate * Math.log(rate) - (1 - rate) * Math.log(1 - rate);
}

function shown(value: number): string {
  return String(Number(value.toPrecision(3)));
}
