"""What a replayed service does wrong, and an answer before it is sent. It opens no socket."""

from dataclasses import dataclass, field
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from tests.replay import images

Form = dict[str, str]


class Fault(Enum):
    """What goes wrong with a request."""

    SILENCE = auto()  # accepts the request and never answers
    DRIP_HEADERS = auto()  # one header line now and then, without end
    DRIP_BODY = auto()  # one byte now and then, of announced length
    DRIP_UNANNOUNCED = auto()  # the same without Content-Length: its end is the connection's
    RESET = auto()  # TCP reset instead of an answer
    RESET_BODY = auto()  # TCP reset halfway through the body
    HTTP_429 = auto()  # with Retry-After: 30
    HTTP_429_SOON = auto()  # with Retry-After: 1
    HTTP_500 = auto()
    REDIRECT = auto()
    HTML = auto()  # with status 200
    BUSY = auto()  # a text with status 200
    EMPTY = auto()  # nothing with status 200
    NO_DATA = auto()  # what the service says off its survey's footprint
    SHORT_BODY = auto()  # fewer bytes than Content-Length announces
    TRUNCATED = auto()  # half of the FITS file, of that length
    TRUNCATED_HEADER = auto()
    WRONG_FIELD = auto()  # 5' further north
    UNDERSIZED = auto()  # 33 px
    BLANK = auto()  # all NaN
    PARTLY_BLANK = auto()  # the easternmost 45 of 300 columns NaN, as at the edge of a survey
    CONSTANT = auto()
    NO_WCS = auto()
    JANSKY_PER_PIXEL = auto()
    WRONG_SCALE = auto()  # twice as wide pixels, by the header


@dataclass
class Answer:
    """An HTTP answer before it is sent."""

    body: bytes
    content_type: str = "image/x-fits"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


TEXT_FAULTS: dict[Fault | None, Answer] = {
    Fault.HTTP_429: Answer(b"Slow down", "text/plain", 429, {"Retry-After": "30"}),
    Fault.HTTP_429_SOON: Answer(b"Slow down", "text/plain", 429, {"Retry-After": "1"}),
    Fault.HTTP_500: Answer(b"<h1>Oops</h1>", "text/html", 500),
    Fault.REDIRECT: Answer(b"", "text/html", 301, {"Location": "https://example.org/first"}),
    Fault.HTML: Answer(b"<html><body><h1>Scheduled  maintenance</h1></body></html>", "text/html"),
    Fault.BUSY: Answer(b"The server is busy, please try again later.\n", "text/plain"),
    Fault.EMPTY: Answer(b"", "text/plain"),
}
"""Faults of every service alike: an answer instead of its own."""


def damaged_pixels(pixels: NDArray[np.float32], fault: Fault | None) -> NDArray[np.float32]:
    """Give the image (H, W) that a fault makes of one, before it is written."""
    if fault is Fault.UNDERSIZED:
        return images.centre_square(pixels, 33)
    if fault is Fault.BLANK:
        return np.full_like(pixels, np.nan)
    if fault is Fault.CONSTANT:
        return np.zeros_like(pixels)
    if fault is Fault.PARTLY_BLANK:
        partly = pixels.copy()
        partly[:, : round(0.15 * pixels.shape[1])] = np.nan
        return partly
    return pixels


def damaged_file(content: bytes, fault: Fault | None) -> bytes:
    """Give the FITS file that a fault makes of one, after it is written."""
    if fault is Fault.TRUNCATED:
        return content[: len(content) // 2]
    if fault is Fault.TRUNCATED_HEADER:
        return content[:1000]
    if fault is Fault.NO_WCS:
        return images.without_coordinates(content)
    if fault is Fault.WRONG_SCALE:
        return images.with_wider_pixels(content)
    if fault is Fault.JANSKY_PER_PIXEL:
        return content.replace(b"'JY/BEAM '", b"'JY/PIXEL'")
    return content
