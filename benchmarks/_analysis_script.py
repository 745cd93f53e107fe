"""The work of an analysis as a careful user would script it with scikit-learn, umap-learn and matplotlib.

Principal components, k-means in their plane, UMAP of the leading components where it is installed, the histogram of all
pair distances and its logarithm by `pdist`, and a figure of each at 300 dpi. ``python _analysis_script.py MAP FOLDER``.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from scipy.spatial.distance import pdist
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

MODES, BINS = 20, 256


def main(path: str, folder: str) -> None:
    """Analyse a map, write the arrays and the figures."""
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    with xr.open_dataset(path) as data:
        spectra, energy = data["spectra"].values, data["energy"].values
    shape, values = spectra.shape[:2], spectra.reshape(-1, spectra.shape[-1])
    pca = PCA(MODES, random_state=0).fit(values)
    scores = pca.transform(values)
    labels = KMeans(2, n_init=10, random_state=0).fit_predict(scores[:, :2])
    distances = pdist(values)
    counts, edges = np.histogram(distances, BINS)
    logarithms, log_edges = np.histogram(np.log(distances + np.median(distances)), BINS)
    plane = _umap(scores)
    np.savez(out / "results.npz", scores=scores, labels=labels, counts=counts, logarithms=logarithms, plane=plane)
    _maps(out, shape, scores, labels)
    _curves(out, pca, energy, values, labels)
    _histograms(out, (edges, counts), (log_edges, logarithms))
    _planes(out, scores, plane, labels)


def _umap(scores: np.ndarray) -> np.ndarray:
    try:
        import umap
    except ImportError:
        return scores[:, :2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(umap.UMAP(random_state=0).fit_transform(scores))


def _save(figure: Figure, out: Path, name: str) -> None:
    figure.savefig(out / f"{name}.png", dpi=300)
    plt.close(figure)


def _maps(out: Path, shape: tuple[int, int], scores: np.ndarray, labels: np.ndarray) -> None:
    for name, image in (("first", scores[:, 0]), ("second", scores[:, 1]), ("labels", labels)):
        figure, axes = plt.subplots(layout="constrained")
        figure.colorbar(axes.imshow(image.reshape(shape), origin="lower"), ax=axes)
        _save(figure, out, f"map-{name}")


def _curves(out: Path, pca: PCA, energy: np.ndarray, values: np.ndarray, labels: np.ndarray) -> None:
    figure, axes = plt.subplots(layout="constrained")
    axes.semilogy(pca.explained_variance_ratio_, "o-")
    _save(figure, out, "scree")
    figure, axes = plt.subplots(layout="constrained")
    axes.plot(energy, pca.components_[:3].T)
    _save(figure, out, "components")
    figure, axes = plt.subplots(layout="constrained")
    for label in np.unique(labels):
        mean, spread = values[labels == label].mean(axis=0), values[labels == label].std(axis=0)
        axes.plot(energy, mean)
        axes.fill_between(energy, mean - spread, mean + spread, alpha=0.2)
    _save(figure, out, "averages")


def _histograms(out: Path, *histograms: tuple[np.ndarray, np.ndarray]) -> None:
    for name, (edges, counts) in zip(("distances", "log-distances"), histograms, strict=True):
        figure, axes = plt.subplots(layout="constrained")
        axes.stairs(counts, edges)
        _save(figure, out, name)


def _planes(out: Path, scores: np.ndarray, plane: np.ndarray, labels: np.ndarray) -> None:
    for name, points in (("pca", scores), ("umap", plane)):
        figure, axes = plt.subplots(layout="constrained")
        axes.scatter(points[:, 0], points[:, 1], c=labels, s=4)
        _save(figure, out, f"plane-{name}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
