"""Writes the state of a scored table in DuckDB and in a local Spark, and holds its verdict to that over the rows.

    npm run build && pip install duckdb sqlglot pyspark pyarrow numpy      # Spark needs a Java
    python bench/sql/state.py [--rows N] [--engines duckdb,spark] [--link sigmoid|identity|softmax] [--keep FOLDER]
    python bench/sql/state.py --projects all|NAME,… [--seed N] [--engines duckdb,executors] [--keep FOLDER]

A table of made scores with ids that are not ASCII is judged by `skewgate run` over its rows, and then by
`skewgate run --state` from what the engine has written by the SQL of `skewgate sql`. Verdict, findings and curve must be
the same, numbers within 1e-6 of their size: sums are added in another order. Only AUC and average precision of more than
65,536 rows (or `--bins`) are of bins of the scores, where one of them holds several scores: of rounded scores none does, of
the predictions of a softmax, which no rounding of scores makes few, any may. Intervals from bins must hold those over the
rows, and verdicts may at most be left open.
BigQuery has no local engine: its statements are parsed by SQLGlot in that dialect. Tables that no run would show ready
are none by their state either. `--projects` does the same with tables that differ as users' do (projects.py).
"""
import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from compare import apart
from projects import PROJECTS

CLI = ["node", str(Path(__file__).parents[2] / "dist" / "cli.cjs")]
VERSIONS = ["v4", "v3", "v2", "v1"]
NAMES = ["größe", "日本", "naïve", "emoji-🙂", "plain"]

POLICY = """policy: made
eval_set:
  rows: rows.parquet
  sha256: {{rows: {zeros}}}
  columns: {{query: request, item: item, label: label, weight: weight, cluster: user}}
  slices: [tier, source]
  candidates: logged
production:
  mix: per_request
  distances:
    by: tier
    slices:
      "klein ü": {{0: 0.7, 1: 0.3}}
      large: {{0: 0.2, 1: 0.5, 2: 0.3}}
checks:
  version-skew:
    sweep: {{from: 0, to: 3}}
    require:
      - {{metric: normalized_entropy, max_increase: 1%, at: production, slices: [all, tier]}}
      - {{metric: log_loss, max_increase: 2%, at: each, slices: [all, tier, tier*source]}}
      - {{metric: brier, max_increase: 3%, at: production}}
      - {{metric: calibration_shift, max_change: {shift}, at: production, slices: [all, source]}}
      - {{metric: roc_auc, max_decrease: 1%, at: each, slices: [all, tier*source]}}
      - {{metric: average_precision, max_decrease: 2%, at: production, slices: [all, tier]}}
      - {{metric: ece, max_increase: 0.02, at: each}}
      - {{metric: log_mae, max_increase: 0.05, at: production}}
      - {{metric: ndcg@5, max_decrease: 2%, at: production, slices: [all, source]}}
      - {{metric: ndcg@20, gain: exponential, max_decrease: 2%, at: each}}
      - {{metric: recall@3, max_decrease: 2%, at: each, slices: [all, tier*source]}}
      - {{metric: hit@3, max_decrease: 2%, at: production}}
      - {{metric: mrr, max_decrease: 2%, at: each}}
      - {{metric: gauc, max_decrease: 1%, at: production, slices: [all, tier]}}
"""
RELEASE = """release: made
live: v4
versions: [v4, v3, v2, v1]
scores: {{column: 'score_{{version}}', aligned: 'aligned_{{version}}'}}
score: {{link: {link}, scale: {scale}, bias: {bias}}}
"""


def make(folder, rows, link):
    """Writes the scored table, a policy and a release."""
    rng = np.random.default_rng(5)
    queries, items = max(100, rows // 20), max(50, int(math.sqrt(rows)) * 2)
    query = np.sort(rng.integers(0, queries, rows))
    item = rng.integers(0, items, rows)
    effect = rng.normal(0, 0.5, queries)[query] + rng.normal(0, 0.7, items)[item]
    logit = effect + rng.normal(0, 0.8, rows) - 0.3
    label = (rng.random(rows) < 1 / (1 + np.exp(-logit))).astype(np.int64)
    columns = {
        "request": [f"{NAMES[q % 5]}/{q}" for q in query],
        "item": [f"{NAMES[i % 5]}-{i}" for i in item],
        "user": [f"u{NAMES[q % 5]}{q // 2}" for q in query],
        "label": label,
        "weight": np.round(rng.gamma(2, 0.5, rows), 3),
        "tier": np.where(query % 3 == 0, "klein ü", "large"),
        "source": np.where(item % 2 == 0, "feed", "it's \"search\""),
    }
    drift = rng.normal(0, 0.1, items)[item]
    for k, version in enumerate(VERSIONS):
        for name, noise in (("score", drift * k + 0.03 * k), ("aligned", 0.04 * k * rng.normal(0, 1, rows))):
            # Of the oldest version hardly any two scores are the same: what bins of the scores hide is in its bounds.
            score = logit + noise if (name, k) == ("score", 3) else np.round(logit + noise, 2)
            columns[f"{name}_{version}"] = 1 / (1 + np.exp(-score)) if link == "identity" else score
    pq.write_table(pa.table(columns), folder / "rows.parquet", row_group_size=100_000)
    (folder / "policy.yml").write_text(POLICY.format(zeros="0" * 64, shift="2%"))
    given = {"scale": 1, "bias": 0} if link == "identity" else {"scale": 1.1, "bias": -0.05}
    (folder / "release.yml").write_text(RELEASE.format(link=link, **given))
    subprocess.run([*CLI, "pin", "policy.yml"], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def judge(folder, *more):
    """The report of a run, or what it says where there is none, and its exit status."""
    command = [*CLI, "run", "--policy", "policy.yml", "--release", "release.yml", "--format", "json", "--quiet", *more]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    judged = done.returncode in (0, 1)
    return (json.loads(done.stdout) if judged else done.stderr.strip()), done.returncode


def spoiled(folder):
    """Tables that no run over the rows would show ready, by what is wrong with them."""
    rows = pq.read_table(folder / "rows.parquet")
    def with_column(name, values):
        return rows.set_column(rows.schema.get_field_index(name), name, values)
    label = rows["label"].to_numpy()
    near = rows["score_v2"].to_numpy() + 1e-6 * np.cos(np.arange(len(rows)))
    again = rows.slice(0, 30)
    flipped = again.set_column(again.schema.get_field_index("label"), "label", pa.array(1 - label[:30]))
    yield "scores that are the label", with_column("score_v2", pa.array(label.astype(np.float64)))
    yield "scores that are one less the label", with_column("score_v3", pa.array(1.0 - label))
    yield "two versions that score alike", with_column("score_v1", pa.array(near))
    yield "rows that contradict each other", pa.concat_tables([rows, flipped])


def refused(folder):
    """The exit status of a run over the rows and of one over DuckDB's state of them."""
    for what, table in spoiled(folder):
        own = Path(tempfile.mkdtemp())
        for name in ("policy.yml", "release.yml"):
            (own / name).write_text((folder / name).read_text())
        pq.write_table(table, own / "rows.parquet")
        subprocess.run([*CLI, "pin", "policy.yml"], cwd=own, check=True, stdout=subprocess.DEVNULL)
        with_duckdb(own, own / "state")
        command = [*CLI, "run", "--policy", "policy.yml", "--release", "release.yml", "--quiet"]
        codes = [subprocess.run([*command, *more], cwd=own, capture_output=True).returncode for more in ([], ["--state", "state"])]
        yield what, codes


# Up to so many rows every score is a bin of its own (src/engines/bins-sql.ts); `--bins` counts them in bins all the same.
RANKED = " <= 65536"
in_bins = False


def statements(folder, engine, to):
    command = [*CLI, "sql", "--policy", "policy.yml", "--release", "release.yml", "--engine", engine, "--to", str(to)]
    text = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    if in_bins:
        assert RANKED in text
        text = text.replace(RANKED, " <= 0")
    # A blank line stands between statements, and nowhere else.
    return [one.strip().removesuffix(";") for one in text.split("\n\n") if one.strip()]


def scored(folder):
    """The scored table: of a release with towers it is another one than the rows."""
    own = folder / "scored.parquet"
    return own if own.exists() else folder / "rows.parquet"


def with_duckdb(folder, to):
    import duckdb

    to.mkdir()
    connection = duckdb.connect()
    connection.execute(f"CREATE VIEW scored AS SELECT * FROM '{scored(folder)}'")
    for statement in statements(folder, "duckdb", to):
        connection.execute(statement)


def with_spark(folder, to, master="local[2]"):
    from pyspark.sql import SparkSession

    # Of few rows, compiling whole stages takes longer than running them.
    few = pq.ParquetFile(scored(folder)).metadata.num_rows < 100_000

    spark = (
        SparkSession.builder.master(master)
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "4g")
        .config("spark.sql.shuffle.partitions", "2" if few else "16")
        .config("spark.sql.adaptive.enabled", "false" if few else "true")
        .config("spark.sql.codegen.wholeStage", "false" if few else "true")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    spark.read.parquet(str(scored(folder))).repartition(3).createOrReplaceTempView("scored")
    for statement in statements(folder, "spark", to):
        spark.sql(statement)
    spark.stop()


def with_executors(folder, to):
    with_spark(folder, to, "local-cluster[2,1,1024]")


def with_bigquery(folder, _):
    import sqlglot

    for statement in statements(folder, "bigquery", "gs://bucket/state"):
        sqlglot.parse_one(statement, dialect="bigquery", error_level=sqlglot.ErrorLevel.RAISE)


# `executors`: Spark with two executors in processes of their own.
ENGINES = {"duckdb": with_duckdb, "spark": with_spark, "executors": with_executors, "bigquery": with_bigquery}


def held(folder, engine):
    """Writes a state by an engine and holds its verdict to that over the rows: whether they are the same."""
    started = time.time()
    expected, status = judge(folder)
    over_rows = time.time() - started
    to = folder / f"state-{engine}"
    started = time.time()
    ENGINES[engine](folder, to)
    if engine == "bigquery":
        print("  bigquery: every statement parses")
        return True
    written = time.time() - started
    found, own = judge(folder, "--state", to.name)
    said = f"  {engine}: exit {status} over the rows in {over_rows:.1f} s, {own} over the state, written in {written:.1f} s"
    if isinstance(expected, str) or isinstance(found, str):
        refused = [text for text in (expected, found) if isinstance(text, str)]
        print(f"{said}\n    " + "\n    ".join(text.splitlines()[0][:200] for text in refused))
        return status == own
    problems, moved = apart(expected, found)
    farthest = max((distance for _, distance in moved), default=0)
    print(f"{said}: {expected['verdict']}; {len(problems)} differences; bins moved {len(moved)} points, at most by {farthest:.1e}")
    for problem in problems[:8]:
        print(f"    {problem[:300]}")
    return not problems and own == status


def made_projects(names, seed, engines, keep):
    """Whether every made project has the same verdict in every engine."""
    same = True
    for name in PROJECTS if names == "all" else names.split(","):
        folder = (keep or Path(tempfile.mkdtemp())) / name
        folder.mkdir(parents=True)
        table, policy, release, more = PROJECTS[name](np.random.default_rng(seed))
        for file, content in {"rows.parquet": pa.table(table), "policy.yml": policy, "release.yml": release, **more}.items():
            if isinstance(content, str):
                (folder / file).write_text(content)
            else:
                pq.write_table(content, folder / file)
        subprocess.run([*CLI, "pin", "policy.yml"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        print(f"{name}: {PROJECTS[name].__doc__}")
        for engine in engines:
            same &= held(folder, engine)
    return same


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--engines", default="duckdb,spark,bigquery")
    parser.add_argument("--link", default="sigmoid", choices=["sigmoid", "identity", "softmax"])
    parser.add_argument("--projects")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--bins", action="store_true", help="count scores in bins, as of tables of more rows")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    global in_bins
    in_bins = options.bins
    engines = options.engines.split(",")
    if options.projects:
        sys.exit(0 if made_projects(options.projects, options.seed, engines, options.keep) else 1)
    folder = options.keep or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "rows.parquet").exists():
        make(folder, options.rows, options.link)
    print(f"{options.rows:,} rows, {options.link}")
    same = all([held(folder, engine) for engine in engines])
    if "duckdb" in engines:
        for what, (rows, state) in refused(folder):
            same &= rows == state != 0
            print(f"  duckdb: {what}: exit {rows} over the rows, {state} over the state")
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
