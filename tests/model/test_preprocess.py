"""Preprocessing, against the published images and at the edges of what can be sent to it."""

import io
import pickle
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.stats import sigma_clipped_stats
from numpy.typing import NDArray

from model.preprocess import (
    INPUT_MEAN,
    INPUT_STD,
    BlankImage,
    ImageError,
    NoEmission,
    NotAnImage,
    UndersizedImage,
    clean,
    clean_cutout,
    network_input,
    scale_field,
)

ANOTHER_IMAGE = "300_147.428-000.840_0.0810_0043.06"
PARTLY_NAN = "100_036.061+000.563_0.1400_0093.07"
BLANK = "200_033.655+000.710_0.2900_0030.76"
NUMPY_ONLY = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
}


class NumpyOnly(pickle.Unpickler):
    """Reads the published batches and nothing that is more than arrays."""

    def find_class(self, module: str, name: str) -> Any:
        """Refuse whatever is no part of an array."""
        if (module, name) not in NUMPY_ONLY:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed")
        return super().find_class(module, name)


@pytest.fixture(scope="module")
def published(shared_data: Path) -> dict[str, NDArray[np.uint8]]:
    """The images of MiraBest_F by file name without its ending."""
    images: dict[str, NDArray[np.uint8]] = {}
    with tarfile.open(shared_data / "MiraBest_F_batches.tar.gz") as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is None or "_batch" not in member.name.rpartition("/")[2]:
                continue
            batch = NumpyOnly(io.BytesIO(file.read()), encoding="latin1").load()
            names = [Path(str(name)).name.removesuffix(".png") for name in batch["filenames"]]
            images.update(zip(names, batch["data"], strict=True))
    return images


@pytest.fixture(scope="module")
def raw(shared_data: Path) -> dict[str, NDArray[np.float32]]:
    """The raw FITS images, Jy/beam, by the same names."""
    return {
        path.name.removesuffix(".fits.gz"): fits.getdata(path)
        for path in sorted((shared_data / "first_fits").glob("*.fits.gz"))
    }


def noise(shape: tuple[int, ...] = (300, 300), seed: int = 3) -> NDArray[np.float32]:
    """Noise of 0.15 mJy/beam with one source of 30 mJy/beam in the middle."""
    image = np.random.default_rng(seed).normal(0, 0.15e-3, shape).astype(np.float32)
    image[..., shape[-2] // 2, shape[-1] // 2] = 30e-3
    return image


def test_63_of_66_raw_fits_give_their_published_image_exactly(
    raw: dict[str, NDArray], published: dict[str, NDArray]
) -> None:
    same, other = [], {}
    for name, image in raw.items():
        try:
            cleaned = clean(image)
        except ImageError as error:
            other[name] = type(error).__name__
            continue
        if name not in published:
            other[name] = "not published"
        elif np.array_equal(cleaned, published[name]):
            same.append(name)
        else:
            other[name] = "another image"
    assert len(raw) == 66
    assert len(published) == 1256
    assert other == {
        ANOTHER_IMAGE: "another image",
        PARTLY_NAN: "not published",
        BLANK: "BlankImage",
    }
    assert len(same) == 63


def test_the_source_that_differs_is_another_image_and_not_a_rounding(
    raw: dict[str, NDArray], published: dict[str, NDArray]
) -> None:
    ours, theirs = clean(raw[ANOTHER_IMAGE]), published[ANOTHER_IMAGE]
    differ = ours.astype(int) != theirs
    assert differ[(ours > 0) | (theirs > 0)].mean() > 0.5
    assert np.abs(ours.astype(int) - theirs).max() > 50


def test_the_half_observed_source_is_cleaned_and_its_blank_half_stays_zero(
    raw: dict[str, NDArray],
) -> None:
    cleaned = clean_cutout(raw[PARTLY_NAN])
    assert 0.4 < cleaned.blank_fraction < 0.6
    assert cleaned.blank_fraction == np.isnan(raw[PARTLY_NAN]).mean()
    assert cleaned.pixels.max() == 255
    assert not cleaned.pixels[np.isnan(raw[PARTLY_NAN][75:225, 75:225])].any()


def test_real_images_give_back_their_flux_within_one_step(raw: dict[str, NDArray]) -> None:
    image = raw["102_204.023+000.791_0.2695_0030.80"]
    cleaned = clean_cutout(image)
    step = (cleaned.scale_max_jy_beam - cleaned.scale_min_jy_beam) / 255
    flux = cleaned.scale_min_jy_beam + cleaned.pixels * step
    kept = cleaned.pixels > 0
    missing = image[75:225, 75:225][kept] - flux[kept]
    assert kept.sum() > 30
    assert missing.min() >= -1e-3 * step
    assert missing.max() <= 1.001 * step  # truncated, never rounded up
    assert cleaned.scale_min_jy_beam == 0
    assert cleaned.scale_max_jy_beam == image[75:225, 75:225].max()
    assert cleaned.rms_jy_beam == sigma_clipped_stats(image, sigma=3, maxiters=5)[2]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: np.full((300, 300), np.nan), BlankImage, "no pixel of it was observed"),
        (lambda: np.full((300, 300), np.inf), BlankImage, "no pixel of it was observed"),
        (lambda: np.full((300, 300), -np.inf), BlankImage, "no pixel of it was observed"),
        (lambda: np.zeros((300, 300)), BlankImage, "the same value"),
        (lambda: np.full((300, 300), 2.5), BlankImage, "the same value"),
        (lambda: np.where(noise() > 0, np.nan, 2.5), BlankImage, "the same value"),
        (lambda: np.zeros((0, 0)), UndersizedImage, "0 x 0 px"),
        (lambda: np.zeros((300, 0)), UndersizedImage, "0 x 300 px"),
        (lambda: noise((149, 300)), UndersizedImage, "300 x 149 px"),
        (lambda: noise((300, 149)), UndersizedImage, "149 x 300 px"),
        (lambda: noise((33, 33)), UndersizedImage, "33 x 33 px"),
        (lambda: np.full((33, 33), np.nan), UndersizedImage, "33 x 33 px"),
        (lambda: np.zeros(300), NotAnImage, "(300,)"),
        (lambda: np.float32(1), NotAnImage, "()"),
        (lambda: noise((3, 300, 300)), NotAnImage, "(3, 300, 300)"),
        (lambda: noise((1, 2, 300, 300)), NotAnImage, "(1, 2, 300, 300)"),
        (lambda: np.zeros((0, 300, 300)), NotAnImage, "(0, 300, 300)"),
        (lambda: noise() > 0, NotAnImage, "bool"),
        (lambda: noise().astype(complex), NotAnImage, "complex128"),
        (lambda: np.full((300, 300), "x"), NotAnImage, "<U1"),
        (lambda: np.full((300, 300), None), NotAnImage, "object"),
    ],
)
def test_an_unusable_image_is_refused_in_words(
    make: Callable[[], NDArray], error: type[ImageError], words: str
) -> None:
    with pytest.raises(error) as refused:
        clean(make())
    assert type(refused.value) is error
    assert words in str(refused.value)
    assert str(refused.value).endswith((".", "needed."))


def test_an_image_whose_only_emission_lies_outside_the_disc_has_no_emission() -> None:
    image = np.random.default_rng(1).uniform(-1e-4, 1e-4, (300, 300))
    image[10, 10] = 1.0
    image[75, 75] = 1.0  # the crop's corner, outside its disc
    with pytest.raises(NoEmission, match='135" of its centre'):
        clean(image)


@pytest.mark.parametrize("leading", [(), (1,), (1, 1), (1, 1, 1)])
def test_axes_of_length_one_change_nothing(leading: tuple[int, ...]) -> None:
    image = noise()
    assert np.array_equal(clean(image.reshape(*leading, 300, 300)), clean(image))


@pytest.mark.parametrize("dtype", [">f4", "<f4", ">f8", "f2"])
def test_the_byte_order_and_width_of_floats_do_not_matter(dtype: str) -> None:
    image = noise().astype("f2")
    assert np.array_equal(clean(image.astype(dtype)), clean(image.astype("f4")))


@pytest.mark.parametrize("dtype", ["i2", ">i2", "u1", "i8"])
def test_whole_numbers_are_cleaned_as_the_same_floats(dtype: str) -> None:
    counts = np.abs(noise() * 8000).astype(np.uint8)
    assert np.array_equal(clean(counts.astype(dtype)), clean(counts.astype(np.float32)))


def test_infinite_pixels_count_as_not_observed() -> None:
    nan, infinite = noise(), noise()
    nan[100:110] = np.nan
    infinite[100:105], infinite[105:110] = np.inf, -np.inf
    ours, same = clean_cutout(infinite), clean_cutout(nan)
    assert np.array_equal(ours.pixels, same.pixels)
    assert ours.rms_jy_beam == same.rms_jy_beam
    assert ours.blank_fraction == pytest.approx(10 / 300)


def test_negative_pixels_never_survive() -> None:
    image = noise()
    image[140, 140] = -1.0
    cleaned = clean_cutout(image)
    assert cleaned.scale_min_jy_beam == 0
    assert cleaned.pixels[65, 65] == 0


def test_cleaning_leaves_the_image_it_was_given_alone() -> None:
    image = noise()
    image[0] = np.nan
    before = image.copy()
    clean(image)
    assert np.array_equal(image, before, equal_nan=True)


@pytest.mark.parametrize(
    "shape", [(300, 300), (150, 150), (151, 151), (167, 167), (299, 301), (300, 1024)]
)
def test_the_source_in_the_middle_stays_in_the_middle(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(2).uniform(-1e-4, 1e-4, shape)
    row, column = shape[0] // 2, shape[1] // 2
    image[row, column], image[row + 2, column - 3] = 1.0, 0.5
    cleaned = clean(image)
    assert cleaned[75, 75] == 255
    assert cleaned[77, 72] == 127  # north stays north, east stays east
    assert np.count_nonzero(cleaned) == 2
    seen = network_input(cleaned)
    assert np.argwhere(seen > 0).tolist() == [[35, 35], [37, 32]]


def test_the_noise_is_measured_on_the_whole_image_and_not_on_the_crop() -> None:
    image = noise()
    image[:75] *= 40
    image[225:] *= 40
    whole, crop = clean_cutout(image), clean_cutout(image[75:225, 75:225])
    assert whole.rms_jy_beam > 1.5 * crop.rms_jy_beam
    assert np.count_nonzero(whole.pixels) < np.count_nonzero(crop.pixels)


def test_three_sigma_itself_is_clipped_and_more_is_not() -> None:
    image = np.where(np.indices((300, 300)).sum(axis=0) % 2, 1.0, -1.0)  # its rms is 1 exactly
    image[140, 140], image[140, 142], image[150, 150] = 3.0, 3.01, 9.0
    cleaned = clean_cutout(image)
    assert cleaned.rms_jy_beam == pytest.approx(1, abs=1e-3)
    rms = cleaned.rms_jy_beam
    image[140, 140] = np.float32(3 * rms)
    assert clean(image)[65, 65] == 0
    assert clean(image)[65, 67] > 0


def test_the_disc_has_75_px_round_pixel_75_edges_included() -> None:
    field = np.full((150, 150), 2.0, np.float32)
    field[75, 75] = 1.0
    pixels, low, high = scale_field(field)
    assert (low, high) == (1.0, 2.0)
    row, column = np.indices((150, 150))
    within = np.hypot(row - 75.0, column - 75.0) <= 75
    within[75, 75] = False
    assert np.array_equal(pixels, np.where(within, 255, 0))
    assert pixels[75, 0] == pixels[0, 75] == pixels[75, 149] == 255
    assert pixels[0, 0] == pixels[75 - 53, 75 - 54] == 0


def test_what_lies_outside_the_disc_does_not_change_the_scale() -> None:
    image = noise()
    brighter = image.copy()
    brighter[76, 76] = 1.0
    assert np.array_equal(clean(brighter), clean(image))


def test_network_input_is_the_central_70_px_normalised_as_published() -> None:
    cleaned = np.random.default_rng(5).integers(0, 256, (4, 150, 150), np.uint8)
    x = network_input(cleaned)
    assert x.shape == (4, 70, 70)
    assert x.dtype == np.float32
    wanted = (cleaned[:, 40:110, 40:110] / 255.0 - 0.008008896) / 0.05303395
    np.testing.assert_allclose(x, wanted, rtol=1e-6, atol=1e-6)
    assert np.array_equal(network_input(cleaned[2]), x[2])


def test_network_input_of_empty_and_full_pixels_has_the_published_values() -> None:
    assert (INPUT_MEAN, INPUT_STD) == (0.008008896, 0.05303395)
    assert network_input(np.zeros((150, 150), np.uint8))[0, 0] == pytest.approx(-0.15101450)
    assert network_input(np.full((150, 150), 255, np.uint8))[0, 0] == pytest.approx(18.7048315)
