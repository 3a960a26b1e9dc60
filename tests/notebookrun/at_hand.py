"""A package that a program gives to its workers."""

VALUES: list[str] = []


def set_up() -> None:
    """Called by each worker before its first notebook."""
    VALUES.append("set up")
