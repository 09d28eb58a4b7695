"""Embeds, scores and sums an eval set on Spark: the state that `skewgate run --state` judges.

    pip install pyspark pyarrow pandas numpy onnxruntime pyyaml      # the workers need all but pyspark and pyyaml
    skewgate sql --policy P --release R --engine spark --table scored --to OUT/state > state.sql
    spark-submit examples/spark/job.py --release R --eval DIR --sql state.sql --out OUT

Written for the towers and tables of examples/online-retail: what is theirs stands in TOWERS and KEYS.
"""
import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from pyspark import SparkFiles
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType

# A table's key, and what each input of its tower reads, as the release has it under `inputs`.
KEYS = {"query": "request_id", "item": "stock_code"}
TOWERS = {
    "query": {
        "scalars": ["customer_index", "country"],
        "dense": ["recency_days", "tenure_days", "invoices_90d", "products_90d", "spend_90d", "basket_value", "basket_lines"],
        "lists": {"history": ("recent_products", 20, "history_mask")},
    },
    "item": {
        "scalars": ["product_index"],
        "dense": ["price", "age_days", "reach_7d", "reach_28d", "reach_180d", "units_per_buyer"],
        "lists": {"title_tokens": ("title_tokens", 8, "attention_mask")},
    },
}


def inputs_of(batch, tower):
    """The inputs of a tower's graph, by name: scalars, one matrix of dense features, lists padded with 0 and their masks."""
    inputs = {name: batch[name].to_numpy(np.int64) for name in tower["scalars"]}
    inputs["dense"] = batch[tower["dense"]].to_numpy(np.float32)
    for name, (column, length, mask) in tower["lists"].items():
        ids, present = (np.zeros((len(batch), length), np.int64) for _ in range(2))
        for row, values in enumerate(batch[column]):
            kept = values[:length]
            ids[row, : len(kept)] = kept
            present[row, : len(kept)] = 1
        inputs[name], inputs[mask] = ids, present
    return inputs


def embedder(side, versions):
    """A function for mapInPandas: every checkpoint is opened once a partition, and runs on each of its batches."""

    def embed(batches):
        import onnxruntime

        # A task has one core: its graphs take no more.
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        folder = Path(SparkFiles.get(side))
        sessions = {v: onnxruntime.InferenceSession(str(folder / f"{v}.onnx"), options) for v in versions}
        for batch in batches:
            inputs = inputs_of(batch, TOWERS[side])
            vectors = {v: list(session.run(["embedding"], inputs)[0]) for v, session in sessions.items()}
            yield pd.DataFrame({KEYS[side]: batch[KEYS[side]], **{f"{side}_{v}": found for v, found in vectors.items()}})

    return embed


def embedded(spark, table, side, versions, partitions):
    """The vectors of a table's rows by every version, one column each."""
    schema = ", ".join([f"{KEYS[side]} string", *(f"{side}_{v} array<float>" for v in versions)])
    return spark.read.parquet(table).repartition(partitions).mapInPandas(embedder(side, versions), schema)


@F.pandas_udf(DoubleType())
def dot(query: pd.Series, item: pd.Series) -> pd.Series:
    """Inner products in double precision; scale and bias of the release are applied by the SQL."""
    a, b = (np.stack(vectors.to_numpy()).astype(np.float64) for vectors in (query, item))
    return pd.Series(np.einsum("ij,ij->i", a, b))


def scored(rows, queries, items, live, versions):
    """The scored table: a column of scores for every pair of versions that a sweep may ask for."""
    older = [v for v in versions if v != live]
    pairs = {
        **{f"score_{v}": (live, v) for v in versions},  # the live query tower, the items of a version
        **{f"aligned_{v}": (v, v) for v in older},  # both towers of a version
        **{f"older_{v}": (v, live) for v in older},  # an older query tower, the live items
    }
    joined = rows.join(queries, KEYS["query"]).join(items, KEYS["item"])
    columns = [dot(F.col(f"query_{q}"), F.col(f"item_{i}")).alias(name) for name, (q, i) in pairs.items()]
    return joined.select(*rows.columns, *columns)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--release", type=Path, required=True)
    parser.add_argument("--eval", required=True, help="the folder of rows, queries and items")
    parser.add_argument("--sql", type=Path, required=True, help="what skewgate sql --engine spark has printed")
    parser.add_argument("--out", required=True, help="gets the scored table")
    parser.add_argument("--master", help="left out: that of spark-submit")
    parser.add_argument("--partitions", type=int, default=4)
    options = parser.parse_args()

    release = yaml.safe_load(options.release.read_text())
    live, versions = release["live"], release["versions"]

    builder = SparkSession.builder.appName("skewgate").config("spark.sql.shuffle.partitions", options.partitions)
    spark = (builder.master(options.master) if options.master else builder).getOrCreate()

    packed = Path(tempfile.mkdtemp())
    for side in ("query", "item"):
        # Executors get the checkpoints unpacked: SparkFiles.get(side) is the folder of each.
        folder = options.release.parent / Path(release[f"{side}_tower"]["onnx"]).parent
        spark.sparkContext.addArchive(shutil.make_archive(str(packed / side), "zip", folder) + f"#{side}")

    queries = embedded(spark, f"{options.eval}/queries.parquet", "query", versions, options.partitions)
    items = embedded(spark, f"{options.eval}/items.parquet", "item", versions, options.partitions)
    rows = spark.read.parquet(f"{options.eval}/rows.parquet")
    table = f"{options.out}/scored.parquet"
    scored(rows, queries, items, live, versions).write.mode("overwrite").parquet(table)

    # Written once and read from there: every statement goes over it.
    spark.read.parquet(table).createOrReplaceTempView("scored")
    # A blank line stands between statements, and nowhere else.
    for statement in options.sql.read_text().split("\n\n"):
        spark.sql(statement.strip().removesuffix(";"))
    spark.stop()


if __name__ == "__main__":
    main()
