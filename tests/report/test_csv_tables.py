import csv
import locale

import numpy as np
import pytest
import xarray as xr
from result_builder import build_result

from didymos.report import write_tables
from didymos.report.csv_files import Table, write_table

LAYOUTS = ("image", "points", "row", "pixel")


def read_table(path):
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    return header, [list(column) for column in zip(*rows, strict=True)]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    result = build_result("image")
    result["score"] = result["score"].astype(np.float32)
    folder = tmp_path_factory.mktemp("tables")
    return result, {path.stem: path for path in write_tables(result, folder)}


def test_all_tables_are_there(written):
    expected = {"region_spectra", "regions", "scores", "pca", "distance_histogram", "log_distance_histogram"}
    expected |= {"distance_moments", "distance_quantiles", "typical_log_distance_histograms", "distance_correlation"}
    assert set(written[1]) == expected | {"energy_windows", "kind_spectra"}
    assert {path.parent.name for path in written[1].values()} == {"tables"}


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("region_spectra", ["energy (mV)", "majority dI/dV (µV)", "majority dI/dV standard deviation (µV)"]),
        ("regions", ["region", "number of spectra", "share"]),
        ("scores", ["x (nm)", "y (nm)", "score", "score_std", "kind", "topography (nm)"]),
        ("pca", ["mode", "explained variance ratio"]),
        ("distance_histogram", ["distance (σ)", "number of pairs"]),
        ("distance_moments", ["mean (σ)", "sd (σ)", "skewness", "kurtosis"]),
        ("distance_quantiles", ["share of pairs", "distance (σ)"]),
        (
            "typical_log_distance_histograms",
            ["log(distance + offset)", "density of mostly small d", "density of mostly large d"],
        ),
        ("distance_correlation", ["latent space", "share of variance explained by a line"]),
        ("energy_windows", ["start (mV)", "stop (mV)", "sign"]),
        ("kind_spectra", ["energy (mV)", "kind 1 dI/dV (µV)", "kind 2 dI/dV (µV)"]),
    ],
)
def test_headers_hold_units(name, header, written):
    assert read_table(written[1][name])[0][: len(header)] == header


def test_the_weight_has_the_unit_of_signal_times_energy(written):
    assert "weight transfer (µV mV)" in read_table(written[1]["energy_windows"])[0]


def close(read, expected):
    """Whether numbers of a table are those of the result, to four digits of the largest."""
    expected = np.asarray(expected, dtype=float)
    np.testing.assert_allclose(np.array(read, float), expected, rtol=1e-4, atol=1e-4 * np.nanmax(np.abs(expected)))


def test_the_points_are_in_the_units_of_the_figures(written):
    result, paths = written
    table = dict(zip(*read_table(paths["scores"]), strict=True))
    close(table["score"], result["score"].values.ravel())
    rows, column = result.sizes["y"], result.sizes["x"]
    close(table["x (nm)"], np.tile(1e9 * result["x"].values, rows))
    close(table["y (nm)"], np.repeat(1e9 * result["y"].values, column))
    names = {-1: "missing", 0: "majority", 1: "transition", 2: "minority", 3: "artefact"}
    assert table["region"] == [names[flag] for flag in result["region"].values.ravel().tolist()]
    assert {len(text) for text in table["x (nm)"]} <= {1, 2, 3, 4, 5, 6}


def test_every_position_can_be_told_from_the_next_one(tmp_path):
    result = build_result("image")
    # a frame far from the origin of the scanner
    result = result.assign_coords(x=result["x"] + 1e-3, y=result["y"] - 2e-3)
    for name in ("x", "y"):
        result[name].attrs["units"] = "m"
    write_tables(result, tmp_path)
    header, columns = read_table(tmp_path / "tables" / "scores.csv")
    place = next(index for index, name in enumerate(header) if name.startswith("x ("))
    read = np.unique(np.array(columns[place], float))
    assert len(read) == result.sizes["x"]
    step = np.diff(read)
    np.testing.assert_allclose(step, np.mean(step), rtol=0.02)


def test_region_spectra_are_in_the_units_of_the_figures(written):
    result, paths = written
    table = dict(zip(*read_table(paths["region_spectra"]), strict=True))
    for region in ("majority", "transition", "minority"):
        close(table[f"{region} dI/dV (µV)"], 1e6 * result["region_spectrum"].sel(region_name=region).values)
    close(table["energy (mV)"], result["energy"].values)


def test_the_points_tell_of_their_distances(written):
    result, paths = written
    table = dict(zip(*read_table(paths["scores"]), strict=True))
    for name, column, factor in (
        ("abundance", "abundance", 1),
        ("distance_label", "distance_label", 1),
        ("mean_distance", "mean_distance (σ)", 1),
        ("distance_to_mean", "distance_to_mean (µV)", 1e6),
    ):
        close(table[column], factor * result[name].values.ravel())
    assert set(table["distance_label"]) == {"-1", "0", "1"}


def test_statistics_of_distances_are_those_of_the_result(written):
    result, paths = written
    close([column[0] for column in read_table(paths["distance_moments"])[1]], result["distance_moments"].values)
    share, distance = read_table(paths["distance_quantiles"])[1]
    close(share, result["pair_share"].values)
    close(distance, result["distance_quantile"].values)
    where, *densities = read_table(paths["typical_log_distance_histograms"])[1]
    close(where, result["log_distance_bin"].values)
    close(densities, result["typical_log_distance_histogram"].values)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.123456789, 12.3456789], ["0.12346", "12.346"]),
        ([1e-9, 2.5], ["1e-09", "2.5"]),
        ([100000.125, 100000.25, 100000.375], ["100000.125", "100000.25", "100000.375"]),
        ([np.nan, 1.0], ["nan", "1"]),
        ([3, 4], ["3", "4"]),
        ([0.0, 0.0], ["0", "0"]),
    ],
)
def test_numbers_have_as_many_digits_as_tell_them_apart(values, texts, tmp_path):
    write_table(Table(("a",), (np.array(values),)), tmp_path / "a.csv")
    assert read_table(tmp_path / "a.csv")[1] == [texts]


def test_every_latent_space_has_its_numbers(written):
    result, paths = written
    header, (spaces, *columns) = read_table(paths["distance_correlation"])
    assert header[1:] == [
        "share of variance explained by a line",
        "share of variance explained by a step",
        "step index",
    ]
    assert spaces == list(result["latent_space"].values)
    for name, column in zip(("line_share", "step_share", "step_index"), columns, strict=True):
        close(column, result[name].values)


def test_a_result_without_statistics_of_distances_has_no_such_tables(tmp_path):
    full = build_result("image")
    names = ("distance_moments", "distance_quantile", "typical_log_distance_histogram", "line_share", "step_share")
    older = full.drop_vars([*names, "step_index", "abundance", "distance_label", "mean_distance", "distance_to_mean"])
    write_tables(full, tmp_path)
    stems = {path.stem for path in write_tables(older, tmp_path)}
    assert {path.stem for path in (tmp_path / "tables").iterdir()} == stems
    assert not stems & {"distance_moments", "distance_quantiles", "typical_log_distance_histograms"}
    assert "distance_correlation" not in stems
    assert "abundance" not in read_table(tmp_path / "tables" / "scores.csv")[0]


def test_regions_add_up(written):
    result, paths = written
    _, (_, sizes, shares) = read_table(paths["regions"])
    assert sum(map(int, sizes)) == result["region"].size
    assert sum(map(float, shares)) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_has_one_row_per_point(layout, tmp_path):
    result = build_result(layout)
    paths = {path.stem: path for path in write_tables(result, tmp_path)}
    _, columns = read_table(paths["scores"])
    assert {len(column) for column in columns} == {result["score"].size}


def test_a_comma_locale_changes_nothing(tmp_path, written):
    chosen = None
    for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"):
        try:
            chosen = locale.setlocale(locale.LC_NUMERIC, name)
            break
        except locale.Error:
            continue
    try:
        paths = {path.stem: path for path in write_tables(written[0], tmp_path)}
    finally:
        locale.setlocale(locale.LC_NUMERIC, "C")
    assert paths["pca"].read_bytes() == written[1]["pca"].read_bytes(), chosen


def test_tables_of_an_earlier_result_do_not_stay(tmp_path):
    write_tables(build_result("image"), tmp_path)
    assert (tmp_path / "tables" / "kind_spectra.csv").exists()
    write_tables(build_result("image", distinct=False), tmp_path)
    assert not (tmp_path / "tables" / "kind_spectra.csv").exists()


def test_defects_are_written_where_known(tmp_path):
    result = build_result("image")
    result["defect_x"] = xr.DataArray([1e-9, 2e-9], dims="defect", attrs={"units": "m"})
    result["defect_area"] = xr.DataArray([3, 4], dims="defect")
    path = next(path for path in write_tables(result, tmp_path) if path.stem == "defects")
    assert read_table(path) == (["defect", "x (nm)", "area"], [["1", "2"], ["1", "2"], ["3", "4"]])


def test_a_name_like_a_formula_is_no_formula(tmp_path):
    result = build_result("image")
    result["spectra"].attrs["units"] = "V\n=cmd()"
    result = result.assign_coords(region_name=["=majority", "transition", "minority"])
    path = next(path for path in write_tables(result, tmp_path) if path.stem == "region_spectra")
    header, _ = read_table(path)
    assert all(not name.startswith(("=", "+", "-", "@")) and "\n" not in name for name in header)
