"""Production's logistic, the candidate's gradient-boosted trees, past arms, and checkpoints that are older.

All are fitted on requests whose labels were known before the first request of the ledger.
"""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from retail import DAY, FAMILIES, FEATURES, SPLIT

PRODUCTION = ["reach_28d", "bought_count", "tower", "log_price"]


def logs(x):
    """Counts by their logarithm; the columns from the third on as they are."""
    return np.column_stack([np.log1p(x[:, :2]), x[:, 2:]])


def scores(model, x):
    return model.predict_proba(np.asarray(x, float))[:, 1]


def logistic(train, features=PRODUCTION):
    model = make_pipeline(FunctionTransformer(logs), StandardScaler(), LogisticRegression())
    return model.fit(train[features].to_numpy(float), train.label)


def trees(train, features, seed, iterations=120, leaves=15, rate=0.06):
    model = HistGradientBoostingClassifier(max_iter=iterations, max_leaf_nodes=leaves, learning_rate=rate,
                                           min_samples_leaf=60, l2_regularization=1.0, early_stopping=False,
                                           random_state=seed)
    return model.fit(train[features].to_numpy(float), train.label)


class Family:
    """A model with the features that it reads, so that it can be run on changed ones."""

    def __init__(self, model, features):
        self.model, self.features = model, features

    def __call__(self, rows, **changed):
        """Scores of the rows, with columns put in place of others: `tower='tower_1'`, or values."""
        x = rows[self.features].copy()
        for name, value in changed.items():
            if name in x:
                x[name] = rows[value].to_numpy() if isinstance(value, str) else value
        return scores(self.model, x)


def without(*families):
    """A family that serving does not give: its columns are missing."""
    return {name: np.nan for family in families for name in FAMILIES[family]}


def past_arms(train, seed):
    """Ten candidates of the past: families left out, few or many trees, little data. They gain from nothing on."""
    drop = lambda *gone: [f for f in FEATURES if not any(f in FAMILIES[g] for g in gone)]
    thin = train.sample(frac=0.15, random_state=seed)
    variants = [(train, drop("history"), {}), (train, drop("tower", "title"), {}), (train, drop("item"), {}),
                (train, drop("title", "price"), {}), (train, FEATURES, {"iterations": 30}),
                (train, FEATURES, {"iterations": 60, "leaves": 7}), (thin, FEATURES, {"iterations": 60}),
                (train, drop("history", "title"), {"iterations": 60}), (train, drop("customer", "price"), {}),
                (train, drop("tower", "history", "price"), {"iterations": 40})]
    return [Family(trees(rows, features, seed + k, **how), features) for k, (rows, features, how) in enumerate(variants)]


class Models:
    def __init__(self, rows, seed):
        train = rows[rows.day < SPLIT]
        self.production = Family(logistic(train), PRODUCTION)
        self.candidate = Family(trees(train, FEATURES, seed), FEATURES)
        self.arms = past_arms(train, seed)
        # The checkpoint before counted time in weeks and buyers by the hundred.
        old = train[train.day < SPLIT - 60 * DAY]
        units = {"recency": 7, "tenure": 7, "item_age": 7, "days_since_bought": 7, "reach_28d": 10, "reach_180d": 10}
        old = old.assign(**{name: old[name] / unit for name, unit in units.items()})
        self.old = Family(trees(old, FEATURES, seed + 50), FEATURES)
        self.train = train
