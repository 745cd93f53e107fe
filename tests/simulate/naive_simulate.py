"""The plain, slow twins of the fast paths of the simulator."""

from itertools import product

import numpy as np


def real_space_hamiltonian(hamiltonian):
    """H(R, R') = 1/N sum_k exp(ik(R - R')) H(k) as one matrix over (y, x, component)."""
    ny, nx, n, _ = hamiltonian.shape
    sites = list(product(range(ny), range(nx)))
    matrix = np.zeros((len(sites), n, len(sites), n), dtype=complex)
    for (i, (y1, x1)), (j, (y2, x2)) in product(enumerate(sites), repeat=2):
        for a, b in product(range(ny), range(nx)):
            phase = np.exp(2j * np.pi * (a * (y1 - y2) / ny + b * (x1 - x2) / nx))
            matrix[i, :, j, :] += phase * hamiltonian[a, b] / (ny * nx)
    return matrix.reshape(len(sites) * n, -1)


def density_by_diagonalisation(hamiltonian, impurities, energy, broadening, components):
    """Local density of states of the whole lattice with impurities: every eigenstate as a Lorentzian."""
    ny, nx, n, _ = hamiltonian.shape
    matrix = real_space_hamiltonian(hamiltonian)
    for impurity in impurities:
        start = ((impurity.site[0] % ny) * nx + impurity.site[1] % nx) * n
        matrix[start : start + n, start : start + n] += impurity.potential
    levels, states = np.linalg.eigh(matrix)
    weight = (np.abs(states) ** 2).reshape(ny, nx, n, -1)[:, :, :components].sum(axis=2)
    density = np.zeros((ny, nx, len(energy)))
    for index, e in enumerate(energy):
        density[..., index] = weight @ (broadening / np.pi / ((e - levels) ** 2 + broadening**2))
    return density


def greens_function_by_inversion(hamiltonian, energy, broadening):
    """G(R) = 1/N sum_k exp(ikR) [E + i eta - H(k)]^-1, loop by loop."""
    ny, nx, n, _ = hamiltonian.shape
    greens = np.zeros((n, n, ny, nx), dtype=complex)
    for y, x, a, b in product(range(ny), range(nx), range(ny), range(nx)):
        phase = np.exp(2j * np.pi * (a * y / ny + b * x / nx))
        resolvent = np.linalg.inv((energy + 1j * broadening) * np.eye(n) - hamiltonian[a, b])
        greens[:, :, y, x] += phase * resolvent / (ny * nx)
    return greens


def measured_by_integration(density, energy, temperature, modulation):
    """dI/dV of a function rho(E): both convolutions as one fine double sum."""
    thermal = 0.0861733326 * temperature
    w = np.linspace(-20 * thermal, 20 * thermal, 801)
    fermi = 1 / (4 * thermal) / np.cosh(w / (2 * thermal)) ** 2 * (w[1] - w[0])
    phase = np.pi * (np.arange(200) + 0.5) / 200
    circle = 2 / 200 * np.sin(phase) ** 2
    v = np.sqrt(2) * modulation * np.cos(phase)
    return np.array([np.sum(fermi[:, None] * circle * density(e + w[:, None] + v)) for e in energy])
