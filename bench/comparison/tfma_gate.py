"""TensorFlow Model Analysis: its validator on predictions, AUC and log loss each by a value threshold 2 % from the baseline's value.

Change thresholds against a baseline are for models that TFMA loads; on predictions it refuses them, baseline column or not (`change` in place
of `value` as the argument shows it).
"""
import logging
import os
import sys
import tempfile

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
logging.disable(logging.WARNING)

import cases  # noqa: E402
import pandas as pd  # noqa: E402
from google.protobuf import text_format  # noqa: E402
from tensorflow_model_analysis.api import model_eval_lib as tfma  # noqa: E402
from tensorflow_model_analysis.proto import config_pb2  # noqa: E402

MODEL = 'model_specs { prediction_key: "candidate" label_key: "label" }'
PAIR = (
    'model_specs { name: "candidate" prediction_key: "candidate" label_key: "label" } '
    'model_specs { name: "baseline" prediction_key: "baseline" label_key: "label" is_baseline: true }'
)
LOSS = "binary_crossentropy"


def analysed(table, metrics, models=MODEL):
    config = f"{models} slicing_specs {{}} metrics_specs {{ {metrics} }}"
    folder = tempfile.mkdtemp()
    found = tfma.analyze_raw_data(table, text_format.Parse(config, config_pb2.EvalConfig()), output_path=folder)
    return found, folder


def metrics(auc, loss, name="AUC"):
    return f'metrics {{ class_name: "{name}" {auc} }} metrics {{ class_name: "BinaryCrossEntropy" {loss} }}'


def at_values(least, most, name):
    return metrics(
        f"threshold {{ value_threshold {{ lower_bound {{ value: {least} }} }} }}",
        f"threshold {{ value_threshold {{ upper_bound {{ value: {most} }} }} }}",
        name,
    )


def at_changes(name):
    change = "threshold {{ change_threshold {{ relative {{ value: {} }} direction: {} }} }}"
    return metrics(change.format(-0.02, "HIGHER_IS_BETTER"), change.format(0.02, "LOWER_IS_BETTER"), name)


def gate(rows, baseline, candidate, typo=False):
    labels = [float(y) for _, _, y in rows]
    table = pd.DataFrame({"label": labels, "candidate": candidate}, columns=["label", "candidate"], dtype=float)
    name = "AUCC" if typo else "AUC"
    if sys.argv[2] == "change":
        models = MODEL
        if baseline is not None:
            table["baseline"], models = baseline, PAIR
        _, folder = analysed(table, at_changes(name), models)
    else:
        if baseline is None:
            bounds = at_values(0.8, 0.5, name)
        else:
            found, _ = analysed(table.assign(candidate=baseline), metrics("", ""))
            values = found.slicing_metrics[0][1][""][""]
            bounds = at_values(values["auc"]["doubleValue"] * 0.98, values[LOSS]["doubleValue"] * 1.02, name)
        _, folder = analysed(table, bounds)
    result = tfma.load_validation_result(folder)
    failures = [failure for one in result.metric_validations_per_slice for failure in one.failures]
    words = "; ".join(
        f"{one.metric_key.name}: {one.message or ' '.join(str(one.metric_value).split())}, {' '.join(str(one.metric_threshold).split())}"
        for one in failures
    )
    return ("ships" if result.validation_ok else "rejects"), words or f"validation_ok: {result.validation_ok}"


cases.main(f"TFMA, {sys.argv[2]} threshold", "0.52.0", gate)
