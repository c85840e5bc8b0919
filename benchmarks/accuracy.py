"""Train and judge a grid of models and data sets by official protocols, and write docs/results.md.

    python benchmarks/accuracy.py --data ../shared/data                  # everything that is not there yet
    python benchmarks/accuracy.py --only jhmdb-ddnet                     # one cell
    python benchmarks/accuracy.py --table                                # only the table, from what is kept

A cell is a flat YAML file in benchmarks/accuracy/: a data set, its protocols, a model and such of its
settings as differ from the model's own, and what others have published. Every cell is trained with
several seeds on the whole training part for a number of epochs that was fixed before, and judged once
on the test part; nothing is chosen on it. Finished folds are kept in benchmarks/accuracy/results.json and are
not run again unless their YAML file has changed.
"""

import argparse
import hashlib
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from poseact.action_model import ActionModel
from poseact.clip import Clip
from poseact.datasets import detect_format
from poseact.files import write_text_whole
from poseact.scoring import labels_in, score_clips, window_times_ms
from poseact.splits import Split, split_by_protocol
from poseact.training.config import TrainConfig, load_config, make_config
from poseact.training.ensemble import ENSEMBLE, ensemble_defaults, train_ensemble
from poseact.training.material import gather
from poseact.training.progress import Silent
from poseact.training.run import find_model, train_on

HERE = Path(__file__).with_suffix("")
KEPT = HERE / "results.json"
TABLE = Path(__file__).parents[1] / "docs" / "results.md"
SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Cell:
    """One row of the table.

    Attributes:
        name: The YAML file's.
        data: Folder of the data set.
        protocols: Official ones; the figure is the mean over all their folds.
        settings: Of training.
        published: What others report, in words.
        source: Where.
        not_comparable: Why the two figures cannot be set side by side; empty where they can.
        reach: The figure aimed at in %, None where none was.
        digest: Of all that the results depend on.
    """

    name: str
    data: str
    protocols: tuple[str, ...]
    settings: dict[str, Any]
    published: str = ""
    source: str = ""
    not_comparable: str = ""
    reach: float | None = None
    digest: str = ""


@dataclass(frozen=True)
class FoldResult:
    """One model, judged.

    Attributes:
        right: Test clips named rightly.
        total: Test clips.
        train_cpu_s: Processor time of training.
        num_parameters: Learnt numbers.
        latency_ms: Of one window on one thread, ONNX Runtime, median.
        file_bytes: Of the model file.
    """

    right: int
    total: int
    train_cpu_s: float
    num_parameters: int
    latency_ms: float
    file_bytes: int

    @property
    def accuracy(self) -> float:
        """In percent."""
        return 100 * self.right / self.total


@dataclass
class Kept:
    """Finished folds by cell, seed, and protocol with fold; saved after each."""

    path: Path
    content: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path.exists():
            self.content = json.loads(self.path.read_text())

    def get(self, cell: Cell, seed: int, fold: str) -> FoldResult | None:
        """The result, if it was made by the same settings."""
        entry = self.content.get(cell.name, {})
        if entry.get("digest") != cell.digest:
            return None
        found = entry["results"].get(f"seed {seed}, {fold}")
        return None if found is None else FoldResult(**found)

    def put(self, cell: Cell, seed: int, fold: str, result: FoldResult) -> None:
        """Keep a result; those of other settings of the cell are forgotten."""
        entry = self.content.get(cell.name, {})
        if entry.get("digest") != cell.digest:
            entry = {"digest": cell.digest, "results": {}}
        entry["results"][f"seed {seed}, {fold}"] = asdict(result)
        self.content[cell.name] = entry
        write_text_whole(self.path, json.dumps(self.content, indent=1, sort_keys=True) + "\n")

    def of(self, cell: Cell) -> dict[int, dict[str, FoldResult]]:
        """All results of a cell, by seed and fold."""
        entry = self.content.get(cell.name, {})
        out: dict[int, dict[str, FoldResult]] = {}
        for key, values in (entry.get("results", {}) if entry.get("digest") == cell.digest else {}).items():
            seed, fold = key.removeprefix("seed ").split(", ", 1)
            out.setdefault(int(seed), {})[fold] = FoldResult(**values)
        return out


def load_cell(path: Path) -> Cell:
    """A cell from its file."""
    values = load_config(path)
    about = {
        key: values.pop(key)
        for key in ("data", "protocols", "published", "source", "not_comparable", "reach")
        if key in values
    }
    about["protocols"] = tuple(about["protocols"])
    digest = hashlib.sha256(json.dumps([about["data"], about["protocols"], values], sort_keys=True).encode())
    return Cell(name=path.stem, settings=values, digest=digest.hexdigest()[:16], **about)


def folds_of(cell: Cell, clips: Sequence[Clip]) -> Iterator[tuple[str, str, Split]]:
    """Protocol, name and split of each fold."""
    infos = [clip.info for clip in clips]
    for protocol in cell.protocols:
        for fold in split_by_protocol(infos, protocol).folds:
            yield protocol, fold.name, fold


def run_fold(
    cell: Cell, clips: Sequence[Clip], protocol: str, fold: str, split: Split, seed: int
) -> FoldResult:
    """Train on the training part, judge the model file on the test part."""
    config = config_of(cell, protocol, fold, seed)
    known = [clip for clip in clips if protocol in clip.splits]
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        path, parameters = trained(known, config, cell, Path(folder))
        seconds = time.process_time() - started
        model = ActionModel.load(path)
        names = set(split.test)
        scored = score_clips(model, [clip for clip in known if clip.name in names])
        labels = labels_in(model.info.class_names, scored.clips)
        # A clip that cannot be asked about is a wrong answer.
        return FoldResult(
            right=int((scored.values.argmax(axis=1) == labels).sum()),
            total=len(split.test),
            train_cpu_s=round(seconds, 1),
            num_parameters=parameters,
            latency_ms=round(float(np.median(window_times_ms(model, rng=np.random.default_rng(0)))), 3),
            file_bytes=path.stat().st_size,
        )


def config_of(cell: Cell, protocol: str, fold: str, seed: int) -> TrainConfig:
    """Everything in the training part is learnt from, and the last epoch is kept."""
    values = {"val_fraction": 0.0, **cell.settings, "protocol": protocol, "seed": 1000 * seed}
    return make_config(values | ({"fold": fold} if fold != "1" else {}))


def trained(clips: Sequence[Clip], config: TrainConfig, cell: Cell, folder: Path) -> tuple[Path, int]:
    """The model file, and how many numbers were learnt."""
    several = config.model == ENSEMBLE
    defaults = ensemble_defaults(config) if several else dict(find_model(config.model).defaults)
    material = gather(clips, config, data_name=cell.data, defaults=defaults)
    if several:
        results = train_ensemble(material, config, folder, listener=Silent())
        return folder / "model.onnx", sum(result.fitted.model.num_parameters for result in results)
    result = train_on(material, config, folder)
    return result.model_file, result.fitted.model.num_parameters


def run(cells: Sequence[Cell], data: Path, seeds: Sequence[int], kept: Kept) -> None:
    """Run what is missing, set by set, so that each is read once."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as progress:
        for name in dict.fromkeys(cell.data for cell in cells):
            of_set = [cell for cell in cells if cell.data == name]
            path = data / name
            broken: list[Exception] = []
            clips = [
                c for c in detect_format(path).read(path, on_broken=broken.append) if c.label is not None
            ]
            clips = [clip for clip in clips if clip.sequence.present.any()]
            todo = [
                (cell, seed, *fold)
                for cell in of_set
                for seed in seeds
                for fold in folds_of(cell, clips)
                if kept.get(cell, seed, " ".join(fold[:2])) is None
            ]
            task = progress.add_task(name, total=len(todo))
            for cell, seed, protocol, fold, split in todo:
                progress.update(task, description=f"{cell.name}, seed {seed}, {protocol} {fold}")
                result = run_fold(cell, clips, protocol, fold, split, seed)
                kept.put(cell, seed, f"{protocol} {fold}", result)
                progress.console.print(
                    f"{cell.name}, seed {seed}, {protocol} {fold}: {result.accuracy:.2f} % "
                    f"({result.right} of {result.total}) in {result.train_cpu_s:.0f} CPU s"
                )
                progress.advance(task)


def seed_accuracies(cell: Cell, results: dict[int, dict[str, FoldResult]]) -> list[float]:
    """The figure of each seed: the mean over protocols of the share of right answers over their folds."""
    out = []
    for _, folds in sorted(results.items()):
        figures = []
        for protocol in cell.protocols:
            own = [r for name, r in folds.items() if name.rsplit(" ", 1)[0] == protocol]
            figures.append(100 * sum(r.right for r in own) / max(sum(r.total for r in own), 1))
        out.append(float(np.mean(figures)))
    return out


def table(cells: Sequence[Cell], kept: Kept) -> str:
    """docs/results.md."""
    lines = [
        "# Results",
        "",
        "Made by `python benchmarks/accuracy.py --data ../shared/data`; one row again: `--only ROW`.",
        "Official protocols; trained on the whole training part for a number of epochs fixed before; the",
        "model file is judged once on the test part, nothing is chosen on it. Mean and standard deviation",
        "over seeds; protocols in several folds or splits count as one figure a seed. Processor seconds of",
        "one training on one thread of a shared machine; latency of one window in ONNX Runtime, one thread.",
        "",
    ]
    for data in dict.fromkeys(cell.data for cell in cells):
        lines += [f"## {data}", ""]
        lines += [
            "| row | protocol | accuracy, % | seeds | aim | published | parameters | training, CPU s | "
            "latency, ms |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        for cell in (cell for cell in cells if cell.data == data):
            lines.append(_row(cell, kept.of(cell)))
        notes = [f"- {c.name}: {c.not_comparable}" for c in cells if c.data == data and c.not_comparable]
        sources = [f"- {c.published}: {c.source}" for c in cells if c.data == data and c.source]
        lines += ["", *dict.fromkeys(sources + notes), ""]
    return "\n".join(lines)


def _row(cell: Cell, results: dict[int, dict[str, FoldResult]]) -> str:
    figures = seed_accuracies(cell, results)
    every = [result for folds in results.values() for result in folds.values()]
    protocol = ", ".join(cell.protocols)
    aim = "" if cell.reach is None else f"{cell.reach:g}"
    if not figures:
        return f"| {cell.name} | {protocol} | not run | | {aim} | {cell.published} | | | |"
    spread = f" ± {np.std(figures, ddof=1):.1f}" if len(figures) > 1 else ""
    return (
        f"| {cell.name} | {protocol} | {np.mean(figures):.1f}{spread} | "
        f"{', '.join(f'{figure:.1f}' for figure in figures)} | {aim} | {cell.published} | "
        f"{every[0].num_parameters:,} | {np.median([r.train_cpu_s for r in every]):.0f} | "
        f"{np.median([r.latency_ms for r in every]):.2f} |"
    )


def main() -> None:
    """Command line."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--only", nargs="+", metavar="ROW", help="names of YAML files, or their beginnings")
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--table", action="store_true", help="run nothing, only write the table")
    options = parser.parse_args()
    cells = [load_cell(path) for path in sorted(HERE.glob("*.yaml"))]
    kept = Kept(KEPT)
    if not options.table:
        chosen = [c for c in cells if not options.only or c.name.startswith(tuple(options.only))]
        run(chosen, options.data, options.seeds, kept)
    write_text_whole(TABLE, table(cells, kept) + "\n")
    print(f"written: {TABLE}")


if __name__ == "__main__":
    main()
