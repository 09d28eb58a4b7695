#!/usr/bin/env bash
# duckdb 2.0.1: a NULL in a list of fixed length (FLOAT[2]) is written to Parquet as values that continue a list that is not there.
#
# For the NULL it writes as many values as the list is long: the first begins the row, the others say that they continue its
# list (repetition level 1), and also that the row has no list (definition level 0). No reader is told what that means.
# DuckDB, polars and fastparquet read a NULL; pyarrow refuses the column; hyparquet 1.31.5 makes a row of each, so that every
# later vector stands beside the id of another row and the last ones are lost, without an error. A NULL in a list of any
# length (FLOAT[]) is written as all of them read it: cast before the export.
#
# Seen (5 rows, the third NULL):
#   levels of the column: 5 rows, 10 values
#   pyarrow 26.0.1: ArrowInvalid
#   hyparquet 1.31.5: [0.5,0.25] [1.5,1.25] null null [3.5,3.25]
#   after CAST(vector AS FLOAT[]), hyparquet: [0.5,0.25] [1.5,1.25] null [3.5,3.25] [4.5,4.25]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet duckdb==2.0.1 pyarrow==26.0.1
npm init --yes >/dev/null
npm install --silent --no-save hyparquet@1.31.5
venv/bin/python - <<'PYTHON'
import duckdb
import pyarrow.parquet as pq

db = duckdb.connect()
db.execute("CREATE TABLE t AS SELECT i AS id, CASE WHEN i = 2 THEN NULL ELSE [i + 0.5, i + 0.25]::FLOAT[2] END AS vector FROM range(5) r(i)")
db.execute("COPY t TO 'array.parquet'")
db.execute("COPY (SELECT id, CAST(vector AS FLOAT[]) AS vector FROM t) TO 'list.parquet'")
group = pq.ParquetFile("array.parquet").metadata.row_group(0)
print(f"levels of the column: {group.num_rows} rows, {group.column(1).num_values} values")
try:
    read = str(pq.read_table("array.parquet")["vector"].to_pylist())
except Exception as error:
    read = type(error).__name__
print("pyarrow 26.0.1:", read)
PYTHON
cat >read.mjs <<'JS'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
const read = async (path) => {
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(path), rowFormat: 'object' });
  return rows.map(({ vector }) => JSON.stringify(vector ?? null)).join(' ');
};
const [array, list] = [await read('array.parquet'), await read('list.parquet')];
console.log('hyparquet 1.31.5:', array);
console.log('after CAST(vector AS FLOAT[]), hyparquet:', list);
if (array !== '[0.5,0.25] [1.5,1.25] null null [3.5,3.25]') {
  console.log('changed: the vectors no longer stand beside other ids');
  process.exit(1);
}
JS
node read.mjs
