"""The variables of a result that hold the average spectra of regions and kinds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.core.energies.energy_histogram import group_sums, means_and_stds_of
from didymos.core.numeric.rows import selected
from didymos.schema import SPECTRAL_REGIONS, Region
from didymos.workflow.dataset import Assembly
from didymos.workflow.phases import add_phases, phase_members
from didymos.workflow.points import Points
from didymos.workflow.regions import Regions

USUAL = SPECTRAL_REGIONS.index(Region.MAJORITY)


def add_averages(assembly: Assembly, regions: Regions, phase: NDArray[np.integer]) -> None:
    """Add the average spectra of regions, kinds and phases (the paper, Fig. 8a), and the phases.

    Parameters
    ----------
    assembly : Assembly
    regions : Regions
    phase : array of int, shape (n_usable,)
    """
    members = np.concatenate([_members(regions), phase_members(phase, regions.region)], axis=1)
    origin = assembly.moments.mean
    sums = group_sums(assembly.points.spectra, members, origin)
    named = members.shape[1] - int(phase.max(initial=1))
    _add(assembly, regions, sums[:, :named], origin)
    add_phases(assembly, phase, means_and_stds_of(sums[:, named:], origin)[0])


def total_sums(points: Points) -> NDArray[np.float64]:
    """Return what :func:`add_rare_averages` needs of all usable spectra, shape (3, n_energies): they are read once."""
    everything = np.ones((int(points.usable.sum()), 1), dtype=bool)
    return group_sums(points.spectra, everything, points.moments.mean)[:, 0]


def add_rare_averages(assembly: Assembly, regions: Regions, total: NDArray[np.float64]) -> None:
    """Add the average spectra of regions and kinds, and read only spectra outside the majority.

    The sums over the majority are those over all spectra less those over the other regions.

    Parameters
    ----------
    assembly : Assembly
    regions : Regions
    total : array, shape (3, n_energies)
        Of :func:`total_sums`.
    """
    origin = assembly.moments.mean
    rare = regions.region != Region.MAJORITY
    members = _members(regions)[rare]
    if rare.any():
        sums = group_sums(selected(assembly.points.spectra, rare), members, origin)
    else:
        sums = np.zeros((len(total), members.shape[1], total.shape[1]))
    sums[:, USUAL] = total - sums[:, : len(SPECTRAL_REGIONS)].sum(axis=1)
    _add(assembly, regions, sums, origin)


def _members(regions: Regions) -> NDArray[np.bool_]:
    """Return which spectra belong to which region and then to which kind, shape (n_usable, n_groups)."""
    kinds = np.arange(1, int(regions.kind.max(initial=0)) + 1)
    return np.concatenate(
        [
            regions.region[:, np.newaxis] == [int(region) for region in SPECTRAL_REGIONS],
            regions.kind[:, np.newaxis] == kinds,
        ],
        axis=1,
    )


def _add(assembly: Assembly, regions: Regions, sums: NDArray[np.float64], origin: NDArray[np.float64]) -> None:
    """Add averages and sizes of regions and kinds from the sums over them."""
    size = _members(regions).sum(axis=0).astype(np.int64)
    mean, spread = means_and_stds_of(sums, origin)
    count = len(SPECTRAL_REGIONS)
    assembly.add("region_spectrum", mean[:count])
    assembly.add("region_spectrum_std", spread[:count])
    assembly.add("region_size", size[:count])
    assembly.add("kind_spectrum", mean[count:])
    assembly.add("kind_size", size[count:])
    assembly.coordinate("kind_index", np.arange(1, len(size) - count + 1, dtype=np.int64))
    if regions.names:
        assembly.add("kind_name", np.array(regions.names, dtype=np.str_))
