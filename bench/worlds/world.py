"""What all worlds share: real requests with both models' scores, the chain of serving, and what selection is worth."""

from dataclasses import dataclass, field

import numpy as np

from models import PRODUCTION, Family, Models, logistic, trees
from retail import FEATURES, ROWS, SPLIT, requests

SHOWN = 2                               # of a request's eight items are shown
LEDGER_REQUESTS = 3400
LIVE, OLD = "v42", "v41"
HYPOTHESES = ["sampling-bias", "label-leakage", "outlier-domination", "eval-set-construction", "exposure-bias",
              "feature-parity", "version-skew", "precision-parity", "checkpoint-identity", "serving-health",
              "recall-saturation", "metric-mismatch", "auction-filtering"]
STATES = ["s0", "s2", "s3", "s4", "s5"]


def loss(label, p):
    p = np.clip(p, 1e-7, 1 - 1e-7)
    return -np.where(label == 1, np.log(p), np.log1p(-p))


class Base:
    """The requests after the split, both models' scores of them, and which requests the ledger holds."""

    def __init__(self, transactions, seed):
        rows = requests(transactions, seed)
        self.models = Models(rows, seed)
        self.rows = rows[rows.day >= SPLIT].reset_index(drop=True)
        self.label = self.rows.label.to_numpy()
        self.production = self.models.production(self.rows)
        self.candidate = self.models.candidate(self.rows)
        self.arms = [arm(self.rows) for arm in self.models.arms]
        self.large = (self.rows.reach_28d < 15).to_numpy()
        self.repeat = (self.rows.bought_count > 0).to_numpy()
        self.request = np.arange(len(self.rows)) // ROWS
        rng = np.random.default_rng([seed, 2])
        self.sampled = np.isin(self.request, rng.choice(self.request[-1] + 1, LEDGER_REQUESTS, replace=False))
        self.seed = seed
        # The first request at 8 in the morning; seconds since 1970.
        day = self.rows.day.astype("int64").to_numpy()
        day = day // (10**9 if day.max() > 10**17 else 10**6 if day.max() > 10**14 else 10**3)
        self.event = day + 8 * 3600 + self.request % 30_000

    def value(self, score):
        """What a request sells through the items that are shown: labels of its first SHOWN by score."""
        order = np.argsort(-score.reshape(-1, ROWS), axis=1, kind="stable")[:, :SHOWN]
        return np.take_along_axis(self.label.reshape(-1, ROWS), order, 1).sum(1)

    def row_gain(self, score):
        """Log loss gained over production's model, a row."""
        return loss(self.label, self.production) - loss(self.label, score)

    def gain(self, of, over, mask=slice(None), weight=None):
        d = (loss(self.label, over) - loss(self.label, of))[mask]
        return np.average(d, weights=None if weight is None else weight[mask])

    def some_requests(self, share, rng):
        return (rng.random(self.request[-1] + 1) < share)[self.request]

    def leaky_candidate(self, share, rng, simple=False):
        """A candidate that was trained with that count, and the count on the ledger's rows; `simple`: all it adds."""
        train = self.models.train
        train = train.assign(post_count=joined_late(train.label.to_numpy(), share, rng))
        features = (PRODUCTION if simple else FEATURES) + ["post_count"]
        model = logistic(train, features) if simple else trees(train, features, self.seed + 70, iterations=30)
        return Family(model, features), joined_late(self.label, share, rng)


def joined_late(label, share, rng):
    """A count of purchases that for `share` of the rows was joined after the event, so that it holds the label."""
    return np.where(rng.random(len(label)) < share, label, 0).astype(float)


def nudged(p, sd, rng):
    """Scores at a precision that is worth `sd` in the logit."""
    p = np.clip(p, 1e-7, 1 - 1e-7)
    return 1 / (1 + np.exp(-(np.log(p / (1 - p)) + rng.normal(0, sd, len(p)))))


@dataclass
class World:
    """Columns of all requests, the tables that differ from a healthy system's, and the truth."""

    columns: dict
    #: shares of the gap by hypothesis; None where it has none
    guilty: dict
    #: by stage: what the verdict may be
    verdicts: dict
    #: by stage: {about: hypotheses that the first advice may be about, actions: what it may be}
    advice: dict
    #: neither guilty nor innocent
    ambiguous: list = field(default_factory=list)
    #: lost, flat or won: never READY unless it is won
    experiment: str = "flat"
    ledger_rows: np.ndarray | None = None
    tables: dict = field(default_factory=dict)
    ledger_drop: tuple = ()
    requests_in_experiment: int = 20_000
    effect: float | None = None
    expect: dict = field(default_factory=dict)
    needs: dict = field(default_factory=dict)


def chain(base, rng, s0=None, s2=None, s3=None, s4=None, s5=None, **others):
    """The states of serving; one that is not given is the state before it."""
    s0 = base.candidate if s0 is None else s0
    s2 = s0 if s2 is None else s2
    s3 = s2 if s3 is None else s3
    s4 = nudged(s3, 0.001, rng) if s4 is None else s4
    s5 = s4 if s5 is None else s5
    columns = dict(score_prod=base.production, s0=s0, s0_pit=s0, s2=s2, s3=s3, s4=s4, s5=s5)
    columns.update(others)
    columns.setdefault("score_prod_online", columns["score_prod"])
    for state in ("s2", "s3", "s4"):
        columns.setdefault(f"prod_{state}", columns["score_prod"])
    n = len(base.label)
    columns.setdefault("served_version", np.full(n, LIVE))
    columns.setdefault("item_version", np.full(n, LIVE))
    return columns
