#!/usr/bin/env bash
# torch 2.15.0, onnxscript 0.7.2: torch.onnx.export with output_names=["embedding"] of a module with an nn.Embedding writes a graph that no runtime loads.
#
# The exporter names the values of its nodes after their operators, so that the lookup of an nn.Embedding is the value "embedding". A name that the user
# gives the output is set without a look at the names that are there: "embedding" is then defined twice. The export succeeds and says nothing.
# onnx.checker refuses the file (not in SSA form), and so does the runtime. The same holds of any other operator's name, such as "linear" or "add". The name is
# what towers call their output by habit: whoever exports in a job and loads in another finds out when it is served. Call it "vector".
#
# Seen:
#   output_names=["embedding"]: onnx.checker: Graph must be in single static assignment (SSA) form; onnxruntime: Duplicate definition of name (embedding)
#   output_names=["vector"]: onnx.checker: passes; onnxruntime: loads
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet torch==2.15.0 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0 numpy==2.4.6
venv/bin/python - <<'PYTHON' 2>/dev/null
import re
import sys

import onnx
import onnxruntime
import torch


class Tower(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.words = torch.nn.Embedding(10, 4)
        self.dense = torch.nn.Linear(2, 4)

    def forward(self, tokens, dense):
        return self.words(tokens).mean(1) + self.dense(dense)


def said(load, pattern):
    try:
        load()
    except Exception as error:
        return re.search(pattern, str(error))[0]


found = []
for name in ("embedding", "vector"):
    example = torch.zeros(2, 3, dtype=torch.int64), torch.zeros(2, 2)
    torch.onnx.export(Tower().eval(), example, "tower.onnx", output_names=[name], external_data=False, verbose=False)
    checker = said(lambda: onnx.checker.check_model("tower.onnx"), r"Graph must be in single static assignment \(SSA\) form")
    runtime = said(lambda: onnxruntime.InferenceSession("tower.onnx"), r"Duplicate definition of name \([^)]*\)")
    print(f'output_names=["{name}"]: onnx.checker: {checker or "passes"}; onnxruntime: {runtime or "loads"}')
    found.append(runtime)
if found[0] is None or found[1] is not None:
    print("changed: the output's name no longer collides, or another one does")
    sys.exit(1)
PYTHON
