"""Our values, by the command line."""

import hashlib
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data import GRADES, K, QUERIES

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
from judged import curve_of

ROW_METRICS = [
    "log_loss",
    "normalized_entropy",
    "calibration",
    "brier",
    "ece",
    "roc_auc",
    "average_precision",
    "gauc",
    "information_retained",
    "calibration_shift",
    "log_mae",
]
RANKINGS = [f"recall@{K}", f"hit@{K}", "mrr"]


def ours(data):
    """The metrics at distance 0: of clicks, and ndcg of the grades with either gain."""
    values = dict(run(data, "y", ROW_METRICS + RANKINGS, ""))
    for gain in ("linear", "exponential"):
        found = run(data, "grade", [f"ndcg@{K}, gain: {gain}"], f"\n  grades: {GRADES}")
        values[f"ndcg@{K} {gain}"] = found[f"ndcg@{K}"]
    return values


def run(data, label, metrics, grades):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = pa.table(
            {
                "q": [f"q{q}" for q in data["query"]],
                "i": [f"i{i}" for i in range(len(data))],
                "label": data[label].to_numpy(float),
                "w": data["weight"],
            }
        )
        pq.write_table(rows, folder / "rows.parquet")
        # A query is a unit vector, an item has its score at the place of its query; the last place is no query's, so
        # that an item whose score is 0 has a vector too.
        vectors(folder / "query-new", [f"q{q}" for q in range(QUERIES)], np.eye(QUERIES, QUERIES + 1))
        items = np.zeros((len(data), QUERIES + 1))
        items[:, QUERIES] = 1
        items[np.arange(len(data)), data["query"]] = data["score"]
        for version in ("item-new", "item-old"):
            vectors(folder / version, rows["i"].to_pylist(), items if version == "item-new" else items * 0.75)
        digest = hashlib.sha256((folder / "rows.parquet").read_bytes()).hexdigest()
        rules = "\n".join(
            f"      - {{metric: {metric}, {'max_change: 0.2' if metric != 'ece' else 'max: 0.9'}, at: each}}"
            for metric in metrics
        )
        (folder / "policy.yml").write_text(f"""policy: metrics
eval_set:
  rows: rows.parquet
  sha256: {{rows: {digest}}}
  columns: {{query: q, item: i, label: label, weight: w}}
  candidates: logged{grades}
checks:
  version-skew:
    sweep: {{from: 0, to: 1}}
    require:
{rules}
""")
        (folder / "release.yml").write_text("""release: metrics
live: new
versions: [new, old]
query_tower: {embeddings: 'query-{version}.parquet'}
item_tower: {embeddings: 'item-{version}.parquet'}
score: {similarity: dot, link: sigmoid}
""")
        curve = curve_of(folder)
        return {point["metric"]: point["value"] for point in curve if point["distance"] == 0 and point["slice"] == {}}


def vectors(path, ids, values):
    table = pa.table({"id": ids, "vector": pa.array(values.astype(np.float32).tolist(), pa.list_(pa.float32()))})
    pq.write_table(table, f"{path}.parquet")
