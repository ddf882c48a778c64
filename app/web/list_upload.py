"""Lists that are sent: received within bounds of bytes and time, and read beside the event loop.

It never decides how a list is understood.
"""

from functools import partial
from typing import Annotated, Any

import anyio
from fastapi import Depends, Query, Request
from starlette.requests import ClientDisconnect

from app.errors import ListTooLong, ServerBusy, UnreadableList, UploadTimeout
from app.jobs.list_searches import ListLimits
from app.query.lists import EntryList
from app.sky.names import BundleNames
from app.tables.entries import read_list
from app.tables.files import FORMATS, read_table
from app.tables.frames import FRAMES
from app.tables.lists import ListOptions
from app.tables.preview import ListPreview, preview_list
from app.tables.reading_process import ReadingProcesses
from app.tables.table import FileTable, Limits
from app.web.worker_pool import WorkerPool

READ_AT_ONCE = 2
ARRIVING_AT_ONCE = 16
ARRIVES_WITHIN_S = 120.0
MAX_COLUMNS = 1_000
UNPACKED = 4
"""How many times its bytes a packed list may hold."""
_LIMITS = ListLimits()
BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/octet-stream": {
            "schema": {
                "type": "string",
                "format": "binary",
                "description": f"One position or name a line, a table ({FORMATS}), or DS9 or CRTF "
                "regions, also packed "
                f"(gzip, bzip2, xz); at most {_LIMITS.max_bytes / 1e6:g} MB, "
                f"{_LIMITS.max_entries:,} entries and {MAX_COLUMNS:,} columns.",
            }
        }
    },
}

_Name = Annotated[str | None, Query(max_length=200, description="Of a column of the table.")]


async def _columns(
    ra_column: _Name = None,
    dec_column: _Name = None,
    position_column: Annotated[
        str | None, Query(max_length=200, description="Of one column with whole positions.")
    ] = None,
    name_column: _Name = None,
    ra_unit: Annotated[
        str | None, Query(max_length=40, description="deg, hourangle or rad.")
    ] = None,
    dec_unit: Annotated[str | None, Query(max_length=40, description="deg or rad.")] = None,
    frame: Annotated[
        str | None,
        Query(
            max_length=40,
            description=f"{FRAMES}.",
        ),
    ] = None,
) -> ListOptions:
    """What the sender says of a table's columns; what is not said is decided by rule."""
    return ListOptions(
        ra_column=ra_column,
        dec_column=dec_column,
        position_column=position_column,
        name_column=name_column,
        ra_unit=ra_unit,
        dec_unit=dec_unit,
        frame=frame,
    )


ColumnsDep = Annotated[ListOptions, Depends(_columns)]


class ListUploads:
    """Receives and reads lists, a few at once.

    Parameters
    ----------
    limits : ListLimits
    """

    def __init__(self, limits: ListLimits) -> None:
        self._most_bytes = limits.max_bytes
        self._limits = Limits(UNPACKED * limits.max_bytes, limits.max_entries, MAX_COLUMNS)
        self._pool = WorkerPool("list", READ_AT_ONCE)
        self._processes = ReadingProcesses(READ_AT_ONCE)
        self._arriving = 0

    def start(self) -> None:
        """Make ready for the first list."""
        self._processes.start()

    def close(self) -> None:
        """End what waits for lists."""
        self._processes.close()

    async def receive(self, request: Request) -> bytes:
        """The body of a request.

        Raises
        ------
        ServerBusy, UploadTimeout, ListTooLong, UnreadableList
        """
        if self._arriving >= ARRIVING_AT_ONCE:
            raise ServerBusy(
                f"The server is receiving as many lists as it can ({self._arriving}). Try again in "
                "some seconds."
            )
        self._arriving += 1
        try:
            with anyio.fail_after(ARRIVES_WITHIN_S):
                return await _received(request, self._most_bytes)
        except TimeoutError as exc:
            raise UploadTimeout(
                f"The list did not arrive within {ARRIVES_WITHIN_S:g} s. Divide it, or use a "
                "faster connection."
            ) from exc
        except ClientDisconnect as exc:
            raise UnreadableList("The list ended early.") from exc
        finally:
            self._arriving -= 1

    async def read(
        self, content: bytes, name: str, names: BundleNames, options: ListOptions
    ) -> EntryList:
        """The entries of a list.

        Raises
        ------
        ServerBusy, ImageTimeout, UnreadableList, ListTooLong
        """
        read = self._processes.read
        return await self._pool.run(
            partial(read_list, content, name, names, options, self._limits, read)
        )

    async def table(self, content: bytes, name: str, options: ListOptions) -> FileTable:
        """The table that a file holds.

        Raises
        ------
        ServerBusy, ImageTimeout, UnreadableList, ListTooLong
        """
        read = self._processes.read
        return await self._pool.run(partial(read_table, content, name, options, self._limits, read))

    async def preview(
        self, content: bytes, name: str, names: BundleNames, options: ListOptions
    ) -> ListPreview:
        """How a list is understood.

        Raises
        ------
        ServerBusy, ImageTimeout, UnreadableList, ListTooLong
        """
        read = self._processes.read
        return await self._pool.run(
            partial(preview_list, content, name, names, options, self._limits, read)
        )


async def _received(request: Request, most: int) -> bytes:
    """The body, of which no more than the limit is kept; a browser reads no answer before it has
    sent everything."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size <= most:
            parts.append(part)
        else:
            parts.clear()
            if size > 4 * most:
                break
    if size > most:
        raise ListTooLong(
            f"The list is larger than {most / 1e6:g} MB. Divide it, or use `rgz-explorer search`."
        )
    return b"".join(parts)
