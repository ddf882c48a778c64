"""Small builds of real sources, for the tests of the build."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from model.encoder import untrained_encoder
from scripts.bundle.build import BuildConfig
from scripts.bundle.demo import demo_catalogue
from scripts.bundle.sources import Source, SourceCatalogue


def small_config(bundle: Path, n: int) -> BuildConfig:
    """The first n sources of the demo catalogue, with the smallest encoder."""
    return BuildConfig(bundle, first_of_demo(n), untrained_encoder("resnet14"))


def first_of_demo(n: int) -> SourceCatalogue:
    """The first n rows of the demo catalogue as a catalogue of their own."""
    catalogue = demo_catalogue()
    about = {"n_listed": n, "description": f"its first {n} rows"}
    record = catalogue.record.model_copy(update=about)
    return replace(catalogue, record=record, read=lambda: iter(_sources_of_demo(n)))


@cache
def _sources_of_demo(n: int) -> list[Source]:
    """Read once a process: the package's file is 200 MB, to be unpacked every time."""
    return list(islice(demo_catalogue().read(), n))


def with_rejects(config: BuildConfig, rejects: int) -> BuildConfig:
    """The same catalogue with its first rows rejected."""
    catalogue = config.catalogue

    def read() -> Iterator[Source]:
        for number, source in enumerate(catalogue.read()):
            yield source.without_image("the image is blank") if number < rejects else source

    return replace(config, catalogue=replace(catalogue, read=read))


def no_layout(scores: Any, _: object) -> Any:
    """A map that costs no ten seconds of importing UMAP, where the test is not about the map."""
    return scores[:, :2]


def stamps(directory: Path) -> dict[str, int]:
    """When each file of a directory was written, the lock aside."""
    files = [path for path in directory.rglob("*") if path.is_file() and path.name != ".lock"]
    return {str(path.relative_to(directory)): path.stat().st_mtime_ns for path in files}
