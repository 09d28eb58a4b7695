"""The same curve as a plain script: what one would write without skewgate. No intervals, no verdict, no checks of the input.

    python plain.py QUESTION.json > ANSWER.json

It embeds the distinct queries and items once a version, scores the rows, and computes every metric of the question in every slice, at
every distance and for the production mix, with the split into stale and incompatible. run.mjs writes QUESTION.json.
"""
import json
import resource
import sys

import numpy as np
import onnxruntime
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sklearn.metrics import roc_auc_score

BATCH = 1024
question = json.load(open(sys.argv[1]))


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
    feeds = feeds_of(tower, table)
    row_of = pc.index_in(rows[question["columns"][side]], value_set=table[question["columns"][side]].combine_chunks())
    vectors = {v: embed(path, tower["output"], feeds, table.num_rows) for v, path in tower["checkpoints"].items()}
    return vectors, row_of.to_numpy()


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


def mixed(parts, of_pair):
    return sum(of_pair[pair] * (1 if m is None else m) for pair, m in parts)


loss = {p: np.logaddexp(0, score(*p)) - label * score(*p) for p in pairs}
prediction = {p: 1 / (1 + np.exp(-score(*p))) for p in pairs}


def summed(metric):
    for cell, slices in cuts:
        count = len(slices)
        w = np.bincount(cell, weight, count)
        rate = np.bincount(cell, weight * label, count) / w
        aligned = np.bincount(cell, weight * prediction[0, 0], count)
        for state, parts in states.items():
            if metric == "calibration_shift":
                value = np.log(np.bincount(cell, weight * mixed(parts, prediction), count) / aligned)
            else:
                value = np.bincount(cell, weight * mixed(parts, loss), count) / w
            if metric == "normalized_entropy":
                value /= -(rate * np.log(rate) + (1 - rate) * np.log1p(-rate))
            for s, v in zip(slices, value):
                yield s, state, v


def auc():
    for cell, slices in cuts:
        for c, s in enumerate(slices):
            inside = cell == c
            for state, parts in states.items():
                y = np.concatenate([label[inside]] * len(parts))
                z = np.concatenate([score(*p)[inside] for p, _ in parts])
                w = np.concatenate([weight[inside] * (1 if m is None else m[inside]) for _, m in parts])
                yield s, state, roc_auc_score(y, z, sample_weight=w)


def ndcg(k):
    query = rows[question["columns"]["query"]].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
    queries = query.max() + 1
    start = np.concatenate([[0], np.cumsum(np.bincount(query, minlength=queries))])
    gain = {}
    for pair in pairs:
        order = np.lexsort((-score(*pair), query))
        rank = np.empty(n)
        rank[order] = np.arange(n) - start[query[order]] + 1
        gain[pair] = np.where(rank <= k, label / np.log2(1 + rank), 0)
    for cell, slices in cuts:
        count = len(slices)
        entry = query * count + cell
        size = queries * count
        order = np.lexsort((-label, entry))
        first = np.concatenate([[0], np.cumsum(np.bincount(entry, minlength=size))])
        place = np.arange(n) - first[entry[order]] + 1
        ideal = np.bincount(entry[order], np.where(place <= k, label[order] / np.log2(1 + place), 0), size)
        some = ideal > 0
        cell_of = np.arange(size)[some] % count
        per_pair = {p: np.bincount(entry, g, size)[some] / ideal[some] for p, g in gain.items()}
        per_mass = {d: (np.bincount(entry, weight * m, size) / np.maximum(np.bincount(entry, weight, size), 1e-300))[some] for d, m in mass.items()}
        for state, parts in states.items():
            if state[0] == "production":
                value = sum(per_pair[p] * m for (p, _), m in zip(parts, per_mass.values()))
            else:
                value = per_pair[parts[0][0]]
            mean = np.bincount(cell_of, value, count) / np.bincount(cell_of, minlength=count)
            for s, v in zip(slices, mean):
                yield s, state, v


curve = []
for metric in question["metrics"]:
    name, _, cutoff = metric.partition("@")
    made = auc() if name == "roc_auc" else ndcg(int(cutoff)) if name == "ndcg" else summed(name)
    values = {(json.dumps(s, sort_keys=True), state): float(v) for s, state, v in made}
    for (s, (distance, old)), v in values.items():
        if old:
            continue
        zero, aligned_old = values[s, (0, False)], values.get((s, (distance, True)))
        curve.append({
            "metric": metric, "slice": json.loads(s), "distance": distance, "value": v, "at_zero": zero, "change": v - zero,
            "stale": None if aligned_old is None else aligned_old - zero,
            "incompatible": None if aligned_old is None else v - aligned_old,
        })
json.dump({"curve": curve, "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}, sys.stdout)
