#!/usr/bin/env bash
# torchmetrics 1.9.0: recall, precision, MAP and MRR of retrieval never find an item whose score is not above 0.
#
# RetrievalRecall, RetrievalPrecision, RetrievalMAP and RetrievalMRR set the label of every item with score <= 0 to 0
# before they rank. Dot products, cosines and logits are often negative, so a two-tower model is measured too low, by an
# amount that depends on where its scores lie and not on their order: adding a constant to all scores changes the metric.
# RetrievalHitRate and RetrievalNormalizedDCG do not do so.
#
# Seen (two items, the relevant one first, scores -1 and -2, then the same plus 3):
#   below 0: recall 0.0, precision 0.0, map 0.0, mrr 0.0, hit 1.0     above 0: recall 1.0, precision 1.0, map 1.0, mrr 1.0, hit 1.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torchmetrics==1.9.0 torch==2.15.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import torch
from torchmetrics.retrieval import RetrievalHitRate, RetrievalMAP, RetrievalMRR, RetrievalPrecision, RetrievalRecall

metrics = {"recall": RetrievalRecall(top_k=1), "precision": RetrievalPrecision(top_k=1), "map": RetrievalMAP(),
           "mrr": RetrievalMRR(), "hit": RetrievalHitRate(top_k=1)}


def measured(scores):
    return {name: float(metric(torch.tensor(scores), torch.tensor([1, 0]), indexes=torch.tensor([0, 0])))
            for name, metric in metrics.items()}


below, above = measured([-1.0, -2.0]), measured([2.0, 1.0])
print("below 0:", ", ".join(f"{name} {value}" for name, value in below.items()))
print("above 0:", ", ".join(f"{name} {value}" for name, value in above.items()))
dropped = all(below[name] == 0 and above[name] == 1 for name in ("recall", "precision", "map", "mrr"))
raise SystemExit(0 if dropped and below["hit"] == 1 else "changed: the sign of the scores no longer matters")
PYTHON
