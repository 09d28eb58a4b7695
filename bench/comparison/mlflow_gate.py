"""MLflow: evaluation of static predictions, then validate_evaluation_results with relative thresholds of 2 %."""
import logging
import os
import sys
import tempfile

import cases

os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{tempfile.mkdtemp()}/mlflow.db"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
logging.disable(logging.WARNING)
import mlflow  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from mlflow.models import MetricThreshold, make_metric  # noqa: E402
from sklearn.metrics import log_loss, roc_auc_score  # noqa: E402


BETTER = sys.argv[2:] == ["better"]


def measured(metric):
    """None of scores that hold NaN, as sklearn refuses them; none of one class, as mlflow tries a metric on the first rows."""
    return lambda predictions, targets, metrics=None: (
        metric(targets, predictions) if predictions.notna().all() and targets.nunique() > 1 else np.nan
    )


auc = make_metric(eval_fn=measured(roc_auc_score), greater_is_better=True, name="auc")
loss = make_metric(eval_fn=measured(log_loss), greater_is_better=False, name="loss")


def gate(rows, baseline, candidate, typo=False):
    def evaluated(scores):
        table = pd.DataFrame({"label": [y for _, _, y in rows], "score": scores}, columns=["label", "score"])
        with mlflow.start_run():
            return mlflow.models.evaluate(
                data=table, targets="label", predictions="score", extra_metrics=[auc, loss], evaluators="default"
            )

    # min_relative_change is how much better the candidate has to be; there is no parameter for how much worse it may be. So the
    # worst that is still accepted is a threshold on the value, 2 % from the baseline's, which a user works out by hand.
    new = evaluated(candidate)
    old = None if baseline is None else evaluated(baseline)
    if BETTER:
        limits = {"aucc" if typo else "auc": MetricThreshold(min_relative_change=0.0001, greater_is_better=True)}
    elif old is None:
        limits = {"auc": MetricThreshold(threshold=0.8, greater_is_better=True)}
    else:
        limits = {
            "aucc" if typo else "auc": MetricThreshold(threshold=old.metrics["auc"] * 0.98, greater_is_better=True),
            "loss": MetricThreshold(threshold=old.metrics["loss"] * 1.02, greater_is_better=False),
        }
    try:
        mlflow.validate_evaluation_results(limits, new, old)
    except mlflow.exceptions.MlflowException as error:
        if type(error).__name__ == "ModelValidationFailedException":
            return "rejects", error
        raise
    return "ships", {name: round(value, 4) for name, value in new.metrics.items()}


cases.main("MLflow, min_relative_change" if BETTER else "MLflow, threshold", mlflow.__version__, gate)
