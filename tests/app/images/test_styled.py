"""Styled pictures: stretch, cuts, common scale, contours, and what is drawn in the margin."""

import io
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from astropy.visualization import AsinhStretch, LogStretch, PercentileInterval, ZScaleInterval
from numpy.typing import NDArray
from PIL import Image

from app.errors import UnusableStyle
from app.images.brightness import choose_scale, cut
from app.images.cleaned_image import CleanedImage
from app.images.colour_scales import COLOURS, Colours, colour_table, draw_strip, luminance
from app.images.contours import contour_levels, contour_lines
from app.images.draw import MARK_RGB, draw_png
from app.images.overlays import angle_label, scale_bar_arcsec
from app.images.picture_style import Cuts, PictureStyle, Stretch
from app.images.styled import describe, draw_picture
from model.beam import Beam

ROW, COLUMN = np.mgrid[:150, :150]


def blob(row: float, column: float, sigma_px: float, peak: float) -> NDArray[np.float64]:
    return peak * np.exp(-((ROW - row) ** 2 + (COLUMN - column) ** 2) / (2 * sigma_px**2))


PIXELS = (blob(75, 75, 6, 120) + blob(10, 75, 3, 255)).clip(0, 255).astype(np.uint8)
"""A source in the middle, and a brighter one outside the central 70 px."""
RELATIVE = CleanedImage(PIXELS)
MJY = CleanedImage(PIXELS, "observed", 0.00021, 0.0, 0.0102, Beam(6.8, 5.4, 0.0))
"""0.04 mJy/beam a level; the peak of the square is 4.8 mJy/beam, 22.9 sigma."""
GREY = PictureStyle(colours="grey", size_px=70, cuts="minmax")


def rgb(image: CleanedImage, style: PictureStyle) -> NDArray[np.uint8]:
    picture = Image.open(io.BytesIO(draw_picture(image, style)))
    assert picture.format == "PNG"
    return np.asarray(picture.convert("RGB"))


def shown(image: CleanedImage, style: PictureStyle) -> NDArray[np.uint8]:
    """Grey levels, row 0 south."""
    return rgb(image, style)[::-1, :, 0]


@pytest.mark.parametrize("size_px", [70, 150])
@pytest.mark.parametrize("colours", ["inferno", "grey"])
def test_without_a_style_the_bytes_are_those_of_before(size_px: int, colours: Colours) -> None:
    plain = PictureStyle(size_px=size_px, colours=colours)
    assert draw_picture(RELATIVE, plain) == draw_png(PIXELS, size_px, colours)
    assert describe(RELATIVE, PictureStyle()).scale.high == pytest.approx(100)


def test_cuts_are_measured_on_the_square_that_is_drawn() -> None:
    assert shown(RELATIVE, GREY).max() == 255
    assert shown(RELATIVE, PictureStyle(colours="grey", size_px=70)).max() == PIXELS[75, 75] < 255


@pytest.mark.parametrize("cuts", get_args(Cuts))
def test_cuts_are_those_of_astropy(cuts: Cuts) -> None:
    square = np.random.default_rng(1).normal(100, 30, (70, 70)).clip(0, 255).astype(np.uint8)
    expected = {
        "minmax": (square.min(), square.max()),
        "zscale": ZScaleInterval().get_limits(square),
    }.get(cuts) or PercentileInterval(float(cuts)).get_limits(square)
    assert cut(square, cuts) == pytest.approx(expected)
    assert len({cut(square, each) for each in get_args(Cuts)}) == len(get_args(Cuts))


@pytest.mark.parametrize("stretch", get_args(Stretch))
def test_stretches_are_those_of_astropy(stretch: Stretch) -> None:
    share = RELATIVE.square(70) / RELATIVE.square(70).max()
    expected = {
        "linear": lambda x: x,
        "sqrt": np.sqrt,
        "log": LogStretch(1000),
        "asinh": AsinhStretch(0.1),
    }[stretch](share)
    drawn = shown(RELATIVE, replace(GREY, stretch=stretch))
    assert np.abs(drawn - 255 * expected).max() <= 0.5 + 1e-9


def test_a_common_scale_in_mjy_is_the_same_brightness_in_every_image() -> None:
    style = replace(GREY, low=0.0, high=10.0, unit="mjy_beam")
    brighter = replace(MJY, scale_max_jy_beam=0.0204)
    once, twice = (shown(image, style)[35, 35] for image in (MJY, brighter))
    assert once == round(255 * 120 * 0.04 / 10)
    assert twice == round(255 * 120 * 0.08 / 10)


def test_per_cent_are_of_the_peak_of_the_square() -> None:
    half = shown(RELATIVE, replace(GREY, low=0, high=50, unit="percent"))
    peak = RELATIVE.square(70).max()
    assert np.array_equal(half == 255, RELATIVE.square(70) >= np.ceil((254.5 / 255) * peak / 2))
    assert describe(RELATIVE, GREY).peak == 100


def test_what_was_drawn_can_be_asked_for_again() -> None:
    style = replace(GREY, cuts="99", stretch="asinh")
    for image in (RELATIVE, MJY):
        scale = describe(image, style).scale
        again = PictureStyle("asinh", None, scale.low, scale.high, scale.unit, "grey", size_px=70)
        assert np.array_equal(rgb(image, style), rgb(image, again))


def test_mjy_are_refused_where_the_flux_scale_is_not_known() -> None:
    with pytest.raises(UnusableStyle, match="unit=percent"):
        draw_picture(RELATIVE, replace(GREY, unit="mjy_beam"))
    with pytest.raises(UnusableStyle, match="unit"):
        PictureStyle(low=1.0)
    with pytest.raises(UnusableStyle, match="below"):
        PictureStyle(low=1.0, high=1.0, unit="percent")


@pytest.mark.parametrize("zoom", range(1, 9))
def test_a_zoomed_pixel_is_a_square_of_one_colour(zoom: int) -> None:
    drawn = shown(MJY, replace(GREY, zoom=zoom))
    assert drawn.shape == (70 * zoom, 70 * zoom)
    assert np.array_equal(np.kron(shown(MJY, GREY), np.ones((zoom, zoom), np.uint8)), drawn)


def test_an_inverted_scale_is_the_other_way_round() -> None:
    assert np.array_equal(255 - shown(MJY, GREY), shown(MJY, replace(GREY, invert=True)))


@pytest.mark.parametrize("colours", COLOURS)
def test_colours_brighten_with_the_values(colours: Colours) -> None:
    table = colour_table(colours)
    assert (np.diff(luminance(table)) > -0.5).all()
    assert np.array_equal(colour_table(colours, True), table[::-1])
    assert np.abs(table.astype(int) - MARK_RGB).sum(axis=1).min() > 60, "a mark could be emission"
    strip = np.asarray(Image.open(io.BytesIO(draw_strip(colours))))
    assert np.array_equal(strip, table[None])


def test_contours_are_at_3_6_12_sigma_where_the_noise_is_known() -> None:
    levels = contour_levels(MJY, 70)
    assert levels is not None
    assert (levels.words, levels.unit) == ("3, 6, 12 σ", "mjy_beam")
    assert levels.levels == pytest.approx([0.63, 1.26, 2.52])
    relative = contour_levels(RELATIVE, 70)
    assert relative is not None
    assert (relative.words, relative.unit) == ("10, 20, 40, 80 % of the peak", "percent")
    assert contour_levels(replace(MJY, rms_jy_beam=None), 70) == relative
    assert contour_levels(CleanedImage(np.zeros((150, 150), np.uint8)), 70) is None


def test_a_contour_runs_where_the_brightness_is_its_level() -> None:
    radius = 6 * np.sqrt(2 * np.log(2))
    ((line,),) = contour_lines(blob(75, 70, 6, 100), [50.0])
    assert np.hypot(line[:, 0] - 70, line[:, 1] - 75) == pytest.approx(radius, abs=0.1)


def test_a_contour_is_drawn_round_its_source_north_up() -> None:
    off = CleanedImage(blob(95, 60, 3, 255).astype(np.uint8))
    style = replace(GREY, zoom=4)
    changed = rgb(off, replace(style, contours=True)) != rgb(off, style)
    rows, columns = np.nonzero(changed.any(axis=-1))
    assert (rows.mean() / 4, columns.mean() / 4) == pytest.approx((69.5 - 55, 20.5), abs=0.5)


def drawn_box(image: CleanedImage, style: PictureStyle, **added: bool) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what an overlay changes."""
    changed = (rgb(image, replace(style, **added)) != rgb(image, style)).any(axis=-1)
    rows, columns = np.nonzero(changed)
    return columns.min(), rows.min(), columns.max(), rows.max()


DARK_SKY = replace(MJY, pixels=np.where(PIXELS[75, 75] == PIXELS, PIXELS, 0).astype(np.uint8))


@pytest.mark.parametrize("zoom", [1, 3, 8])
def test_the_scale_bar_is_as_long_as_it_says(zoom: int) -> None:
    style = replace(GREY, zoom=zoom)
    picture = rgb(DARK_SKY, replace(style, scale_bar=True))
    left, _, right, bottom = drawn_box(DARK_SKY, style, scale_bar=True)
    assert scale_bar_arcsec(70) == 30
    assert right - left + 1 == pytest.approx(30 / 1.8 * zoom, abs=1.01)
    assert (picture[bottom, left : right + 1] == 255).all()
    assert right < 70 * zoom


@pytest.mark.parametrize(("size_px", "label"), [(10, "5″"), (35, "20″"), (70, "30″"), (150, "1′")])
def test_scale_bars_have_round_lengths(size_px: int, label: str) -> None:
    assert angle_label(scale_bar_arcsec(size_px)) == label


@pytest.mark.parametrize(("pa_deg", "wide"), [(0, False), (90, True)])
def test_the_beam_lies_as_its_position_angle_says(pa_deg: float, wide: bool) -> None:
    image = replace(DARK_SKY, beam=Beam(20.0, 6.0, pa_deg))
    left, top, right, bottom = drawn_box(image, replace(GREY, zoom=4), beam=True)
    size = (right - left + 1, bottom - top + 1)
    assert max(size) == pytest.approx(20 / 1.8 * 4, abs=2)
    assert (size[0] > size[1]) == wide
    assert right < 140 < top, "the lower left"


def test_a_position_angle_runs_from_north_through_east() -> None:
    image = replace(DARK_SKY, beam=Beam(20.0, 4.0, 45.0))
    style = replace(GREY, zoom=8)
    drawn = rgb(image, replace(style, beam=True))[:, :, 0].astype(int) - rgb(image, style)[:, :, 0]
    rows, columns = np.nonzero(drawn)
    assert np.corrcoef(rows, columns)[0, 1] > 0.5, "from the upper left to the lower right"


def test_no_beam_is_drawn_where_none_is_known() -> None:
    bare = replace(MJY, beam=None)
    assert np.array_equal(rgb(bare, replace(GREY, beam=True)), rgb(bare, GREY))


def test_north_and_east_are_at_the_upper_right() -> None:
    left, top, right, bottom = drawn_box(DARK_SKY, replace(GREY, zoom=3), compass=True)
    assert left > 105
    assert bottom < 105
    assert top >= 0
    assert right < 210


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("zoom", [1, 3, 8])
def test_a_model_keeps_its_mark_in_every_style(zoom: int, invert: bool) -> None:
    every = {"contours": True, "scale_bar": True, "beam": True, "compass": True}
    style = replace(GREY, zoom=zoom, invert=invert, size_px=150, **every)
    marked = (rgb(replace(MJY, origin="model"), style) == MARK_RGB).all(axis=-1)
    bare = (
        rgb(replace(MJY, origin="model"), replace(GREY, zoom=zoom, size_px=150)) == MARK_RGB
    ).all(axis=-1)
    assert np.array_equal(marked, bare)
    assert marked[:, 0].any()
    assert marked[-20:, -60:].sum() > 60, "the word"
    assert not (rgb(MJY, style) == MARK_RGB).all(axis=-1).any()


def test_where_there_is_no_image_the_picture_says_so_in_every_style() -> None:
    none = replace(MJY, pixels=np.zeros((150, 150), np.uint8), origin="none")
    drawn = rgb(none, replace(GREY, zoom=3, contours=True, invert=True, scale_bar=True))
    assert drawn.shape == (210, 210, 3)
    assert set(np.unique(drawn[:20])) == {32}


@pytest.mark.parametrize("stretch", get_args(Stretch))
def test_ticks_are_round_and_lie_where_their_colour_is(stretch: Stretch) -> None:
    scale = choose_scale(MJY, replace(GREY, stretch=stretch))
    ticks = scale.ticks()
    assert 3 <= len(ticks) <= 8
    for value, place in ticks:
        assert scale.low <= value <= scale.high
        assert float(f"{value:.1g}") == pytest.approx(value)
        assert scale.shares(np.array([value]))[0] == pytest.approx(place)
    places = [place for _, place in ticks]
    assert np.diff(places).min() > 0.1


def test_a_blank_square_is_drawn_all_the_same() -> None:
    blank = CleanedImage(np.zeros((150, 150), np.uint8))
    for stretch in get_args(Stretch):
        drawn = rgb(blank, PictureStyle(stretch, size_px=70, cuts="zscale", contours=True))
        assert len(np.unique(drawn.reshape(-1, 3), axis=0)) == 1
        describe(blank, PictureStyle(stretch, cuts="99")).scale.ticks()
