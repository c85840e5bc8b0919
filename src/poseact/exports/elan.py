"""ELAN annotation files (.eaf): a tier for each person, with scores and counts in tiers below it.

Source: EAF 3.0, the schema EAFv3.0.xsd of the Max Planck Institute for Psycholinguistics, December 2016.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from poseact._version import __version__
from poseact.errors import InvalidInputError
from poseact.exports.findings import Findings, in_one_line
from poseact.results import person_name
from poseact.timeline import Segment, Timeline

_SCHEMA_LOCATION = "{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation"
_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
# Times are of the schema's type unsignedInt.
_LAST_MS = 2**32 - 1
_VOCABULARY = "actions"
_LANGUAGE = "und"
# As ELAN itself names them; it knows no other videos by name.
_MIME_TYPES = {
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".mp4": "video/mp4",
    ".mpeg": "video/mpeg",
    ".mpg": "video/mpeg",
}
_OTHER_MIME_TYPE = "video/*"
# In a name these make a URL that the schema refuses. ELAN takes all others as they are, and undoes no
# escapes: it would look for a file called "a%20b.mp4".
_NOT_IN_URLS = re.compile(r"[%#?\[\]\\]")
# ELAN expects all four in every file; the words are its own.
_CONSTRAINTS = {
    "Time_Subdivision": (
        "Time subdivision of parent annotation's time interval, no time gaps allowed within this interval"
    ),
    "Symbolic_Subdivision": (
        "Symbolic subdivision of a parent annotation. Annotations refering to the same parent are ordered"
    ),
    "Symbolic_Association": "1-1 association with a parent annotation",
    "Included_In": (
        "Time alignable annotations within the parent annotation's time interval, gaps are allowed"
    ),
}


# Name and time of a slot, by the number of the annotation and whether it begins there.
_Slots = dict[tuple[int, bool], tuple[str, int]]


@dataclass(frozen=True)
class _Note:
    """A segment as an annotation: whole milliseconds, and its number, from 1."""

    segment: Segment
    start_ms: int
    end_ms: int
    number: int


def to_eaf(findings: Findings) -> str:
    """The text of an EAF file.

    Times before 0 are cut off, as ELAN has none; what is shorter than a millisecond is left out.

    Raises:
        InvalidInputError: If a time is later than 2**32 - 1 ms, the last that the format can hold.
    """
    timeline = findings.timeline
    notes = _notes(timeline)
    texts = dict.fromkeys(in_one_line(label) for label in findings.labels)
    entries = {text: f"cveid{i}" for i, text in enumerate(texts) if text}
    annotator = in_one_line(f"poseact {__version__}, {findings.model_name}")
    root = Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": f"poseact {__version__}",
            "DATE": findings.made_at.isoformat(timespec="seconds"),
            "FORMAT": "3.0",
            "VERSION": "3.0",
            _SCHEMA_LOCATION: _SCHEMA,
        },
    )
    root.append(_header(findings, len(notes)))
    order = SubElement(root, "TIME_ORDER")
    slots = _slots(notes)
    for name, time_ms in slots.values():
        SubElement(order, "TIME_SLOT", TIME_SLOT_ID=name, TIME_VALUE=str(time_ms))
    for track_id in sorted({*timeline.track_ids, *(s.track_id for s in timeline.segments)}):
        own = [note for note in notes if note.segment.track_id == track_id]
        root.extend(_tiers(track_id, own, slots, entries, annotator))
    root.extend(_definitions())
    root.append(_vocabulary(entries, annotator))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, "unicode") + "\n"


def _notes(timeline: Timeline) -> list[_Note]:
    last_s = max((segment.end_s for segment in timeline.segments), default=0.0)
    if last_s * 1000 > _LAST_MS:
        raise InvalidInputError(
            f"expected times up to {_LAST_MS // 1000} s, the last that ELAN's files can hold, "
            f"found {last_s:.0f} s"
        )
    notes: list[_Note] = []
    for segment in timeline.segments:
        start_ms, end_ms = (max(round(time_s * 1000), 0) for time_s in (segment.start_s, segment.end_s))
        if end_ms > start_ms:
            notes.append(_Note(segment, start_ms, end_ms, len(notes) + 1))
    return notes


def _slots(notes: Sequence[_Note]) -> _Slots:
    """In the order of time; where one annotation ends and another begins, the end comes first."""
    ends = [(note.end_ms, False, note.number) for note in notes]
    ends += [(note.start_ms, True, note.number) for note in notes]
    return {
        (number, is_start): (f"ts{i}", time_ms)
        for i, (time_ms, is_start, number) in enumerate(sorted(ends), start=1)
    }


def _header(findings: Findings, num_notes: int) -> Element:
    header = Element("HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    if findings.has_file:
        name = _NOT_IN_URLS.sub(lambda c: f"%{ord(c[0]):02X}", in_one_line(findings.video.name))
        mime_type = _MIME_TYPES.get(PurePath(name).suffix.lower(), _OTHER_MIME_TYPE)
        # Of the folder nothing is known; ELAN looks beside the .eaf for what it does not find.
        SubElement(
            header,
            "MEDIA_DESCRIPTOR",
            MEDIA_URL=f"file:///{name}",
            MIME_TYPE=mime_type,
            RELATIVE_MEDIA_URL=f"./{name}",
        )
    SubElement(header, "PROPERTY", NAME="lastUsedAnnotationId").text = str(3 * num_notes)
    return header


def _tiers(
    track_id: int, notes: Sequence[_Note], slots: _Slots, entries: Mapping[str, str], annotator: str
) -> Iterator[Element]:
    """A person's tiers; the ids of an annotation, its score and its count follow one another."""
    name = person_name(track_id)
    shared = {"ANNOTATOR": annotator, "PARTICIPANT": name}
    tier = Element("TIER", shared, LINGUISTIC_TYPE_REF="action", TIER_ID=name)
    for note in notes:
        text = in_one_line(note.segment.label)
        aligned = SubElement(
            SubElement(tier, "ANNOTATION"),
            "ALIGNABLE_ANNOTATION",
            ANNOTATION_ID=_action_id(note),
            TIME_SLOT_REF1=slots[note.number, True][0],
            TIME_SLOT_REF2=slots[note.number, False][0],
        )
        if text in entries:
            aligned.set("CVE_REF", entries[text])
        SubElement(aligned, "ANNOTATION_VALUE").text = text
    yield tier
    scores = [(note, f"{note.segment.score:.4f}") for note in notes]
    yield _below(name, "score", scores, shared, offset=1)
    counts = [(note, str(note.segment.repetitions)) for note in notes if note.segment.repetitions is not None]
    if counts:
        yield _below(name, "repetitions", counts, shared, offset=2)


def _below(
    parent: str, kind: str, values: Sequence[tuple[_Note, str]], shared: dict[str, str], *, offset: int
) -> Element:
    """A tier of one value for each annotation above it."""
    tier = Element("TIER", shared, LINGUISTIC_TYPE_REF=kind, PARENT_REF=parent, TIER_ID=f"{kind}@{parent}")
    for note, value in values:
        reference = SubElement(
            SubElement(tier, "ANNOTATION"),
            "REF_ANNOTATION",
            ANNOTATION_ID=_action_id(note, offset),
            ANNOTATION_REF=_action_id(note),
        )
        SubElement(reference, "ANNOTATION_VALUE").text = value
    return tier


def _action_id(note: _Note, offset: int = 0) -> str:
    return f"a{3 * note.number - 2 + offset}"


def _definitions() -> Iterator[Element]:
    """The kinds of tiers, the language of the vocabulary, and how tiers may hang together."""
    yield Element(
        "LINGUISTIC_TYPE",
        CONTROLLED_VOCABULARY_REF=_VOCABULARY,
        GRAPHIC_REFERENCES="false",
        LINGUISTIC_TYPE_ID="action",
        TIME_ALIGNABLE="true",
    )
    for kind in ("score", "repetitions"):
        yield Element(
            "LINGUISTIC_TYPE",
            CONSTRAINTS="Symbolic_Association",
            GRAPHIC_REFERENCES="false",
            LINGUISTIC_TYPE_ID=kind,
            TIME_ALIGNABLE="false",
        )
    yield Element(
        "LANGUAGE",
        LANG_DEF="http://cdb.iso.org/lg/CDB-00130975-001",
        LANG_ID=_LANGUAGE,
        LANG_LABEL="undetermined (und)",
    )
    for name, description in _CONSTRAINTS.items():
        yield Element("CONSTRAINT", DESCRIPTION=description, STEREOTYPE=name)


def _vocabulary(entries: Mapping[str, str], whose: str) -> Element:
    vocabulary = Element("CONTROLLED_VOCABULARY", CV_ID=_VOCABULARY)
    SubElement(vocabulary, "DESCRIPTION", LANG_REF=_LANGUAGE).text = f"The actions that {whose} can name"
    for text, entry_id in entries.items():
        entry = SubElement(vocabulary, "CV_ENTRY_ML", CVE_ID=entry_id)
        SubElement(entry, "CVE_VALUE", LANG_REF=_LANGUAGE, DESCRIPTION="").text = text
    return vocabulary
