"""Runs every query of a table of evidence against made tables: in DuckDB, in a local Spark, and BigQuery's by SQLGlot.

    pip install duckdb sqlglot pyspark        # Spark needs a Java
    python bench/sql/verify.py [--without-spark] [--into FOLDER]

BigQuery has no local engine: its queries are parsed by SQLGlot in that dialect, held to its list of reserved words, and
run in DuckDB after SQLGlot has translated them. Every result must have the columns of its table and rows; those of the
dialects must agree. `--into` writes DuckDB's results, with a policy and a release, as a project that can be judged.
"""
import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import sqlglot
from made import MACROS, TABLES

HERE = Path(__file__).parent
# cloud.google.com/bigquery/docs/reference/standard-sql/lexical#reserved_keywords
RESERVED = set(
    """ALL AND ANY ARRAY AS ASC ASSERT_ROWS_MODIFIED AT BETWEEN BY CASE CAST COLLATE CONTAINS CREATE CROSS CUBE CURRENT
    DEFAULT DEFINE DESC DISTINCT ELSE END ENUM ESCAPE EXCEPT EXCLUDE EXISTS EXTRACT FALSE FETCH FOLLOWING FOR FROM FULL
    GROUP GROUPING GROUPS HASH HAVING IF IGNORE IN INNER INTERSECT INTERVAL INTO IS JOIN LATERAL LEFT LIKE LIMIT LOOKUP
    MERGE NATURAL NEW NO NOT NULL NULLS OF ON OR ORDER OUTER OVER PARTITION PRECEDING PROTO QUALIFY RANGE RECURSIVE
    RESPECT RIGHT ROLLUP ROWS SELECT SET SOME STRUCT TABLESAMPLE THEN TO TREAT TRUE UNBOUNDED UNION UNNEST USING WHEN
    WHERE WINDOW WITH WITHIN""".split()
)
# A sample differs from one engine to the next.
SAMPLED = {"feature_scan"}


def queries():
    """Every query as (table, columns that it must write, columns that it may write or None, text by dialect)."""
    listed = json.loads(subprocess.check_output(["node", str(HERE / "queries.mjs")], text=True))
    out = []
    for table in listed["tables"]:
        known = None if table["others"] else set(table["required"] + table["optional"])
        out.append((table["name"], table["required"], known, table["sql"]))
        for one in table["columns"]:
            column = one["column"]
            out.append((f"{table['name']}.{column}", ["request_id", "item_id", column], None, one["sql"]))
    return listed["checks"], out


def plain(value):
    """A cell as Python compares it: engines differ in decimals, dates and the last digits."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (list, tuple)):
        return tuple(plain(x) for x in value)
    try:
        return float(f"{float(value):.9g}")
    except (TypeError, ValueError):
        return str(value)


def held(name, required, known, columns, rows):
    """What is wrong with a result, in words."""
    problems = [f"no column {column}" for column in required if column not in columns]
    problems += [f"column {column}, which is not read" for column in columns if known is not None and column not in known]
    problems += [] if rows else ["no rows"]
    problems += [f"column {c} without a value" for i, c in enumerate(columns) if rows and all(row[i] is None for row in rows)]
    return [f"{name}: {problem}" for problem in problems]


def like(x, y):
    if isinstance(x, float) and isinstance(y, float):
        return math.isclose(x, y, rel_tol=1e-6, abs_tol=1e-9)
    if isinstance(x, tuple) and isinstance(y, tuple):
        return len(x) == len(y) and all(map(like, x, y))
    return x == y


def apart(columns, rows, others_columns, others):
    """Whether two results differ, whatever the order of their rows and columns; times are read by their engines' zones."""
    kept = [c for c in columns if not c.endswith("_ts")]
    if sorted(columns) != sorted(others_columns) or len(rows) != len(others):
        return True
    pick = lambda names, row: tuple(plain(row[names.index(c)]) for c in kept)
    ours, theirs = sorted(pick(columns, r) for r in rows), sorted(pick(others_columns, r) for r in others)
    return not all(like(x, y) for x, y in zip(ours, theirs))


def reserved(text):
    """Reserved words of BigQuery that stand as a bare name after AS."""
    return [word for word in re.findall(r"\bAS (\w+)", re.sub(r"CAST\([^()]*(\([^()]*\)[^()]*)*\)", "", text))
            if word.upper() in RESERVED]


def made_in_duckdb():
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    db.execute(MACROS)
    for name, text in TABLES.items():
        db.execute(f"CREATE TABLE {name} AS {text}")
    return db


def spark_of(db, folder):
    from pyspark.sql import SparkSession

    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "UTC").config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    for name in TABLES:
        path = f"{folder}/{name}.parquet"
        db.execute(f"COPY {name} TO '{path}' (FORMAT PARQUET)")
        spark.read.parquet(path).createOrReplaceTempView(name)
    return spark


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--without-spark", action="store_true")
    parser.add_argument("--into", type=Path)
    asked = parser.parse_args()
    checks, wanted = queries()
    db, problems, results = made_in_duckdb(), [], {}

    def run(name, required, known, execute, dialect):
        try:
            columns, rows = execute()
        except Exception as error:  # noqa: BLE001: whatever an engine has against a query is the finding
            problems.append(f"{dialect}: {name}: {str(error).splitlines()[0]}")
            return
        problems.extend(f"{dialect}: {problem}" for problem in held(name, required, known, columns, rows))
        first = results.setdefault(name, (columns, rows))
        if name.split(".")[0] not in SAMPLED and apart(*first, columns, rows):
            problems.append(f"{dialect}: {name}: another result than in DuckDB")

    def in_duckdb(text):
        def execute():
            found = db.execute(text)
            return [c[0] for c in found.description], found.fetchall()
        return execute

    for name, required, known, sql in wanted:
        run(name, required, known, in_duckdb(sql["duckdb"]), "duckdb")
        try:
            translated = sqlglot.transpile(sql["bigquery"], read="bigquery", write="duckdb")[0]
        except sqlglot.errors.SqlglotError as error:
            problems.append(f"bigquery: {name}: {error}")
            continue
        problems.extend(f"bigquery: {name}: {word} is reserved" for word in reserved(sql["bigquery"]))
        # A hundredth of whole blocks of this small table is nothing.
        translated = translated.replace("TABLESAMPLE SYSTEM", "TABLESAMPLE BERNOULLI")
        run(name, required, known, in_duckdb(translated), "bigquery, by SQLGlot")
    if not asked.without_spark:
        with tempfile.TemporaryDirectory() as folder:
            spark = spark_of(db, folder)
            for name, required, known, sql in wanted:
                def execute(text=sql["spark"]):
                    frame = spark.sql(text)
                    return frame.columns, [tuple(row) for row in frame.collect()]
                run(name, required, known, execute, "spark")
            spark.stop()
    if asked.into:
        project(db, asked.into, [(name, sql["duckdb"]) for name, _, _, sql in wanted if "." not in name])
    for problem in problems:
        print(problem, file=sys.stderr)
    engines = "DuckDB and BigQuery’s grammar" if asked.without_spark else "DuckDB, Spark and BigQuery’s grammar"
    print(f"{len(wanted)} queries in {engines}: {len(problems)} problems")
    return 1 if problems else 0


def project(db, folder, queries):
    """A policy of all hypotheses and a release whose evidence the queries wrote."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for name, text in queries:
        db.execute(f"COPY ({text}) TO '{folder / name}.parquet' (FORMAT PARQUET)")
        lines.append(f"  {name}: {name}.parquet")
    (folder / "policy.yml").write_text("policy: made\nchecks: all\n")
    (folder / "release.yml").write_text("release: made\nlive: v42\nevidence:\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
