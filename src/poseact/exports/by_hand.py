"""Whether an export is still as it was made, or somebody has worked on it since."""

import re
from pathlib import Path

from poseact.errors import PoseactError
from poseact.exports.findings import Findings
from poseact.exports.formats import EXPORTS

# Formats that people work on in their programs.
_WORKED_ON = {suffix: give for name in ("eaf", "boris") for suffix, give in EXPORTS[name].items()}
# When a result was made; a copy of a result is as old as the copying.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[+-]\d\d:\d\d)?")


def is_worked_on(path: Path, result: Path) -> bool:
    """Whether an export is other than what the result beside it gives, but for the time of its making.

    Args:
        path: The export; one of a format that nobody works on is never other.
        result: The JSON file that it would have been made from. Where it cannot be read, nobody knows.
    """
    suffix = path.name.removeprefix(result.stem)
    if suffix not in _WORKED_ON:
        return False
    try:
        made = _WORKED_ON[suffix](Findings.read(result))
        found = path.read_bytes().decode()
    except (PoseactError, OSError, UnicodeDecodeError):
        return True
    return _MOMENT.sub("", found) != _MOMENT.sub("", made)
