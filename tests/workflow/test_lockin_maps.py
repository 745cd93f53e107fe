"""A grid whose lock-in signal is in the other quadrature: the defects are found whatever the phase was."""

import numpy as np
import pytest

from didymos import analyze, open_map
from didymos.io.nanonis.header import read_header

SHAPE, ENERGIES = (24, 24), 48
DEFECTS = ((7, 6), (17, 16))


def write_grid(path, phase):
    """Write a gap of a superconductor with two defects, the signal of the lock-in at a phase."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    bias = np.linspace(2e-3, -4e-3, ENERGIES)
    near = sum(np.exp(-((y - row) ** 2 + (x - column) ** 2) / 4) for row, column in DEFECTS)
    gap = 45 - 15 * np.exp(-((bias + 1e-3) ** 2) / 2 / 3e-4**2)
    signal = gap + 12 * near[..., None] * np.exp(-((bias + 1e-3) ** 2) / 2 / 2e-4**2)
    noise = rng.standard_normal((2, *SHAPE, ENERGIES))
    angle = np.radians(phase)
    channels = [signal * np.cos(angle) + noise[0], signal * np.sin(angle) + noise[1]]
    place = [(np.arange(count) + 0.5) / count * 2e-8 - 1e-8 for count in SHAPE[::-1]]
    parameters = np.zeros((*SHAPE, 4))
    parameters[..., 0], parameters[..., 1] = bias[0], bias[-1]
    parameters[..., 2], parameters[..., 3] = place[0], place[1][:, None]
    records = np.concatenate([parameters, *channels], axis=-1).astype(">f4")
    header = (
        f'Grid dim="{SHAPE[1]} x {SHAPE[0]}"\r\nGrid settings=0;0;2E-8;2E-8;0\r\nFiletype=Linear\r\n'
        'Sweep Signal="Bias (V)"\r\nFixed parameters="Sweep Start;Sweep End"\r\n'
        f'Experiment parameters="X (m);Y (m)"\r\n# Parameters (4 byte)=4\r\nExperiment size (bytes)={8 * ENERGIES}\r\n'
        f'Points={ENERGIES}\r\nChannels="DSP Lockin-X (%);DSP Lockin-Y (%)"\r\n:HEADER_END:\r\n'
    )
    path.write_bytes(header.encode() + records.tobytes())
    assert read_header(path).points == ENERGIES
    return path, near > 0.5


@pytest.mark.parametrize(("phase", "wanted"), [(91.0, None), (50.0, "auto"), (0.0, None)])
def test_the_defects_are_found_whatever_the_phase(tmp_path, phase, wanted):
    path, truth = write_grid(tmp_path / "grid.3ds", phase)
    spectra = open_map(path, lockin_phase=wanted)
    result = analyze(spectra, members=1, seed=1)
    assert result.attrs["distinct_population"] == 1
    minority = result["region"].values == 2
    assert minority[DEFECTS[0]]
    assert minority[DEFECTS[1]]
    assert (minority & truth).sum() >= 0.6 * truth.sum()
    assert not (minority & ~truth).sum() > 2
