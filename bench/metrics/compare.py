"""Every metric beside the libraries of the field, on one data set that grows harder.

    python -m venv V
    V/bin/pip install scikit-learn==1.9.1 keras==3.15.1 torch==2.15.0 torchmetrics==1.9.0 torcheval==0.0.7 \\
        ranx==0.3.21 pytrec_eval-terrier==0.5.11 lenskit==2025.8.1 evidently==0.7.23 pyarrow numpy==2.4.6 pandas==2.3.3 \\
        ir-measures==0.4.3
    V/bin/pip install --no-deps torchrec==1.9.2 recbole==1.2.1
    python3.10 -m venv T && T/bin/pip install tensorflow-model-analysis==0.52.0      (3.10 to 3.13)
    npm run build && TFMA_PYTHON=T/bin/python V/bin/python bench/metrics/compare.py

Writes docs/metrics-beside-others.md. Our values come from the command line on a project that ours.py writes:
precomputed embeddings whose dot products are the scores, to the bit. A difference that theirs.py and more_theirs.py do not explain, and
an explanation of none, are errors.
"""

import importlib.metadata

from calls import ItemList, np, pytrec_eval, ranx  # first: it sets the backend of keras
from data import GRADES, QUERIES, SEED, VARIANTS
from ours import ROOT, ours
from more_calls import tfma_values
from more_theirs import MORE, MORE_WHY
from theirs import THEIRS, WHY, lenskit

PAGE = ROOT / "docs/metrics-beside-others.md"
TOLERANCE = 1e-9
EXPLAINED = WHY | MORE_WHY
PACKAGES = [
    "scikit-learn",
    "keras",
    "torch",
    "torchmetrics",
    "torcheval",
    "torchrec",
    "ranx",
    "pytrec_eval-terrier",
    "lenskit",
    "evidently",
    "ir-measures",
    "recbole",
    "numpy",
]


def cell(mine, theirs):
    difference = theirs - mine
    return "=" if abs(difference) <= TOLERANCE else f"{difference:+.2g}".replace("-", "−")


def lines(mine):
    order = list(dict.fromkeys(metric for metric, *_ in THEIRS))
    for metric, library, call, f, weighted in sorted(THEIRS + MORE, key=lambda entry: order.index(entry[0])):
        cells = [cell(mine[name][metric], f(data)) for name, data in VARIANTS.items()]
        why = EXPLAINED.get((metric, library, call), EXPLAINED.get((metric, library)))
        if (why is None) != all(c == "=" for c in cells):
            raise SystemExit(f"{metric} of {library}: {cells}, explained by {why!r}")
        written = cells if weighted else [*cells[:3], cells[3] if cells[3] != cells[0] else "·", cells[4]]
        yield f"| `{metric}` | {library} `{call}` | {' | '.join(written)} | {why or ''} |"


def missing_queries():
    """What becomes of a query that is judged and for which nothing was retrieved."""
    qrel, found = {"a": {"x": 1}, "b": {"x": 1}}, {"a": {"x": 1.0}}
    assert len(pytrec_eval.RelevanceEvaluator(qrel, {"recip_rank"}).evaluate(found)) == 1
    assert ranx.evaluate(ranx.Qrels(qrel), ranx.Run(found), "mrr", make_comparable=True) == 0.5
    nothing = ItemList(item_ids=np.array([], int), ordered=True)
    assert lenskit.RecipRank().measure_list(nothing, ItemList(item_ids=[1])) == 0
    assert np.isnan(lenskit.RecipRank().measure_list(ItemList(item_ids=[1], ordered=True), nothing))
    return (
        "A query that is judged, and for which nothing was retrieved, has no rows and no value with us. "
        "pytrec_eval leaves it out; ranx refuses it, and counts 0 under `make_comparable`; LensKit counts 0, and gives "
        "NaN to a query without a positive, which stays out of the mean above."
    )


if __name__ == "__main__":
    mine = {name: ours(data) for name, data in VARIANTS.items()}
    alone = sorted({name for name in mine["all"]} - {metric for metric, *_ in THEIRS})
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    versions += f", tensorflow-model-analysis {tfma_values()['version']}"
    text = "\n".join(
        [
            f"Made by `python bench/metrics/compare.py` with {versions} (seed {SEED}: {QUERIES} queries, "
            f"{len(VARIANTS['all'])} rows, grades from 0 to {GRADES}).",
            "",
            "| metric | theirs | plain | ties | no positive | weights | all three | why |",
            "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |",
            *lines(mine),
            "",
            missing_queries(),
            "",
            f"No library has {', '.join(f'`{name}`' for name in alone)}.",
        ]
    )
    print(text)
    start, end = "<!-- compare -->", "<!-- /compare -->"
    before, rest = PAGE.read_text().split(start)
    PAGE.write_text(f"{before}{start}\n{text}\n{end}{rest.split(end)[1]}")
