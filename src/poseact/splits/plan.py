"""Which clips train, tune and test: the plan of a split, and its file."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal, cast, get_args

from poseact.errors import InvalidInputError, SourceError
from poseact.files import write_text_whole

Part = Literal["train", "val", "test"]
PARTS: tuple[Part, ...] = get_args(Part)
Way = Literal["protocol", "field", "leave-one-out", "k-fold", "fractions", "given"]
FORMAT = "poseact.split"
VERSION = 1
# How names of official protocols say that nobody of the training part is in the test part, or no camera.
_CLAIMS: dict[str, tuple[str, ...]] = {
    "subject": ("xsub", "csub", "cross-subject", "cross_subject", "loso", "leave-one-subject"),
    "camera": ("xview", "cview", "cross-view", "cross_view"),
}


@dataclass(frozen=True)
class Split:
    """One division of the clips of a set.

    Attributes:
        name: What this fold is called, e.g. the subject that is left out; ``"1"`` where there is one.
        train: Names of the clips to learn from.
        val: Names of the clips to choose settings on; may be empty.
        test: Names of the clips that are looked at once, at the end.
    """

    name: str
    train: tuple[str, ...]
    val: tuple[str, ...] = ()
    test: tuple[str, ...] = ()

    @property
    def parts(self) -> Mapping[Part, tuple[str, ...]]:
        """The clip names of each part."""
        return {"train": self.train, "val": self.val, "test": self.test}


@dataclass(frozen=True)
class SplitPlan:
    """A way to divide a set, in one fold or several.

    Attributes:
        way: How it was made; ``"given"`` for a split from elsewhere.
        detail: The protocol's name, or the field that was divided by, with the fractions after it:
            ``"group 0.7/0.15/0.15"``.
        folds: At least one.
        seed: Of the generator that was used, where the caller has told.
        warnings: What the numbers of this split do not show, a line each.

    Raises:
        InvalidInputError: If there is no fold, or two of one name.
    """

    way: Way
    detail: str
    folds: tuple[Split, ...]
    seed: int | None = None
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.folds or len({fold.name for fold in self.folds}) != len(self.folds):
            raise InvalidInputError("split: expected at least one fold, each with a name of its own")

    @property
    def title(self) -> str:
        """In words, e.g. ``leave one subject out``."""
        return {
            "protocol": f"official protocol {self.detail}",
            "field": f"by {self.detail}",
            "leave-one-out": f"leave one {self.detail} out",
            "k-fold": f"{len(self.folds)} folds by {self.detail}",
            "fractions": f"random fractions {' by '.join(reversed(self.detail.split()))}",
            "given": f"given split {self.detail}".rstrip(),
        }[self.way]

    @property
    def separates(self) -> str | None:
        """The field (subject, camera ...) of which the split claims that no value is in training and test."""
        if self.way in ("field", "leave-one-out", "k-fold", "fractions"):
            return self.detail.split()[0]
        claimed = self.detail.casefold()
        return next((field for field, marks in _CLAIMS.items() if any(m in claimed for m in marks)), None)

    def save(self, path: Path) -> None:
        """Write as JSON, whole or not at all; see ``schemas/split.schema.json``.

        Raises:
            OutputError: If the file cannot be written.
        """
        write_text_whole(Path(path), json.dumps(self.to_document(), ensure_ascii=False, indent=1) + "\n")

    def to_document(self) -> dict[str, Any]:
        """What `save` writes."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "way": self.way,
            "detail": self.detail,
            "seed": self.seed,
            "warnings": list(self.warnings),
            "folds": [
                {"name": fold.name, **{part: list(names) for part, names in fold.parts.items()}}
                for fold in self.folds
            ],
        }

    @classmethod
    def from_document(cls, document: Any, origin: str) -> "SplitPlan":
        """The inverse of `to_document`.

        Args:
            document: What the JSON file holds.
            origin: The file's name, for the error.

        Raises:
            SourceError: If it is no split, a newer one, or a broken one.
        """
        if not isinstance(document, Mapping) or document.get("format") != FORMAT:
            raise SourceError(
                f"{origin}: expected a split of poseact (format {FORMAT!r}), found something else"
            )
        version = document.get("version")
        if not isinstance(version, int) or version > VERSION:
            raise SourceError(
                f"{origin}: a split of version {version!r}, newer than this poseact reads: upgrade poseact"
            )
        try:
            return _from_document(document)
        except (KeyError, TypeError, ValueError) as error:
            why = f"no entry {error}" if isinstance(error, KeyError) else error
            raise SourceError(f"{origin}: expected a split of poseact, found a broken one ({why})") from error


def _from_document(document: Mapping[str, Any]) -> SplitPlan:
    way, seed = document["way"], document["seed"]
    if way not in get_args(Way) or not (seed is None or isinstance(seed, int)):
        raise ValueError(f"way {way!r}, seed {seed!r}")
    folds = tuple(
        Split(_text(fold["name"]), *(_texts(fold[part]) for part in PARTS)) for fold in document["folds"]
    )
    return SplitPlan(
        way=cast(Way, way),
        detail=_text(document["detail"]),
        folds=folds,
        seed=seed,
        warnings=_texts(document["warnings"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected text, found {value!r}"[:80])
    return value


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise ValueError(f"expected a list, found {values!r}"[:80])
    return tuple(_text(value) for value in values)


def split_schema() -> dict[str, Any]:
    """The JSON Schema of the files that `SplitPlan.save` writes."""
    text = (resources.files("poseact") / "schemas" / "split.schema.json").read_text("utf-8")
    return cast(dict[str, Any], json.loads(text))


def shortened(names: Iterable[str], shown: int = 3) -> str:
    """The first few of some names, and how many more there are."""
    every = list(names)
    more = len(every) - shown
    return ", ".join(every[:shown]) + (f" and {more} more" if more > 0 else "")
