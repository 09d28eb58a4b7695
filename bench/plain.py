"""The same curve as a Python script written with care: what one would write without skewgate. No verdict, no checks of the input.

    python plain.py QUESTION.json [--replicates N] > ANSWER.json

It embeds the queries and items that rows refer to, once a version, scores every pair of versions once, sorts once a state, evaluates no
state twice, and uses all cores. It computes every metric of the question in every slice, at every distance and for the production mix,
with the split into stale and incompatible. With --replicates it computes all of it again for so many resamples of the queries with
replacement (a cluster bootstrap, which uses the sorted orders again); their CPU seconds stand in the answer by themselves.
run.mjs writes QUESTION.json.
"""
import argparse
import json
import os
import resource
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime
import pyarrow.compute as pc
import pyarrow.parquet as pq

BATCH = 1024
arguments = argparse.ArgumentParser()
arguments.add_argument("question")
arguments.add_argument("--replicates", type=int, default=0)
arguments = arguments.parse_args()
question = json.load(open(arguments.question))
workers = ThreadPoolExecutor(os.cpu_count())


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def feeds_of(tower, table):
    """The whole feature table as arrays, one for each graph input."""
    feeds = {}
    for name, kind in tower["types"].items():
        source = tower["inputs"].get(name, {"kind": "column", "column": name})
        if name in tower["masks"]:
            continue
        if source["kind"] == "gather":
            feeds[name] = np.stack([table[c].to_numpy() for c in source["columns"]], axis=1).astype(kind)
        elif source["kind"] == "list":
            lists = table[source["column"]].combine_chunks()
            offsets, values = lists.offsets.to_numpy(), lists.values.to_numpy()
            length = np.minimum(np.diff(offsets), source["length"])
            inside = np.arange(source["length"]) < length[:, None]
            at = offsets[:-1, None] + np.arange(source["length"])
            feeds[name] = np.full(inside.shape, source["pad"], kind)
            feeds[name][inside] = values[at[inside]]
            feeds[source["mask"]] = inside.astype(tower["types"][source["mask"]])
        else:
            feeds[name] = table[source["column"]].to_numpy().astype(kind)
    return feeds


def embed(path, output, feeds, count):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    output = output or session.get_outputs()[0].name
    return np.concatenate(
        [session.run([output], {k: v[i : i + BATCH] for k, v in feeds.items()})[0] for i in range(0, count, BATCH)]
    )


def read_tower(side):
    tower = question["towers"][side]
    table = pq.read_table(tower["table"])
    graph = onnxruntime.InferenceSession(next(iter(tower["checkpoints"].values())), providers=["CPUExecutionProvider"])
    numpy_type = {"tensor(float)": "float32", "tensor(int64)": "int64", "tensor(double)": "float64", "tensor(int32)": "int32"}
    tower["types"] = {i.name: numpy_type[i.type] for i in graph.get_inputs()}
    tower["masks"] = [s["mask"] for s in tower["inputs"].values() if s.get("mask")]
    row_of = pc.index_in(rows[question["columns"][side]], value_set=table[question["columns"][side]].combine_chunks())
    wanted, row_of = np.unique(row_of.to_numpy(), return_inverse=True)
    feeds = feeds_of(tower, table.take(wanted).combine_chunks())
    vectors = {v: embed(path, tower["output"], feeds, len(wanted)) for v, path in tower["checkpoints"].items()}
    return vectors, row_of


rows = pq.read_table(question["rows"])
query_vectors, query_row = read_tower("query")
item_vectors, item_row = read_tower("item")
n = rows.num_rows
label = rows[question["columns"]["label"]].to_numpy().astype(np.float64)
weight_name = question["columns"].get("weight")
weight = rows[weight_name].to_numpy().astype(np.float64) if weight_name else np.ones(n)

# Cells: all rows, each slice column, each cross.
codes, names = {}, {}
for name in question["slices"]:
    encoded = rows[name].combine_chunks().dictionary_encode()
    codes[name], names[name] = encoded.indices.to_numpy().astype(np.int64), encoded.dictionary.to_pylist()
cuts = []
for columns in [[], *[[name] for name in question["slices"]], *question["crosses"]]:
    cell, slices = np.zeros(n, np.int64), [{}]
    for name in columns:
        cell = cell * len(names[name]) + codes[name]
        slices = [{**s, name: value} for s in slices for value in names[name]]
    cuts.append((cell, slices))


chain = question["chain"]
scores = {}


def score(q, i):
    """One column of logits: query version q steps behind live, item version i steps behind."""
    if (q, i) not in scores:
        a, b = query_vectors[chain[q]], item_vectors[chain[i]]
        out = np.empty(n)
        for at in range(0, n, 65536):
            out[at : at + 65536] = np.einsum("ij,ij->i", a[query_row[at : at + 65536]], b[item_row[at : at + 65536]])
        scores[q, i] = question["scale"][chain[q]] * out + question["bias"][chain[q]]
    return scores[q, i]


distances = range(question["from"], question["to"] + 1)
states = {}  # (distance, aligned old pair?) → parts: (pair, mass a row)
for k in distances:
    states[k, False] = [((0, k) if k >= 0 else (-k, 0), None)]
    if chain[abs(k)] in query_vectors and chain[abs(k)] in item_vectors:
        states[k, True] = [((abs(k), abs(k)), None)]
by, histograms = question["by"], question["histograms"]
mass = {}
for k in distances:
    values = [histograms[v].get(str(k), 0) for v in names[by]] if by else [histograms[""].get(str(k), 0)]
    if any(values):
        mass[k] = np.array(values)[codes[by]] if by else np.full(n, values[0])
for old in (False, True):
    if all((k, old) in states for k in mass):
        states["production", old] = [(states[k, old][0][0], mass[k]) for k in mass]
pairs = {pair for parts in states.values() for pair, _ in parts}
# A state that is asked for twice is evaluated once.
names_of = {}
for state, parts in states.items():
    names_of.setdefault(tuple((pair, None if m is None else id(m)) for pair, m in parts), []).append(state)
distinct = {known[0]: (states[known[0]], known) for known in names_of.values()}


def mixed(parts, of_pair):
    return sum(of_pair[pair] * (1 if m is None else m) for pair, m in parts)


list(workers.map(lambda pair: score(*pair), sorted(pairs)))
loss = dict(zip(pairs, workers.map(lambda p: np.logaddexp(0, score(*p)) - label * score(*p), pairs)))
prediction = dict(zip(pairs, workers.map(lambda p: 1 / (1 + np.exp(-score(*p))), pairs)))
query = rows[question["columns"]["query"]].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
queries = query.max() + 1
edges = np.quantile(prediction[0, 0], np.arange(1, 10) / 10)
bins = dict(zip(pairs, workers.map(lambda p: np.searchsorted(edges, prediction[p], "left"), pairs)))


def sorted_state(parts):
    """Row, part and score of every entry of a state with mass, by score."""
    entries = [np.arange(n) if m is None else np.flatnonzero(m) for _, m in parts]
    value = np.concatenate([score(*p)[e] for (p, _), e in zip(parts, entries)])
    part = np.repeat(np.arange(len(parts), dtype=np.int8), [len(e) for e in entries])
    order = np.argsort(value, kind="stable")
    return np.concatenate(entries)[order], part[order], value[order]


orders = {}


def order_of(state):
    if state not in orders:
        orders[state] = sorted_state(states[state])
    return orders[state]


def areas(group, groups, value, positive, negative):
    """The area under the curve of each group; entries come by score."""
    by_group = np.argsort(group, kind="stable")
    group, value, positive, negative = group[by_group], value[by_group], positive[by_group], negative[by_group]
    new = np.ones(len(group), bool)
    new[1:] = (group[1:] != group[:-1]) | (value[1:] != value[:-1])
    start = np.flatnonzero(new)
    tie_group = group[start]
    p, q = np.add.reduceat(positive, start), np.add.reduceat(negative, start)
    below = np.cumsum(q) - q
    total_p, total_q = np.bincount(tie_group, p, groups), np.bincount(tie_group, q, groups)
    below -= (np.cumsum(total_q) - total_q)[tie_group]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.bincount(tie_group, p * (below + q / 2), groups) / (total_p * total_q)


def mixed(parts, of_pair):
    return sum(of_pair[pair] * (1 if m is None else m) for pair, m in parts)


def summed(metric, weight, multiplicity):
    def of_state(state):
        parts = states[state]
        column = mixed(parts, prediction if metric.startswith("calibration") else loss) * weight
        found = []
        for cell, slices in cuts:
            count = len(slices)
            total = np.bincount(cell, column, count)
            w, wy = np.bincount(cell, weight, count), np.bincount(cell, weight * label, count)
            if metric == "calibration_shift":
                value = np.log(total / np.bincount(cell, weight * prediction[0, 0], count))
            elif metric == "calibration":
                value = total / wy
            else:
                value = total / w
            if metric == "normalized_entropy":
                rate = wy / w
                value = value / -(rate * np.log(rate) + (1 - rate) * np.log1p(-rate))
            found.append(value)
        return found

    return of_state


def ece(weight, multiplicity):
    def of_state(state):
        found = []
        for cell, slices in cuts:
            count = len(slices)
            gap, mass_ = np.zeros(count * 10), np.zeros(count)
            for pair, m in states[state]:
                w = weight if m is None else weight * m
                gap += np.bincount(cell * 10 + bins[pair], w * (prediction[pair] - label), count * 10)
                mass_ += np.bincount(cell, w, count)
            found.append(np.abs(gap).reshape(count, 10).sum(1) / mass_)
        return found

    return of_state


def auc(weight, multiplicity):
    def of_state(state):
        row, part, value = order_of(state)
        masses = [m for _, m in states[state]]
        w = weight[row] if masses[0] is None else weight[row] * np.choose(part, [m[row] for m in masses])
        y = label[row]
        return [areas(cell[row], len(slices), value, w * y, w * (1 - y)) for cell, slices in cuts]

    return of_state


def gauc(weight, multiplicity):
    def of_pair(pair):
        row, _, value = order_of((pair, "pair"))
        w, y = weight[row], label[row]
        found = []
        for cell, slices in cuts:
            count = len(slices)
            entry = query * count + cell
            own = areas(entry[row], queries * count, value, w * y, w * (1 - y))
            size = np.bincount(entry, weight, queries * count)
            found.append((own, size))
        return found

    return averaged(of_pair, weight)


def averaged(of_pair, weight):
    """A weighted mean over queries; of a mix the mean over its versions, by the mass of each query's rows."""
    known = dict(zip(pairs, workers.map(of_pair, pairs)))

    def of_state(state):
        found = []
        for n_cut, (cell, slices) in enumerate(cuts):
            count = len(slices)
            entry = query * count + cell
            value = 0
            for pair, m in states[state]:
                own, size = known[pair][n_cut]
                if m is not None:
                    all_weight = np.bincount(entry, weight, queries * count)
                    own = own * np.bincount(entry, weight * m, queries * count) / np.maximum(all_weight, 1e-300)
                value = value + own
            some = np.isfinite(value) & (size > 0)
            cell_of = np.arange(queries * count)[some] % count
            found.append(np.bincount(cell_of, value[some] * size[some], count) / np.bincount(cell_of, size[some], count))
        return found

    return of_state


ranks = {}


def rank_of(pair):
    if pair not in ranks:
        start = np.concatenate([[0], np.cumsum(np.bincount(query, minlength=queries))])
        row = order_of((pair, "pair"))[0][::-1]
        order = row[np.argsort(query[row], kind="stable")]
        rank = np.empty(n)
        rank[order] = np.arange(n) - start[query[order]] + 1
        ranks[pair] = rank
    return ranks[pair]


def ndcg(k, weight, multiplicity):
    ideals = []
    for cell, slices in cuts:
        count = len(slices)
        entry = query * count + cell
        order = np.lexsort((-label, entry))
        first = np.concatenate([[0], np.cumsum(np.bincount(entry, minlength=queries * count))])
        place = np.arange(n) - first[entry[order]] + 1
        ideals.append(np.bincount(entry[order], np.where(place <= k, label[order] / np.log2(1 + place), 0), queries * count))

    def of_pair(pair):
        gain = np.where(rank_of(pair) <= k, label / np.log2(1 + rank_of(pair)), 0)
        found = []
        for (cell, slices), ideal in zip(cuts, ideals):
            count = len(slices)
            with np.errstate(invalid="ignore"):
                own = np.bincount(query * count + cell, gain, queries * count) / ideal
            found.append((own, np.where(ideal > 0, np.repeat(multiplicity, count), 0)))
        return found

    return averaged(of_pair, weight)


def metric_of(metric, weight, multiplicity):
    name, _, cutoff = metric.partition("@")
    if name == "roc_auc":
        return auc(weight, multiplicity)
    if name == "gauc":
        return gauc(weight, multiplicity)
    if name == "ece":
        return ece(weight, multiplicity)
    if name == "ndcg":
        return ndcg(int(cutoff), weight, multiplicity)
    return summed(name, weight, multiplicity)


for pair in pairs:
    states[pair, "pair"] = [(pair, None)]


def values_of(metric, weight, multiplicity):
    """By state, by cut: shape (cells)."""
    of_state = metric_of(metric, weight, multiplicity)
    found = dict(zip(distinct, workers.map(of_state, distinct)))
    return {state: found[first] for first, (_, known) in distinct.items() for state in known}


curve = []
for metric in question["metrics"]:
    values = values_of(metric, weight, np.ones(queries))
    zero = values[0, False]
    for (distance, old), found in values.items():
        if old:
            continue
        aligned = values.get((distance, True))
        for n_cut, (_, slices) in enumerate(cuts):
            for c, s in enumerate(slices):
                v, z = float(found[n_cut][c]), float(zero[n_cut][c])
                o = None if aligned is None else float(aligned[n_cut][c])
                curve.append({
                    "metric": metric, "slice": s, "distance": distance, "value": v, "at_zero": z, "change": v - z,
                    "stale": None if o is None else o - z, "incompatible": None if o is None else v - o,
                })
once = cpu_seconds()
random = np.random.default_rng(1)
for _ in range(arguments.replicates):
    drawn = np.bincount(random.integers(0, queries, queries), minlength=queries)
    for metric in question["metrics"]:
        values_of(metric, weight * drawn[query], drawn)
json.dump({"curve": curve, "cpu_s": once, "replicates_cpu_s": cpu_seconds() - once}, sys.stdout)
