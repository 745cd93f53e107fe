"""Small maps with known truth for the tests of preparing."""

import numpy as np

from didymos import spectral_map

BIAS = np.linspace(-100.0, 100.0, 81)
"""In mV."""
SENSITIVITY, OFFSET = 4.0, 0.05
"""nS per V of the lock-in, and nS where it shows zero."""


def conductance(shape=(10, 12), seed=0):
    """dI/dV in nS of a surface with a smooth height and one defect."""
    random = np.random.default_rng(seed)
    y, x = np.indices(shape)
    height = 1 + 0.3 * np.sin(x / 3)[..., None] + random.uniform(-0.1, 0.1, (*shape, 1))
    defect = np.exp(-((y - 4) ** 2 + (x - 5) ** 2) / 3)[..., None]
    return height * (1 + (BIAS / 100) ** 2 + 2 * defect * np.exp(-((BIAS - 30) ** 2) / (2 * 8.0**2)))


def current_from(spectra):
    """The current in A that belongs to a conductance in nS, zero at zero bias."""
    step = np.diff(BIAS) * 1e-3
    areas = (spectra[..., 1:] + spectra[..., :-1]) / 2 * step
    current = np.concatenate([np.zeros((*spectra.shape[:-1], 1)), np.cumsum(areas, axis=-1)], axis=-1)
    return 1e-9 * (current - current[..., [40]])


def a_map(spectra, units="nS", name="dI/dV", scattered=False):
    """A map at the biases above, 1 nm between its points, with a topography."""
    rows, columns = spectra.shape[:2]
    y, x = 1e-9 * np.arange(rows), 1e-9 * np.arange(columns)
    heights = 1e-10 * np.random.default_rng(9).normal(size=(rows, columns)) + 2e-2 * x + 1e-2 * y[:, None]
    if scattered:
        spectra = spectra.reshape(-1, spectra.shape[-1])
        y, x = (one.ravel() for one in np.meshgrid(y, x, indexing="ij"))
        heights = heights.ravel()
    coords = {"topography": (heights, "m")}
    return spectral_map(spectra, BIAS, x=x, y=y, signal_units=units, signal_name=name, coords=coords)


def measured(shape=(10, 12), noise=2e-14, seed=0):
    """The lock-in signal in V and the recorded current in A."""
    true, random = conductance(shape, seed), np.random.default_rng(seed + 1)
    current = current_from(true) + random.normal(0, noise, true.shape)
    return a_map((true - OFFSET) / SENSITIVITY, "V"), a_map(current, "A", "Current")
