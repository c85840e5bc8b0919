"""What a figure means nothing without: model, data, protocol, command, and what was left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from poseact.errors import InvalidInputError


@dataclass(frozen=True)
class Latency:
    """Time for one window on one thread of the processor, in milliseconds.

    Attributes:
        median_ms: Half of the runs took no longer.
        p10_ms: A tenth took no longer.
        p90_ms: Nine tenths took no longer.

    Raises:
        InvalidInputError: If they do not rise, or one is below 0.
    """

    median_ms: float
    p10_ms: float
    p90_ms: float

    def __post_init__(self) -> None:
        if not 0 <= self.p10_ms <= self.median_ms <= self.p90_ms:
            raise InvalidInputError(
                f"latency: expected 0 <= 10 % <= median <= 90 %, found {self.p10_ms}, {self.median_ms}, "
                f"{self.p90_ms} ms"
            )


@dataclass(frozen=True)
class RunFacts:
    """What was judged, on what, and how.

    Attributes:
        model: Its name.
        data: The data set.
        protocol: How training and test part were divided, in words.
        model_kind: E.g. the network's name and options; "" = not said.
        layout: Name of the joint layout that the model works on; "" = not said.
        file_bytes: Size of the model file (of one, where there is one for each fold).
        num_parameters: Of one model.
        latency: Of one window; None = not measured.
        machine: On what the latency was measured.
        seed: Of the training; None = not known.
        command: What to run to get these figures again.
        unreadable: A line for each clip that could not be read or answered.
        unknown_classes: Classes of the set that the model does not have, with their clips, left out.
        notes: What else a reader must know, a line each.
    """

    model: str
    data: str
    protocol: str
    model_kind: str = ""
    layout: str = ""
    file_bytes: int | None = None
    num_parameters: int | None = None
    latency: Latency | None = None
    machine: str = ""
    seed: int | None = None
    command: str = ""
    unreadable: tuple[str, ...] = ()
    unknown_classes: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def num_left_out(self) -> int:
        """Clips that count nowhere."""
        return len(self.unreadable) + sum(self.unknown_classes.values())
