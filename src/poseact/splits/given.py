"""Splits made elsewhere: our own JSON, the ``split`` of a PYSKL pickle, a JSON of lists, or CSV name,part."""

import csv
import json
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from poseact.errors import InvalidInputError, SourceError
from poseact.splits.plan import PARTS, Split, SplitPlan

# How other tools call the three parts.
_PART_NAMES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}
_PART_IN_KEY = re.compile("|".join(sorted(_PART_NAMES, key=len, reverse=True)), re.IGNORECASE)


def load_splits(path: Path) -> dict[str, SplitPlan]:
    """All splits of a file, by name; a file of poseact holds one.

    Understood are the JSON of `SplitPlan.save`; a PYSKL pickle (its ``split``: ``xsub_train``,
    ``xsub_val`` ...; nothing else in the pickle is run); a JSON object of such lists; and a CSV
    with the columns ``name,part`` and, for several folds, ``fold``.

    Raises:
        SourceError: If the file is none of them, or broken.
    """
    path = Path(path)
    if path.suffix.lower() in (".pkl", ".pickle"):
        from poseact.datasets.restricted_pickle import load_data_pickle

        content = load_data_pickle(path)
        if not isinstance(content, Mapping) or not isinstance(content.get("split", content), Mapping):
            raise SourceError(f"{path}: expected a pickle with 'split', found {type(content).__name__}")
        return _from_lists(content.get("split", content), path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: expected a split as JSON or CSV text ({error})") from error
    if path.suffix.lower() == ".csv":
        return {path.stem: _from_csv(text, path)}
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path}: expected a split as JSON ({error})") from error
    if isinstance(document, Mapping) and "format" not in document:
        return _from_lists(document.get("split", document), path)
    plan = SplitPlan.from_document(document, str(path))
    return {plan.detail: plan}


def load_split(path: Path, protocol: str | None = None) -> SplitPlan:
    """The split of a file; with `protocol`, the one of that name; see `load_splits`.

    Raises:
        SourceError: If the file cannot be read as a split.
        InvalidInputError: If it holds several and none is named, or has none of that name.
    """
    plans = load_splits(path)
    if protocol is None and len(plans) == 1:
        return next(iter(plans.values()))
    if protocol not in plans:
        wanted = "one must be named" if protocol is None else f"none is called {protocol!r}"
        raise InvalidInputError(f"{path}: holds the splits {', '.join(map(repr, plans))}; {wanted}")
    return plans[protocol]


def _from_lists(lists: Any, path: Path) -> dict[str, SplitPlan]:
    """Plans from ``{"xsub_train": [names], "xsub_val": [names]}``: what is left of a key names the plan."""
    parts: defaultdict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for key, names in lists.items() if isinstance(lists, Mapping) else ():
        found = _PART_IN_KEY.findall(key) if isinstance(key, str) else []
        if (
            len(found) != 1
            or not isinstance(names, list | tuple)
            or not all(isinstance(n, str) for n in names)
        ):
            raise SourceError(
                f"{path}: expected lists of clip names with keys like xsub_train and xsub_val, found {key!r}"[
                    :200
                ]
            )
        name = _PART_IN_KEY.sub("", key).strip("_-. ")
        if (part := _PART_NAMES[found[0].lower()]) in parts[name]:
            raise SourceError(f"{path}: two lists are the {part} part of {name or 'the split'!r}")
        parts[name][part] = tuple(names)
    if not parts:
        raise SourceError(f"{path}: expected lists of clip names with keys like train and test, found none")
    return {
        name: SplitPlan("given", name, (Split("1", *(own.get(part, ()) for part in PARTS)),))
        for name, own in parts.items()
    }


def _from_csv(text: str, path: Path) -> SplitPlan:
    rows = csv.DictReader(text.splitlines())
    folds: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    try:
        if not {"name", "part"} <= set(rows.fieldnames or ()):
            found = ", ".join(rows.fieldnames or ()) or "none"
            raise SourceError(f"{path}: expected the columns name,part (and fold), found {found}")
        for row in rows:
            part = _PART_NAMES.get((row["part"] or "").strip().lower())
            if part is None or not (row["name"] or "").strip():
                raise SourceError(
                    f"{path}, line {rows.line_num}: expected a clip's name and train, val or test, "
                    f"found {row['name']!r} and {row['part']!r}"
                )
            folds[(row.get("fold") or "1").strip()][part].append(row["name"].strip())
    except csv.Error as error:
        raise SourceError(f"{path}: not a CSV file ({error})") from error
    if not folds:
        raise SourceError(f"{path}: expected lines of name,part, found none")
    splits = tuple(Split(name, *(tuple(own[part]) for part in PARTS)) for name, own in folds.items())
    return SplitPlan("given", path.stem, splits)
