"""Every error that poseact raises on purpose: catch `PoseactError` to catch them all.

The message of each says in one line what was expected, what was found and what to do.
The command line prints that line and exits with a code that is not 0.
"""


class PoseactError(Exception):
    """Base of all errors raised on purpose by poseact."""


class InvalidInputError(PoseactError, ValueError):
    """A value, an array or an option is not of the expected form."""


class SourceError(PoseactError):
    """A video, picture folder, camera or data file cannot be read."""


class OutputError(PoseactError):
    """A result cannot be written where it was asked for."""


class WeightsError(PoseactError):
    """The weights of a pose estimator cannot be found, fetched or trusted."""


class ModelError(PoseactError):
    """A model file is missing, broken, or not made for poseact."""


class MissingExtraError(PoseactError, ImportError):
    """An optional dependency is not installed; the message holds the pip command that adds it."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"this needs the package {package!r}, which is not installed: run  pip install 'poseact[{extra}]'"
        )


def one_line(error: Exception) -> str:
    """What to tell the user of an error: ours speak for themselves, others say that they are bugs."""
    text = " ".join(str(error).split())
    if isinstance(error, PoseactError):
        return text
    return f"unexpected {type(error).__name__} ({text or 'no message'}): please report this"
