"""Temperature, thresholds and the report, from the logits that crossval.py wrote.

    python training/everyday/calibration.py runs/crossval

What is reported for a fold uses a temperature and thresholds fixed on the other folds; what the
shipped model gets, in calibrated.json, is fixed on all of them.
"""

import argparse
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vocabulary import CLASS_NAMES

Array = NDArray[np.float64]
FALL, OTHER = CLASS_NAMES.index("fall"), CLASS_NAMES.index("other")
# A wrong name costs as much as a right one is worth.
WRONG_COST = 1.0
MAX_FALSE_FALLS = 0.03
# As the recogniser does by default: windows every 0.2 s, a running mean over three of them.
SMOOTH = 3


@dataclass(frozen=True)
class SpanLogits:
    """What one model says along one labelled span of a video, all tracks after one another."""

    name: str
    right: frozenset[str]
    fold: int
    tracks: tuple[NDArray[np.float32], ...]


@dataclass(frozen=True)
class Calibration:
    """What turns logits into names."""

    temperature: float
    reject: float
    fall: float

    @property
    def thresholds(self) -> Array:
        """(K,)."""
        out = np.full(len(CLASS_NAMES), self.reject)
        out[FALL] = self.fall
        return out


def probabilities(logits: NDArray[np.float32], temperature: float) -> Array:
    """(N, K)."""
    z = logits.astype(np.float64) / temperature
    z -= z.max(axis=1, keepdims=True)
    return np.asarray(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))


def smoothed(p: Array) -> Array:
    """Running mean over SMOOTH windows, fewer at the ends."""
    half = SMOOTH // 2
    return np.stack([p[max(i - half, 0) : i + half + 1].mean(axis=0) for i in range(len(p))])


def is_right(span: SpanLogits) -> NDArray[np.bool_]:
    """(K,): the classes that are right."""
    return np.array([name in span.right for name in CLASS_NAMES])


def fit_temperature(spans: list[SpanLogits]) -> float:
    """The temperature of least cross-entropy, every span with the same weight."""

    def loss(temperature: float) -> float:
        total = 0.0
        for span in spans:
            p = np.concatenate([probabilities(t, temperature) for t in span.tracks])
            total -= float(np.log(p[:, is_right(span)].sum(axis=1).clip(1e-9)).mean())
        return total

    return float(min(np.exp(np.linspace(np.log(0.5), np.log(4), 40)), key=loss))


def names_given(span: SpanLogits, calibration: Calibration) -> NDArray[np.intp]:
    """Class of each window of the span, -1 where nothing is said: the recogniser's rule."""
    p = np.concatenate([smoothed(probabilities(t, calibration.temperature)) for t in span.tracks])
    factor = p / calibration.thresholds
    return np.where(factor.max(axis=1) >= 1, factor.argmax(axis=1), -1)


def utility(spans: list[SpanLogits], calibration: Calibration) -> float:
    """Right windows minus WRONG_COST times wrong ones; `other` rightly said or left unsaid counts alike."""
    total = 0.0
    for span in spans:
        given = names_given(span, calibration)
        right = is_right(span)[given] & (given >= 0)
        wrong = ~right & (given >= 0) & (given != OTHER)
        worth = 0.0 if span.right == {"other"} else 1.0
        total += worth * right.mean() - WRONG_COST * wrong.mean()
    return total


def says_fall(span: SpanLogits, calibration: Calibration) -> bool:
    """Whether two windows in a row (0.4 s) are named a fall."""
    fall = names_given(span, calibration) == FALL
    return bool((fall[1:] & fall[:-1]).any() or (len(fall) == 1 and fall.all()))


def calibrate(spans: list[SpanLogits]) -> Calibration:
    """Temperature, then the threshold of falls with few false ones, then the common one."""
    temperature = fit_temperature(spans)
    others = [s for s in spans if "fall" not in s.right]
    fall = 0.5
    for candidate in np.arange(0.5, 0.14, -0.05):
        trial = Calibration(temperature, 0.4, float(candidate))
        if np.mean([says_fall(s, trial) for s in others]) > MAX_FALSE_FALLS:
            break
        fall = float(round(candidate, 2))
    rejects = [float(round(r, 2)) for r in np.arange(0.2, 0.61, 0.05)]
    reject = max(rejects, key=lambda r: utility(spans, Calibration(temperature, r, fall)))
    return Calibration(temperature, reject, fall)


# ------------------------------------------------------------------------------------- reading


def load(
    folder: Path,
) -> tuple[dict[str, Any], dict[int, list[SpanLogits]], dict[int, dict[str, list[float]]]]:
    """Facts, the spans' logits by seed, and the accuracy on each set's held-out part by seed (one a fold)."""
    facts = json.loads((folder / "facts.json").read_text())
    label_of = {e["name"]: frozenset(e["label"].split("|")) for e in facts["expected"]}
    spans: dict[int, list[SpanLogits]] = defaultdict(list)
    sets: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted(folder.glob("seed*_fold*.npz")):
        seed, fold = (int(text) for text in path.stem.removeprefix("seed").split("_fold"))
        with np.load(path) as file:
            tracks: dict[str, list[NDArray[np.float32]]] = defaultdict(list)
            for owner in np.unique(file["owner"]):
                name = facts["clips"][owner]["name"]
                tracks[name].append(file["logits"][file["owner"] == owner])
            spans[seed] += [SpanLogits(n, label_of[n], fold, tuple(t)) for n, t in tracks.items()]
            for source, accuracy in _set_accuracy(facts, file["set_logits"], file["set_owner"]).items():
                sets[seed][source].append(accuracy)
    return facts, dict(spans), {k: dict(v) for k, v in sets.items()}


def _set_accuracy(
    facts: dict[str, Any], logits: NDArray[np.float32], owner: NDArray[np.intp]
) -> dict[str, float]:
    hits: dict[str, list[bool]] = defaultdict(list)
    p = probabilities(logits, 1.0)
    order = np.argsort(owner, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(owner[order])) + 1):
        fact = facts["sets"][str(owner[rows[0]])]
        hits[fact["source"]].append(CLASS_NAMES[int(p[rows].mean(axis=0).argmax())] in fact["target"])
    return {source: float(np.mean(values)) for source, values in hits.items()}


# ----------------------------------------------------------------------------------- reporting


def mean_best(span: SpanLogits, temperature: float) -> str:
    """The class of highest mean probability over all windows of the span."""
    p = np.concatenate([probabilities(t, temperature) for t in span.tracks])
    return CLASS_NAMES[int(p.mean(axis=0).argmax())]


def judge_seed(facts: dict[str, Any], spans: list[SpanLogits]) -> dict[str, Any]:
    """Figures of one seed, each fold with what was calibrated on the others."""
    cross = {
        k: calibrate([s for s in spans if s.fold != k] or spans) for k in sorted({s.fold for s in spans})
    }
    best = {s.name: mean_best(s, cross[s.fold].temperature) for s in spans}
    expected = [(e["name"], set(e["label"].split("|"))) for e in facts["expected"]]
    falls = [s for s in spans if "fall" in s.right]
    rest = [s for s in spans if "fall" not in s.right]
    num_falls = sum("fall" in right for _, right in expected)
    other = [s for s in spans if s.right == {"other"}]
    named_other = [_main_name(s, cross[s.fold]) for s in other]
    acts = [s for s in spans if s.right != {"other"}]
    named = [(_main_name(s, cross[s.fold]), s.right) for s in acts]
    out: dict[str, Any] = {"best": best, "calibrations": cross}
    for source in ("videos", "up-fall"):
        rows = [(name, right) for name, right in expected if name.startswith(source)]
        out[source] = (sum(best.get(name) in right for name, right in rows), len(rows))
    out["falls found"] = (sum(says_fall(s, cross[s.fold]) for s in falls), num_falls)
    out["false falls"] = (sum(says_fall(s, cross[s.fold]) for s in rest), len(rest))
    out["other named as an action"] = (sum(n not in ("", "other") for n in named_other), len(other))
    out["actions named right"] = (sum(n in right for n, right in named), len(acts))
    out["actions named wrong"] = (sum(n != "" and n not in right for n, right in named), len(acts))
    return out


def _main_name(span: SpanLogits, calibration: Calibration) -> str:
    """What is said for most of the span; "" when mostly nothing is."""
    given = Counter(names_given(span, calibration).tolist())
    most = given.most_common(1)[0][0]
    return CLASS_NAMES[most] if most >= 0 else ""


def summary(results: list[dict[str, Any]], sets: dict[int, dict[str, list[float]]]) -> dict[str, Any]:
    """Percentages: mean and standard deviation over seeds, with the counts."""
    out: dict[str, Any] = {}
    keys = [key for key in results[0] if key not in ("best", "calibrations")]
    for key in keys:
        values = [100 * r[key][0] / max(r[key][1], 1) for r in results]
        out[key] = {
            "percent": round(float(np.mean(values)), 1),
            "spread": round(float(np.std(values)), 1),
            "of": results[0][key][1],
            "counts": [r[key][0] for r in results],
        }
    for source in sorted({s for by_source in sets.values() for s in by_source}):
        values = [100 * float(np.mean(by_source[source])) for by_source in sets.values()]
        out[f"held-out part of {source}"] = {
            "percent": round(float(np.mean(values)), 1),
            "spread": round(float(np.std(values)), 1),
        }
    return out


def print_spans(facts: dict[str, Any], results: list[dict[str, Any]]) -> None:
    """Span by span: right (+) or wrong (-) in each seed, and what it was taken for."""
    confusions: Counter[tuple[str, str]] = Counter()
    for e in facts["expected"]:
        right = set(e["label"].split("|"))
        best = [r["best"].get(e["name"], "(nobody found)") for r in results]
        wrong = Counter(b for b in best if b not in right)
        confusions.update({(e["label"], name): n for name, n in wrong.items()})
        marks = "".join("+" if b in right else "-" for b in best)
        print(f"| {marks} | {e['name'].replace('|', '/')} | {', '.join(wrong)} |")
    print("most frequent confusions:", confusions.most_common(15))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, help="where to write calibrated.json")
    options = parser.parse_args()
    facts, spans, sets = load(options.folder)
    results = [judge_seed(facts, spans[seed]) for seed in sorted(spans)]
    print_spans(facts, results)
    figures = summary(results, sets)
    print(json.dumps(figures, indent=1))
    print("fixed on the other folds:", [list(r["calibrations"].values()) for r in results])
    final = calibrate([span for seed in sorted(spans) for span in spans[seed]])
    print("for the shipped model:", final)
    if options.out:
        calibrated = {
            "temperature": round(final.temperature, 3),
            "reject_threshold": final.reject,
            "class_thresholds": {"fall": final.fall},
            "accuracy": figures,
        }
        options.out.write_text(json.dumps(calibrated, indent=1) + "\n")


if __name__ == "__main__":
    main()
