"""The names of a list that only a name service knows, looked up a few at a time.

It never looks up more than it may: an entry beyond that has a reason.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from app.bulk.listed import ListedPosition, of_understood
from app.errors import ExplorerError
from app.positions.resolution import understand_there
from app.positions.understood import NameService


def look_up_names(
    entries: Sequence[ListedPosition],
    service: NameService | None,
    most: int | None = None,
    at_once: int = 3,
    stopped: Callable[[], bool] = lambda: False,
) -> list[ListedPosition]:
    """Give every entry its position, or the reason why it has none.

    Parameters
    ----------
    entries : sequence of ListedPosition
    service : NameService or None
        None: names of objects are not looked up.
    most : int, optional
        Names that are looked up at most, the first of the list; None: all.
    at_once : int
    stopped : callable
        Says whether to ask no more.
    """
    waiting = list(dict.fromkeys(entry.text for entry in entries if entry.to_look_up))
    asked = waiting[:most]

    def ask(text: str) -> ListedPosition:
        entry = ListedPosition(0, text=text)
        if stopped():
            return replace(entry, reason="The search was stopped before this name was looked up.")
        try:
            return of_understood(entry, understand_there(text, service))
        except ExplorerError as exc:
            return replace(entry, reason=str(exc))

    with ThreadPoolExecutor(max(at_once, 1), thread_name_prefix="names") as pool:
        found = dict(zip(asked, pool.map(ask, asked), strict=True))
    return [_answered(entry, found, most) for entry in entries]


def _answered(
    entry: ListedPosition, found: dict[str, ListedPosition], most: int | None
) -> ListedPosition:
    if not entry.to_look_up:
        return entry
    if entry.text in found:
        return replace(found[entry.text], row=entry.row)
    reason = f"Names of objects are looked up for {most} entries of one list at most. "
    if not most:
        reason = "It is no position, and names of objects were not to be looked up. "
    return replace(
        entry, to_look_up=False, reason=f"{reason}Give its coordinates, or search it by itself."
    )
