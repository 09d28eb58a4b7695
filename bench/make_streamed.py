"""Writes rows of scores, a policy and a release for bench/streamed.mjs: python make_streamed.py FOLDER ROWS VERSIONS.

Row groups of a million rows are made one after the other, so that the memory of this script does not grow either. Every
request has ten rows; ids are texts; a version's scores are the truth with noise that grows with its age.
"""
import hashlib
import os
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

GROUP = 1_000_000
PER_QUERY = 10


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def main(folder, rows, versions, metrics):
    os.makedirs(f"{folder}/gates", exist_ok=True)
    os.makedirs(f"{folder}/models", exist_ok=True)
    path = f"{folder}/rows.parquet"
    writer = None
    # As many whatever the rows, so that what grows with one is told from what grows with the other.
    items = 200_000
    for first in range(0, rows, GROUP):
        n = min(GROUP, rows - first)
        rng = np.random.default_rng(first + 1)
        query = (first + np.arange(n)) // PER_QUERY
        item = (rng.random(n) ** 2 * items).astype(np.int64)
        tier = item % 3
        truth = -2 + rng.standard_normal(n) + 0.5 * (tier == 0)
        label = (rng.random(n) < sigmoid(truth)).astype(np.float64)
        columns = {
            "request": pa.array(np.char.add("r", query.astype(str))),
            "item": pa.array(np.char.add("i", item.astype(str))),
            "label": label,
            "weight": np.round(0.5 + rng.random(n), 3),
            "tier": pa.DictionaryArray.from_arrays(tier.astype(np.int8), ["small", "middle", "large"]).cast(pa.string()),
            "source": pa.DictionaryArray.from_arrays((query % 2).astype(np.int8), ["feed", "search"]).cast(pa.string()),
        }
        for age in range(versions):
            noise = rng.standard_normal(n)
            columns[f"score_v{versions - age}"] = truth + 0.05 * (1 + age) * noise
            if age > 0:
                columns[f"aligned_v{versions - age}"] = truth + 0.03 * (1 + age) * noise
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table, row_group_size=GROUP)
    writer.close()
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 22):
            digest.update(piece)
    rules = {
        "log_loss": "max_increase: 5%",
        "normalized_entropy": "max_increase: 5%",
        "calibration": "max_change: 0.05",
        "calibration_shift": "max_change: 0.05",
        "gauc": "max_decrease: 0.05",
        "ndcg@5": "max_decrease: 0.05",
        "roc_auc": "max_decrease: 0.05",
        "average_precision": "max_decrease: 0.05",
        "ece": "max_increase: 0.05",
    }
    mixed = {f"{age}": round(1 / (versions - 1), 6) for age in range(1, versions)}
    mixed["1"] = round(1 - sum(mass for age, mass in mixed.items() if age != "1"), 6)
    written = "\n".join(
        f"      - {{metric: {name}, {rules[name]}, at: {at}, slices: [all, tier]}}" for name in metrics for at in ("each", "production")
    )
    with open(f"{folder}/gates/policy.yml", "w") as file:
        file.write(
            f"""policy: streamed
eval_set:
  rows: ../rows.parquet
  sha256: {{rows: {digest.hexdigest()}}}
  columns: {{query: request, item: item, label: label, weight: weight}}
  slices: [tier, source]
  candidates: logged
production:
  mix: per_request
  distances: {{{", ".join(f"{age}: {mass}" for age, mass in mixed.items())}}}
checks:
  version-skew:
    sweep: {{from: 0, to: {versions - 1}}}
    require:
{written}
"""
        )
    listed = ", ".join(f"v{versions - age}" for age in range(versions))
    with open(f"{folder}/models/release.yml", "w") as file:
        file.write(
            f"""release: streamed
live: v{versions}
versions: [{listed}]
scores: {{column: 'score_{{version}}', aligned: 'aligned_{{version}}'}}
score: {{link: sigmoid}}
"""
        )


if __name__ == "__main__":
    asked = sys.argv[4].split(",") if len(sys.argv) > 4 else ["log_loss", "normalized_entropy", "calibration", "gauc", "roc_auc"]
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), asked)
