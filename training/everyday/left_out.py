"""What the recipe is worth where something is left out of training: a whole data set, or some classes.

    python training/everyday/left_out.py sets --data ../shared/data --cache CACHE --seeds 0 1 2
    python training/everyday/left_out.py classes --data ../shared/data --cache CACHE --seeds 0 1 2

``sets``: each skeleton set in turn is seen by a model that learnt from all the others, from clips and from
the actor (who shows all classes); all of its subjects are asked. ``classes``: some classes
in turn are shown to a model that never saw them, and it should say *other* or nothing. How well it
keeps them apart from the classes that it knows is given as AUROC (of the probability of the best
class that is not *other*), and as false alarms an hour. Both kinds are judged on the held-out parts of the
sets and on the clips of fold 0 (one uploader), which these models do not learn from, with a temperature and
thresholds fixed on what the networks of crossval.py say of the other folds. What is there already is not
computed again. To save time, one network is asked, not the mean of several that is shipped.
"""

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from calibration import (
    OTHER,
    Calibration,
    SpanLogits,
    calibrate,
    load,
    names_given,
    probabilities,
    smoothed,
)
from corpus import STORE_RATE_HZ, Item, Store
from crossval import fold_of, load_items
from fitting import FitSettings, fit, item_logits, mean_probabilities
from numpy.typing import NDArray
from vocabulary import CLASS_NAMES, LABELS

STRIDE_S = 0.2
# Which classes are left out together: of each kind, hands, legs, and floor, one or two.
CLASS_GROUPS: tuple[tuple[str, ...], ...] = (
    ("kick", "clap", "push_up"),
    ("throw", "wave_two_hands", "squat"),
    ("punch", "jumping_jack", "sit_up"),
    ("wave_one_hand", "pick_up", "jump"),
)
# The clips that classes left out are judged on.
FOLD = 0


def leave_out_set(store: Store, source: str, seed: int, steps: int) -> dict[str, Any]:
    """How many items of a set (clips, or people in them) a model that never saw it names right."""
    asked = np.flatnonzero((store.source == source) & ~store.at_rest)
    net = fit(store, store.source != source, seed, FitSettings(steps=steps, members=1), log=lambda _: None)
    logits, owner = item_logits(net, store, asked)
    best = mean_probabilities(logits, owner, asked).argmax(axis=1)
    classes = {}
    for k, name in enumerate(CLASS_NAMES):
        here = best[store.target[asked, k] > 0]
        if len(here):
            classes[name] = {CLASS_NAMES[b]: int(n) for b, n in enumerate(np.bincount(here)) if n}
    right = float((store.target[asked, best] > 0).mean())
    return {"items": len(asked), "right, %": 100 * right, "classes": classes}


def leave_out_classes(
    store: Store, clips: Store, group: Sequence[str], seed: int, steps: int, calibration: Calibration
) -> dict[str, Any]:
    """AUROC and false alarms of a model that never saw the classes of the group.

    Nothing is learnt from a recording that shows one of them anywhere: windows reach into their neighbours.
    """
    folds = fold_of([item.group for s in (store, clips) for item in s.items if _is_clip(item.source)])
    of_fold = np.array([_is_clip(i.source) and folds[i.group] == FOLD for i in store.items])
    in_test = np.array([folds[i.group] == FOLD for i in clips.items])
    unknown = store.target[:, [CLASS_NAMES.index(name) for name in group]].sum(axis=1) > 0
    recording = np.array([f"{i.source} {_recording(i)}" for i in store.items])
    shown = ~store.held_out & ~of_fold & ~np.isin(recording, recording[unknown])
    net = fit(store, shown, seed, FitSettings(steps=steps, members=1), log=lambda _: None)
    tests = ((store, store.held_out & ~store.at_rest), (clips, in_test))
    spans = [span for s, use in tests for span in spans_of(net, s, np.flatnonzero(use))]
    return refusal(spans, set(group), calibration)


def _recording(item: Item) -> str:
    return item.name.split(" ")[0] if _is_clip(item.source) else item.name


def spans_of(net: Any, store: Store, index: NDArray[np.intp]) -> list[tuple[SpanLogits, float]]:
    """What is said along each item, and how many seconds of it are judged."""
    logits, owner = item_logits(net, store, index, STRIDE_S)
    order = np.argsort(owner, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(owner[order])) + 1)
    out = []
    for rows in parts:
        item = store.items[int(owner[rows[0]])]
        right = frozenset(CLASS_NAMES[k] for k in np.flatnonzero(store.target[owner[rows[0]]]))
        out.append((SpanLogits(item.name, right, 0, (logits[rows],)), _seconds(item)))
    return out


def _seconds(item: Item) -> float:
    return max((item.high - item.low) / STORE_RATE_HZ, STRIDE_S)


def refusal(
    spans: Sequence[tuple[SpanLogits, float]], unknown: set[str], calibration: Calibration
) -> dict[str, float]:
    """How well spans of unknown classes, and of other motion, are kept apart from known actions.

    A false alarm is a run of windows that are named; every span begins anew.
    """
    scores: dict[str, list[float]] = defaultdict(list)
    alarms: dict[str, list[float]] = defaultdict(list)
    named: dict[str, list[bool]] = defaultdict(list)
    for span, seconds in spans:
        if span.right <= unknown:
            kind = "unknown"
        elif span.right == {"other"}:
            kind = "other"
        elif span.right & (unknown | {"other"}):
            continue  # two things at once, of which one is known
        else:
            kind = "known"
        p = smoothed(probabilities(span.tracks[0], calibration.temperature)).mean(axis=0)
        scores[kind].append(float(np.delete(p, OTHER).max()))
        given = names_given(span, calibration)
        acts = (given >= 0) & (given != OTHER)
        begins = acts & ~np.concatenate([[False], acts[:-1]])
        alarms[kind] += [float(begins.sum()), seconds]
        named[kind].append(bool(acts.mean() > 0.5))
    return {
        "AUROC, unknown": auroc(scores["known"], scores["unknown"]),
        "AUROC, other": auroc(scores["known"], scores["other"]),
        "unknown named, %": 100 * float(np.mean(named["unknown"])),
        "other named, %": 100 * float(np.mean(named["other"])),
        "known named, %": 100 * float(np.mean(named["known"])),
        "false alarms an hour of unknown motion": _per_hour(alarms["unknown"]),
        "false alarms an hour of other motion": _per_hour(alarms["other"]),
    }


def auroc(higher: Sequence[float], lower: Sequence[float]) -> float:
    """The chance that a random one of `higher` is above a random one of `lower`."""
    ranks = np.sort(np.asarray(lower))
    below = np.searchsorted(ranks, higher, side="left") + np.searchsorted(ranks, higher, side="right")
    return float(below.mean() / (2 * len(ranks)))


def _per_hour(counts_and_seconds: Sequence[float]) -> float:
    return 3600 * sum(counts_and_seconds[::2]) / sum(counts_and_seconds[1::2])


def _is_clip(source: str) -> bool:
    return source in ("videos", "up-fall")


def set_table(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Markdown: a row for each set."""
    lines = [
        "| left out | items | right, % | class by class, % (most often taken for) |",
        "|---|---|---|---|",
    ]
    for source, runs in found.items():
        each = []
        for name in runs[0]["classes"]:
            given = sum((Counter(run["classes"].get(name, {})) for run in runs), Counter())
            others = Counter({k: n for k, n in given.items() if k != name})
            share = 100 * given[name] / given.total()
            taken = f" ({others.most_common(1)[0][0]})" if share < 80 else ""
            each.append(f"{name} {share:.0f}{taken}")
        right = _cell([run["right, %"] for run in runs])
        lines.append(f"| {source} | {runs[0]['items']} | {right} | {', '.join(each)} |")
    return "\n".join(lines) + "\n"


def class_table(found: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """Markdown: a row for each group of classes, and one for their mean by seed."""
    columns = list(next(iter(found.values()))[0])
    lines = ["| left out | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    for group, runs in found.items():
        cells = [_cell([run[name] for run in runs]) for name in columns]
        lines.append(f"| {group} | " + " | ".join(cells) + " |")
    seeds = min(map(len, found.values()))
    means = [
        _cell([np.mean([runs[n][name] for runs in found.values()]) for n in range(seeds)]) for name in columns
    ]
    lines.append("| mean | " + " | ".join(means) + " |")
    return "\n".join(lines) + "\n"


def _cell(values: Sequence[float]) -> str:
    digits = 3 if np.mean(values) < 1 else 1
    return f"{np.mean(values):.{digits}f} ± {np.std(values):.{digits}f}"


def run(options: argparse.Namespace) -> None:
    """All that is not in the folder yet, seed by seed, then the table."""
    train, test = load_items(options.data, options.cache, options.actor)
    store, clips = Store(train), Store(test)
    options.out.mkdir(parents=True, exist_ok=True)
    left_out = [(source,) for source in LABELS] if options.mode == "sets" else CLASS_GROUPS
    for seed in options.seeds:
        for names in left_out:
            target = options.out / f"{options.mode}-{'-'.join(names)}-seed{seed}.json"
            if target.exists():
                continue
            started = time.process_time()
            if options.mode == "sets":
                found = leave_out_set(store, names[0], seed, options.steps)
            else:
                found = leave_out_classes(
                    store, clips, names, seed, options.steps, calibration_of(options.crossval, seed)
                )
            target.write_text(json.dumps(found) + "\n")
            print(f"{target.stem}: {time.process_time() - started:.0f} CPU s", flush=True)
    rows = {
        ", ".join(names): [
            json.loads((options.out / f"{options.mode}-{'-'.join(names)}-seed{seed}.json").read_text())
            for seed in options.seeds
        ]
        for names in left_out
    }
    text = set_table(rows) if options.mode == "sets" else class_table(rows)
    (options.out / f"{options.mode}.md").write_text(text)
    print(text)


def calibration_of(folder: Path, seed: int) -> Calibration:
    """What is fixed on folds that are not asked, of networks alone."""
    _, spans, _ = load(folder, members=1)
    return calibrate([[span for span in spans[seed] if span.fold != FOLD]])


def main() -> None:
    """Command line."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mode", choices=["sets", "classes"])
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--cache", type=Path, required=True, help="poses from extract.py and actor.py")
    parser.add_argument("--out", type=Path, default=Path("runs/left_out"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=FitSettings().steps)
    parser.add_argument("--actor", type=int, default=400, help="performances seen as true joints")
    parser.add_argument("--crossval", type=Path, default=Path("runs/crossval"), help="what crossval.py wrote")
    run(parser.parse_args())


if __name__ == "__main__":
    main()
