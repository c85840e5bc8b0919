"""How late live labels are, and whether latency or memory grow: a drawn film in real time, for minutes.

    python benchmarks/live.py [--minutes 10] [--people 1] [--model everyday] [--out runs/live]

A film of the drawn actor (640 x 480 pixels, 30 frames a second, H.264; made once and kept in the folder) is
played again and again at its own pace through the engine of `poseact live`: decoding, BlazePose, windows,
model, timeline, events to a file. With one person all frames are to be worked on; with three BlazePose takes
longer than a frame lasts, and frames have to be dropped without anything growing.

Prints, for each minute, percentiles of the time from a frame's arrival to its labels, dropped frames and
memory; then the same by stage, and as a ratio what everything after the poses costs against the poses, in CPU
time of the same run.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from poseact.action_model import ActionModel
from poseact.files import make_folder
from poseact.live.engine import LiveEngine
from poseact.live.latency import LatencyHistogram, memory_bytes
from poseact.live.session import LiveSession, Moment
from poseact.live.sources import open_live_source
from poseact.live.telling import open_sinks
from poseact.pose import create_estimator
from poseact.synth import Act, make_clip
from poseact.video import VideoWriter

FPS, SIZE_WH = 30.0, (640, 480)
_ACTS = ("walk", "squat", "wave_one_hand", "jumping_jack", "stand", "punch", "throw", "arm_circles")
_ACT_S = 5.0


@dataclass
class Minute:
    """What one minute came to."""

    total: LatencyHistogram
    dropped: int
    read: int
    memory_mb: float


def film(folder: Path, num_people: int) -> Path:
    """The film, drawn if it is not there yet."""
    path = folder / f"film-{num_people}.mp4"
    if path.exists():
        return path
    rng = np.random.default_rng(num_people)
    scripts = [[Act(act, _ACT_S) for act in np.roll(_ACTS, 3 * i).tolist()] for i in range(num_people)]
    clip = make_clip(scripts, rng, fps=FPS, size_wh=SIZE_WH)
    with VideoWriter(path) as writer:
        for frame in clip.frames():
            writer.write(frame.image, frame.timestamp_s)
    return path


class Watch:
    """Measures a run from outside, minute by minute."""

    def __init__(self, clock_s: float) -> None:
        self.minutes: list[Minute] = []
        self.pose_cpu_s = self.after_cpu_s = 0.0
        self.most_people = 0
        self.person_frames = 0
        self._engine: LiveEngine | None = None
        self._since_s = clock_s
        self._counts = (0, 0)
        self._total = LatencyHistogram()

    def follow(self, engine: LiveEngine) -> None:
        """The engine whose moments come."""
        self._engine = engine

    def __call__(self, moment: Moment) -> None:
        """Take in a moment; its durations are CPU seconds of the thread that works."""
        self.pose_cpu_s += moment.pose_s
        self.after_cpu_s += moment.recognise_s
        self.most_people = max(self.most_people, len(moment.people))
        self.person_frames += len(moment.people)

    def look(self, now_s: float) -> None:
        """Close a minute if one is over."""
        assert self._engine is not None
        if now_s - self._since_s < 60:
            return
        stats = self._engine.stats
        read, dropped = stats.frames_read - self._counts[0], stats.frames_dropped - self._counts[1]
        self.minutes.append(
            Minute(stats.stages["total"].since(self._total), dropped, read, (memory_bytes() or 0) / 2**20)
        )
        self._counts = (stats.frames_read, stats.frames_dropped)
        self._total, self._since_s = stats.stages["total"].copy(), now_s


def run(options: argparse.Namespace, num_people: int) -> None:
    """Play the film for so many minutes, and print what came of it."""
    path = film(options.out, num_people)
    watch = Watch(time.monotonic())
    estimator = create_estimator("blazepose")
    # CPU time of the thread that works: another program beside this one does not count.
    session = LiveSession(estimator, ActionModel.load(options.model), clock=time.thread_time)
    events = options.out / f"events-{num_people}.jsonl"
    events.unlink(missing_ok=True)
    with open_sinks([str(events)], lambda line: print(line, file=sys.stderr)) as fan:
        engine = LiveEngine(open_live_source(str(path), repeat=True), session, sinks=[fan], on_moment=watch)
        watch.follow(engine)
        engine.start()
        end_s = time.monotonic() + 60 * options.minutes + 1
        while engine.is_running and time.monotonic() < end_s:
            time.sleep(0.2)
            watch.look(time.monotonic())
        engine.stop()
        engine.join()
    report(engine, watch, num_people)


def report(engine: LiveEngine, watch: Watch, num_people: int) -> None:
    """Tables in Markdown."""
    print(f"\n## {num_people} drawn, at most {watch.most_people} seen at once\n")
    print(
        "| minute | p50 ms | p95 ms | p99 ms | frames | dropped | memory MB |\n|---|---|---|---|---|---|---|"
    )
    for number, one in enumerate(watch.minutes, 1):
        late = " | ".join(f"{1000 * one.total.quantile(share):.0f}" for share in (0.5, 0.95, 0.99))
        print(f"| {number} | {late} | {one.read} | {one.dropped} | {one.memory_mb:.0f} |")
    print("\n" + "\n".join(engine.stats.lines()))
    if len(watch.minutes) > 1:
        first, last = watch.minutes[0], watch.minutes[-1]
        grown = 100 * (last.memory_mb / first.memory_mb - 1)
        late = last.total.quantile(0.95) / first.total.quantile(0.95)
        print(f"memory after the last minute against the first: {grown:+.1f} %; p95: {late:.2f} times")
    seen = watch.person_frames / max(engine.stats.frames_done, 1)
    each = 1000 / max(engine.stats.frames_done, 1)
    print(
        f"CPU a frame with {seen:.2f} people: poses {watch.pose_cpu_s * each:.2f} ms, everything after them "
        f"{watch.after_cpu_s * each:.2f} ms: {100 * watch.after_cpu_s / watch.pose_cpu_s:.1f} % of the poses"
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--people", type=int, nargs="+", default=[1, 3])
    parser.add_argument("--model", default="everyday")
    parser.add_argument("--out", type=Path, default=Path("runs/live"))
    options = parser.parse_args()
    make_folder(options.out)
    for num_people in options.people:
        run(options, num_people)


if __name__ == "__main__":
    main()
