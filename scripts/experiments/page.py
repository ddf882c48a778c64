"""The page of an experiment: what it was made with, so that it can be made again, and its report.

It never runs anything.
"""

import re
from collections.abc import Sequence

import typer

from scripts.experiments.grid import Experiment, Inputs, Outcome

_ELSEWHERE = re.compile(r"(?<![^\s:=])(?:/|\.\./)(?:[^\s:=]*/)?(?=[^/.])")
"""Directories of a path that is absolute or begins with .., up to its last name."""

SMOKE = "**These are smoke figures: they only show that it runs.**"


def page(
    experiment: Experiment, inputs: Inputs, command: str, outcomes: Sequence[Outcome], body: str
) -> str:
    """Write the Markdown page.

    Parameters
    ----------
    command : str
        As `command_of` gives it.
    body : str
        What the experiment reports.
    """
    lines = [
        f"Command: `{command}`",
        f"Encoder: {_encoder(inputs, outcomes)}",
        f"Budget: {inputs.budget}. {_seeds(outcomes)}",
    ]
    if inputs.budget == "smoke":
        lines.append(SMOKE)
    head = "\n".join(f"- {line}" for line in lines)
    return f"# {experiment.title}\n\n{head}\n\n{body.rstrip()}\n"


def command_of(context: typer.Context) -> str:
    """The command that was given; what lies outside the working directory by its last name."""
    words = [context.command_path]
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if source is None or source.name != "COMMANDLINE":
            continue
        option = [parameter.opts[0]] if parameter.param_type_name == "option" else []
        value = context.params[name]
        for one in value if isinstance(value, list | tuple) else [value]:
            words += [*option, _ELSEWHERE.sub("", str(one))]
    return " ".join(words)


def _encoder(inputs: Inputs, outcomes: Sequence[Outcome]) -> str:
    if not any(outcome.cell.needs_encoder for outcome in outcomes):
        return "none is read; every run trains its own."
    if inputs.card is None:
        return "not known."
    card = inputs.card
    return f"{card.name}, weights sha256 `{card.sha256}` ({card.origin})."


def _seeds(outcomes: Sequence[Outcome]) -> str:
    seeds = sorted({o.cell.values["seed"] for o in outcomes if "seed" in o.cell.values})
    if not seeds:
        return "Nothing is drawn at random: there is no seed."
    return f"Seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}."
