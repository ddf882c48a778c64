"""A whole pre-training on a bare machine: unpack, train both stages, validate, write the encoder.

    python -m scripts.training.whole_run packed.npz --minutes 8 --out DIR

It needs torch, pytorch-lightning, numpy, safetensors and kornia alone (scikit-learn to validate),
and it never sees a test source.
"""

import argparse
import json
import shutil
import time
from dataclasses import asdict, replace
from pathlib import Path

import torch

from model.encoder import Encoder
from model.packed import Packed, read_packed
from model.pretrain import pretrain
from model.pretrain_config import DESCRIBE, NTXENT, PretrainConfig
from model.run_files import ENCODER, METRICS
from model.views import ViewConfig

FIRST_STAGE_SHARE = 0.62
"""Of the minutes; the second stage has the rest."""

REAL_SHARE = 0.2
"""Of a batch, where the archive holds observed and drawn images."""

CONTRASTIVE = replace(
    NTXENT,
    batch_size=1024,
    base_learning_rate=2e-3,
    description_weight=2.0,
    views=ViewConfig(threshold_max=0.03, pedestal_probability=0.3),
    rank_every_steps=100,
)
DESCRIPTIVE = replace(
    DESCRIBE,
    batch_size=1024,
    views=replace(DESCRIBE.views, threshold_max=0.01, pedestal_probability=0.3),
    rank_every_steps=100,
)


def main() -> None:
    """Read the arguments, and do the run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("archive", type=Path, help="made by `rgz-explorer pack`")
    parser.add_argument("--out", type=Path, required=True, help="directory of the run")
    parser.add_argument("--minutes", type=float, required=True, help="for both stages together")
    parser.add_argument("--accelerator", default="auto", help="auto, gpu, cuda, mps or cpu")
    parser.add_argument("--batch-size", type=int, default=CONTRASTIVE.batch_size)
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
    """Train both stages in so many minutes, and write the encoder with what was measured."""
    begun = time.monotonic()
    shares = (REAL_SHARE, 1 - REAL_SHARE) if len(packed.sources) == 2 else None
    stages: list[tuple[str, PretrainConfig, float]] = [
        ("contrastive", CONTRASTIVE, FIRST_STAGE_SHARE * minutes),
        ("descriptive", DESCRIPTIVE, minutes),
    ]
    start: Path | None = None
    measured: dict[str, object] = {"device": device_name(accelerator), "torch": torch.__version__}
    for name, recipe, ends_min in stages:
        left = ends_min - (time.monotonic() - begun) / 60
        started = None if start is None else str(start)
        config = replace(
            recipe,
            batch_size=batch_size,
            compile=compiled,
            shares=shares,
            minutes=round(left, 2),
            start_from=started,
        )
        encoder = pretrain(
            list(packed.sources.values()), out / name, config, accelerator=accelerator, devices=1
        )
        start = out / name / ENCODER
        measured[name] = _rate(out / name / METRICS, batch_size)
        print(f"{name}: {measured[name]}", flush=True)  # noqa: T201
    assert start is not None
    shutil.copyfile(start, out / ENCODER)
    measured["minutes"] = round((time.monotonic() - begun) / 60, 2)
    if validated:
        measured["validation"] = _validated(encoder, packed)
    about = {"images": packed.about, "measured": measured}
    (out / "measured.json").write_text(json.dumps(about, indent=1))
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
