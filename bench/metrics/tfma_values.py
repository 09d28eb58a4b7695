"""The metrics of TFMA on the tables FOLDER/VARIANT.csv, as one line of JSON; run by more_calls.py in an environment of its own."""

import json
import logging
import os
import sys
from pathlib import Path

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
logging.disable(logging.WARNING)
import pandas as pd
from google.protobuf import text_format
from tensorflow_model_analysis.api import model_eval_lib
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.version import VERSION

ROWS = """
model_specs { label_key: "y" prediction_key: "p" example_weight_key: "weight" }
slicing_specs {}
metrics_specs {
  metrics { class_name: "AUC" } metrics { class_name: "AUCPrecisionRecall" } metrics { class_name: "Calibration" }
  metrics { class_name: "BinaryCrossEntropy" } metrics { class_name: "MeanSquaredError" }
}
"""
# Weights that differ within a query are refused by NDCG.
QUERIES = """
model_specs { label_key: "y" prediction_key: "p" }
slicing_specs {}
metrics_specs {
  query_key: "query"
  metrics { class_name: "NDCG" config: '"gain_key": "grade", "top_k_list": [5]' }
}
"""


def values(path):
    table = pd.read_csv(path)
    table["query"], table["grade"] = "q" + table["query"].astype(str), table["grade"].astype(float)
    found = {}
    for config in (ROWS, QUERIES):
        parsed = text_format.Parse(config, config_pb2.EvalConfig())
        [(_, by)] = model_eval_lib.analyze_raw_data(table, parsed).slicing_metrics
        found.update({name: value["doubleValue"] for own in by[""].values() for name, value in own.items()})
    return found


found = {path.stem: values(path) for path in sorted(Path(sys.argv[1]).glob("*.csv"))}
print(json.dumps({**found, "version": VERSION}))
