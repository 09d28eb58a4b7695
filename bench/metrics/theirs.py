"""Which metric of which library stands beside ours, and why it differs."""

import keras
import lenskit.metrics as lenskit
import sklearn.metrics as sk
import torch
import torcheval.metrics.functional as te
import torchmetrics as tm

from calls import (
    evidently_metric,
    gauc_of_sklearn,
    keras_metric,
    lenskit_metric,
    quantile_ece,
    ranx_metric,
    rec_auc,
    rec_auprc,
    rec_calibration,
    rec_gauc,
    rec_ndcg,
    rec_ne,
    sk_ndcg,
    t,
    torchmetrics_retrieval,
    trec,
)
from data import K

identity, burges = lambda g: g, lambda g: 2.0**g - 1
NDCG, NDCG_EXP = f"ndcg@{K} linear", f"ndcg@{K} exponential"
R = tm.retrieval
# metric, library, its call, f, whether it takes weights
THEIRS = [
    ("log_loss", "scikit-learn", "log_loss", lambda d: sk.log_loss(d["y"], d["p"], sample_weight=d["weight"]), True),
    ("log_loss", "keras", "BinaryCrossentropy", keras_metric(keras.metrics.BinaryCrossentropy()), True),
    ("log_loss", "evidently", "LogLoss", evidently_metric("LogLoss"), False),
    ("normalized_entropy", "torchrec", "NEMetric", rec_ne, True),
    (
        "normalized_entropy",
        "torcheval",
        "binary_normalized_entropy",
        lambda d: float(te.binary_normalized_entropy(t(d["p"]), t(d["y"]), weight=t(d["weight"]))),
        True,
    ),
    ("calibration", "torchrec", "CalibrationMetric", rec_calibration, True),
    (
        "calibration",
        "torcheval",
        "weighted_calibration",
        lambda d: float(te.weighted_calibration(t(d["p"]), t(d["y"]), t(d["weight"]))),
        True,
    ),
    (
        "brier",
        "scikit-learn",
        "brier_score_loss",
        lambda d: sk.brier_score_loss(d["y"], d["p"], sample_weight=d["weight"]),
        True,
    ),
    ("brier", "keras", "MeanSquaredError", keras_metric(keras.metrics.MeanSquaredError()), True),
    ("ece", "scikit-learn", "calibration_curve, quantile", quantile_ece, False),
    (
        "ece",
        "torchmetrics",
        "BinaryCalibrationError(10)",
        lambda d: float(
            tm.classification.BinaryCalibrationError(n_bins=10)(t(d["p"]), torch.tensor(d["y"].to_numpy().astype(int)))
        ),
        False,
    ),
    (
        "roc_auc",
        "scikit-learn",
        "roc_auc_score",
        lambda d: sk.roc_auc_score(d["y"], d["p"], sample_weight=d["weight"]),
        True,
    ),
    ("roc_auc", "keras", "AUC()", keras_metric(keras.metrics.AUC()), True),
    ("roc_auc", "torchrec", "AUCMetric", rec_auc, True),
    (
        "roc_auc",
        "torcheval",
        "binary_auroc",
        lambda d: float(te.binary_auroc(t(d["p"]), t(d["y"]), weight=t(d["weight"]))),
        True,
    ),
    (
        "roc_auc",
        "torchmetrics",
        "BinaryAUROC",
        lambda d: float(tm.classification.BinaryAUROC()(t(d["p"]), torch.tensor(d["y"].to_numpy().astype(int)))),
        False,
    ),
    (
        "average_precision",
        "scikit-learn",
        "average_precision_score",
        lambda d: sk.average_precision_score(d["y"], d["p"], sample_weight=d["weight"]),
        True,
    ),
    ("average_precision", "keras", "AUC(curve='PR')", keras_metric(keras.metrics.AUC(curve="PR")), True),
    ("average_precision", "torchrec", "AUPRCMetric", rec_auprc, True),
    ("average_precision", "torcheval", "binary_auprc", lambda d: float(te.binary_auprc(t(d["p"]), t(d["y"]))), False),
    (
        "average_precision",
        "torchmetrics",
        "BinaryAveragePrecision",
        lambda d: float(
            tm.classification.BinaryAveragePrecision()(t(d["p"]), torch.tensor(d["y"].to_numpy().astype(int)))
        ),
        False,
    ),
    ("gauc", "scikit-learn", "roc_auc_score a query, Σw the weight", gauc_of_sklearn, True),
    ("gauc", "torchrec", "GAUCMetric", rec_gauc, True),
    (f"recall@{K}", "pytrec_eval", f"recall_{K}", trec(f"recall.{K}"), False),
    (f"recall@{K}", "ranx", f"recall@{K}", ranx_metric(f"recall@{K}"), False),
    (f"recall@{K}", "torchmetrics", f"RetrievalRecall({K})", torchmetrics_retrieval(R.RetrievalRecall(top_k=K)), False),
    (f"recall@{K}", "lenskit", f"Recall({K})", lenskit_metric(lenskit.Recall(K)), False),
    (f"recall@{K}", "evidently", f"RecallTopK({K})", evidently_metric("RecallTopK"), False),
    (f"hit@{K}", "pytrec_eval", f"success_{K}", trec(f"success.{K}"), False),
    (f"hit@{K}", "ranx", f"hit_rate@{K}", ranx_metric(f"hit_rate@{K}"), False),
    (f"hit@{K}", "torchmetrics", f"RetrievalHitRate({K})", torchmetrics_retrieval(R.RetrievalHitRate(top_k=K)), False),
    (f"hit@{K}", "lenskit", f"Hit({K})", lenskit_metric(lenskit.Hit(K)), False),
    (f"hit@{K}", "evidently", f"HitRate({K})", evidently_metric("HitRate"), False),
    ("mrr", "pytrec_eval", "recip_rank", trec("recip_rank"), False),
    ("mrr", "ranx", "mrr", ranx_metric("mrr"), False),
    ("mrr", "torchmetrics", "RetrievalMRR", torchmetrics_retrieval(R.RetrievalMRR()), False),
    ("mrr", "lenskit", "RecipRank", lenskit_metric(lenskit.RecipRank()), False),
    ("mrr", "evidently", "MRR", evidently_metric("MRR"), False),
    (NDCG, "scikit-learn", f"ndcg_score(k={K}) a query", sk_ndcg(identity), False),
    (NDCG, "pytrec_eval", f"ndcg_cut_{K}", trec(f"ndcg_cut.{K}"), False),
    (NDCG, "ranx", f"ndcg@{K}", ranx_metric(f"ndcg@{K}"), False),
    (
        NDCG,
        "torchmetrics",
        f"RetrievalNormalizedDCG({K})",
        torchmetrics_retrieval(R.RetrievalNormalizedDCG(top_k=K), True),
        False,
    ),
    (NDCG, "torchrec", f"NDCGMetric(k={K})", rec_ndcg(False), True),
    (NDCG, "lenskit", f"NDCG({K}, gain='grade')", lenskit_metric(lenskit.NDCG(K, gain="grade"), True), False),
    (
        NDCG,
        "lenskit",
        f"NDCG({K}, gain='grade', LogRankWeight(offset=1))",
        lenskit_metric(lenskit.NDCG(K, gain="grade", weight=lenskit.LogRankWeight(offset=1)), True),
        False,
    ),
    (NDCG, "evidently", f"NDCG({K})", evidently_metric("NDCG"), False),
    (NDCG_EXP, "scikit-learn", f"ndcg_score(2**grade - 1, k={K})", sk_ndcg(burges), False),
    (NDCG_EXP, "ranx", f"ndcg_burges@{K}", ranx_metric(f"ndcg_burges@{K}"), False),
    (NDCG_EXP, "torchrec", f"NDCGMetric(exponential, k={K})", rec_ndcg(True), True),
]

SINGLE = "single precision"
NO_WEIGHTS = "takes no weights"
TIES = "ties stand in the order of its sort"
BARREN = "a query without a positive counts 0"
# By metric, library and call, or by metric and library.
WHY = {
    ("log_loss", "keras"): SINGLE,
    ("log_loss", "evidently"): NO_WEIGHTS,
    ("brier", "keras"): SINGLE,
    ("ece", "scikit-learn"): f"ours at distance 0, where the bins are its own; {NO_WEIGHTS}",
    ("ece", "torchmetrics"): f"ten bins of equal width, not of equal mass; {NO_WEIGHTS}; {SINGLE}",
    ("roc_auc", "keras"): f"200 thresholds and trapezoids; {SINGLE}",
    ("roc_auc", "torchrec"): f"{TIES}, not half a pair each",
    ("roc_auc", "torchmetrics"): f"{NO_WEIGHTS}; {SINGLE}",
    ("average_precision", "keras"): "200 thresholds, and interpolated between them",
    ("average_precision", "torcheval"): f"{NO_WEIGHTS}; {SINGLE}",
    ("average_precision", "torchmetrics"): f"{NO_WEIGHTS}; {SINGLE}",
    ("gauc", "torchrec"): f"every query weighs 1, ours its rows; {TIES}",
    (f"recall@{K}", "pytrec_eval"): f"ties by document id, the last first; {BARREN}",
    (f"recall@{K}", "ranx"): f"ties in the order of the run; {BARREN}",
    (f"recall@{K}", "torchmetrics"): f"items whose score is not above 0 are never found; {BARREN}; {TIES}",
    (f"recall@{K}", "lenskit"): f"divides by the smaller of K and the relevant items; ties in the order of the list",
    (f"recall@{K}", "evidently"): TIES,
    (f"hit@{K}", "pytrec_eval"): f"ties by document id, the last first; {BARREN}",
    (f"hit@{K}", "ranx"): f"ties in the order of the run; {BARREN}",
    (f"hit@{K}", "torchmetrics"): f"{TIES}; {BARREN}",
    (f"hit@{K}", "lenskit"): "ties in the order of the list",
    (f"hit@{K}", "evidently"): TIES,
    ("mrr", "pytrec_eval"): f"ties by document id, the last first; {BARREN}",
    ("mrr", "ranx"): f"ties in the order of the run; {BARREN}",
    ("mrr", "torchmetrics"): f"items whose score is not above 0 are never found; {BARREN}; {TIES}",
    ("mrr", "lenskit"): "ties in the order of the list",
    ("mrr", "evidently"): f"{TIES} (its last rank is read: its curve stands one rank too high)",
    (NDCG, "pytrec_eval"): f"ties by document id, the last first; {BARREN}",
    (NDCG, "ranx"): f"ties in the order of the run; {BARREN}",
    (NDCG, "torchmetrics"): f"averages ties as ours; {BARREN}; {SINGLE}",
    (
        NDCG,
        "torchrec",
    ): f"{TIES}; {BARREN}; a query's value is multiplied by its largest weight, and divided by no sum of them; "
    "discounts in single precision",
    (NDCG, "lenskit"): "ties in the order of the list",
    (
        NDCG,
        "lenskit",
        f"NDCG({K}, gain='grade')",
    ): "discount 1/log2(rank), 1 at both of the first ranks; ties in the order of the list",
    (
        NDCG,
        "evidently",
    ): f"its curve stands one rank too high: the value at rank {K} is that of the first {K - 1}; {TIES}",
    (NDCG_EXP, "ranx"): f"ties in the order of the run; {BARREN}",
    (NDCG_EXP, "torchrec"): f"as with linear gain",
}
