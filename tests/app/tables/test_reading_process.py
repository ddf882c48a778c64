"""Processes that read strangers' files: each takes only so much, and the next one is ready."""

import subprocess
import sys
import textwrap

import pytest

from app.errors import ListTooLong, UnreadableList
from app.tables.files import read_file
from app.tables.reading_process import ReadingProcesses
from app.tables.table import FileTable, Limits
from app.tables.text import TextLines
from tests.app.tables.made import RIGHT

LIMITS = Limits(20_000_000, 5_000, 1_000)


@pytest.fixture(scope="module")
def processes() -> ReadingProcesses:
    found = ReadingProcesses(1)
    found.start()
    return found


@pytest.mark.parametrize(
    "kind",
    ["IPAC", "decimal commas", "SkyCoord in ECSV", "main in FK5 J1975", "UTF-16", "DS9 regions"],
)
def test_a_table_is_the_same_from_another_process(processes: ReadingProcesses, kind: str) -> None:
    content = RIGHT[kind]()
    there, here = processes.read(content, kind, {}, LIMITS), read_file(content, kind, {}, LIMITS)
    assert isinstance(there, FileTable)
    assert isinstance(here, FileTable)
    assert there.data.equals(here.data)
    assert there.data.schema.equals(here.data.schema) or not here.data.schema.metadata
    for name in here.data.column_names:
        assert there.column(name).unit == here.column(name).unit
        assert there.column(name).frame == here.column(name).frame
    assert there.rows.tolist() == here.rows.tolist()
    assert (there.frame, there.notes, there.form) == (here.frame, here.notes, here.form)


def test_lines_and_refusals_come_back_as_they_are(processes: ReadingProcesses) -> None:
    lines = processes.read("180 +30\nβ Cyg\n".encode(), "x", {}, LIMITS)
    assert isinstance(lines, TextLines)
    assert lines.text == "180 +30\nβ Cyg\n"
    with pytest.raises(UnreadableList, match="'x' cannot be read as a table"):
        processes.read(b"\x89PNG\0\0\0", "x", {}, LIMITS)
    with pytest.raises(ListTooLong, match="has 3 entries; the page takes 2"):
        processes.read(b"1 2\n1 2\n1 2\n", "x", {}, Limits(100, 2, 9))


def test_a_process_that_was_ended_is_replaced(processes: ReadingProcesses) -> None:
    process = processes._idle.get()
    assert process
    process._kill()
    processes._idle.put(process)
    for _ in range(2):  # the first may meet it while it ends
        try:
            found = processes.read(b"ra,dec\n1,2\n", "x", {}, LIMITS)
        except ListTooLong:
            continue
        assert isinstance(found, FileTable)
    processes.close()


@pytest.mark.parametrize(
    "work", ["while True: pass", "bytearray(10**9)", "import os; os.abort()"], ids=str
)
def test_what_takes_too_much_is_ended_and_the_next_file_is_read(work: str) -> None:
    code = f"""
    import io, resource
    from app.tables import reading_process as here
    from app.tables.text import TextLines
    here.CPU_S = 0.2

    def read(content, *_):
        if content == b"bomb":
            exec({work!r})
        return TextLines("fine")

    here.read_file = read
    asked = {{"name": "x", "options": {{}}, "limits": {{}}}}
    answers = io.FileIO(1, "w", closefd=False)
    assert here._answer_alone(asked, b"bomb", answers) is False
    assert here._answer_alone(asked, b"list", answers) is True
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime < 5
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, check=False
    )
    assert ran.returncode == 0, ran.stderr.decode()[-2000:]
    assert ran.stdout.startswith(b"L")
    assert b"fine" in ran.stdout


def test_the_process_holds_no_network_and_no_reader_of_archives_or_pickles() -> None:
    code = "import sys, app.tables.reading_process as _; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    foreign = ("scripts", "model.batch_files", "model.datasets", "torch", "faiss", "fastapi")
    assert not [name for name in loaded if name.startswith(foreign)]
