#!/usr/bin/env bash
# hnswlib 0.8.0, space "ip": replacing vectors in place by shorter ones breaks the graph.
#
# add_items with labels that exist moves one node after the other and mends its links as it goes. Most likely the old,
# longer vectors win every inner product as long as they stand, and take the links, so that the graph that is left cannot
# be walked. Directions need not change: scaling every vector is enough, and no ranking tells the two versions apart. Longer
# vectors do no harm, nor do unit ones. So a rollout that replaces embeddings in a live index serves worse than its model
# wherever a version has smaller norms, and an index built anew of the same vectors does not show it.
#
# Seen (3,000 unit vectors of 32 dimensions, M 16, ef_construction 200, ef 64; share of the exact first ten):
#   built anew 0.992     replaced vectors 0.7 times as long: 0.991, 1.5 times: 0.931, 2 times: 0.615, 3 times: 0.336
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet hnswlib==0.8.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import hnswlib
import numpy as np

COUNT, WIDTH, K = 3000, 32, 10
rng = np.random.default_rng(0)


def unit(count):
    vectors = rng.normal(size=(count, WIDTH))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


new, queries = unit(COUNT), unit(300)
truth = np.argsort(-(queries @ new.T), axis=1)[:, :K]


def found(*versions):
    index = hnswlib.Index("ip", WIDTH)
    index.init_index(COUNT, M=16, ef_construction=200, random_seed=1)
    index.set_num_threads(1)
    for vectors in versions:
        index.add_items(vectors, np.arange(COUNT))
    index.set_ef(64)
    ids = index.knn_query(queries, K)[0]
    return float((ids[:, :, None] == truth[:, None, :]).any(2).sum(1).mean() / K)


fresh = found(new)
after = {length: found(length * new, new) for length in map(np.float32, (0.7, 1.5, 2, 3))}
print(f"built anew {fresh:.3f}")
for length, share in after.items():
    print(f"replaced vectors {length:.1f} times as long: {share:.3f}")
harmless, broken = after[np.float32(0.7)], after[np.float32(2)]
raise SystemExit(0 if harmless > fresh - 0.02 and broken < fresh - 0.2 else "changed: the graph holds")
PYTHON
