"""Self-supervised pre-training of an encoder, resumable at any step.

It never reads labels, and every random number comes from the run's seed and the step, so a run that
was killed and resumed sees what an undisturbed one sees.
"""

import hashlib
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from pytorch_lightning.utilities.exceptions import MisconfigurationException
from torch import Tensor
from torch.utils.data import DataLoader

from model.batches import VIEWED_PX, Batches
from model.describer import Describer
from model.encoder import Encoder, embed, load_encoder, save_encoder, untrained_encoder
from model.errors import ModelError
from model.finish import equalised
from model.learners import Byol, Contrastive, Learned
from model.objectives import effective_rank
from model.preprocess import centre_crop, network_input
from model.pretrain_config import PretrainConfig, learning_rate, schedule_of, views_at
from model.run_files import CHECKPOINT, ENCODER, RunFiles, claim
from model.run_plan import Deadline, plan, planned_before, seconds_of_a_step
from model.views import random_views

SAMPLE = 1000
"""About so many images of each source stand for all of it."""
DEVICES = ("accelerator", "devices", "num_nodes", "precision")


class Collapsed(ModelError):
    """The representations have become the same for all images."""


class UnusableTrainer(ModelError):
    """Lightning cannot use the devices that were asked for."""


def pretrain(
    sources: list[NDArray[np.uint8]],
    out: Path,
    config: PretrainConfig,
    callbacks: Sequence[pl.Callback] = (),
    **trainer: Any,
) -> Encoder:
    """Train an encoder on cleaned images without labels, or go on with a run that was stopped.

    Parameters
    ----------
    sources : list of ndarray, shape (N_i, 150, 150), uint8
        One array a data source; may be memory-mapped.
    out : path
        Directory of the run: last.ckpt, metrics.csv, configuration.json, encoder.safetensors; the
        last two are written at every checkpoint, so that a run that is killed leaves an encoder.
    config : PretrainConfig
        With ``minutes``, the schedule is made to fit into them; a run that goes on keeps its own.
    callbacks : sequence of pytorch_lightning.Callback
        To watch the run.
    trainer
        Passed on to `pytorch_lightning.Trainer` (devices, num_nodes, strategy ...). Several
        processes share every batch and average their gradients; batch-norm statistics, and the
        images that an image is told from (ntxent), are those of a process's own part.

    Returns
    -------
    encoder : Encoder
        In evaluation mode.

    Raises
    ------
    AnotherRun
        If the directory holds a run with another configuration, or on other images.
    Collapsed
        If the effective rank of centred y falls below ``config.collapse_rank``.
    UnusableTrainer
        If Lightning cannot do what ``trainer`` asks for on this machine, or the processes cannot
        share a batch equally.
    """
    begun = time.monotonic()
    first = _first_encoder(config)
    run = make_trainer({"precision": config.precision} | trainer)
    _check_parts(config.batch_size, run.world_size)
    if run.strategy.root_device.type == "cuda":
        torch.backends.cudnn.benchmark = True  # views have one size
        torch.set_float32_matmul_precision("high")
    images = Batches(sources, config)
    module = Pretraining(images, config, first, run.strategy.root_device)
    if config.minutes is not None:
        config = _planned(out, module, config, run.strategy.root_device, begun)
        module.take_schedule(config)
    total = module.schedule.total_steps
    files = RunFiles(out, config.checkpoint_every_steps, lambda: _write(module, config, first, out))
    deadline = Deadline(None if config.minutes is None else begun + 60 * config.minutes)
    run = make_trainer(
        {
            "max_steps": total,
            "precision": config.precision,
            "callbacks": [files, deadline, *callbacks],
        }
        | trainer
    )
    claim(out, asdict(config) | _made_from(first, sources), may_write=run.is_global_zero)
    steps: DataLoader[int] = DataLoader(range(total), batch_size=None)  # type: ignore[arg-type]
    checkpoint = out / CHECKPOINT
    resumed = checkpoint if checkpoint.exists() else None
    run.fit(module, steps, ckpt_path=resumed, weights_only=True)
    encoder = module.learner.best_encoder.to(run.strategy.root_device).eval()
    if config.equalise:
        encoder = equalised(encoder, embed(encoder, network_input(_sample(sources))))
    if run.is_global_zero:
        _write(module, config, first, out, encoder)
    return encoder.cpu()


def make_trainer(options: dict[str, Any]) -> pl.Trainer:
    """Lightning's trainer, which keeps neither logs nor checkpoints of its own.

    Raises
    ------
    UnusableTrainer
    """
    defaults: dict[str, Any] = {
        "accelerator": "cpu",
        "enable_progress_bar": False,
        "use_distributed_sampler": False,  # every process takes all steps, and its part of each
    }
    try:
        return pl.Trainer(
            logger=False,
            enable_checkpointing=False,
            enable_model_summary=False,
            **(defaults | options),
        )
    except (MisconfigurationException, ImportError, ValueError, RuntimeError) as exc:
        asked = ", ".join(f"{name} {options[name]}" for name in DEVICES if name in options)
        raise UnusableTrainer(
            f"This machine cannot train with {asked}: {str(exc).splitlines()[0]}"
        ) from exc


def make_learner(encoder: Encoder, config: PretrainConfig) -> Byol | Contrastive:
    """The learner that the configuration names."""
    if config.objective == "byol":
        return Byol(encoder, config.hidden, config.projected, config.tau)
    return Contrastive(encoder, config.hidden, config.projected, config.temperature, config.tau)


class Pretraining(pl.LightningModule):
    """One learner, its optimiser and its schedule, as Lightning wants them."""

    def __init__(
        self,
        batches: Batches,
        config: PretrainConfig,
        first: Encoder | None = None,
        device: torch.device | None = None,
    ) -> None:
        """`device` is where what the images are like is computed; None: where they lie."""
        super().__init__()
        self.config, self.batches = config, batches
        encoder = (first or _first_encoder(config)).train()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.learner = make_learner(encoder, config)
            self.describer = _make_describer(batches, config, device)
        self.described: list[Tensor] | None = None
        self.schedule = schedule_of(config, batches.steps_per_epoch)
        if config.compile:
            _compile(self.learner.encoder)

    def take_schedule(self, config: PretrainConfig) -> None:
        """Follow another schedule, before the first step."""
        self.config = config
        self.schedule = schedule_of(config, self.batches.steps_per_epoch)

    def setup(self, stage: str) -> None:
        """Take the part of every batch that is this process's, and the images to its device."""
        self.take_part(self.trainer.global_rank, self.trainer.world_size, self.device)

    def take_part(self, rank: int, world: int, device: torch.device) -> None:
        """See the batches as the process of a rank does, from its device."""
        place = device if self.config.resident else None
        self.batches = self.batches.part(rank, world, place)
        if self.describer is not None and self.described is None and self.batches.resident:
            self.described = [self.describer.table(images) for images in self.batches.resident]

    def training_step(self, _batch: Any, _index: int) -> Tensor:
        """Views of the step's images, and the objective."""
        step = self.global_step
        loss, learned, described = self.objective(step)
        self.log("loss", learned.loss, sync_dist=True)
        if described is not None:
            self.log("description", described, sync_dist=True)
        if step % self.config.rank_every_steps == 0:
            rank = effective_rank(self._of_all_processes(learned.y))
            self.log("rank", rank)
            check_rank(rank, step, self.config.collapse_rank)
        return loss

    def objective(self, step: int) -> tuple[Tensor, Learned, Tensor | None]:
        """The loss of a step as a whole, what was learned, and the error of the description."""
        images = self.batches.images(step).to(self.device)  # (B, 110, 110)
        target = self._target(images, step)
        learned: Learned = self.learner(*self._views(images, step))
        if self.describer is None:
            return learned.loss, learned, None
        described = self.describer(learned.y, target)
        return learned.loss + self.config.description_weight * described, learned, described

    def optimizer_step(self, *arguments: Any, **named: Any) -> None:
        """Step, and let the averaged or target weights follow before a checkpoint is written."""
        super().optimizer_step(*arguments, **named)
        self.learner.after_step()

    def configure_optimizers(self) -> Any:
        """The optimiser and the rate of every step."""
        c, trained = self.config, [p for p in self.parameters() if p.requires_grad]
        rate = c.base_learning_rate * (c.batch_size / 256 if c.scale_learning_rate else 1)
        optimizer: torch.optim.Optimizer
        if c.optimizer == "sgd":
            optimizer = torch.optim.SGD(trained, rate, c.momentum, weight_decay=c.weight_decay)
        else:
            optimizer = torch.optim.AdamW(trained, rate, weight_decay=c.weight_decay)
        scheduler = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: learning_rate(step, self.schedule)
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "interval": "step"},
        }

    def _target(self, images: Tensor, step: int) -> Tensor | None:
        if self.describer is None:
            return None
        if self.described is not None:
            return self.batches.chosen(self.described, step)
        return self.describer.targets(images)

    def _of_all_processes(self, y: Tensor) -> Tensor:
        """Their y, so that all of them stop at the same step if it has collapsed."""
        gathered = self.all_gather(y.detach().float())
        assert isinstance(gathered, Tensor)
        return gathered.reshape(-1, y.shape[-1])

    def _views(self, images: Tensor, step: int) -> list[Tensor]:
        seed = int(
            np.random.default_rng([self.config.seed, step, self.batches.rank]).integers(2**62)
        )
        generator = torch.Generator(self.device).manual_seed(seed)
        config = views_at(step, self.config, self.batches.steps_per_epoch)
        with torch.autocast(self.device.type, enabled=False):
            views = [random_views(images, config, generator) for _ in range(2)]
        if self.config.channels_last:
            views = [v.contiguous(memory_format=torch.channels_last) for v in views]
        return views


def check_rank(rank: float, step: int, least: float) -> None:
    """Stop a run whose representations have collapsed.

    Raises
    ------
    Collapsed
    """
    if rank < least:
        raise Collapsed(
            f"The representations collapsed at step {step}: their effective rank is {rank:.2f}, "
            f"below {least:g}. Try a lower learning rate, a longer warm-up or a larger batch."
        )


def _check_parts(batch_size: int, processes: int) -> None:
    if batch_size % processes:
        near = max(batch_size // processes, 1) * processes
        raise UnusableTrainer(
            f"{processes} devices cannot share a batch of {batch_size:,} images equally; give "
            f"another number of devices, or a batch of {near:,}."
        )
    if batch_size < 2 * processes:
        raise UnusableTrainer(
            f"A batch of {batch_size:,} images leaves fewer than two for each of {processes} "
            f"devices, too few for batch norm; give a batch of at least {2 * processes:,}."
        )


def _made_from(first: Encoder, sources: list[NDArray[np.uint8]]) -> dict[str, Any]:
    """What decides a run beside its configuration: the weights it starts from, and its images."""
    samples = [hashlib.sha256(source[:: _stride(source)].tobytes()) for source in sources]
    return {
        "start_from_sha256": first.card.sha256,
        "images": [len(source) for source in sources],
        "images_sha256": [sample.hexdigest() for sample in samples],
    }


def _planned(
    out: Path, module: "Pretraining", config: PretrainConfig, device: torch.device, begun: float
) -> PretrainConfig:
    """The schedule that fits into the minutes given, as it was planned if the run goes on."""
    if (out / CHECKPOINT).exists():
        return planned_before(out, config)
    ends = begun + 60 * float(config.minutes or 0)
    seconds_a_step = seconds_of_a_step(module, device, ends - time.monotonic())
    left = ends - time.monotonic()
    return plan(config, module.batches.steps_per_epoch, left, seconds_a_step)


def _write(
    module: "Pretraining",
    config: PretrainConfig,
    first: Encoder,
    out: Path,
    finished: Encoder | None = None,
) -> None:
    """Write the encoder: the finished one, or the one that a run would keep if it ended now."""
    taken, total = module.global_step, module.schedule.total_steps
    steps = f"{taken:,} steps" if taken == total else f"{taken:,} of {total:,} steps"
    save_encoder(
        finished or module.learner.best_encoder,
        out / ENCODER,
        f"{config.objective}, {steps}",
        _origin(config, first),
        trained=True,
        half=True,
    )


def _origin(config: PretrainConfig, first: Encoder) -> str:
    said = f"pre-trained by self-supervision ({config.objective})"
    if config.start_from is None:
        return said
    return f"{said}, from the weights of {first.card.name}, which are {first.card.origin}"


def _sample(sources: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """About a thousand images of each source, evenly spaced."""
    return np.concatenate([source[:: _stride(source)] for source in sources])


def _stride(source: NDArray[np.uint8]) -> int:
    return max(1, len(source) // SAMPLE)


def _compile(encoder: Encoder) -> None:
    reason = why_not_compiled()
    if reason is None:
        encoder.compile(dynamic=False)
    else:
        warnings.warn(f"The run goes on without torch.compile: {reason}", stacklevel=2)


def _first_encoder(config: PretrainConfig) -> Encoder:
    if config.start_from is None:
        return untrained_encoder(config.architecture, config.seed)
    return load_encoder(config.start_from)


def _make_describer(
    batches: Batches, config: PretrainConfig, device: torch.device | None
) -> Describer | None:
    if config.description_weight == 0:
        return None
    examples = torch.from_numpy(centre_crop(_sample(batches.sources), VIEWED_PX))
    return Describer(examples if device is None else examples.to(device))


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
