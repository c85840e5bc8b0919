"""Findings about single clips: nobody, zeros, outliers, stillness, picture sizes, sides, time."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from statistics import median

from poseact.doctor.facts import OUTLIER_FACTOR, ClipFacts
from poseact.doctor.findings import Finding, Severity
from poseact.wording import counted

# Shares and factors beyond which a clip is worth a line; set so that the clips of six public sets
# that pass them are wrong, or odd, when looked at.
MUCH = 0.5
OUTSIDE_MUCH, OUTSIDE_NEVER = 0.1, 0.005
RATE_TOLERANCE = 0.2
_GAP_FACTOR = 5.0
_LENGTH_SPREADS, _LENGTH_FACTOR = 6.0, 4.0
# In 2D a single clip proves little: hidden joints can have high confidence.
_SIDES_CLIP = {2: -0.35, 3: -0.15}
_HEADSTAND = 0.9
# A set is judged by its clips only from so many on.
FEW = 10


def check_each(facts: Sequence[ClipFacts]) -> Iterator[Finding]:
    """Findings about single clips, one for each kind."""
    filled = [one for one in facts if one.num_frames and one.num_joints]
    yield from _nobody(facts)
    yield from _listed(
        filled,
        lambda one: one.num_frames == 1,
        ("warning", "one-frame", "{n} with a single frame", "a motion needs more: leave them out"),
    )
    yield from _listed(
        filled,
        lambda one: one.empty_share > MUCH,
        (
            "warning",
            "empty-frames",
            f"{{n}} with nobody in more than {MUCH:.0%} of their frames",
            "cut them to when somebody is seen, or leave them out",
        ),
    )
    yield from _zeros_and_outliers(filled)
    yield from _listed(
        [one for one in filled if one.num_frames > 2],
        lambda one: one.still_share > MUCH,
        (
            "warning",
            "frozen",
            f"{{n}} in which, in more than {MUCH:.0%} of the steps, no joint moves at all",
            "poses repeated from frame to frame: look at the tool or the annotation behind them",
        ),
    )
    yield from _listed(
        filled,
        lambda one: one.still_joints > 0,
        (
            "note",
            "frozen-joints",
            "{n} with joints that never move while others do",
            "plausible in annotations by hand; from an estimator, such a joint is guessed",
        ),
    )
    yield from _times(filled)
    yield from _lengths(filled)


def _listed(
    facts: Sequence[ClipFacts],
    is_so: Callable[[ClipFacts], bool],
    finding: tuple[Severity, str, str, str],
) -> Iterator[Finding]:
    """One finding for all clips of which something is so; ``{n}`` in its text is their number."""
    clips = tuple(one.info.name for one in facts if is_so(one))
    if clips:
        severity, kind, text, remedy = finding
        yield Finding(severity, kind, text.format(n=counted(len(clips), "clip")), remedy, clips)


def _nobody(facts: Sequence[ClipFacts]) -> Iterator[Finding]:
    yield from _listed(
        facts,
        lambda one: one.num_frames == 0,
        ("error", "no-frames", "{n} without a frame", "leave them out (--fix does)"),
    )
    yield from _listed(
        facts,
        lambda one: one.num_frames > 0 and one.num_joints == 0,
        ("error", "nobody", "{n} in which no joint is ever seen", "leave them out (--fix does)"),
    )


def _zeros_and_outliers(facts: Sequence[ClipFacts]) -> Iterator[Finding]:
    zeros = sum(one.num_zeros for one in facts)
    yield from _listed(
        facts,
        lambda one: one.num_zeros > 0,
        (
            "error",
            "zeros",
            f"{{n}} with joints at exactly zero, {zeros} in all: zero stands for missing there",
            "make them missing (--fix does)",
        ),
    )
    worst = max((one.worst for one in facts), default=0.0)
    outliers = sum(one.num_outliers for one in facts)
    yield from _listed(
        facts,
        lambda one: one.num_outliers > 0,
        (
            "error",
            "outliers",
            f"{{n}} with joints more than {OUTLIER_FACTOR:g} body sizes from the others, "
            f"{counted(outliers, 'joint position')} in all with those on the way there; "
            f"the farthest is at {worst:.3g}",
            "make them missing (--fix does)",
        ),
    )


def exchanged_sizes(facts: Sequence[ClipFacts]) -> dict[int, str]:
    """Clips whose width and height are exchanged, by their place in `facts`, each with the reason.

    A clip shows it when many joints are outside its picture, and none is once the sizes are
    exchanged. Where clips of the same size fit neither way, the size is wrong altogether. Where
    all clips of one size that tell anything say so, the others of that size are exchanged, too.
    """
    by_size: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for i, one in enumerate(facts):
        if one.frame_size_wh is not None and one.frame_size_wh[0] != one.frame_size_wh[1]:
            by_size[one.frame_size_wh].append(i)
    out: dict[int, str] = {}
    for members in by_size.values():
        told = {i for i in members if _tells(facts[i].outside, facts[i].outside_exchanged)}
        if any(_fits_neither_way(facts[i]) for i in members):
            continue
        against = sum(_tells(facts[i].outside_exchanged, facts[i].outside) for i in members)
        out |= dict.fromkeys(told, "its joints are outside the picture, and inside it when exchanged")
        if len(told) >= FEW and not against:
            other = "as in all clips of this size that show it"
            out |= {i: out.get(i, other) for i in members}
    return dict(sorted(out.items()))


def _fits_neither_way(one: ClipFacts) -> bool:
    return min(one.outside or 0.0, one.outside_exchanged or 0.0) > OUTSIDE_MUCH


def _tells(outside: float | None, exchanged: float | None) -> bool:
    return (
        outside is not None and exchanged is not None and outside > OUTSIDE_MUCH and exchanged < OUTSIDE_NEVER
    )


def check_sizes(facts: Sequence[ClipFacts]) -> Iterator[Finding]:
    """Width and height exchanged, and pictures that are too small for the joints."""
    exchanged = exchanged_sizes(facts)
    if exchanged:
        yield Finding(
            "error",
            "exchanged-size",
            f"{len(exchanged)} of {counted(len(facts), 'clip')} with width and height exchanged",
            "exchange them (--fix does); PYSKL's img_shape is (height, width)",
            tuple(facts[i].info.name for i in exchanged),
        )
    rest = [one for i, one in enumerate(facts) if i not in exchanged]
    yield from _listed(
        rest,
        lambda one: one.outside is not None and one.outside > OUTSIDE_MUCH,
        (
            "warning",
            "outside",
            f"{{n}} with more than {OUTSIDE_MUCH:.0%} of the joints outside the picture",
            "the picture's size is wrong, or much of the body is out of view and guessed",
        ),
    )


def exchanged_sides(facts: Sequence[ClipFacts]) -> tuple[str, ...]:
    """Clips whose sides are clearly exchanged, by themselves."""
    return tuple(
        one.info.name
        for one in facts
        if one.sides is not None and one.sides < _SIDES_CLIP[one.num_coordinates]
    )


def upside_down(facts: Sequence[ClipFacts]) -> tuple[str, ...]:
    """Clips in which a body at full length has its feet up nearly all the time."""
    return tuple(one.info.name for one in facts if (one.headstand or 0) > _HEADSTAND)


def _times(facts: Sequence[ClipFacts]) -> Iterator[Finding]:
    steps = [one.step_s for one in facts if one.step_s]
    if not steps:
        return
    rates = Counter(round(1 / step, 1) for step in steps)
    usual = median(steps)

    def is_odd(one: ClipFacts) -> bool:
        return bool(one.step_s) and abs((one.step_s or usual) / usual - 1) > RATE_TOLERANCE

    odd = sum(map(is_odd, facts))
    if 0 < odd <= 0.2 * len(facts):
        yield from _listed(
            facts,
            is_odd,
            (
                "warning",
                "rate",
                f"{{n}} with another frame rate than the set's {1 / usual:.3g} per second",
                "right if they were filmed so; else give the reader their rate (-O rate_hz=...)",
            ),
        )
    elif odd:
        common = ", ".join(f"{rate:g}/s ({count} clips)" for rate, count in rates.most_common(4))
        yield Finding(
            "note", "rates", f"frame rates differ: {common}", "cut windows by seconds, not by frames"
        )
    yield from _listed(
        facts,
        lambda one: bool(one.step_s) and (one.longest_step_s or 0) > _GAP_FACTOR * (one.step_s or 1),
        (
            "note",
            "gaps",
            f"{{n}} with gaps in time of more than {_GAP_FACTOR:g} frames",
            "windows that cross a gap show a jump: cut at it, or interpolate",
        ),
    )


def _lengths(facts: Sequence[ClipFacts]) -> Iterator[Finding]:
    lengths = [one.num_frames for one in facts]
    if len(lengths) < FEW:
        return
    usual = median(lengths)
    spread = 1.4826 * median(abs(n - usual) for n in lengths)  # a standard deviation, robustly

    def is_odd(one: ClipFacts) -> bool:
        far = abs(one.num_frames - usual) > _LENGTH_SPREADS * spread
        return far and not usual / _LENGTH_FACTOR <= one.num_frames <= usual * _LENGTH_FACTOR

    odd = [one.num_frames for one in facts if is_odd(one)]
    yield from _listed(
        facts,
        is_odd,
        (
            "note",
            "length",
            f"{{n}} of unusual length: {_range(odd)}, where {usual:g} are usual",
            "look whether they are one action each",
        ),
    )


def _range(numbers: Sequence[int]) -> str:
    least, most = min(numbers, default=0), max(numbers, default=0)
    return counted(most, "frame") if least == most else f"{least} to {most} frames"
