"""Writes the columns of scores of this example into eval/rows.parquet.

    pip install numpy onnxruntime pyarrow
    python score.py

`similarity` is the part that is yours: here it runs the warm towers of ../online-retail, in its place stands the call of
an API, of a tree model or of a cross-encoder. All else is the same for every model: which pairs of versions are scored,
and what their columns are called.
"""

from functools import lru_cache
from pathlib import Path
from zlib import crc32

import numpy as np
import onnxruntime
import pyarrow as pa
import pyarrow.parquet as pq

RETAIL = Path(__file__).parent / "../online-retail"
OUT = Path(__file__).parent / "eval/rows.parquet"
LIVE, *OLDER = ["v43", "v42", "v41", "v40"]  # newest first, as in release.yml

queries = pq.read_table(RETAIL / "eval/queries.parquet")
items = pq.read_table(RETAIL / "eval/items.parquet")


def numbers(table, names):
    return np.stack([table[name].to_numpy().astype(np.float32) for name in names], 1)


def padded(table, name, length):
    """Lists cut and padded to `length`, and 1 where a value stands."""
    values = np.zeros((table.num_rows, length), np.int64)
    mask = np.zeros((table.num_rows, length), np.int64)
    for row, list_ in enumerate(table[name].to_pylist()):
        values[row, : len(list_[:length])] = list_[:length]
        mask[row, : len(list_[:length])] = 1
    return values, mask


history, history_mask = padded(queries, "recent_products", 20)
title_tokens, attention_mask = padded(items, "title_tokens", 8)
FEEDS = {
    "query": {
        "customer_index": queries["customer_index"].to_numpy(),
        "country": queries["country"].to_numpy(),
        "dense": numbers(
            queries,
            ["recency_days", "tenure_days", "invoices_90d", "products_90d", "spend_90d", "basket_value", "basket_lines"],
        ),
        "history": history,
        "history_mask": history_mask,
    },
    "item": {
        "product_index": items["product_index"].to_numpy(),
        "dense": numbers(items, ["price", "age_days", "reach_7d", "reach_28d", "reach_180d", "units_per_buyer"]),
        "title_tokens": title_tokens,
        "attention_mask": attention_mask,
    },
}


@lru_cache(maxsize=None)
def embeddings(side, version):
    session = onnxruntime.InferenceSession(RETAIL / f"checkpoints/warm/{side}/{version}.onnx")
    feeds = {}
    for wanted in session.get_inputs():
        feeds[wanted.name] = FEEDS[side][wanted.name].astype(
            np.float32 if wanted.type == "tensor(float)" else np.int64, copy=False
        )
    return session.run(["embedding"], feeds)[0].astype(np.float64)


def similarity(query_version, item_version, query_rows, item_rows):
    """The score of every row by this pair of versions, before the link, scale and bias that release.yml gives."""
    q = embeddings("query", query_version)[query_rows]
    i = embeddings("item", item_version)[item_rows]
    return (q * i).sum(1)


rows = pq.read_table(RETAIL / "eval/rows.parquet")
# A fourth of the customers, so that the file is small.
rows = rows.filter(pa.array([crc32(str(c).encode()) % 4 == 0 for c in rows["customer_id"].to_pylist()]))
row_of_query = {name: row for row, name in enumerate(queries["request_id"].to_pylist())}
row_of_item = {name: row for row, name in enumerate(items["stock_code"].to_pylist())}
query_rows = np.array([row_of_query[name] for name in rows["request_id"].to_pylist()])
item_rows = np.array([row_of_item[name] for name in rows["stock_code"].to_pylist()])

pairs = {f"score_{v}": (LIVE, v) for v in [LIVE, *OLDER]}  # the live query side, items of every swept version
pairs |= {f"aligned_{v}": (v, v) for v in OLDER}  # both sides of one version: splits age from incompatibility
pairs[f"older_query_{OLDER[0]}"] = (OLDER[0], LIVE)  # a rollback of the query side: distance -1

for name, (query_version, item_version) in pairs.items():
    scores = similarity(query_version, item_version, query_rows, item_rows)
    # Six significant digits are enough for any metric, and a float32 holds them.
    rows = rows.append_column(name, pa.array(scores.astype(np.float32)))

OUT.parent.mkdir(exist_ok=True)
strings = ["request_id", "stock_code", "segment", "market", "catalogue_age"]
pq.write_table(
    rows,
    OUT,
    compression="zstd",
    compression_level=19,
    use_dictionary=strings,
    column_encoding={name: "BYTE_STREAM_SPLIT" for name in pairs},
)
print(f"{OUT}: {rows.num_rows} rows, {len(pairs)} columns of scores")
