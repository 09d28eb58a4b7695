"""Evidently: AUC and log loss of the candidate, tested against the reference data set within 2 %."""
import warnings

import cases
import pandas as pd
from evidently import BinaryClassification, DataDefinition, Dataset, Report
from evidently.metrics import LogLoss, RocAuc
from evidently.tests import Reference, gte, lte

warnings.filterwarnings("ignore")


def gate(rows, baseline, candidate, typo=False):
    definition = DataDefinition(
        classification=[BinaryClassification(target="label", prediction_probas="score", pos_label=1)],
        categorical_columns=["label"],
        numerical_columns=["score"],
    )

    def dataset(scores):
        table = pd.DataFrame({"label": [y for _, _, y in rows], "score": scores}, columns=["label", "score"])
        return Dataset.from_pandas(table, data_definition=definition)

    margin = {"realtive": 0.02} if typo else {"relative": 0.02}
    report = Report([RocAuc(tests=[gte(Reference(**margin))]), LogLoss(tests=[lte(Reference(**margin))])])
    snapshot = report.run(dataset(candidate), None if baseline is None else dataset(baseline))
    tests = snapshot.dict()["tests"]
    states = [str(test["status"]).rsplit(".")[-1] for test in tests]
    words = "; ".join(f"{test['name']}: {state}" for test, state in zip(tests, states)) or "no tests"
    return ("rejects" if any(state in ("FAIL", "ERROR") for state in states) else "ships"), words


cases.main("Evidently", "0.7.23", gate)
