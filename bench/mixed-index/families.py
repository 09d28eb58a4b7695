"""Vectors of queries and items at X and X-1, and the items that are relevant to a query."""

from pathlib import Path

import numpy as np
import onnxruntime
import pyarrow.parquet as pq
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parents[1] / "examples/online-retail"
SEED, WIDTH = 20261128, 48


def tower(folder, version, feeds):
    session = onnxruntime.InferenceSession(folder / f"{version}.onnx", providers=["CPUExecutionProvider"])
    return session.run(["embedding"], feeds)[0].astype(np.float32)


def padded(lists, length):
    values, mask = np.zeros((len(lists), length), np.int64), np.zeros((len(lists), length), np.int64)
    for row, tokens in enumerate(lists):
        values[row, : len(tokens)], mask[row, : len(tokens)] = tokens[:length], 1
    return values, mask


def columns(table, names):
    return np.stack([table[name].to_numpy().astype(np.float32) for name in names], 1)


def retail(family):
    rows, queries, items = (pq.read_table(EXAMPLE / f"eval/{name}.parquet") for name in ("rows", "queries", "items"))
    history, history_mask = padded(queries["recent_products"].to_pylist(), 20)
    title, title_mask = padded(items["title_tokens"].to_pylist(), 8)
    whole = lambda table, name: table[name].to_numpy().astype(np.int64)
    asked = {
        "customer_index": whole(queries, "customer_index"),
        "country": whole(queries, "country"),
        "history": history,
        "history_mask": history_mask,
        "dense": columns(
            queries,
            [
                "recency_days",
                "tenure_days",
                "invoices_90d",
                "products_90d",
                "spend_90d",
                "basket_value",
                "basket_lines",
            ],
        ),
    }
    held = {
        "product_index": whole(items, "product_index"),
        "title_tokens": title,
        "attention_mask": title_mask,
        "dense": columns(items, ["price", "age_days", "reach_7d", "reach_28d", "reach_180d", "units_per_buyer"]),
    }
    checkpoints = EXAMPLE / "checkpoints" / family
    relevant = {}
    for request, item, label in zip(*(rows[name].to_pylist() for name in ("request_id", "stock_code", "label"))):
        if label:
            relevant.setdefault(request, set()).add(item)
    return {
        "query": tower(checkpoints / "query", "v43", asked),
        "query_old": tower(checkpoints / "query", "v42", asked),
        "query_ids": queries["request_id"].to_pylist(),
        "new": tower(checkpoints / "item", "v43", held),
        "old": tower(checkpoints / "item", "v42", held),
        "item_ids": items["stock_code"].to_pylist(),
        "relevant": relevant,
    }


def text(aligned):
    """Latent semantic indexing: X of all abstracts, X-1 of 85 % of them, turned onto X where `aligned`."""
    abstracts, claims = (pq.read_table(HERE / f"data/{name}.parquet") for name in ("abstracts", "claims"))
    vectoriser = TfidfVectorizer(sublinear_tf=True, min_df=2, stop_words="english")
    documents = vectoriser.fit_transform(abstracts["text"].to_pylist())
    earlier = np.random.default_rng(SEED).random(documents.shape[0]) < 0.85
    unit = lambda x: (x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-6)).astype(np.float32)
    now = TruncatedSVD(WIDTH, random_state=0).fit(documents)
    then = TruncatedSVD(WIDTH, random_state=1).fit(documents[earlier])
    new, old = unit(now.transform(documents)), unit(then.transform(documents))
    if aligned:
        left, _, right = np.linalg.svd(old.T @ new)
        old = old @ (left @ right)
    return {
        "query": unit(now.transform(vectoriser.transform(claims["text"].to_pylist()))),
        "query_ids": claims["claim_id"].to_pylist(),
        "new": new,
        "old": old.astype(np.float32),
        "item_ids": abstracts["doc_id"].to_pylist(),
        "relevant": {
            c: set(docs) for c, docs in zip(claims["claim_id"].to_pylist(), claims["cites"].to_pylist()) if docs
        },
    }


FAMILIES = {
    "retail, warm": lambda: retail("warm"),
    "retail, scratch": lambda: retail("scratch"),
    "text, aligned": lambda: text(True),
    "text, refitted": lambda: text(False),
}
