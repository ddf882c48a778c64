"""Pictures over HTTP: one style for all of them, what they show, and an image of one's own."""

import base64
import io
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from PIL import Image

from app.bundle.stored_image import stored_image
from app.images.draw import draw_png
from app.query.explorer import Explorer
from model.beam import Beam
from tests.problem import problem_of

SOURCE = "/api/sources/firstgalaxydata-1"
FULL = {
    **{"size_px": 70, "zoom": 3, "stretch": "asinh", "colours": "viridis"},
    **dict.fromkeys(("contours", "scale_bar", "beam", "compass"), True),
}
AWAY = {"ra": 206.41, "dec": 23.4}


def picture(answer: httpx.Response) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB"))


def away(explorer: Explorer, row: int = 0) -> dict[str, float]:
    """A position beside a bundle source, which the survey is asked for."""
    place = explorer.space.position(row)
    return {"ra": place.ra.deg, "dec": place.dec.deg + 8 / 3600}


def uploaded(site: httpx.Client) -> dict[str, Any]:
    rng = np.random.default_rng(3)
    buffer = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (150, 150)).astype(np.uint8)).save(buffer, "PNG")
    answer = site.post("/api/query/image?k=1", files={"file": ("a.png", buffer.getvalue())})
    return answer.json()["query"]


def test_a_picture_without_a_style_is_what_it_was(site: httpx.Client, explorer: Explorer) -> None:
    row = explorer.row_of("firstgalaxydata-1")
    for size_px, colours in ((150, "inferno"), (70, "grey")):
        sent = site.get(f"{SOURCE}/cutout.png?size_px={size_px}&colours={colours}")
        assert sent.content == draw_png(explorer.space.image(row), size_px, colours)


def test_every_style_has_its_own_etag_and_picture(site: httpx.Client) -> None:
    alone = [{}, *({name: value} for name, value in FULL.items()), {"invert": True}]
    alone += [{"cuts": "99"}, {"low": 10, "high": 90, "unit": "percent"}]
    answers = [site.get(f"{SOURCE}/cutout.png", params=style) for style in alone]
    assert len({answer.headers["etag"] for answer in answers}) == len(alone)
    again = site.get(
        f"{SOURCE}/cutout.png", params=FULL, headers={"If-None-Match": answers[0].headers["etag"]}
    )
    assert again.status_code == 200
    known = {"If-None-Match": again.headers["etag"]}
    assert site.get(f"{SOURCE}/cutout.png", params=FULL, headers=known).status_code == 304


def test_the_api_says_what_styles_there_are(site: httpx.Client) -> None:
    image = site.get("/api/meta").json()["image"]
    path = site.get("/openapi.json").json()["paths"]["/api/sources/{source_id}/cutout.png"]
    schemas = {each["name"]: each["schema"] for each in path["get"]["parameters"]}

    def enumerated(name: str) -> list[str]:
        schema = schemas[name]
        return next(s["enum"] for s in (schema, *schema.get("anyOf", ())) if "enum" in s)

    for plural, name in {"stretches": "stretch", "cuts": "cuts", "units": "unit"}.items():
        assert [each["name"] for each in image[plural]] == enumerated(name)
        assert all(each["label"] for each in image[plural])
    assert image["colours"] == enumerated("colours")
    assert (image["size_min_px"], image["zoom_max"]) == (
        schemas["size_px"]["minimum"],
        schemas["zoom"]["maximum"],
    )


def test_a_relative_bundle_says_per_cent_of_the_peak(site: httpx.Client) -> None:
    info = site.get(f"{SOURCE}/picture", params=FULL).json()
    assert (info["unit"], info["unit_label"], info["high"]) == ("percent", "% of the peak", 100)
    assert info["flux_known"] is False
    assert info["contours"]["words"] == "10, 20, 40, 80 % of the peak"
    assert (info["stretch"], info["range_label"]) == ("asinh", "min to max")
    assert info["scale_bar"] == {"arcsec": 30, "label": "30″"}
    assert (info["side_px"], info["field_arcsec"]) == (210, 126)
    refused = problem_of(site.get(f"{SOURCE}/cutout.png?low=0&high=1&unit=mjy_beam"))
    assert (refused["status"], refused["parameter"]) == (422, "unit")
    assert problem_of(site.get(f"{SOURCE}/cutout.png?low=1"))["parameter"] == "unit"


def test_a_fetched_image_is_told_in_mjy_and_sigma(site: httpx.Client, explorer: Explorer) -> None:
    place = away(explorer)
    info = site.get("/api/picture", params=place | FULL).json()
    assert (info["unit"], info["flux_known"]) == ("mjy_beam", True)
    image = explorer.image_at(SkyCoord(place["ra"], place["dec"], unit="deg"))
    sigma = 1000 * image.rms_jy_beam
    assert info["rms_mjy_beam"] == pytest.approx(sigma)
    assert info["contours"]["levels"][:2] == pytest.approx([3 * sigma, 6 * sigma])
    assert info["contours"]["words"].startswith("3, 6, 12")
    assert info["high"] == pytest.approx(info["peak"])
    assert 0.5 < info["peak"] < 1000, "mJy/beam"
    assert picture(site.get("/api/cutout.png", params=place | FULL)).shape == (210, 210, 3)


def test_a_row_of_the_catalogue_gives_scale_noise_and_beam() -> None:
    pixels = np.zeros((150, 150), np.uint8)
    values = {
        **{"image_origin": "model", "rms_jy_beam": 1e-4, "scale_min_jy_beam": 0.0},
        **{"scale_max_jy_beam": 0.02, "beam_major_arcsec": 6.4, "beam_minor_arcsec": 5.4},
        "beam_pa_deg": 10.0,
    }
    catalogue = SimpleNamespace(row=lambda _: values)
    image = stored_image(SimpleNamespace(catalogue=catalogue, image=lambda _: pixels), 0)
    assert (image.origin, image.beam) == ("model", Beam(6.4, 5.4, 10.0))
    assert image.rms_mjy_beam == pytest.approx(0.1)
    assert image.brightness(70, "mjy_beam")[255] == pytest.approx(20)
    values.update(rms_jy_beam=None, scale_max_jy_beam=None, beam_minor_arcsec=None)
    bare = stored_image(SimpleNamespace(catalogue=catalogue, image=lambda _: pixels), 0)
    assert (bare.flux_known, bare.rms_mjy_beam, bare.beam) == (False, None, None)


def test_an_image_of_ones_own_is_drawn_in_every_style(site: httpx.Client) -> None:
    url = uploaded(site)["image_url"]
    content = base64.b64decode(url.partition(",")[2])
    plain = site.post("/api/picture", content=content)
    assert plain.content == content
    assert plain.headers["cache-control"] == "no-store"
    assert picture(site.post("/api/picture", content=content, params=FULL)).shape == (210, 210, 3)
    info = site.post("/api/picture", content=content, params=FULL | {"format": "json"}).json()
    assert info["contours"]["unit"] == "percent"


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 415, "no PNG"),
        (b"GIF89a" + bytes(60), 415, "no PNG"),
        (bytes(70_000), 413, "65,536"),
        (draw_png(np.zeros((150, 150), np.uint8), 70, "grey"), 422, "70 x 70"),
    ],
)
def test_what_is_no_picture_of_ours_is_refused(
    site: httpx.Client, content: bytes, status: int, words: str
) -> None:
    problem = problem_of(site.post("/api/picture", content=content))
    assert problem["status"] == status
    assert words in problem["detail"]


def test_a_colour_scale_is_a_strip(site: httpx.Client) -> None:
    for name in site.get("/api/meta").json()["image"]["colours"]:
        strip = picture(site.get(f"/api/colours/{name}.png"))
        assert strip.shape == (1, 256, 3)
        assert np.array_equal(
            strip[:, ::-1], picture(site.get(f"/api/colours/{name}.png?invert=1"))
        )
    assert site.get("/api/colours/jet.png").status_code == 422
