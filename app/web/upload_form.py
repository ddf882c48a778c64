"""The form that an image comes in: received within bounds of bytes and time, and checked.

It never looks into the file.
"""

import math
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import BinaryIO

import anyio
from astropy.coordinates import SkyCoord
from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from app.errors import NoRoomForUpload, ServerBusy, UnreadableForm, UploadTimeout, UploadTooLarge
from app.images.bounds import MAX_UPLOAD_BYTES, check_bytes
from app.sky.coordinates import position_from_degrees

ARRIVES_WITHIN_S = 120.0
ARRIVING_AT_ONCE = 16
FORM_BYTES = 16 * 1024
"""What a form may hold beside the file."""
READ_ON_BYTES = 4 * MAX_UPLOAD_BYTES
"""How much more is received, and forgotten, of a file that is too large: a browser reads no answer
before it has sent everything."""
NUMBERS = ("ra", "dec", "pixel_scale_arcsec")
FIELDS = (*NUMBERS, "extension")
SCALES_ARCSEC = (0.01, 120.0)
SEND = "Send a form (multipart/form-data) with the image in the field 'file'."


@dataclass(frozen=True)
class UploadedImage:
    """What was sent."""

    file: BinaryIO
    pixel_scale_arcsec: float | None
    position: SkyCoord | None
    extension: str | None
    """Name or number of that of a FITS file."""


class UploadForms:
    """Receives forms, at most so many at once."""

    def __init__(self, at_once: int = ARRIVING_AT_ONCE, within_s: float = ARRIVES_WITHIN_S) -> None:
        self._at_once = at_once
        self._within_s = within_s
        self._arriving = 0

    @asynccontextmanager
    async def receive(self, request: Request) -> AsyncIterator[UploadedImage]:
        """Receive a form; its file is open while the ``with`` block lasts.

        Raises
        ------
        ServerBusy, UploadTimeout, UploadTooLarge, NoRoomForUpload, UnreadableForm
        UnreadablePosition
        """
        form = await self._form(request)
        try:
            yield _uploaded(form)
        finally:
            await form.close()

    async def _form(self, request: Request) -> FormData:
        if self._arriving >= self._at_once:
            raise ServerBusy(
                f"The server is receiving as many images as it can ({self._arriving}). "
                "Try again in some seconds."
            )
        self._arriving += 1
        try:
            with anyio.fail_after(self._within_s):
                return await _parse(request)
        except TimeoutError as exc:
            raise UploadTimeout(
                f"The image did not arrive within {self._within_s:g} s. Send a smaller cutout of "
                "it, or use a faster connection.",
                parameter="file",
            ) from exc
        finally:
            self._arriving -= 1


async def _parse(request: Request) -> FormData:
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise UnreadableForm(SEND, parameter="file")
    parser = MultiPartParser(
        request.headers,
        _bounded(request),
        max_files=1,
        max_fields=len(FIELDS),
        max_part_size=FORM_BYTES,
    )
    try:
        return await parser.parse()
    except MultiPartException as exc:
        raise UnreadableForm(
            f"The form cannot be read ({exc.message.rstrip('.')}). {SEND}", parameter="file"
        ) from exc
    except ClientDisconnect as exc:
        raise UnreadableForm(f"The form ended early. {SEND}", parameter="file") from exc
    except OSError as exc:
        raise NoRoomForUpload(
            "The server has no room to keep the file while it arrives. Send a smaller cutout of "
            "it, or try again later.",
            parameter="file",
        ) from exc


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    """Give what arrives, or raise `UploadTooLarge`."""
    stream = request.stream()
    announced, received = _announced_bytes(request), 0
    if "expect" in request.headers:  # the sender waits to be told whether to send
        check_bytes(announced - FORM_BYTES)
    async for chunk in stream:
        received += len(chunk)
        try:
            check_bytes(max(announced, received) - FORM_BYTES)
        except UploadTooLarge:
            await _read_on(stream)
            raise
        yield chunk


async def _read_on(stream: AsyncIterator[bytes]) -> None:
    forgotten = 0
    async for chunk in stream:
        forgotten += len(chunk)
        if forgotten > READ_ON_BYTES:
            return


def _announced_bytes(request: Request) -> int:
    announced = request.headers.get("content-length", "")
    return int(announced) if announced.isdecimal() else 0


def _uploaded(form: FormData) -> UploadedImage:
    unknown = [name for name in form if name not in ("file", *FIELDS)]
    if unknown:
        raise UnreadableForm(
            f"The form has a field '{unknown[0][:40]}', which means nothing here; there are file, "
            f"{', '.join(FIELDS)}.",
            parameter=unknown[0][:40],
        )
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise UnreadableForm(f"The form holds no image. {SEND}", parameter="file")
    check_bytes(file.size or 0)
    ra, dec, scale = (_number(form, name) for name in NUMBERS)
    low, high = SCALES_ARCSEC
    if scale is not None and not low <= scale <= high:
        raise UnreadableForm(
            f'A pixel cannot be {scale:g}" wide; give {low:g} to {high:g} arcsec.',
            parameter="pixel_scale_arcsec",
        )
    extension = str(form.get("extension", "")).strip() or None
    return UploadedImage(file.file, scale, _position(ra, dec), extension)


def _number(form: FormData, name: str) -> float | None:
    text = str(form.get(name, "")).strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UnreadableForm(
            f"The value '{text[:40]}' of '{name}' is no number; write it like 1.8.", parameter=name
        )
    return value


def _position(ra: float | None, dec: float | None) -> SkyCoord | None:
    if ra is None and dec is None:
        return None
    if ra is None or dec is None:
        missing = "ra" if ra is None else "dec"
        raise UnreadableForm(
            "Give both ra and dec of the image's centre in degrees, or neither.", parameter=missing
        )
    return position_from_degrees(ra, dec)
