"""Sky positions as people write them: the names that the rest of the program uses.

It holds no logic; `app.positions` does, one purpose a file.
"""

from app.positions.bounds import position_from_degrees
from app.positions.reading import parse_position
from app.positions.refusal import ACCEPTED
from app.positions.written import format_position, format_positions

__all__ = [
    "ACCEPTED",
    "format_position",
    "format_positions",
    "parse_position",
    "position_from_degrees",
]
