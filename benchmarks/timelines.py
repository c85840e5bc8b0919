"""How well actions are found in time: a model on minutes of the drawn actor, judged as detection.

    python benchmarks/timelines.py [--out runs/timelines] [--clips 8] [--first 1] [--model everyday] [--page]

Each clip lasts about a minute and holds 8 to 12 actions, with pauses between them in which the actor
stands or does something that is none of the model's classes. It is drawn (640 x 480 pixels, 25 frames
a second) and its poses are estimated by BlazePose; they are kept in the folder, so that a second run is
quick. Prints the figures of `poseact evaluate --timeline` for each clip, with mean and spread, and for
each class; --page also writes timelines.html. Nothing is tuned here. The model was trained on other
performances of the same actor, so that these figures say how exactly and how early actions are found
in time rather than how well people in general are recognised.

Ways between acts (getting down to the floor and up again, stepping back to one's place) have no true
segment, though steps are steps. The figures are printed twice: with the time of the ways not judged, and
with the ways as time in which no action should be named.
"""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from poseact.action_model import ActionModel
from poseact.annotations import Span
from poseact.files import make_folder
from poseact.judging.detection import temporal_iou
from poseact.judging.lanes import IGNORED, JudgedRecording
from poseact.judging.streamed import streamed_spans
from poseact.judging.timelines import RecordingDetection, TimelineFacts, TimelineJudgement, judge_timelines
from poseact.pose import PoseCollector, create_estimator
from poseact.report.timeline_page import write_timeline_page
from poseact.sequence import PoseSequence
from poseact.synth import Act, SyntheticClip, make_clip

FPS = 25.0
# Acts that begin and end upright, by what the model should call them.
_UPRIGHT = (
    *("walk", "run", "jump", "jumping_jack", "squat", "wave_one_hand", "wave_two_hands", "clap"),
    *("punch", "kick", "throw", "pick_up"),
)
_FLOOR = ("push_up", "sit_up", "lie")
_OTHER = ("arm_circles", "biceps_curl", "drink", "gesture", "lunge", "side_bend", "golf_swing", "hand_work")
# A pause is standing, or as often something that is no class of the model.
_STAND_SHARE = 0.5


def script(rng: np.random.Generator) -> list[Act]:
    """8 to 12 actions in an order that a body can follow, with a pause after each."""
    wanted = int(rng.integers(8, 13))
    seconds = 60.0 / wanted
    acts: list[Act] = [_pause(rng)]
    done = 0
    while done < wanted:
        block = list(_block(rng, seconds))
        if done + len(block) > wanted:
            continue
        acts += [*block, _pause(rng)]
        done += len(block)
    return acts


def _block(rng: np.random.Generator, seconds: float) -> Iterator[Act]:
    """One action, or several that follow from one another."""
    length = float(rng.uniform(0.4, 0.6)) * seconds
    kind = rng.choice(["upright", "chair", "floor", "fall"], p=[0.72, 0.1, 0.11, 0.07])
    if kind == "chair":
        yield Act("sit_down", float(rng.uniform(1.2, 2.0)))
        yield Act("sit", length)
        yield Act("stand_up", float(rng.uniform(1.2, 2.0)))
    elif kind == "fall":
        yield Act("fall", float(rng.uniform(1.2, 2.0)))
        yield Act("lie", length)
    else:
        yield Act(str(rng.choice(_UPRIGHT if kind == "upright" else _FLOOR)), length)


def _pause(rng: np.random.Generator) -> Act:
    if rng.random() < _STAND_SHARE:
        return Act("stand", float(rng.uniform(1.2, 2.0)))
    return Act(str(rng.choice(_OTHER)), float(rng.uniform(1.8, 2.6)))


def clip(seed: int) -> SyntheticClip:
    """The clip of a seed: one actor, not yet drawn."""
    rng = np.random.default_rng([60, seed])
    return make_clip([script(rng)], rng, fps=FPS)


def poses_of(made: SyntheticClip, path: Path) -> PoseSequence:
    """What BlazePose sees of the drawn clip; looked at once."""
    if path.exists():
        return PoseSequence.load(path)
    estimator = create_estimator("blazepose")
    collector = PoseCollector(estimator.layout, made.frame_size_wh)
    for frame in made.frames():
        collector.add(frame.timestamp_s, estimator.estimate(frame))
    poses = collector.sequence()
    poses.save(path)
    return poses


def truth_of(made: SyntheticClip, class_names: tuple[str, ...], *, ways: str | None) -> tuple[Span, ...]:
    """What the actor does; what is no class of the model is *other*, ways between acts are called `ways`."""
    spans = [
        Span(one.label if one.label in class_names else "other", one.start_s, one.end_s, "actor")
        for one in made.segments.segments
    ]
    if ways is None:
        return tuple(spans)
    ends = [0.0, *(span.end_s for span in spans)]
    starts = [*(span.start_s for span in spans), made.segments.end_s]
    between = zip(ends, starts, strict=True)
    return (*spans, *(Span(ways, a, b, "actor") for a, b in between if b > a + 1e-6))


def recordings(options: argparse.Namespace, model: ActionModel, *, ways: str | None) -> list[JudgedRecording]:
    """Every clip with its truth and what the model says of it."""
    out = []
    for seed in range(options.first, options.first + options.clips):
        made = clip(seed)
        poses = poses_of(made, options.out / f"actor-{seed}.poses.npz")
        first, last = poses.timestamps[[0, -1]].tolist()
        truth = truth_of(made, model.info.class_names, ways=ways)
        out.append(JudgedRecording(f"actor-{seed}", first, last, truth, streamed_spans(model, poses)))
    return out


def print_clips(judgement: TimelineJudgement) -> None:
    """A row a clip in Markdown, then their mean and spread, then all of them as one."""
    print(
        "| clip | true | said | F1@10 | F1@25 | F1@50 | edit | accuracy | delay, s | false/h | other named |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    rows = []
    for one in judgement.recordings:
        rows.append(_figures(one))
        print(f"| {one.name} | {one.spans.num_true} | {one.spans.num_said} | " + _row(rows[-1]))
    print("| mean | | | " + _row(np.nanmean(rows, axis=0)))
    print("| sd | | | " + _row(np.nanstd(rows, axis=0, ddof=1 if len(rows) > 1 else 0)))
    spans = judgement.spans
    print(f"| all | {spans.num_true} | {spans.num_said} | " + _row(_figures(judgement)))
    precision = " / ".join(f"{value:.3f}" for value in judgement.mean_average_precision if value is not None)
    print(f"\nmAP@0.3/0.5/0.7: {precision}; median delay {spans.delay_median_s:.2f} s\n")


def print_labels(judgement: TimelineJudgement) -> None:
    """A row a label in Markdown, then what was said instead of what was missed."""
    print(
        "| label | true | said | F1@50 | AP@0.5 | found | delay, s | false | seconds named between actions |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for one in judgement.classes:
        delay, precision = one.spans.delay_mean_s, one.average_precision[1]
        print(
            f"| {one.name} | {one.spans.num_true} | {one.spans.num_said} | {one.spans.f1[-1]:.2f} "
            f"| {'' if precision is None else f'{precision:.2f}'} | {one.spans.num_found} "
            f"| {'' if delay is None else f'{delay:.2f}'} | {one.spans.false_alarms} "
            f"| {one.named_background_s:.1f} |"
        )
    print()
    for name, missed, said in _missed(judgement):
        print(f"missed at IoU 0.5: {name} {missed.label} {missed.start_s:.1f}-{missed.end_s:.1f}: {said}")
    print()


def _figures(one: TimelineJudgement | RecordingDetection) -> list[float]:
    spans, time = one.spans, one.time
    values = [*spans.f1, one.edit, time.accuracy, spans.delay_mean_s, spans.false_alarms_per_hour]
    return [np.nan if value is None else value for value in (*values, time.background_named)]


def _row(values: Iterable[float]) -> str:
    return " | ".join(f"{value:.3f}" for value in values) + " |"


def _missed(judgement: TimelineJudgement) -> Iterator[tuple[str, Span, str]]:
    """True spans without an answer of their label at IoU 0.5, and what was said during them."""
    for recording in judgement.recordings:
        for lane in recording.lanes:
            for span in lane.truth:
                same = (one for one in lane.found if one.label == span.label)
                if any(temporal_iou(span, one) >= 0.5 for one in same):
                    continue
                during = [one for one in lane.found if one.overlap_s(span)]
                said = (f"{one.label} {one.start_s:.1f}-{one.end_s:.1f}" for one in during)
                yield recording.name, span, ", ".join(said) or "nothing"


def main() -> None:
    """Draw, look, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/timelines"))
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--first", type=int, default=1, help="seed of the first clip")
    parser.add_argument("--model", default="everyday")
    parser.add_argument("--page", action="store_true", help="also write timelines.html")
    options = parser.parse_args()
    make_folder(options.out)
    model = ActionModel.load(options.model)
    for ways, told in (
        (IGNORED[0], "ways between acts not judged"),
        (None, "ways between acts are no action"),
    ):
        facts = TimelineFacts(model.info.name, "drawn actor", "its script", was_streamed=True)
        judgement = judge_timelines(recordings(options, model, ways=ways), facts)
        print(f"## {model.info.name}, {told}\n")
        print_clips(judgement)
        print_labels(judgement)
        if options.page and ways is not None:
            write_timeline_page(judgement, options.out / "timelines.html")


if __name__ == "__main__":
    main()
