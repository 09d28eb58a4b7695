"""Made projects that differ as users' tables do: each is (table, policy, release, more files) by a seeded generator.

`state.py --projects` judges each over its rows and from the state that an engine has written of them.
"""
import math

import numpy as np
import pyarrow as pa

ZEROS = "0" * 64
POLICY = """policy: made
eval_set:
  rows: rows.parquet
  sha256: {{rows: {zeros}}}
  columns: {columns}
{eval_set}{production}checks:
  version-skew:
    sweep: {{from: {first}, to: {last}}}
{options}    require:
{rules}
{more}"""


def policy(columns, rules, last, first=0, eval_set="", production="", options="", more=""):
    indented = lambda text, by: "".join(f"{' ' * by}{line}\n" for line in text.strip().splitlines())
    return POLICY.format(
        zeros=ZEROS, columns=columns, first=first, last=last, more=more, eval_set=indented(eval_set, 2),
        production=f"production:\n{indented(production, 2)}" if production else "", options=indented(options, 4),
        rules="\n".join(f"      - {{{rule}}}" for rule in rules),
    )


def release(versions, link="sigmoid", score="scale: 1, bias: 0", scores="column: 'score_{version}', aligned: 'aligned_{version}'",
            name="made", live=None, more=""):
    return (
        f"release: {name}\nlive: {live or versions[0]}\nversions: [{', '.join(versions)}]\n"
        f"scores: {{{scores}}}\nscore: {{link: {link}, {score}}}\n{more}"
    )


def model(rng, rows, query, item, versions, drift=0.1, decimals=2, skill=0.8, base=-0.3):
    """Logits of every pair of versions, and labels that they tell something of."""
    effect = rng.normal(0, 0.5, query.max() + 1)[query] + rng.normal(0, 0.7, item.max() + 1)[item]
    logit = effect + rng.normal(0, skill, rows) + base
    label = (rng.random(rows) < 1 / (1 + np.exp(-logit))).astype(np.int64)
    rounded = lambda values: values if decimals is None else np.round(values, decimals)
    moved = rng.normal(0, drift, item.max() + 1)[item]
    columns = {}
    for k, version in enumerate(versions):
        columns[f"score_{version}"] = rounded(logit + moved * k + 0.02 * k)
        columns[f"aligned_{version}"] = rounded(logit + 0.04 * k * rng.normal(0, 1, rows))
    return logit, label, columns


SUMS = ["metric: log_loss, max_increase: 2%", "metric: normalized_entropy, max_increase: 2%",
        "metric: information_retained, min: 0.01, at: [0]", "metric: brier, max_increase: 3%",
        "metric: calibration, min: 0.5, max: 2", "metric: calibration_shift, max_change: 4%"]
BINNED = ["metric: roc_auc, max_decrease: 2%", "metric: average_precision, max_decrease: 3%", "metric: ece, max_increase: 0.03",
          "metric: log_mae, max_increase: 0.08"]
RANKED = ["metric: ndcg@5, max_decrease: 3%", "metric: recall@3, max_decrease: 3%", "metric: hit@2, max_decrease: 3%",
          "metric: mrr, max_decrease: 3%", "metric: gauc, max_decrease: 2%"]
# One operator a rule.
SUMS[4] = "metric: calibration, min: 0.5"


def distinct_pairs(rng, rows, queries, items):
    """Queries and items of so many pairs, each once, by query."""
    pair = np.sort(rng.choice(queries * items, rows, replace=False))
    return pair // items, pair % items


def with_(rules, what):
    """Rules that say where they hold, but for those that do already."""
    return [rule if "at:" in rule and "at:" in what else f"{rule}, {what}" for rule in rules]


def weights_and_crosses(rng):
    """Five distances, weights of which some are 0, ids and values that are not ASCII, a cross, histograms by slice."""
    rows, versions = 4000, [f"v{n}" for n in range(9, 3, -1)]
    query, item = np.sort(rng.integers(0, 500, rows)), rng.integers(0, 120, rows)
    _, label, scores = model(rng, rows, query, item, versions)
    weight = np.round(rng.gamma(2, 0.5, rows), 3)
    weight[rng.random(rows) < 0.05] = 0
    table = {
        "запрос": [f"größe/{q}/日本" for q in query], "товар": [f"🙂{i}" for i in item], "user": [f"u{q // 3}é" for q in query],
        "label": label, "weight": weight, "tier": np.array(["мал", "großer", "日"])[query % 3],
        "source": np.where(item % 4 == 0, "it's \"x\"", "a\\b"), **scores,
    }
    rules = with_(SUMS + BINNED + RANKED, "slices: [all, tier, tier*source]")
    return table, policy(
        "{query: запрос, item: товар, label: label, weight: weight, cluster: user}", rules, 5,
        eval_set="slices: [tier, source]\ncandidates: logged",
        production="mix: per_request\ndistances:\n  by: tier\n  slices:\n    мал: {0: 0.5, 1: 0.5}\n"
                   "    großer: {1: 0.25, 2: 0.25, 3: 0.25, 5: 0.25}\n    日: {0: 1}",
    ), release(versions), {}


def integers(rng):
    """One distance, whole numbers as ids of which some are beyond 2^53, neither weight nor cluster nor slice, one metric."""
    rows, versions = 3000, ["v2", "v1"]
    query, item = np.sort(rng.integers(0, 400, rows)), rng.integers(0, 90, rows)
    _, label, scores = model(rng, rows, query, item, versions)
    table = {"q": query.astype(np.int64) + 2**53, "i": -item.astype(np.int32), "y": label.astype(bool), **scores}
    return table, policy("{query: q, item: i, label: y}", ["metric: log_loss, max_increase: 2%, at: each"], 1), release(versions), {}


def softmax(rng):
    """A softmax over the rows of a query, logged candidates, slices by query and by item, one positive a query."""
    versions = ["v3", "v2", "v1"]
    query = np.repeat(np.arange(350), 9)
    rows = len(query)
    item = np.concatenate([rng.choice(80, 9, replace=False) for _ in range(350)])
    logit, _, scores = model(rng, rows, query, item, versions)
    drawn = (logit + rng.gumbel(0, 1, rows)).reshape(350, 9)
    label = (drawn == drawn.max(1, keepdims=True)).reshape(-1).astype(float)
    table = {"q": [f"q{q}" for q in query], "i": [f"i{i}" for i in item], "y": label, "kind": np.where(query % 2, "a", "b"),
             "shelf": np.where(item % 3, "x", "y"), **scores}
    rules = with_(SUMS[:2] + SUMS[3:4] + BINNED + RANKED, "at: each, slices: [all, kind, shelf]")
    return table, policy("{query: q, item: i, label: y}", rules, 2, eval_set="slices: [kind, shelf]\ncandidates: logged"), \
        release(versions, "softmax", "scale: 1.3, bias: 0"), {}


def softmax_split(rng):
    """A softmax whose queries are in several cells and clusters, without a rule on a ranking."""
    table, _, text, more = softmax(rng)
    table["c"] = [f"c{n % 40}" for n in range(len(table["q"]))]
    rules = with_(["metric: log_loss, max_increase: 2%", "metric: calibration_shift, max_change: 4%", "metric: ece, max_increase: 0.03"],
                  "at: each, slices: [all, shelf]")
    return table, policy("{query: q, item: i, label: y, cluster: c}", rules, 2, eval_set="slices: [shelf]\ncandidates: logged"), text, more


def repeats(rng):
    """Pairs that repeat, whole and with other scores; grades up to 4 with exponential gain; queries by their weight."""
    rows, versions = 3000, ["v3", "v2", "v1"]
    query, item = distinct_pairs(rng, rows, 250, 15)
    _, label, scores = model(rng, rows, query, item, versions, decimals=1)
    table = {"q": [f"q{q}" for q in query], "i": [f"i{i}" for i in item], "grade": label * rng.integers(1, 5, rows),
             "w": rng.integers(1, 4, rows).astype(float), "tier": np.where(query % 3, "a", "b"), **scores}
    again = np.concatenate([np.arange(rows), np.arange(200), np.arange(400, 600)])
    twice = {name: np.asarray(values)[again] for name, values in table.items()}
    for name in scores:
        twice[name][-200:] += 0.3
    rules = with_(["metric: ndcg@5, gain: exponential, max_decrease: 3%", "metric: recall@1, max_decrease: 5%",
                   "metric: hit@1, max_decrease: 5%", "metric: mrr, max_decrease: 3%", "metric: gauc, max_decrease: 3%",
                   "metric: log_loss, max_increase: 2%", "metric: roc_auc, max_decrease: 2%"], "at: each, slices: [all, tier]")
    return twice, policy("{query: q, item: i, label: grade, weight: w}", rules, 2,
                         eval_set="slices: [tier]\ngrades: 4\nweight_queries: true\ncandidates: logged"), release(versions), {}


def few_clusters(rng):
    """Twelve clusters, four of them in a slice value; floors that report thin slices."""
    rows, versions = 3000, ["v3", "v2", "v1"]
    query, item = np.sort(rng.integers(0, 600, rows)), rng.integers(0, 100, rows)
    _, label, scores = model(rng, rows, query, item, versions)
    table = {"q": [f"q{q}" for q in query], "i": [f"i{i}" for i in item], "country": [f"c{q % 12}" for q in query], "y": label,
             "region": np.where(query % 12 < 4, "west", "east"), **scores}
    rules = with_(SUMS[:4] + BINNED + RANKED, "slices: [all, region]")
    return table, policy("{query: q, item: i, label: y, cluster: country}", rules, 2,
                         eval_set="slices: [region]\ncandidates: logged", options="thin_slices: report",
                         production="mix: per_request\ndistances: {0: 0.25, 1: 0.5, 2: 0.25}"), release(versions), {}


def one_sided(rng):
    """Slice values without a positive, without a negative, of weight 0, and of one row."""
    rows, versions = 3000, ["v3", "v2", "v1"]
    query, item = np.sort(rng.integers(0, 300, rows)), rng.integers(0, 100, rows)
    _, label, scores = model(rng, rows, query, item, versions)
    kind = np.array(["none", "all", "weightless", "usual", "usual", "usual"])[query % 6]
    kind[0] = "single"
    label = np.where(kind == "none", 0, np.where(kind == "all", 1, label))
    weight = np.where(kind == "weightless", 0.0, np.round(rng.gamma(2, 0.5, rows), 2))
    table = {"q": [f"q{q}" for q in query], "i": [f"i{i}" for i in item], "y": label, "w": weight, "kind": kind, **scores}
    rules = with_(SUMS + BINNED + RANKED, "slices: [all, kind]")
    return table, policy("{query: q, item: i, label: y, weight: w}", rules, 2, eval_set="slices: [kind]\ncandidates: logged",
                         production="mix: per_request\ndistances:\n  by: kind\n  slices:\n    none: {0: 0.5, 1: 0.5}\n    all: {1: 1}\n"
                                    "    weightless: {2: 1}\n    usual: {0: 0.2, 1: 0.5, 2: 0.3}\n    single: {0: 1}"), release(versions), {}


def typed_slices(rng):
    """Slice columns of truth values, whole numbers, floats that are whole and decimals; ids that are floats; a label of truth values."""
    import decimal

    rows, versions = 3000, ["v3", "v2", "v1"]
    query, item = np.sort(rng.integers(0, 300, rows)), rng.integers(0, 100, rows)
    _, label, scores = model(rng, rows, query, item, versions)
    table = {"q": query.astype(float), "i": pa.array([decimal.Decimal(int(i)) for i in item], pa.decimal128(12, 2)),
             "c": pa.array((query // 2).astype(np.float32)), "y": label.astype(bool), "returning": query % 2 == 0,
             "level": (query % 3).astype(np.int8), "bucket": (query % 4).astype(float),
             "price": pa.array([decimal.Decimal(int(i % 3)) for i in item], pa.decimal128(9, 1)),
             **{name: pa.array(values.astype(np.float32)) for name, values in scores.items()}}
    rules = with_(SUMS[:4] + BINNED[:2] + RANKED[:2], "slices: [all, returning, level, bucket, price]")
    return table, policy("{query: q, item: i, label: y, cluster: c}", rules, 2,
                         eval_set="slices: [returning, level, bucket, price]\ncandidates: logged",
                         production="mix: per_request\ndistances:\n  by: bucket\n  slices:\n    '0': {0: 1}\n    '1': {0: 0.5, 1: 0.5}\n"
                                    "    '2': {1: 1}\n    '3': {2: 1}"), release(versions), {}


def narrow_histogram(rng):
    """Histograms by a column of truth values, parts of which the sweep does not cover."""
    table, _, text, more = typed_slices(rng)
    table["y"] = np.asarray(table["y"]).astype(float)
    rules = with_(SUMS[:4] + BINNED + RANKED, "at: production, slices: [all, returning]")
    return table, policy("{query: q, item: i, label: y, cluster: c}", rules, 2, eval_set="slices: [returning]\ncandidates: logged",
                         production="mix: per_request\ndistances:\n  by: returning\n  slices:\n    'true': {0: 0.7, 1: 0.297, 4: 0.003}\n"
                                    "    'false': {3: 1}"), text, more


def compared(rng):
    """Beside the family that serves today, with scale and link of its own and versions of the same names."""
    rows, versions = 4000, ["v3", "v2", "v1"]
    query, item = np.sort(rng.integers(0, 400, rows)), rng.integers(0, 100, rows)
    logit, label, scores = model(rng, rows, query, item, versions, drift=0.2)
    worse = logit + rng.normal(0, 0.6, rows)
    for k, version in enumerate(versions):
        scores[f"today_{version}"] = np.round(1 / (1 + np.exp(-worse - 0.1 * k * rng.normal(0, 1, rows))), 3)
    table = {"q": [f"q{q}" for q in query], "i": [f"i{i}" for i in item], "y": label, "tier": np.where(query % 3, "a", "b"), **scores}
    rules = [f"metric: {metric}, no_more_sensitive_than: production, margin: 1%, at: {at}, slices: [all, tier]"
             for metric, at in (("log_loss", "each"), ("roc_auc", "production"), ("ndcg@5", "production"), ("gauc", "each"))]
    rules += [f"metric: {metric}, min_retained_gain: 40%, at: production, slices: [all, tier]"
              for metric in ("log_loss", "brier", "roc_auc", "average_precision", "ndcg@5", "mrr")]
    today = release(versions, "identity", scores="column: 'today_{version}'", name="today")
    return table, policy("{query: q, item: i, label: y}", rules, 2, eval_set="slices: [tier]\ncandidates: logged",
                         production="mix: per_request\ndistances:\n  by: tier\n  slices:\n    a: {0: 0.2, 1: 0.8}\n    b: {1: 0.5, 2: 0.5}"), \
        release(versions, more="compare_with: today.yml\n"), {"today.yml": today}


def older_queries(rng):
    """A sweep from below 0, a scale and a bias a version, a canary."""
    rows, versions = 4000, ["v4", "v3", "v2", "v1"]
    query, item = np.sort(rng.integers(0, 400, rows)), rng.integers(0, 100, rows)
    logit, label, scores = model(rng, rows, query, item, versions)
    for k, version in enumerate(versions[1:], 1):
        scores[f"older_{version}"] = np.round(logit + 0.05 * k * rng.normal(0, 1, rows), 2)
    table = {"q": [f"q{q}" for q in query], "i": [f"i{i}" for i in item], "y": label, "tier": np.where(query % 3, "a", "b"), **scores}
    rules = with_(SUMS[:2] + SUMS[3:] + BINNED[:1] + RANKED[:1], "at: each, slices: [all, tier]") + ["metric: log_loss, max_increase: 3%"]
    return table, policy("{query: q, item: i, label: y}", rules, 3, first=-2, eval_set="slices: [tier]\ncandidates: logged",
                         production="mix: per_request\ndistances: {-1: 0.1, 0: 0.3, 1: 0.4, 3: 0.2}"), \
        release(versions, scores="column: 'score_{version}', aligned: 'aligned_{version}', older_query: 'older_{version}'",
                score="scale: {v4: 1.1, v3: 1.05, v2: 1, v1: 0.9}, bias: {v4: -0.1, v3: 0, v2: 0.1, v1: -2e-3}"), {}


def raw_scores(rng):
    """Scores that are no probabilities, metrics of order alone, sampled candidates."""
    rows, versions = 4000, ["v3", "v2", "v1"]
    query, item = np.sort(rng.integers(0, 400, rows)), rng.integers(0, 100, rows)
    _, label, scores = model(rng, rows, query, item, versions, decimals=None)
    table = {"q": [f"q{q}" for q in query], "i": [f"i{i}" for i in item], "y": label, "tier": np.where(query % 3, "a", "b"), **scores}
    rules = ["metric: roc_auc, max_decrease: 2%, at: each, slices: [all, tier]",
             "metric: average_precision, max_decrease: 2%, at: each, slices: [all, tier]",
             "metric: ndcg@5, max_decrease: 2%, at: each, level: warn", "metric: gauc, max_decrease: 2%, at: each, level: warn"]
    return table, policy("{query: q, item: i, label: y}", rules, 2, eval_set="slices: [tier]\ncandidates: sampled"), \
        release(versions, "identity"), {}


def probabilities(rng):
    """Probabilities of which some are 0 and 1, few distinct ones at the edges of bins, fractional labels."""
    rows, versions = 4000, ["v3", "v2", "v1"]
    query, item = distinct_pairs(rng, rows, 400, 100)
    _, label, scores = model(rng, rows, query, item, versions)
    label = np.where(rng.random(rows) < 0.1, 0.25, label)
    for k, version in enumerate(versions):
        for name in (f"score_{version}", f"aligned_{version}"):
            scores[name] = np.round(1 / (1 + np.exp(-scores[name])) * 20) / 20
            sure = rng.random(rows) < 2e-4 * (k + 1)
            scores[name] = np.where(sure, np.where(rng.random(rows) < 0.5, 0.0, 1.0), scores[name])
    table = {"q": [f"q{q}" for q in query], "i": [f"i{i}" for i in item], "y": label, "tier": np.where(query % 3, "a", "b"), **scores}
    rules = with_(SUMS + BINNED + RANKED, "at: each, slices: [all, tier]")
    return table, policy("{query: q, item: i, label: y}", rules, 2, eval_set="slices: [tier]\ncandidates: logged"), \
        release(versions, "identity"), {}


def heavy_tails(rng):
    """One metric, of scores with enormous outliers of which half are one number."""
    rows, versions = 4000, ["v3", "v2", "v1"]
    query, item = distinct_pairs(rng, rows, 400, 100)
    _, label, scores = model(rng, rows, query, item, versions, decimals=None)
    same = rng.random(rows) < 0.5
    for name in scores:
        scores[name] = np.where(same, 0.0, scores[name] ** 3 * np.exp(rng.normal(0, 4, rows)))
    table = {"q": [f"q{q}" for q in query], "i": [f"i{i}" for i in item], "y": label, "tier": np.where(query % 3, "a", "b"), **scores}
    return table, policy("{query: q, item: i, label: y}", ["metric: roc_auc, max_decrease: 2%, at: each, slices: [all, tier]"], 2,
                         eval_set="slices: [tier]"), release(versions), {}


def odd_names(rng):
    """Names of columns and values that SQL would take for something else; a waiver; a per-item mix of sums alone."""
    rows, versions = 3000, ["2024-06-01", "2024-05-01", "2024-04-01"]
    query, item = np.sort(rng.integers(0, 300, rows)), rng.integers(0, 100, rows)
    _, label, scores = model(rng, rows, query, item, versions, drift=0.3)
    table = {"select": [f"q'{q}" for q in query], "i": [f"i;--{i}" for i in item], "y": [f"c{q // 2}" for q in query], "w": label,
             "a b.c": rng.integers(1, 4, rows), "group": np.where(query % 3, "new\nline", "100%"), "s0": np.where(item % 2, " lead", "x`y"),
             **scores}
    rules = ["metric: log_loss, max_increase: 0.1%, slices: [all, group, s0, group*s0], id: strict", "metric: brier, max_increase: 30%"]
    return table, policy("{query: select, item: i, label: w, weight: a b.c, cluster: y}", rules, 2, eval_set="slices: [group, s0]",
                         production="mix: per_item\ndistances: {0: 0.25, 1: 0.5, 2: 0.25}",
                         more="waive:\n  - {rule: strict, until: 2100-01-01, owner: a, reason: known for now}\n"), \
        release([f"'{version}'" for version in versions]), {}


def many_cells(rng):
    """A slice of some hundred values, most of a few rows; a cross of three columns."""
    rows, versions = 5000, ["v2", "v1"]
    query, item = np.sort(rng.integers(0, 700, rows)), rng.integers(0, 100, rows)
    _, label, scores = model(rng, rows, query, item, versions)
    table = {"q": [f"q{q}" for q in query], "i": [f"i{i}" for i in item], "y": label,
             "city": [f"city {n}" for n in (rng.pareto(1, 700) * 3).astype(int)[query] % 150],
             "tier": np.where(query % 3, "a", "b"), "shelf": np.where(item % 2, "x", "y"), **scores}
    rules = with_(SUMS[:1] + BINNED[:1] + RANKED[:1], "at: each, slices: [all, city, tier*shelf*city]")
    return table, policy("{query: q, item: i, label: y}", rules, 1, eval_set="slices: [city, tier, shelf]\ncandidates: logged",
                         options="thin_slices: report\non_no_skill: warn"), release(versions), {}


def one_query_side(rng):
    """Every row its own query; every item once: no bucket holds two rows of a pair, and no list has two rows."""
    rows, versions = 2500, ["v2", "v1"]
    query, item = np.arange(rows), rng.permutation(rows)
    _, label, scores = model(rng, rows, query, item, versions)
    table = {"q": query, "i": item, "y": label, "tier": np.where(query % 3, "a", "b"), **scores}
    rules = with_(SUMS[:4] + BINNED, "at: each, slices: [all, tier]") + ["metric: ndcg@5, max_decrease: 2%, at: each"]
    return table, policy("{query: q, item: i, label: y}", rules, 1, eval_set="slices: [tier]\ncandidates: logged"), release(versions), {}


def towers(rng):
    """Towers in place of scores, swept for three live versions: the scored table has a column for every pair of theirs."""
    rows, versions = 3000, ["v5", "v4", "v3", "v2", "v1"]
    query, item = distinct_pairs(rng, rows, 300, 80)
    queries, items = rng.normal(0, 0.4, (300, 8)), rng.normal(0, 0.4, (80, 8))
    aged = lambda vectors, k: (vectors + 0.05 * k * rng.normal(0, 1, vectors.shape)).astype(np.float32)
    of_query = {v: aged(queries, k) for k, v in enumerate(versions)}
    of_item = {v: aged(items, k) for k, v in enumerate(versions)}
    logit = lambda q, i: np.einsum("rd,rd->r", of_query[q].astype(float)[query], of_item[i].astype(float)[item])
    label = (rng.random(rows) < 1 / (1 + np.exp(-3 * logit("v5", "v5")))).astype(np.int64)
    table = {"q": [f"q{q}" for q in query], "i": [f"i{i}" for i in item], "y": label, "tier": np.where(query % 3, "a", "b")}
    pairs = {f"score_{v}": ("v5", v) for v in versions} | {f"aligned_{v}": (v, v) for v in versions[1:]}
    pairs |= {f"score_{versions[a]}_{versions[a + k]}": (versions[a], versions[a + k]) for a in (1, 2) for k in (1, 2)}
    scored = {**table, **{name: logit(*pair) for name, pair in pairs.items()}}
    vectors = lambda ids, of: pa.table({"id": ids, "vector": list(of)})
    files = {f"query-{v}.parquet": vectors([f"q{n}" for n in range(300)], of_query[v]) for v in versions}
    files |= {f"item-{v}.parquet": vectors([f"i{n}" for n in range(80)], of_item[v]) for v in versions}
    rules = with_(["metric: log_loss, max_increase: 5%, claim: family", "metric: ndcg@5, max_decrease: 5%, claim: family",
                   "metric: brier, max_increase: 5%"], "at: each, slices: [all, tier]")
    text = (f"release: made\nlive: v5\nversions: [{', '.join(versions)}]\nquery_tower: {{embeddings: 'query-{{version}}.parquet'}}\n"
            "item_tower: {embeddings: 'item-{version}.parquet'}\nscore: {similarity: dot, link: sigmoid, scale: 3, bias: 0}\n")
    return table, policy("{query: q, item: i, label: y}", rules, "2, anchors: 3", eval_set="slices: [tier]\ncandidates: logged"), \
        text, {**files, "scored.parquet": pa.table(scored)}


def missing_values(rng):
    """A slice value that is missing in one row: neither is judged."""
    table, text, own, more = few_clusters(rng)
    table["region"] = [None if n == 7 else value for n, value in enumerate(table["region"])]
    return table, text, own, more


def missing_texts(rng):
    """Ids that say that they are missing: neither is judged."""
    table, text, own, more = few_clusters(rng)
    table["i"] = ["nan" if n == 7 else value for n, value in enumerate(table["i"])]
    return table, text, own, more


def rounded_ids(rng):
    """An id that a spreadsheet has rounded: neither is judged."""
    table, text, own, more = few_clusters(rng)
    table["q"] = ["1.7E+18" if n < 3 else value for n, value in enumerate(table["q"])]
    return table, text, own, more


def infinite_score(rng):
    """A score that is no finite number: neither is judged."""
    table, text, own, more = few_clusters(rng)
    table["score_v2"] = np.where(np.arange(len(table["score_v2"])) == 5, np.inf, table["score_v2"])
    return table, text, own, more


def huge_scores(rng):
    """Finite scores whose squares are none."""
    table, text, own, more = few_clusters(rng)
    table["score_v2"] = np.where(np.arange(len(table["score_v2"])) == 5, 1e200, table["score_v2"])
    return table, text, own, more


def weightless(rng):
    """Weights that are all 0: neither is judged."""
    table, text, own, more = few_clusters(rng)
    return {**table, "w": np.zeros(len(table["y"]))}, text.replace("cluster: country", "cluster: country, weight: w"), own, more


def unknown_histogram(rng):
    """A slice value without a histogram: neither is judged."""
    table, text, own, more = one_sided(rng)
    return table, text.replace("      single: {0: 1}\n", ""), own, more


def idle_histogram(rng):
    """A histogram without rows: neither is judged."""
    table, text, own, more = one_sided(rng)
    return table, text.replace("      single: {0: 1}\n", "      single: {0: 1}\n      absent: {1: 1}\n"), own, more


def split_queries(rng):
    """A ranking of queries that are in several clusters: neither is judged."""
    table, text, own, more = few_clusters(rng)
    return {**table, "country": [f"c{n % 12}" for n in range(len(table["y"]))]}, text, own, more


def one_label(rng):
    """Every label is 1: nothing is told apart."""
    table, text, own, more = few_clusters(rng)
    return {**table, "y": np.ones(len(table["y"]))}, text, own, more


def one_score(rng):
    """One score in every row at distance 0: neither is judged."""
    table, text, own, more = few_clusters(rng)
    return {**table, "score_v3": np.ones(len(table["y"]))}, text, own, more


PROJECTS = {
    one.__name__: one
    for one in (
        weights_and_crosses, integers, softmax, softmax_split, repeats, few_clusters, one_sided, typed_slices, narrow_histogram,
        compared, older_queries, raw_scores, probabilities, heavy_tails, odd_names, many_cells, one_query_side, towers, missing_values,
        missing_texts, rounded_ids, infinite_score, huge_scores, weightless, unknown_histogram, idle_histogram, split_queries,
        one_label, one_score,
    )
}
