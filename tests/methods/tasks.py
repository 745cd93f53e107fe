"""Tasks that the tests of the methods look at."""

import numpy as np

from didymos.methods import Task
from didymos.schema import spectral_map
from didymos.simulate import polynomials


def task_of(values, seed=0, places=None):
    """A task of spectra along a line, or at places on it; nobody may change them."""
    values = np.array(values, dtype=np.float32)
    values.setflags(write=False)
    places = np.arange(len(values)) if places is None else places
    line = spectral_map(values, np.arange(values.shape[1]), x=places, y=np.zeros(len(values)))
    return Task(line, np.ones(len(values), dtype=bool), values, seed)


def two_clouds(points=16, rare=26, *, energies=32, separation=3.0, seed=0):
    """Spectra of two clouds far apart, shape (points**2, energies), and which are of the rare one."""
    surface = polynomials(
        shape=(points, points), energies=energies, separation=separation, defects=rare, noise=0.05, seed=seed
    )
    values = surface["spectra"].values.reshape(-1, energies)
    return values, surface["truth_amplitude"].values.ravel() > 0.5
