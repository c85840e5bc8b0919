"""What the names in a PYSKL file say: the keys of its splits, clip ids of NTU RGB+D, UCF101, HMDB51."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

_SPLIT = re.compile(r"(?:(.+)_)?(train|val|test)(\d*)")
_NUMBERED = re.compile(r"split(\d+)")
_NTU = re.compile(r"S\d{3}C(\d{3})P(\d{3})R(\d{3})A(\d{3})")
_UCF101 = re.compile(r"v_(\w+?)_(g\d\d)_c\d\d")
_HMDB51 = re.compile(r"(.+)_[hufl]_(?:nm|cm)_np\d+_(?:fr|ba|le|ri)_(?:goo|med|bad)_\d+")
# What each of them has in common with few other names; looked for first because it is quick.
_MAYBE = re.compile(r"S\d{3}C\d{3}P|_g\d\d_c\d\d|_np\d+_")
# The protocol of keys that are nothing but `train` and `val`.
ONLY_PROTOCOL = "official"


class Told(NamedTuple):
    """What a clip's id says; None where it says nothing."""

    subject: str | None = None
    camera: str | None = None
    repetition: str | None = None
    group: str | None = None
    action: int | None = None


NOTHING_TOLD = Told()


def told_by(clip_id: str) -> Told:
    """What an id says that follows the names of NTU RGB+D, UCF101 or HMDB51 (a folder before it or not).

    Clips of UCF101 that were cut from one recording share a group (class and number, as
    ``Biking_g01``), likewise those of HMDB51 from one film.
    """
    if not _MAYBE.search(clip_id):
        return NOTHING_TOLD
    folder, _, name = clip_id.rpartition("/")
    if ntu := _NTU.fullmatch(name):
        camera, subject, repetition, action = (int(text) for text in ntu.groups())
        return Told(str(subject), str(camera), str(repetition), None, action)
    if ucf := _UCF101.fullmatch(name):
        return Told(group=f"{ucf[1]}_{ucf[2]}")
    if hmdb := _HMDB51.fullmatch(name):
        return Told(group=hmdb[1].removesuffix(f"_{folder}"))
    return NOTHING_TOLD


def protocols_of(keys: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Protocol and part of each key of a file's splits; keys that name no part are left out.

    ``xsub_train`` is ("xsub", "train"), ``train1`` ("split1", "train"), ``train`` ("official",
    "train"). PYSKL calls the test part of nearly all its sets ``val``, so that ``val`` is "test"
    unless the protocol has a ``test`` beside it.
    """
    found = {}
    for key in keys:
        if match := _SPLIT.fullmatch(key):
            protocol, part, number = match.groups()
            if number:
                protocol = f"{protocol}{number}" if protocol else f"split{number}"
            found[key] = (protocol or ONLY_PROTOCOL, part)
    tested = {protocol for protocol, part in found.values() if part == "test"}
    return {
        key: (protocol, "test" if part == "val" and protocol not in tested else part)
        for key, (protocol, part) in found.items()
    }


def split_keys(parts_of: Mapping[str, Iterable[str]]) -> dict[tuple[str, str], str]:
    """The key that PYSKL would give each part of each protocol; the reverse of `protocols_of`.

    Args:
        parts_of: The parts that each protocol has.
    """
    keys = {}
    for protocol, parts in parts_of.items():
        numbered = _NUMBERED.fullmatch(protocol)
        for part in parts:
            if numbered:
                key = f"{part}{numbered[1]}"
            else:
                called = "val" if part == "test" and "val" not in parts else part
                key = called if protocol == ONLY_PROTOCOL else f"{protocol}_{called}"
            keys[protocol, part] = key
    return keys
