import numpy as np
import pytest
import xarray as xr

import didymos
from didymos.stored.spectra import Part, StoredSpectra, fill_stored, rows_of


@pytest.fixture(scope="module")
def surface():
    return didymos.simulate.fese(shape=(20, 17), energies=40, seed=2)["spectra"].load()


CHUNKS = {
    "whole lines": {"y": 7},
    "parts of lines and energies": {"y": 6, "x": 5, "energy": 11},
    "one chunk": {},
}


@pytest.fixture(params=list(CHUNKS.values()), ids=list(CHUNKS))
def stored(request, surface, monkeypatch):
    monkeypatch.setattr("didymos.stored.spectra.READ_AT_ONCE", 4 * 17 * 40 * 3)
    return StoredSpectra(surface.chunk(request.param))


def matrix(surface):
    return surface.values.reshape(-1, surface.sizes["energy"])


@pytest.mark.parametrize(
    "rows", [slice(None), slice(3, 200, 7), np.array([339, 0, 0, 120]), np.array([[5, 6], [7, 339]])]
)
def test_rows_are_those_of_the_array(stored, surface, rows):
    np.testing.assert_array_equal(stored[rows], matrix(surface)[rows])
    some = np.arange(len(stored)) % 2 == 0
    np.testing.assert_array_equal(stored.selected(some)[:], matrix(surface)[some])
    np.testing.assert_array_equal(stored.selected(some).selected(np.arange(170) < 9)[:], matrix(surface)[some][:9])


def test_blocks_are_rows_in_order_with_what_is_beside_them(stored, surface):
    some = np.random.default_rng(0).random(len(stored)) < 0.3
    chosen, number = stored.selected(some), np.arange(some.sum())
    found = list(chosen.over_rows(lambda block, beside: (block.copy(), beside), 4, number))
    assert max(len(block) for _, (block, _) in found) == 4
    np.testing.assert_array_equal(np.concatenate([block for _, (block, _) in found]), matrix(surface)[some])
    np.testing.assert_array_equal(np.concatenate([beside for _, (_, beside) in found]), number)
    assert [row for rows, _ in found for row in range(len(number))[rows]] == number.tolist()


def test_scattered_points_are_rows_as_well(surface):
    points = surface.stack(point=("y", "x")).transpose("point", "energy").reset_index("point").drop_vars(["x", "y"])
    stored = StoredSpectra(points.chunk({"point": 50}))
    np.testing.assert_array_equal(stored[np.array([10, 300])], matrix(surface)[[10, 300]])


def test_a_map_in_memory_stays_an_array(surface):
    assert isinstance(rows_of(surface), np.ndarray)
    assert isinstance(rows_of(surface.chunk()), StoredSpectra)


def with_gaps(surface):
    values = surface.values.copy()
    rng = np.random.default_rng(1)
    values[rng.random(values.shape) < 0.01] = np.nan
    values[3, 5] = np.nan
    values[..., -2] = np.nan
    return surface.copy(data=values)


def analysed_twice(data, monkeypatch):
    monkeypatch.setattr("didymos.stored.spectra.READ_AT_ONCE", 4 * 17 * 40 * 3)
    settings = didymos.Settings(seed=1, members=2)
    return didymos.analyze(data, settings), didymos.analyze(data.chunk({"y": 6, "x": 9}), settings)


def test_an_analysis_is_the_same_wherever_the_map_lies(surface, monkeypatch):
    expected, found = analysed_twice(surface, monkeypatch)
    assert found["spectra"].chunks is not None
    assert set(found.variables) == set(expected.variables)
    for name, variable in expected.variables.items():
        if variable.dtype.kind == "f":
            size = float(np.nanmax(np.abs(variable.values), initial=1e-30))
            np.testing.assert_allclose(found[name].values, variable.values, rtol=1e-5, atol=1e-5 * size, err_msg=name)
        else:
            np.testing.assert_array_equal(found[name].values, variable.values, err_msg=name)


def test_a_stored_map_with_gaps_is_analysed_alike(surface, monkeypatch):
    # gaps are filled from some spectra at a time, so their values differ by a part of the noise
    expected, found = analysed_twice(with_gaps(surface), monkeypatch)
    np.testing.assert_array_equal(found["spectra"].values, expected["spectra"].values)
    known = np.isfinite(expected["score"].values)
    assert known.sum() == 339
    assert np.corrcoef(found["score"].values[known], expected["score"].values[known])[0, 1] > 0.99
    assert np.mean(found["region"].values == expected["region"].values) > 0.97
    note, same = (one.attrs["preparation_notes"].split(", with a standard error") for one in (found, expected))
    assert note[0] == same[0]


def test_gaps_of_stored_spectra_are_filled_as_in_memory(surface):
    values = surface.values.copy()
    values[np.random.default_rng(3).random(values.shape) < 0.005] = np.nan
    data = surface.copy(data=values)
    gaps = np.isnan(values.reshape(-1, 40)).any(axis=1)
    rows, columns = np.indices(data.shape[:2])
    positions = np.stack([rows.ravel(), columns.ravel()], axis=1).astype(float)
    filling, error = fill_stored(StoredSpectra(data.chunk({"y": 5})), gaps, np.ones(len(gaps), dtype=bool), positions)
    lacking = np.isnan(values.reshape(-1, 40))
    assert len(filling.values) == len(error) == lacking.sum()
    assert np.all(lacking[filling.rows, filling.energies])
    away = filling.values - surface.values.reshape(-1, 40)[filling.rows, filling.energies]
    noise = np.std(np.diff(surface.values, 2, axis=-1)) / np.sqrt(6)
    assert np.sqrt(np.mean(away**2)) < 3 * noise


def test_a_store_of_zarr_is_analysed_without_being_loaded(surface, tmp_path, monkeypatch):
    surface.to_dataset(name="spectra").chunk({"y": 4}).to_zarr(tmp_path / "map.zarr", consolidated=False)
    opened = xr.open_zarr(tmp_path / "map.zarr", consolidated=False)["spectra"]
    largest: list[int] = []

    def read(self):
        spectra = whole(self)
        largest.append(len(spectra))
        return spectra

    monkeypatch.setattr("didymos.stored.spectra.READ_AT_ONCE", 4 * 17 * 40 * 4)
    whole = Part.read
    monkeypatch.setattr(Part, "read", read)
    monkeypatch.setattr(xr.DataArray, "load", lambda self: pytest.fail("the map was loaded"))
    found = didymos.analyze(opened, seed=1, members=2)
    assert max(largest) < len(matrix(surface)) / 2
    assert found.attrs["distinct_population"] in (0, 1)
