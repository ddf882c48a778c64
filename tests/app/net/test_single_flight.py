"""One answer for all who ask at once, kept no longer than it should be."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.net.single_flight import SingleFlight


def test_fifty_who_ask_at_once_share_one_answer() -> None:
    flight: SingleFlight[object] = SingleFlight()
    start, asked = threading.Barrier(50), []

    def find() -> object:
        asked.append(1)
        all_wait.wait(10)
        return object()

    def ask(_: int) -> object:
        start.wait()
        return flight.ask("3C 285", find)

    all_wait = threading.Event()
    with ThreadPoolExecutor(50) as threads:
        answers = [threads.submit(ask, number) for number in range(50)]
        threading.Timer(0.2, all_wait.set).start()
        assert len({answer.result() for answer in answers}) == 1
    assert len(asked) == 1


def test_a_failure_reaches_all_who_wait_and_is_forgotten() -> None:
    flight: SingleFlight[str] = SingleFlight(10)
    begun, wait = threading.Event(), threading.Event()

    def fail() -> str:
        begun.set()
        wait.wait(10)
        raise ZeroDivisionError

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(flight.ask, "x", fail)
        assert begun.wait(10)
        second = threads.submit(flight.ask, "x", lambda: "not asked")
        while not (second.running() or second.done()):
            time.sleep(0.001)
        threading.Timer(0.1, wait.set).start()
        assert isinstance(first.exception(), ZeroDivisionError)
        assert isinstance(second.exception(), ZeroDivisionError)
    assert flight.ask("x", lambda: "asked again") == "asked again"


def test_answers_asked_for_last_are_remembered_and_no_more_of_them() -> None:
    flight: SingleFlight[int] = SingleFlight(2)
    for name in ("a", "b", "a", "c"):
        flight.ask(name, lambda: 1)
    assert [flight.ask(name, lambda: 2) for name in ("a", "c", "b")] == [1, 1, 2]


@pytest.mark.parametrize("name", ["a", "b"])
def test_without_a_memory_each_asks_anew(name: str) -> None:
    flight: SingleFlight[int] = SingleFlight()
    assert [flight.ask(name, lambda n=n: n) for n in range(3)] == [0, 1, 2]  # type: ignore[misc]
