"""What is left out where values are missing, in words."""

import numpy as np
import xarray as xr

from didymos.core.preparation.coverage import find_coverage
from didymos.io.coverage import coverage_notes
from didymos.io.info import file_info
from didymos.schema import spectral_map


def notes(values, units="nm", first=500.0, last=700.0):
    energy = xr.DataArray(np.linspace(first, last, values.shape[1]), dims="energy", attrs={"units": units})
    return coverage_notes(energy, find_coverage(values))


def spectra(points=40, energies=81):
    rng = np.random.default_rng(0)
    return np.sin(np.arange(energies) / 15) + 0.01 * rng.normal(size=(points, energies))


def test_a_whole_map_needs_no_words():
    assert notes(spectra()) == ()


def test_an_energy_that_is_missing_everywhere():
    values = spectra()
    values[:, 32] = np.nan
    assert notes(values) == ("1 of 81 energies is missing in all spectra and is left out: 580 nm.",)


def test_several_runs_of_energies():
    values = spectra()
    values[:, [10, 12, 13, 20, 30, 40]] = np.nan
    values[:25, 60] = np.inf
    assert notes(values, "V", 0, 8) == (
        "6 of 81 energies are missing in all spectra and are left out: 1 V, 1.2 to 1.3 V, 2 V and 2 further runs.",
        "1 of 81 energies is missing in more than half of the spectra and is left out: 6 V.",
    )


def test_sweeps_that_stop_early_in_lengths():
    values = spectra()
    stops = np.repeat([50, 55, 60, 70], 10)
    values[np.arange(81) >= stops[:, np.newaxis]] = np.nan
    assert notes(values, "m", 0.0, 80e-9) == (
        "The sweeps end between 49 and 69 nm: 0 to 49 nm, the range that all spectra cover, is analysed; energy_range "
        "takes another.",
    )


def test_sweeps_of_which_some_are_too_short():
    values = spectra()
    values[:18, 70:] = np.nan
    values[0, 20:] = np.nan
    said = notes(values, "", 0, 80)
    assert said[0] == (
        "The sweeps end between 19 and 80: 0 to 69, the range that 97.5 % of the spectra cover, is analysed; "
        "energy_range takes another."
    )
    assert said[1].startswith("1 spectrum lacks more than half of the values or more than ")
    assert said[1].endswith(" in a row at the energies analysed and takes no part (region artefact).")
    assert len(said) == 2


def test_info_says_what_an_analysis_leaves_out_and_fills():
    values = spectra(36)
    values[:, 32] = np.nan
    values[3, 7], values[5, 70] = np.nan, np.nan
    array = spectral_map(values.reshape(6, 6, 81), np.linspace(500, 700, 81), energy_units="nm")
    info = file_info(array, file="a.nc", format_name="netCDF", size=1, channels=())
    assert info.notes == (
        "1 of 81 energies is missing in all spectra and is left out: 580 nm.",
        "2 spectra have single gaps, which are filled.",
    )
    assert ("analysis", info.notes[0]) in info.rows()
    assert ("", info.notes[1]) in info.rows()
    assert file_info(array[..., :20], file="a.nc", format_name="netCDF", size=1, channels=()).notes == (
        "1 spectrum has single gaps, which are filled.",
    )
