"""A whole pre-training on a bare machine: unpack, train, validate, write encoder and measures.

    python -m scripts.training.whole_run packed.npz --minutes 8 --out DIR

It needs torch, pytorch-lightning, numpy, safetensors, kornia and scikit-learn, nothing else of this
project's libraries, and it never sees a test source.
"""

import argparse
import json
import time
from dataclasses import asdict, replace
from pathlib import Path

import torch

from model.encoder import Encoder
from model.packed import Packed, read_packed
from model.pretrain import pretrain
from model.pretrain_config import GPU
from model.run_files import METRICS
from model.whole_file import write_whole

REAL_SHARE = 0.2
"""Of a batch, where the archive holds observed and drawn images."""


def main() -> None:
    """Read the arguments, and do the run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("archive", type=Path, help="made by `rgz-explorer pack`")
    parser.add_argument("--out", type=Path, required=True, help="directory of the run")
    parser.add_argument("--minutes", type=float, required=True, help="of training")
    parser.add_argument("--accelerator", default="auto", help="auto, gpu, cuda, mps or cpu")
    parser.add_argument("--batch-size", type=int, default=GPU.batch_size)
    parser.add_argument("--compile", action="store_true", help="use torch.compile")
    parser.add_argument("--validate", action=argparse.BooleanOptionalAction, default=True)
    given = parser.parse_args()
    whole_run(
        read_packed(given.archive),
        given.out,
        given.minutes,
        batch_size=given.batch_size,
        compiled=given.compile,
        accelerator=given.accelerator,
        validated=given.validate,
    )


def whole_run(
    packed: Packed,
    out: Path,
    minutes: float,
    *,
    batch_size: int,
    compiled: bool = False,
    accelerator: str = "auto",
    validated: bool = True,
) -> None:
    """Train for so many minutes by the recipe of the encoder that ships, and measure.

    Writes encoder.safetensors, metrics.csv, configuration.json and last.ckpt, with which the same
    command goes on if it was killed, and measured.json.
    """
    config = replace(
        GPU,
        batch_size=batch_size,
        compile=compiled,
        shares=(REAL_SHARE, 1 - REAL_SHARE) if len(packed.sources) == 2 else None,
        minutes=minutes,
    )
    begun = time.monotonic()
    sources = list(packed.sources.values())
    encoder = pretrain(sources, out, config, accelerator=accelerator, devices=1)
    measured: dict[str, object] = {
        "device": device_name(accelerator),
        "torch": torch.__version__,
        "minutes": round((time.monotonic() - begun) / 60, 2),
        **_rate(out / METRICS, batch_size),
    }
    if validated:
        measured["validation"] = _validated(encoder, packed)
    about = {"images": packed.about, "measured": measured}
    write_whole(out / "measured.json", json.dumps(about, indent=1))
    print(json.dumps(measured, indent=1), flush=True)  # noqa: T201


def device_name(accelerator: str) -> str:
    """The GPU's name, or cpu with the number of threads."""
    if accelerator != "cpu" and torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"cpu, {torch.get_num_threads()} threads"


def _rate(metrics: Path, batch_size: int) -> dict[str, float]:
    """Steps, and images a second over the second half of them."""
    rows = [line.split(",") for line in metrics.read_text().splitlines()[1:]]
    half = len(rows) // 2
    took = float(rows[-1][1]) - float(rows[half][1])
    steps = len(rows) - 1 - half
    return {"steps": len(rows), "images_a_second": round(steps * batch_size / max(took, 0.1))}


def _validated(encoder: Encoder, packed: Packed) -> dict[str, float]:
    from model.validation import represent_validation, validate

    y = represent_validation(encoder, packed.validation)
    result = validate(y, packed.validation)
    return {name: round(value, 4) for name, value in asdict(result).items()}


if __name__ == "__main__":
    main()
