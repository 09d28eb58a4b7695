#!/usr/bin/env bash
# onnxruntime 1.32.0: the 4-bit quantiser of weights leaves a Gemm as it is, and says so to nobody who reads the result.
#
# MatMulNBitsQuantizer replaces MatMul by MatMulNBits. A linear layer of two axes is exported as Gemm, which it skips: the file that it writes is the
# one that it was given. A tower of such layers is then served at full precision under the name of a quantised one, and a comparison of "both
# precisions" compares a model with itself. Look at whether any score differs.
#
# Seen:
#   MatMul: ['MatMulNBits'], 16479 → 2783 bytes     Gemm: ['Gemm'], 16749 → 16768 bytes
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet onnxruntime==1.32.0 onnx==1.23.2 onnx-ir==1.1.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import logging

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

logging.disable(logging.CRITICAL)
random = np.random.default_rng(0)
weights = numpy_helper.from_array(random.normal(size=(64, 64)).astype("float32"), "w")
bias = numpy_helper.from_array(random.normal(size=64).astype("float32"), "b")
tensor = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 64])
left = {}
for op, inputs in {"MatMul": ["x", "w"], "Gemm": ["x", "w", "b"]}.items():
    initializers = [weights, bias][: len(inputs) - 1]
    graph = helper.make_graph([helper.make_node(op, inputs, ["y"])], "g", [tensor("x")], [tensor("y")], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    before = model.ByteSize()
    quantizer = MatMulNBitsQuantizer(model, block_size=32, is_symmetric=True)
    quantizer.process()
    left[op] = [node.op_type for node in quantizer.model.model.graph.node]
    print(f"{op}: {left[op]}, {before} → {quantizer.model.model.ByteSize()} bytes")
raise SystemExit(0 if left == {"MatMul": ["MatMulNBits"], "Gemm": ["Gemm"]} else "changed: the quantiser takes other operators")
PYTHON
