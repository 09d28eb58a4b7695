"""Writes data/: a subset of SciFact (data/LICENSE.md), claims with the abstracts that they cite, cut to a few lines.

python bench/mixed-index/subset.py scifact.zip          (pandas, pyarrow; scifact.zip: corpus and claims as CSV)
"""

import io
import re
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

CLAIMS, ABSTRACTS, CHARACTERS, SEED = 500, 2000, 300, 20261128
data = Path(__file__).resolve().parent / "data"
with zipfile.ZipFile(sys.argv[1]) as archive:
    read = lambda name: pd.read_csv(io.BytesIO(archive.read(name)))
    claims, corpus = pd.concat([read("claims_train.csv"), read("claims_validation.csv")]), read("corpus_train.csv")
claims = claims.drop_duplicates("id").sort_values("id").sample(CLAIMS, random_state=SEED).sort_values("id")
cited = [sorted({int(x) for x in re.findall(r"\d+", text)} & set(corpus["doc_id"])) for text in claims["cited_doc_ids"]]
wanted = sorted({doc for docs in cited for doc in docs})
others = sorted(set(corpus["doc_id"]) - set(wanted))
rest = np.random.default_rng(SEED).choice(others, ABSTRACTS - len(wanted), replace=False)
kept = corpus[corpus["doc_id"].isin([*wanted, *rest])].sort_values("doc_id")
text = [
    f"{title} {re.sub(r'[^A-Za-z0-9 .,%-]+', ' ', abstract)}"[:CHARACTERS]
    for title, abstract in zip(kept["title"], kept["abstract"])
]
write = lambda table, name: pq.write_table(
    pa.table(table), data / f"{name}.parquet", compression="zstd", compression_level=19
)
write({"doc_id": [f"d{x}" for x in kept["doc_id"]], "text": text}, "abstracts")
write(
    {
        "claim_id": [f"c{x}" for x in claims["id"]],
        "text": list(claims["claim"]),
        "cites": [[f"d{x}" for x in docs] for docs in cited],
    },
    "claims",
)
