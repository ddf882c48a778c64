"""The FIRST client over a real socket, against a server that answers, errs, drips and hangs."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from astropy.coordinates import SkyCoord

from app.errors import (
    BadSurveyAnswer,
    OutsideFootprint,
    SurveyError,
    SurveyTimeout,
    SurveyUnavailable,
)
from app.surveys.services import FirstServer
from tests.replay.faults import Fault
from tests.replay.server import ReplayServer
from tests.replay.surveys import FIRST_PATH

POSITION = SkyCoord(206.42212, 23.38192, unit="deg")
DEADLINE_S = 0.8
LATE_S = 15.0  # a busy machine wakes threads late; the drips would last for hours
PATIENT_S = 20.0


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReplayServer]:
    """A server on loopback, asked directly even where a proxy is set."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ReplayServer(drip_s=0.05) as replay:
        yield replay


def first(replay: ReplayServer, deadline_s: float = PATIENT_S, **options: int) -> FirstServer:
    return FirstServer(replay.first_url, deadline_s=deadline_s, **options)


def failure(asked: FirstServer, position: SkyCoord = POSITION) -> SurveyError:
    """The error of a download that must fail."""
    with pytest.raises(SurveyError) as caught:
        asked.download(position, 9.0)
    return caught.value


def test_the_form_is_astroquerys_with_ra_in_hours(server: ReplayServer) -> None:
    first(server).download(POSITION, 9.0)
    path, form = server.requests[0]
    ra_hours, dec_deg = (float(text) for text in form.pop("RA").split())
    assert path == FIRST_PATH
    assert ra_hours * 15 == pytest.approx(POSITION.ra.deg, abs=1e-6)
    assert dec_deg == pytest.approx(POSITION.dec.deg, abs=1e-6)
    assert form == {
        "Equinox": "J2000",
        "ImageSize": "9.0",
        "ImageType": "FITS File",
        "MaxImSize": "1024",
    }


def test_any_frame_is_asked_for_as_icrs(server: ReplayServer) -> None:
    first(server).download(POSITION.galactic, 9.0)
    ra_hours = float(server.requests[0][1]["RA"].split()[0])
    assert ra_hours * 15 == pytest.approx(POSITION.ra.deg, abs=1e-6)


def test_a_tiny_declination_is_not_written_with_an_exponent(server: ReplayServer) -> None:
    first(server).download(SkyCoord(150.0, -2e-5, unit="deg"), 9.0)
    assert server.requests[0][1]["RA"] == "10.00000000 -0.0000200"


def test_a_position_off_the_footprint_is_named_with_the_coverage(server: ReplayServer) -> None:
    error = failure(first(server), SkyCoord(10.0, -40.0, unit="deg"))
    assert isinstance(error, OutsideFootprint)
    assert error.parameter == "position"
    assert "00h40m00.0s -40d00m00s" in str(error)
    assert "RA 6.6-17.8 h, Dec -8 to +65 deg" in str(error)


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (Fault.NO_DATA, OutsideFootprint, "FIRST has no data at 13h45m41.3s +23d22m55s"),
        (Fault.HTTP_429, SurveyUnavailable, "HTTP status 429 Too Many Requests"),
        (Fault.REDIRECT, SurveyUnavailable, "points to https://example.org/first"),
        (Fault.RESET, SurveyUnavailable, "no connection, or it broke"),
        (Fault.RESET_BODY, BadSurveyAnswer, "truncated: the connection broke"),
        (Fault.SHORT_BODY, BadSurveyAnswer, "truncated: the connection broke"),
        (Fault.HTML, BadSurveyAnswer, 'not a FITS image; it says "Scheduled maintenance".'),
        (Fault.BUSY, BadSurveyAnswer, "The server is busy, please try again later"),
        (Fault.EMPTY, BadSurveyAnswer, "has no text in it"),
    ],
)
def test_each_fault_has_its_own_error_after_one_request(
    server: ReplayServer, fault: Fault, kind: type[SurveyError], words: str
) -> None:
    server.fault = fault
    error = failure(first(server))
    assert type(error) is kind
    assert words in str(error)
    assert server.count() == 1


def test_a_refused_connection_is_unavailable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
    error = failure(FirstServer(url))
    assert type(error) is SurveyUnavailable
    assert "no connection" in str(error)


@pytest.mark.parametrize(
    "fault", [Fault.SILENCE, Fault.DRIP_HEADERS, Fault.DRIP_BODY, Fault.DRIP_UNANNOUNCED]
)
def test_no_drip_outlasts_the_deadline_or_keeps_its_thread(
    server: ReplayServer, fault: Fault
) -> None:
    asked = first(server, DEADLINE_S, max_connections=1)
    server.fault = fault
    started = time.monotonic()
    error = failure(asked)
    assert type(error) is SurveyTimeout
    assert "within 0.8 s" in str(error)
    assert DEADLINE_S - 0.05 <= time.monotonic() - started < LATE_S

    server.fault, asked.client.deadline_s = None, PATIENT_S
    asked.download(POSITION, 9.0)  # the only connection is free again
    assert server.count() == 2


def test_a_dripping_tls_handshake_does_not_outlast_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_drip_a_tls_record, args=(listener,), daemon=True).start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        started = time.monotonic()
        assert type(failure(FirstServer(url, deadline_s=DEADLINE_S))) is SurveyTimeout
        assert DEADLINE_S - 0.05 <= time.monotonic() - started < LATE_S


def _drip_a_tls_record(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        try:
            connection.sendall(b"\x16\x03\x03\x3f\x00\x02\x00\x3e\xfc")  # a long ServerHello ...
            while True:
                time.sleep(0.05)
                connection.sendall(b"\x00")  # ... one byte at a time
        except OSError:
            return


def test_a_name_lookup_that_hangs_does_not_hold_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        over.wait(60)
        raise socket.gaierror("too late to matter")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    asked = FirstServer("http://survey.invalid/", deadline_s=0.3)
    started = time.monotonic()
    assert type(failure(asked)) is SurveyTimeout
    assert time.monotonic() - started < LATE_S
    over.set()


def test_an_answer_larger_than_allowed_is_refused(server: ReplayServer) -> None:
    error = failure(first(server, max_answer_bytes=200_000))
    assert type(error) is BadSurveyAnswer
    assert "larger than the 0.2 MB" in str(error)


def test_at_most_three_requests_are_under_way_at_once(server: ReplayServer) -> None:
    server.delay_s = 0.1
    asked = first(server)
    positions = [SkyCoord(206.4 + 0.1 * step, 23.4, unit="deg") for step in range(9)]
    with ThreadPoolExecutor(9) as threads:
        list(threads.map(lambda position: asked.download(position, 9.0), positions))
    assert server.count() == 9
    assert server.most_at_once == 3


def test_the_wait_for_a_free_connection_counts_towards_the_deadline(server: ReplayServer) -> None:
    server.fault = Fault.SILENCE
    asked = first(server, max_connections=1)
    with ThreadPoolExecutor(1) as thread:
        blocking = thread.submit(failure, asked)
        while server.count() == 0:
            time.sleep(0.01)
        asked.client.deadline_s = 0.2
        waiting = failure(asked)
        assert not blocking.done()
        server.stopping.set()  # lets the silent answer go
    assert type(waiting) is SurveyTimeout
    assert "became free within 0.2 s (at most 1 at once)" in str(waiting)
    assert server.count() == 1


def test_astroquerys_answer_cache_is_neither_used_nor_switched(
    server: ReplayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    import astroquery
    from astroquery import query

    def never(*_: object, **__: object) -> None:
        raise AssertionError("astroquery's cache was used")

    monkeypatch.setattr(query, "to_cache", never)
    monkeypatch.setattr(query.AstroQuery, "from_cache", never)
    monkeypatch.setattr(type(astroquery.cache_conf), "set_temp", never)
    asked = first(server)
    server.fault = Fault.BUSY
    failure(asked)
    server.fault = None
    assert asked.download(POSITION, 9.0).startswith(b"SIMPLE")
    assert server.count() == 2
