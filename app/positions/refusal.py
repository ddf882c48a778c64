"""What is accepted as a position, and how anything else is refused. It reads nothing."""

from app.errors import UnreadablePosition

ACCEPTED_COORDINATES = (
    "Write degrees (206.42212 +23.38192), hours and degrees (13:45:41.3 +23:22:55, "
    "13h45m41.3s +23d22m55s), another frame by its name (B1950 13:43:20.3 +23:37:55, "
    "galactic 18.932 +77.183)"
)
ACCEPTED = f"{ACCEPTED_COORDINATES} or a name (J134541.3+232254, 3C 285)."

LONGEST = 100
"""Characters; nothing longer is a position."""


def unreadable(text: str, why: str, *, hint: str = ACCEPTED) -> UnreadablePosition:
    """Make the error for a text: the text itself, why it is refused, and what is accepted."""
    return UnreadablePosition(f"{quoted(text)} {why}. {hint}", parameter="position")


def quoted(text: str) -> str:
    """The text between quotation marks, shortened when it is long; no control characters."""
    start = "".join(c if c.isprintable() else " " for c in text[:LONGEST])
    return f"'{start}'" if len(text) <= LONGEST else f"'{start}...'"
