"""Sets of rows that a person chose, kept by an id that is the digest of their content.

It never knows who chose them, and of another bundle's rows it knows nothing.
"""

import hashlib
import logging
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import UnknownSelection
from app.query.conditions import Selection
from model.whole_file import write_whole

logger = logging.getLogger(__name__)

MOST_KEPT = 2_000
"""14 kB each at 108,000 sources."""
ID_LENGTH = 16


class Selections:
    """The selections of one bundle version; the longest unused go first.

    Parameters
    ----------
    n : int
        Sources of the bundle.
    version : str
        Of the bundle: rows of another are other sources, under another id.
    directory : Path, optional
        Where they outlive the server, a file each; None: they do not.
    most : int
        In memory, and in the directory.
    """

    def __init__(
        self, n: int, version: str, directory: Path | None = None, most: int = MOST_KEPT
    ) -> None:
        self.n, self.version = n, version
        self._directory, self._most = directory, most
        self._packed: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, mask: NDArray[np.bool_]) -> Selection:
        """Keep a set of rows, told as one truth value a row."""
        packed = np.packbits(mask).tobytes()
        selection_id = self._digest(packed)
        self._remember(selection_id, packed)
        self._write(selection_id, packed)
        return Selection(selection_id, mask)

    def get(self, selection_id: str) -> Selection:
        """The selection of an id.

        Raises
        ------
        UnknownSelection
        """
        with self._lock:
            packed = self._packed.get(selection_id)
        packed = packed or self._read(selection_id)
        if packed is None:
            raise UnknownSelection(
                f"There is no selection '{selection_id[:40]}' of this bundle (any more): the last "
                f"{self._most:,} are kept. Send its rows to /api/select again.",
                parameter="selection",
            )
        self._remember(selection_id, packed)
        bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=self.n)
        return Selection(selection_id, bits.astype(bool))

    def _digest(self, packed: bytes) -> str:
        return hashlib.sha256(self.version.encode() + packed).hexdigest()[:ID_LENGTH]

    def _remember(self, selection_id: str, packed: bytes) -> None:
        with self._lock:
            self._packed[selection_id] = packed
            self._packed.move_to_end(selection_id)
            while len(self._packed) > self._most:
                self._packed.popitem(last=False)

    def _read(self, selection_id: str) -> bytes | None:
        """What the directory has under an id, if it is whole."""
        named = len(selection_id) == ID_LENGTH and set(selection_id) <= set("0123456789abcdef")
        if self._directory is None or not named:
            return None
        path = self._directory / selection_id
        try:
            packed = path.read_bytes()
            path.touch()
        except OSError:
            return None
        return packed if self._digest(packed) == selection_id else None

    def _write(self, selection_id: str, packed: bytes) -> None:
        """Write a selection, and remove the longest unused; where that fails it is in memory."""
        if self._directory is None:
            return
        path = self._directory / selection_id
        try:
            if path.exists():
                path.touch()
                return
            self._directory.mkdir(parents=True, exist_ok=True)
            write_whole(path, packed)
            by_age = sorted(self._directory.iterdir(), key=lambda one: one.stat().st_mtime_ns)
            for old in by_age[: -self._most]:
                old.unlink(missing_ok=True)
        except OSError as exc:
            logger.warning("The selection %s is kept in memory alone: %s", selection_id, exc)
