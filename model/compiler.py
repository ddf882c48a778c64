"""Whether torch.compile can be used on this machine. It never compiles a network."""

import torch
from torch import Tensor


def why_not_compiled() -> str | None:
    """Compile a sum of two numbers, and say what is missing if that fails.

    Returns
    -------
    reason : str or None
        None: torch.compile works here. A machine without a C++ compiler (or, with a GPU, without
        Triton) has a reason; a run goes on uncompiled then.
    """
    try:
        torch.compile(_sum, dynamic=False)(torch.ones(8), torch.ones(8))
    except (RuntimeError, OSError) as exc:  # of dynamo, of inductor, of the compiler itself
        return str(exc).strip().partition("\n")[0]
    return None


def _sum(a: Tensor, b: Tensor) -> Tensor:
    return a + b
