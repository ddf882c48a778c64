"""The device a person names, checked before anything is read."""

import torch

from app.errors import ExplorerError


def check_device(name: str) -> str:
    """Give the name back if torch can compute there.

    Raises
    ------
    ExplorerError
    """
    try:
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError, NotImplementedError) as exc:
        reason = str(exc).splitlines()[0].rstrip(".")
        raise ExplorerError(
            f"'{name}' cannot be computed on here ({reason}). Devices are cpu, cuda, cuda:1, mps."
        ) from exc
    return name
