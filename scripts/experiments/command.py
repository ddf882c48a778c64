"""`rgz-explorer experiment NAME`: do an experiment of the paper and write its report.

It only reads arguments: the training libraries are imported when it runs.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.errors import ExplorerError
from model.whole_file import write_whole
from scripts.experiments.paper_values import TITLES
from scripts.terminal import (
    check_device,
    check_directory,
    check_output,
    console,
    need_training_libraries,
)

if TYPE_CHECKING:
    from scripts.experiments.grid import Experiment

LIST = "\n\n    ".join(f"{name} - {title.split(': ', 1)[1]}" for name, title in TITLES.items())
"""For the help; each a paragraph, which is how it stays on its line."""


class UnknownExperiment(ExplorerError):
    """There is no experiment of that name."""


def run_experiment(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="As listed above.")],
    mirabest: Annotated[
        Path | None, typer.Option(help="MiraBest_F_batches.tar.gz; all but fig2 read it.")
    ] = None,
    budget: Annotated[
        Literal["smoke", "cpu", "paper"],
        typer.Option(help="smoke: it runs. cpu: hours on two cores. paper: as published."),
    ] = "cpu",
    seeds: Annotated[int | None, typer.Option(min=1, help="Default: by budget.")] = None,
    encoder: Annotated[
        Path | None, typer.Option(help="Weights; default: the encoder that ships.")
    ] = None,
    mightee: Annotated[Path | None, typer.Option(help="MIGHTEE batches, for table7.")] = None,
    sets: Annotated[
        str | None,
        typer.Option(
            help="Two of mirabest,mightee,firstgalaxydata, for table7; default: mirabest, and "
            "mightee if it is named, else firstgalaxydata."
        ),
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(help="Bundle, for fig2 and fig3 (default: the demo) and fig6 (none)."),
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(
            help="Training images, as of pretrain, for those that pre-train: table8, fig9, fig10, "
            "fig11, table9, table10."
        ),
    ] = None,
    components: Annotated[
        Path | None, typer.Option(help="FIRST component catalogue, for drawn fields.")
    ] = None,
    device: Annotated[str, typer.Option(help="As torch names it.")] = "cpu",
    precision: Annotated[
        Literal["32-true", "bf16-mixed"] | None,
        typer.Option(help="Of fine-tuning. Default: bf16-mixed for --budget cpu, else 32-true."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes at once, one thread each.")] = 1,
    work: Annotated[
        Path, typer.Option(help="Keeps the runs; an interrupted experiment goes on from them.")
    ] = Path("runs/experiments"),
    out: Annotated[Path, typer.Option(help="Directory of the report.")] = Path("runs/results"),
) -> None:
    """Do an experiment of the paper: the runs that are missing, then a table beside the paper's.

    Needs the training libraries (`make train`).
    """
    if name not in TITLES:
        raise UnknownExperiment(f"'{name}' is no experiment; there are {', '.join(TITLES)}.")
    need_training_libraries("experiment")
    check_device(device)
    from model.encoder import load_encoder
    from scripts.experiments.grid import Inputs, run_grid
    from scripts.experiments.report import command_of, page

    inputs = Inputs(
        mirabest=mirabest,
        encoder=encoder,
        card=load_encoder(encoder).card,
        sets=_pair(sets, mightee),
        mightee=mightee,
        bundle=bundle,
        data=tuple(data or ()),
        components=components,
        device=device,
        budget=budget,
        precision=precision,
        seeds=seeds,
    )
    experiment = experiments()[name]
    check_directory(out, work)
    for directory in (out, work):
        directory.mkdir(parents=True, exist_ok=True)
        check_output(directory / f"{name}.md")
    outcomes = run_grid(experiment, inputs, work, jobs)
    body = experiment.report(outcomes, inputs, out)
    text = page(experiment, inputs, command_of(context), outcomes, body)
    write_whole(out / f"{name}.md", text)
    typer.echo(text)
    console.print(f"The report is in {out / f'{name}.md'}.", markup=False)


run_experiment.__doc__ = f"""{run_experiment.__doc__}
    {LIST}
    """


def experiments() -> "dict[str, Experiment]":
    """Every experiment by its name."""
    from scripts.experiments.hybrids import FIG6
    from scripts.experiments.labels import FIG4, FIG5, FIG7, TABLE6
    from scripts.experiments.maps import FIG2, FIG3
    from scripts.experiments.pretraining import FIG9, FIG10, FIG11, TABLE8, TABLE9, TABLE10
    from scripts.experiments.table7 import TABLE7

    labels, maps = (TABLE6, FIG4, FIG5, FIG7), (FIG2, FIG3)
    pretraining = (TABLE8, FIG9, FIG10, FIG11, TABLE9, TABLE10)
    return {each.name: each for each in (*maps, *labels, FIG6, TABLE7, *pretraining)}


def _pair(sets: str | None, mightee: Path | None) -> tuple[str, str]:
    if sets is None:
        return "mirabest", "mightee" if mightee else "firstgalaxydata"
    names = sets.split(",")
    if len(names) != 2:
        raise typer.BadParameter(f"--sets takes two names with a comma between, not '{sets}'.")
    return names[0].strip(), names[1].strip()
