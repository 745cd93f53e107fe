"""What the figures of the paper are drawn from: simulated maps with known truth, and what didymos makes of them."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

import didymos
from didymos.core.numeric.principal_components import moments, principal_components

SEED = 0
ISO_ENERGY = -1.0  # mV, as in the paper
SWEEP = (0.03, 0.1, 0.3, 1.0, 2.0, 3.0)
"""The n of log(d + n) over the median distance: a hundredfold, as 0.1 to 8 in the paper."""
LOWER = 0.8
"""The lower threshold over the one chosen."""
LATENT_METHODS = ("kernel-pca-wide", "kernel-pca-narrow", "nmf", "umap", "autoencoder", "tsne")
PAPERS_TWIN = didymos.Settings(metric="euclidean", margin_grows=False, iso_energy=ISO_ENERGY, seed=SEED)
"""The twin of the paper: similar is what is near in the Euclidean distance, and every other pair is equally far."""


@dataclass(frozen=True)
class Paper:
    """Everything that is drawn and measured.

    Attributes
    ----------
    clouds, clouds_compared : xarray.Dataset
        The curves of Fig. 1, and k-means on them.
    clouds_noise_free, surface_noise_free : xarray.Dataset
        The same simulations without noise.
    surface : xarray.Dataset
        The map of FeSe.
    compared : xarray.Dataset
        All methods on it.
    twin, robust : xarray.Dataset
        Analyses of it: with the twin of the paper, and with the default settings.
    again : xarray.Dataset
        Another training of the twin of the paper.
    lower_threshold : xarray.Dataset
        An analysis with the twin of the paper and a lower threshold.
    pairs, pairs_of_surface : xarray.Dataset
        The distances of all pairs, and of those between spectra without any defect.
    """

    clouds: xr.Dataset
    clouds_compared: xr.Dataset
    clouds_noise_free: xr.Dataset
    surface: xr.Dataset
    surface_noise_free: xr.Dataset
    compared: xr.Dataset
    twin: xr.Dataset
    robust: xr.Dataset
    again: xr.Dataset
    lower_threshold: xr.Dataset
    pairs: xr.Dataset
    pairs_of_surface: xr.Dataset

    @cached_property
    def truth(self) -> NDArray[np.int8]:
        """1 vacancy (amplitude over 0.5), 0 surface (under 0.02), -1 between, shape (n_points,)."""
        return self.compared.truth.values.ravel()

    @cached_property
    def amplitude(self) -> NDArray[np.float64]:
        """True amplitude of the vacancies, shape (n_points,)."""
        return self.surface.truth_amplitude.values.ravel().astype(np.float64)

    @cached_property
    def segmented(self) -> NDArray[np.bool_]:
        """The smaller part of the slice at the energy that didymos chooses, shape (y, x)."""
        above = self.robust.iso_energy_label.values == 1
        return above if 2 * above.sum() <= above.size else ~above

    @property
    def chosen_energy(self) -> float:
        """The energy of that slice in mV."""
        return float(self.robust.iso_energy_label.attrs["energy"])

    def plane(self, method: str) -> NDArray[np.float64]:
        """Positions of the spectra in the latent space of a method, shape (n_points, 2)."""
        return plane_of(self.compared, method)

    def latent_distance(self, method: str) -> NDArray[np.float64]:
        """Distances from the position of the mean spectrum in the latent space of a method, shape (n_points,)."""
        return latent_distance_of(self.compared, method)

    @property
    def raw_distance(self) -> NDArray[np.float64]:
        """Distances from the mean spectrum, shape (n_points,)."""
        return self.compared.distance_to_mean.values.ravel().astype(np.float64)


def plane_of(compared: xr.Dataset, method: str) -> NDArray[np.float64]:
    """Return the positions of the spectra in the latent space of a method, shape (n_points, 2)."""
    return compared.latent.sel(algorithm=method).values.reshape(-1, 2).astype(np.float64)


def latent_distance_of(compared: xr.Dataset, method: str) -> NDArray[np.float64]:
    """Return the latent distances from the position of the mean spectrum in a method, shape (n_points,)."""
    origin = compared.latent_origin.sel(algorithm=method).values
    return np.linalg.norm(plane_of(compared, method) - origin, axis=1)


def explained(surface: xr.Dataset, modes: int) -> float:
    """Return the share of the variance of a map that its first principal components hold, 0 to 1."""
    values = surface.spectra.values.reshape(-1, surface.sizes["energy"])
    return float(principal_components(moments(values), modes).variance_ratio[:modes].sum())


def paper_data(kept: Path | None = None) -> Paper:
    """Simulate and analyse; with a folder, what is there already is read, and what is not is kept there."""
    steps = Steps(kept)
    clouds = steps.take("clouds", lambda: didymos.simulate.polynomials(seed=SEED))
    surface = steps.take("surface", lambda: didymos.simulate.fese(seed=SEED))
    usual = {"progress": False}
    twin = steps.take("twin", lambda: didymos.analyze(surface, PAPERS_TWIN, **usual))
    offsets = [multiple * float(twin.distance_quantile.sel(pair_share=0.5)) for multiple in SWEEP]
    lower = dataclasses.replace(PAPERS_TWIN, threshold=LOWER * float(twin.attrs["distance_threshold"]))
    alone = surface.spectra.where(surface.truth_amplitude < 0.02)
    return Paper(
        clouds=clouds,
        clouds_compared=steps.take("clouds compared", lambda: didymos.compare(clouds, ["kmeans-2"], **usual)),
        clouds_noise_free=steps.take("clouds, no noise", lambda: didymos.simulate.polynomials(seed=SEED, noise=0)),
        surface=surface,
        surface_noise_free=steps.take("surface, no noise", lambda: didymos.simulate.fese(seed=SEED, noise=0)),
        compared=steps.take("compared", lambda: didymos.compare(surface, seed=SEED, **usual)),
        twin=twin,
        robust=steps.take("robust", lambda: didymos.analyze(surface, didymos.Settings(seed=SEED), **usual)),
        again=steps.take("again", lambda: didymos.compare(surface, ["twin-euclidean"], seed=SEED + 1, **usual)),
        lower_threshold=steps.take("lower threshold", lambda: didymos.analyze(surface, lower, **usual)),
        pairs=steps.take("pairs", lambda: didymos.pair_statistics(surface, PAPERS_TWIN, offsets=offsets, **usual)),
        pairs_of_surface=steps.take("pairs of surface", lambda: didymos.pair_statistics(alone, PAPERS_TWIN, **usual)),
    )


class Steps:
    """Steps of the work, each with a line of progress, kept in a folder where one is given."""

    def __init__(self, kept: Path | None) -> None:
        self.kept, self.began = kept, time.perf_counter()

    def take(self, name: str, make: Callable[[], xr.Dataset]) -> xr.Dataset:
        """Return the outcome of a step."""
        path = self.kept and self.kept / f"{name.replace(',', '').replace(' ', '-')}.nc"
        if path and path.is_file():
            return xr.load_dataset(path, engine="h5netcdf")
        outcome = make()
        if path:
            didymos.save_result(outcome, path)
        print(f"{time.perf_counter() - self.began:6.0f} s  {name}", file=sys.stderr, flush=True)
        return outcome
