"""A truth from every kind of file, where its first row belongs, and what is refused."""

import matplotlib.image
import numpy as np
import pytest
import xarray as xr

from didymos.io import open_map, open_truth, save_result
from didymos.io.truth import as_truth, simulated_truth
from didymos.schema import InputError, spectral_map
from didymos.simulate import polynomials

MARKED = np.array([[1, 0, 0, 0], [0, 0, 0, 1], [0, 1, 1, 0]])
"""No turn or flip of it is the same."""


def a_map(shape=(3, 4)):
    values = np.random.default_rng(0).normal(size=(*shape, 5))
    return spectral_map(values, np.arange(5.0), y=np.arange(shape[0]) if len(shape) == 2 else None)


def refused(call, *arguments):
    with pytest.raises(InputError) as caught:
        call(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def write(folder, kind, values):
    path = folder / f"Maske µ.{kind}"
    if kind == "npy":
        np.save(path, values)
    elif kind == "csv":
        np.savetxt(path, values, delimiter=",", fmt="%g")
    elif kind == "txt":
        np.savetxt(path, values, fmt="%g")
    elif kind == "png":
        matplotlib.image.imsave(path, np.asarray(values, dtype=float), cmap="gray", vmin=0, vmax=1)
    else:
        xr.Dataset({"truth": (("y", "x"), values)}).to_netcdf(path, engine="h5netcdf")
    return path


@pytest.mark.parametrize("kind", ["npy", "csv", "txt", "png", "nc"])
def test_every_format_gives_the_same_truth_first_row_first(tmp_path, kind):
    truth = open_truth(write(tmp_path, kind, MARKED), a_map())
    assert truth.dims == ("y", "x")
    assert truth.dtype == np.int8
    assert truth.attrs["source"] == f"Maske µ.{kind}"
    assert np.array_equal(truth, MARKED)
    assert np.array_equal(truth.isel(y=0), MARKED[0])


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float32])
def test_truth_values_and_numbers_mean_the_same(tmp_path, dtype):
    np.save(tmp_path / "a.npy", MARKED.astype(dtype))
    assert np.array_equal(open_truth(tmp_path / "a.npy", a_map()), MARKED)


@pytest.mark.parametrize("kind", ["npy", "csv", "txt"])
def test_nan_and_minus_one_do_not_count(tmp_path, kind):
    values = MARKED.astype(float)
    values[0, 0], values[2, 3] = np.nan, -1
    truth = open_truth(write(tmp_path, kind, values), a_map())
    assert np.argwhere(truth.values == -1).tolist() == [[0, 0], [2, 3]]
    assert truth.values[1, 3] == 1


@pytest.mark.parametrize("separator", [",", ", ", ";", "\t", " "])
def test_numbers_may_be_parted_in_any_usual_way(tmp_path, separator):
    lines = [separator.join(map(str, row)) for row in MARKED]
    (tmp_path / "a.csv").write_text("\ufeff" + "\n".join(lines) + "\n", encoding="utf-8")
    assert np.array_equal(open_truth(tmp_path / "a.csv", a_map()), MARKED)


@pytest.mark.parametrize("colour", [(1, 1, 1, 1), (1, 0, 0, 1), (0, 0.6, 0, 0.1)])
def test_any_bright_colour_of_an_image_is_a_defect_and_transparency_does_not_count(tmp_path, colour):
    image = np.zeros((3, 4, 4))
    image[..., :3] = 0.4
    image[..., 3] = (MARKED == 0).astype(float)
    image[MARKED == 1] = colour
    matplotlib.image.imsave(tmp_path / "a.png", image)
    assert np.array_equal(open_truth(tmp_path / "a.png", a_map()), MARKED)


def test_the_names_of_the_dims_decide_over_their_order():
    turned = xr.DataArray(MARKED.T, dims=("x", "y"))
    assert np.array_equal(as_truth(turned, a_map(), ""), MARKED)


def test_scattered_spectra_take_a_row_a_column_or_a_list(tmp_path):
    flat = MARKED.ravel()
    for number, values in enumerate((flat, flat[:, np.newaxis], flat[np.newaxis])):
        np.savetxt(tmp_path / f"{number}.csv", values, delimiter=",", fmt="%d")
        truth = open_truth(tmp_path / f"{number}.csv", a_map((12,)))
        assert truth.dims == ("point",)
        assert np.array_equal(truth, flat)


def test_a_single_variable_that_fits_needs_no_name(tmp_path):
    dataset = xr.Dataset({"mask": (("x", "y"), MARKED.T), "spectrum": ("energy", np.zeros(5))})
    dataset.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    assert np.array_equal(open_truth(tmp_path / "a.nc", a_map()), MARKED)
    dataset.assign(other=dataset["mask"]).to_netcdf(tmp_path / "b.nc", engine="h5netcdf")
    assert "mask, other" in refused(open_truth, tmp_path / "b.nc", a_map())


def test_a_simulation_carries_its_truth_in_memory_and_through_a_file(tmp_path):
    surface = polynomials(shape=(9, 8), energies=12, seed=3, corrupted=0.1)
    amplitude, corrupted = surface["truth_amplitude"].values, surface["truth_artefact"].values != 0
    truth = simulated_truth(surface)
    assert truth is not None
    assert corrupted.any()
    assert np.array_equal(truth == 1, (amplitude > 0.5) & ~corrupted)
    assert np.array_equal(truth == 0, (amplitude < 0.02) & ~corrupted)
    path = save_result(surface, tmp_path / "surface.nc")
    opened = simulated_truth(open_map(path))
    assert opened is not None
    assert np.array_equal(opened, truth)
    assert np.array_equal(open_truth(path, surface), truth)
    assert simulated_truth(surface["spectra"].drop_vars("truth_amplitude", errors="ignore")) is None


def test_a_truth_of_another_shape_names_both(tmp_path):
    np.save(tmp_path / "a.npy", MARKED.T)
    text = refused(open_truth, tmp_path / "a.npy", a_map())
    assert "(4, 3)" in text
    assert "(3, 4)" in text
    matplotlib.image.imsave(tmp_path / "a.png", np.zeros((5, 7)))
    assert "(5, 7)" in refused(open_truth, tmp_path / "a.png", a_map())


@pytest.mark.parametrize("value", [2, 0.5, -2, 255, np.inf])
def test_other_values_are_refused(tmp_path, value):
    values = MARKED.astype(float)
    values[1, 1] = value
    assert f"holds {value:g}" in refused(open_truth, write(tmp_path, "csv", values), a_map())


def test_damaged_and_unknown_files_are_refused(tmp_path):
    (tmp_path / "a.mat").write_bytes(b"")
    assert ".npy, .csv, .txt, .png, .nc" in refused(open_truth, tmp_path / "a.mat", a_map())
    for kind in ("npy", "csv", "txt", "png", "nc"):
        path = tmp_path / f"a.{kind}"
        assert f"a.{kind}" in refused(open_truth, path, a_map())
        path.write_bytes(b"x,y\n1")
        assert f"a.{kind}" in refused(open_truth, path, a_map())
        path.write_bytes(b"")
        assert f"a.{kind}" in refused(open_truth, path, a_map())


def test_objects_are_not_unpickled(tmp_path):
    np.save(tmp_path / "a.npy", np.array([[{}]], dtype=object), allow_pickle=True)
    assert "a.npy" in refused(open_truth, tmp_path / "a.npy", a_map())


def test_words_are_refused():
    assert "numbers" in refused(as_truth, np.full((3, 4), "yes"), a_map(), "given")
