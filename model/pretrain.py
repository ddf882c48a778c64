"""Self-supervised pre-training of an encoder, resumable at any step.

It never reads labels, and every random number comes from the run's seed and the step, so a run that
was killed and resumed sees what an undisturbed one sees.
"""

import hashlib
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

from model.describer import Describer
from model.encoder import Encoder, embed, load_encoder, save_encoder, untrained_encoder
from model.errors import ModelError
from model.finish import equalised, with_fresh_statistics
from model.learners import Byol, Contrastive, Descriptive, Learned
from model.objectives import effective_rank
from model.preprocess import network_input
from model.pretrain_config import PretrainConfig, learning_rate, schedule_of, views_at
from model.run_files import CHECKPOINT, RunFiles, claim
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
        Directory of the run: last.ckpt, metrics.csv, configuration.json, encoder.safetensors.
    config : PretrainConfig
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
    batches = Batches(sources, config)
    total = schedule_of(config, batches.steps_per_epoch).total_steps
    run = make_trainer(
        {
            "max_steps": total,
            "precision": config.precision,
            "callbacks": [RunFiles(out, config.checkpoint_every_steps), *callbacks],
        }
        | trainer
    )
    first = _first_encoder(config)
    _check_parts(config.batch_size, run.world_size)
    claim(out, asdict(config) | _made_from(first, sources), may_write=run.is_global_zero)
    module = Pretraining(batches, config, first)
    steps: DataLoader[int] = DataLoader(range(total), batch_size=None)  # type: ignore[arg-type]
    checkpoint = out / CHECKPOINT
    resumed = checkpoint if checkpoint.exists() else None
    run.fit(module, steps, ckpt_path=resumed, weights_only=True)
    encoder = module.learner.best_encoder.eval()
    if config.fresh_statistics:
        encoder = with_fresh_statistics(encoder, _sample(sources), config.seed)
    if config.equalise:
        encoder = equalised(encoder, embed(encoder, network_input(_sample(sources))))
    if run.is_global_zero:
        save_encoder(
            encoder,
            out / "encoder.safetensors",
            f"{config.objective}, {total} steps",
            _origin(config, first),
            trained=True,
            half=True,
        )
    return encoder


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


def make_learner(encoder: Encoder, config: PretrainConfig) -> Byol | Contrastive | Descriptive:
    """The learner that the configuration names."""
    if config.objective == "byol":
        return Byol(encoder, config.hidden, config.projected, config.tau)
    if config.objective == "describe":
        return Descriptive(encoder, config.tau)
    return Contrastive(encoder, config.hidden, config.projected, config.temperature, config.tau)


class Batches:
    """Batches of cleaned images, each a function of the seed and the step alone.

    Several processes share a batch: the one of a rank takes every ``world``-th image.
    """

    def __init__(
        self,
        sources: list[NDArray[np.uint8]],
        config: PretrainConfig,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self.sources, self.config, self.rank, self.world = sources, config, rank, world
        numbers = np.array([len(source) for source in sources])
        shares = np.array(config.shares) if config.shares else numbers / numbers.sum()
        self.steps_per_epoch = max(1, int(numbers.sum()) // config.batch_size)
        edges = np.round(np.cumsum(shares / shares.sum()) * config.batch_size).astype(int)
        self.counts = np.diff(np.concatenate([[0], edges]))

    def images(self, step: int) -> Tensor:
        """The cleaned images of a step, (B / world, 150, 150), uint8."""
        chosen = [source[self._indices(which, step)] for which, source in enumerate(self.sources)]
        return torch.from_numpy(np.concatenate(chosen)[self.rank :: self.world])

    def part(self, rank: int, world: int) -> "Batches":
        """The same batches, as the process of that rank of so many sees them."""
        return Batches(self.sources, self.config, rank, world)

    def _indices(self, which: int, step: int) -> NDArray[np.int64]:
        """A walk through one permutation of the source after the other."""
        count, size = int(self.counts[which]), len(self.sources[which])
        places = np.arange(step * count, (step + 1) * count)
        result = np.empty(count, np.int64)
        for turn in np.unique(places // size):
            order = np.random.default_rng([self.config.seed, which, turn]).permutation(size)
            here = places // size == turn
            result[here] = order[places[here] % size]
        return np.sort(result)


class Pretraining(pl.LightningModule):
    """One learner, its optimiser and its schedule, as Lightning wants them."""

    def __init__(
        self, batches: Batches, config: PretrainConfig, first: Encoder | None = None
    ) -> None:
        super().__init__()
        self.config, self.batches = config, batches
        encoder = (first or _first_encoder(config)).train()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.learner = make_learner(encoder, config)
            self.describer = _make_describer(batches, config)
        self.schedule = schedule_of(config, batches.steps_per_epoch)
        if config.compile:
            _compile(self.learner.encoder)

    def setup(self, stage: str) -> None:
        """Take the part of every batch that is this process's, which is known only now."""
        self.batches = self.batches.part(self.trainer.global_rank, self.trainer.world_size)

    def training_step(self, _batch: Any, _index: int) -> Tensor:
        """Views of the step's images, and the objective."""
        step = self.global_step
        images = self.batches.images(step).to(self.device)  # (B, 150, 150)
        target = None if self.describer is None else self.describer.targets(images)
        learned = self._learn(images, target, step)
        self.log("loss", learned.loss, sync_dist=True)
        loss = learned.loss
        if self.describer is not None:
            described = self.describer(learned.y, target)
            self.log("description", described, sync_dist=True)
            loss = loss + self.config.description_weight * described
        if step % self.config.rank_every_steps == 0:
            rank = effective_rank(self._of_all_processes(learned.y))
            self.log("rank", rank)
            check_rank(rank, step, self.config.collapse_rank)
        return loss

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

    def _of_all_processes(self, y: Tensor) -> Tensor:
        """Their y, so that all of them stop at the same step if it has collapsed."""
        gathered = self.all_gather(y.detach().float())
        assert isinstance(gathered, Tensor)
        return gathered.reshape(-1, y.shape[-1])

    def _learn(self, images: Tensor, target: Tensor | None, step: int) -> Learned:
        if not isinstance(self.learner, Descriptive):
            learned: Learned = self.learner(*self._views(images, step, 2))
            return learned
        assert self.describer is not None
        assert target is not None
        y = self.learner(*self._views(images, step, 1))
        return Learned(self.describer.likeness(y, target), y)

    def _views(self, images: Tensor, step: int, number: int) -> list[Tensor]:
        seed = int(
            np.random.default_rng([self.config.seed, step, self.batches.rank]).integers(2**62)
        )
        generator = torch.Generator(self.device).manual_seed(seed)
        config = views_at(step, self.config, self.batches.steps_per_epoch)
        with torch.autocast(self.device.type, enabled=False):
            views = [random_views(images, config, generator) for _ in range(number)]
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


def _origin(config: PretrainConfig, first: Encoder) -> str:
    said = f"pre-trained by self-supervision ({config.objective})"
    if config.start_from is None:
        return said
    return f"{said}, from the weights of {first.card.name}, which are {first.card.origin}"


def _sample(sources: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
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


def _make_describer(batches: Batches, config: PretrainConfig) -> Describer | None:
    alone = config.objective == "describe"
    if config.description_weight == 0 and not alone:
        return None
    teacher = load_encoder(config.start_from) if alone and config.start_from else None
    return Describer(torch.from_numpy(_sample(batches.sources)), teacher)


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
