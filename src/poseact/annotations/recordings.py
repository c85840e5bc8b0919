"""Which annotation is of which recording: by its name, with or without folder and ending."""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from poseact.errors import InvalidInputError
from poseact.sources import VIDEO_SUFFIXES

_OTHER_SUFFIXES = (".poses.npz", ".npz", ".json", ".vtt", ".csv")
# ActivityNet's videos are called v_ID.mp4, its annotations ID.
_PREFIX = "v_"


def match_recordings(recordings: Mapping[str, Iterable[str]], annotated: Iterable[str]) -> dict[str, str]:
    """The name in the annotations of each recording that has one.

    The full name decides; where it is not there, the name without its ending (and without ActivityNet's
    ``v_``).

    Args:
        recordings: For each recording the names that it goes by: of its file, of the video that its poses
            were found in.
        annotated: Names in the annotations; folders before them make no difference.

    Raises:
        InvalidInputError: If two annotations fit one recording, or one annotation two recordings.
    """
    names = list(annotated)
    found: dict[str, str] = {}
    for recording, known in recordings.items():
        candidates = list(known)
        exact = {_base(name) for name in candidates}
        stems = {_stem(name) for name in candidates}
        fits = [name for name in names if _base(name) in exact] or [
            name for name in names if _stem(name) in stems and _may_be(name, exact)
        ]
        if len(fits) > 1:
            raise InvalidInputError(
                f"{recording}: expected one annotation of it, found {fits[0]!r} and {fits[1]!r}"
            )
        if fits:
            found[recording] = fits[0]
    taken: dict[str, str] = {}
    for recording, name in found.items():
        if name in taken:
            raise InvalidInputError(
                f"annotation {name!r}: fits {taken[name]} and {recording}: name recordings with their endings"
            )
        taken[name] = recording
    return found


def _base(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).name


def _suffix(name: str) -> str:
    lower = name.lower()
    known = (suffix for suffix in (*_OTHER_SUFFIXES, *VIDEO_SUFFIXES) if lower.endswith(suffix))
    return next(known, "")


def _stem(name: str) -> str:
    base = _base(name)
    return base[: len(base) - len(_suffix(base))].removeprefix(_PREFIX)


def _may_be(name: str, files: set[str]) -> bool:
    """Not where both say which video file it is, and they differ."""
    suffix = _suffix(name).lower()
    videos = {s for file in files if (s := _suffix(file).lower()) in VIDEO_SUFFIXES}
    return suffix not in VIDEO_SUFFIXES or not videos or suffix in videos
