"""A source's stored image as FITS: its pixels, its place on the sky, its origin."""

import io

import httpx
import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from app.bundle.source_fits import SCALE, stored_fits
from app.query.explorer import Explorer


def opened(content: bytes) -> fits.PrimaryHDU:
    with fits.open(io.BytesIO(content), checksum=True) as hdus:
        hdu = hdus[0].copy()
        assert hdus[0].verify_checksum() == hdus[0].verify_datasum() == 1
    return hdu


def test_the_file_has_the_stored_pixels_with_the_source_in_the_middle(
    site: httpx.Client, explorer: Explorer
) -> None:
    space, row = explorer.space, 17
    source_id = space.catalogue.row(row)["source_id"]
    answer = site.get(f"/api/sources/{source_id}/cutout.fits")
    assert answer.headers["content-type"] == "application/fits"
    position = space.position(row)
    assert f"source_{position.ra.deg:.5f}" in answer.headers["content-disposition"]
    hdu = opened(answer.content)
    np.testing.assert_array_equal(hdu.data, space.image(row))
    wcs = WCS(hdu.header)
    assert wcs.pixel_to_world(75, 75).separation(position).arcsec < 1e-3
    north = wcs.pixel_to_world(75, 76)
    assert (north.dec - position.dec).arcsec == pytest.approx(1.8, abs=1e-6)
    assert wcs.pixel_to_world(74, 75).ra > position.ra  # east is left
    assert hdu.header["BUNIT"] == "relative"
    assert hdu.header["SOURCEID"] == source_id
    assert hdu.header["IMGORIG"] == "observed"
    assert hdu.header["BUNDLE"] == space.version
    again = site.get(
        f"/api/sources/{source_id}/cutout.fits", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304


def test_where_the_flux_scale_is_known_the_values_are_jy_per_beam(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    space, row = explorer.space, 17
    values = space.catalogue.row(row) | dict(zip(SCALE, (0.0, 0.051), strict=True))
    values |= {"rms_jy_beam": 1.5e-4, "image_origin": "model", "beam_major_arcsec": 5.4}
    monkeypatch.setattr(type(space.catalogue), "row", lambda *_: values)
    hdu = opened(stored_fits(space, row))
    assert hdu.data.dtype.kind == "f"
    np.testing.assert_allclose(hdu.data, space.image(row) * 0.0002, rtol=1e-6)
    assert (hdu.header["BUNIT"], hdu.header["IMGORIG"]) == ("Jy/beam", "model")
    assert hdu.header["BMAJ"] == pytest.approx(5.4 / 3600)
    assert hdu.header["RMS"] == 1.5e-4


def test_a_source_that_there_is_not_is_named(site: httpx.Client) -> None:
    answer = site.get("/api/sources/nobody/cutout.fits")
    assert answer.status_code == 404
    assert "'nobody'" in answer.json()["detail"]
