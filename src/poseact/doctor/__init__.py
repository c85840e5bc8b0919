"""The data doctor: what is wrong with a data set, clip by clip and as a whole, and what can be mended."""

from collections.abc import Iterable, Sequence

from poseact.clip import Clip
from poseact.doctor.clip_checks import check_each, check_sizes
from poseact.doctor.facts import ClipFacts, measure
from poseact.doctor.findings import Finding, Report, Severity
from poseact.doctor.mending import Change, Mender
from poseact.doctor.set_checks import (
    check_classes,
    check_duplicates,
    check_forms,
    check_geometry,
    check_splits,
    side_share,
    upright_share,
    why_no_side_share,
    why_no_upright_share,
)
from poseact.splits import SplitPlan
from poseact.splits.plan import shortened
from poseact.wording import counted


def check_clips(
    clips: Iterable[Clip],
    *,
    broken: Sequence[str] = (),
    splits: Sequence[SplitPlan] = (),
    class_names: Iterable[str] | None = None,
) -> Report:
    """Everything that the doctor finds; the clips are read once, and not kept.

    Args:
        clips: The data set.
        broken: What the reader said of clips that it could not read; may fill while `clips` is read.
        splits: Splits made elsewhere, to be checked beside the official ones.
        class_names: All classes that there should be.
    """
    return report_on([measure(clip) for clip in clips], broken=broken, splits=splits, class_names=class_names)


def report_on(
    facts: Sequence[ClipFacts],
    *,
    broken: Sequence[str] = (),
    splits: Sequence[SplitPlan] = (),
    class_names: Iterable[str] | None = None,
) -> Report:
    """As `check_clips`, on what `measure` has found in each clip."""
    findings = [
        *_broken(broken),
        *check_each(facts),
        *check_sizes(facts),
        *check_geometry(facts),
        *check_forms(facts),
        *check_classes(facts, class_names),
        *check_duplicates(facts),
        *check_splits(facts, splits),
    ]
    measures = {"sides_fit": side_share(facts), "upright": upright_share(facts)}
    untold = {
        name: why
        for name, why in (("sides_fit", why_no_side_share(facts)), ("upright", why_no_upright_share(facts)))
        if measures[name] is None
    }
    return Report.of(len(facts), findings, measures, untold)


def _broken(broken: Sequence[str]) -> list[Finding]:
    if not broken:
        return []
    return [
        Finding(
            "error",
            "broken",
            f"{counted(len(broken), 'clip')} that cannot be read: {shortened(broken, 2)}",
            "fetch them again, or leave them out (--fix does)",
        )
    ]


__all__ = [
    "Change",
    "ClipFacts",
    "Finding",
    "Mender",
    "Report",
    "Severity",
    "check_clips",
    "measure",
    "report_on",
]
