"""The robustness card: how right the model stays when people are seen worse, as a table and a picture.

    python training/everyday/robustness.py runs/crossval --data DATA --cache CACHE --out runs/robustness

Every track of the web clips' spans is judged by the models of crossval.py that never saw its uploader,
and the held-out parts of the skeleton sets by all of them, under one condition after the other. Turned and
raised cameras need depth, which only the sets in metres have.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from calibration import networks_of_models
from corpus import STORE_RATE_HZ, Store
from crossval import fold_of, load_items, loaded
from fitting import STEP, ahead_of, centers_along, logits_of, mean_probabilities
from network import WINDOW_FRAMES, Member, Network, assembled
from numpy.typing import NDArray

from poseact.augment import ARM_SIDES, LEGS, body_size, flip
from poseact.layouts import BODY13

Floats = NDArray[np.float32]
# (N, T, 13, 3) points with the third coordinate 0 where there is none, and chance -> points (N, T, 13, 2).
Change = Callable[[Floats, np.random.Generator], Floats]

_STRIDE_S = 0.3
_LOW_RATE_HZ = 10.0
# Height in pixels of a person in a wide shot, and half of it: joints lie on whole pixels.
_SMALL_PX = 60.0
_HEIGHT_IN_SIZES = 3.5


def plain(points: Floats, rng: np.random.Generator) -> Floats:  # noqa: ARG001
    """As they are."""
    return points[..., :2].copy()


def without(names: Sequence[str]) -> Change:
    """Some joints are never seen."""

    def change(points: Floats, rng: np.random.Generator) -> Floats:
        out = plain(points, rng)
        out[:, :, BODY13.indices(list(names))] = np.nan
        return out

    return change


def mirrored(points: Floats, rng: np.random.Generator) -> Floats:
    """Seen in a mirror."""
    return flip(plain(points, rng), np.ones(len(points), np.bool_), BODY13)


def slower_camera(points: Floats, rng: np.random.Generator) -> Floats:
    """Ten frames a second, and straight lines between them."""
    out = plain(points, rng)
    frames = np.arange(WINDOW_FRAMES) * STEP / STORE_RATE_HZ
    step = 1 / _LOW_RATE_HZ
    taken = np.arange(0, frames[-1] + step, step)
    nearest = np.abs(taken[:, None] - frames).argmin(axis=1)
    low = np.minimum((frames / step + 1e-9).astype(int), len(taken) - 2)
    share = ((frames - low * step) / step)[:, None, None].astype(np.float32)
    return out[:, nearest[low]] * (1 - share) + out[:, nearest[low + 1]] * share


def turned(yaw_deg: float, pitch_deg: float) -> Change:
    """Another camera: to the side, or higher."""

    def change(points: Floats, rng: np.random.Generator) -> Floats:
        yaw = np.radians(yaw_deg) * np.where(rng.random(len(points)) < 0.5, -1, 1)
        pitch = np.radians(pitch_deg)
        x, y, z = np.moveaxis(points - body_size(points)[0], -1, 0)
        cos, sin = (f(yaw)[:, None, None] for f in (np.cos, np.sin))
        x, z = x * cos + z * sin, z * cos - x * sin
        return np.stack([x, y * np.cos(pitch) - z * np.sin(pitch)], axis=-1).astype(np.float32)

    return change


def small(height_px: float) -> Change:
    """People so small that their joints lie on few pixels."""

    def change(points: Floats, rng: np.random.Generator) -> Floats:
        out = plain(points, rng)
        pixel = body_size(out)[1] * _HEIGHT_IN_SIZES / height_px
        return (np.round(out / pixel) * pixel).astype(np.float32)

    return change


def unsteady(points: Floats, rng: np.random.Generator) -> Floats:
    """Each joint is off by a tenth of the body's size, from frame to frame anew."""
    out = plain(points, rng)
    return (out + 0.1 * body_size(out)[1] * rng.standard_normal(out.shape)).astype(np.float32)


def missing(points: Floats, rng: np.random.Generator) -> Floats:
    """A fifth of all joints of all frames are not found."""
    out = plain(points, rng)
    out[rng.random(out.shape[:-1]) < 0.2] = np.nan
    return out


@dataclass(frozen=True)
class Condition:
    """One way of being seen worse."""

    name: str
    change: Change
    needs_depth: bool = False


CONDITIONS: tuple[Condition, ...] = (
    Condition("as recorded", plain),
    Condition("legs hidden", without(LEGS)),
    Condition("arms hidden", without([name for side in ARM_SIDES for name in side])),
    Condition("one arm hidden", without(ARM_SIDES[0])),
    Condition("10 frames a second", slower_camera),
    Condition("mirrored", mirrored),
    Condition("60 px high", small(_SMALL_PX)),
    Condition("30 px high", small(_SMALL_PX / 2)),
    Condition("10 % jitter", unsteady),
    Condition("20 % of joints missing", missing),
    Condition("camera 40 degrees aside", turned(40, 0), needs_depth=True),
    Condition("camera 20 degrees higher", turned(0, 20), needs_depth=True),
)


def right_items(
    net: Network, store: Store, index: NDArray[np.intp], condition: Condition
) -> NDArray[np.bool_]:
    """(items,): whether the class of the highest mean probability over an item's windows is a right one."""
    owner, centers = centers_along(store, index, _STRIDE_S)
    steps = np.full(len(owner), STEP)
    points, confidence = store.windows(owner, centers, WINDOW_FRAMES, steps, ahead_of(net))
    changed = condition.change(points, np.random.default_rng(0))
    confidence = np.where(np.isfinite(changed).all(axis=-1), confidence, 0).astype(np.float32)
    best = mean_probabilities(logits_of(net, changed, confidence), owner, index).argmax(axis=1)
    return np.asarray(store.target[index, best] > 0)


def measure(folder: Path, data: Path, cache: Path) -> dict[str, dict[str, list[float]]]:
    """Percentages by condition, ``web clips``, ``sets in metres`` or ``sets in pixels``, and seed."""
    train, test = load_items(data, cache, 0)
    store, clips = Store(train), Store(test)
    folds = fold_of([item.group for item in train + test if item.source in ("videos", "up-fall")])
    fold = np.array([folds[group] for group in clips.group])
    web = np.array([item.source == "videos" for item in clips.items])
    asked = store.held_out & ~store.at_rest
    parts = {"sets in metres": asked & store.is_3d, "sets in pixels": asked & ~store.is_3d}
    out: dict[str, dict[str, list[float]]] = {c.name: {} for c in CONDITIONS}
    networks = networks_of_models(folder, ".pt")
    for seed in sorted({seed for seed, _ in networks}):
        nets = {k: _model(folder, paths) for (of, k), paths in networks.items() if of == seed}
        for condition in CONDITIONS:
            rights: dict[str, list[NDArray[np.bool_]]] = {}
            for k, net in nets.items():
                if not condition.needs_depth:
                    here = np.flatnonzero((fold == k) & web)
                    rights.setdefault("web clips", []).append(right_items(net, clips, here, condition))
                for name, use in parts.items():
                    if condition.needs_depth and name != "sets in metres":
                        continue
                    there = np.flatnonzero(use)
                    rights.setdefault(name, []).append(right_items(net, store, there, condition))
            for name, each in rights.items():
                share = 100 * float(np.concatenate(each).mean())
                out[condition.name].setdefault(name, []).append(round(share, 2))
            print(
                f"seed {seed}:",
                condition.name,
                {k: v[-1] for k, v in out[condition.name].items()},
                flush=True,
            )
    return out


def _model(folder: Path, paths: Sequence[Path]) -> Network:
    name = json.loads((folder / "facts.json").read_text())["network"]
    return assembled([cast(Member, loaded(name, path)) for path in paths])


def table(measured: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """Markdown: mean, and in brackets what the condition costs."""
    first = measured[CONDITIONS[0].name]
    lines = [
        "| seen | " + " | ".join(first) + " |",
        "|---|" + "---|" * len(first),
    ]
    for name, columns in measured.items():
        cells = []
        for column, usual in first.items():
            values = columns.get(column)
            cost = "" if values is None or name == CONDITIONS[0].name else f" ({_cost(values, usual):+.1f})"
            cells.append("" if values is None else f"{np.mean(values):.1f} ± {np.std(values):.1f} %{cost}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cost(values: Sequence[float], usual: Sequence[float]) -> float:
    return float(np.mean(values) - np.mean(usual))


def draw(measured: Mapping[str, Mapping[str, Sequence[float]]], path: Path) -> None:
    """Bars: the points that each condition costs."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    first = measured[CONDITIONS[0].name]
    names = [c.name for c in CONDITIONS[1:]]
    figure = Figure(figsize=(9, 5.4), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    colours = {"web clips": "#1769aa", "sets in metres": "#e08a1e", "sets in pixels": "#8a8f98"}
    height = 0.8 / len(first)
    for j, (column, usual) in enumerate(first.items()):
        rows = [i for i, name in enumerate(names) if column in measured[name]]
        costs = [_cost(measured[names[i]][column], usual) for i in rows]
        places = [i + (j - (len(first) - 1) / 2) * height for i in rows]
        axes.barh(
            places,
            costs,
            height,
            color=colours[column],
            label=f"{column}: {np.mean(usual):.1f} % as recorded",
        )
    axes.axvline(-10, color="#c2410c", lw=1, ls=":")
    axes.axvline(0, color="#333333", lw=0.8)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel("change of accuracy, points (dotted: ten points lost)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.4, 1.1), ncols=3)
    figure.savefig(path)


def main() -> None:
    """Command line."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="what crossval.py wrote")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("runs/robustness"))
    options = parser.parse_args()
    measured = measure(options.folder, options.data, options.cache)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "robustness.json").write_text(json.dumps(measured, indent=1) + "\n")
    (options.out / "robustness.md").write_text(table(measured))
    draw(measured, options.out / "robustness.png")
    print(table(measured))


if __name__ == "__main__":
    main()
