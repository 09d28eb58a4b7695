#!/usr/bin/env bash
# onnxruntime 1.32.0, quantize_dynamic: what an item's embedding is depends on which items share its batch.
#
# Dynamic quantisation takes one activation scale per call, over the whole tensor, all rows of the batch included. An item
# that is embedded beside items of large features is rounded to a coarser grid than the same item alone: here its relative
# error grows about tenfold. So an index that is rebuilt in batches of another size or order, or a query that is served
# alone, is scored with other embeddings than those that were evaluated, though model and features are the same.
#
# Seen (one MatMul of 16 x 32, 7 neighbours, those of large features 20 times as large):
#   relative error alone 0.0072     beside calm neighbours 0.0096     beside loud ones 0.0731
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
FOLDER=$folder "$folder/venv/bin/python" - <<'PYTHON'
import os

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import quantize_dynamic

folder = os.environ["FOLDER"]
rng = np.random.default_rng(0)
weights = rng.normal(size=(16, 32)).astype(np.float32)
graph = helper.make_graph(
    [helper.make_node("MatMul", ["x", "w"], ["y"])],
    "tower",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 16])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 32])],
    [numpy_helper.from_array(weights, "w")],
)
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), f"{folder}/full.onnx")
quantize_dynamic(f"{folder}/full.onnx", f"{folder}/quantized.onnx")
session = ort.InferenceSession(f"{folder}/quantized.onnx", providers=["CPUExecutionProvider"])

item = rng.normal(size=(1, 16)).astype(np.float32)
neighbours = rng.normal(size=(7, 16)).astype(np.float32)
exact = item[0] @ weights


def error(batch):
    embedding = session.run(None, {"x": batch})[0][0]
    return float(np.linalg.norm(embedding - exact) / np.linalg.norm(exact))


alone = error(item)
calm = error(np.concatenate([item, neighbours]))
loud = error(np.concatenate([item, 20 * neighbours]))
print(f"relative error of one item's embedding: alone {alone:.4f}, beside calm neighbours {calm:.4f}, beside loud ones {loud:.4f}")
raise SystemExit(0 if loud > 5 * alone else "changed: the neighbours no longer matter")
PYTHON
