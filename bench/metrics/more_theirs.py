"""Which metric of ir-measures, RecBole and TFMA stands beside ours, and why it differs."""

from data import K
from more_calls import ir_measure, recbole, recbole_gauc, recbole_rows, tfma
from theirs import BARREN, NDCG, NO_WEIGHTS

RECALL, HIT = f"recall@{K}", f"hit@{K}"
# metric, library, its call, f, whether it takes weights
MORE = [
    ("log_loss", "RecBole", "LogLoss", recbole_rows("LogLoss"), False),
    ("log_loss", "TFMA", "BinaryCrossEntropy", tfma("binary_crossentropy"), True),
    ("calibration", "TFMA", "Calibration", tfma("calibration"), True),
    ("brier", "TFMA", "MeanSquaredError", tfma("mean_squared_error"), True),
    ("roc_auc", "RecBole", "AUC", recbole_rows("AUC"), False),
    ("roc_auc", "TFMA", "AUC", tfma("auc"), True),
    ("average_precision", "TFMA", "AUCPrecisionRecall", tfma("auc_precision_recall"), True),
    ("gauc", "RecBole", "GAUC", recbole_gauc, False),
    (RECALL, "ir-measures", f"R@{K}", ir_measure(f"R@{K}"), False),
    (RECALL, "RecBole", f"Recall, topk {K}", recbole("Recall"), False),
    (HIT, "ir-measures", f"Success@{K}", ir_measure(f"Success@{K}"), False),
    (HIT, "RecBole", f"Hit, topk {K}", recbole("Hit"), False),
    ("mrr", "ir-measures", "RR", ir_measure("RR"), False),
    ("mrr", "RecBole", "MRR, topk all", recbole("MRR", None), False),
    (NDCG, "ir-measures", f"nDCG@{K}", ir_measure(f"nDCG@{K}"), False),
    (NDCG, "RecBole", f"NDCG, topk {K}", recbole("NDCG"), False),
    (NDCG, "TFMA", f"NDCG, top_k {K}", tfma("ndcg"), False),
]

THRESHOLDS = "10,000 thresholds, and interpolated between them"
BY_ID = f"ties by document id, the last first; {BARREN}"
BY_SORT = "ties stand in the order of torch.topk"
MORE_WHY = {
    ("log_loss", "RecBole"): NO_WEIGHTS,
    ("roc_auc", "RecBole"): NO_WEIGHTS,
    ("average_precision", "TFMA"): THRESHOLDS,
    ("gauc", "RecBole"): f"a query weighs its positives, ours its rows; {NO_WEIGHTS}",
    (RECALL, "ir-measures"): BY_ID,
    (RECALL, "RecBole"): BY_SORT,
    (HIT, "ir-measures"): BY_ID,
    (HIT, "RecBole"): BY_SORT,
    ("mrr", "ir-measures"): BY_ID,
    ("mrr", "RecBole"): BY_SORT,
    (NDCG, "ir-measures"): BY_ID,
    (NDCG, "RecBole"): f"a grade above 0 gains 1; {BY_SORT}",
    (NDCG, "TFMA"): "a query without a positive has no value; ties stand in the order of its sort; weights that differ within a query are refused",
}
