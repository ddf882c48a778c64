"""What the documents say is there: commands and options, requests, variables, links, files."""

import re
from functools import cache
from pathlib import Path

import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from app.settings import Settings
from scripts.cli import app

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    str(path.relative_to(ROOT))
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("licences/*.md")]
    if path.name != "CHANGELOG.md"
)
OF_OTHERS = {
    *("--build-arg", "--constraint", "--data-binary", "--extra-index-url", "--no-deps"),
    *("--read-only", "--no-isolation"),
}
"""Options of pip, docker, curl and build."""
SOURCE_PATH = re.compile(
    r"(?:app|model|scripts|static|templates|tests|docs|licences|\.ci)(?:/[\w.-]+)*/[\w.-]+/?"
)
CALL = re.compile(r"rgz-explorer (?!rgz-explorer)((?:--|[a-z])[^;&]*)")
ARCHITECTURE_LINES = 120
"""One page."""
README_LINES = 200


def text_of(document: str) -> str:
    return (ROOT / document).read_text()


def code_in(text: str) -> list[str]:
    """Every indented line, those that go on joined, and every text between backticks."""
    joined = re.sub(r"\\\n\s*", " ", text)
    lines = re.findall(r"^ {4}(.*)$", joined, re.MULTILINE)
    return [*lines, *(" ".join(words.split()) for words in re.findall(r"`([^`]+)`", joined))]


def commands_in(text: str) -> list[list[str]]:
    """The words after every `rgz-explorer`, without what a comment says."""
    code = [line.partition(" #")[0] for line in code_in(text)]
    calls = [words for line in code for words in CALL.findall(line)]
    return [call.split() for call in calls]


@cache
def help_of(*command: str) -> str:
    """What a command says of itself."""
    done = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    return done.output if done.exit_code == 0 else ""


def options_of(*command: str) -> set[str]:
    return set(re.findall(r"--[a-z0-9][a-z0-9-]*", help_of(*command)))


def names_below(*command: str) -> set[str]:
    """The commands that a help text lists."""
    listed = help_of(*command).partition("Commands")[2]
    return set(re.findall(r"^│ ([a-z][a-z0-9-]*) ", listed, re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_and_its_options_are_there(document: str) -> None:
    for words in commands_in(text_of(document)):
        named = words[0].strip("`.,:)")
        for name in named.split("|"):
            if name.startswith("-"):
                assert name in options_of(), words
                continue
            assert name in names_below(), words
            command = [name]
            if name == "fetch" and len(words) > 1:
                fetched = words[1].split("|")
                assert set(fetched) <= names_below("fetch"), words
                command.append(fetched[0])
            given = {word.partition("=")[0] for word in words if word.startswith("--")}
            assert given - {"--help"} <= options_of(*command), words


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_option_is_one_of_some_command(document: str) -> None:
    commands = [(), *((name,) for name in names_below())]
    commands += [("fetch", name) for name in names_below("fetch")]
    known = OF_OTHERS.union(*(options_of(*command) for command in commands))
    written = {
        option for code in code_in(text_of(document)) for option in re.findall(r"--[a-z-]+", code)
    }
    assert written <= known


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_to_a_file_leads_to_it(document: str) -> None:
    targets = re.findall(r"\]\((?!http)([^)#]+)", text_of(document))
    assert not [each for each in targets if not ((ROOT / document).parent / each).exists()]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_is_named_is_there(document: str) -> None:
    named = {path.rstrip("./") for path in SOURCE_PATH.findall(text_of(document))}
    assert not sorted(path for path in named if not (ROOT / path).exists())


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_target_of_make_is_there(document: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    named = {
        word
        for code in code_in(text_of(document))
        for word in re.findall(r"^make ([a-z]+(?: [a-z]+)*)", code.partition(" #")[0])
    }
    assert {target for words in named for target in words.split()} <= targets


def test_every_variable_is_an_option_of_the_server() -> None:
    known = {f"RGZ_{name.upper()}" for name in Settings.model_fields}
    written = {
        v for each in DOCUMENTS for v in re.findall(r"RGZ_[A-Z0-9_]*[A-Z0-9]", text_of(each))
    }
    assert written == known


def test_every_request_is_one_that_the_server_describes(application: FastAPI) -> None:
    described = {re.sub(r"\{\w+\}", "X", path) for path in application.openapi()["paths"]}
    table = re.findall(r"^\| (.+?) \| ", text_of("docs/api.md"), re.MULTILINE)
    rows = " ".join(table)
    written, last = set(), ""
    for path in re.findall(r"`(?:(?:GET|POST|PUT|PATCH|DELETE) )?((?:/|\.\.\.)[^`?]*)", rows):
        whole = path.replace("...", last.rpartition("/")[0]) if path.startswith("...") else path
        last = whole
        written.add(re.sub(r"/[A-Z]+\b", "/X", whole))
    assert written == described - {"/metrics"}


def test_readme_and_architecture_are_short() -> None:
    assert text_of("README.md").count("\n") <= README_LINES
    assert text_of("docs/architecture.md").count("\n") <= ARCHITECTURE_LINES


def test_citation_names_the_version_of_the_project() -> None:
    version = re.search(r'^version = "(.+)"', text_of("pyproject.toml"), re.MULTILINE)
    assert version
    assert f"\nversion: {version[1]}\n" in text_of("CITATION.cff")
