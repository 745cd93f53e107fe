"""Maps of strange shapes, and settings away from their defaults."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from didymos import InputError, Settings, analyze, open_map, plots, save_result, spectral_map
from didymos.simulate import fese

SMALL = Settings(members=2)
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def noise_map(rows, columns, energies=16, seed=0):
    rng = np.random.default_rng(seed)
    values = 1 + np.linspace(0, 1, energies) + rng.normal(scale=0.1, size=(rows, columns, energies))
    return spectral_map(values, np.linspace(-10, 10, energies))


def refused(data, settings=SMALL):
    with pytest.raises(InputError) as caught:
        analyze(data, settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_map_of_three_by_three_is_analysed():
    found = analyze(noise_map(3, 3), SMALL)
    assert found["score"].shape == (3, 3)
    assert np.isfinite(found["score"].values).all()
    assert found.attrs["distinct_population"] == 0
    assert found["distance_histogram"].sum() == 36


@pytest.mark.parametrize("across", [False, True])
def test_a_line_is_a_map_with_one_row_or_column(across):
    line = noise_map(1, 40)
    line[0, 20:23] += 3.0 * np.exp(-((line["energy"] / 4) ** 2))  # thirty times the noise, too smooth for a jump
    data = line.transpose("x", "y", "energy").rename(x="y", y="x") if across else line
    found = analyze(data, SMALL)
    assert found["score"].shape == ((40, 1) if across else (1, 40))
    score = found["score"].values.ravel()
    assert score[20:23].min() >= np.delete(score, [20, 21, 22]).max()
    assert found["region"].values.ravel().min() >= 0


def test_too_little_is_refused():
    assert "1 of 1 spectra are usable" in refused(noise_map(1, 1))
    few = noise_map(4, 4)
    few[1:] = np.nan
    assert "4 of 16 spectra are usable (12 missing" in refused(few)
    assert "at least 8" in refused(noise_map(1, 7))
    assert "3 are needed" in refused(noise_map(4, 4, energies=2))


def test_identical_spectra_are_refused():
    data = noise_map(5, 5)
    data[...] = data[0, 0]
    assert "all spectra are identical" in refused(data)


def test_what_is_no_map_is_refused():
    assert "list" in refused([[1.0, 2.0]])
    assert "dims" in refused(noise_map(3, 3).rename(x="column"))
    assert "spectra" in refused(noise_map(3, 3).to_dataset(name="map"))


def test_a_point_without_a_position_is_refused_unless_it_is_missing():
    values = noise_map(5, 5).values.reshape(25, 16)
    x, y = np.meshgrid(np.arange(5.0), np.arange(5.0))
    x, y = x.ravel(), y.ravel()
    x[7] = np.nan
    assert "no position" in refused(spectral_map(values, np.arange(16.0), x=x, y=y))
    values[7] = np.nan
    found = analyze(spectral_map(values, np.arange(16.0), x=x, y=y), SMALL)
    assert np.flatnonzero(found["region"].values == -1).tolist() == [7]


def test_an_iso_energy_out_of_the_range_is_refused():
    message = refused(noise_map(3, 3), Settings(members=2, iso_energy=200.0))
    assert "200" in message
    assert "-10 to 10" in message


def test_an_energy_range_beside_the_map_is_refused():
    assert "50 to 60 mV, which holds 0 of 16 energies; the map spans -10 to 10 mV" in refused(
        noise_map(3, 3), Settings(energy_range=(50.0, 60.0))
    )


@pytest.fixture(scope="module")
def otherwise():
    settings = Settings(
        members=1,
        metric="euclidean",
        threshold=3.0,
        energy_range=(-10.0, 12.0),
        iso_energy=2.0,
        layers=(4, 3),
        score_layers=(3, 1),
    )
    return analyze(fese(shape=(24, 24), energies=48, seed=0), settings)


def test_settings_are_honoured(otherwise, tmp_path):
    found = otherwise
    energy = found["energy"].values
    assert (energy[0] >= -10, energy[-1] <= 12, len(energy)) == (True, True, 35)
    assert (found.attrs["metric"], found.attrs["distance_threshold"]) == ("euclidean", 3.0)
    assert abs(found["iso_energy_label"].attrs["energy"] - 2.0) <= np.diff(energy).max() / 2
    level = found["iso_energy_label"].attrs["level"]
    slice_ = found["spectra"].sel(energy=2.0, method="nearest").values
    assert np.array_equal(found["iso_energy_label"].values == 1, slice_ > level)
    assert found["embedding"].shape == (24, 24, 3)
    assert found.attrs["distinct_population"] == 1
    save_result(found, tmp_path / "results.nc")
    assert (tmp_path / "results.nc").stat().st_size > 0
    # those that show what was set
    for name in ("embedding", "iso_energy", "distance_statistics"):
        plots.FIGURES[name].figure(found).draw_without_rendering()


@pytest.mark.slow
def test_every_figure_can_be_drawn_with_other_settings(otherwise):
    for entry in plots.available(otherwise).values():
        entry.figure(otherwise).draw_without_rendering()


@pytest.mark.real_data
@pytest.mark.skipif(not DATA.is_dir(), reason=f"the real measurements are not at {DATA}")
def test_the_real_grid_has_eight_clipped_points():
    found = analyze(open_map(DATA / "SciFiDatasets" / "NanonisReader_STS_grid_lockin.3ds"), SMALL)
    assert found["score"].shape == (30, 30)
    assert np.count_nonzero(found["region"].values == 3) == 8
    assert found["region_size"].sum() == 892


@pytest.mark.real_data
@pytest.mark.skipif(not DATA.is_dir(), reason=f"the real measurements are not at {DATA}")
def test_the_real_grid_of_six_by_five_runs():
    found = analyze(open_map(DATA / "empa-spmpy" / "sim_fwd_bwd_5x6.3ds"), SMALL)
    assert found["score"].shape == (6, 5)
    assert np.isfinite(found["score"].values).all()


def test_a_first_analysis_that_finds_defects_before_jax_is_imported():
    # SciPy looks into JAX where it is loaded: half an import in another thread must not reach it
    code = """
import didymos
surface = didymos.simulate.fese(shape=(20, 20), energies=32, lifetime=4.0)
result = didymos.analyze(surface, members=1, layers=(4, 2), score_layers=(3, 1), progress=False)
assert result.attrs["distinct_population"] == 1
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
