"""WebVTT subtitles whose cues say what is done; one file a recording, and named like it.

Source: WebVTT, The Web Video Text Tracks Format (W3C), sections 4 and 6.
"""

import html
import re
from collections.abc import Iterator
from pathlib import Path

from poseact.annotations.spans import Annotation, Span
from poseact.errors import SourceError

_STAMP = r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING = re.compile(rf"\s*{_STAMP}\s+-->\s+{_STAMP}(?:\s.*)?")
_NO_CUES = re.compile(r"(NOTE|STYLE|REGION)(\s|$)")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
_TAG = re.compile(r"<[^>]*>")
# poseact's own: "Person 1: jumping jack (0.93)", with repetitions "Person 1: squat x5 (0.93)".
_OWN = re.compile(r"Person (\d+): (.+?)(?: x\d+)? \(([01]\.\d\d)\)")
# Stamps have whole milliseconds.
_SAME_S = 0.0005

Block = tuple[int, list[str]]


def read_vtt_annotations(path: Path) -> dict[str, Annotation]:
    """What is written of the recording, by the file's name without its ending.

    A cue says as many things as it has lines. ``<v Anna>walk`` says who, and so does ``Person 1: walk
    (0.93)`` as poseact writes it. All other tags are passed over.

    Raises:
        SourceError: If it is something else; the message names the line.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError:
        raise SourceError(f"{path}: expected WebVTT, found text that is not in UTF-8") from None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not re.fullmatch(r"WEBVTT([ \t].*)?", lines[0]):
        raise SourceError(f"{path}, line 1: expected WEBVTT, found {lines[0][:40]!r}")
    spans: list[Span] = []
    for block in _blocks(lines):
        spans += _cue(block, path)
    return {path.stem: Annotation.of(_joined(spans))}


def _blocks(lines: list[str]) -> Iterator[Block]:
    """The number of the first line, and the lines, of each block behind the header."""
    start, block, in_header = 0, list[str](), True
    for number, line in enumerate([*lines[1:], ""], 2):
        if not line.strip():
            if block:
                yield start, block
            start, block, in_header = 0, [], False
        elif not in_header:
            start = start or number
            block.append(line)


def _cue(block: Block, path: Path) -> Iterator[Span]:
    start, lines = block
    if _NO_CUES.match(lines[0]):
        return
    # An identifier may stand before the times.
    place = next((i for i, line in enumerate(lines[:2]) if "-->" in line), None)
    timing = None if place is None else _TIMING.fullmatch(lines[place])
    if place is None or timing is None:
        wrong = lines[place or 0]
        raise SourceError(
            f"{path}, line {start + (place or 0)}: expected times such as 00:01.000 --> 00:02.500, "
            f"found {wrong[:60]!r}"
        )
    ends = timing.groups()
    start_s, end_s = _seconds(ends[:4]), _seconds(ends[4:])
    if end_s <= start_s:
        raise SourceError(
            f"{path}, line {start + place}: expected an end after the start, found {start_s:g} to {end_s:g} s"
        )
    for number, line in enumerate(lines[place + 1 :], start + place + 1):
        voice = _VOICE.search(line)
        told = html.unescape(_TAG.sub("", line)).strip()
        if not told:
            raise SourceError(f"{path}, line {number}: expected a label, found {line[:40]!r}")
        own = _OWN.fullmatch(told)
        if own is not None:
            yield Span(own[2], start_s, end_s, own[1], min(float(own[3]), 1.0))
        else:
            yield Span(told, start_s, end_s, voice[1].strip() if voice else None)


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return 3600 * hours + 60 * minutes + seconds + thousandths / 1000


def _joined(spans: list[Span]) -> list[Span]:
    """Cues of poseact are cut wherever anybody's segment begins or ends: one person's are joined again."""
    out: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.person or "", s.label, s.score, s.start_s)):
        last = out[-1] if out else None
        if (
            last is not None
            and span.person is not None
            and (last.person, last.label, last.score) == (span.person, span.label, span.score)
            and abs(last.end_s - span.start_s) < _SAME_S
        ):
            out[-1] = Span(last.label, last.start_s, span.end_s, last.person, last.score)
        else:
            out.append(span)
    return out
