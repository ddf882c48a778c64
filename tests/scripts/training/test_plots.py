"""The figure of a run is drawn from its metrics."""

from pathlib import Path

from scripts.training.pretrain import plot_metrics


def test_the_curves_of_a_run_are_drawn(tmp_path: Path) -> None:
    rows = ["step,unix_time_s,learning_rate,loss,rank", "1,0,0.1,5.0,nan", "2,1,0.2,4.0,30"]
    (tmp_path / "metrics.csv").write_text("\n".join(rows))
    plot_metrics(tmp_path / "metrics.csv", tmp_path / "metrics.png")
    assert (tmp_path / "metrics.png").read_bytes().startswith(b"\x89PNG")
