"""The score columns that the other gates are handed: scores-FAMILY.csv, of the rows of examples/online-retail.

aligned_old: v42 · v42, what serves with its own index; aligned: v43 · v43, as offline evaluation sees the promotion; skewed: v43 · v42, as
production sees it until the index is built. Probabilities, by the scale and bias of the query side.
"""
import csv
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "mixed-index"))
from families import EXAMPLE, retail  # noqa: E402


def write(family, folder):
    vectors = retail(family)
    rows = pq.read_table(EXAMPLE / "eval/rows.parquet", columns=["request_id", "stock_code", "label"]).to_pydict()
    query, item = ({x: i for i, x in enumerate(vectors[name])} for name in ("query_ids", "item_ids"))
    q, i = np.array([query[x] for x in rows["request_id"]]), np.array([item[x] for x in rows["stock_code"]])
    score = json.loads((EXAMPLE / f"checkpoints/{family}/score.json").read_text())

    def probabilities(queries, items, version):
        dots = (vectors[queries][q] * vectors[items][i]).sum(1, dtype=np.float64)
        return 1 / (1 + np.exp(-(score[version]["scale"] * dots + score[version]["bias"])))

    columns = {
        "aligned_old": probabilities("query_old", "old", "v42"),
        "aligned": probabilities("query", "new", "v43"),
        "skewed": probabilities("query", "old", "v43"),
    }
    with open(Path(folder) / f"scores-{family}.csv", "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["request", "item", "label", *columns])
        out.writerows(zip(rows["request_id"], rows["stock_code"], rows["label"], *(x.tolist() for x in columns.values())))


for family in ("warm", "scratch"):
    write(family, sys.argv[1])
