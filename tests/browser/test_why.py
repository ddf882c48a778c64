"""What makes S, in the viewer of a real Chromium: asked for, read, left again; and accessible."""

import json
import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.page import DESKTOP, new_page, open_ready, open_why

pytestmark = pytest.mark.browser


def test_what_makes_s_is_shown_for_a_neighbour_and_left_again(
    chromium: Browser, address: str
) -> None:
    with new_page(chromium, DESKTOP) as page:
        open_why(page, address)
        viewer = page.locator("#viewer")
        expect(viewer.locator("h2")).to_contain_text("1: ")
        expect(page.locator("#viewer-why")).to_have_attribute("aria-pressed", "true")
        captions = viewer.locator(".why figcaption")
        for caption in (captions.first, captions.last):
            expect(caption).to_have_text(re.compile(r"Most alike by what is .* within 18″"))
        expect(viewer.locator(".why .hint")).to_contain_text("not why")
        pictures = viewer.locator(".why img")
        page.wait_for_function(
            "[...document.querySelectorAll('.why img')].every((i) => i.naturalWidth >= 210)"
        )
        first, last = pictures.first.bounding_box(), pictures.last.bounding_box()
        assert first
        assert last
        assert last["x"] > first["x"] + first["width"]  # side by side
        assert first["width"] % 70 == 0  # whole screen pixels
        assert viewer.evaluate("(each) => each.scrollHeight - each.clientHeight") <= 1
        page.keyboard.press("ArrowRight")
        expect(viewer.locator("h2")).to_contain_text("2: ")
        expect(viewer.locator(".why")).to_have_count(0)
        page.locator("#viewer-why").click()
        expect(viewer.locator(".why img")).to_have_count(2)
        page.keyboard.press("w")
        expect(viewer.locator(".why")).to_have_count(0)
        expect(viewer.locator("figure img")).to_have_count(2)


def test_a_refusal_is_said_in_the_server_s_words(chromium: Browser, address: str) -> None:
    said = "The server is working out what makes S for 5 pairs already. Try again in some seconds."
    with new_page(chromium, DESKTOP) as page:
        body = json.dumps({"title": "The server is busy", "status": 503, "detail": said})
        page.route(
            re.compile("/why[?]"),
            lambda route: route.fulfill(
                status=503, content_type="application/problem+json", body=body
            ),
        )
        open_ready(page, f"{address}?source=firstgalaxydata-1")
        expect(page.locator("#neighbours .card").first).to_be_visible()
        page.keyboard.press("v")
        page.keyboard.press("w")
        expect(page.locator(".why [role=alert]")).to_have_text(said)
