"""Truth and answers laid side by side: which person of the answers is which of the truth.

Tracks and annotators number people as they please, so numbers are not compared. Where truth and answers
both tell people apart, each track is judged against the true person with whom it agrees for the longest
time (same label at the same time); several tracks may be one person who went out of view and came back. A
track that agrees with nobody is a lane of its own, in which every answer is wrong. Where one side does not
tell people apart there is one lane: what is right of anybody is right.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from poseact.annotations import Span, label_key
from poseact.errors import InvalidInputError

BACKGROUND = ("other",)
IGNORED = ("ambiguous",)
"""THUMOS'14 calls so what it does not want judged."""
# An answer of which this share lies in time that is not judged is not judged either.
_MOSTLY = 0.5

Times = tuple[float, float]


@dataclass(frozen=True)
class JudgedRecording:
    """One recording with its truth and what was found in it, labels spelt the same.

    Attributes:
        name: Of the file.
        start_s: First moment that is judged.
        end_s: Last one.
        truth: What is really done.
        found: What was said of it.
    """

    name: str
    start_s: float
    end_s: float
    truth: tuple[Span, ...]
    found: tuple[Span, ...]

    @property
    def duration_s(self) -> float:
        """Seconds that are judged."""
        return self.end_s - self.start_s


@dataclass(frozen=True)
class Lane:
    """One person's truth and answers; nothing in it is background.

    Attributes:
        recording: Its name.
        person: As the truth calls them; ``"track 5"`` for a track that agrees with nobody; None where
            people are not told apart.
        start_s: First moment that is judged.
        end_s: Last one.
        truth: Sorted by start.
        found: Sorted by start.
        ignored: Spans of time that are not judged.
        is_annotated: Whether there is a truth of this person, be it that they do nothing.
        background: The spans of the truth with a background label, for pictures; all time without a
            span in `truth` is background.
    """

    recording: str
    person: str | None
    start_s: float
    end_s: float
    truth: tuple[Span, ...]
    found: tuple[Span, ...]
    ignored: tuple[Times, ...] = ()
    is_annotated: bool = True
    background: tuple[Span, ...] = ()


def lanes_of(
    recording: JudgedRecording,
    *,
    background: Iterable[str] = BACKGROUND,
    ignored: Iterable[str] = IGNORED,
) -> list[Lane]:
    """The lanes of a recording; see the module.

    Args:
        recording: Its truth and answers.
        background: Labels that are no action; they count as no label.
        ignored: Labels of the truth whose time is not judged.

    Raises:
        InvalidInputError: If the truth says of some spans who it is, and of others not.
    """
    nothing, unjudged = ({label_key(one) for one in labels} for labels in (background, ignored))
    found = [span for span in recording.found if label_key(span.label) not in nothing]
    people = _people(recording)
    if people and all(span.person is not None for span in found):
        shared = _shared_out(recording.truth, found)
    else:
        people, shared = [None], {None: found}
    lanes = []
    for person in (*people, *(one for one in shared if one not in people)):
        is_annotated = person in people
        truth = [span for span in recording.truth if is_annotated and person in (None, span.person)]
        skipped = tuple((s.start_s, s.end_s) for s in truth if label_key(s.label) in unjudged)
        acting = [span for span in truth if label_key(span.label) not in nothing | unjudged]
        lanes.append(
            Lane(
                recording.name,
                person,
                recording.start_s,
                recording.end_s,
                truth=tuple(united(acting) if person is None else _sorted(acting)),
                found=tuple(s for s in united(shared.get(person, ())) if not _is_mostly_in(s, skipped)),
                ignored=skipped,
                is_annotated=is_annotated,
                background=tuple(_sorted(s for s in truth if label_key(s.label) in nothing)),
            )
        )
    return lanes


def _people(recording: JudgedRecording) -> list[str | None]:
    """Everybody of the truth, in order of their first span; empty where it does not say who."""
    people = list(dict.fromkeys(span.person for span in _sorted(recording.truth)))
    if None in people and len(people) > 1:
        raise InvalidInputError(
            f"annotation of {recording.name}: expected all of its spans to say who it is, or none; found both"
        )
    return [] if None in people else list(people)


def _shared_out(truth: Sequence[Span], found: Sequence[Span]) -> dict[str | None, list[Span]]:
    """The spans of each track, given to a person of the truth, or to ``track N``."""
    people = list(dict.fromkeys(span.person for span in _sorted(truth)))
    shared: dict[str | None, list[Span]] = {}
    for track in dict.fromkeys(span.person for span in _sorted(found)):
        own = [span for span in found if span.person == track]
        agreed = [_agreement_s([s for s in truth if s.person == person], own) for person in people]
        best = max(range(len(people)), key=agreed.__getitem__)
        whose = people[best] if agreed[best] > 0 else f"track {track}"
        shared.setdefault(whose, []).extend(own)
    return shared


def _agreement_s(truth: Iterable[Span], found: Sequence[Span]) -> float:
    return sum(a.overlap_s(b) for a in truth for b in found if a.label == b.label)


def _sorted(spans: Iterable[Span]) -> list[Span]:
    return sorted(spans, key=lambda span: (span.start_s, span.end_s, span.label))


def united(spans: Iterable[Span]) -> list[Span]:
    """With overlapping spans of one label made one: two tracks that say the same say it once.

    The whole is as sure as its surest part, and was told when the first of its parts was.
    """
    last: dict[str, int] = {}
    out: list[Span] = []
    for span in _sorted(spans):
        place = last.get(span.label)
        if place is not None and span.start_s < out[place].end_s:
            out[place] = _union(out[place], span)
        else:
            last[span.label] = len(out)
            out.append(span)
    return out


def _union(a: Span, b: Span) -> Span:
    told = [one for one in (a.told_s, b.told_s) if one is not None]
    return replace(
        a,
        end_s=max(a.end_s, b.end_s),
        person=a.person if a.person == b.person else None,
        score=max(a.score, b.score),
        told_s=min(told) if told else None,
    )


def _is_mostly_in(span: Span, times: Sequence[Times]) -> bool:
    inside = sum(max(0.0, min(span.end_s, end) - max(span.start_s, start)) for start, end in times)
    return bool(times) and inside >= _MOSTLY * span.duration_s
