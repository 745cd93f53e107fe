"""Figure 1: two clouds of parameters, the curves made of them, and what principal components and k-means see."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from paper_data import Paper, explained
from paper_style import letter, no_legend, page
from scipy.stats import multivariate_normal

from didymos import plots
from didymos.core.numeric.principal_components import moments, principal_components
from didymos.plots.styling import INK, tidy
from didymos.simulate.recipes.polynomials import CENTRES, COVARIANCE

CURVES, DOTS, COMPONENTS = 40, 400, 6
FIRST, SECOND = "#0072b2", "#d55e00"


def figure_1(data: Paper) -> Figure:
    """Return Fig. 1 a to d."""
    figure = page(4.7)
    a, b, c, d = figure.subplots(2, 2).ravel()
    parameters(a, data)
    curves(b, data)
    components(c, data)
    one = plots.of_method(data.clouds_compared, "kmeans-2").drop_vars("truth")
    plots.method_plane(one, ax=d)
    no_legend(d)
    d.set(xlabel="PC 1 (arb. units)", ylabel="PC 2 (arb. units)", title="latent space, k-means with 2 clusters")
    for axes, name in zip((a, b, c, d), "abcd", strict=True):
        letter(axes, name, 26)
    return figure


def parameters(axes: Axes, data: Paper) -> None:
    """Draw the density of the parameters, and some that were drawn from it."""
    x, y = np.meshgrid(np.linspace(-1.1, 1.1, 200), np.linspace(-1.1, 1.1, 200))
    density = sum(multivariate_normal(centre, COVARIANCE).pdf(np.dstack([x, y])) / 2 for centre in CENTRES)
    drawn = axes.contourf(x, y, density, levels=np.linspace(0, density.max(), 12), cmap="cividis")
    some = data.clouds.truth_coefficients.values.reshape(-1, 2)[:DOTS]
    axes.plot(*some.T, ".", color="white", markersize=1.6, markeredgewidth=0)
    bar = axes.figure.colorbar(drawn, ax=axes, label="density", ticks=[0, 1, 2, 3])
    tidy(axes)
    tidy(bar.ax)
    axes.set(xlabel="$p_1$", ylabel="$p_2$", title="parameter space", aspect="equal")


def curves(axes: Axes, data: Paper) -> None:
    """Draw some curves of each cloud."""
    second = data.clouds_compared.truth.values.ravel() == 1
    values = data.clouds.spectra.values.reshape(len(second), -1)
    for chosen, colour, name in ((~second, FIRST, "first cloud"), (second, SECOND, "second cloud")):
        lines = axes.plot(data.clouds.energy, values[chosen][:CURVES].T, color=colour, linewidth=0.35, alpha=0.7)
        lines[0].set_label(name)
    tidy(axes)
    axes.set(xlabel="energy (mV)", ylabel="signal (arb. units)", title=f"{CURVES} curves of each cloud")
    axes.set(xlim=data.clouds.energy.values[[0, -1]])
    for line in axes.legend(loc="upper center", ncols=2).get_lines():
        line.set(linewidth=1.5, alpha=1)
    axes.set_ylim(top=4.3)


def components(axes: Axes, data: Paper) -> None:
    """Draw the first two principal components and the scree plot."""
    values = data.clouds.spectra.values.reshape(-1, data.clouds.sizes["energy"])
    found = principal_components(moments(values), COMPONENTS)
    for spectrum, colour, line, name in zip(found.spectra[:2], (FIRST, SECOND), ("-", "--"), "12", strict=True):
        axes.plot(data.clouds.energy, spectrum, line, color=colour, label=f"PC {name}")
    tidy(axes)
    axes.set(xlabel="energy (mV)", ylabel="component (unit length)", title="principal components")
    axes.set(xlim=data.clouds.energy.values[[0, -1]])
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.9 * (high - low))
    axes.legend(loc="upper left")
    scree = axes.inset_axes((0.52, 0.6, 0.45, 0.35))
    scree.semilogy(range(1, COMPONENTS + 1), 100 * found.variance_ratio[:COMPONENTS], ".-", color=INK, markersize=4)
    tidy(scree)
    scree.set(xlabel="component", ylabel="variance (%)", xticks=range(1, COMPONENTS + 1), ylim=(2e-4, 500))
    scree.set(yticks=[1e-2, 1, 100], yticklabels=["0.01", "1", "100"])
    scree.text(0.95, 0.92, f"two: {100 * explained(data.clouds, 2):.1f} %", ha="right", va="top", fontsize=7,
               transform=scree.transAxes)  # fmt: skip
