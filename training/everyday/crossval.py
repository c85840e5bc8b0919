"""Grouped cross-validation over the real clips; the skeleton sets' held-out parts beside it.

    python training/everyday/crossval.py --data ../shared/data --cache CACHE --seeds 0 1 2

Every clip is judged by models that never saw its uploader (or, for UP-Fall, its trial); no
model ever sees the held-out parts of the skeleton sets. Nothing is chosen on what is reported:
see `calibration.py` for how thresholds are fixed on the other folds.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from actor import estimated_items, truth_items
from clips import load_spans, span_items
from corpus import Item, Store, skeleton_items
from fitting import FitSettings, fit, item_logits
from vocabulary import CLASS_NAMES

NUM_FOLDS = 4
# The fold of each group; the rest by turns. One uploader has nearly half of the clips.
_FIXED_FOLDS = {"autsadayut1996": 0, "trial1": 1, "trial2": 2}


def fold_of(groups: list[str]) -> dict[str, int]:
    """Group -> fold, spread so that every fold has some uploaders."""
    rest = sorted(set(groups) - set(_FIXED_FOLDS))
    turns = [1, 2, 3, 3]
    return _FIXED_FOLDS | {group: turns[i % len(turns)] for i, group in enumerate(rest)}


def load_items(data: Path, cache: Path, num_actor: int) -> tuple[list[Item], list[Item]]:
    """Training items, and test items of the clips, whose poses are in the cache folder."""
    spans = load_spans()
    clips = [item for span in spans if span.use != "test" for item in span_items(span, cache)]
    actor = truth_items(num_actor) + estimated_items(cache / "actor")
    test = [item for span in spans if span.use != "train" for item in span_items(span, cache)]
    return skeleton_items(data) + actor + clips, test


def run(options: argparse.Namespace) -> None:
    """Train folds x seeds models; write each one's logits on what it must not have seen."""
    train, test = load_items(options.data, options.cache, options.actor)
    store, clips = Store(train), Store(test)
    folds = fold_of([item.group for item in train + test if item.source in ("videos", "up-fall")])
    is_clip = np.isin(store.source, ["videos", "up-fall"])
    fold = np.array([folds[g] if c else -1 for g, c in zip(store.group, is_clip, strict=True)])
    clip_fold = np.array([folds[g] for g in clips.group])
    held_out = np.flatnonzero(store.held_out)
    options.out.mkdir(parents=True, exist_ok=True)
    facts = {
        "class_names": CLASS_NAMES,
        "clips": [
            {"name": i.name, "target": i.target, "fold": int(f), "source": i.source}
            for i, f in zip(test, clip_fold, strict=True)
        ],
        "expected": [
            {"name": s.name, "label": s.label, "group": s.group} for s in load_spans() if s.use != "train"
        ],
        "sets": {int(i): {"source": train[i].source, "target": train[i].target} for i in held_out},
    }
    (options.out / "facts.json").write_text(json.dumps(facts))
    for seed in options.seeds:
        for k in options.folds:
            target = options.out / f"seed{seed}_fold{k}.npz"
            if target.exists():
                continue
            started = time.process_time()
            use = ~store.held_out & (fold != k)
            net = fit(store, use, seed * 100 + k, FitSettings(steps=options.steps), log=lambda _: None)
            index = np.flatnonzero(clip_fold == k)
            logits, owner = item_logits(net, clips, index, stride_s=0.2)
            set_logits, set_owner = item_logits(net, store, held_out)
            np.savez(target, logits=logits, owner=owner, set_logits=set_logits, set_owner=set_owner)
            torch.save(net.state_dict(), target.with_suffix(".pt"))
            print(f"seed {seed} fold {k}: {time.process_time() - started:.0f} CPU s", flush=True)


def main() -> None:
    """Command line."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--cache", type=Path, required=True, help="poses from extract.py and actor.py")
    parser.add_argument("--out", type=Path, default=Path("runs/crossval"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folds", type=int, nargs="+", default=list(range(NUM_FOLDS)))
    parser.add_argument("--steps", type=int, default=FitSettings().steps)
    parser.add_argument("--actor", type=int, default=400, help="performances seen as true joints")
    run(parser.parse_args())


if __name__ == "__main__":
    main()
