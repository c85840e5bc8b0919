"""Train and judge a grid of models and data sets by official protocols, and write docs/results.md.

    python benchmarks/accuracy.py --data ../shared/data                  # everything that is not there yet
    python benchmarks/accuracy.py --only jhmdb-ddnet                     # one cell
    python benchmarks/accuracy.py --only jhmdb-ddnet --results again.json  # the same cell, trained again
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
from dataclasses import asdict, dataclass, field, replace
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
from poseact.training.run import TrainResult, find_model, train_on

HERE = Path(__file__).with_suffix("")
KEPT = HERE / "results.json"
REMARKS = HERE / "remarks.md"
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
        member_of: The cell of an ensemble that trains and judges this model as one of its members.
        member: Which one, from 1.
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
    member_of: str = ""
    member: int = 0
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
        members: Of an ensemble: its members, each judged alone on the same clips.
    """

    right: int
    total: int
    train_cpu_s: float
    num_parameters: int
    latency_ms: float
    file_bytes: int
    members: tuple["FoldResult", ...] = ()

    @classmethod
    def of(cls, values: dict[str, Any]) -> "FoldResult":
        """From the file of results."""
        return cls(**{**values, "members": tuple(map(cls.of, values.get("members", ())))})

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
        return None if found is None else FoldResult.of(found)

    def put(self, cell: Cell, seed: int, fold: str, result: FoldResult) -> None:
        """Keep a result; those of other settings of the cell are forgotten."""
        self.__post_init__()  # another run may have added to the file
        entry = self.content.get(cell.name, {})
        if entry.get("digest") != cell.digest:
            entry = {"digest": cell.digest, "results": {}}
        entry["results"][f"seed {seed}, {fold}"] = asdict(result)
        self.content[cell.name] = entry
        write_text_whole(self.path, json.dumps(self.content, indent=1, sort_keys=True) + "\n")

    def of(self, cell: Cell) -> dict[int, dict[str, FoldResult]]:
        """All results of a cell, by seed and fold."""
        if cell.member_of:
            whole = self.of(load_cell(HERE / f"{cell.member_of}.yaml"))
            return {
                seed: {fold: one.members[cell.member - 1] for fold, one in folds.items()}
                for seed, folds in whole.items()
            }
        entry = self.content.get(cell.name, {})
        out: dict[int, dict[str, FoldResult]] = {}
        for key, values in (entry.get("results", {}) if entry.get("digest") == cell.digest else {}).items():
            seed, fold = key.removeprefix("seed ").split(", ", 1)
            out.setdefault(int(seed), {})[fold] = FoldResult.of(values)
        return out


def load_cell(path: Path) -> Cell:
    """A cell from its file."""
    values = load_config(path)
    about = {
        key: values.pop(key)
        for key in (
            "data",
            "protocols",
            "published",
            "source",
            "not_comparable",
            "reach",
            "member_of",
            "member",
        )
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


def labelled_clips(path: Path) -> list[Clip]:
    """The clips of a data set that have a label and show somebody; broken files are left out."""
    broken: list[Exception] = []
    clips = detect_format(path).read(path, on_broken=broken.append)
    return [clip for clip in clips if clip.label is not None and clip.sequence.present.any()]


def run_fold(
    cell: Cell, clips: Sequence[Clip], protocol: str, fold: str, split: Split, seed: int
) -> FoldResult:
    """Train on the training part, judge the model file on the test part."""
    config = config_of(cell, protocol, fold, seed)
    known = [clip for clip in clips if protocol in clip.splits]
    names = set(split.test)
    test = [clip for clip in known if clip.name in names]
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        whole, members = trained(known, config, cell, Path(folder))
        seconds = time.process_time() - started
        each = tuple(judged(one, test, one.seconds) for one in members)
        return replace(judged(whole, test, seconds), members=each)


@dataclass(frozen=True)
class Trained:
    """A model file, how many numbers were learnt, and in how many CPU seconds."""

    path: Path
    num_parameters: int
    seconds: float


def judged(one: Trained, test: Sequence[Clip], seconds: float) -> FoldResult:
    """A model on the test part; a clip that it cannot be asked about counts as wrong."""
    model = ActionModel.load(one.path)
    scored = score_clips(model, test)
    labels = labels_in(model.info.class_names, scored.clips)
    return FoldResult(
        right=int((scored.values.argmax(axis=1) == labels).sum()),
        total=len(test),
        train_cpu_s=round(seconds, 1),
        num_parameters=one.num_parameters,
        latency_ms=round(float(np.median(window_times_ms(model, rng=np.random.default_rng(0)))), 3),
        file_bytes=one.path.stat().st_size,
    )


def config_of(cell: Cell, protocol: str, fold: str, seed: int) -> TrainConfig:
    """Everything in the training part is learnt from, and the last epoch is kept."""
    own = {"protocol": protocol, "fold": fold, "seed": 1000 * seed}
    return make_config({"val_fraction": 0.0, **cell.settings, **own})


def trained(
    clips: Sequence[Clip], config: TrainConfig, cell: Cell, folder: Path
) -> tuple[Trained, list[Trained]]:
    """The model, and the members of an ensemble."""
    several = config.model == ENSEMBLE
    defaults = ensemble_defaults(config) if several else dict(find_model(config.model).defaults)
    material = gather(clips, config, data_name=cell.data, defaults=defaults)
    if not several:
        return _as_trained(train_on(material, config, folder)), []
    members = [_as_trained(one) for one in train_ensemble(material, config, folder, listener=Silent())]
    total = sum(one.num_parameters for one in members)
    return Trained(folder / "model.onnx", total, sum(one.seconds for one in members)), members


def _as_trained(result: TrainResult) -> Trained:
    return Trained(result.model_file, result.fitted.model.num_parameters, result.fitted.cpu_seconds)


def run(cells: Sequence[Cell], data: Path, seeds: Sequence[int], kept: Kept) -> None:
    """Run what is missing, set by set, so that each is read once."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as progress:
        for name in dict.fromkeys(cell.data for cell in cells):
            of_set = [cell for cell in cells if cell.data == name]
            clips = labelled_clips(data / name)
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
    """The figure of each finished seed: the mean over protocols of the right answers in all their folds."""
    out = []
    num_folds = sum(_num_folds(protocol) for protocol in cell.protocols)
    for folds in (folds for _, folds in sorted(results.items()) if len(folds) == num_folds):
        figures = []
        for protocol in cell.protocols:
            own = [r for name, r in folds.items() if name.rsplit(" ", 1)[0] == protocol]
            figures.append(100 * sum(r.right for r in own) / max(sum(r.total for r in own), 1))
        out.append(float(np.mean(figures)))
    return out


def _num_folds(protocol: str) -> int:
    """``5-fold`` has five, others are one division."""
    number, _, rest = protocol.partition("-")
    return int(number) if rest == "fold" and number.isdigit() else 1


def table(cells: Sequence[Cell], kept: Kept) -> str:
    """docs/results.md."""
    lines = [
        "# Results",
        "",
        "Made by `python benchmarks/accuracy.py --data ../shared/data`, which trains what is not kept yet;",
        "to see a row come out again: `--only ROW --results again.json`.",
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
            if seed_accuracies(cell, kept.of(cell)):
                lines.append(_row(cell, kept.of(cell)))
        remarks = dict.fromkeys(
            "; ".join(
                text for text in (f"published: {c.source}" if c.source else "", c.not_comparable) if text
            )
            for c in cells
            if c.data == data
        )
        lines += ["", *(f"- {text}" for text in remarks if text), ""]
    return "\n".join(lines) + "\n" + REMARKS.read_text("utf-8")


def _row(cell: Cell, results: dict[int, dict[str, FoldResult]]) -> str:
    figures = seed_accuracies(cell, results)
    every = [result for folds in results.values() for result in folds.values()]
    protocol = ", ".join(cell.protocols)
    aim = "" if cell.reach is None else f"{cell.reach:g}"
    aim += "" if cell.reach is None else " reached" if np.mean(figures) >= cell.reach else " missed"
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
    parser.add_argument("--only", nargs="+", metavar="ROW", help="names of YAML files")
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument(
        "--results",
        type=Path,
        default=KEPT,
        metavar="FILE",
        help="where results are kept; a new file trains everything again, and the table is printed",
    )
    parser.add_argument("--table", action="store_true", help="run nothing, only write the table")
    options = parser.parse_args()
    cells = [load_cell(path) for path in sorted(HERE.glob("*.yaml"))]
    kept = Kept(options.results)
    if not options.table:
        wanted = {c.member_of or c.name for c in cells if not options.only or c.name in options.only}
        if options.only and (unknown := sorted(set(options.only) - {c.name for c in cells})):
            parser.error(f"no such row: {', '.join(unknown)}; rows are the names of the YAML files in {HERE}")
        run([c for c in cells if c.name in wanted], options.data, options.seeds, kept)
    if options.results != KEPT:
        print(table(cells, kept))
        return
    write_text_whole(TABLE, table(cells, kept))
    print(f"written: {TABLE}")


if __name__ == "__main__":
    main()
