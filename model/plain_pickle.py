"""Unpickle numpy arrays and plain containers. It never runs what else a pickle asks for."""

import io
import pickle
from typing import Any

_NUMPY = {("numpy", "dtype"), ("numpy", "ndarray")} | {
    (f"numpy.{core}.{module}", name)
    for core in ("core", "_core")
    for module, name in (
        ("multiarray", "_reconstruct"),
        ("multiarray", "scalar"),
        ("numeric", "_frombuffer"),
    )
}
_BYTES = ("_codecs", "encode")
"""How protocols 0 to 2 write bytes, and with them every array."""


class UnsafePickle(ValueError):
    """A pickle that asks for more than arrays and plain containers; nothing in it was run."""


def load_plain_pickle(content: bytes) -> Any:
    """Unpickle numpy arrays and plain containers, and refuse everything else.

    Raises
    ------
    UnsafePickle
    """
    try:
        return _PlainUnpickler(io.BytesIO(content), encoding="latin1").load()
    except (
        pickle.UnpicklingError,
        EOFError,
        AttributeError,
        LookupError,
        ValueError,
        TypeError,
        OverflowError,
        MemoryError,
    ) as exc:
        raise UnsafePickle(f"The batch was refused: {exc}. Nothing in it was run.") from exc


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == _BYTES:
            return _latin1_bytes
        if (module, name) not in _NUMPY:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def _latin1_bytes(text: str, encoding: str = "latin1") -> bytes:
    """What `_codecs.encode` is used for here, without its other codecs."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"it asks for the codec {encoding[:40]}")
    return text.encode("latin1")
