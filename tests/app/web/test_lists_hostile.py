"""Tables that mean harm, sent to a real server: a sentence, for at most 2 s of CPU and 100 MB."""

import base64
import bz2
import gzip
import io
import lzma
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits

from tests.browser.page import ROOT

MOST_CPU_S = 2.0
MORE_MEMORY_MB = 100.0


def votable(field: str, table: str = "", data: str = "", head: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?>{head}<VOTABLE version="1.4" '
        f'xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE><TABLE {table}>{field}'
        f"<DATA>{data}</DATA></TABLE></RESOURCE></VOTABLE>"
    ).encode()


RA = '<FIELD name="ra" datatype="double" unit="deg"/><FIELD name="dec" datatype="double"/>'
LAUGHS = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10)
)  # a billion of them


def parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def csv_bomb() -> bytes:
    return gzip.compress(b"ra,dec\n" + b"180.5,30.25\n" * 25_000_000, 1)


def empty_members() -> bytes:
    return gzip.compress(b"") * 200_000


def fits_without_width() -> bytes:
    hdu = fits.BinTableHDU(np.zeros(1, [("ra", "f8"), ("dec", "f8")]))
    hdu.header["NAXIS2"] = 1_000_000_000
    hdu.header["NAXIS1"] = 0
    buffer = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU()]).writeto(buffer)
    return buffer.getvalue() + hdu.header.tostring().encode()


def one_word(word: str) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array([0] * 5000, pa.int32()), pa.array([word]))


def yaml_laughs() -> bytes:
    lines = ["# %ECSV 1.0", "# ---", "# datatype:", "# - {name: ra, datatype: float64}", "# meta:"]
    lines += [f"#   - &a{n} [{', '.join([f'*a{n - 1}' if n else 'ha'] * 10)}]" for n in range(12)]
    return "\n".join([*lines, "ra", "1.0", ""]).encode()


BOMBS: dict[str, Callable[[], bytes]] = {
    "a gzip file of a huge CSV": csv_bomb,
    "a gzip file of nothing, many times": empty_members,
    "two million columns": lambda: b"ra,dec" + b"," * 2_000_000 + b"\n1,2\n",
    "two million lines": lambda: b"1 2\n" * 1_200_000,
    "a Parquet file of constant rows": lambda: parquet(
        pa.table({"ra": np.zeros(4_000_000), "dec": np.zeros(4_000_000)})
    ),
    "a Parquet file of one huge word": lambda: parquet(
        pa.table({"ra": [1.0], "dec": [2.0], "name": ["x" * 150_000_000]})
    ),
    "a VOTable that announces rows": lambda: votable(
        RA, 'nrows="1000000000"', '<BINARY><STREAM encoding="base64"></STREAM></BINARY>'
    ),
    "a VOTable of huge cells": lambda: votable(
        RA + '<FIELD name="v" datatype="double" arraysize="1000x1000x1000"/>',
        "",
        "<TABLEDATA><TR><TD>1</TD><TD>2</TD><TD/></TR></TABLEDATA>",
    ),
    "a VOTable of a billion laughs": lambda: votable(
        RA,
        "",
        "<TABLEDATA><TR><TD>&l9;</TD><TD>2</TD></TR></TABLEDATA>",
        f"<!DOCTYPE V [{LAUGHS}]>",
    ),
    "a VOTable with packed data": lambda: votable(
        RA,
        "",
        '<BINARY><STREAM encoding="gzip">'
        + base64.b64encode(gzip.compress(bytes(300_000_000))).decode()
        + "</STREAM></BINARY>",
    ),
    "a VOTable of another's file": lambda: votable(
        RA, "", '<BINARY><STREAM href="file:///etc/passwd"/></BINARY>'
    ),
    "a VOTable of another's address": lambda: votable(
        RA, "", '<BINARY><STREAM href="http://127.0.0.1:9/x"/></BINARY>'
    ),
    "a VOTable of another's file, behind a bracket": lambda: votable(
        RA, "", '<BINARY><STREAM x=">" href="file:///etc/passwd"/></BINARY>'
    ),
    "a VOTable of another's file in UTF-16": lambda: (
        votable(RA, "", '<BINARY><STREAM href="file:///etc/passwd"/></BINARY>')
        .decode()
        .encode("utf-16")
    ),
    "a deep document": lambda: b"<?xml version='1.0'?><VOTABLE>" + b"<RESOURCE>" * 400_000,
    "a FITS table of rows without bytes": fits_without_width,
    "an archive of pickles": lambda: b"PK\x03\x04" + bytes(5_000),
    "an xz file of nothing else": lambda: lzma.compress(bytes(200_000_000), preset=0),
    "a bzip2 file in a gzip file": lambda: gzip.compress(bz2.compress(b"1 2\n" * 9)),
    "a gzip file of two million lines": lambda: gzip.compress(b"1 2\n" * 2_000_000),
    "a gzip file of one endless cell": lambda: gzip.compress(b'ra,dec\n1,"' + b"2\n" * 9_000_000),
    "a VOTable of two hundred thousand fields": lambda: votable(
        '<FIELD name="a" datatype="int"/>' * 100_000
    ),
    "a VOTable of deep groups": lambda: votable("<GROUP>" * 300_000),
    "a Parquet file of one word that all rows have": lambda: parquet(
        pa.table({"ra": [1.0] * 5000, "dec": [2.0] * 5000, "name": one_word("x" * 1_000_000)})
    ),
    "an ECSV header of a billion laughs": yaml_laughs,
    "a FITS header without end": lambda: (
        b"SIMPLE  =                    T".ljust(80) + b"COMMENT x".ljust(80) * 60_000
    ),
    "a pickle": lambda: b"\x80\x04\x95" + bytes(100),
}


@pytest.fixture(scope="module")
def server(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Address and process id of a server of its own."""
    command = [sys.executable, "-m", "scripts.cli", "serve", "--bundle", bundle, "--port", "0"]
    environment = os.environ | {
        "RGZ_DATA_DIR": str(tmp_path_factory.mktemp("served")),
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "200",
    }
    process = subprocess.Popen(
        command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    found = re.search(r"http://\S+", process.stderr.readline())
    assert found
    yield found[0], process.pid
    process.kill()
    process.wait()


def family(process_id: int) -> set[int]:
    """A process and those that descend from it."""
    found, tasks = {process_id}, Path(f"/proc/{process_id}/task").glob("*/children")
    for task in tasks:
        with suppress(OSError):  # a thread that has ended
            for child in task.read_text().split():
                found |= family(int(child))
    return found


def resident_mb(process_id: int) -> float:
    """Memory of a process and its descendants; what they share counts once (PSS)."""
    total = 0.0
    for each in family(process_id):
        with suppress(OSError, StopIteration):  # one that has ended
            rolled = Path(f"/proc/{each}/smaps_rollup").read_text()
            line = next(line for line in rolled.splitlines() if line.startswith("Pss:"))
            total += int(line.split()[1]) / 1024
    return total


def cpu_s(process_id: int) -> float:
    """What a process and its descendants have worked, those that have ended too; seconds."""
    ticks = 0
    for each in family(process_id):
        with suppress(OSError):  # one that has ended: its parent counts it
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))  # of its own and of children it waited for
    return ticks / os.sysconf("SC_CLK_TCK")


class Watch(threading.Thread):
    """Looks again and again how much memory a process and its descendants have."""

    def __init__(self, process_id: int) -> None:
        super().__init__(daemon=True)
        self._process_id = process_id
        self._ended = threading.Event()
        self.peak_mb = 0.0

    def run(self) -> None:
        """Look until it is told to end."""
        while not self._ended.wait(0.01):
            self.peak_mb = max(self.peak_mb, resident_mb(self._process_id))

    def end(self) -> float:
        """The most that was seen, MB."""
        self._ended.set()
        self.join()
        return self.peak_mb


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_words_for_little_work_and_memory(
    server: tuple[str, int], name: str
) -> None:
    address, process_id = server
    content = BOMBS[name]()
    with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        client.post("/api/bulk", content=b"1 2")  # what the first list loads is no bomb's
        before = resident_mb(process_id)
        watch = Watch(process_id)
        watch.start()
        worked_s = cpu_s(process_id)
        answer = client.post("/api/bulk", content=content)
        took_s = cpu_s(process_id) - worked_s
        peak = watch.end()
    assert answer.status_code in (413, 422), answer.text[:300]
    detail = answer.json()["detail"]
    assert len(detail) < 500
    assert "Traceback" not in detail
    assert peak - before < MORE_MEMORY_MB
    assert took_s < MOST_CPU_S


def test_a_server_that_reads_lists_never_loads_a_reader_of_archives_or_pickles(
    bundle: Path,
) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from fastapi.testclient import TestClient\n"
        "from app.main import create_app\n"
        "from app.settings import Settings\n"
        f"app = create_app(Settings(bundle=Path({str(bundle)!r}), sesame_url=''))\n"
        "with TestClient(app) as client:\n"
        "    sent = client.post('/api/bulk', content=b'name,ra,dec\\na,180.5,30.25\\n')\n"
        "    assert sent.status_code == 202 and sent.json()['n_listed'] == 1, sent.text\n"
        "ours = [m for m in sys.modules if m.startswith(('scripts', 'model.batch_files'))]\n"
        "print(ours)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert ran.stdout.strip() == "[]"
