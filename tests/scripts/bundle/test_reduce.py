"""The reduction to two dimensions: exact where it can be, the same twice where it cannot."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.bundle.latent_space import open_latent_space
from scripts.bundle.reduce import (
    ReductionConfig,
    fit_pca,
    fit_umap,
    load_pca,
    save_pca,
    umap_neighbours,
)


@pytest.fixture(scope="module")
def y(bundle: Path) -> NDArray[np.float32]:
    """240 real representations."""
    return np.asarray(open_latent_space(bundle).y)


def test_the_parameters_are_the_published_ones() -> None:
    assert ReductionConfig() == ReductionConfig(200, 50, 0.0005, "cosine", 69)


def test_principal_components_are_those_of_the_covariance(y: NDArray[np.float32]) -> None:
    principal = fit_pca(y, ReductionConfig(pca_components=7))
    variance, axes = np.linalg.eigh(np.cov(y.astype(np.float64), rowvar=False))
    assert principal.components.shape == (7, 512)
    np.testing.assert_allclose(
        principal.variance_ratio, variance[::-1][:7] / variance.sum(), rtol=1e-4
    )
    overlap = np.abs(np.sum(principal.components * axes[:, ::-1][:, :7].T, axis=1))
    np.testing.assert_allclose(overlap, 1, atol=1e-3)
    scores = principal.scores(y)
    assert scores.shape == (240, 7)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores.var(axis=0, ddof=1), variance[::-1][:7], rtol=1e-3)
    assert np.abs(scores.mean(axis=0)).max() < 1e-4 * scores.std()


def test_the_variance_kept_is_what_the_scores_still_hold(y: NDArray[np.float32]) -> None:
    principal = fit_pca(y, ReductionConfig(pca_components=5))
    back = principal.scores(y) @ principal.components + principal.mean
    lost = ((y - back) ** 2).sum() / ((y - y.mean(axis=0)) ** 2).sum()
    assert principal.variance_kept == pytest.approx(1 - lost, abs=1e-4)
    assert 0.5 < principal.variance_kept < 1


@pytest.mark.parametrize(("n", "components"), [(240, 200), (12, 12), (4, 4)])
def test_few_sources_allow_fewer_components_and_never_more_than_all_variance(
    n: int, components: int, y: NDArray[np.float32]
) -> None:
    principal = fit_pca(y[:n], ReductionConfig())
    assert len(principal.components) == components
    assert 0.99 < principal.variance_kept <= 1


def test_a_saved_pca_is_the_same_and_holds_nothing_pickled(
    y: NDArray[np.float32], tmp_path: Path
) -> None:
    principal = fit_pca(y, ReductionConfig(pca_components=9))
    save_pca(principal, tmp_path / "pca.npz")
    loaded = load_pca(tmp_path / "pca.npz")
    assert np.array_equal(loaded.scores(y), principal.scores(y))
    assert loaded.variance_kept == principal.variance_kept
    with zipfile.ZipFile(tmp_path / "pca.npz") as archive:
        for name in archive.namelist():
            assert b"'|O'" not in archive.read(name)[:128]


def test_a_pickle_in_the_place_of_a_pca_is_not_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "pca.npz", mean=np.array([None]), components=[1], variance_ratio=[1])
    with pytest.raises(ValueError, match="allow_pickle"):
        load_pca(tmp_path / "pca.npz")


@pytest.mark.slow
def test_the_same_seed_gives_the_same_map_and_another_seed_another(
    y: NDArray[np.float32],
) -> None:
    scores = fit_pca(y, ReductionConfig()).scores(y)[:60]
    first = fit_umap(scores, ReductionConfig())
    np.random.seed(1)  # the map depends on its own seed alone
    assert first.shape == (60, 2)
    assert first.dtype == np.float32
    assert np.isfinite(first).all()
    assert np.array_equal(fit_umap(scores.copy(), ReductionConfig()), first)
    assert not np.array_equal(fit_umap(scores, ReductionConfig(seed=70)), first)


def test_the_smallest_catalogue_that_a_build_takes_has_a_map(y: NDArray[np.float32]) -> None:
    xy = fit_umap(fit_pca(y[:4], ReductionConfig()).scores(y[:4]), ReductionConfig())
    assert xy.shape == (4, 2)
    assert np.isfinite(xy).all()


@pytest.mark.parametrize(("n", "neighbours"), [(2155, 50), (51, 50), (50, 49), (4, 3), (2, 2)])
def test_few_sources_lower_the_number_of_neighbours(n: int, neighbours: int) -> None:
    assert umap_neighbours(n, ReductionConfig()) == neighbours
