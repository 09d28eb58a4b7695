#!/usr/bin/env bash
# evidently 0.7.23: the curves of NDCG and MRR stand one rank too high.
#
# NDCG(k) and MRR(k) report a curve by rank. For one user with three items, the second of them relevant, NDCG is 0 at
# rank 1 and 0.631 at rank 2. Evidently lists 0 at rank 2 and 0.631 at rank 3, and nothing at rank 1: who reads NDCG@10
# gets NDCG@9. The curves of RecallTopK and HitRate start at rank 1, as they should.
#
# Seen:
#   NDCG {2: 0.0, 3: 0.6309, 4: 0.6309}     MRR {2: 0.0, 3: 0.5, 4: 0.5}     HitRate {1: 0.0, 2: 1.0, 3: 1.0}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet evidently==0.7.23 pandas==2.3.3
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import pandas as pd
from evidently import DataDefinition, Dataset, Recsys, Report
from evidently.metrics import MRR, NDCG, HitRate

rows = pd.DataFrame({"user": [1, 1, 1], "item": [1, 2, 3], "target": [0, 1, 0], "prediction": [3.0, 2.0, 1.0]})
definition = DataDefinition(ranking=[Recsys(user_id="user", item_id="item", target="target", prediction="prediction",
                                            recommendations_type="score")])


def curve(metric):
    report = Report([metric(k=2)]).run(Dataset.from_pandas(rows, data_definition=definition), None)
    value = report.dict()["metrics"][0]["value"]
    return {rank: round(value["value"][i], 4) for i, rank in value["rank"].items()}


curves = {metric.__name__: curve(metric) for metric in (NDCG, MRR, HitRate)}
print(*(f"{name} {values}" for name, values in curves.items()), sep="     ")
off = all(1 not in curves[name] and curves[name][2] == 0 and curves[name][3] > 0.4 for name in ("NDCG", "MRR"))
raise SystemExit(0 if off and curves["HitRate"][2] == 1 else "changed: the ranks are what they should be")
PYTHON
