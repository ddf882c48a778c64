"""The data package's images: how many, where, and how faithful to the raw survey images."""

import importlib.metadata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from numpy.typing import NDArray

from model.firstgalaxydata import (
    DataPackageMissing,
    FirstGalaxy,
    _open_hdf5,
    _sexagesimal,
    archive_path,
    centre_image,
    read_galaxies,
)
from model.preprocess import clean, network_input
from scripts.bundle.demo import demo_catalogue

NOTHING = np.zeros((1, 1), np.uint8)


@dataclass(frozen=True)
class Package:
    """What the tests keep of the package: not all its images at once."""

    galaxies: list[FirstGalaxy]  # without their fields
    blank: list[FirstGalaxy]
    """Those with nothing in the central 126", and the first one, with their fields."""
    mirabest: dict[str, NDArray[np.uint8]]
    """Centre images by MiraBest name."""
    brightest: NDArray[np.intp]  # (2158,) in the whole field
    shapes: set[tuple[int, ...]]


@pytest.fixture(scope="module")
def package() -> Package:
    """The package, read once."""
    galaxies, blank, mirabest, brightest, shapes = [], [], {}, [], set()
    for galaxy in read_galaxies():
        galaxies.append(replace(galaxy, field=NOTHING))
        brightest.append(int(galaxy.field.max()))
        shapes.add((galaxy.field.dtype.name, *galaxy.field.shape))
        if len(galaxies) == 1 or not galaxy.field[115:185, 115:185].any():
            blank.append(galaxy)
        if galaxy.source_catalogue == "MiraBest":
            mirabest[galaxy.entry.removesuffix(".png")] = centre_image(galaxy.field)
    return Package(galaxies, blank, mirabest, np.array(brightest), shapes)


@pytest.mark.slow
def test_all_2158_galaxies_come_in_the_order_of_their_numbers(package: Package) -> None:
    numbers = [int(galaxy.key.removeprefix("data_")) for galaxy in package.galaxies]
    assert len(numbers) == 2158
    assert numbers == sorted(set(numbers))
    assert package.shapes == {("uint8", 300, 300)}


def test_labels_and_splits_are_those_of_the_literature(package: Package) -> None:
    labels = Counter(galaxy.label for galaxy in package.galaxies)
    splits = Counter(galaxy.split for galaxy in package.galaxies)
    assert labels == {"FRI": 495, "FRII": 924, "Compact": 391, "Bent": 348}
    assert splits == {"train": 1758, "valid": 200, "test": 200}


def test_745_entries_are_mirabest_names_and_give_las_and_redshift(package: Package) -> None:
    named = [galaxy for galaxy in package.galaxies if np.isfinite(galaxy.las_arcsec)]
    assert len(named) == 745
    assert {galaxy.source_catalogue for galaxy in named} == {"MiraBest"}
    assert all(np.isfinite(galaxy.redshift) for galaxy in named)
    first = next(g for g in named if g.entry.startswith("100_116.785+017.291_0.1876_0107.21"))
    assert (first.ra_deg, first.dec_deg) == (116.785, 17.291)
    assert (first.redshift, first.las_arcsec) == (0.1876, 107.21)
    assert all(np.isnan(g.redshift) == np.isnan(g.las_arcsec) for g in package.galaxies)


def test_every_position_lies_in_the_sky_that_first_observed(package: Package) -> None:
    ra_hours = np.array([galaxy.ra_deg for galaxy in package.galaxies]) / 15
    dec_deg = np.array([galaxy.dec_deg for galaxy in package.galaxies])
    north = (ra_hours > 6.6) & (ra_hours < 17.8) & (dec_deg > -8.1) & (dec_deg < 64.7)
    south = ((ra_hours > 20.3) | (ra_hours < 4)) & (dec_deg > -11.5) & (dec_deg < 15.5)
    assert (north | south).all()
    assert (dec_deg < 0).sum() > 50  # southern ones have kept their sign


@pytest.mark.parametrize(
    ("entry", "ra_deg", "dec_deg"),
    [
        ("09 30 05.5 -00 30 36.0", 142.522917, -0.51),
        ("09 30 05.5 \N{MINUS SIGN}00 30 36.0", 142.522917, -0.51),
        ("00 00 60.0 +10 59 60.0", 0.25, 11.0),
        ("23 59 59.9 +00 00 00.0", 359.999583, 0.0),
    ],
)
def test_sexagesimal_entries_keep_their_sign_and_carry_60_seconds(
    entry: str, ra_deg: float, dec_deg: float
) -> None:
    assert _sexagesimal(entry) == pytest.approx((ra_deg, dec_deg), abs=1e-6)


def test_exactly_three_sources_are_blank_where_the_network_looks(package: Package) -> None:
    kept, *blank = package.blank
    assert [galaxy.key for galaxy in blank] == ["data_1076", "data_1910", "data_2016"]
    assert [bool(galaxy.field.any()) for galaxy in blank] == [True, False, True]
    assert kept.field.any()
    assert (np.flatnonzero(package.brightest == 0) == 1910).all()


def test_the_demo_catalogue_rejects_the_blank_ones_with_their_reason(
    package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.bundle.demo.read_galaxies", lambda: iter(package.blank))
    kept, outside, empty, also_outside = demo_catalogue().read()
    assert kept.reason is None
    assert empty.reason == "the image is blank"
    for source, galaxy in ((outside, package.blank[1]), (also_outside, package.blank[3])):
        assert source.reason is not None
        assert "central 70 px" in source.reason
        assert not network_input(centre_image(galaxy.field)).max() > 0
    assert empty.source_id == "firstgalaxydata-1910"
    assert kept.own.keys() == demo_catalogue().own_columns.keys()


def test_centre_images_have_their_brightest_pixel_at_255_and_nothing_outside_the_disc() -> None:
    field = np.zeros((300, 300), np.uint8)
    field[150, 150], field[150, 160], field[75, 75], field[150, 260] = 100, 33, 255, 255
    image = centre_image(field)
    assert image.shape == (150, 150)
    assert image[75, 75] == 255
    assert image[75, 85] == 33 * 255 // 100
    assert np.count_nonzero(image) == 2
    assert not centre_image(np.zeros((300, 300), np.uint8)).any()


def test_a_field_that_is_scaled_by_its_centre_is_only_cut() -> None:
    field = np.random.default_rng(6).integers(0, 255, (300, 300), np.uint8)
    field[150, 140] = 255
    cut = field[75:225, 75:225]
    row, column = np.indices((150, 150))
    disc = (row - 75) ** 2 + (column - 75) ** 2 <= 75**2
    assert np.array_equal(centre_image(field), np.where(disc, cut, 0))


def test_38_demo_images_lie_on_the_sky_as_their_raw_fits(
    package: Package, shared_data: Path
) -> None:
    as_it_is, turned = [], []
    for path in sorted((shared_data / "first_fits").glob("*.fits.gz")):
        demo = package.mirabest.get(path.name.removesuffix(".fits.gz"))
        if demo is not None:
            raw = clean(fits.getdata(path))
            others = (demo[::-1], demo[:, ::-1], demo[::-1, ::-1], demo.T)
            as_it_is.append(likeness(raw, demo))
            turned.append(max(likeness(raw, other) for other in others))
    assert len(as_it_is) == 38
    assert np.median(as_it_is) > 0.95
    assert min(as_it_is) > 0.75
    assert np.sum(np.array(as_it_is) > turned) >= 34  # the rest are a pixel off, and symmetric
    assert np.median(turned) < 0.8


def likeness(image: NDArray, other: NDArray) -> float:
    """Correlation of two images, pixel by pixel."""
    return float(np.corrcoef(image.ravel(), other.ravel())[0, 1])


def test_positions_agree_with_the_rounded_ones_of_the_package(package: Package) -> None:
    with _open_hdf5() as file:
        attributes = [file[galaxy.key]["Img"].attrs for galaxy in package.galaxies]
        rounded = SkyCoord([(float(a["RA"]), float(a["DEC"])) for a in attributes], unit=u.deg)
    ours = SkyCoord([(g.ra_deg, g.dec_deg) for g in package.galaxies], unit=u.deg)
    assert 2 < ours.separation(rounded).arcsec.max() < 2.55  # 0.0005 degrees in both, and more


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    answers: list[Callable[[str], object]] = [none, lambda name: None, lambda name: []]
    for found in answers:
        monkeypatch.setattr(importlib.metadata, "files", found)
        with pytest.raises(DataPackageMissing, match="pip install --no-deps firstgalaxydata==0"):
            archive_path()
