"""How long to wait before a service that refused is asked again: longer each time, with jitter.

It never waits itself, and never asks anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from random import Random

from app.errors import SurveyUnavailable


@dataclass(frozen=True)
class Backoff:
    """When and how often a refused request is worth repeating.

    Parameters
    ----------
    retries : int
        Further requests after the first.
    first_wait_s : float
        Longest wait before the first of them; it doubles for each further one.
    random : Random
        Spreads the waits, so that many who were refused together do not come back together.
    """

    retries: int = 2
    first_wait_s: float = 0.5
    random: Random = field(default_factory=Random)

    def wait_s(self, tries: int, refusal: SurveyUnavailable) -> float | None:
        """Give the wait before the next request, or None if there should be none.

        Parameters
        ----------
        tries : int
            Requests made so far.
        refusal : SurveyUnavailable
            How the last one ended. Only 429 and 5xx are repeated; where the service said
            (Retry-After) when it may be asked again, never sooner than that.
        """
        if tries > self.retries or not passes_by_itself(refusal.status):
            return None
        longest_s = self.first_wait_s * 2 ** (tries - 1)
        return (refusal.retry_after_s or 0.0) + self.random.uniform(longest_s / 2, longest_s)


def passes_by_itself(status: int | None) -> bool:
    """Whether an HTTP status says that the same request may succeed later."""
    return status is not None and (
        status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    )


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Read Retry-After (seconds, or an HTTP date); None where it is absent or unreadable.

    Notes
    -----
    RFC 9110, Sec. 10.2.3.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        due = parsedate_to_datetime(text)
    except ValueError:
        return None
    due = due if due.tzinfo else due.replace(tzinfo=UTC)
    return max((due - (now or datetime.now(UTC))).total_seconds(), 0.0)
