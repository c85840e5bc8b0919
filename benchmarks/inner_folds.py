"""Choose among models, and members of an ensemble, on inner folds of the training part of a data set.

    python benchmarks/inner_folds.py jhmdb split1 --models rocket ddnet tcn stgcn++?stream=bone
    python benchmarks/inner_folds.py msr-action3d xsub --models rocket ddnet --set flip=0

The training part of an official protocol is divided again: each subject is left out in turn; where
there are no subjects, groups are, else blocks of neighbouring clips. Every model is trained on the rest with
several seeds and asked about the clips left out. Then members of an ensemble are picked greedily, whichever
makes the mean of the probabilities best (Caruana et al., "Ensemble Selection from Libraries of Models", ICML
2004). Answers are kept in runs/inner_folds and not asked for again.
"""

import argparse
import hashlib
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from accuracy import labelled_clips
from poseact.action_model import ActionModel
from poseact.clip import Clip
from poseact.options import parse_options
from poseact.scoring import score_clips
from poseact.splits import k_fold, leave_one_out, split_by_protocol
from poseact.training.config import TrainConfig, make_config
from poseact.training.ensemble import ENSEMBLE, member_configs
from poseact.training.material import gather
from poseact.training.run import find_model, train_on

ANSWERS = Path(__file__).parents[1] / "runs" / "inner_folds"
_GROUP_FOLDS = 4
# Powers of the probabilities that are tried, so that being too careful does not count against a model.
_SHARPNESS = np.geomspace(0.5, 4.0, 25)


@dataclass(frozen=True)
class Fold:
    """Clips to learn from, and clips left out."""

    train: tuple[Clip, ...]
    held: tuple[Clip, ...]


@dataclass(frozen=True)
class Answers:
    """What a model says of all clips of the training part, each asked of a model that did not learn from it.

    Attributes:
        probabilities: (clips, classes), in the order of the folds.
        cpu_s: Processor time of training, all folds together.
    """

    probabilities: NDArray[np.float64]
    cpu_s: float


def inner_folds(clips: Sequence[Clip], protocol: str, rng: np.random.Generator) -> list[Fold]:
    """Divide the training part of a protocol, of its first fold if it has several."""
    infos = [clip.info for clip in clips]
    names = set(split_by_protocol(infos, protocol).folds[0].train)
    part = [clip for clip in clips if clip.name in names]
    known = [clip.info for clip in part]
    if all(info.subject is not None and "+" not in info.subject for info in known):
        plan = leave_one_out(known, "subject")
    else:
        if any(info.group is None for info in known):
            known = [replace(info, group=block) for info, block in zip(known, blocks(part), strict=True)]
        plan = k_fold(known, _GROUP_FOLDS, rng=rng)
    by_name = {clip.name: clip for clip in part}
    return [
        Fold(tuple(by_name[n] for n in fold.train), tuple(by_name[n] for n in fold.test))
        for fold in plan.folds
    ]


def blocks(clips: Sequence[Clip]) -> list[str]:
    """For each clip the quarter of its class that it is in: neighbours often are of one source."""
    out = [""] * len(clips)
    for label in {clip.label for clip in clips}:
        places = [i for i, clip in enumerate(clips) if clip.label == label]
        for rank, i in enumerate(places):
            out[i] = f"{label} {rank * _GROUP_FOLDS // len(places)}"
    return out


def answers(
    fold_list: Sequence[Fold], config: TrainConfig, data: str, classes: Sequence[str]
) -> Iterator[Answers]:
    """One fold's after the other's."""
    for number, fold in enumerate(fold_list):
        key = json.dumps(
            [
                data,
                number,
                [c.name for c in fold.held],
                config.to_flat(config.merged_recipe(find_model(config.model).recipe)),
            ],
            sort_keys=True,
            default=str,
        )
        path = ANSWERS / f"{hashlib.sha256(key.encode()).hexdigest()[:20]}.npz"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            made = _trained_and_asked(fold, config, data, classes)
            part = path.with_suffix(".part.npz")
            np.savez(part, probabilities=made.probabilities, cpu_s=made.cpu_s)
            part.replace(path)
        with np.load(path, allow_pickle=False) as kept:
            yield Answers(kept["probabilities"], float(kept["cpu_s"]))


def _trained_and_asked(fold: Fold, config: TrainConfig, data: str, classes: Sequence[str]) -> Answers:
    defaults = dict(find_model(config.model).defaults)
    material = gather(fold.train, config, data_name=data, defaults=defaults)
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        result = train_on(material, config, Path(folder))
        seconds = time.process_time() - started
        scored = score_clips(ActionModel.load(result.model_file), fold.held)
    if scored.refused:
        raise SystemExit(f"{data}: {scored.refused[0]}")
    out = np.zeros((len(fold.held), len(classes)))
    out[:, [classes.index(name) for name in result.info.class_names]] = scored.values
    return Answers(out, seconds)


def accuracy_and_loss(probabilities: NDArray[np.float64], labels: NDArray[np.intp]) -> tuple[float, float]:
    """Accuracy in percent, and cross-entropy at the best of several temperatures."""
    right = 100 * float((probabilities.argmax(axis=1) == labels).mean())
    sharp = np.maximum(probabilities, 1e-12)[None] ** _SHARPNESS[:, None, None]
    chances = sharp[:, np.arange(len(labels)), labels] / sharp.sum(axis=2)
    return right, float((-np.log(chances)).mean(axis=1).min())


def picked(
    of: Mapping[str, Sequence[NDArray[np.float64]]], labels: NDArray[np.intp], most: int
) -> Iterator[tuple[str, float, float, float]]:
    """Members in the order of their use: name, then accuracy, its spread and loss of the mean so far.

    A name that is picked for the n-th time is the model with its n-th seed; each seed takes its turn as the
    first, and figures are means over the turns.
    """
    num_seeds = min(map(len, of.values()))
    members: list[str] = []
    while len(members) < most:
        tried = []
        for name in (name for name in of if members.count(name) < num_seeds):
            turns = [
                accuracy_and_loss(_mean(of, [*members, name], turn, num_seeds), labels)
                for turn in range(num_seeds)
            ]
            rights, losses = np.array(turns).T
            tried.append((float(losses.mean()), name, float(rights.mean()), float(np.std(rights))))
        if not tried:
            return
        loss, name, right, spread = min(tried)
        members.append(name)
        yield name, right, spread, loss


def _mean(
    of: Mapping[str, Sequence[NDArray[np.float64]]], members: Sequence[str], turn: int, num_seeds: int
) -> NDArray[np.float64]:
    rows = [of[name][(turn + members[:i].count(name)) % num_seeds] for i, name in enumerate(members)]
    return np.asarray(np.mean(rows, axis=0))


def main() -> None:
    """Command line."""
    torch.set_num_threads(1)
    options = _parser().parse_args()
    clips = labelled_clips(options.data / options.set_name)
    folds = inner_folds(clips, options.protocol, np.random.default_rng(0))[: options.folds]
    held = [clip for fold in folds for clip in fold.held]
    classes = sorted({str(clip.label) for clip in held})
    labels = np.array([classes.index(str(clip.label)) for clip in held], np.intp)
    common = parse_options(options.set or [])
    print(f"{options.set_name}, {options.protocol}: {len(held)} training clips in {len(folds)} folds")
    of: dict[str, list[NDArray[np.float64]]] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task("", total=len(options.models) * options.seeds * len(folds))
        for model in options.models:
            costs = []
            for seed in range(options.seeds):
                config = _config(model, common, 1000 * seed)
                rows = []
                for one in answers(folds, config, options.set_name, classes):
                    rows.append(one)
                    progress.update(task, description=f"{model}, seed {seed}", advance=1)
                of.setdefault(model, []).append(np.concatenate([one.probabilities for one in rows]))
                costs.append(np.median([one.cpu_s for one in rows]))
            rights, losses = np.array([accuracy_and_loss(p, labels) for p in of[model]]).T
            progress.console.print(
                f"  {model:40} {rights.mean():.1f} % ({', '.join(f'{right:.1f}' for right in rights)}), "
                f"loss {losses.mean():.3f}, {np.median(costs):.0f} CPU s a fold",
                highlight=False,
            )
    print("members, picked greedily by the loss of the mean so far:")
    for i, (name, right, spread, loss) in enumerate(picked(of, labels, options.members), 1):
        print(f"  {i} {'+' if i > 1 else ' '} {name:40} {right:.1f} +- {spread:.1f} %, loss {loss:.3f}")


def _config(member: str, common: Mapping[str, Any], seed: int) -> TrainConfig:
    """As the grid of results trains a member of an ensemble: the last epoch, from every clip it is given."""
    own = {"val_fraction": 0.0, "protocol": "all", "members": [member, member], "seed": seed}
    return member_configs(make_config({"model": ENSEMBLE, **common, **own}))[0]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("set_name", metavar="SET", help="folder of the data set")
    parser.add_argument("protocol", metavar="PROTOCOL")
    parser.add_argument(
        "--models", nargs="+", required=True, metavar="MODEL", help="options after a ?, as in members="
    )
    parser.add_argument("--set", nargs="+", metavar="KEY=VALUE", help="settings of training for all of them")
    parser.add_argument("--seeds", type=int, default=2, help="trainings of each model")
    parser.add_argument("--folds", type=int, help="only so many of the folds, for a first look")
    parser.add_argument("--members", type=int, default=8, help="members to pick")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    return parser


if __name__ == "__main__":
    main()
