"""What every error of the API must look like, for the tests that provoke them."""

from typing import Any

import httpx

SOMETIMES = {"survey_state", "nearest", "close_names"}
NEVER_SAID = ("Traceback", "Internal Server Error", 'File "', "site-packages", "0x7")


def problem_of(answer: httpx.Response) -> dict[str, Any]:
    """The problem in an answer, after checking that it is one, in a sentence."""
    return checked(answer.status_code, answer.headers["content-type"], answer.json(), answer.text)


def checked(status: int, content_type: str, problem: dict[str, Any], text: str) -> dict[str, Any]:
    """Check the parts of an answer that is an error."""
    assert status >= 400
    assert content_type == "application/problem+json"
    assert set(problem) - SOMETIMES == {"type", "title", "status", "detail", "parameter"}
    assert all(problem[name] is not None for name in SOMETIMES & set(problem))
    assert problem["status"] == status
    assert problem["title"]
    detail = problem["detail"]
    assert detail[0].isupper() or detail[0] == "'"
    assert detail[-1] in ".)"
    assert " " in detail
    assert not any(words in text for words in NEVER_SAID)
    return problem
