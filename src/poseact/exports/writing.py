"""Results that are there already, written in other formats; nothing is replaced by chance."""

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from poseact.errors import OutputError
from poseact.exports.findings import Findings
from poseact.exports.formats import export_texts
from poseact.files import make_folder, write_text_whole


def export_result(
    source: str | os.PathLike[str],
    names: Sequence[str],
    folder: str | os.PathLike[str] | None = None,
    *,
    force: bool = False,
    keep: Collection[Path] = (),
) -> list[Path]:
    """Write a result in other formats, in files that are named like it.

    Args:
        source: The .json file of the result.
        names: The formats; see `poseact.exports.EXPORTS`.
        folder: Where to, made if it is not there; beside the result unless told otherwise.
        force: Replace files that are there already.
        keep: Files that are not replaced even so, resolved; the result itself never is.

    Returns:
        The files, in the order written.

    Raises:
        InvalidInputError: If there is no such format, or it cannot hold the times of this result.
        SourceError: If the file is no result.
        OutputError: If a file is there already, or cannot be written.
    """
    path = Path(source)
    place = path.parent if folder is None else make_folder(Path(folder))
    targets = {place / f"{path.stem}{suffix}": text for suffix, text in export_texts(names).items()}
    findings = Findings.read(path)
    for target in targets:
        if target.resolve() in {path.resolve(), *keep}:
            raise OutputError(
                f"{target}: is a result, or was written just now for another one: choose another folder"
            )
        if os.path.lexists(target) and not force:
            raise OutputError(f"{target}: is there already: use --force to replace it, or another folder")
    texts = {target: text(findings) for target, text in targets.items()}
    for target, text in texts.items():
        write_text_whole(target, text)
    return list(texts)
