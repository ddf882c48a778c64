"""The other surveys in a real Chromium: shown beside FIRST, searched with, each failing alone."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.page import PHONE, new_page
from tests.replay.faults import Fault
from tests.replay.server import ReplayServer
from tests.replay.surveys import FIRST_PATH, HIPS2FITS_PATH

pytestmark = pytest.mark.browser

AT = "/?ra=176.2&dec=27.3"


@pytest.fixture
def page(chromium: Browser, site: httpx.Client, survey: ReplayServer) -> Iterator[Page]:
    with new_page(chromium, PHONE, base_url=str(site.base_url)) as page:
        yield page
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    survey.faults = {}


def opened(page: Page) -> None:
    """Look at a place that is in no bundle, and ask for the other surveys."""
    page.goto(AT)
    expect(page.locator("#source-title")).to_be_visible()
    assert page.locator(".survey").count() == 0
    page.get_by_role("button", name="The same sky in other surveys").click()


def shown(page: Page, name: str) -> bool:
    """Whether a survey's picture is there and holds pixels."""
    image = page.locator(f"[data-survey={name}] img")
    expect(image).to_be_visible()
    return bool(image.evaluate("async (i) => { await i.decode(); return i.naturalWidth >= 150; }"))


def test_the_other_surveys_are_shown_and_one_is_searched_with(page: Page) -> None:
    opened(page)
    expect(page.locator("#surveys-status")).to_have_text(
        "5 of 5 surveys have an image of this field."
    )
    assert all(shown(page, name) for name in ("nvss", "vlass", "lotss-dr2", "racs-low", "racs-mid"))
    assert page.locator("[data-survey=first]").count() == 0  # it is the image asked about
    nvss = page.locator("[data-survey=nvss]")
    expect(nvss).to_contain_text("1.4 GHz, beam 45″ round")
    expect(nvss).to_contain_text("from the hips2fits server.")
    assert "/api/surveys/nvss/cutout.fits?" in nvss.locator("a").get_attribute("href")

    nvss.get_by_role("button", name="Search with this image").click()
    warnings = page.locator(".warning")
    expect(warnings.filter(has_text="The encoder was trained on FIRST")).to_be_visible()
    assert "survey=nvss" in page.url
    assert shown(page, "first")
    assert page.locator("[data-survey=nvss]").count() == 0


def test_one_service_s_failure_is_told_on_its_tiles_and_can_be_tried_again(
    page: Page, survey: ReplayServer
) -> None:
    survey.faults = {HIPS2FITS_PATH: Fault.RESET}
    opened(page)
    expect(page.locator("#surveys-status")).to_have_text(
        "1 of 5 surveys have an image of this field; 4 could not be reached."
    )
    assert shown(page, "nvss")
    expect(page.locator("[data-survey=nvss]")).to_contain_text("from the SkyView server")
    vlass = page.locator("[data-survey=vlass]")
    expect(vlass.locator(".error")).to_contain_text("The hips2fits server cannot be reached")
    survey.faults = {HIPS2FITS_PATH: Fault.PARTLY_BLANK}
    vlass.get_by_role("button", name="Try again").click()
    assert shown(page, "vlass")
    expect(vlass).to_contain_text("15.0 % of the field not observed")


def test_a_fallback_s_image_and_the_share_not_observed_are_said_with_the_answer(
    page: Page, survey: ReplayServer
) -> None:
    survey.faults = {FIRST_PATH: Fault.BUSY}
    page.goto(AT.replace("27.3", "28.3"))
    expect(page.locator("#source")).to_contain_text("image from the SkyView server")
    expect(page.locator(".warning", has_text="which resampled it")).to_be_visible()
    survey.faults = {FIRST_PATH: Fault.PARTLY_BLANK}
    page.goto(AT.replace("27.3", "29.3"))
    expect(page.locator(".warning", has_text="15.0 % of the field was not obs")).to_be_visible()
