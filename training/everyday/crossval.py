"""Grouped cross-validation over the real clips; the skeleton sets' held-out parts beside it.

    python training/everyday/crossval.py --data ../shared/data --cache CACHE --seeds 0 1 2

Every clip is judged by networks that never saw its uploader (or, for UP-Fall, its trial); no
network ever sees the held-out parts of the skeleton sets. One is trained for each seed and fold;
`calibration.py` says how they make models, and how thresholds are fixed on the other folds. Networks
that are in the folder already are asked again and not trained again.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from actor import estimated_items, truth_items
from clips import load_spans, span_items
from corpus import STORE_RATE_HZ, Item, Store, skeleton_items
from fitting import FitSettings, fit, item_logits
from network import LOOKAHEAD_S, Network, NetworkName, make_member
from numpy.typing import NDArray
from vocabulary import KINDS, class_of

NUM_FOLDS = 4
# The fold of each group; the rest by turns. One uploader has more than a third of the clips.
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
    """Train folds x seeds networks; write each one's logits on what it must not have seen."""
    train, test = load_items(options.data, options.cache, options.actor)
    store, clips = Store(train), Store(test)
    folds = fold_of([item.group for item in train + test if item.source in ("videos", "up-fall")])
    is_clip = np.isin(store.source, ["videos", "up-fall"])
    fold = np.array([folds[g] if c else -1 for g, c in zip(store.group, is_clip, strict=True)])
    clip_fold = np.array([folds[g] for g in clips.group])
    held_out = np.flatnonzero(store.held_out & ~store.at_rest)
    keep_facts(options.out, facts_of(options, train, test, held_out))
    settings = FitSettings(steps=options.steps, network=options.network, members=1)
    for seed in options.seeds:
        for k in options.folds:
            weights = options.out / f"seed{seed}_fold{k}.pt"
            started = time.process_time()
            if weights.exists():
                net = loaded(options.network, weights)
            else:
                use = ~store.held_out & (fold != k)
                net = fit(store, use, seed * 100 + k, settings, log=lambda _: None)
                torch.save(net.state_dict(), weights)
            index = np.flatnonzero(clip_fold == k)
            stepped = not options.windows
            logits, owner = item_logits(net, clips, index, stride_s=0.2, stepped=stepped)
            set_logits, set_owner = item_logits(net, store, held_out, stepped=stepped)
            np.savez(
                weights.with_suffix(".npz"),
                logits=logits,
                owner=owner,
                set_logits=set_logits,
                set_owner=set_owner,
            )
            print(f"seed {seed} fold {k}: {time.process_time() - started:.0f} CPU s", flush=True)


def facts_of(
    options: argparse.Namespace, train: list[Item], test: list[Item], held_out: NDArray[np.intp]
) -> dict[str, Any]:
    """What was asked, what would be right, and what the networks in the folder learnt from."""
    return {
        "network": options.network,
        "recipe": {
            "steps": options.steps,
            "actor": options.actor,
            "lookahead_s": None if options.network == "everyday-small" else LOOKAHEAD_S,
            "kinds": list(KINDS),
            "items": len(train),
            "seconds": round(sum(len(item.points) for item in train) / STORE_RATE_HZ),
        },
        "clips": [item.name for item in test],
        "expected": [
            {"name": s.name, "label": "|".join(map(class_of, s.label.split("|")))}
            for s in load_spans()
            if s.use != "train"
        ],
        "sets": {
            int(i): {"source": train[i].source, "target": [class_of(k) for k in train[i].target]}
            for i in held_out
        },
    }


def keep_facts(folder: Path, facts: dict[str, Any]) -> None:
    """Write facts.json, unless the folder's networks are of another recipe or other data."""
    path = folder / "facts.json"
    if path.exists():
        before = json.loads(path.read_text())
        for key in ("network", "recipe"):
            if before.get(key) != facts[key]:
                raise SystemExit(
                    f"{folder}: its networks are of another recipe or other data (see {key} in facts.json): "
                    "choose another folder with --out, or delete it"
                )
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(facts))


def loaded(name: NetworkName, weights: Path) -> Network:
    """A network that was kept."""
    net = make_member(name)
    net.load_state_dict(torch.load(weights, weights_only=True))
    net.eval()
    return net


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
    parser.add_argument("--network", choices=get_args(NetworkName), default="everyday")
    parser.add_argument(
        "--windows", action="store_true", help="ask everyday-small by windows, without stepping"
    )
    run(parser.parse_args())


if __name__ == "__main__":
    main()
