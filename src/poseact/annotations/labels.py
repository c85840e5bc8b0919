"""Labels of two sides brought together: ``Jumping jack`` of a truth is the model's ``jumping_jack``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from poseact.annotations.spans import Annotation
from poseact.results import shown_label


def label_key(label: str) -> str:
    """What two spellings of one label share: case, ``_``, ``-`` and spaces make no difference."""
    return shown_label(label.replace("-", " ")).casefold()


@dataclass(frozen=True)
class SameLabels:
    """From any spelling to the one that is used.

    Attributes:
        names: The labels, by `label_key`.
        aliases: Other words for labels, both as `label_key`.
    """

    names: Mapping[str, str]
    aliases: Mapping[str, str]

    @classmethod
    def of(cls, names: Iterable[str], aliases: Mapping[str, str] | None = None) -> "SameLabels":
        """Of the labels that the other side may give, e.g. a model's classes."""
        known: dict[str, str] = {}
        for name in names:
            known.setdefault(label_key(name), name)
        return cls(known, {label_key(a): label_key(b) for a, b in (aliases or {}).items()})

    def find(self, label: str) -> str | None:
        """The label that is meant, or None where it is none of them."""
        key = label_key(label)
        return self.names.get(self.aliases.get(key, key))

    def renamed(self, annotation: Annotation) -> Annotation:
        """With the labels as they are used; those that are unknown stay as they are."""
        spans = [replace(span, label=self.find(span.label) or span.label) for span in annotation.spans]
        return replace(annotation, spans=tuple(spans))
