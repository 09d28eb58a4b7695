"""The cases that every gate decides, and how it says so. Standard library alone: each gate has an environment of its own.

A gate is a function of (rows, baseline, candidate, options) that gives 'ships' or 'rejects' and the words of the tool, or raises; rows are
(request, item, label), baseline and candidate lists of scores, baseline None where there is none. Options: 'typo' mistypes one name of the gate's
configuration, as a person does.
"""
import csv
import json
import math
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")


def read(folder, family):
    with open(Path(folder) / f"scores-{family}.csv") as file:
        table = list(csv.DictReader(file))
    rows = [(row["request"], row["item"], int(float(row["label"]))) for row in table]
    return rows, {name: [float(row[name]) for row in table] for name in ("aligned_old", "aligned", "skewed")}


def decided(gate, *args, **options):
    """[decision, words]: a gate that raises has refused, which is a decision too."""
    try:
        decision, words = gate(*args, **options)
    except Exception as error:  # noqa: BLE001: any error of a tool is what a user would see
        decision, words = "refuses", f"{type(error).__name__}: {error}"
    return [decision, " ".join(str(words).split())[:240]]


def main(tool, version, gate):
    folder = sys.argv[1]
    warm, scratch = (read(folder, family) for family in ("warm", "scratch"))
    out = {"tool": tool, "version": version, "decisions": {}}
    say = lambda case, *args, **options: out["decisions"].update({case: decided(gate, *args, **options)})
    for name, (rows, scores) in (("warm", warm), ("scratch", scratch)):
        say(f"{name}, aligned", rows, scores["aligned_old"], scores["aligned"])
        say(f"{name}, skewed", rows, scores["aligned_old"], scores["skewed"])
    rows, scores = scratch
    broken = [math.nan if i % 10 == 0 else score for i, score in enumerate(scores["aligned"])]
    say("a tenth of the scores NaN", rows, scores["aligned_old"], broken)
    say("no baseline", rows, None, scores["skewed"])
    say("zero rows", [], [], [])
    say("a typo", rows, scores["aligned_old"], scores["skewed"], typo=True)
    print(json.dumps(out))
