"""Writes a large made-up project: an eval set, ONNX towers of two sides and several versions, a policy and a release.

    python generate.py --out FOLDER [--rows N] [--queries N] [--items N] [--versions N] [--widen N] [--seed N]

The towers are plain MLPs over dense features and the masked mean of token embeddings, a size that retrieval systems
serve, or so many times as wide with --widen; each older version is the next one plus noise, as after a small training step. Labels are drawn from the newest pair.
"""
import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pyarrow as pa
import pyarrow.parquet as pq
from onnx import TensorProto, helper, numpy_helper

DIMENSION = 64
QUERY = {"dense": 32, "tokens": ("history", "history_mask", 20, 20_000), "category": None, "hidden": (256, 128)}
ITEM = {"dense": 24, "tokens": ("title_tokens", "title_mask", 16, 30_000), "category": ("category", 1_000), "hidden": (512, 256)}
TOKEN_WIDTH = 32
CATEGORY_WIDTH = 16


def weights(spec, random):
    """The initial weights of a tower, by name."""
    width = spec["dense"] + TOKEN_WIDTH + (CATEGORY_WIDTH if spec["category"] else 0)
    sizes = (width, *spec["hidden"], DIMENSION)
    made = {"token_table": random.normal(0, 1, (spec["tokens"][3], TOKEN_WIDTH))}
    if spec["category"]:
        made["category_table"] = random.normal(0, 1, (spec["category"][1], CATEGORY_WIDTH))
    for layer, (n, m) in enumerate(zip(sizes, sizes[1:])):
        made[f"w{layer}"] = random.normal(0, np.sqrt(2 / n), (n, m))
        made[f"b{layer}"] = random.normal(0, 0.1, m)
    return made


def step_back(made, random, size=0.02):
    """The version before: every weight moved by noise in proportion to its spread."""
    return {name: w + random.normal(0, size * w.std(), w.shape) for name, w in made.items()}


def graph(spec, made, path):
    tokens, mask, _, _ = spec["tokens"]
    inputs = [
        helper.make_tensor_value_info("dense", TensorProto.FLOAT, ["batch", spec["dense"]]),
        helper.make_tensor_value_info(tokens, TensorProto.INT64, ["batch", "length"]),
        helper.make_tensor_value_info(mask, TensorProto.INT64, ["batch", "length"]),
    ]
    node = helper.make_node
    nodes = [
        node("Gather", ["token_table", tokens], ["vectors"]),
        node("Cast", [mask], ["mask"], to=TensorProto.FLOAT),
        node("Unsqueeze", ["mask", "last"], ["mask3"]),
        node("Mul", ["vectors", "mask3"], ["masked"]),
        node("ReduceSum", ["masked", "one"], ["token_sum"], keepdims=0),
        node("ReduceSum", ["mask", "one"], ["kept"], keepdims=1),
        node("Max", ["kept", "least"], ["count"]),
        node("Div", ["token_sum", "count"], ["token_mean"]),
    ]
    parts = ["dense", "token_mean"]
    if spec["category"]:
        name = spec["category"][0]
        inputs.append(helper.make_tensor_value_info(name, TensorProto.INT64, ["batch"]))
        nodes.append(node("Gather", ["category_table", name], ["category_vector"]))
        parts.append("category_vector")
    nodes.append(node("Concat", parts, ["h0"], axis=1))
    layers = len(spec["hidden"]) + 1
    for layer in range(layers):
        last = layer == layers - 1
        nodes.append(node("Gemm", [f"h{layer}", f"w{layer}", f"b{layer}"], ["embedding" if last else f"a{layer}"]))
        if not last:
            nodes.append(node("Relu", [f"a{layer}"], [f"h{layer + 1}"]))
    constants = [numpy_helper.from_array(w.astype(np.float32), name) for name, w in made.items()]
    constants += [
        numpy_helper.from_array(np.array([2], np.int64), "last"),
        numpy_helper.from_array(np.array([1], np.int64), "one"),
        numpy_helper.from_array(np.array([1], np.float32), "least"),
    ]
    output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", DIMENSION])
    model = helper.make_model(
        helper.make_graph(nodes, "tower", inputs, [output], constants),
        opset_imports=[helper.make_opsetid("", 13)],
        ir_version=8,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)


def features(spec, count, random):
    """Dense columns, ragged token lists, and a category where the tower has one."""
    name, _, longest, vocabulary = spec["tokens"]
    dense = random.normal(0, 1, (count, spec["dense"])).astype(np.float32)
    lengths = random.integers(1, longest + 1, count)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    tokens = random.integers(0, vocabulary, offsets[-1])
    columns = {f"f{c}": dense[:, c] for c in range(spec["dense"])}
    columns[name] = pa.ListArray.from_arrays(offsets, pa.array(tokens))
    feeds = {"dense": dense, name: np.zeros((count, longest), np.int64), spec["tokens"][1]: np.zeros((count, longest), np.int64)}
    inside = np.arange(longest) < lengths[:, None]
    feeds[name][inside] = tokens
    feeds[spec["tokens"][1]][inside] = 1
    if spec["category"]:
        columns[spec["category"][0]] = random.integers(0, spec["category"][1], count)
        feeds[spec["category"][0]] = columns[spec["category"][0]]
    return columns, feeds


def embed(path, feeds, count):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    parts = [session.run(["embedding"], {k: v[i : i + 4096] for k, v in feeds.items()})[0] for i in range(0, count, 4096)]
    return np.concatenate(parts)


def pairs(rows, queries, items, random):
    """Distinct pairs in the order of the queries: rows a query lognormal, items by Zipf 0.6."""
    share = np.exp(random.normal(0, 1, queries))
    popularity = np.arange(1, items + 1) ** -0.6
    drawn = np.empty(0, np.int64)
    while len(drawn) < rows:
        query = random.choice(queries, rows, p=share / share.sum())
        drawn = np.unique(np.concatenate([drawn, query * items + random.choice(items, rows, p=popularity / popularity.sum())]))
    kept = np.sort(random.choice(drawn, rows, replace=False))
    return kept // items, kept % items


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=20_000)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--versions", type=int, default=6)
    parser.add_argument("--widen", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    for spec in (QUERY, ITEM):
        spec["hidden"] = tuple(args.widen * size for size in spec["hidden"])
    random = np.random.default_rng(args.seed)
    out = args.out
    (out / "eval").mkdir(parents=True, exist_ok=True)

    versions = [f"v{n}" for n in range(args.versions, 0, -1)]
    for side, spec in (("query", QUERY), ("item", ITEM)):
        made = weights(spec, random)
        for version in versions:
            graph(spec, made, out / "checkpoints" / side / f"{version}.onnx")
            made = step_back(made, random)

    query_columns, query_feeds = features(QUERY, args.queries, random)
    item_columns, item_feeds = features(ITEM, args.items, random)
    q = embed(out / "checkpoints" / "query" / f"{versions[0]}.onnx", query_feeds, args.queries)
    i = embed(out / "checkpoints" / "item" / f"{versions[0]}.onnx", item_feeds, args.items)

    query, item = pairs(args.rows, args.queries, args.items, random)
    product = np.concatenate(
        [np.einsum("ij,ij->i", q[query[a : a + 65536]], i[item[a : a + 65536]]) for a in range(0, args.rows, 65536)]
    )
    scale = float(1 / product.std())
    bias = float(-1.5 - scale * product.mean())
    logit = scale * product + bias
    label = (random.random(args.rows) < 1 / (1 + np.exp(-logit))).astype(np.int8)

    request_ids = np.array([f"r{n:06d}" for n in range(args.queries)])
    tiers = np.array(["large", "medium", "small"])
    sources = np.array(["auction", "full", "partial"])
    tier_of_item = random.choice(3, args.items, p=[0.5, 0.3, 0.2])
    source_of_query = random.integers(0, 3, args.queries)
    regions = np.array(["east", "north", "south", "west"])
    region_of_query = random.choice(4, args.queries, p=[0.4, 0.3, 0.2, 0.1])
    tables = {
        "rows": {
            "request_id": request_ids[query],
            "pin_id": item.astype(np.int64) + 10**12,
            "converted": label,
            "weight": random.choice([0.5, 1.0, 2.0], args.rows),
            "tier": tiers[tier_of_item[item]],
            "log_source": sources[source_of_query[query]],
            "region": regions[region_of_query[query]],
        },
        "queries": {"request_id": request_ids, **query_columns},
        "items": {"pin_id": np.arange(args.items, dtype=np.int64) + 10**12, **item_columns},
    }
    digests = {}
    for name, columns in tables.items():
        path = out / "eval" / f"{name}.parquet"
        pq.write_table(pa.table(columns), path)
        digests[name] = hashlib.sha256(path.read_bytes()).hexdigest()

    (out / "policy.yml").write_text(
        f"""policy: bench
eval_set:
  rows: eval/rows.parquet
  queries: eval/queries.parquet
  items: eval/items.parquet
  sha256: {{rows: {digests["rows"]}, queries: {digests["queries"]}, items: {digests["items"]}}}
  columns: {{query: request_id, item: pin_id, label: converted, weight: weight}}
  slices: [tier, log_source, region]
  candidates: logged
production:
  mix: per_request
  distances:
    by: tier
    slices:
      small: {{0: 0.7, 1: 0.3}}
      medium: {{0: 0.4, 1: 0.5, 2: 0.1}}
      large: {{1: 0.2, 2: 0.5, 3: 0.3}}
checks:
  version-skew:
    sweep: {{from: -1, to: {args.versions - 1}}}
    require:
      - {{metric: normalized_entropy, max_increase: 1%, at: production, slices: [all, tier]}}
      - {{metric: log_loss, max_increase: 2%, at: each, slices: [all, tier, log_source]}}
      - {{metric: calibration_shift, max_change: 2%, at: production, slices: [all, tier, tier*log_source]}}
      - {{metric: calibration, max_change: 5%, at: production, slices: [all, region, tier*region]}}
      - {{metric: ece, max_increase: 0.02, at: production, slices: [all, tier]}}
      - {{metric: roc_auc, max_decrease: 0.01, at: production, slices: [all, tier]}}
      - {{metric: gauc, max_decrease: 0.01, at: production}}
      - {{metric: ndcg@10, max_decrease: 1%, at: production}}
"""
    )
    query_dense = ", ".join(f"f{c}" for c in range(QUERY["dense"]))
    item_dense = ", ".join(f"f{c}" for c in range(ITEM["dense"]))
    (out / "release.yml").write_text(
        f"""release: bench
live: {versions[0]}
versions: [{", ".join(versions)}]
query_tower:
  onnx: checkpoints/query/{{version}}.onnx
  inputs:
    dense: [{query_dense}]
    history: {{column: history, pad: 0, length: {QUERY["tokens"][2]}, mask: history_mask}}
item_tower:
  onnx: checkpoints/item/{{version}}.onnx
  inputs:
    dense: [{item_dense}]
    title_tokens: {{column: title_tokens, pad: 0, length: {ITEM["tokens"][2]}, mask: title_mask}}
score: {{similarity: dot, link: sigmoid, scale: {scale!r}, bias: {bias!r}}}
"""
    )


if __name__ == "__main__":
    main()
