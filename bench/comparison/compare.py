"""What other gates decide on the example's two families, and with bad input: run as a user would write them. Fills docs/comparison.md.

    python bench/comparison/compare.py FOLDER [ENVIRONMENT ...]     (FOLDER: where environments are made, about 6 GB for all)

Each tool has an environment of its own, of pinned packages. skewgate is the built command line, on the towers themselves. With names of
environments (rs ev ml dc reg tfma own) those gates alone are run: what the others said stands in results.json, with the day of its run, and the
page says each row's day.
"""
import datetime
import json
import re
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs/comparison.md"
RESULTS = HERE / "results.json"
OWN = ("own", ["onnxruntime==1.32.0", "pyarrow==26.0.1", "scikit-learn==1.9.1"])
DEEPCHECKS = ["deepchecks==0.19.1", "scikit-learn==1.5.2", "category_encoders==2.6.4", "pandas==2.2.3", "numpy==1.26.4", "setuptools<81"]
#: environment, its packages, the script with its arguments
GATES = [
    ("rs", ["recsys-eval==0.2.0"], "recsys_eval_gate.py", ["point"]),
    ("rs", ["recsys-eval==0.2.0"], "recsys_eval_gate.py", ["bootstrap"]),
    ("ev", ["evidently==0.7.23"], "evidently_gate.py", []),
    ("ml", ["mlflow==3.17.2"], "mlflow_gate.py", ["threshold"]),
    ("ml", ["mlflow==3.17.2"], "mlflow_gate.py", ["better"]),
    ("dc", DEEPCHECKS, "deepchecks_gate.py", []),
    ("reg", ["retrieval-eval-gate==0.2.1"], "retrieval_eval_gate.py", []),
    ("tfma", ["tensorflow-model-analysis==0.52.0"], "tfma_gate.py", ["value"]),
    ("tfma", ["tensorflow-model-analysis==0.52.0"], "tfma_gate.py", ["change"]),
    (*OWN, "skewgate_gate.py", []),
]


def python_of(folder, name, packages):
    place = folder / name
    if not (place / "bin/python").exists():
        venv.create(place, with_pip=True)
        subprocess.run([place / "bin/pip", "install", "--quiet", *packages], check=True)
    return place / "bin/python"


def said(folder, wanted):
    """What every gate said: those that are wanted now, of the others what they said last."""
    before = json.loads(RESULTS.read_text())
    subprocess.run([python_of(folder, *OWN), HERE / "scores.py", folder], check=True)
    for (name, packages, script, more), last in zip(GATES, before, strict=True):
        if wanted and name not in wanted:
            yield last
            continue
        done = subprocess.run([python_of(folder, name, packages), HERE / script, folder, *more], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{script}: {done.stderr}")
        found = json.loads(done.stdout.strip().splitlines()[-1])
        yield {**found, "run": datetime.date.today().isoformat()}


def tables(results):
    def table(cases):
        head = ["| gate | version | run | " + " | ".join(cases) + " |", "| --- | --- | --- |" + " --- |" * len(cases)]
        cells = lambda result: [result["decisions"].get(case, ["·"])[0] for case in cases]
        return [*head, *(f"| {r['tool']} | {r['version']} | {r['run']} | {' | '.join(cells(r))} |" for r in results)]

    bad = ["a tenth of the scores NaN", "no baseline", "zero rows", "a typo"]
    words = [
        f"- {result['tool']}, {case}: {' '.join(re.sub(r'[|`<>]', ' ', result['decisions'][case][1]).split())}"
        for result in results
        for case in bad
        if result["decisions"][case][0] != "·"
    ]
    return "\n".join(
        [
            *table(["warm, aligned", "scratch, aligned", "warm, skewed", "scratch, skewed"]),
            "",
            *table(bad),
            "",
            "What each said of the bad input:",
            "",
            *words,
        ]
    )


if __name__ == "__main__":
    place = Path(sys.argv[1]).resolve()
    place.mkdir(parents=True, exist_ok=True)
    results = list(said(place, sys.argv[2:]))
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    filled = f"<!-- compare -->\n{tables(results)}\n<!-- /compare -->"
    PAGE.write_text(re.sub(r"<!-- compare -->.*<!-- /compare -->", lambda _: filled, PAGE.read_text(), flags=re.S))
