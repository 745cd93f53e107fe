"""Corrupted spectra are found before a step changes what shows them, and stay known."""

import numpy as np
import pytest
import xarray as xr
from prepared_maps import a_map, conductance

import didymos
from didymos import InputError, open_map, preparing
from didymos.io import save_map
from didymos.preparing import PreparingSettings
from didymos.schema import Region
from didymos.simulate import fese
from didymos.workflow import Settings, prepare

CHANGES = ({"smooth": 7}, {"bin_energy": 2}, {"align": True}, {"background": "als"}, {"normalise": "area"},
           {"normalise": "maximum"}, {"smooth": 5, "bin_energy": 3})  # fmt: skip
LOST = "Which spectra are corrupted was not kept"


@pytest.fixture(scope="module")
def rough():
    return fese(shape=(24, 24), energies=96, seed=11, defects=3, corrupted=0.03)


@pytest.fixture(scope="module")
def corrupted(rough):
    return prepare(rough).artefacts


@pytest.mark.parametrize("options", CHANGES, ids=str)
def test_no_step_hides_a_corrupted_spectrum(rough, corrupted, options):
    points = prepare(rough, Settings(preparing=PreparingSettings(**options)))
    assert (corrupted > 0).sum() > 10
    assert np.array_equal(points.artefacts > 0, corrupted > 0)
    assert not points.usable[corrupted > 0].any()
    assert not points.missing.any()  # nothing may be left of a dead spectrum, but it was measured
    assert not any(note.startswith(LOST) for note in points.notes)


def test_spectra_whose_spikes_are_gone_take_part_and_tip_changes_do_not(rough, corrupted):
    points = prepare(rough, Settings(preparing=PreparingSettings(despike=True, smooth=5)))
    cause = rough.truth_artefact.values.ravel()
    repaired = (corrupted > 0) & (points.artefacts == 0)
    assert repaired.any()
    assert set(cause[repaired]) == {3}  # spikes
    assert points.usable[repaired].all()


def test_corrupted_spectra_are_left_out_of_averages():
    spectra = conductance((8, 8)) + np.random.default_rng(3).normal(0, 0.02, (8, 8, 81))
    flat = spectra.copy()
    flat[2, 3], flat[4:6, 6:8] = 7.0, 7.0  # one of four, and a whole bin
    found = preparing.bin_map(a_map(flat), 2)
    assert "1 corrupted spectrum left out of them" in found.attrs["preparation"]
    marks = found.artefact.values
    assert marks.dtype == np.int8
    assert np.argwhere(marks > 0).tolist() == [[2, 3]]
    own = spectra[2:4, 2:4].reshape(4, -1)[[0, 2, 3]].mean(axis=0)
    np.testing.assert_allclose(found.values[1, 1], own, rtol=1e-5)
    others = np.delete(preparing.bin_map(a_map(spectra), 2).values.reshape(16, -1), [5, 11], axis=0)
    np.testing.assert_allclose(np.delete(found.values.reshape(16, -1), [5, 11], axis=0), others)


@pytest.mark.parametrize("scattered", [False, True])
def test_a_map_in_chunks_has_the_same_marks(scattered):
    spectra = conductance() + np.random.default_rng(3).normal(0, 0.02, (10, 12, 81))
    spectra[3, 4, 30:] *= 3
    spectra[7, 1] = 0.5
    data = a_map(spectra, scattered=scattered)
    marked = preparing.mark_artefacts(data)
    assert (marked.artefact > 0).sum() == 2
    chunked = preparing.mark_artefacts(data.chunk(dict.fromkeys(data.dims[:-1], 5)))
    assert np.array_equal(chunked.artefact.values, marked.artefact.values)
    assert preparing.mark_artefacts(marked).identical(marked)


def test_what_is_masked_is_missing_and_not_corrupted():
    spectra = conductance()
    spectra[3, 4] = 0.5
    marked = preparing.mark_artefacts(a_map(spectra))
    assert int(marked.artefact[3, 4]) > 0
    kept = np.ones((10, 12), dtype=bool)
    kept[3, 4] = False
    assert (preparing.mask(marked, kept).artefact == 0).all()


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_a_file_keeps_them(rough, corrupted, tmp_path, suffix):
    smooth = preparing.prepared(rough, PreparingSettings(smooth=7))
    save_map(smooth, tmp_path / f"smooth{suffix}")
    again = open_map(tmp_path / f"smooth{suffix}")
    assert np.array_equal(prepare(again).artefacts, prepare(smooth).artefacts)
    assert np.array_equal(prepare(again).artefacts > 0, corrupted > 0)


def test_a_result_keeps_them_and_an_analysis_of_it_takes_them(rough, corrupted):
    result = didymos.analyze(rough, seed=1, members=1, preparing={"smooth": 7})
    assert np.array_equal(result.region.values.ravel() == Region.ARTEFACT, corrupted > 0)
    assert result.artefact.attrs["flag_meanings"] == "non_finite constant clipped jump"
    again = prepare(result, Settings(preparing=PreparingSettings(smooth=7)))
    assert np.array_equal(again.artefacts > 0, corrupted > 0)


def test_a_comparison_takes_them(rough, corrupted):
    found = didymos.compare(rough, methods=["pca"], preparing=PreparingSettings(align=True, smooth=5))
    assert np.array_equal(found.region.values.ravel() == Region.ARTEFACT, corrupted > 0)
    assert np.array_equal(found.artefact.values.ravel() > 0, corrupted > 0)
    assert found.energy_shift.attrs["units"] == found.energy.attrs["units"]


def test_a_prepared_map_without_them_says_so(rough):
    smooth = preparing.smooth(rough, 7).drop_vars("artefact")
    assert any(note.startswith(LOST) for note in prepare(smooth).notes)
    assert not any(note.startswith(LOST) for note in prepare(preparing.smooth(rough, 7)).notes)


def test_a_map_of_nothing_has_none():
    empty = xr.full_like(a_map(conductance()), np.nan)
    assert (preparing.mark_artefacts(empty).artefact == 0).all()
    with pytest.raises(InputError, match="is a list"):
        preparing.mark_artefacts([1.0])  # type: ignore[arg-type]
