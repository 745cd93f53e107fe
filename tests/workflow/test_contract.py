"""The names in a result, written down by hand: what reports and scripts rely on."""

import csv
import json
from datetime import UTC, datetime

import h5py
import numpy as np
import pytest
import xarray as xr

import didymos

SPACE = ("y", "x")
VARIABLES = {
    "spectra": (*SPACE, "energy"),
    "topography": SPACE,
    "score": SPACE,
    "score_std": SPACE,
    "region": SPACE,
    "kind": SPACE,
    "embedding": (*SPACE, "component"),
    "pca": (*SPACE, "mode"),
    "explained_variance_ratio": ("mode",),
    "region_spectrum": ("region_name", "energy"),
    "region_spectrum_std": ("region_name", "energy"),
    "region_size": ("region_name",),
    "kind_spectrum": ("kind_index", "energy"),
    "defect_x": ("defect",),
    "distance_to_majority": SPACE,
    "training_loss": ("network", "member", "step"),
    "distance_histogram": ("distance_bin",),
    "distance_components": ("component", "parameter"),
    "energy_correlation": ("energy", "energy_2"),
}
ATTRIBUTES = {
    "distinct_population": (int, np.integer),
    "distinct_population_p_value": (float, np.floating),
    "similarity": str,
    "score_source": str,
    "embedding_agreement": (float, np.floating),
    "score_agreement": (float, np.floating),
    "training_notes": str,
    "preparation_notes": str,
    "noise_notes": str,
    "distance_threshold": (float, np.floating),
    "distance_offset": (float, np.floating),
    "metric": str,
    "rank": (int, np.integer),
    "settings": str,
    "didymos_version": str,
    "input_file": str,
    "input_sha256": str,
    "seed": (int, np.integer),
    "created": str,
}
MISSING = np.zeros((32, 32), dtype=bool)
MISSING[-2:] = True
CORRUPTED = [(3, 4), (5, 28), (27, 6)]
FILES = ("report.html", "results.nc", "model.npz")


@pytest.mark.parametrize(("name", "dims"), VARIABLES.items(), ids=list(VARIABLES))
def test_variable_has_the_dims_of_the_contract(result, name, dims):
    assert result[name].dims == dims
    assert result[name].attrs.get("long_name")


@pytest.mark.parametrize(("name", "kind"), ATTRIBUTES.items(), ids=list(ATTRIBUTES))
def test_attribute_of_the_contract(result, name, kind):
    assert isinstance(result.attrs[name], kind)


def test_what_was_not_asked_for_is_not_there(result):
    assert "two_gaussians_p_value" not in result.attrs
    assert "kind_name" not in result
    assert (result.attrs["similarity"], result.attrs["score_source"]) == ("evidence", "twin networks")


def test_every_name_is_of_the_schema(result):
    truth = {name for name in result.data_vars if str(name).startswith("truth_")}
    assert {*result.data_vars} - truth <= {*didymos.schema.RESULT_VARIABLES}


def test_coordinates_have_units(result):
    assert result["energy"].attrs["units"] == "mV"
    assert result["energy_2"].attrs["units"] == "mV"
    assert result["x"].attrs["units"] == "m"
    assert result["spectra"].attrs["units"] == result["region_spectrum"].attrs["units"] == "nS"
    assert result["spectra"].dtype == np.float32


def test_region_is_a_cf_flag(result):
    region = result["region"]
    assert region.dtype == np.int8
    assert region.attrs["flag_values"].dtype == np.int8
    meanings = dict(zip(region.attrs["flag_values"].tolist(), region.attrs["flag_meanings"].split(), strict=True))
    assert meanings == {-1: "missing", 0: "majority", 1: "transition", 2: "minority", 3: "artefact"}
    assert set(np.unique(region)) == {-1, 0, 1, 2, 3}


def test_missing_and_corrupted_spectra_have_regions_of_their_own(result):
    region = result["region"].values
    assert np.array_equal(region == -1, MISSING)
    assert sorted(map(tuple, np.argwhere(region == 3).tolist())) == CORRUPTED
    assert not result["kind"].values[(region == -1) | (region == 3)].any()


def test_score_lies_between_0_and_1_and_is_nan_exactly_where_it_cannot_be_known(result):
    score, spread = result["score"].values, result["score_std"].values
    gaps = MISSING.copy()
    gaps[3, 4] = True
    for values in (score, spread, result["embedding"].values[..., 0], result["pca"].values[..., 0]):
        assert np.array_equal(np.isnan(values), gaps)
    assert np.nanmin(score) >= 0
    assert np.nanmax(score) <= 1
    assert np.nanmin(spread) >= 0


def test_regions_and_kinds_add_up(result):
    region, kind = result["region"].values, result["kind"].values
    assert result["region_name"].values.tolist() == ["majority", "transition", "minority"]
    assert result["region_size"].values.tolist() == [int((region == value).sum()) for value in (0, 1, 2)]
    assert result["region_size"].sum() == (~MISSING).sum() - len(CORRUPTED)
    assert np.array_equal(kind > 0, region == 2)
    sizes = np.bincount(kind[kind > 0])[1:]
    assert np.array_equal(result["kind_index"], np.arange(1, len(sizes) + 1))
    assert np.all(sizes > 0)
    assert np.all(np.diff(sizes) <= 0)


def test_average_spectra_are_averages(result):
    spectra = result["spectra"].values.astype(float)
    for index, value in enumerate((0, 1, 2)):
        chosen = spectra[result["region"].values == value]
        assert result["region_spectrum"].values[index] == pytest.approx(chosen.mean(axis=0), rel=1e-5)
        assert result["region_spectrum_std"].values[index] == pytest.approx(chosen.std(axis=0, ddof=1), rel=0.05)
    for kind in result["kind_index"].values:
        chosen = spectra[result["kind"].values == kind]
        assert result["kind_spectrum"].sel(kind_index=kind).values == pytest.approx(chosen.mean(axis=0), rel=1e-5)


def test_the_histogram_holds_every_pair_of_usable_spectra(result):
    usable = int((~MISSING).sum()) - len(CORRUPTED)
    assert result["distance_histogram"].sum() == usable * (usable - 1) // 2
    assert result["distance_histogram"].min() >= 0
    weights = result["distance_components"].sel(parameter="weight")
    assert float(weights.sum()) == pytest.approx(1)
    assert result["distance_components"]["parameter"].values.tolist() == ["weight", "mean", "sd"]
    assert (result["distance_components"].sel(parameter="sd") > 0).all()


def test_variance_and_correlation_are_what_they_say(result):
    ratio = result["explained_variance_ratio"].values
    assert np.all(np.diff(ratio) <= 1e-12)
    assert 0 < ratio.sum() <= 1 + 1e-9
    usable = result["spectra"].values[np.isin(result["region"].values, (0, 1, 2))].astype(float)
    assert result["energy_correlation"].values == pytest.approx(np.corrcoef(usable, rowvar=False), abs=1e-4)


def test_attributes_tell_where_it_came_from(result):
    assert result.attrs["didymos_version"] == didymos.__version__
    assert json.loads(result.attrs["settings"])["members"] == 2
    age = datetime.now(UTC) - datetime.fromisoformat(result.attrs["created"])
    assert 0 <= age.total_seconds() + 1 < 3600


def test_every_output_file_exists(folder):
    for name in FILES:
        assert (folder / name).stat().st_size > 0
    figures = {path.stem for path in (folder / "figures").glob("*.png")}
    assert len(figures) >= 8
    assert {path.suffix for path in (folder / "figures").iterdir()} == {".png"}
    assert len(list((folder / "tables").glob("*.csv"))) >= 5
    assert not [path for path in folder.rglob(".*") if path.is_file()]


def test_tables_have_a_header_and_rows_of_one_length(folder):
    for path in (folder / "tables").glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        assert len({len(row) for row in rows}) == 1
        assert all(rows[0])


def test_the_result_opens_with_xarray(folder, result):
    with xr.open_dataset(folder / "results.nc") as stored:
        assert set(VARIABLES) <= set(stored.data_vars)
        assert {name: stored[name].dims for name in VARIABLES} == VARIABLES
        assert set(ATTRIBUTES) <= set(stored.attrs)
        for name in ("score", "region", "kind", "region_spectrum", "distance_histogram"):
            assert np.array_equal(stored[name].values, result[name].values, equal_nan=name in ("score",))
        assert stored["region"].dtype == np.int8
        assert stored["region_name"].values.tolist() == ["majority", "transition", "minority"]


def test_the_result_opens_with_h5py_alone(folder, result):
    with h5py.File(folder / "results.nc") as stored:
        assert set(VARIABLES) <= set(stored)
        assert stored["score"][:] == pytest.approx(result["score"].values, nan_ok=True, abs=0)
        assert stored["score"].dims[0].label in ("", "y")
        assert set(ATTRIBUTES) <= set(stored.attrs)


def test_the_model_holds_no_pickles(folder):
    with np.load(folder / "model.npz", allow_pickle=False) as stored:
        assert all(stored[name].dtype.kind in "fiU" for name in stored.files)


@pytest.mark.usefixtures("one_figure")
def test_writing_again_replaces_and_leaves_other_files_alone(folder, result):
    note = folder / "note.txt"
    note.write_text("mine", encoding="utf-8")
    model = (folder / "model.npz").read_bytes()
    didymos.write(result, folder)
    assert note.read_text(encoding="utf-8") == "mine"
    assert (folder / "model.npz").read_bytes() == model


def test_the_members_of_the_ensemble_agree(result):
    for name in ("embedding_agreement", "score_agreement"):
        assert 0.8 < result.attrs[name] <= 1
    assert result.attrs["training_notes"] == ""


def test_what_went_wrong_in_the_training_is_reported(surface):
    from didymos.report.sentences import found

    small = didymos.Settings(members=1, layers=(4, 2), score_layers=(3, 1))
    result = didymos.analyze(surface, small, similarity="threshold", threshold=1e6, progress=False)
    assert result.attrs["training_notes"].startswith("embedding: no pair is dissimilar")
    assert np.isnan(result.attrs["embedding_agreement"])
    assert any("no pair is dissimilar" in sentence for sentence in found(result))
