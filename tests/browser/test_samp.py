"""A table sent from the page to a program through a real SAMP hub (astropy's), web profile."""

import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from astropy.samp import SAMPHubServer, SAMPIntegratedClient
from astropy.samp.hub import WebProfileDialog
from astropy.table import Table
from playwright.sync_api import Page, expect

from tests.browser.page import open_ready

pytestmark = pytest.mark.browser


class Consent(WebProfileDialog):
    """Somebody who allows every page that asks."""

    def show_dialog(self, *_: Any) -> None:
        self.consent()

    def answer(self, ended: threading.Event) -> None:
        """As a graphical program would in its loop."""
        while not ended.wait(0.05):
            self.handle_queue()


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[queue.Queue[dict]]:
    """A hub, and a program at it that takes VOTables; what it is sent comes out of the queue."""
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:file://{tmp_path / 'samp'}")
    dialog = Consent()
    hub = SAMPHubServer(
        web_profile=True, web_profile_dialog=dialog, lockfile=str(tmp_path / "samp")
    )
    try:
        hub.start()
    except OSError:
        pytest.skip("port 21012, which SAMP's web profile prescribes, is taken")
    ended = threading.Event()
    threading.Thread(target=dialog.answer, args=(ended,), daemon=True).start()
    sent: queue.Queue[dict] = queue.Queue()
    client = SAMPIntegratedClient(name="a program")
    client.connect(hub=hub)
    client.bind_receive_notification(
        "table.load.votable", lambda _key, _sender, _type, params, _extra: sent.put(params)
    )
    client.bind_receive_call(
        "table.load.votable", lambda _key, _sender, _id, _type, params, _extra: sent.put(params)
    )
    try:
        yield sent
    finally:
        ended.set()
        client.disconnect()
        hub.stop()


def test_the_neighbours_arrive_at_a_program_as_the_page_has_them(
    page: Page, address: str, program: queue.Queue[dict]
) -> None:
    open_ready(page, address)
    expect(page.locator("#neighbours .card")).to_have_count(12)
    ids = page.locator("#neighbours .card").evaluate_all(
        "(cards) => cards.map((card) => card.dataset.sourceId)"
    )
    page.locator("#take-away summary").click()
    page.locator("#take-samp").click()
    expect(page.locator("#toast")).to_contain_text("Sent to 1 program")
    params = program.get(timeout=10)
    assert params["name"].startswith("Neighbours of ")
    assert list(Table.read(params["url"], format="votable")["source_id"]) == ids


@pytest.mark.slow
def test_without_a_hub_the_sentence_says_what_to_start_and_holds_the_address(
    page: Page, address: str
) -> None:
    open_ready(page, address)
    page.locator("#take-away summary").click()
    page.locator("#take-samp").click()
    expect(page.locator("#toast")).to_contain_text("Start TOPCAT or Aladin")
    expect(page.locator("#toast")).to_contain_text("format=votable")
