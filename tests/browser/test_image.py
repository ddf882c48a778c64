"""A person's own image in a real Chromium: chosen, dropped, pasted, refused, and by keyboard."""

import base64
import gzip
import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.page import PHONE, open_ready
from tests.replay.uploads import Grid, fits_file, picture, sky_image

pytestmark = pytest.mark.browser

IMAGE = sky_image(Grid(), noise_jy=1e-4)
FITS = fits_file(IMAGE, Grid(), 5.4, SURVEY="FIRST")
PNG = picture((255 * np.clip(IMAGE / IMAGE.max(), 0, 1)).astype(np.uint8))
GIVE = """([name, content, how]) => {
  const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name));
  const dropped = how === "drop";
  const kind = dropped ? DragEvent : ClipboardEvent;
  const key = dropped ? "dataTransfer" : "clipboardData";
  if (dropped) for (const type of ["dragenter", "dragover"]) document.body.dispatchEvent(
    new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
  const shown = !document.getElementById("drop-target").hidden;
  document.body.dispatchEvent(
    new kind(how, { bubbles: true, cancelable: true, [key]: data }));
  return shown;
}"""


@pytest.fixture
def page(page: Page, address: str) -> Page:
    open_ready(page, address)
    return page


def choose(page: Page, name: str, content: bytes) -> None:
    page.locator("#image-file").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )


def give(page: Page, how: str, name: str, content: bytes) -> bool:
    return bool(page.evaluate(GIVE, [name, base64.b64encode(content).decode(), how]))


def expect_answer(page: Page, name: str) -> None:
    expect(page.locator("#source .section-head")).to_contain_text(name)
    expect(page.locator("#neighbours .card")).to_have_count(12)
    expect(page.locator("#source figure img")).to_have_js_property("naturalWidth", 70)


def test_a_chosen_fits_is_searched_with_at_once_and_cannot_be_linked(page: Page) -> None:
    before = page.url
    choose(page, "mine.fits", FITS)
    expect_answer(page, "mine.fits")
    expect(page.locator("#no-link")).to_contain_text("cannot be linked")
    expect(page.locator("#copy-link")).to_have_count(0)
    assert page.url == before
    image = page.locator("#source figure img")
    assert (image.get_attribute("src") or "").startswith("data:image/png;base64,")
    expect(page.locator("#source")).to_contain_text("13h20m0")
    page.locator("#take-away summary").click()
    with page.expect_download() as download:
        page.locator("#download-csv").click()
    assert download.value.suggested_filename.startswith("neighbours_200.0")
    with page.expect_download() as download:
        page.locator("#contact-sheet-png").click()
    assert download.value.suggested_filename.startswith("neighbours_of_an_image")
    page.locator("#take-caption").click()
    expect(page.locator("#text pre")).to_contain_text("An image of our own")
    page.locator("#text").get_by_role("button", name="Close").click()
    page.locator("#neighbours .card").first.click()
    expect(page).to_have_url(re.compile(r"\?source="))
    expect(page.locator("#copy-link")).to_be_visible()
    page.go_back()  # to the image, which only this page still has
    expect_answer(page, "mine.fits")
    page.reload()
    expect(page.locator("#image-error")).to_contain_text("not kept when the page is loaded again")


def test_one_bar_draws_an_image_of_one_s_own_too(page: Page) -> None:
    choose(page, "mine.fits", FITS)
    expect_answer(page, "mine.fits")
    image = page.locator("#source figure img")
    before = image.get_attribute("src")
    page.locator("#picture-field").click()
    expect(image).to_have_js_property("naturalWidth", 150)
    page.locator("#picture-colours").select_option("grey")
    page.locator("#picture-invert").click()
    expect(image).not_to_have_attribute("src", before or "")
    page.wait_for_function(
        """() => {
            const img = document.querySelector("#source figure img");
            if (!img.naturalWidth) return false;
            const context = new OffscreenCanvas(1, 1).getContext("2d");
            context.drawImage(img, 0, 0);  // a corner, empty: white where inverted
            return context.getImageData(0, 0, 1, 1).data.slice(0, 3).join() === "255,255,255";
        }"""
    )
    page.keyboard.press("Escape")
    page.locator("#picture").click()
    expect(page.locator("#viewer figcaption")).to_contain_text("asinh")
    box = page.locator("#viewer img").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("#readout")).to_contain_text("% of the peak")


def test_a_picture_waits_for_its_scale_and_its_warnings_are_said(page: Page) -> None:
    choose(page, "mine.png", PNG)
    scale = page.locator("#image-scale")
    expect(scale).to_have_value("1.8")
    expect(scale).to_be_focused()
    page.keyboard.type("x")
    page.keyboard.press("Enter")
    expect(page.locator("#image-error")).to_contain_text("is no pixel scale")
    scale.fill("2")
    page.keyboard.press("Enter")
    expect_answer(page, "mine.png")
    warnings = page.locator("#source .warning")
    expect(warnings.filter(has_text="no measured noise to clip")).to_be_visible()
    expect(warnings.filter(has_text='are 2" wide, as given')).to_be_visible()
    expect(page.locator("#source")).to_contain_text("none in the file")


def test_a_file_dropped_or_pasted_anywhere_is_searched_with(page: Page) -> None:
    assert give(page, "drop", "dropped.fits.gz", gzip.compress(FITS))
    expect_answer(page, "dropped.fits.gz")
    expect(page.locator("#drop-target")).to_be_hidden()
    assert not give(page, "paste", "pasted.fits", FITS)
    expect_answer(page, "pasted.fits")


def test_an_unusable_file_is_refused_in_words_and_what_was_shown_stays(page: Page) -> None:
    choose(page, "good.fits", FITS)
    expect_answer(page, "good.fits")
    choose(page, "table.csv", b"ra,dec\n1,2\n")
    expect(page.locator("#image-error")).to_contain_text("of a kind that is not recognised")
    expect_answer(page, "good.fits")
    choose(page, "empty.fits", b"")
    expect(page.locator("#image-error")).to_contain_text("empty.fits is empty")


def test_a_fits_without_coordinates_is_asked_for_its_scale(page: Page) -> None:
    choose(page, "bare.fits", fits_file(IMAGE))
    expect_answer(page, "bare.fits")
    expect(page.locator("#source .warning").filter(has_text="assumed to be 1.8")).to_be_visible()
    page.locator("#image-scale").fill("2.5")
    page.keyboard.press("Enter")
    expect(page.locator("#source .warning").filter(has_text='2.5" wide')).to_be_visible()


def test_the_whole_way_by_keyboard(page: Page) -> None:
    page.on("filechooser", lambda _: None)  # intercepted from here on: a key would outrun it
    page.locator("#image-choose").focus()
    expect(page.locator("#image-choose")).to_be_focused()
    with page.expect_file_chooser() as chooser:
        page.locator("#image-choose").press("Enter")
    chooser.value.set_files({"name": "k.png", "mimeType": "image/png", "buffer": PNG})
    expect(page.locator("#image-scale")).to_be_focused()
    page.keyboard.press("Enter")
    expect_answer(page, "k.png")
    page.locator("#image-remove").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#neighbours")).to_be_hidden()
    expect(page.locator("#image-choose")).to_be_focused()


def test_the_form_and_the_answer_fit_a_phone(page: Page) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    choose(page, "mine-with-a-rather-long-name-that-never-seems-to-end_2026.png", PNG)
    page.locator("#image-form button.primary").click()
    expect(page.locator("#neighbours .card")).to_have_count(12)
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
