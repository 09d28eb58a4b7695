"""Metrics of ir-measures, RecBole and TFMA, each as a function of the data."""

import functools
import importlib
import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import types
from pathlib import Path

import ir_measures
import numpy as np
import torch

from calls import t
from data import K, VARIANTS


def ir_measure(name):
    """A measure by its own text, such as `nDCG@5`; queries as ir-measures aggregates them."""

    def of(d):
        qrels = [ir_measures.Qrel(f"q{q}", f"i{i}", int(g)) for q, i, g in zip(d["query"], d["item"], d["grade"])]
        run = [ir_measures.ScoredDoc(f"q{q}", f"i{i}", float(s)) for q, i, s in zip(d["query"], d["item"], d["score"])]
        measure = ir_measures.parse_measure(name)
        return float(ir_measures.calc_aggregate([measure], qrels, run)[measure])

    return of


@functools.cache
def recbole_metrics():
    """RecBole's file of metrics: importing the package asks for those of its trainers, and it uses a name that numpy 1.24 took away."""
    np.float = float
    root = Path(importlib.util.find_spec("recbole").submodule_search_locations[0])
    for name in ("recbole", "recbole.evaluator", "recbole.utils"):
        package = types.ModuleType(name)
        package.__path__ = [str(root.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = package
    sys.modules["recbole.utils"].EvaluatorType = importlib.import_module("recbole.utils.enum_type").EvaluatorType
    return importlib.import_module("recbole.evaluator.metrics")


def padded(d):
    """Scores and labels, shape (queries with a positive, longest), as its collector has them; absent items score -inf."""
    groups = [rows for _, rows in d.groupby("query") if rows["y"].max() > 0]
    longest = max(len(rows) for rows in groups)
    scores = torch.full((len(groups), longest), -np.inf, dtype=torch.float64)
    labels = torch.zeros((len(groups), longest), dtype=torch.int64)
    for r, rows in enumerate(groups):
        scores[r, : len(rows)], labels[r, : len(rows)] = t(rows["score"]), t(rows["y"]).long()
    return scores, labels, torch.tensor([len(rows) for rows in groups])


def recbole(name, k=K):
    """A metric that asks for the positives among the first k; k None: of all items."""

    def of(d):
        scores, labels, _ = padded(d)
        first = scores.shape[1] if k is None else k
        _, order = torch.topk(scores, first, dim=-1)
        found = torch.cat([torch.gather(labels, 1, order), labels.sum(1, keepdim=True)], 1)
        metric = getattr(recbole_metrics(), name)({"topk": [first], "metric_decimal_place": 15})
        return float(next(iter(metric.calculate_metric({"rec.topk": found}).values())))

    return of


def recbole_rows(name):
    def of(d):
        metric = getattr(recbole_metrics(), name)({"metric_decimal_place": 15})
        rows = {"rec.score": t(d["p"])[:, None], "data.label": t(d["y"])[:, None]}
        return float(next(iter(metric.calculate_metric(rows).values())))

    return of


def recbole_gauc(d):
    scores, labels, sizes = padded(d)
    order = torch.argsort(scores, dim=-1, descending=True)
    ranks = torch.argsort(order, dim=-1) + 1
    # Its collector gives items of one score their mean rank.
    mean = torch.stack([torch.stack([row[own == s].double().mean() for s in own]) for own, row in zip(scores, ranks)])
    sums = (mean * labels).sum(1)
    table = torch.stack([sums, sizes.double(), labels.sum(1).double()], 1)
    metric = recbole_metrics().GAUC({"metric_decimal_place": 15})
    return float(metric.calculate_metric({"rec.meanrank": table})["gauc"])


@functools.cache
def tfma_values():
    """Every value of TFMA by variant, from tfma_values.py in the environment of TFMA_PYTHON."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in VARIANTS.items():
            data.to_csv(Path(folder) / f"{name}.csv", index=False)
        script = Path(__file__).with_name("tfma_values.py")
        # calls.py names torch as the backend of keras, with which TensorFlow does not start.
        own = {name: value for name, value in os.environ.items() if name not in ("KERAS_BACKEND", "PYTHONPATH")}
        done = subprocess.run([os.environ["TFMA_PYTHON"], script, folder], capture_output=True, text=True, env=own)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.strip().splitlines()[-1])


def tfma(metric):
    return lambda d: tfma_values()[next(name for name, data in VARIANTS.items() if data is d)][metric]
