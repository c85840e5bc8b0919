"""Numbers in sentences."""


def counted(number: int, what: str) -> str:
    """``1 clip``, ``2 clips``, ``3 classes``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}{'es' if what.endswith('s') else 's'}"
