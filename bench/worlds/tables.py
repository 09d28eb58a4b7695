"""The tables beside the ledger, as a healthy system writes them. A world replaces those that its cause shows in."""

import numpy as np
import pandas as pd

from retail import FAMILIES, FEATURES, ROWS

FAMILY_OF = {name: family for family, names in FAMILIES.items() for name in names}
COVERED = 60_000                        # rows that coverage is counted on, a tier


def features_offline(extra=()):
    rows = [(name, FAMILY_OF[name], 0.15 if name == "days_since_bought" else 1.0, COVERED) for name in FEATURES]
    return pd.DataFrame(rows + [(name, name, 1.0, COVERED) for name in extra],
                        columns=["feature", "family", "coverage", "rows"])


def features_online(absent=(), extra=()):
    """Coverage at the ranker by tier; families in `absent` have no row."""
    rows = [(name, "ranker", tier, 0.15 if name == "days_since_bought" else 1.0, COVERED)
            for name in [*FEATURES, *extra] for tier in ("small", "large") if FAMILY_OF.get(name, name) not in absent]
    return pd.DataFrame(rows, columns=["feature", "artefact", "tier", "coverage", "rows"])


def feature_times(rows, late=None):
    counted = {family: 0 for family in FAMILIES} | (late or {})
    return pd.DataFrame([(family, rows, n) for family, n in counted.items()], columns=["family", "rows", "late"])


def serving_health(rng):
    rows = [(arm, "query", stage, 200_000, 200_000 - rng.poisson(44)) for arm in ("control", "treatment")
            for stage in ("embed", "rank") for _ in range(3)]
    return pd.DataFrame(rows, columns=["arm", "tower", "stage", "requests", "successes"])


def latency(rng):
    out = []
    for arm in ("control", "treatment"):
        for stage, median in (("embed", 8), ("rank", 22)):
            ms = np.exp(rng.normal(np.log(median), 0.35, 20_000))
            upper = np.round(1.1 ** np.ceil(np.log(ms) / np.log(1.1)), 5)
            values, counts = np.unique(upper, return_counts=True)
            out += [(arm, "query", stage, u, n) for u, n in zip(values, counts)]
    return pd.DataFrame(out, columns=["arm", "tower", "stage", "upper_ms", "count"])


def stage_log(base, control, treatment, kept=4):
    """Both arms' models gave `kept` of the eight; what was bought among the candidates of both has won."""
    rank = lambda score: np.argsort(np.argsort(-score.reshape(-1, ROWS), axis=1), axis=1).ravel()
    out, arms = [], {"control": rank(control) < kept, "treatment": rank(treatment) < kept}
    seen = (arms["control"] | arms["treatment"]) & base.sampled
    # An auction also takes candidates that neither model gave.
    seen |= base.sampled & (np.random.default_rng([base.seed, 9]).random(len(seen)) < 0.3)
    for arm, output in arms.items():
        out.append(pd.DataFrame(dict(request_id=base.rows.request_id[seen], arm=arm, item_id=base.rows.item_id[seen],
                                     in_output=output[seen].astype(int), is_winner=base.label[seen])))
    return pd.concat(out)


def past_arms(base, rng, n=20_000):
    """Every arm's gain on requests of its own, and what it sold in an A/B of n requests an arm."""
    rows, own = [], base.value(base.production)
    for k, score in enumerate(base.arms):
        true = 100 * (base.value(score) - own).mean()
        part = rng.choice(len(own), 2500, replace=False)
        mask = np.isin(base.request, part)
        d = pd.Series((base.row_gain(score))[mask]).groupby(base.request[mask]).mean()
        se = 67 * np.sqrt(2 / n)
        rows.append((f"arm_{k + 1}", d.mean(), d.std() / np.sqrt(len(d)), rng.normal(true, se), se))
    return pd.DataFrame(rows, columns=["arm", "offline_delta", "offline_se", "online_delta", "online_se"])


def outcome(effect, n, rng):
    se = 67 * np.sqrt(2 / n)
    return pd.DataFrame([(rng.normal(effect, se), se)], columns=["online_delta", "online_se"])


def funnel(rng):
    rows = [(arm, segment, spend, rng.poisson(n * (1.06 if arm == "treatment" else 1)), 60_000)
            for arm in ("control", "treatment") for segment, spend, n in (("manual", 40_000, 9000), ("auto", 20_000, 5200))]
    return pd.DataFrame(rows, columns=["arm", "segment", "spend", "conversions", "budget"])


def survival(rng, paced=0.04):
    rows = []
    for arm in ("control", "treatment"):
        for reason, dropped in (("budget", 0.03), ("pacing", paced if arm == "treatment" else 0.04)):
            rows.append((arm, "selection", reason, 200_000, 200_000 - rng.binomial(200_000, dropped)))
    return pd.DataFrame(rows, columns=["arm", "stage", "reason", "n_in", "n_out"])


def filter_replay(base, control, treatment, rng, reverted=0.0):
    """Filters take as much from both arms; in `reverted` of the requests they bring back control's choice."""
    back = rng.random(len(control) // ROWS) < reverted
    out, keep = [], base.sampled[::ROWS]
    ids = base.rows.request_id.to_numpy()[::ROWS]
    sold = {"control": base.value(control), "treatment": base.value(treatment)}
    on = {"control": sold["control"], "treatment": np.where(back, sold["control"], sold["treatment"])}
    common = np.minimum(on["control"], on["treatment"])
    for arm in sold:
        dropped = common * (rng.random(len(back)) < 0.05)
        # In the unit of the online metric: sales of a hundred requests.
        out.append(pd.DataFrame(dict(request_id=ids[keep], arm=arm, value_on=100 * (on[arm] - dropped)[keep],
                                     value_off=100 * sold[arm][keep])))
    return pd.concat(out)


def ramp(online_loss, control_loss, rng):
    """Both arms' log loss at every share of the traffic."""
    shares, se = [0.01, 0.05, 0.2, 0.5, 0.9], 0.0012
    return pd.DataFrame([(share, rng.normal(online_loss, se), se, rng.normal(control_loss, se), se) for share in shares],
                        columns=["treatment_share", "metric", "se", "metric_control", "se_control"])


def build_rows(base, ledger, rng):
    """Two builds from the same days, each without a twentieth of the requests."""
    out = []
    for build in ("monday", "tuesday"):
        requests = ledger.request_id.unique()
        part = ledger[ledger.request_id.isin(requests[rng.random(len(requests)) < 0.95])]
        out.append(part[["request_id", "item_id", "label", "score_prod"]].assign(build_id=build, score_cand=part.s0))
    return pd.concat(out)
