/** Names that metrics have elsewhere: the one of ours that is meant, in place of the one that is spelt alike. */

/** By names in lower case without `_`, `-` and spaces; those with `@` take a cut-off. */
const MEANT: Readonly<Record<string, string>> = {
  ...all('roc_auc', ['auc', 'rocauc', 'aucroc', 'auroc', 'roc', 'areaundercurve', 'areaunderroc']),
  ...all('log_loss', ['logloss', 'nll', 'ce', 'bce', 'xent', 'loss', 'crossentropy', 'binarycrossentropy']),
  ...all('log_loss', ['logisticloss', 'negativeloglikelihood', 'bceloss']),
  ...all('normalized_entropy', ['ne', 'nce', 'normalizedentropy', 'normalisedentropy', 'normalizedcrossentropy']),
  ...all('average_precision', ['ap', 'auprc', 'aucpr', 'prauc', 'averageprecision']),
  ...all('gauc', ['gauc', 'groupauc', 'groupedauc', 'userauc', 'uauc', 'qauc', 'queryauc', 'sessionauc']),
  ...all('calibration', ['ctr', 'pctr', 'cvr', 'pcvr', 'copc', 'oe', 'eo', 'calibrationratio', 'bias']),
  ...all('ece', ['ece', 'calibrationerror', 'expectedcalibrationerror']),
  ...all('brier', ['brierscore', 'mse', 'squarederror', 'meansquarederror']),
  ...all('mrr', ['mrr', 'rr', 'reciprocalrank', 'meanreciprocalrank']),
  ...all('hit@', ['hit', 'hits', 'hr', 'hitrate', 'hitratio', 'success']),
  ...all('recall@', ['recall', 'r', 'rec']),
  ...all('ndcg@', ['ndcg', 'dcg']),
  ...all('mrr', ['map', 'meanaverageprecision']),
  ...all('recall@', ['precision', 'p', 'prec']),
};

/** Says what tells a metric from the one that is meant, where it is not the same. */
const APART: Readonly<Record<string, string>> = {
  map: 'MAP is mrr where a query has one relevant item; ndcg@K weighs several.',
  precision: 'precision@K is recall@K times relevant items / K, query by query.',
  ctr: 'calibration is the predicted rate over the observed one.',
};
const ALSO: Readonly<Record<string, string>> = { meanaverageprecision: 'map', p: 'precision', prec: 'precision' };
const RATES = ['pctr', 'cvr', 'pcvr'];

/** The cut-off where none is written. */
const CUTOFF = '10';

export interface MetricMeant {
  readonly metric: string;
  /** A sentence on how the two differ; absent where they are one metric. */
  readonly apart?: string;
}

/** The metric that another name is for; undefined of a name that is not known, or whose metric is not accepted. */
export function metricMeant(typed: string, accepts: (metric: string) => boolean): MetricMeant | undefined {
  const [, name = '', cutoff = CUTOFF] =
    /^([a-z]+?)(?:(?:@|at)?([1-9]\d{0,5})|@k|@)?$/.exec(typed.toLowerCase().replace(/[_\s-]/g, '')) ?? [];
  const found = Object.hasOwn(MEANT, name) ? MEANT[name] : undefined;
  const metric = found?.endsWith('@') ? `${found}${cutoff}` : found;
  if (metric === undefined || metric === typed || !accepts(metric)) return undefined;
  const apart = APART[RATES.includes(name) ? 'ctr' : (ALSO[name] ?? name)];
  return { metric, ...(apart === undefined ? {} : { apart }) };
}

function all(metric: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, metric]));
}
