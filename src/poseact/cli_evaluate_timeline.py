"""``poseact evaluate --timeline``: whole recordings judged as detection, against who did what when."""

import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import track

from poseact.cli_ending import interruptible
from poseact.cli_reading import checked_options, err_console, exit_telling, out_console
from poseact.errors import InvalidInputError, ModelError, PoseactError, SourceError
from poseact.wording import counted

if TYPE_CHECKING:
    from poseact.action_model import ActionModel
    from poseact.annotations import Annotation, SameLabels
    from poseact.judging.lanes import JudgedRecording
    from poseact.judging.pose_sources import PoseSource
    from poseact.judging.timelines import TimelineJudgement

_FINISHED_SUFFIXES = (".json", ".csv", ".tsv", ".vtt")
_SHOWN = 5
# Annotators and players may round; more than this is another recording, or another clock.
_LATE_S = 1.0


def evaluate_timeline(
    model: str,
    data: Path | None,
    truth: Path,
    *,
    out: Path | None,
    alias: Sequence[str],
    background: Sequence[str],
    ignore: Sequence[str],
    json_: bool,
    option: Sequence[str],
) -> None:
    """Run the command; arguments as `poseact.cli_evaluate.evaluate` takes them.

    Raises:
        PoseactError: Of many kinds, each with one line for the user.
    """
    from poseact.annotations import read_annotations
    from poseact.judging.lanes import BACKGROUND, IGNORED
    from poseact.judging.timeline_document import timeline_json

    with interruptible():
        annotations = read_annotations(truth)
        work = _Work(truth, _pairs(alias), tuple(background) or BACKGROUND, (*IGNORED, *ignore), annotations)
        finished = _finished(model)
        if finished is not None and data is not None:
            raise InvalidInputError(f"{data}: finished answers ({model}) are judged without DATA")
        if finished is not None:
            judgement = work.judge_finished(finished, option)
        elif data is None:
            raise InvalidInputError(
                f"{model}: expected finished answers (.json, .csv, .vtt or a folder of them), or a model and "
                "after it DATA, videos or poses to run it on"
            )
        else:
            judgement = work.judge_model(model, data, option)
        if out is not None:
            _write(judgement, out)
    if json_:
        print(timeline_json(judgement), end="")
    else:
        from poseact.cli_timeline_display import print_timeline_judgement

        print_timeline_judgement(out_console, judgement)
        if out is not None:
            written = f"written: {out / 'timeline-evaluation.json'}, {out / 'timeline.html'}"
            out_console.print(written, soft_wrap=True, markup=False)
    exit_telling(list(judgement.facts.unreadable))


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    """``WORD=LABEL`` each."""
    pairs = [text.partition("=") for text in texts]
    for text, (word, _, label) in zip(texts, pairs, strict=True):
        if not word or not label:
            raise InvalidInputError(f"--alias: expected WORD=LABEL, found {text!r}")
    return {word: label for word, _, label in pairs}


def _finished(model: str) -> Path | None:
    """Where MODEL is no model but finished answers: a file, or a folder of poseact results."""
    path = Path(model)
    if path.suffix.lower() in _FINISHED_SUFFIXES:
        return path
    if path.is_dir() and not (path / "model.onnx").is_file() and not (path / "last.ckpt").is_file():
        return path if any(path.glob("*.json")) else None
    return None


class _Work:
    """What is known of the truth, and what is said of it on the way."""

    def __init__(
        self,
        truth: Path,
        aliases: Mapping[str, str],
        background: tuple[str, ...],
        ignored: tuple[str, ...],
        annotations: "Mapping[str, Annotation]",
    ) -> None:
        self._truth, self._aliases = truth, aliases
        self._background, self._ignored = background, ignored
        self._annotations = annotations
        self._unknown: dict[str, float] = {}
        self._notes: list[str] = []
        self._broken: list[str] = []

    def judge_model(self, model: str, data: Path, option: Sequence[str]) -> "TimelineJudgement":
        """Run a model frame by frame on the recordings that are annotated."""
        from poseact.action_model import ActionModel
        from poseact.datasets.extraction_display import ExtractionDisplay
        from poseact.judging.pose_sources import estimated, find_recordings

        loaded = ActionModel.load(model)
        info = loaded.info
        if (info.num_persons, info.num_coordinates) != (1, 2):
            raise ModelError(
                f"{info.name}: takes {info.num_persons} people in {info.num_coordinates}D; frame by frame, "
                "expected a model of one person in 2D"
            )
        options = checked_options(estimated, list(option), "evaluate --timeline")
        sources = {one.name: one for one in find_recordings(data)}
        whose = self._matched({name: one.aliases for name, one in sources.items()}, data)
        labels = self._labels(info.class_names, whose.values())
        wanted = estimated(
            [sources[name] for name in whose],
            data,
            listener=ExtractionDisplay(err_console, tell_failures=False),
            **options,
        )
        hidden = not err_console.is_terminal
        shown = track(wanted, "recognising", console=err_console, transient=True, disable=hidden)
        judged = [
            one
            for source in shown
            if (one := self._streamed(loaded, source, self._annotations[whose[source.name]], labels))
        ]
        return self._judgement(judged, info.name, data, was_streamed=True)

    def judge_finished(self, path: Path, option: Sequence[str]) -> "TimelineJudgement":
        """Judge answers that are there already."""
        from poseact.annotations import read_annotations
        from poseact.judging.lanes import JudgedRecording

        if option:
            raise InvalidInputError("--option: finished answers have none")
        answers = read_annotations(path)
        whose = self._matched({name: (name,) for name in answers}, path)
        labels = self._labels(sorted(self._possible(answers, whose)), whose.values())
        judged = []
        for name, annotated in whose.items():
            truth, found = (labels.renamed(one) for one in (self._annotations[annotated], answers[name]))
            ends = [span.end_s for span in (*truth.spans, *found.spans)]
            end_s = truth.duration_s or found.duration_s or max(ends, default=0.0)
            judged.append(JudgedRecording(name, 0.0, end_s, truth.spans, found.spans))
        self._notes.append("finished answers: when each was told is not known, so there are no delays")
        return self._judgement(judged, path.resolve().name, path, was_streamed=False)

    def _possible(self, answers: "Mapping[str, Annotation]", whose: Mapping[str, str]) -> set[str]:
        """The labels that finished answers can have: as they say themselves, or else whatever is true."""
        if all(one.labels is not None for one in answers.values()):
            return {label for one in answers.values() for label in one.labels or ()}
        annotated = (self._annotations[name] for name in whose.values())
        return {span.label for one in (*answers.values(), *annotated) for span in one.spans}

    def _matched(self, recordings: Mapping[str, Iterable[str]], data: Path) -> dict[str, str]:
        """The name in the annotations of each recording that has one; notes what is left over."""
        from poseact.annotations import match_recordings

        whose = match_recordings(recordings, self._annotations)
        if not whose:
            there = next((next(iter(names)) for names in recordings.values()), "none")
            raise SourceError(
                f"{self._truth}: expected annotations of recordings in {data} (such as {there}), "
                f"found those of {', '.join(list(self._annotations)[:3]) or 'nothing'}"
            )
        for number, what in (
            (len(recordings) - len(whose), "without annotation left out"),
            (len(self._annotations) - len(whose), f"of the annotations not in {data.name}"),
        ):
            if number:
                self._notes.append(f"{counted(number, 'recording')} {what}")
        return whose

    def _labels(self, names: Sequence[str], annotated: Iterable[str]) -> "SameLabels":
        """The spelling of all labels; those that the model does not know are noted."""
        from poseact.annotations import SameLabels

        labels = SameLabels.of([*names, *self._background, *self._ignored], self._aliases)
        spans = [span for name in annotated for span in self._annotations[name].spans]
        unknown: dict[str, float] = {}
        for span in spans:
            if labels.find(span.label) is None:
                unknown[span.label] = unknown.get(span.label, 0.0) + span.duration_s
        if spans and all(span.label in unknown for span in spans):
            raise InvalidInputError(
                f"{self._truth}: expected labels of the model ({', '.join(names[:_SHOWN])} ...), found only "
                f"others ({', '.join(list(unknown)[:_SHOWN])}): --alias WORD=LABEL says which is which"
            )
        if unknown:
            told = ", ".join(f"{label} ({seconds:.1f} s)" for label, seconds in unknown.items())
            self._notes.append(
                f"no labels of the model, so judged as no action: {told}; --alias WORD=LABEL where the model "
                "has another word"
            )
        self._unknown = unknown
        return labels

    def _streamed(
        self, model: "ActionModel", source: "PoseSource", annotation: "Annotation", labels: "SameLabels"
    ) -> "JudgedRecording | None":
        from poseact.judging.lanes import JudgedRecording
        from poseact.judging.streamed import streamed_spans

        try:
            poses = source.load()
            found = streamed_spans(model, poses)
        except PoseactError as error:
            self._broken.append(str(error))
            return None
        start_s, end_s = float(poses.timestamps[0]), float(poses.timestamps[-1])
        truth = labels.renamed(annotation).spans
        late = [span for span in truth if span.end_s > end_s + _LATE_S]
        if late:
            self._notes.append(
                f"{source.name}: {counted(len(late), 'true span')} with an end after the recording's, which "
                f"is at {end_s:.1f} s: is it the same one?"
            )
        return JudgedRecording(source.name, start_s, end_s, truth, found)

    def _judgement(
        self, judged: "Sequence[JudgedRecording]", model: str, data: Path, *, was_streamed: bool
    ) -> "TimelineJudgement":
        from poseact.judging.timelines import TimelineFacts, judge_timelines

        if not judged:
            raise SourceError(
                f"{data}: expected recordings that can be judged, found none; the first: {self._broken[0]}"
            )
        facts = TimelineFacts(
            model=model,
            data=data.resolve().name,
            truth=self._truth.resolve().name,
            was_streamed=was_streamed,
            background=self._background,
            unknown=self._unknown,
            ignored=self._ignored,
            command=shlex.join(["poseact", *sys.argv[1:]]),
            unreadable=tuple(self._broken),
            notes=tuple(self._notes),
        )
        return judge_timelines(judged, facts)


def _write(judgement: "TimelineJudgement", out: Path) -> None:
    from poseact.files import make_folder
    from poseact.judging.timeline_document import write_timeline_judgement
    from poseact.report.timeline_page import write_timeline_page

    make_folder(out)
    write_timeline_judgement(judgement, out / "timeline-evaluation.json")
    write_timeline_page(judgement, out / "timeline.html")
