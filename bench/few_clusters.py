"""Simulates the statistic of outlier-domination and those that it was chosen over: docs/decisions/0013.

Worlds of requests of eight items, or of very unequal size, whose causes are planted; of each statistic the mean share
of the gap over eight seeds is printed.

    python3 bench/few_clusters.py        (numpy)
"""

import numpy as np

SEEDS = 8
FEW, OF_POSITIVE = 0.02, 5


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def log_loss(p, y):
    p = np.clip(p, 1e-7, 1 - 1e-7)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


def world(cause, requests, base, seed, unequal):
    """Request, label and gain over production's model, offline and online, of every row."""
    r = np.random.default_rng(seed)
    size = np.maximum(1, (r.pareto(1.2, requests) * 3).astype(int)).clip(1, 400) if unequal else np.full(requests, 8)
    query = np.repeat(np.arange(requests), size)
    n = len(query)
    item, effect, stale = r.integers(0, 400, n), r.normal(0, 0.6, 400), r.normal(0, 1, 400)
    common = base + r.normal(0, 0.6, requests)[query] + effect[item]
    family = r.normal(0, 0.9, n)
    y = (r.random(n) < sigmoid(common + family + r.normal(0, 0.5, n))).astype(float)
    production = common + family / 3 + r.normal(0, 0.1, n)
    offline = common + family + r.normal(0, 0.1, n)
    online = offline
    few = (r.random(requests) < 0.015)[query]
    if cause == "features":
        online = offline - 0.5 * family
    elif cause == "skew":
        online = offline + np.where(item % 2 == 0, 0.6 * stale[item], 0)
    elif cause == "old checkpoint":
        online = np.where((r.random(requests) < 0.2)[query], common + family / 3 + r.normal(0, 0.1, n), offline)
    elif cause == "outliers, lost":
        alike = production + r.normal(0, 0.1, n)
        offline = np.where(few, production + (2 * y - 1) * r.gamma(2, 1.5, n), alike)
        online = np.where(few, production, alike)
    elif cause == "outliers, served; features":
        production = np.where(few, np.where(y == 1, -4.6, 4.6), production)
        online = np.where(few, offline, offline - 0.5 * family)
    before = log_loss(sigmoid(production), y)
    return query, y, before - log_loss(sigmoid(offline), y), before - log_loss(sigmoid(online), y), requests


def top(query, gain, label, requests, classes):
    """Rows of the clusters with the largest influence on the gain."""
    mean = np.full(len(gain), gain.mean())
    if classes:
        for y in (0, 1):
            mean[label == y] = gain[label == y].mean()
    pull = np.abs(np.bincount(query, gain - mean, requests))
    positive = (np.bincount(query, label, requests) > 0).sum()
    k = max(1, int(np.ceil(FEW * min(requests, OF_POSITIVE * positive))))
    flags = np.zeros(requests, bool)
    flags[np.argsort(-pull, kind="stable")[:k]] = True
    return flags[query]


def carried(values, few, label, classes):
    """What the few carry beyond what they would at the mean of the others."""
    if not classes:
        return values.mean() - values[~few].mean()
    return values.mean() - sum((label == y).mean() * values[(label == y) & ~few].mean() for y in (0, 1))


def shares(query, label, offline, online, requests):
    gap = offline - online
    by_class, plain = (top(query, offline, label, requests, classes) for classes in (True, False))
    own = top(query, online, label, requests, False)
    cut = lambda x: (x - np.clip(x, *np.quantile(x, [0.01, 0.99]))).mean()
    return {
        "chosen": carried(gap, by_class, label, True),
        "no classes": carried(gap, plain, label, False),
        "each side's own": carried(offline, plain, label, False) - carried(online, own, label, False),
        "cut by row": cut(offline) - cut(online),
    }, gap.mean()


if __name__ == "__main__":
    for cause in ("features", "skew", "old checkpoint", "outliers, lost", "outliers, served; features"):
        for requests, base in ((3000, -1.4), (3000, -4.0), (20000, -6.5)):
            for unequal in (False, True):
                runs = [world(cause, requests, base, seed, unequal) for seed in range(SEEDS)]
                found = [shares(*run) for run in runs]
                mean = {k: np.mean([parts[k] / gap for parts, gap in found]) for k in found[0][0]}
                positives = np.mean([run[1].mean() for run in runs])
                sizes = "unequal" if unequal else "of eight"
                print(f"{cause:27} {100 * positives:5.2f} % {sizes:8}", *(f"{k} {100 * v:.0f} %;" for k, v in mean.items()))
