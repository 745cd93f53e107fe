"""The plain, slow twins of the fast paths of the simulator."""

from functools import lru_cache
from itertools import product
from math import comb, factorial

import numpy as np


def real_space_hamiltonian(hamiltonian):
    """H(R, R') = 1/N sum_k exp(ik(R - R')) H(k) as one matrix over (y, x, component)."""
    return _real_space(hamiltonian.tobytes(), hamiltonian.dtype, hamiltonian.shape).copy()


@lru_cache(maxsize=8)
def _real_space(content, dtype, shape):
    hamiltonian = np.frombuffer(content, dtype).reshape(shape)
    ny, nx, n, _ = shape
    sites = list(product(range(ny), range(nx)))
    matrix = np.zeros((len(sites), n, len(sites), n), dtype=complex)
    for (i, (y1, x1)), (j, (y2, x2)) in product(enumerate(sites), repeat=2):
        for a, b in product(range(ny), range(nx)):
            phase = np.exp(2j * np.pi * (a * (y1 - y2) / ny + b * (x1 - x2) / nx))
            matrix[i, :, j, :] += phase * hamiltonian[a, b] / (ny * nx)
    return matrix.reshape(len(sites) * n, -1)


def density_by_diagonalisation(hamiltonian, impurities, energy, broadening, components, tip=None):
    """Local density of states of the whole lattice with impurities: every eigenstate as a Lorentzian.

    A tip adds the amplitudes of all sites, with the weights tip[y, x] at a displacement y, x (which wraps round).
    """
    ny, nx, n, _ = hamiltonian.shape
    matrix = real_space_hamiltonian(hamiltonian)
    for impurity in impurities:
        start = ((impurity.site[0] % ny) * nx + impurity.site[1] % nx) * n
        matrix[start : start + n, start : start + n] += impurity.potential
    levels, states = np.linalg.eigh(matrix)
    states = states.reshape(ny, nx, n, -1)
    if tip is not None:
        states = sum(tip[y, x] * np.roll(states, (y, x), axis=(0, 1)) for y, x in product(range(ny), range(nx)))
    weight = (np.abs(states) ** 2)[:, :, :components].sum(axis=2)
    density = np.zeros((ny, nx, len(energy)))
    for index, e in enumerate(energy):
        density[..., index] = weight @ (broadening / np.pi / ((e - levels) ** 2 + broadening**2))
    return density


def density_with_levels(hamiltonian, impurities, energy, broadening, tip=0.0):
    """Local density of states of a one-band lattice with static potentials and levels: every level is one more site.

    The tip reaches the sites around it with the weights of a Gaussian (around the periodic lattice), and a level with
    its direct amplitude times the same Gaussian, 1 above it.
    """
    ny, nx = hamiltonian.shape[:2]
    levels = [impurity for impurity in impurities if hasattr(impurity, "level")]
    size = ny * nx + len(levels)
    matrix = np.zeros((size, size), dtype=complex)
    matrix[: ny * nx, : ny * nx] = real_space_hamiltonian(hamiltonian)
    widths = np.full(size, broadening)
    sight = np.zeros((ny, nx, size))  # amplitude with which the tip above y, x reaches every site and level

    def gauss(y, x):
        return np.exp(-(y**2 + x**2) / (2 * tip**2)) if tip else float(y == x == 0)

    reach = int(np.ceil(5 * tip))
    for y, x, a, b in product(range(ny), range(nx), range(-reach, reach + 1), range(-reach, reach + 1)):
        sight[y, x, (y + a) % ny * nx + (x + b) % nx] += gauss(a, b)
    sight /= np.sqrt(sum(gauss(a, b) ** 2 for a, b in product(range(-reach, reach + 1), repeat=2)))
    for index, level in enumerate(levels, ny * nx):
        site = level.site[0] * nx + level.site[1]
        matrix[index, site] = matrix[site, index] = level.coupling
        matrix[index, index] = level.level
        widths[index] = broadening if level.width is None else level.width
        for y, x in product(range(ny), range(nx)):
            sight[y, x, index] = level.direct * gauss(y - level.site[0], x - level.site[1])
    for impurity in impurities:
        if not hasattr(impurity, "level"):
            site = impurity.site[0] * nx + impurity.site[1]
            matrix[site, site] += impurity.potential[0, 0]
    density = np.zeros((ny, nx, len(energy)))
    for index, e in enumerate(energy):
        greens = np.linalg.inv(np.diag(e + 1j * widths) - matrix)
        density[..., index] = -np.einsum("yxi,ij,yxj->yx", sight, greens, sight).imag / np.pi
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


def landau_orbital(n, m, x):
    """2 pi l^2 |psi_nm|^2 of a Landau level n and an angular momentum m >= -n, x = r^2 / (2 l^2), term by term."""
    k, a = min(n, n + m), abs(m)
    terms = [(-1) ** i * comb(k + a, k - i) / factorial(i) * x**i for i in range(k + 1)]
    return factorial(k) / factorial(k + a) * x**a * np.exp(-x) * sum(terms) ** 2


def landau_levels_by_summation(disorder, sites, potential, levels, grid, pitch, shape):
    """Local density of states of all resolved Landau levels: every guiding centre and angular momentum as a Lorentzian.

    The disorder has equal margins around the shape; the potential around each site is a function of the distance.
    """
    margin, length = (disorder.shape[0] - shape[0]) // 2, levels.magnetic_length
    density = np.zeros((*shape, len(grid)))
    r = np.linspace(0, 12 * length, 6001)
    for order in range(levels.resolved + 1):
        orbit = levels.orbit(order, pitch)
        reach = len(orbit) // 2
        window = [(a, b, orbit[a + reach, b + reach]) for a, b in product(range(-reach, reach + 1), repeat=2)]
        felt = {
            (y, x): sum(share * disorder[y + a + margin, x + b + margin] for a, b, share in window)
            for y, x in product(range(-reach, shape[0] + reach), range(-reach, shape[1] + reach))
        }

        def shares(distance, order=order):
            x = distance**2 / (2 * length**2)
            both = [(order, 0), (order - 1, 1)] if order else [(0, 0)]
            return [np.mean([landau_orbital(n, m + up, x) for n, up in both], axis=0) for m in range(-order, 12)]

        shifts = [np.trapezoid(share * potential(r) * r, r) / length**2 for share in shares(r)]
        for y, x in product(range(shape[0]), range(shape[1])):
            moves = [(1.0, 0.0)]
            for row, column in sites:
                parts = shares(pitch * np.hypot(y - row, x - column))
                alone = [*zip(parts, shifts, strict=True), (1 - sum(parts), 0.0)]
                moves = [(p * q, a + b) for (p, a), (q, b) in product(moves, alone) if p * q > 1e-5]
            centres = np.array([felt[y + a, x + b] for a, b, _ in window])
            weights = levels.weight * np.array([share for _, _, share in window])
            for n, (part, move) in product({order, -order}, moves):
                width = float(levels.width(n))
                off = grid[:, None] - float(levels.energy(n)) - centres - move
                density[y, x] += part * (width / np.pi / (off**2 + width**2)) @ weights
    return density
