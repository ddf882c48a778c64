"""How near a training step comes to what the device can do: its parts beside the bare encoder.

    python -m scripts.studies.training_rate packed.npz --device cuda

It needs what `scripts.training.whole_run` needs, so that it runs on a bare GPU machine too.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from model.batches import Batches
from model.encoder import untrained_encoder
from model.packed import read_packed
from model.preprocess import INPUT_SIZE_PX
from model.pretrain import Pretraining
from model.pretrain_config import GPU, PretrainConfig

REPEATS, WARM_UP = 10, 3
ROWS = 15
"""Of the profile."""


def main() -> None:
    """Measure, and print rates and the profile of a step."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("archive", type=Path, help="made by `rgz-explorer pack`")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, mps")
    parser.add_argument("--batch-size", type=int, default=GPU.batch_size)
    parser.add_argument("--compile", action="store_true", help="the bare encoder compiled, too")
    given = parser.parse_args()
    device = torch.device(given.device)
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    views = 2 * given.batch_size
    _say("bare encoder, forward and backward", views, bare(device, views), views)
    config = replace(GPU, batch_size=given.batch_size)
    sources = list(read_packed(given.archive).sources.values())
    module = Pretraining(Batches(sources, config), config, None, device).to(device)
    module.take_part(0, 1, device)
    images = module.batches.images(0)
    step = _step(module, config, device)
    _say("images of a batch", given.batch_size, seconds(lambda: module.batches.images(3), device))
    _say("two views of each", views, seconds(lambda: module._views(images, 3), device))
    _say("moving average", 1, seconds(module.learner.after_step, device))
    _say("whole step, forward and backward", views, seconds(step, device), views)
    print(profiled(step, device))  # noqa: T201
    if given.compile:
        _say("bare encoder, compiled", views, bare(device, views, compiled=True), views)


def bare(device: torch.device, views: int, compiled: bool = False) -> float:
    """Seconds that the encoder alone takes forward and backward for so many random images."""
    encoder = untrained_encoder().to(device).train()
    if compiled:
        encoder.compile(dynamic=False)
    x = torch.randn(views, 1, INPUT_SIZE_PX, INPUT_SIZE_PX, device=device)
    x = x.contiguous(memory_format=torch.channels_last)

    def step() -> None:
        with torch.autocast(device.type, torch.bfloat16):
            loss: Tensor = encoder(x).float().square().mean()
        loss.backward()
        encoder.zero_grad()

    return seconds(step, device)


def seconds(act: Callable[[], object], device: torch.device) -> float:
    """The mean time of an act, the device waited for."""
    for _ in range(WARM_UP):
        act()
    _wait(device)
    begun = time.perf_counter()
    for _ in range(REPEATS):
        act()
    _wait(device)
    return (time.perf_counter() - begun) / REPEATS


def profiled(act: Callable[[], object], device: torch.device) -> str:
    """A table of what takes the device's time."""
    kinds = [ProfilerActivity.CPU]
    if device.type == "cuda":
        kinds.append(ProfilerActivity.CUDA)
    with profile(activities=kinds) as found:
        act()
        _wait(device)
    by = "self_cuda_time_total" if device.type == "cuda" else "self_cpu_time_total"
    return str(found.key_averages().table(sort_by=by, row_limit=ROWS, max_name_column_width=50))


def _step(
    module: Pretraining, config: PretrainConfig, device: torch.device
) -> Callable[[], object]:
    def step() -> None:
        with torch.autocast(device.type, torch.bfloat16, "bf16" in config.precision):
            loss, *_ = module.objective(3)
        loss.backward()
        module.zero_grad()

    return step


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _say(what: str, images: int, took: float, views: int = 0) -> None:
    rate = f", {views / took:,.0f} views a second" if views else ""
    print(f"{what} ({images:,}): {1e3 * took:.1f} ms{rate}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
