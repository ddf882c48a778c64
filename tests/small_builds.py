"""Small builds of real sources, for the tests of the build."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from model.encoder import untrained_encoder
from scripts.bundle.build import BuildConfig
from scripts.bundle.sources import Candidate, demo_catalogue


def small_config(bundle: Path, n: int) -> BuildConfig:
    """The first n sources of the demo catalogue, with the smallest encoder."""
    source = demo_catalogue()
    record = source.record.model_copy(update={"n_listed": n})
    few = replace(source, record=record, read=lambda: islice(source.read(), n))
    return BuildConfig(bundle, few, untrained_encoder("resnet14"))


def with_rejects(config: BuildConfig, rejects: int) -> BuildConfig:
    """The same catalogue with its first rows rejected."""
    source = config.source

    def read() -> Iterator[Candidate]:
        for number, candidate in enumerate(source.read()):
            yield replace(candidate, reason="the image is blank") if number < rejects else candidate

    return replace(config, source=replace(source, read=read))


def no_layout(scores: Any, _: object) -> Any:
    """A map that costs no ten seconds of importing UMAP, where the test is not about the map."""
    return scores[:, :2]


def stamps(directory: Path) -> dict[str, int]:
    """When each file of a directory was written, the lock aside."""
    files = [path for path in directory.rglob("*") if path.is_file() and path.name != ".lock"]
    return {str(path.relative_to(directory)): path.stat().st_mtime_ns for path in files}
