"""Makes this example: three checkpoints of a small late-interaction encoder, and the judgements they are swept on.

python examples/late-interaction/make.py        (torch 2.15.0, onnx 1.23.2, onnxscript 0.7.2, pyarrow 26.0.1)

A vector for every word (an embedding, and a convolution over its neighbours), scored by the sum of the best matches (ColBERT).
v1 is trained on the beginnings of abstracts against the rest of them; v2 goes on with a part of the claims, v3 with all that do
not judge. Texts: bench/mixed-index/data (SciFact; LICENSE.md there).
"""
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch.nn import functional

here = Path(__file__).resolve().parent
texts = here.parents[1] / "bench/mixed-index/data"
SEED, JUDGED, ABSTRACTS, WORDS, DIMENSION, LENGTH = 20261128, 300, 400, 1500, 16, 40
torch.manual_seed(SEED)
random = np.random.default_rng(SEED)

claims = pq.read_table(texts / "claims.parquet").to_pylist()
abstracts = {row["doc_id"]: row["text"] for row in pq.read_table(texts / "abstracts.parquet").to_pylist()}
order = random.permutation(len(claims))
judged, trained = [claims[i] for i in sorted(order[:JUDGED])], [claims[i] for i in order[JUDGED:]]
cited = sorted({doc for claim in judged for doc in claim["cites"]})
others = sorted(set(abstracts) - set(cited) - {doc for claim in trained for doc in claim["cites"]})
corpus = sorted({*cited, *random.choice(others, ABSTRACTS - len(cited), replace=False)})

split = lambda text: re.findall(r"[a-z0-9]+", text.lower())
counts = Counter(word for text in abstracts.values() for word in split(text))
# The commonest words tell nothing apart. 0 is padding, 1 a word that is not in the vocabulary.
vocabulary = {word: i + 2 for i, (word, _) in enumerate(counts.most_common(WORDS + 60)[60:])}
tokens = lambda text: [vocabulary.get(word, 1) for word in split(text) if word in vocabulary or counts[word] < 50][:LENGTH] or [1]


class Encoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.words = torch.nn.Embedding(WORDS + 2, DIMENSION)
        self.context = torch.nn.Conv1d(DIMENSION, DIMENSION, 3, padding=1)

    def forward(self, tokens, mask):
        words = self.words(tokens) * mask.unsqueeze(-1)
        mixed = words + 0.5 * self.context(words.transpose(1, 2)).transpose(1, 2)
        return functional.normalize(mixed, dim=-1) * mask.unsqueeze(-1)


def padded(lists):
    width = max(map(len, lists))
    ids = torch.tensor([[*one, *[0] * (width - len(one))] for one in lists])
    return ids, (ids > 0).float()


def max_sim(queries, items, masks):
    """[queries, items]: for every vector of a query the best of the item's, summed."""
    alike = torch.einsum("qid,ntd->qnit", queries, items).masked_fill(masks[None, :, None] == 0, -1e9)
    return (alike.amax(-1) * (queries.abs().sum(-1) > 0)[:, None]).sum(-1)


def train(encoder, pairs, epochs, rate):
    optimiser, batch = torch.optim.Adam(encoder.parameters(), lr=rate), 50
    for _ in range(epochs):
        rows = random.permutation(len(pairs))
        for start in range(0, len(rows) - batch + 1, batch):
            left, right = (padded(side) for side in zip(*[pairs[i] for i in rows[start : start + batch]]))
            scores = max_sim(encoder(*left), encoder(*right), right[1]) / 0.3
            loss = functional.cross_entropy(scores, torch.arange(batch))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    print("loss", round(loss.item(), 3))


def export(encoder, version):
    batch, length = torch.export.Dim("batch"), torch.export.Dim("length")
    torch.onnx.export(
        encoder.eval(),
        (torch.ones(2, 5, dtype=torch.int64), torch.ones(2, 5)),
        str(here / f"encoder/{version}.onnx"),
        input_names=["tokens", "mask"],
        output_names=["token_vectors"],
        dynamic_shapes=({0: batch, 1: length},) * 2,
        external_data=False,
        verbose=False,
    )


def keep_embeddings(encoder):
    with torch.no_grad():
        return [encoder(*side) for side in sides]


(here / "encoder").mkdir(exist_ok=True)
sides = padded([tokens(claim["text"]) for claim in judged]), padded([tokens(abstracts[doc]) for doc in corpus])
halves = [(tokens(" ".join(text.split()[:9])), tokens(" ".join(text.split()[9:]))) for text in abstracts.values()]
pairs = [(tokens(claim["text"]), tokens(abstracts[doc])) for claim in trained for doc in claim["cites"]]
encoder, embedded = Encoder(), {}
for version, of, epochs, rate in (("v1", halves, 10, 0.01), ("v2", [*halves, *pairs[:100]], 1, 0.003), ("v3", [*halves, *pairs], 1, 0.003)):
    train(encoder, of, epochs, rate)
    export(encoder, version)
    embedded[version] = keep_embeddings(encoder)

relevant = [{corpus.index(doc) for doc in claim["cites"]} for claim in judged]


def mrr(scores):
    ranks = (-scores.numpy()).argsort(1, kind="stable")
    return float(np.mean([1 / (1 + min(np.flatnonzero(np.isin(ranks[q], list(found))))) for q, found in enumerate(relevant)]))


expected = {k: mrr(max_sim(embedded["v3"][0], embedded[v][1], sides[1][1])) for k, v in enumerate(("v3", "v2", "v1"))}
(here / "expected.json").write_text(json.dumps({"mrr": expected}, indent=2) + "\n")
print(expected)

(here / "eval").mkdir(exist_ok=True)
rows = [(claim["claim_id"], doc) for claim in judged for doc in claim["cites"]]
table = lambda columns, name: pq.write_table(pa.table(columns), here / "eval" / f"{name}.parquet", compression="zstd")
table({"claim_id": [q for q, _ in rows], "doc_id": [d for _, d in rows], "cites": np.ones(len(rows), np.int8)}, "judgements")
lists = lambda of: pa.array(of, pa.list_(pa.int16()))
table({"claim_id": [claim["claim_id"] for claim in judged], "tokens": lists([tokens(claim["text"]) for claim in judged])}, "claims")
table({"doc_id": corpus, "tokens": lists([tokens(abstracts[doc]) for doc in corpus])}, "abstracts")
