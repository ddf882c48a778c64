"""The packed archive gives back what was put in, and refuses what it is not."""

import io
import pickle
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from model.packed import NotPacked, Packed, read_packed, write_packed
from model.preprocess import centre_crop
from model.validation import ValidationSets


def some_sets(generator: np.random.Generator) -> ValidationSets:
    def pixels(n: int) -> np.ndarray:
        return generator.integers(0, 256, (n, 150, 150), dtype=np.uint8)

    return ValidationSets(
        pixels(4), np.array([0, 1, 0, 1]), pixels(3), np.array([0, 1, 2]), pixels(2), np.arange(2)
    )


def test_an_archive_gives_back_what_was_put_in(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (5, 150, 150), dtype=np.uint8)
    sets = some_sets(generator)
    about = {"firstgalaxydata": {"listed": 7, "kept_out_near_judges": 2}}
    write_packed(tmp_path / "a.npz", Packed({"real": images, "drawn": images[:2]}, sets, about))
    found = read_packed(tmp_path / "a.npz")
    assert list(found.sources) == ["real", "drawn"]
    np.testing.assert_array_equal(found.sources["real"], centre_crop(images, 110))
    assert found.about == about
    for field in fields(sets):
        given, read = getattr(sets, field.name), getattr(found.validation, field.name)
        np.testing.assert_array_equal(read, centre_crop(given, 110) if given.ndim == 3 else given)


@pytest.mark.parametrize("kind", ["nothing", "text", "pickle", "other arrays"])
def test_what_is_no_archive_is_a_sentence(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    if kind == "text":
        path.write_text("no archive")
    elif kind == "pickle":
        path.write_bytes(pickle.dumps(print))
    elif kind == "other arrays":
        buffer = io.BytesIO()
        np.savez(buffer, a=np.arange(3))
        path.write_bytes(buffer.getvalue())
    with pytest.raises(NotPacked, match=r"x\.npz' is no packed training archive .*explorer pack"):
        read_packed(path)
