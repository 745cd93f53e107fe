"""How long a simulated map takes, and how much memory.

The peer is what one would script for the same local density of states: for every energy the Green's function of every
wave vector by a batched inverse in double precision, one Fourier transform, the T-matrix, and a loop over all pairs of
scatterers. It is given four energies on the same lattice, and its time is that of all of them.

Targets (``--check`` exits 1 where one is missed), on two cores:

- `fese` at its full size (100 x 100 points, 512 energies), everything included, in under 5 s;
- its scattering at least 10 times faster than the script, with the same result to 1 % of the largest change;
- 512 x 512 points: peak memory at most 4 times the output, and time over that of 100 x 100 at most twice the ratio of
  points. It takes minutes; ``--skip-large`` leaves it out.

Run with ``python benchmarks/simulate.py [--check] [--skip-large]``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time

import numpy as np

from didymos.simulate.bands import iron_pnictide
from didymos.simulate.impurity import Impurity, nambu_potential
from didymos.simulate.lattice import Lattice
from didymos.simulate.recipes.fese import CHEMICAL_POTENTIAL, HOPPING, VACANCY_POTENTIAL
from didymos.simulate.scattering import density_change
from didymos.simulate.surface import scatter_sites

SECONDS_TARGET, SPEED_TARGET, MEMORY_TARGET, GROWTH_TARGET = 5.0, 10.0, 4.0, 2.0
SITES, GAP, LIFETIME = (100, 100), 2.3, 0.6
GRID = np.linspace(-20, 20, 76)
MAP = """
import json, resource, time
import didymos
start = time.perf_counter()
data = didymos.simulate.fese(shape=({size}, {size}), seed=1)
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps([seconds, peak, data.spectra.nbytes]))
"""


def main() -> int:
    """Measure, print the table, check the targets."""
    parser = argparse.ArgumentParser(description="time and memory of simulated maps")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--skip-large", action="store_true")
    options = parser.parse_args()
    seconds, peak, output = min(_whole_map(100) for _ in range(2))
    print(f"fese 100 x 100 x 512        {seconds:8.2f} s   peak {peak / output:6.1f} outputs of {output / 1e6:.0f} MB")
    met = seconds <= SECONDS_TARGET
    speed, error = _against_script()
    print(f"scattering against a script {speed:8.1f} times faster, difference {error:.2%} of the largest change")
    met &= speed >= SPEED_TARGET and error < 0.01
    if not options.skip_large:
        large, peak, output = _whole_map(512)
        growth = large / seconds / (512 / 100) ** 2
        print(
            f"fese 512 x 512 x 512        {large:8.1f} s   peak {peak / output:6.1f} outputs of {output / 1e6:.0f} MB"
        )
        print(f"time over the points        {growth:8.2f} times that of 100 x 100")
        met &= peak / output <= MEMORY_TARGET and growth <= GROWTH_TARGET
    print("targets met" if met else "targets missed")
    return 0 if met or not options.check else 1


def _whole_map(size: int) -> tuple[float, float, float]:
    """Return seconds, peak memory and output in bytes of a map in a process of its own, its imports left out."""
    done = subprocess.run([sys.executable, "-c", MAP.format(size=size)], check=True, capture_output=True, text=True)
    return tuple(json.loads(done.stdout))


def _against_script() -> tuple[float, float]:
    """Return how much faster the scattering of all vacancies is than a script, and the largest relative difference."""
    sites = scatter_sites(SITES, 11, 9.0, np.random.default_rng(1))
    impurities = []
    for index, (row, column) in enumerate(sites):
        sign = 1 if index % 2 else -1
        orbital = np.array([1.0, -sign]) / np.sqrt(2)
        potential = nambu_potential(VACANCY_POTENTIAL * np.outer(orbital, orbital))
        impurities += [Impurity((int(row) + step, int(column) + sign * step), potential) for step in (-1, 1)]
    hamiltonian = iron_pnictide((144, 144), HOPPING, CHEMICAL_POTENTIAL, GAP)
    start = time.perf_counter()
    change = density_change(Lattice(hamiltonian), impurities, GRID, LIFETIME, SITES, 2)
    ours = time.perf_counter() - start
    some = np.linspace(0, GRID.size - 1, 4).astype(int)
    start = time.perf_counter()
    scripted = np.stack([_script(hamiltonian, impurities, GRID[index]) for index in some], axis=-1)
    theirs = (time.perf_counter() - start) * GRID.size / some.size
    error = np.abs(scripted - change[..., some]).max() / np.abs(change).max()
    return theirs / ours, float(error)


def _script(hamiltonian: np.ndarray, impurities: list[Impurity], energy: float) -> np.ndarray:
    """Return the change of the density of states at one energy, step by step."""
    greens = np.linalg.inv((energy + 1j * LIFETIME) * np.eye(4) - hamiltonian)
    greens = np.fft.ifft2(greens, axes=(0, 1))
    rows, columns = (np.arange(size) for size in SITES)
    count = len(impurities)
    between = np.block([[greens[one.site[0] - two.site[0], one.site[1] - two.site[1]] for two in impurities]
                        for one in impurities])  # fmt: skip
    potential = np.zeros((4 * count, 4 * count))
    for index, impurity in enumerate(impurities):
        potential[4 * index : 4 * index + 4, 4 * index : 4 * index + 4] = impurity.potential
    scattering = np.linalg.solve(np.eye(4 * count) - potential @ between, potential)
    ahead = [greens[np.ix_(rows - each.site[0], columns - each.site[1])] for each in impurities]
    back = [greens[np.ix_(each.site[0] - rows, each.site[1] - columns)] for each in impurities]
    total = np.zeros(SITES)
    for i in range(count):
        for j in range(count):
            part = scattering[4 * i : 4 * i + 4, 4 * j : 4 * j + 4]
            moved = ahead[i][..., :2, :] @ part @ back[j][..., :, :2]
            total -= np.trace(moved, axis1=-2, axis2=-1).imag / np.pi
    return total


if __name__ == "__main__":
    sys.exit(main())
