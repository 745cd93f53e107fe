"""Curves drawn from two clouds of polynomial coefficients: Fig. 1 of the paper, with known truth."""

from __future__ import annotations

import numpy as np
import xarray as xr

from didymos.simulate.noise import corrupt, missing_spectra
from didymos.simulate.options import PolynomialsOptions, recipe
from didymos.simulate.recipes.common import simulated_dataset
from didymos.simulate.truth import Truth

PITCH = 1e-9  # m
COVARIANCE = np.array([[0.02, 0.008], [0.008, 0.03]])
CENTRES = np.array([[-0.5, 0.4], [0.5, -0.4]])


@recipe(PolynomialsOptions)
def polynomials(options: PolynomialsOptions) -> xr.Dataset:
    """Simulate curves whose two coefficients come from two normal clouds, at random positions.

    f(u) = 2 + p_1 u + p_2 (2 u^2 - 1) with u from -1 to 1 over the energies and (p_1, p_2) normally distributed round
    one of two centres; noise is added to it. Source: Fig. 1 of the paper. Without a number of defects half of the
    curves are of the second cloud.

    Returns
    -------
    xarray.Dataset
        ``spectra`` without unit, the truth, and ``truth_coefficients`` (y, x, coefficient). The amplitude is the
        position along the line from the first centre (0) to the second (1), clipped.

    Raises
    ------
    InputError
        Where an option is outside its range.
    """
    positions, cloud, white, artefacts, absent = np.random.default_rng(options.seed).spawn(5)
    shape, points = options.shape, options.shape[0] * options.shape[1]
    number = min(options.defect_number, points)
    chosen = positions.permutation(points)[:number]
    centres = options.separation * CENTRES
    coefficients = centres[np.isin(np.arange(points), chosen).astype(int)]
    coefficients = coefficients + cloud.multivariate_normal(np.zeros(2), COVARIANCE, points)
    u = np.linspace(-1, 1, options.energies)
    curves = 2 + coefficients @ np.stack([u, 2 * u**2 - 1])
    curves += options.noise * white.standard_normal(curves.shape)
    spectra = curves.reshape(*shape, -1).astype(np.float32)
    artefact = corrupt(spectra, options.corrupted, artefacts)
    gone = missing_spectra(shape, options.missing, options.aborted_rows, absent)
    spectra[gone], artefact[gone] = np.nan, 0
    amplitude = np.zeros(points)
    if number and options.separation > 0:
        line = centres[1] - centres[0]
        amplitude = np.clip((coefficients - centres[0]) @ line / (line @ line), 0, 1)
    position = np.stack(np.unravel_index(chosen, shape), axis=-1) * PITCH
    kind = np.ones(number, dtype=np.int8)
    truth = Truth(["second_cloud"], amplitude.reshape(1, *shape), position, kind, artefact)
    result = simulated_dataset("polynomials", spectra, np.zeros(shape), truth, options, PITCH, "1")
    values = coefficients.reshape(*shape, 2)
    attrs = {"units": "1", "long_name": "coefficients of the polynomial"}
    return result.assign(truth_coefficients=(("y", "x", "coefficient"), values, attrs))
