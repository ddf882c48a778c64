"""The replay server as a survey that is fetched at length: each request may go wrong by itself."""

import threading
import time
from collections import Counter
from collections.abc import Callable

from tests.replay.faults import Answer, Fault, Form
from tests.replay.server import ReplayServer
from tests.replay.surveys import FIRST_PATH

Place = str
"""RA (hours) and Dec (deg) as the form has them."""
Plan = Callable[[Place, int], Fault | None]
"""What goes wrong with a place's nth request, counted from 1."""


class FetchReplay(ReplayServer):
    """A FIRST server whose faults are planned request by request.

    Parameters
    ----------
    plan : callable, optional
        None: `fault` holds for all, as in the base class.

    Attributes
    ----------
    asked : Counter
        Requests by place.
    arrivals_s : list of float
        When each request came, on a clock of its own.
    """

    def __init__(self, plan: Plan | None = None) -> None:
        self.plan = plan
        self.asked: Counter[Place] = Counter()
        self.arrivals_s: list[float] = []
        self.for_all: Fault | None = None
        self._here = threading.local()  # a request is served by one thread from end to end
        self._made: dict[str, Answer] = {}
        self._counting = threading.Lock()
        super().__init__()
        self._draw = self.routes[FIRST_PATH]
        self.routes[FIRST_PATH] = self._remembered

    @property
    def fault(self) -> Fault | None:  # type: ignore[override]
        """What goes wrong with the request that this thread serves."""
        return getattr(self._here, "fault", self.for_all)

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        self.for_all = fault

    def arrived(self, path: str, form: Form) -> None:
        """Count a request in, and decide its fate."""
        super().arrived(path, form)
        with self._counting:
            self.asked[form["RA"]] += 1
            nth = self.asked[form["RA"]]
            self.arrivals_s.append(time.monotonic())
        self._here.fault = self.plan(form["RA"], nth) if self.plan else self.for_all

    def _remembered(self, form: Form) -> Answer:
        """Make each healthy answer once: reading a real image takes longer than sending it."""
        if self.fault is not None:
            return self._draw(form)
        key = repr(sorted(form.items()))
        if key not in self._made:
            self._made[key] = self._draw(form)
        return self._made[key]
