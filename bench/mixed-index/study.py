"""Real ANN indexes that hold two versions, beside what `mix: per_item` predicts; writes docs/mixed-index.md.

    python -m venv V && V/bin/pip install hnswlib==0.8.0 faiss-cpu==1.15.1 usearch==2.26.6 onnxruntime==1.32.0 \\
        pyarrow==26.0.1 numpy==2.4.6 scikit-learn==1.9.1
    npm run build && V/bin/python bench/mixed-index/study.py

Of four families (both of examples/online-retail; two of text retrieval over data/) items are at X, a share of them,
drawn item by item, still at X-1. Indexes of hnswlib, faiss and usearch are built of them, at two ef, and asked for the
queries at X; beside them stand the bounds of report.json that the command line gives for the same checkpoints.
"""

import importlib.metadata
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
import numpy as np

from families import FAMILIES, SEED
from indexes import LIBRARIES, exact, measure
from predicted import K, predicted

PAGE = Path(__file__).resolve().parents[2] / "docs/mixed-index.md"
SHARES, EFS = (0.1, 0.3, 0.5), (16, 64)
DRAWS, SCANS, REPLACEMENTS = 4, 20, 2
# Links a node and candidates while building: hnswlib's defaults, and a sparse graph.
GRAPH, SPARSE = (16, 200), (8, 64)


def mixture(family, share, draw):
    stale = np.random.default_rng((SEED, draw)).random(len(family["new"])) < share
    return np.where(stale[:, None], family["old"], family["new"])


def indexed(lib, family, vectors, before, draw, graph):
    """What an index finds, by ef; undefined where the library cannot replace."""
    search = LIBRARIES[lib](vectors, before, draw, *graph)
    truth = exact(vectors, family)
    return search and {ef: measure(search(family["query"], ef), truth, family) for ef in EFS}


def mean_of(measured):
    return {ef: np.mean([found[ef] for found in measured], axis=0) for ef in EFS}


def agreement(name, family):
    """One line a share and metric: predicted, by an exact scan, and by each index against itself with X alone."""
    base = measure(exact(family["new"], family), exact(family["new"], family), family)
    fresh = {
        lib: mean_of([indexed(lib, family, family["new"], None, draw, GRAPH) for draw in range(DRAWS)])
        for lib in LIBRARIES
    }
    lines, outside = [], 0
    for share in SHARES:
        points, aligned = predicted(family, share)
        scans = []
        for draw in range(SCANS):
            vectors = mixture(family, share, draw)
            truth = exact(vectors, family)
            scans.append(measure(truth, truth, family))
        found = {
            lib: mean_of(
                [indexed(lib, family, mixture(family, share, draw), None, draw, GRAPH) for draw in range(DRAWS)]
            )
            for lib in LIBRARIES
        }
        for m, metric in enumerate((f"recall@{K}", f"ndcg@{K}")):
            point = points[metric]
            if abs(aligned[metric] - base[m]) > 1e-9:
                raise SystemExit(
                    f"{name}: {metric} at X is {aligned[metric]} in the report and {base[m]} by an exact scan"
                )
            change = np.array([scan[m] for scan in scans]) / base[m] - 1
            cells = [f"{percent(change.mean())} ± {100 * change.std(ddof=1) / np.sqrt(SCANS):.1f}"]
            for lib in LIBRARIES:
                for ef in EFS:
                    value = found[lib][ef][m] / fresh[lib][ef][m] - 1
                    within = point["lower"] <= value <= point["upper"]
                    outside += not within
                    cells.append(percent(value) if within else f"**{percent(value)}**")
            lines.append(
                f"| {name} | {share:.0%} | {metric} {base[m]:.3f} | {percent(point['change'])} "
                f"[{percent(point['lower'])}, {percent(point['upper'])}] | {' | '.join(cells)} |".replace("%", " %")
            )
    return lines, outside


def costs(name, family, graph):
    """One line a library: the exact first K that it finds with X alone, mixed, and mixed by replacing X-1 in place."""
    lines = []
    for lib in LIBRARIES:
        fresh = mean_of([indexed(lib, family, family["new"], None, draw, graph) for draw in range(REPLACEMENTS)])
        mixed = [mixture(family, 0.3, draw) for draw in range(REPLACEMENTS)]
        built = mean_of([indexed(lib, family, vectors, None, draw, graph) for draw, vectors in enumerate(mixed)])
        replaced = [indexed(lib, family, vectors, family["old"], draw, graph) for draw, vectors in enumerate(mixed)]
        cells = [f"{100 * state[ef][2]:.1f}" for state in (fresh, built) for ef in EFS]
        if all(replaced):
            after = mean_of(replaced)
            cells += [f"{100 * after[ef][2]:.1f}" for ef in EFS]
            cells += [percent(after[ef][0] / built[ef][0] - 1).replace("%", " %") for ef in EFS]
        else:
            cells += ["–"] * 4
        lines.append(f"| {name} | {graph[0]}, {graph[1]} | {lib} | {' | '.join(cells)} |")
    return lines


def percent(x):
    return f"{100 * x:+.1f}%".replace("-", "−")


def page(agreements, outside, costs):
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}"
        for name in ("hnswlib", "faiss-cpu", "usearch", "onnxruntime", "numpy", "scikit-learn")
    )
    asked = " | ".join(f"{lib}, ef {ef}" for lib in LIBRARIES for ef in EFS)
    total = 6 * len(agreements)
    return "\n".join(
        [
            f"Made by `python bench/mixed-index/study.py` ({versions}; seed {SEED}).",
            "",
            "**Predicted and measured.** Change against an index that holds X alone; in brackets the report's "
            f"one-sided 95 % bounds. The exact scan is the mean over {SCANS} draws of versions with its standard "
            f"error; each index (M {GRAPH[0]}, ef_construction {GRAPH[1]}) the mean over {DRAWS} draws, against itself "
            "with X alone. Bold is outside of the bounds: "
            f"{outside} of {total}.",
            "",
            f"| family | at X−1 | metric, its value at X | `mix: per_item` predicts | exact scan | {asked} |",
            f"| --- | ---: | --- | --- | ---: |{' ---: |' * 6}",
            *agreements,
            "",
            f"**The graph itself.** Share of the exact first {K} that an index returns, in %, 30 % of the items at "
            "X−1: built anew, and replaced in place (an index of X−1 in which the other 70 % are replaced; hnswlib "
            "updates the node, usearch removes and adds it, faiss can do neither). The last two columns: what "
            "replacing does to "
            f"recall@{K} of the relevant "
            f"items, against an index built anew of the same vectors. Means over {REPLACEMENTS} draws.",
            "",
            "| family | M, ef_construction | library | "
            + " | ".join(
                f"{state}, ef {ef}" for state in ("X alone", "built anew", "replaced", f"recall@{K}") for ef in EFS
            )
            + " |",
            f"| --- | --- | --- |{' ---: |' * 8}",
            *costs,
        ]
    )


def study(name):
    family = FAMILIES[name]()
    return agreement(name, family), [costs(name, family, graph) for graph in (GRAPH, SPARSE)]


if __name__ == "__main__":
    with ProcessPoolExecutor(len(FAMILIES)) as pool:
        studied = list(pool.map(study, FAMILIES))
    found = [agreed for agreed, _ in studied]
    spent = [line for n in range(2) for _, lines in studied for line in lines[n]]
    text = page([line for lines, _ in found for line in lines], sum(n for _, n in found), spent)
    print(text)
    start, end = "<!-- study -->", "<!-- /study -->"
    before, rest = PAGE.read_text().split(start)
    PAGE.write_text(f"{before}{start}\n{text}\n{end}{rest.split(end)[1]}")
