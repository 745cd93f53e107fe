"""What can be asked of a grid when it is opened: sweeps, directions, the regulated signal, heights, energies."""

import numpy as np
import pytest
import xarray as xr
from nanonis_writer import GridFile

from didymos import open_map
from didymos.core.preparation.photon_energy import photon_energy
from didymos.io.topography import constant_height
from didymos.schema import InputError, spectral_map

SWEEPS = ("Current [00001] (A)", "Current [00002] (A)", "Current [00003] (A)", "Current [00001] [bwd] (A)",
          "Current [00002] [bwd] (A)", "Current [00003] [bwd] (A)")  # fmt: skip


def test_repeated_sweeps_are_averaged(tmp_path):
    grid = GridFile(channels=SWEEPS, sweep_signal="Z (m)")
    grid.spectra[1, 2, 0, 3] = np.nan
    path = grid.write(tmp_path / "grid.3ds")
    assert open_map(path).attrs["channel"] == SWEEPS[0]
    array = open_map(path, average_sweeps=True)
    np.testing.assert_allclose(array.values, np.nanmean(grid.spectra[:, :, :3], axis=2), rtol=1e-6)
    assert array.attrs["sweeps"] == f"average of {', '.join(SWEEPS[:3])}"
    both = open_map(path, average_sweeps=True, average_backward=True)
    np.testing.assert_allclose(both.values, np.nanmean(grid.spectra, axis=2), rtol=1e-6)
    np.testing.assert_array_equal(open_map(path, average_sweeps=True, lazy=True).values, array.values)


def test_a_single_sweep_has_nothing_to_average(tmp_path):
    path = GridFile().write(tmp_path / "grid.3ds")
    with pytest.raises(InputError, match=r"grid\.3ds: there are no repeated sweeps of 'LI Demod 1 X \(A\)'"):
        open_map(path, average_sweeps=True)


def test_a_set_point_in_hertz_points_to_the_frequency_shift(tmp_path):
    channels = ("Current (A)", "LI Demod 1 X (A)", "OC M1 Freq. Shift (Hz)", "OC M1 Freq. Shift [bwd] (Hz)")
    grid = GridFile(channels=channels, header={"Z-Controller>Setpoint unit": "Hz"})
    array = open_map(grid.write(tmp_path / "grid.3ds"))
    assert (array.attrs["channel"], array.attrs["units"]) == ("OC M1 Freq. Shift (Hz)", "Hz")
    assert "set point in Hz" in array.attrs["channel_rule"]
    other = GridFile(channels=channels, header={"Z-Controller>Setpoint unit": "A"})
    assert open_map(other.write(tmp_path / "grid.3ds")).attrs["channel"] == "LI Demod 1 X (A)"


def test_a_constant_height_is_no_topography(tmp_path):
    grid = GridFile()
    grid.height[:] = -1.1132e-8
    array = open_map(grid.write(tmp_path / "grid.3ds"))
    assert "topography" not in array.coords
    assert array.attrs["topography_note"] == "The height is constant, -11.13 nm: there is no topography."
    again = spectral_map(np.ones((2, 2, 3)), np.arange(3.0), coords={"topography": (np.full((2, 2), 2.0), "nm")})
    again.to_netcdf(tmp_path / "map.nc", engine="h5netcdf")
    assert open_map(tmp_path / "map.nc").attrs["topography_note"].startswith("The height is constant, 2 nm")


def test_heights_that_differ_by_rounding_alone_are_constant():
    height = np.float32(-1.1132e-8) * np.ones(9)
    height[3] = np.nextafter(np.float32(height[0]), np.float32(0))
    assert constant_height(height) is not None
    height[3] += 1e-13
    assert constant_height(height) is None
    assert constant_height(np.array([np.nan, 1.0])) is None
    assert constant_height(np.array([np.nan])) == "No height was recorded: there is no topography."


def wavelengths(units, factor=1.0):
    nanometres = np.linspace(400, 800, 201)
    spectra = np.exp(-(((nanometres - 600) / 30) ** 2)) * np.array([1.0, 2.0])[:, None, None]
    array = spectral_map(spectra, nanometres * factor, energy_units=units, signal_units="counts/nm")
    return nanometres, array


@pytest.mark.parametrize(("units", "factor"), [("nm", 1.0), ("um", 1e-3), ("m", 1e-9)])
def test_wavelengths_become_photon_energies_and_the_area_stays(tmp_path, units, factor):
    nanometres, array = wavelengths(units, factor)
    array.to_netcdf(tmp_path / "map.nc", engine="h5netcdf")
    turned = open_map(tmp_path / "map.nc", photon_energy=True)
    assert turned.energy.attrs["units"] == "eV"
    np.testing.assert_allclose(turned.energy.values[[0, -1]], [1239.841984 / 800, 1239.841984 / 400], rtol=1e-8)
    areas = np.trapezoid(turned.values, turned.energy.values, axis=-1)
    np.testing.assert_allclose(areas, np.trapezoid(array.values, nanometres, axis=-1), rtol=2e-4)
    assert turned.attrs["units"] == "counts/nm nm/eV"
    few = open_map(tmp_path / "map.nc", photon_energy=True, energy_range=(2.0, 2.2))
    assert (few.energy.values.min() >= 2.0) & (few.energy.values.max() <= 2.2)


def test_what_is_no_wavelength_becomes_no_photon_energy(tmp_path):
    spectral_map(np.ones((2, 2, 3)), np.arange(3.0)).to_netcdf(tmp_path / "map.nc", engine="h5netcdf")
    with pytest.raises(InputError, match=r"^photon_energy needs wavelengths .* 0 to 2 mV"):
        open_map(tmp_path / "map.nc", photon_energy=True)


def test_a_photon_energy_by_hand():
    energy, jacobian = photon_energy(np.array([1239.841984332]))
    np.testing.assert_allclose([energy[0], jacobian[0]], [1.0, 1239.841984332])


def test_an_engine_of_xarray(tmp_path):
    grid = GridFile()
    path = grid.write(tmp_path / "grid.3ds")
    with xr.open_dataset(path, engine="didymos") as dataset:
        np.testing.assert_array_equal(dataset.spectra.values, grid.spectra[:, :, 1])
        for index, name in enumerate(grid.channels):
            np.testing.assert_array_equal(dataset[name].values, grid.spectra[:, :, index])
            assert dataset[name].attrs["units"] == "A"
        assert dataset.topography.dims == ("y", "x")
        assert dataset.attrs["channel"] == "LI Demod 1 X (A)"
    assert xr.backends.list_engines()["didymos"].guess_can_open(path)
    assert not xr.backends.list_engines()["didymos"].guess_can_open("map.nc")
    with xr.open_dataset(path, engine="didymos", channel="Current", drop_variables=["topography"]) as dataset:
        np.testing.assert_array_equal(dataset.spectra.values, grid.spectra[:, :, 0])
        assert "topography" not in dataset.variables


@pytest.mark.parametrize("wrong", ["low", (1,), (1, 2, 3), ("a", "b"), None])
def test_a_range_of_energies_is_two_numbers(tmp_path, wrong):
    path = GridFile().write(tmp_path / "grid.3ds")
    if wrong is None:
        assert open_map(path, energy_range=None).sizes["energy"] == 8
        return
    with pytest.raises(InputError, match=r"^energy_range is .*; allowed are a lowest and a highest energy"):
        open_map(path, energy_range=wrong)
