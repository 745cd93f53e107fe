"""The figure of README and theory: the embedding of the paper's way beside that of the default analysis.

Run with ``python docs/figures/embedding.py``; writes docs/images/embedding.png.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes

import didymos
from didymos.plots.styling import STYLE

OUT = Path(__file__).resolve().parents[1] / "images" / "embedding.png"
WAYS = (
    ("threshold on distances (the paper's way)", {"metric": "euclidean", "similarity": "threshold"}),
    ("evidence (default)", {"similarity": "evidence"}),
)


def draw(axes: Axes, title: str, result: xr.Dataset, amplitude: np.ndarray) -> object:
    """Draw an embedding, core spectra last, in units of the distance of the cores from the background."""
    points = result["embedding"].values.reshape(-1, 2).astype(float)
    background = np.median(points[amplitude < 0.02], axis=0)
    points = points - background
    points /= np.median(np.linalg.norm(points[amplitude > 0.9], axis=1))
    order = np.argsort(amplitude, kind="stable")
    drawn = axes.scatter(*points[order].T, c=amplitude[order], s=5, cmap="viridis", vmin=0, vmax=1, linewidths=0)
    axes.set(title=title, xlabel="embedding 1 (units of the core)")
    return drawn


def main() -> None:
    """Simulate, analyse in both ways, draw."""
    surface = didymos.simulate.semiconductor(
        shape=(96, 96), energies=128, kinds=("donor", "acceptor", "deep"), inhomogeneity=2.0, seed=1
    )
    amplitude = surface["truth_amplitude"].values.ravel()
    with plt.rc_context(STYLE):
        figure, panels = plt.subplots(1, 2, figsize=(7.0, 3.0), layout="constrained")
        for axes, (title, options) in zip(panels, WAYS, strict=True):
            grows = {"margin_grows": False} if options["similarity"] == "threshold" else {}
            result = didymos.analyze(surface, progress=False, **options, **grows)
            drawn = draw(axes, title, result, amplitude)
        panels[0].set_ylabel("embedding 2 (units of the core)")
        figure.colorbar(drawn, ax=panels, label="true amplitude of the defect", shrink=0.8)
        figure.savefig(OUT, dpi=200)


if __name__ == "__main__":
    main()
