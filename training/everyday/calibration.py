"""Temperature, thresholds and the report, from the logits that crossval.py wrote.

    python training/everyday/calibration.py runs/crossval

The report, clip by clip, is also written into the folder. What it says of a fold comes from a temperature
and thresholds fixed on the other folds; what the shipped model gets, in everyday.json or
everyday-small.json, is fixed on all of them.
"""

import argparse
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from network import NUM_MEMBERS
from numpy.typing import NDArray
from vocabulary import CLASS_NAMES

Array = NDArray[np.float64]
FALL, OTHER = CLASS_NAMES.index("fall"), CLASS_NAMES.index("other")
# A wrong name costs as much as a right one is worth.
WRONG_COST = 1.0
# Of the clips without a fall.
MAX_FALSE_FALLS = 0.03
# What is less likely than that is never named.
LOWEST_THRESHOLD = 0.2
HIGHEST_REJECT = 0.6
# Nearly as the recogniser does by default: windows every 0.2 s (short spans: up to 0.4), a running mean over
# three of them. Its minimum duration and hysteresis are left out.
SMOOTH = 3


@dataclass(frozen=True)
class SpanLogits:
    """What one model says along one labelled span of a video, all tracks after one another."""

    name: str
    right: frozenset[str]
    fold: int
    tracks: tuple[NDArray[np.float32], ...]

    @property
    def clip(self) -> str:
        """The video's path."""
        return self.name.split(" ")[0]


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


def probabilities(logits: NDArray[np.float32], temperature: float = 1.0) -> Array:
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
    logits = np.concatenate([np.concatenate(span.tracks) for span in spans])
    sizes = [sum(map(len, span.tracks)) for span in spans]
    weight = np.repeat(1 / np.array(sizes), sizes)
    right = np.repeat([is_right(span) for span in spans], sizes, axis=0)

    def loss(temperature: float) -> float:
        p = np.where(right, probabilities(logits, temperature), 0).sum(axis=1)
        return -float(weight @ np.log(p.clip(1e-9)))

    return float(min(np.exp(np.linspace(np.log(0.5), np.log(4), 40)), key=loss))


def names_given(span: SpanLogits, calibration: Calibration) -> NDArray[np.intp]:
    """Class of each window of the span, -1 where nothing is said; each is measured by its threshold."""
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
    """Whether two windows in a row (about 0.4 s) of a track are named a fall."""
    for track in span.tracks:
        fall = names_given(replace(span, tracks=(track,)), calibration) == FALL
        if (fall[1:] & fall[:-1]).any() or (len(fall) == 1 and fall.all()):
            return True
    return False


def false_falls(spans: list[SpanLogits], calibration: Calibration) -> dict[str, bool]:
    """For each clip without a fall, whether one is named in it."""
    with_fall = {span.clip for span in spans if "fall" in span.right}
    clips: dict[str, bool] = {}
    for span in spans:
        if span.clip not in with_fall:
            clips[span.clip] = clips.get(span.clip, False) or says_fall(span, calibration)
    return clips


def calibrate(models: list[list[SpanLogits]]) -> Calibration:
    """Temperature, then the lowest threshold of falls with few false ones, then the common one.

    Args:
        models: What each of one or several models says of the spans to calibrate on.

    Raises:
        ValueError: If there are none.
    """
    spans = [span for model in models for span in model]
    if not spans:
        raise ValueError("expected spans of other folds to calibrate on, found none")
    temperature = fit_temperature(spans)
    fall = 1.0
    for candidate in np.arange(0.95, LOWEST_THRESHOLD - 0.01, -0.05):
        # A fall is named most easily where the other classes have the highest threshold.
        trial = Calibration(temperature, HIGHEST_REJECT, float(candidate))
        if np.mean([fell for m in models for fell in false_falls(m, trial).values()]) > MAX_FALSE_FALLS:
            break
        fall = float(round(candidate, 2))
    rejects = [float(round(r, 2)) for r in np.arange(LOWEST_THRESHOLD, HIGHEST_REJECT + 0.01, 0.05)]
    reject = max(rejects, key=lambda r: utility(spans, Calibration(temperature, r, fall)))
    return Calibration(temperature, reject, fall)


# ------------------------------------------------------------------------------------- reading


def load(
    folder: Path, members: int | None = None
) -> tuple[dict[str, Any], dict[int, list[SpanLogits]], dict[int, dict[str, list[float]]]]:
    """Facts, the spans' logits by seed, and the accuracy on each set's held-out part by seed (one a fold)."""
    facts = json.loads((folder / "facts.json").read_text())
    label_of = {e["name"]: frozenset(e["label"].split("|")) for e in facts["expected"]}
    spans: dict[int, list[SpanLogits]] = defaultdict(list)
    sets: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for (seed, fold), paths in networks_of_models(folder, ".npz", members).items():
        files = [_arrays(path) for path in paths]
        owner, set_owner = files[0]["owner"], files[0]["set_owner"]
        logits, set_logits = (np.mean([f[k] for f in files], axis=0) for k in ("logits", "set_logits"))
        tracks: dict[str, list[NDArray[np.float32]]] = defaultdict(list)
        for one in np.unique(owner):
            tracks[facts["clips"][one]].append(logits[owner == one])
        spans[seed] += [SpanLogits(n, label_of[n], fold, tuple(t)) for n, t in tracks.items()]
        for source, accuracy in _set_accuracy(facts, set_logits, set_owner).items():
            sets[seed][source].append(accuracy)
    return facts, dict(spans), {k: dict(v) for k, v in sets.items()}


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def networks_of_models(
    folder: Path, suffix: str, members: int | None = None
) -> dict[tuple[int, int], list[Path]]:
    """Seed and fold -> the files of the networks whose mean is that model.

    crossval.py trains one network for each seed and fold. A model of several takes those of the next seeds to
    it, the first after the last: so the models share networks, and differ less than models apart would.
    """
    num = members or NUM_MEMBERS[json.loads((folder / "facts.json").read_text())["network"]]
    found = {}
    for path in folder.glob(f"seed*_fold*{suffix}"):
        seed, fold = path.stem.removeprefix("seed").split("_fold")
        found[int(seed), int(fold)] = path
    seeds = sorted({seed for seed, _ in found})
    models = {}
    for seed, fold in sorted(found):
        place = seeds.index(seed)
        taken = [seeds[(place + m) % len(seeds)] for m in range(min(num, len(seeds)))]
        # Where a run is not finished, a model is made of the networks that are there.
        models[seed, fold] = [found[one, fold] for one in taken if (one, fold) in found]
    return models


def _set_accuracy(
    facts: dict[str, Any], logits: NDArray[np.float32], owner: NDArray[np.intp]
) -> dict[str, float]:
    hits: dict[str, list[bool]] = defaultdict(list)
    p = probabilities(logits)
    order = np.argsort(owner, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(owner[order])) + 1):
        fact = facts["sets"][str(owner[rows[0]])]
        is_named = CLASS_NAMES[int(p[rows].mean(axis=0).argmax())] in fact["target"]
        hits[fact["source"]].append(is_named)
        hits["all sets together"].append(is_named)
    return {source: float(np.mean(values)) for source, values in hits.items()}


# ----------------------------------------------------------------------------------- reporting


def mean_best(span: SpanLogits, calibration: Calibration) -> str:
    """The class of highest mean probability over all windows of the span."""
    p = np.concatenate([probabilities(t, calibration.temperature) for t in span.tracks])
    return CLASS_NAMES[int(p.mean(axis=0).argmax())]


def judge_seed(facts: dict[str, Any], spans: list[SpanLogits]) -> dict[str, Any]:
    """Figures of one seed, each fold with what was calibrated on the others."""
    cross = {k: calibrate([[s for s in spans if s.fold != k]]) for k in sorted({s.fold for s in spans})}
    best = {s.name: mean_best(s, cross[s.fold]) for s in spans}
    expected = [(e["name"], set(e["label"].split("|"))) for e in facts["expected"]]
    falls = [s for s in spans if "fall" in s.right]
    clips = [
        fell for k in cross for fell in false_falls([s for s in spans if s.fold == k], cross[k]).values()
    ]
    num_falls = sum("fall" in right for _, right in expected)
    other = [s for s in spans if s.right == {"other"}]
    named_other = [_main_name(s, cross[s.fold]) for s in other]
    acts = sum(right != {"other"} for _, right in expected)
    named = [(_main_name(s, cross[s.fold]), s.right) for s in spans if s.right != {"other"}]
    wrong = [name for name, right in named if name != "" and name not in right]
    out: dict[str, Any] = {"best": best, "calibrations": cross}
    for source in ("videos", "up-fall"):
        rows = [(name, right) for name, right in expected if name.startswith(source)]
        out[source] = (sum(best.get(name) in right for name, right in rows), len(rows))
    out["falls found"] = (sum(says_fall(s, cross[s.fold]) for s in falls), num_falls)
    out["false falls"] = (sum(clips), len(clips))
    out["other named as an action"] = (sum(n not in ("", "other") for n in named_other), len(other))
    out["actions named right"] = (sum(n in right for n, right in named), acts)
    out["actions named as another"] = (sum(name != "other" for name in wrong), acts)
    out["actions named *other*"] = (wrong.count("other"), acts)
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


def report(facts: dict[str, Any], results: list[dict[str, Any]], figures: dict[str, Any]) -> str:
    """Markdown: the figures, the most frequent confusions, and span by span what it was taken for."""
    lines = ["| What | % | seeds | of |", "|---|---|---|---|"]
    for name, row in figures.items():
        counts = ", ".join(str(n) for n in row.get("counts", ()))
        lines.append(f"| {name} | {row['percent']} ± {row['spread']} | {counts} | {row.get('of', '')} |")
    confusions: Counter[tuple[str, str]] = Counter()
    spans = ["", "| seeds | clip and seconds | is | taken for |", "|---|---|---|---|"]
    for e in facts["expected"]:
        right = set(e["label"].split("|"))
        best = [r["best"].get(e["name"], "(nobody found)") for r in results]
        wrong = Counter(b for b in best if b not in right)
        confusions.update({(e["label"], name): n for name, n in wrong.items()})
        marks = "".join("+" if b in right else "-" for b in best)
        path, seconds = e["name"].split(" ")[:2]
        taken = ", ".join(wrong)
        spans.append(f"| {marks} | {path} {seconds} | {e['label'].replace('|', ' or ')} | {taken} |")
    lines += ["", "| is | taken for | times |", "|---|---|---|"]
    for (label, name), times in confusions.most_common(15):
        lines.append(f"| {label.replace('|', ' or ')} | {name} | {times} |")
    return "\n".join(lines + spans) + "\n"


NOTE = (
    "percent: mean and standard deviation over models of 3 seeds in grouped cross-validation; models of "
    "several networks share some, so that their spread is too small: see docs/everyday.md"
)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, help="where to write what train.py reads: NETWORK.json")
    parser.add_argument("--members", type=int, help="networks a model is the mean of, if not as shipped")
    options = parser.parse_args()
    facts, spans, sets = load(options.folder, options.members)
    results = [judge_seed(facts, spans[seed]) for seed in sorted(spans)]
    figures = summary(results, sets)
    text = report(facts, results, figures)
    (options.folder / "report.md").write_text(text)
    print(text)
    print("fixed on the other folds:", [list(r["calibrations"].values()) for r in results])
    final = calibrate([spans[seed] for seed in sorted(spans)])
    print("for the shipped model:", final)
    if options.out:
        calibrated = {
            "temperature": round(final.temperature, 3),
            "reject_threshold": final.reject,
            "class_thresholds": {"fall": final.fall},
            "accuracy": {"note": NOTE, **figures},
        }
        options.out.write_text(json.dumps(calibrated, indent=1) + "\n")


if __name__ == "__main__":
    main()
