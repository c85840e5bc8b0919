"""Findings about a set as a whole: sides and axes, units, layouts, classes, duplicates, leaks."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from statistics import median

import numpy as np

from poseact.doctor.clip_checks import FEW, exchanged_sides, upside_down
from poseact.doctor.facts import ClipFacts
from poseact.doctor.findings import Finding
from poseact.splits import SplitPlan, find_leaks
from poseact.splits.leaks import shared_subjects
from poseact.splits.making import plan_of_protocol
from poseact.splits.plan import shortened
from poseact.splits.units import how_to_separate_subjects
from poseact.wording import counted

_MOST = 0.75
# Sketches this near are the same poses, moved, scaled or rounded; real repetitions stay above 0.008.
_SAME_SKETCH = 0.003
_IMBALANCE = 5.0
_FEW_OF_A_CLASS = 5
_OFTEN_MISSING = 0.3
# Half of a body's joints are within this many metres of its middle: 0.2 to 0.45 in public sets.
_BODY_M = (0.05, 2.0)


def side_share(facts: Sequence[ClipFacts]) -> float | None:
    """Share of the clips that tell whose sides fit the body; None when fewer than ten tell."""
    told = [one.sides > 0 for one in facts if one.sides is not None]
    return sum(told) / len(told) if len(told) >= FEW else None


def upright_share(facts: Sequence[ClipFacts]) -> float | None:
    """Share of the clips in which shoulders are above hips; None when fewer than ten tell."""
    told = [one.upright > 0.5 for one in facts if one.upright is not None]
    return sum(told) / len(told) if len(told) >= FEW else None


def why_no_side_share(facts: Sequence[ClipFacts]) -> str:
    """Why `side_share` is None: how many clips tell, and what the others lack."""
    untold = Counter(one.sides_untold for one in facts if one.sides is None)
    most = f"; in {untold.most_common(1)[0][1]}, {untold.most_common(1)[0][0]}" if untold else ""
    return f"{_few_tell(len(facts) - untold.total())}{most}"


def why_no_upright_share(facts: Sequence[ClipFacts]) -> str:
    """Why `upright_share` is None: how many clips tell."""
    return _few_tell(sum(one.upright is not None for one in facts))


def _few_tell(told: int) -> str:
    return f"{counted(told, 'clip')} that {'tells' if told == 1 else 'tell'}, and {FEW} are needed"


def check_geometry(facts: Sequence[ClipFacts]) -> Iterator[Finding]:
    """Exchanged sides, an upturned axis, units that cannot be."""
    fit, upright = side_share(facts), upright_share(facts)
    if upright is not None and upright < 1 - _MOST:
        # Turned upside down, a body still has its sides; mirrored, it has them exchanged.
        axes = "y" if fit is None or fit < 1 - _MOST else "y and x"
        yield Finding(
            "error",
            "upside-down",
            f"people stand on their heads in {1 - upright:.0%} of the clips: the y axis points up",
            f"negate {axes} in the reader; --fix leaves this alone",
        )
    elif fit is not None and fit < 1 - _MOST:
        told = sum(one.sides is not None for one in facts)
        yield Finding(
            "error",
            "exchanged-sides",
            f"left and right are exchanged, or an axis is mirrored: in {1 - fit:.0%} of the {told} clips "
            "that tell, the sides do not fit the front of the body",
            "exchange the joints' names, or negate one axis, in the reader; --fix leaves this alone",
        )
    if upright is None or upright >= 1 - _MOST:
        yield from _single_clips(facts, fit)
    yield from _units(facts)


def _single_clips(facts: Sequence[ClipFacts], fit: float | None) -> Iterator[Finding]:
    """Clips that show by themselves what the set as a whole does not."""
    turned = upside_down(facts)
    if turned:
        yield Finding(
            "warning",
            "upside-down",
            f"{counted(len(turned), 'clip')} with people on their heads nearly all the time",
            "a handstand, or a y axis that points up in these clips: look at them; --fix leaves them alone",
            turned,
        )
    # What is upside down with its x axis right has its sides exchanged, too: one finding is enough.
    odd = tuple(name for name in exchanged_sides(facts) if name not in turned)
    if odd and (fit is None or fit >= 1 - _MOST):
        yield Finding(
            "warning",
            "exchanged-sides",
            f"{counted(len(odd), 'clip')} with left and right exchanged, as the front of the body tells",
            "a person turned away from a depth camera, or a wrong annotation: look at them",
            odd,
        )


def _units(facts: Sequence[ClipFacts]) -> Iterator[Finding]:
    by_units: defaultdict[str, list[float]] = defaultdict(list)
    for one in facts:
        if one.size is not None and not (one.units == "px" and one.frame_size_wh is None):
            by_units[one.units].append(one.size)
    for units, sizes in by_units.items():
        usual = median(sizes)
        wrong = {
            "m": not _BODY_M[0] < usual < _BODY_M[1],
            "px": usual < 1,
            "normalized": usual > 1,
        }[units]
        if wrong:
            yield Finding(
                "error",
                "units",
                f"the joints are said to be in {units}, but lie {usual:.3g} from the middle of the body",
                "read them in their true unit (millimetres are metres times 1000)",
            )


def check_forms(facts: Sequence[ClipFacts]) -> Iterator[Finding]:
    """Mixed layouts, units and numbers of joints; joints that are often missing."""
    for what, counts in (
        ("layouts", Counter(one.layout for one in facts)),
        ("units", Counter(one.units for one in facts)),
    ):
        if len(counts) > 1:
            found = ", ".join(f"{name} ({counted(count, 'clip')})" for name, count in counts.most_common())
            rare = min(counts, key=lambda name: counts[name])
            yield Finding(
                "warning",
                f"mixed-{what}",
                f"{len(counts)} {what}: {found}",
                f"convert them to one of the {what}"
                if what == "layouts"
                else "keep the kinds in separate sets",
                tuple(one.info.name for one in facts if rare in (one.layout, one.units)),
            )
    by_layout: defaultdict[tuple[str, ...], list[ClipFacts]] = defaultdict(list)
    for one in facts:
        if one.num_joints:
            by_layout[one.joint_names].append(one)
    for members in by_layout.values():
        missing = 1 - np.mean([one.seen for one in members], axis=0)
        often = sorted(
            (
                (share, joint)
                for share, joint in zip(missing, members[0].joint_names, strict=True)
                if share > _OFTEN_MISSING
            ),
            reverse=True,
        )
        if often:
            listed = shortened([f"{joint} {share:.0%}" for share, joint in often], 6)
            yield Finding(
                "note",
                "missing-joints",
                f"joints that are often missing: {listed}",
                "choose features that do without them",
            )


def check_classes(facts: Sequence[ClipFacts], class_names: Iterable[str] | None) -> Iterator[Finding]:
    """Labels without clips and clips without labels, spellings, and how even the classes are."""
    counts = Counter(one.info.label for one in facts)
    unlabelled = tuple(one.info.name for one in facts if one.info.label is None)
    if unlabelled:
        every = len(unlabelled) == len(facts)
        yield Finding(
            "note" if every else "warning",
            "no-label",
            "no clip has a label" if every else f"{counted(len(unlabelled), 'clip')} without a label",
            "label them before training on them",
            unlabelled,
        )
    labels = sorted(label for label in counts if label is not None)
    wanted = _numbered(labels) if class_names is None else list(class_names)
    lacking = [label for label in wanted if label not in counts]
    if lacking:
        yield Finding(
            "warning",
            "no-clips",
            f"{counted(len(lacking), 'class')} without a clip: {shortened(lacking, 6)}",
            "look for clips that were lost, or take the classes off the list",
        )
    yield from _spellings(labels)
    sizes = sorted((counts[label], label) for label in labels)
    if len(sizes) > 1:
        (fewest, rare), (most, common) = sizes[0], sizes[-1]
        # A class of one clip beside one of five says little of a set.
        if most >= _IMBALANCE * fewest and most >= FEW:
            yield Finding(
                "warning" if fewest < _FEW_OF_A_CLASS else "note",
                "imbalance",
                f"{rare!r} has {counted(fewest, 'clip')}, {common!r} has {most}",
                "weight the classes, and quote mean class accuracy beside accuracy",
            )


def _numbered(labels: Sequence[str]) -> list[str]:
    """Where all labels are numbers, all from the lowest to the highest."""
    if not labels or not all(label.isascii() and label.isdigit() and len(label) < 5 for label in labels):
        return []
    numbers = [int(label) for label in labels]
    return [str(n) for n in range(min(numbers), max(numbers) + 1) if len({str(n)} & set(labels)) == 0]


def _spellings(labels: Sequence[str]) -> Iterator[Finding]:
    plain = [_plain(label) for label in labels]
    for i, a in enumerate(plain):
        for j in range(i + 1, len(plain)):
            same = a == plain[j]
            if same or _one_letter_apart(a, plain[j]):
                yield Finding(
                    "warning",
                    "spelling",
                    f"classes {labels[i]!r} and {labels[j]!r} differ only by "
                    + ("case, spaces or signs" if same else "a letter"),
                    "if they are one class, give them one name",
                )


def _plain(label: str) -> str:
    folded = unicodedata.normalize("NFKC", label).casefold()
    return re.sub(r"[\W_]+", "", folded) or folded


def _one_letter_apart(a: str, b: str) -> bool:
    """Whether a letter too many, too few, other, or two exchanged make one word of the other."""
    if min(len(a), len(b)) < 5 or abs(len(a) - len(b)) > 1:
        return False
    short, long = sorted((a, b), key=len)
    start = next((i for i, (x, y) in enumerate(zip(short, long, strict=False)) if x != y), len(short))
    if long[start:].isdigit() or short[start : start + 1].isdigit() or long[start : start + 1].isdigit():
        return False  # action1 and action2
    rest, others = short[start:], long[start:]
    if len(short) < len(long):
        return rest == others[1:]
    # draw_x and draw_y are two classes: a last letter may be missing, but not another one.
    return len(rest) > 1 and (
        rest[1:] == others[1:] or (rest[:2] == others[1::-1] and rest[2:] == others[2:])
    )


def duplicates(facts: Sequence[ClipFacts]) -> list[tuple[int, ...]]:
    """Groups of clips with exactly the same keypoints, as places in `facts`."""
    places: defaultdict[bytes, list[int]] = defaultdict(list)
    for i, one in enumerate(facts):
        if one.fingerprint is not None:
            places[one.fingerprint].append(i)
    return [tuple(group) for group in places.values() if len(group) > 1]


def near_duplicates(facts: Sequence[ClipFacts]) -> list[tuple[int, int]]:
    """Pairs of clips with nearly the same poses, moved, scaled or rounded, that are not exactly the same."""
    by_form: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    copies = {i for group in duplicates(facts) for i in group[1:]}
    for i, one in enumerate(facts):
        if one.sketch is not None and one.num_frames > 1 and i not in copies:
            by_form[one.layout, one.units].append(i)
    out = []
    for members in by_form.values():
        sketches = np.array([facts[i].sketch for i in members])
        order = np.argsort(sketches[:, 0], kind="stable")
        values = sketches[order, 0]
        ends = np.searchsorted(values, values + _SAME_SKETCH, side="right")
        for at, end in enumerate(ends):
            near = order[at + 1 : end]
            distance = np.linalg.norm(sketches[near] - sketches[order[at]], axis=1)
            for other in near[distance < _SAME_SKETCH]:
                a, b = sorted((members[order[at]], members[int(other)]))
                out.append((a, b))
    return sorted(out)


def check_duplicates(facts: Sequence[ClipFacts]) -> Iterator[Finding]:
    """Names used twice; clips with the same, or nearly the same, poses."""
    names = Counter(one.info.name for one in facts)
    twice = tuple(name for name, count in names.items() if count > 1)
    if twice:
        yield Finding(
            "error",
            "same-name",
            f"{counted(len(twice), 'name')} of several clips",
            "rename them (--fix does)",
            twice,
        )
    two_labels: list[tuple[int, ...]] = []
    one_label: list[tuple[int, ...]] = []
    for group in duplicates(facts):
        labels = {facts[i].info.label for i in group}
        (two_labels if len(labels) > 1 else one_label).append(group)
    for found, severity, kind, text, remedy in (
        (
            two_labels,
            "error",
            "contradiction",
            "the same poses under two labels",
            "find out which label is right",
        ),
        (one_label, "warning", "duplicate", "the same poses more than once", "keep one of them (--fix does)"),
        (
            near_duplicates(facts),
            "warning",
            "near-duplicate",
            "nearly the same poses",
            "keep one of each pair",
        ),
    ):
        if found:
            clips = tuple(facts[i].info.name for group in found for i in group)
            examples = shortened([" = ".join(facts[i].info.name for i in group[:3]) for group in found], 2)
            yield Finding(severity, kind, f"{text}, {counted(len(found), 'time')}: {examples}", remedy, clips)  # type: ignore[arg-type]


def check_splits(facts: Sequence[ClipFacts], given: Sequence[SplitPlan]) -> Iterator[Finding]:
    """Leaks in the official protocols of the set, and in splits from elsewhere."""
    infos = [one.info for one in facts]
    names = [info.name for info in infos]
    if len(infos) >= FEW and not any(info.subject or info.group or info.splits for info in infos):
        yield Finding(
            "note",
            "no-groups",
            "no clip tells its subject or group, and there is no official protocol",
            "a random split puts the same people on both sides: add groups, or keep blocks of neighbouring "
            "numbers together (poseact data split --blocks)",
        )
    protocols = sorted({name for info in infos for name in info.splits})
    for protocol in protocols:
        if plan_of_protocol(infos, protocol) is None:
            parts = shortened(sorted({info.splits[protocol] for info in infos if protocol in info.splits}), 6)
            yield Finding(
                "error",
                "split-names",
                f"protocol {protocol}: its parts make no split: {parts}",
                "name the parts train, val, test, or number the folds",
            )
    same = [*duplicates(facts), *near_duplicates(facts)]
    official = [plan_of_protocol(infos, name) for name in protocols]
    for plan in [*(plan for plan in official if plan is not None), *given]:
        yield from _leaks(facts, plan)
        yield from _same_poses(names, same, plan)


def _leaks(facts: Sequence[ClipFacts], plan: SplitPlan) -> Iterator[Finding]:
    infos = [one.info for one in facts]
    by_kind = defaultdict(list)
    for leak in find_leaks(infos, plan):
        by_kind[leak.kind].append(leak)
    if plan.way == "protocol":
        by_kind.pop("no-part", None)  # protocols on some of the classes are usual
    for kind, leaks in by_kind.items():
        mild = kind in ("twice", "no-clip", "no-part")
        clips = tuple(dict.fromkeys(name for leak in leaks for name in leak.clips))
        more = f" (and {len(leaks) - 1} more such)" if len(leaks) > 1 else ""
        yield Finding(
            "warning" if mild else "error",
            "split-names" if mild or kind == "name" else "leak",
            f"{plan.title}, {leaks[0].text}{more}",
            "take the second line out"
            if kind == "twice"
            else "make the split anew for these clips (poseact data split)",
            clips,
        )
    shared = () if plan.separates == "subject" else shared_subjects(infos, plan)
    if shared:
        yield Finding(
            # An official protocol is what others compare with, whatever it shows.
            "note" if plan.way == "protocol" else "warning",
            "same-subjects",
            f"{plan.title}: {counted(len(shared), 'subject')} in training and test: {shortened(shared, 6)}",
            f"numbers on it do not hold for new people: {how_to_separate_subjects(infos)}",
        )


def _same_poses(names: Sequence[str], same: Sequence[tuple[int, ...]], plan: SplitPlan) -> Iterator[Finding]:
    """`same`: groups of places in `names` whose clips have the same poses."""
    crossing: dict[tuple[int, ...], str] = {}
    for fold in plan.folds:
        part_of = {name: part for part, members in fold.parts.items() for name in members}
        for group in same:
            if len({part_of[names[i]] for i in group if names[i] in part_of}) > 1:
                crossing.setdefault(group, fold.name)
    if crossing:
        examples = shortened([" = ".join(names[i] for i in group[:3]) for group in crossing], 2)
        yield Finding(
            "error",
            "leak",
            f"{plan.title}: the same poses are on both sides, {counted(len(crossing), 'time')}: {examples}",
            "keep them in one part, or keep one of them",
            tuple(names[i] for group in crossing for i in group),
        )
