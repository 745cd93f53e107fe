"""Faults of a measurement: noise, offsets, corrupted and missing spectra."""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from didymos.schema import InputError

ELEMENTARY_CHARGE = 1.602176634e-19  # coulomb (SI)
ARTEFACTS = ("good", "tip_change", "clipped", "spike", "dead")
"""Meanings of the values 0, 1, ... of the variable ``truth_artefact``."""
SPIKE_WIDTH = 3  # energies, at most


def conductance_noise(
    current: NDArray[np.floating], bandwidth: float, amplifier_noise: float, modulation: float
) -> NDArray[np.float64]:
    """Return the standard deviation of dI/dV from shot noise and amplifier noise.

    sigma = sqrt[(2 e |I| + i_n^2) B] / V_rms. Sources: W. Schottky, Ann. Phys. 362, 541 (1918) for 2 e I;
    K. J. Boer et al., Rev. Sci. Instrum. 66, 4466 (1995) for the current noise of preamplifiers.

    Parameters
    ----------
    current : ndarray
        In pA.
    bandwidth : float
        Equivalent noise bandwidth of the lock-in amplifier, in Hz.
    amplifier_noise : float
        i_n in fA per square root of Hz, white.
    modulation : float
        V_rms in mV, above 0.

    Returns
    -------
    ndarray, shape of `current`
        In nS.
    """
    shot = 2 * ELEMENTARY_CHARGE * np.abs(np.asarray(current, dtype=float)) * 1e-12
    current_noise = np.sqrt((shot + (amplifier_noise * 1e-15) ** 2) * bandwidth)
    return np.asarray(current_noise / (modulation * 1e-3) * 1e9)


def tunnelling_current(conductance: NDArray[np.floating], energy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the current I(E) = int_0^E g dE of a spectrum.

    Parameters
    ----------
    conductance : ndarray, shape (..., energy)
        In nS.
    energy : ndarray, shape (energy,)
        In mV, ascending. Where it leaves out zero the spectrum is taken as ohmic up to its nearest end.

    Returns
    -------
    ndarray, shape (..., energy)
        In pA.
    """
    steps = np.diff(energy) * (conductance[..., 1:] + conductance[..., :-1]) / 2
    current = np.concatenate([np.zeros_like(steps[..., :1]), np.cumsum(steps, axis=-1)], axis=-1)
    nearest = int(np.argmin(np.abs(energy)))
    at_nearest = current[..., nearest, None] - conductance[..., nearest, None] * energy[nearest]
    return np.asarray(current - at_nearest)


def flicker_noise(size: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return 1/f noise of unit variance: Gaussian with power density S(f) proportional to 1/f.

    Source: J. Timmer, M. Koenig, Astron. Astrophys. 300, 707 (1995); for tunnelling S. Park, C. F. Quate,
    Appl. Phys. Lett. 48, 112 (1986).

    Parameters
    ----------
    size : int
        Number of samples in time order.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    ndarray, shape (size,)
        Without unit.
    """
    white = np.asarray(scipy.fft.rfft(rng.standard_normal(size, dtype=np.float32)))
    power = np.zeros(white.size)
    power[1:] = 1 / np.arange(1, white.size)
    noise = np.asarray(scipy.fft.irfft(white * np.sqrt(power).astype(np.float32), size))
    return np.asarray(noise * np.sqrt(size / max(2 * power.sum(), 1e-30)), dtype=np.float32)


def corrupt(spectra: NDArray[np.float32], fraction: float, rng: np.random.Generator) -> NDArray[np.int8]:
    """Corrupt some of the spectra, in place: by a tip change, a clipped amplifier, a spike, or no signal at all.

    From the tip change on the spectrum is multiplied by a factor between 1/4 and 4, as by a tip that moves by an
    angstrom or changes its apex (I falls by e^2 per angstrom: C. J. Chen, Introduction to Scanning Tunneling
    Microscopy, Oxford 2021, ch. 1); a clipped spectrum stays at a ceiling below its own maximum; a spike stands out by
    1 to 4 times the mean over one to three energies; a dead spectrum stays at one value near zero.

    Parameters
    ----------
    spectra : ndarray, shape (y, x, energy)
        In nS.
    fraction : float
        Share of corrupted spectra, 0 to 1; each of the four causes has a quarter of them.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    ndarray, shape (y, x)
        Which of `ARTEFACTS`.
    """
    shape = spectra.shape[:2]
    artefact = np.zeros(shape, dtype=np.int8)
    count = round(fraction * shape[0] * shape[1])
    for order, point in enumerate(rng.permutation(shape[0] * shape[1])[:count]):
        where = np.unravel_index(point, shape)
        artefact[where] = order % (len(ARTEFACTS) - 1) + 1
        _corrupt_one(spectra[where], ARTEFACTS[artefact[where]], rng)
    return artefact


def _corrupt_one(spectrum: NDArray[np.float32], cause: str, rng: np.random.Generator) -> None:
    """Corrupt one spectrum in place."""
    sign, mean = rng.choice([-1, 1]), float(np.abs(spectrum).mean())
    start = rng.integers(spectrum.size // 10, max(9 * spectrum.size // 10, spectrum.size // 10 + 1))
    if cause == "tip_change":
        spectrum[start:] *= np.exp(sign * rng.uniform(np.log(1.5), np.log(4)))
    elif cause == "clipped":
        np.minimum(spectrum, np.quantile(spectrum, rng.uniform(0.3, 0.7)), out=spectrum)
    elif cause == "spike":
        spectrum[start : start + rng.integers(1, SPIKE_WIDTH + 1)] += sign * mean * rng.uniform(1, 4)
    else:
        spectrum[:] = sign * mean * rng.uniform(0, 0.02)


def missing_spectra(
    shape: tuple[int, int], missing: float, aborted_rows: int, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Return which spectra were not acquired: a random share (sparse acquisition) and the last rows (aborted scan).

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    missing : float
        Share of spectra left out at random, 0 to 1 (compressed sensing: J. Oppliger, F. D. Natterer,
        Phys. Rev. Res. 2, 023117 (2020)).
    aborted_rows : int
        How many rows at the end are missing altogether.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    ndarray of bool, shape (y, x)
        True where missing.

    Raises
    ------
    InputError
        Where no row is left.
    """
    if not 0 <= aborted_rows < shape[0] or aborted_rows != int(aborted_rows):
        raise InputError(
            f"aborted_rows is {aborted_rows}; allowed are integers from 0 to {shape[0] - 1}, fewer than the "
            "map has rows: choose one"
        )
    gone = np.zeros(shape[0] * shape[1], dtype=bool)
    gone[rng.permutation(gone.size)[: round(missing * gone.size)]] = True
    absent = gone.reshape(shape)
    absent[shape[0] - int(aborted_rows) :] = True
    return absent
