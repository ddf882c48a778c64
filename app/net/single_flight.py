"""Those who ask for the same thing at the same time share one answer.

It never keeps a failure, and never asks by itself.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class SingleFlight(Generic[Answer]):
    """Answers by name: one under way is waited for, not begun again. Any thread may ask.

    Parameters
    ----------
    most_remembered : int
        Answers that are kept after they came, those asked for last; 0: none.
    """

    def __init__(self, most_remembered: int = 0) -> None:
        self._most_remembered = most_remembered
        self._answers: OrderedDict[str, Future[Answer]] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, name: str, find: Callable[[], Answer]) -> Answer:
        """Give the answer of that name: one that is known or under way, or else what `find` gives.

        Raises
        ------
        Exception
            What `find` raises reaches all who wait for it; who asks later begins anew.
        """
        with self._lock:
            shared = self._answers.get(name)
            if shared is None:
                mine = self._answers[name] = Future[Answer]()
            else:
                self._answers.move_to_end(name)
        return shared.result() if shared else self._find(name, mine, find)

    def _find(self, name: str, mine: Future[Answer], find: Callable[[], Answer]) -> Answer:
        """Find the answer for oneself and for those who wait."""
        try:
            answer = find()
        except BaseException as exc:
            with self._lock:
                del self._answers[name]
            mine.set_exception(exc)
            raise
        mine.set_result(answer)
        with self._lock:
            self._forget_oldest()
        return answer

    def _forget_oldest(self) -> None:
        came = [name for name, answer in self._answers.items() if answer.done()]
        for name in came[: max(len(came) - self._most_remembered, 0)]:
            del self._answers[name]
