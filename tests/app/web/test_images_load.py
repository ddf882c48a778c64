"""Images that arrive too large, too slowly or too many at once: the rest goes on meanwhile."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from app.images import bounds as limits
from app.web.upload_form import UploadForms
from app.web.worker_pool import WorkerPool
from tests.app.web.test_images import answered, ask
from tests.problem import problem_of
from tests.replay.uploads import Grid, fits_file, picture, sky_image

GRID = Grid()
GOOD = fits_file(sky_image(GRID, noise_jy=1e-4), GRID, 5.4, SURVEY="FIRST")


def test_too_many_bytes_are_refused_and_the_sender_can_read_why(
    site: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_UPLOAD_BYTES", 2**20)
    announced = problem_of(ask(site, bytes(8 * 2**20)))
    assert (announced["status"], announced["parameter"]) == (413, "file")
    assert "at most 1 MiB" in announced["detail"]

    def body() -> Iterator[bytes]:  # of a length that is not announced
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(80):
            yield bytes(100_000)
        yield b"\r\n--b--\r\n"

    headers = {"content-type": "multipart/form-data; boundary=b"}
    drip = site.post("/api/query/image", content=body(), headers=headers)
    assert "at most 1 MiB" in problem_of(drip)["detail"]


@pytest.fixture
def own_site(application: FastAPI, site: httpx.Client) -> Iterator[tuple[FastAPI, httpx.Client]]:
    """The application with rooms that a test may replace."""
    state = application.state
    before = state.upload_forms, state.image_workers
    yield application, site
    state.upload_forms, state.image_workers = before


def test_what_arrives_too_slowly_is_told_so(own_site: tuple[FastAPI, httpx.Client]) -> None:
    application, client = own_site
    application.state.upload_forms = UploadForms(at_once=1, within_s=0.5)
    host, port = client.base_url.host, client.base_url.port
    with socket.create_connection((host, port or 0), timeout=20) as connection:
        connection.sendall(
            b"POST /api/query/image HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"Content-Length: 1000\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
        )
        busy = problem_of(_until_busy(client))
        answer = b""
        while piece := connection.recv(4000):
            answer += piece
    assert busy["status"] == 503
    assert "receiving as many images as it can (1)" in busy["detail"]
    assert b" 408 " in answer.splitlines()[0]
    assert b"did not arrive within 0.5 s" in answer
    assert ask(client, GOOD).status_code == 200  # the place is free again


def _until_busy(client: httpx.Client) -> httpx.Response:
    while True:
        response = ask(client, GOOD)
        if response.status_code != 200:
            return response


def test_a_sender_who_goes_away_leaves_nothing_behind(
    own_site: tuple[FastAPI, httpx.Client],
) -> None:
    application, client = own_site
    application.state.upload_forms = UploadForms(at_once=1)
    for _ in range(3):
        host, port = client.base_url.host, client.base_url.port
        with socket.create_connection((host, port or 0), timeout=20) as connection:
            connection.sendall(
                b"POST /api/query/image HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
                b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
            )
    while (response := ask(client, GOOD)).status_code == 503:
        pass
    assert response.status_code == 200


def test_few_are_read_at_once_the_rest_waits_or_is_told_and_nothing_else_stops(
    own_site: tuple[FastAPI, httpx.Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    application, client = own_site
    application.state.image_workers = WorkerPool(at_once=2, waiting=2, within_s=30)
    from app.web import images

    gate, running, most = threading.Event(), [], []

    def held(*args: object) -> object:
        running.append(1)
        most.append(len(running))
        assert gate.wait(30)
        running.pop()
        return prepare(*args)  # type: ignore[arg-type]

    prepare = images.prepare_image
    monkeypatch.setattr(images, "prepare_image", held)
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(ask, client, GOOD) for _ in range(8)]
        refused = []
        while len(refused) < 4:
            refused = [future.result() for future in sent if future.done()]
            assert client.get("/healthz").status_code == 200  # while images are being read
            assert client.get("/api/sources/none").status_code == 404
        gate.set()
        responses = [future.result() for future in sent]
    assert max(most) == 2
    assert sorted(response.status_code for response in responses) == [200] * 4 + [503] * 4
    assert {problem_of(response)["status"] for response in refused} == {503}
    for response in responses:
        if response.status_code == 200:
            answered(response)


def test_what_takes_too_long_is_told_so_and_keeps_its_place(
    own_site: tuple[FastAPI, httpx.Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    application, client = own_site
    application.state.image_workers = WorkerPool(at_once=1, waiting=0, within_s=0.3)
    from app.web import images

    gate, prepare = threading.Event(), images.prepare_image
    monkeypatch.setattr(images, "prepare_image", lambda *args: gate.wait(30) and prepare(*args))
    problem = problem_of(ask(client, GOOD))
    assert (problem["status"], problem["parameter"]) == (503, "file")
    assert "could not be read within 0.3 s" in problem["detail"]
    assert "as many images as it can (1)" in problem_of(ask(client, GOOD))["detail"]
    gate.set()
    application.state.image_workers = WorkerPool()
    assert ask(client, GOOD).status_code == 200


def test_the_event_loop_answers_while_a_large_image_is_read(site: httpx.Client) -> None:
    grid = Grid((4900, 5000), 0.2)
    pixels = np.zeros(grid.size_px, np.uint8)
    pixels[2300:2600, 2300:2700] = 200
    content = picture(pixels)
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(ask, site, content, "a.png", pixel_scale_arcsec=0.2)
        answers = 0
        while not sent.done():
            assert site.get("/healthz").status_code == 200
            answers += 1
    assert answers > 3
    answered(sent.result())
