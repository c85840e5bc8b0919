"""What the data doctor says: findings, and the report that holds them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from poseact.splits.plan import shortened

Severity = Literal["error", "warning", "note"]
_ORDER: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or worth knowing, about a data set.

    Attributes:
        severity: ``error``: a model trained on this learns or measures something false;
            ``warning``: look at it; ``note``: good to know.
        kind: Short and stable, e.g. ``nobody`` or ``duplicate``.
        text: One line: what was found.
        remedy: One line: what to do about it.
        clips: The clips that it is about; empty where it is about the whole set.
    """

    severity: Severity
    kind: str
    text: str
    remedy: str
    clips: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """The first few clips."""
        return shortened(self.clips)

    def to_document(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "severity": self.severity,
            "kind": self.kind,
            "text": self.text,
            "remedy": self.remedy,
            "num_clips": len(self.clips),
            "clips": list(self.clips),
        }


@dataclass(frozen=True)
class Report:
    """All that was found, errors first.

    Attributes:
        num_clips: Clips that could be read.
        findings: See `Finding`.
        measures: Figures behind the checks of the whole set, by name; None where nothing tells.
        untold: Why a measure is None, by its name.
    """

    num_clips: int
    findings: tuple[Finding, ...]
    measures: dict[str, float | None]
    untold: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        num_clips: int,
        findings: Iterable[Finding],
        measures: dict[str, float | None],
        untold: dict[str, str],
    ) -> "Report":
        """With the findings in order of severity."""
        ordered = sorted(findings, key=lambda finding: _ORDER.index(finding.severity))
        return cls(num_clips, tuple(ordered), measures, untold)

    @property
    def has_errors(self) -> bool:
        """Whether a finding is an error."""
        return any(finding.severity == "error" for finding in self.findings)

    def to_document(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "num_clips": self.num_clips,
            "measures": self.measures,
            "untold": self.untold,
            "findings": [finding.to_document() for finding in self.findings],
        }
