"""The data set that grows harder."""

import numpy as np
import pandas as pd

QUERIES, GRADES, K, SEED = 60, 4, 5, 20261128


def data_set(ties=False, barren=False, weights=False):
    """Rows by query; scores in halves or all distinct, a fifth of the queries with or without a positive, weights."""
    rng = np.random.default_rng(SEED)
    size = rng.integers(6, 15, QUERIES)
    query = np.repeat(np.arange(QUERIES), size)
    grade = np.minimum(rng.geometric(0.6, len(query)) - 1, GRADES)
    first = np.searchsorted(query, np.arange(QUERIES))
    grade[first], grade[first + 1] = 2, 0
    score = 0.5 * grade - 1 + rng.normal(size=len(query))
    score = np.round(score * 2) / 2 if ties else np.argsort(np.argsort(score)) / 128 - 3
    if barren:
        grade[np.isin(query, np.arange(0, QUERIES, 5))] = 0
    weight = np.round(rng.lognormal(0, 1, len(query)), 3) + 0.001 if weights else np.ones(len(query))
    return pd.DataFrame(
        {
            "query": query,
            "item": np.arange(len(query)) - first[query],
            "grade": grade,
            "score": score,
            "weight": weight,
            "y": (grade > 0).astype(float),
            "p": 1 / (1 + np.exp(-score)),
        }
    )


VARIANTS = {
    "plain": data_set(),
    "ties": data_set(ties=True),
    "no positive": data_set(barren=True),
    "weights": data_set(weights=True),
    "all": data_set(ties=True, barren=True, weights=True),
}
