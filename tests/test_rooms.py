"""Who may import whom: scripts -> app -> model, each room only those below it, nobody in a circle.

The order is that of docs/architecture.md. Every import counts, also those inside a function.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSES = ("scripts", "app", "model")
"""From the top: one may import itself and those after it."""
APP_ROOMS = (
    *("main", "web", "figures", "samples", "jobs", "tables", "query", "surveys", "bundle"),
    *("images", "sky", "net", "settings", "errors"),
)
"""From the top: a room may import itself and those after it."""
MOST_FLOORS = 8
WEB_LIBRARIES = {"fastapi", "starlette", "uvicorn", "multipart", "python_multipart", "jinja2"}
ARCHIVE_READERS = {"pickle", "tarfile", "zipfile", "shelve", "dill", "joblib"}
JS_FOLDERS = ("views", "map", "core")
"""From the top, as above."""
JS_IMPORT = re.compile(r"""(?:^|\s)(?:import|from)\s*\(?\s*["'](\.[^"']+)["']""")
JS_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", re.DOTALL)

Graph = dict[str, set[str]]


@cache
def modules() -> dict[str, Path]:
    """Every Python module of the three houses by its dotted name."""
    paths = [path for house in HOUSES for path in sorted((ROOT / house).rglob("*.py"))]
    return {dotted(path): path for path in paths}


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imported(name: str) -> frozenset[str]:
    """Dotted names of all that a module imports: our modules exactly, others as they are named."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(modules()[name].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports by a relative name"
            assert node.module
            parts = {f"{node.module}.{alias.name}" for alias in node.names}
            ours = {part for part in parts if part in modules()}
            found |= ours or {node.module}
            if ours != parts:
                found.add(node.module)
    return frozenset(found)


def house(name: str) -> str:
    return name.partition(".")[0]


def room(name: str) -> str:
    """The folder (or the file at the top of a house) in which a module lies: ``app.web``."""
    return ".".join(name.split(".")[:2])


def arrows(inside: str) -> Iterator[tuple[str, str]]:
    """Importing and imported module for all imports within a house."""
    for name in modules():
        if house(name) == inside:
            yield from ((name, other) for other in imported(name) if house(other) == inside)


def between_rooms(inside: str) -> Graph:
    graph: Graph = {}
    for name, other in arrows(inside):
        if room(name) != room(other) and other != inside:
            graph.setdefault(room(name), set()).add(room(other))
    return graph


def circle_in(graph: Graph) -> list[str]:
    """The modules or rooms of one circle, each importing the next; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as exc:
        return list(reversed(exc.args[1]))
    return []


def importers_of(libraries: Iterable[str]) -> set[str]:
    """Our modules that import any of these libraries."""
    wanted = set(libraries)
    return {n for n in modules() if wanted & {house(other) for other in imported(n)}}


def floors(graph: Graph) -> list[str]:
    """The longest chain of rooms that import one another, from the top."""

    @cache
    def below(name: str) -> tuple[str, ...]:
        return (name, *max(map(below, sorted(graph.get(name, ()))), key=len, default=()))

    return list(max(map(below, sorted(graph)), key=len))


@cache
def scripts_of_the_page() -> dict[str, str]:
    """The text of every JavaScript module without its comments, by its path below static/js."""
    top = ROOT / "static" / "js"
    files = sorted(top.rglob("*.js"))
    return {str(f.relative_to(top)): JS_COMMENT.sub(" ", f.read_text()) for f in files}


def js_arrows() -> Iterator[tuple[str, str]]:
    """Importing and imported JavaScript module, as paths below static/js."""
    top = ROOT / "static" / "js"
    for name, text in scripts_of_the_page().items():
        for target in JS_IMPORT.findall(text):
            yield name, str(((top / name).parent / target).resolve().relative_to(top.resolve()))


def test_arrows_run_from_scripts_to_app_to_model() -> None:
    upwards = {
        f"{name} -> {other}"
        for name in modules()
        for other in imported(name)
        if house(other) in HOUSES and HOUSES.index(house(other)) < HOUSES.index(house(name))
    }
    assert not upwards, "\n".join(sorted(upwards))


def test_every_room_of_app_has_its_floor() -> None:
    rooms = {room(name).partition(".")[2] for name in modules() if name.startswith("app.")}
    assert rooms <= set(APP_ROOMS)


def test_a_room_of_app_imports_only_those_below_it() -> None:
    def floor(name: str) -> int:
        return APP_ROOMS.index(room(name).partition(".")[2])

    pairs = [(name, other) for name, other in arrows("app") if "app" not in (name, other)]
    upwards = [f"{name} -> {other}" for name, other in pairs if floor(other) < floor(name)]
    assert not upwards, "\n".join(upwards)


@pytest.mark.parametrize("inside", HOUSES)
def test_no_rooms_import_one_another_in_a_circle(inside: str) -> None:
    circle = circle_in(between_rooms(inside))
    assert not circle, " -> ".join(circle)


@pytest.mark.parametrize("inside", HOUSES)
def test_no_modules_import_one_another_in_a_circle(inside: str) -> None:
    graph: Graph = {}
    for name, other in arrows(inside):
        graph.setdefault(name, set()).add(other)
    circle = circle_in(graph)
    assert not circle, " -> ".join(circle)


def test_app_lies_on_few_floors() -> None:
    folders = {f"app.{path.name}" for path in (ROOT / "app").iterdir() if path.is_dir()}
    graph = {n: below & folders for n, below in between_rooms("app").items() if n in folders}
    assert not circle_in(graph)
    assert len(floors(graph)) <= MOST_FLOORS, " -> ".join(floors(graph))


def test_only_the_web_room_and_main_know_the_web_framework() -> None:
    allowed = {"app.main", "scripts.serve"}
    found = {name for name in importers_of(WEB_LIBRARIES) if room(name) != "app.web"}
    assert found <= allowed
    assert importers_of(["uvicorn"]) <= {"scripts.serve"}


def test_offline_work_needs_nothing_of_the_web() -> None:
    def is_web(name: str) -> bool:
        return room(name) in {"app.web", "app.main"}

    users = {n for n in modules() if house(n) == "scripts" and any(map(is_web, imported(n)))}
    assert users <= {"scripts.serve"}


def test_nothing_that_a_request_reaches_reads_archives_or_pickles() -> None:
    assert not {name for name in importers_of(ARCHIVE_READERS) if house(name) == "app"}


def test_nobody_imports_the_command_line() -> None:
    assert not {name for name in modules() if "scripts.cli" in imported(name)}


def test_one_javascript_module_alone_touches_plotly() -> None:
    users = {n for n, text in scripts_of_the_page().items() if re.search(r"\bPlotly\b", text)}
    assert users == {"map/engine.js"}


def test_one_javascript_module_alone_fetches() -> None:
    users = {n for n, text in scripts_of_the_page().items() if re.search(r"\bfetch\(", text)}
    assert users == {"core/api.js"}


def test_javascript_folders_import_only_those_below_them() -> None:
    def floor(name: str) -> int:
        folder = name.partition("/")[0]
        return JS_FOLDERS.index(folder) if folder in JS_FOLDERS else -1

    upwards = [f"{name} -> {other}" for name, other in js_arrows() if floor(other) < floor(name)]
    assert not upwards, "\n".join(upwards)


def test_javascript_has_no_circle() -> None:
    graph: Graph = {}
    for name, other in js_arrows():
        assert other in scripts_of_the_page(), f"{name} imports {other}"
        graph.setdefault(name, set()).add(other)
    assert not circle_in(graph)
