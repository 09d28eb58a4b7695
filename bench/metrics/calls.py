"""The libraries' metrics, each as a function of the data."""

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import os
import sys
import warnings
from pathlib import Path
from unittest import mock

os.environ["KERAS_BACKEND"] = "torch"
warnings.filterwarnings("ignore")
import keras
import numpy as np
import pandas as pd
import pytrec_eval
import ranx
import sklearn.metrics as sk
import torch
from lenskit.data import ItemList
from sklearn.calibration import calibration_curve

from data import K, QUERIES

keras.backend.set_floatx("float64")


def t(values):
    return torch.tensor(np.asarray(values, float), dtype=torch.float64)


def keras_metric(metric):
    def of(d):
        metric.reset_state()
        column = lambda name: d[name].to_numpy()[:, None]
        metric.update_state(column("y"), column("p"), sample_weight=column("weight"))
        return float(metric.result())

    return of


def trec(measure):
    def of(d):
        qrel = {
            f"q{q}": {f"i{i}": int(g) for i, g in zip(rows["item"], rows["grade"])} for q, rows in d.groupby("query")
        }
        run_ = {
            f"q{q}": {f"i{i}": float(s) for i, s in zip(rows["item"], rows["score"])} for q, rows in d.groupby("query")
        }
        found = pytrec_eval.RelevanceEvaluator(qrel, {measure}).evaluate(run_)
        return float(np.mean([next(iter(v.values())) for v in found.values()]))

    return of


def ranx_metric(name):
    def of(d):
        ids = lambda rows: [f"i{i}" for i in rows["item"]]
        groups = [(f"q{q}", rows) for q, rows in d.groupby("query")]
        qrels = ranx.Qrels({q: {i: int(g) for i, g in zip(ids(rows), rows["grade"])} for q, rows in groups})
        run_ = ranx.Run({q: dict(zip(ids(rows), map(float, rows["score"]))) for q, rows in groups})
        return float(ranx.evaluate(qrels, run_, name))

    return of


def torchmetrics_retrieval(metric, graded=False):
    def of(d):
        metric.reset()
        target = torch.tensor(d["grade"].to_numpy()) if graded else torch.tensor(d["y"].to_numpy().astype(int))
        return float(metric(t(d["score"]), target, indexes=torch.tensor(d["query"].to_numpy())))

    return of


def lenskit_metric(metric, gain=False):
    def of(d):
        values = []
        for _, rows in d.groupby("query"):
            ranked = rows.sort_values("score", ascending=False, kind="stable")
            truth = rows[rows["grade"] > 0]
            recs = ItemList(item_ids=ranked["item"].to_numpy(), scores=ranked["score"].to_numpy(), ordered=True)
            test = ItemList(
                item_ids=truth["item"].to_numpy(), **({"grade": truth["grade"].to_numpy(float)} if gain else {})
            )
            values.append(metric.measure_list(recs, test))
        values = np.array(values, float)
        return float(np.mean(values[~np.isnan(values)]))

    return of


def sk_ndcg(gain, skip=True):
    def of(d):
        values = [
            sk.ndcg_score([gain(rows["grade"].to_numpy(float))], [rows["score"]], k=K)
            for _, rows in d.groupby("query")
            if not skip or rows["grade"].max() > 0
        ]
        return float(np.mean(values))

    return of


class Absent(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Stands in for fbgemm_gpu, which torchrec imports and whose CPU build does not load beside this torch."""

    def find_spec(self, name, path=None, target=None):
        return (
            importlib.machinery.ModuleSpec(name, self, is_package=True) if name.split(".")[0] == "fbgemm_gpu" else None
        )

    def create_module(self, spec):
        module = mock.MagicMock(name=spec.name)
        module.__spec__, module.__path__, module.__all__ = spec, [], []
        return module

    def exec_module(self, module):
        pass


def torchrec_module(name):
    """A file of torchrec's metrics; their sums need nothing of fbgemm_gpu."""
    root = (
        Path(importlib.util.find_spec("torchrec").submodule_search_locations[0])
        if "torchrec" not in sys.modules
        else None
    )
    if root:
        sys.meta_path.insert(0, Absent())
        for package, path in (("torchrec", root), ("torchrec.metrics", root / "metrics")):
            spec = importlib.machinery.ModuleSpec(package, None, is_package=True)
            sys.modules[package] = importlib.util.module_from_spec(spec)
            sys.modules[package].__path__ = [str(path)]
    with contextlib.redirect_stderr(io.StringIO()):
        return importlib.import_module(f"torchrec.metrics.{name}")


def rec_ne(d):
    states = torchrec_module("ne").get_ne_states(t(d["y"])[None], t(d["p"])[None], t(d["weight"])[None], 1e-12)
    return float(torchrec_module("ne").compute_ne(*states.values(), 1e-12))


def rec_calibration(d):
    module = torchrec_module("calibration")
    return float(
        module.compute_calibration(
            *module.get_calibration_states(t(d["y"])[None], t(d["p"])[None], t(d["weight"])[None]).values()
        )
    )


def rec_auc(d):
    return float(torchrec_module("auc").compute_auc(1, [t(d["p"])[None]], [t(d["y"])[None]], [t(d["weight"])[None]]))


def rec_auprc(d):
    return float(torchrec_module("auprc").compute_auprc(1, [t(d["p"])], [t(d["y"])], [t(d["weight"])]))


def rec_gauc(d):
    module = torchrec_module("gauc")
    longest = d.groupby("query").size().max()
    dense = {name: torch.zeros((1, QUERIES, longest), dtype=torch.float64) for name in ("p", "y", "weight")}
    for q, rows in d.groupby("query"):
        for name in dense:
            dense[name][0, q, : len(rows)] = t(rows[name])
    states = module.compute_gauc_3d(dense["p"], dense["y"], dense["weight"])
    return float(module.compute_window_auc(states["auc_sum"], states["num_samples"])["gauc"])


def rec_ndcg(exponential):
    def of(d):
        states = torchrec_module("ndcg")._get_ndcg_states(
            labels=t(d["grade"])[None],
            predictions=t(d["score"])[None],
            weights=t(d["weight"])[None],
            session_ids=torch.tensor(d["query"].to_numpy())[None],
            exponential_gain=exponential,
            k=K,
            report_ndcg_as_decreasing_curve=False,
        )
        return float(states["sum_ndcg"] / states["num_sessions"])

    return of


def quantile_ece(d):
    true, predicted = calibration_curve(d["y"], d["p"], n_bins=10, strategy="quantile")
    edges = np.quantile(d["p"], np.linspace(0, 1, 11)[1:-1])
    mass = np.bincount(np.searchsorted(edges, d["p"]), minlength=10)
    return float((np.abs(true - predicted) * mass[mass > 0]).sum() / mass.sum())


def gauc_of_sklearn(d):
    kept = [
        (rows["weight"].sum(), sk.roc_auc_score(rows["y"], rows["score"], sample_weight=rows["weight"]))
        for _, rows in d.groupby("query")
        if rows["y"].nunique() > 1
    ]
    return float(np.average([auc for _, auc in kept], weights=[w for w, _ in kept]))


def evidently_metric(name):
    def of(d):
        from evidently import BinaryClassification, DataDefinition, Dataset, Recsys, Report
        from evidently import metrics as ev

        if name == "LogLoss":
            frame = pd.DataFrame({"target": d["y"].astype(int), "prediction": d["p"]})
            definition = DataDefinition(
                classification=[BinaryClassification(target="target", prediction_probas="prediction", pos_label=1)]
            )
            metric = ev.LogLoss()
        else:
            frame = pd.DataFrame(
                {"user_id": d["query"], "item_id": d["item"], "target": d["grade"], "prediction": d["score"]}
            )
            definition = DataDefinition(
                ranking=[
                    Recsys(
                        user_id="user_id",
                        item_id="item_id",
                        target="target",
                        prediction="prediction",
                        recommendations_type="score",
                    )
                ]
            )
            metric = getattr(ev, name)(k=K)
        with contextlib.redirect_stdout(io.StringIO()):
            snapshot = Report([metric]).run(Dataset.from_pandas(frame, data_definition=definition), None)
        value = snapshot.dict()["metrics"][0]["value"]
        if not isinstance(value, dict):
            return float(value)
        # A curve by rank; the mean reciprocal rank is that of the whole list, its last one.
        at = len(value["rank"]) - 1 if name == "MRR" else list(value["rank"].values()).index(K)
        return float(value["value"][at])

    return of
