"""recsys-eval: two rankers over what each request was shown, nDCG@10 and recall@10 within 2 %."""
import sys
from datetime import datetime, timedelta

import cases
from recsys_eval import Fixture, Interaction, RelevancePolicy
from recsys_eval.gate import GatePolicy, run_gate

START = datetime(2026, 1, 1)


class Ranker:
    """Ranks what a request was shown by its scores; a request's first rows stand first where scores tie."""

    def __init__(self, rows, scores):
        self.shown = {}
        for (request, item, _), score in zip(rows, scores):
            self.shown.setdefault(request, []).append((-score, item))

    def prepare(self, candidates):
        pass

    def rank(self, user, k, exclude):
        return [item for _, item in sorted(self.shown[user], key=lambda pair: pair[0])][:k]


def gate(bootstrap):
    def decide(rows, baseline, candidate, typo=False):
        bought = [Interaction(q, i, "buy", 1.0, START) for q, i, label in rows if label]
        fixture = Fixture.from_interactions(
            bought,
            candidates=sorted({item for _, item, _ in rows}),
            holdout_start=START,
            holdout_end=START + timedelta(days=1),
            policy=RelevancePolicy(positive_kinds=frozenset({"buy"})),
            require_history=False,
        )
        gated = ["ndgc@10" if typo else "ndcg@10", "recall@10"]
        policy = GatePolicy(gated_metrics=gated, tolerance=0.02, bootstrap_samples=bootstrap)
        incumbent = None if baseline is None else Ranker(rows, baseline)
        result = run_gate(Ranker(rows, candidate), incumbent, fixture, policy=policy, ks=(10,))
        return "ships" if result.promoted else "rejects", f"{result.decision.value}: {result.reason}"

    return decide


bootstrap = 2000 if sys.argv[2:] == ["bootstrap"] else None
cases.main(f"recsys-eval, {'bootstrap' if bootstrap else 'point'}", "0.2.0", gate(bootstrap))
