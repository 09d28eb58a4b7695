#!/usr/bin/env bash
# onnxruntime 1.32.0: "run it in two fresh sessions and compare" does not catch a model that draws at random.
#
# A graph with RandomNormalLike and no seed attribute (what a forgotten Dropout or a noise layer leaves behind in an export)
# gives the very same numbers in two sessions of one process, as every session starts its generator from the same state,
# while two runs of one session differ. So a check that loads a checkpoint twice and compares sees a deterministic model;
# one that runs the same session twice sees that it is none.
#
# Seen (CPUExecutionProvider, onnx 1.23.2, numpy 2.4.6):
#   two sessions, first run: equal     two sessions, second run: equal     two runs of one session: differ
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper

tensor = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 2])
graph = helper.make_graph([helper.make_node("RandomNormalLike", ["x"], ["y"])], "noise", [tensor("x")], [tensor("y")])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
x = {"x": np.zeros((1, 2), np.float32)}


def two_runs():
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    return [session.run(None, x)[0] for _ in range(2)]


first, second = two_runs(), two_runs()
agree = [np.array_equal(a, b) for a, b in zip(first, second)]
differ = not np.array_equal(first[0], first[1])
print("two sessions, first run:", first[0].tolist(), second[0].tolist(), "equal" if agree[0] else "differ")
print("two sessions, second run:", first[1].tolist(), second[1].tolist(), "equal" if agree[1] else "differ")
print("two runs of one session:", "differ" if differ else "equal")
raise SystemExit(0 if all(agree) and differ else "changed: sessions no longer start from the same state")
PYTHON
