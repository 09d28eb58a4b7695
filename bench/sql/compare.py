"""Two reports of the same rows, one over them and one from a state: every place in which they differ."""
import math

# Metrics of the order of all rows, which a state counts in bins of the scores.
ORDERED = ("roc_auc", "average_precision")
# Sums of the same numbers in another order.
ROUNDING = 1e-6


def curve(report):
    """The points of a report's curve by what they are of."""
    (check,) = [one for one in report["checks"] if "curve" in one]
    return {(p["metric"], str(sorted(p["slice"].items())), str(p["distance"])): p for p in check["curve"]}


def findings(report):
    (check,) = [one for one in report["checks"] if "curve" in one]
    return {(f["rule"], f["metric"], str(sorted(f["slice"].items())), str(f["at"])): f for f in check["findings"]}


def differences(one, other, path=""):
    """Every place in which two values of JSON differ by more than rounding."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(set(one) | set(other)):
            yield from differences(one.get(key), other.get(key), f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for i, (a, b) in enumerate(zip(one, other)):
            yield from differences(a, b, f"{path}[{i}]")
    elif isinstance(one, (int, float)) and isinstance(other, (int, float)) and not isinstance(one, bool):
        if not math.isclose(one, other, rel_tol=ROUNDING, abs_tol=1e-12):
            yield f"{path}: {one} and {other}"
    elif one != other:
        yield f"{path}: {one} and {other}"


def binned(one, other):
    """Says that bins of the scores may have moved a point: a metric of order whose value is not the same number."""
    return one["metric"] in ORDERED and next(differences(one, other), None) is not None


def outside(one, other):
    """Why an interval from bins does not hold the one over the rows, as far as errors of influences allow; None where it does."""
    numbers = [p[name] for p in (one, other) for name in ("lower", "value", "upper")]
    if any(n is None for n in numbers):
        # What is not known over the rows is not known from a state.
        gaps = [[p[name] is None for name in ("lower", "value", "upper")] for p in (one, other)]
        return None if gaps[0] == gaps[1] else "a figure that one alone has"
    room = 0.001 * (one["upper"] - one["lower"]) + 1e-9
    if other["lower"] - room <= one["lower"] <= one["upper"] <= other["upper"] + room:
        return None
    return f"[{one['lower']}, {one['upper']}] is not within [{other['lower']}, {other['upper']}]"


def opposite(one, other):
    """A verdict that bins have turned: they may leave a cell open, and no more."""
    return one["verdict"] != other["verdict"] and other["verdict"] != "inconclusive"


# What a state alone says, and what needs the rows.
OF_A_STATE = ("judged from a state:", "the state counts")
NEEDS_VECTORS = ("drift", "remedies", "notices")


def notices_apart(one, other):
    """Notices that one alone has, but for those that say that it is a state."""
    said = [{n for check in report["checks"] for n in check.get("notices", [])} for report in (one, other)]
    return [n for n in said[0] ^ said[1] if not n.startswith(OF_A_STATE)]


def apart(expected, found):
    """Every difference of two reports, and how many points bins have moved by how much at most."""
    problems, moved = [], []
    ours, theirs = curve(expected), curve(found)
    problems += [f"curve: {key} stands in one alone" for key in set(ours) ^ set(theirs)]
    for key in sorted(set(ours) & set(theirs)):
        one, other = ours[key], theirs[key]
        if binned(one, other):
            moved.append((key, abs((one["value"] or 0) - (other["value"] or 0))))
            why = outside(one, other)
            problems += [f"curve: {key}: {why}"] if why else []
        else:
            problems += [f"curve: {key}{place}" for place in differences(one, other)]
    ours, theirs = findings(expected), findings(found)
    problems += [f"findings: {key} stands in one alone" for key in set(ours) ^ set(theirs)]
    by_bins = {key for key in set(ours) & set(theirs) if binned(ours[key], theirs[key])}
    for key in sorted(set(ours) & set(theirs)):
        if key in by_bins:
            problems += [f"findings: {key}: {ours[key]['verdict']} and {theirs[key]['verdict']}"] if opposite(ours[key], theirs[key]) else []
        else:
            problems += [f"findings: {key}{place}" for place in differences(ours[key], theirs[key])]
    # What is said of all findings together follows them.
    turned = any(ours[key]["verdict"] != theirs[key]["verdict"] for key in by_bins)
    for key in sorted(set(expected) | set(found)):
        if key in ("run", "notices") or (turned and key in ("verdict", "headline", "recommendation")):
            continue
        if key == "checks":
            without = ["curve", "findings", "notices", *(["verdict", "remedies"] if turned else []), *(["tonight"] if moved else [])]
            rest = [[{k: v for k, v in check.items() if k not in without} for check in report["checks"]]
                    for report in (expected, found)]
            if any(check.get("drift") for check in expected["checks"]):
                rest = [[{k: v for k, v in check.items() if k not in NEEDS_VECTORS} for check in checks] for checks in rest]
                problems += list(differences(*rest, ".checks"))
                continue
            problems += list(differences(*rest, ".checks"))
            problems += [f"notice: {notice}" for notice in notices_apart(expected, found)]
        elif not moved or key not in ("headline", "recommendation"):
            problems += list(differences(expected.get(key), found.get(key), f".{key}"))
    return problems, moved
