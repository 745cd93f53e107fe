"""Curves drawn from two clouds of polynomial coefficients: Fig. 1 of the paper, with known truth."""

from __future__ import annotations

import numpy as np
import xarray as xr

from didymos.simulate.noise import missing_spectra, spoil
from didymos.simulate.recipes.common import (
    Shape,
    check_range,
    check_seed,
    check_shape,
    defect_number,
    energy_axis,
    simulated_dataset,
)
from didymos.simulate.truth import Truth

PITCH = 1e-9  # m
COVARIANCE = np.array([[0.02, 0.008], [0.008, 0.03]])
CENTRES = np.array([[-0.5, 0.4], [0.5, -0.4]])
MINORITY_SHARE = 0.5


def polynomials(
    *,
    shape: Shape = (40, 40),
    energies: int = 512,
    energy_range: tuple[float, float] = (-15.0, 15.0),
    seed: int = 0,
    defects: int | None = None,
    defect_free: bool = False,
    separation: float = 1.0,
    noise: float = 0.02,
    spoiled: float = 0.0,
    missing: float = 0.0,
    aborted_rows: int = 0,
) -> xr.Dataset:
    """Simulate curves whose two coefficients come from two normal clouds, at random places.

    f(u) = 2 + p_1 u + p_2 (2 u^2 - 1) with u from -1 to 1 over the energies and (p_1, p_2) normally distributed round
    one of two centres; noise is added to it. Source: Fig. 1 of the paper.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    energies : int
        Number of energies.
    energy_range : (float, float)
        First and last energy in mV.
    seed : int
        Of the random numbers.
    defects : int, optional
        Number of curves of the second cloud; without it half of them.
    defect_free : bool
        No curves of the second cloud.
    separation : float
        Distance of the centres in units of that of the figure (0: one cloud).
    noise : float
        Standard deviation of the white noise, in the unit of the curves.
    spoiled, missing : float
        Share of spoiled and of missing curves, 0 to 1.
    aborted_rows : int
        How many rows at the end are missing.

    Returns
    -------
    xarray.Dataset
        ``spectra`` without unit, the truth, and ``truth_coefficients`` (y, x, coefficient). The amplitude is the place
        along the line from the first centre (0) to the second (1), clipped.

    Raises
    ------
    InputError
        Where an option is outside its range.
    """
    options = dict(locals())  # first of all: they are kept with the map
    shape, energy = check_shape(shape), energy_axis(energies, energy_range)
    for name, high in (("separation", np.inf), ("noise", np.inf), ("spoiled", 1.0), ("missing", 1.0)):
        check_range(name, options[name], 0, high)
    check_range("aborted_rows", aborted_rows, 0)
    places, cloud, white, artefacts, absent = np.random.default_rng(check_seed(seed)).spawn(5)
    points = shape[0] * shape[1]
    number = min(defect_number(defects, defect_free, MINORITY_SHARE, shape), points)
    chosen = places.permutation(points)[:number]
    centres = separation * CENTRES
    coefficients = centres[np.isin(np.arange(points), chosen).astype(int)]
    coefficients = coefficients + cloud.multivariate_normal(np.zeros(2), COVARIANCE, points)
    u = np.linspace(-1, 1, energy.size)
    curves = 2 + coefficients @ np.stack([u, 2 * u**2 - 1])
    curves += noise * white.standard_normal(curves.shape)
    spectra, artefact = spoil(curves.reshape(*shape, -1).astype(np.float32), spoiled, artefacts)
    gone = missing_spectra(shape, missing, aborted_rows, absent)
    spectra[gone], artefact[gone] = np.nan, 0
    amplitude = np.zeros(points)
    if number and separation > 0:
        line = centres[1] - centres[0]
        amplitude = np.clip((coefficients - centres[0]) @ line / (line @ line), 0, 1)
    sites = np.stack(np.unravel_index(chosen, shape), axis=-1)
    truth = Truth(
        ["second_cloud"], amplitude.reshape(1, *shape), sites * PITCH, np.ones(number, dtype=np.int8), artefact
    )
    flat = np.zeros(shape)
    result = simulated_dataset(
        "polynomials", spectra, energy, flat, truth, options | {"defects": number}, pitch=PITCH, units="1"
    )
    values = coefficients.reshape(*shape, 2)
    attrs = {"units": "1", "long_name": "coefficients of the polynomial"}
    return result.assign(truth_coefficients=(("y", "x", "coefficient"), values, attrs))
