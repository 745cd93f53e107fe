"""From wavelengths to photon energies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

HC = 1239.841984332
"""Planck's constant times the speed of light, in eV nm (exact in the SI, rounded here)."""


def photon_energy(wavelength: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the photon energies of wavelengths, and the factor that keeps the area under a spectrum.

    E = h c / wavelength, and I(E) = I(wavelength) |d wavelength / dE| = I(wavelength) wavelength^2 / (h c).

    Parameters
    ----------
    wavelength : array, shape (n_energies,)
        In vacuum, in nm.

    Returns
    -------
    energy : array, shape (n_energies,)
        In eV.
    jacobian : array, shape (n_energies,)
        In nm / eV.

    References
    ----------
    Mooney and Kambhampati, J. Phys. Chem. Lett. 4, 3316 (2013), Equations 1 to 4.
    """
    return HC / wavelength, wavelength**2 / HC
