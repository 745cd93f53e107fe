"""The variables of a result that hold its phases."""

from __future__ import annotations

import numpy as np

from didymos.core.energies.energy_histogram import means_and_stds
from didymos.schema import Region
from didymos.workflow.dataset import Assembly
from didymos.workflow.evidence import Evidence
from didymos.workflow.regions import Regions


def add_phases(assembly: Assembly, evidence: Evidence, regions: Regions) -> None:
    """Add the phase of every usable spectrum, and average spectrum and size of each phase.

    Parameters
    ----------
    assembly : Assembly
    evidence : Evidence
        With the phases.
    regions : Regions
        Only spectra of the majority are averaged; where a phase has none, all of the phase.
    """
    points, phase = assembly.points, evidence.phase
    numbers = np.arange(1, int(phase.max(initial=1)) + 1)
    common = regions.region == Region.MAJORITY
    averaged = np.where(common, phase, 0)
    for number in numbers:
        if not (averaged == number).any():
            averaged[phase == number] = number
    means = means_and_stds(points.spectra, averaged, numbers.tolist())[0]
    assembly.add("phase", points.spread(phase, points.usable, 0, np.int16))
    assembly.add("phase_spectrum", means, units=str(points.map.attrs.get("units", "")))
    assembly.add("phase_size", np.array([int((phase == number).sum()) for number in numbers], dtype=np.int64))
    assembly.coordinate("phase_index", numbers.astype(np.int64))
