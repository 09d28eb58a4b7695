"""Deepchecks: performance of the candidate (as test) against the model that serves (as train) on the same rows, within 2 %."""
import warnings

import cases
import numpy as np
import pandas as pd
from deepchecks.tabular import Dataset
from deepchecks.tabular.checks import TrainTestPerformance

warnings.filterwarnings("ignore")


def gate(rows, baseline, candidate, typo=False):
    table = pd.DataFrame({"row": np.arange(len(rows)), "label": [y for _, _, y in rows]})
    datasets = [Dataset(table, label="label", features=["row"], cat_features=[]) for _ in range(2)]
    scorers = ["roc_auc", "neg_log_los" if typo else "neg_log_loss"]
    check = TrainTestPerformance(scorers=scorers).add_condition_train_test_relative_degradation_less_than(0.02)
    both = lambda scores: None if scores is None else np.column_stack([1 - np.array(scores), scores])
    old, new = both(baseline), both(candidate)
    result = check.run(
        *datasets,
        y_proba_train=old,
        y_proba_test=new,
        y_pred_train=None if old is None else old.argmax(1),
        y_pred_test=new.argmax(1),
        model_classes=[0, 1],
    )
    condition = result.conditions_results[0]
    return ("ships" if condition.is_pass() else "rejects"), f"{condition.category.value}: {condition.details}"


cases.main("Deepchecks", "0.19.1", gate)
