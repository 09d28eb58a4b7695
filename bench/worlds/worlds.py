"""Sixteen worlds: what is planted, what is innocent, and which verdict and advice are right at each stage of evidence.

Stages: `day1` (the ledger with s0, s5, versions, tier and log source; the A/B), `day2` (point-in-time scores, served
features, production's online scores, tables of counts) and `full` (every state, replays and logs of stages).
"""

import numpy as np
import pandas as pd

import tables
from models import without

from world import OLD, World, chain, nudged

SERVING = ["label-leakage", "feature-parity", "version-skew"]
FUNNEL = ["recall-saturation", "metric-mismatch", "auction-filtering"]
# A gain that is kept on the ledger's rows and is not won online: by these rows, or behind them.
BEYOND_THE_ROWS = ["sampling-bias", *FUNNEL]
NOT_READY = {"day1": ["not_ready"], "day2": ["not_ready"], "full": ["not_ready"]}
NOT_GREEN = {stage: ["not_ready", "inconclusive"] for stage in ("day1", "day2", "full")}
READY = {stage: ["ready"] for stage in ("day1", "day2", "full")}


def advice(day1, day2=None, full=None, actions=None):
    stages = {"day1": day1, "day2": day2 or day1, "full": full or day2 or day1}
    return {stage: {"about": about, "actions": actions} for stage, about in stages.items()}


def shares(base, columns, *steps):
    """Shares of the gap of steps (id, from, to) in all requests: the truth of the population."""
    gap = base.gain(columns["s0"], columns["score_prod"]) - base.gain(columns["s5"], columns["score_prod_online"])
    return {name: base.gain(columns[a], columns[b]) / gap for name, a, b in steps}


def features_and_skew(base, rng):
    """Two families never reach serving, item vectors on tier large are a checkpoint behind; recall has no room."""
    gone = without("title", "item")
    s2 = base.models.candidate(base.rows, **gone)
    stale = base.large & base.some_requests(0.6, rng)
    s3 = np.where(stale, base.models.candidate(base.rows, tower="tower_1", **gone), s2)
    columns = chain(base, rng, s2=s2, s3=s3, item_version=np.where(stale, OLD, "v42"))
    return World(columns, shares(base, columns, ("feature-parity", "s0", "s2"), ("version-skew", "s2", "s3"))
                 | {"recall-saturation": None}, NOT_READY, advice(SERVING, ["label-leakage", "feature-parity"],
                 ["feature-parity"]), expect={"split": {"item_version": OLD}},
                 tables={"features_online": tables.features_online(absent=("title", "item")),
                         "stage_log": tables.stage_log(base, columns["score_prod"], columns["s5"], kept=7)})


def few_clusters(base, rng):
    """A candidate that knows what 1.5 % of the customers (scripted accounts) buy, and is production's elsewhere."""
    per = pd.Series(base.request).groupby(base.rows.customer.to_numpy()).nunique()
    busy = per[per >= 6].index.to_numpy()
    scripted = base.rows.customer.isin(rng.choice(busy, round(0.015 * len(per)), replace=False)).to_numpy()
    known = np.where(base.label == 1, 0.93, 0.03)
    usual = 0.97 * base.production + 0.03 * base.candidate
    return scripted, usual, np.where(scripted, known, usual)


def mirage(base, rng):
    scripted, usual, s0 = few_clusters(base, rng)
    columns = chain(base, rng, s0=s0)
    real = 100 * (base.value(usual) - base.value(base.production))
    keep = ~scripted.reshape(-1, 8)[:, 0]
    return World(columns, {}, NOT_GREEN, advice(["outlier-domination"]), ambiguous=["outlier-domination"],
                 effect=real[keep].mean(), expect={"layer": {"1": ["no", "open"]}})


def clusters_lost(base, rng):
    scripted, usual, s0 = few_clusters(base, rng)
    columns = chain(base, rng, s0=s0, s5=np.where(scripted, base.production, s0))
    return World(columns, {"outlier-domination": 1.0}, NOT_READY, advice(["outlier-domination"]),
                 ambiguous=["recall-saturation"], expect={"layer": {"1": ["no", "open"]}})


def leak_tables(base, share, absent=()):
    late = round(share * base.label.mean() * 60_000)
    return {"features_offline": tables.features_offline(extra=("post_count",)),
            "features_online": tables.features_online(absent=("post_count", *absent)),
            "feature_times": tables.feature_times(60_000, {"post_count": late})}


def leaked(base, rng, share, absent=(), simple=False):
    model, count = base.leaky_candidate(share, rng, simple)
    rows = base.rows.assign(post_count=count, none=0.0)
    pit = model(rows, post_count="none")
    served = model(rows, post_count="none", **without(*absent))
    return chain(base, rng, s0=model(rows), s2=served, s0_pit=pit, late=count > 0)


def leak(base, rng):
    """A count from after the event, which serving has not; else the candidate knows what production's model knows."""
    columns = leaked(base, rng, 0.25, simple=True)
    return World(columns, shares(base, columns, ("label-leakage", "s0", "s0_pit")), NOT_READY,
                 advice(["label-leakage", "feature-parity"], ["label-leakage"]), ambiguous=["recall-saturation"],
                 tables=leak_tables(base, 0.25), needs={"no_serving_change": True})


def leak_without_pit(base, rng):
    world = leak(base, rng)
    world.guilty = {"label-leakage": None}
    world.ledger_drop = ("s0_pit", "event_ts", "feature_ts")
    return world


def leak_and_features(base, rng):
    columns = leaked(base, rng, 0.2, absent=("title", "item"))
    parts = shares(base, columns, ("label-leakage", "s0", "s0_pit"), ("feature-parity", "s0_pit", "s2"))
    return World(columns, parts, NOT_READY, advice(["label-leakage", "feature-parity"], ["label-leakage"]),
                 ambiguous=["recall-saturation"], tables=leak_tables(base, 0.2, absent=("title", "item")))


def log_mix(base, rng):
    """A specialist for what was bought before; the eval set is nearly all of that, production serves little of it."""
    usual = 0.95 * base.production + 0.05 * base.candidate
    columns = chain(base, rng, s0=np.where(base.repeat, base.candidate, usual))
    rows = base.repeat | (rng.random(len(base.repeat)) < 0.08)
    return World(columns, {"sampling-bias": 1.0}, {"day1": ["ready", "inconclusive", "not_ready"],
                 "day2": ["not_ready"], "full": ["not_ready"]},
                 advice(BEYOND_THE_ROWS, ["sampling-bias"]), ambiguous=["recall-saturation"],
                 ledger_rows=rows, needs={"from": "day2"})


def old_checkpoint(base, rng):
    """A fifth of the requests is served by the checkpoint before, fitted to other units, on the index of today."""
    old = base.some_requests(0.2, rng)
    columns = chain(base, rng)
    columns["s5"] = np.where(old, base.models.old(base.rows, tower="tower_2"), columns["s4"])
    columns["served_version"] = np.where(old, OLD, "v42")
    # On day one a won A/B beside a loss by production's offline score may as well be production's own staleness.
    verdicts = NOT_READY | {"day1": ["not_ready", "inconclusive"]}
    return World(columns, shares(base, columns, ("checkpoint-identity", "s4", "s5")), verdicts, advice(["checkpoint-identity"]),
                 ambiguous=["recall-saturation"], expect={"split": {"served_version": OLD}})


def old_checkpoint_without_replay(base, rng):
    world = old_checkpoint(base, rng)
    world.ledger_drop = ("s2", "s3", "s4", "prod_s2", "prod_s3", "prod_s4")
    return world


def pacing(base, rng):
    """Served as evaluated; in nine of ten requests a pacing filter brings back what production would have shown."""
    columns = chain(base, rng)
    unfiltered = 100 * (base.value(columns["s5"]) - base.value(base.production)).mean()
    return World(columns, {"auction-filtering": 1.0}, NOT_GREEN,
                 advice(BEYOND_THE_ROWS, FUNNEL, ["auction-filtering"]),
                 effect=0.1 * unfiltered, needs={"from": "full", "no_serving_change": True},
                 tables={"survival": tables.survival(rng, paced=0.12),
                         "filter_replay": tables.filter_replay(base, base.production, columns["s5"], rng, 0.9)})


def too_little_power(base, rng):
    columns = chain(base, rng)
    return World(columns, {}, {stage: ["inconclusive"] for stage in READY}, advice(None, actions=["gather_evidence"]),
                 requests_in_experiment=250, needs={"says": "standard error", "says_from": "day2"})


def unrelated_arms(base, rng, moved=()):
    """Eight arms whose online deltas have nothing to do with their gains; with `moved`, ranks of gain, online follows recall."""
    arms = tables.past_arms(base, rng).iloc[:8].copy()
    arms["offline_delta"] = np.sort(rng.uniform(0.012, 0.045, 8))[rng.permutation(8)]
    noise = rng.normal(0, 1, 8)
    x = arms.offline_delta - arms.offline_delta.mean()
    noise -= noise.mean() + x * (noise @ x) / (x @ x)
    arms["online_delta"] = 2.2 * noise / noise.std()
    if moved:
        # One of the better and one of the worse offline.
        rank = np.argsort(np.argsort(arms.offline_delta.to_numpy()))
        recall = np.where(np.isin(rank, moved), rng.uniform(0.03, 0.045, 8), rng.normal(0, 0.0015, 8))
        arms["online_delta"] = 170 * recall + rng.normal(0, 0.67, 8)
        arms["recall_delta"], arms["recall_se"] = recall, 0.002
    return arms


def mismatch(base, rng):
    columns = chain(base, rng)
    return World(columns, {"metric-mismatch": None}, NOT_GREEN, advice(BEYOND_THE_ROWS, FUNNEL), effect=0.1,
                 needs={"from": "day2", "no_serving_change": True}, ambiguous=["recall-saturation"],
                 tables={"arms": unrelated_arms(base, rng), "filter_replay": None})


def both_stale(base, rng):
    """Half of the requests meet an index one checkpoint behind: production's model loses by it, the candidate less."""
    stale = base.some_requests(0.5, rng)
    s3 = np.where(stale, base.models.candidate(base.rows, tower="tower_1"), base.candidate)
    own = np.where(stale, base.models.production(base.rows, tower="tower_1"), base.production)
    columns = chain(base, rng, s3=s3, score_prod_online=own, prod_s3=own, prod_s4=own,
                    item_version=np.where(stale, OLD, "v42"))
    return World(columns, {}, READY, advice(None, actions=["ship"]), needs={"production_online_on_day1": True})


def never_served(base, rng):
    """The candidate is better on what is scored offline and never served; of a request four items are."""
    rank = np.argsort(np.argsort(-base.production.reshape(-1, 8), axis=1), axis=1).ravel()
    served = rank < 4
    usual = 0.97 * base.production + 0.03 * base.candidate
    better = np.where(base.label == 1, np.maximum(base.candidate, base.production), base.candidate)
    s0 = np.where(served, usual, np.where(rng.random(len(served)) < 0.5, better, base.candidate))
    columns = chain(base, rng, s0=s0, served=served.astype(int))
    return World(columns, {}, NOT_GREEN, advice(None, actions=["gather_evidence", "scope_change"]),
                 effect=100 * (base.value(np.where(served, usual, 0)) - base.value(base.production)).mean(),
                 ambiguous=["sampling-bias", *FUNNEL], expect={"joins": True}, needs={"says": "served"})


def healthy(base, rng):
    columns = chain(base, rng)
    return World(columns, {}, READY, advice(None, actions=["ship"]))


def recall_in_two_arms(base, rng):
    """Online follows recall alone: of eight arms it moved in two, and here it does not."""
    columns = chain(base, rng)
    other = nudged(base.production, 0.05, rng)
    return World(columns, {"recall-saturation": None}, NOT_GREEN,
                 advice(BEYOND_THE_ROWS, ["recall-saturation", "metric-mismatch"]), effect=0.1, ambiguous=["metric-mismatch"],
                 needs={"from": "day2", "no_serving_change": True},
                 tables={"arms": unrelated_arms(base, rng, moved=(2, 5)), "filter_replay": None,
                         "stage_log": tables.stage_log(base, base.production, other)})


WORLDS = {
    "01-features-and-skew": features_and_skew, "02-mirage": mirage, "03-clusters-lost": clusters_lost,
    "04-leak": leak, "05-leak-without-pit": leak_without_pit, "06-leak-and-features": leak_and_features,
    "07-log-mix": log_mix, "08-old-checkpoint": old_checkpoint,
    "09-old-checkpoint-without-replay": old_checkpoint_without_replay, "10-pacing": pacing,
    "11-too-little-power": too_little_power, "12-mismatch": mismatch, "13-both-stale": both_stale,
    "14-never-served": never_served, "15-healthy": healthy, "16-recall-in-two-arms": recall_in_two_arms,
}
