"""Writes the worlds: python bench/worlds/generate.py --transactions transactions.parquet --out FOLDER [--seeds 1 2].

The transactions are UCI Online Retail as one Parquet file (examples/online-retail says where it is from and under
which licence). Needs numpy, pandas, pyarrow, scipy and scikit-learn; about a minute a seed. A folder
FOLDER/WORLD/SEED/STAGE holds policy.yml, release.yml, the ledger and the tables; FOLDER/WORLD/SEED/truth.json what is
true.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

import tables
from world import HYPOTHESES, LIVE, Base, loss
from worlds import WORLDS

ALWAYS = ["request_id", "item_id", "label", "cluster", "log_source", "tier", "score_prod", "s0", "s5", "served_version",
          "item_version"]
DAY2 = ["s0_pit", "s2", "score_prod_online", "event_ts", "feature_ts"]
FULL = ["s3", "s4", "prod_s2", "prod_s3", "prod_s4"]
TABLES = {
    "day1": ["outcome"],
    "day2": ["outcome", "mix", "features_offline", "features_online", "feature_times", "serving_health", "arms",
             "funnel", "survival"],
}
TABLES["full"] = TABLES["day2"] + ["latency", "stage_log", "filter_replay", "ramp", "build_rows"]
ONLINE = ["s2", "s3", "s4", "s5", "score_prod_online", "prod_s2", "prod_s3", "prod_s4", "served_version",
          "item_version"]


def whole_ledger(base, world, rng):
    """Every request's rows with every column; the caller keeps what a stage has."""
    rows = base.rows
    late = world.columns.pop("late", np.zeros(len(rows), bool))
    hours = rng.integers(3600, 30 * 3600, len(rows))
    ledger = pd.DataFrame(dict(
        request_id=rows.request_id, item_id=rows.item_id, label=base.label, cluster="c" + rows.customer.astype(str),
        log_source=np.where(base.repeat, "repeat", "fresh"), tier=np.where(base.large, "large", "small"),
        event_ts=base.event, feature_ts=np.where(late, base.event + hours, base.event - hours), **world.columns))
    if "served" in ledger:
        ledger.loc[ledger.served == 0, ONLINE] = None
    return ledger


def experiment(base, world, rng):
    """(true effect, table): sales of a hundred requests, treatment less control, with the errors of an A/B."""
    c = world.columns
    effect = world.effect
    if effect is None:
        effect = 100 * (base.value(c["s5"]) - base.value(c["score_prod_online"])).mean()
    while True:
        table = tables.outcome(effect, world.requests_in_experiment, rng)
        error = (table.online_delta[0] - effect) / table.online_se[0]
        # A draw far from the truth would make another world of it: none that is flat, or lacks power, wins by luck.
        flat = abs(effect) < 2 * table.online_se[0]
        if abs(error) < 1.5 and not (flat and reading(table) != "flat"):
            return effect, table


def reading(table):
    """What the A/B shows by its own error: won or lost where its one-sided 95 % bound is on one side of 0."""
    z = table.online_delta[0] / table.online_se[0]
    return "won" if z > 1.645 else "lost" if z < -1.645 else "flat"


def tables_of(base, world, ledger, rng):
    c = world.columns
    served = ledger[ledger.served == 1] if "served" in ledger else ledger
    mix = served.groupby(["log_source", "tier"]).size().rename("prod_share").reset_index()
    mix.prod_share /= mix.prod_share.sum()
    sampled = ledger[base.sampled]
    built = dict(
        mix=mix, features_offline=tables.features_offline(), features_online=tables.features_online(),
        feature_times=tables.feature_times(60_000), serving_health=tables.serving_health(rng),
        latency=tables.latency(rng), arms=tables.past_arms(base, rng), funnel=tables.funnel(rng),
        survival=tables.survival(rng), stage_log=tables.stage_log(base, c["score_prod_online"], c["s5"]),
        filter_replay=tables.filter_replay(base, c["score_prod_online"], c["s5"], rng),
        ramp=tables.ramp(*(loss(base.label, c[name]).mean() for name in ("s5", "score_prod_online")), rng),
        build_rows=tables.build_rows(base, sampled, rng))
    return built | world.tables


def write_stage(folder, stage, ledger, built, world, reported):
    folder.mkdir(parents=True, exist_ok=True)
    columns = ALWAYS + (["served"] if "served" in ledger else [])
    if world.needs.get("production_online_on_day1"):
        columns = columns + ["score_prod_online"]
    columns += [c for c in (DAY2 if stage != "day1" else []) + (FULL if stage == "full" else []) if c not in columns]
    ledger[[c for c in columns if c not in world.ledger_drop]].to_parquet(folder / "ledger.parquet", index=False)
    lines = [f"release: candidate-{folder.parent.parent.name}", f"live: {LIVE}", "evidence:"]
    lines.append(f"  ledger: {{path: ledger.parquet, reported_gain: {reported:.6f}}}" if stage == "full" and
                 "served" in ledger else "  ledger: ledger.parquet")
    for name in TABLES[stage]:
        if built.get(name) is not None:
            built[name].to_csv(folder / f"{name}.csv", index=False)
            lines.append(f"  {name}: {name}.csv")
    (folder / "release.yml").write_text("\n".join(lines) + "\n")
    (folder / "policy.yml").write_text("policy: why\nchecks: all\n")


def write_world(out, name, base, seed):
    rng = np.random.default_rng([seed, 100 + list(WORLDS).index(name)])
    world = WORLDS[name](base, rng)
    ledger = whole_ledger(base, world, rng)
    effect, table = experiment(base, world, rng)
    built = tables_of(base, world, ledger, rng) | {"outcome": table}
    kept = base.sampled if world.ledger_rows is None else base.sampled & world.ledger_rows
    c, se = world.columns, float(table.online_se[0])
    whole = world.ledger_rows if world.ledger_rows is not None else np.ones(len(ledger), bool)
    on = (c["served"] == 1) if "served" in c else np.ones(len(ledger), bool)
    truth = dict(
        gain_offline=base.gain(c["s0"], c["score_prod"], whole),
        gain_online=base.gain(np.asarray(c["s5"], float), np.asarray(c["score_prod_online"], float), on),
        effect=effect, se=se, experiment=reading(table),
        guilty=world.guilty, innocent=[h for h in HYPOTHESES if h not in world.guilty and h not in world.ambiguous],
        ambiguous=world.ambiguous, verdicts=world.verdicts, advice=world.advice, expect=world.expect,
        needs=world.needs)
    for stage in ("day1", "day2", "full"):
        write_stage(out / name / str(seed) / stage, stage, ledger[kept], built, world, truth["gain_offline"])
    (out / name / str(seed) / "truth.json").write_text(json.dumps(truth, indent=1, default=float) + "\n")
    print(f"{name} {seed}: gain {truth['gain_offline']:+.4f} offline, {truth['gain_online']:+.4f} online; A/B "
          f"{effect:+.2f} ± {se:.2f} ({truth['experiment']}); {kept.sum():,} rows; "
          + ", ".join(f"{k} {'' if v is None else f'{v:.0%}'}" for k, v in world.guilty.items()), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--transactions", required=True)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--worlds", nargs="+", default=list(WORLDS))
    args = parser.parse_args()
    for seed in args.seeds:
        base = Base(args.transactions, seed)
        for name in args.worlds:
            write_world(args.out, name, base, seed)


if __name__ == "__main__":
    main()
