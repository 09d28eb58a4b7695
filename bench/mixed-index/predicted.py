"""What `mix: per_item` predicts, by the command line."""

import hashlib
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from judged import curve_of

K = 10


def predicted(family, share):
    """Change of recall@K and ndcg@K at production, with bounds, by the command line."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        vectors = lambda name, ids, values: pq.write_table(
            pa.table({"id": ids, "vector": pa.array(values.tolist(), pa.list_(pa.float32()))}),
            folder / f"{name}.parquet",
        )
        vectors("query-X", family["query_ids"], family["query"])
        vectors("item-X", family["item_ids"], family["new"])
        vectors("item-Y", family["item_ids"], family["old"])
        pairs = [(q, i) for q in family["query_ids"] for i in sorted(family["relevant"].get(q, ()))]
        pq.write_table(
            pa.table({"q": [q for q, _ in pairs], "i": [i for _, i in pairs], "label": [1] * len(pairs)}),
            folder / "rows.parquet",
        )
        pq.write_table(pa.table({"i": family["item_ids"]}), folder / "items.parquet")
        digest = lambda name: hashlib.sha256((folder / f"{name}.parquet").read_bytes()).hexdigest()
        (folder / "policy.yml").write_text(f"""policy: mixed
eval_set:
  rows: rows.parquet
  items: items.parquet
  sha256: {{rows: {digest("rows")}, items: {digest("items")}}}
  columns: {{query: q, item: i, label: label}}
  candidates: full
production: {{mix: per_item, distances: {{0: {1 - share:g}, 1: {share:g}}}}}
checks:
  version-skew:
    sweep: {{from: 0, to: 1}}
    require:
      - {{metric: recall@{K}, max_decrease: 5%, at: production}}
      - {{metric: ndcg@{K}, max_decrease: 5%, at: production}}
""")
        (folder / "release.yml").write_text("""release: mixed
live: X
versions: [X, Y]
query_tower: {embeddings: 'query-{version}.parquet'}
item_tower: {embeddings: 'item-{version}.parquet'}
score: {similarity: dot, link: identity}
""")
        curve = curve_of(folder)
        return {p["metric"]: p for p in curve if p["distance"] == "production"}, {
            p["metric"]: p["value"] for p in curve if p["distance"] == 0
        }
