"""Linked views as part of a page: what is left out, which scripts run, how large the page is."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import xarray as xr
from result_builder import build_result

import didymos
from didymos import simulate
from didymos.report import write_report
from didymos.views import ViewSettings, linked_views
from didymos.views.payload import decoded, page_scale
from didymos.views.spectra import grouped

SHOWN, HELD, AVERAGED, ROUNDED = "map shows", "page holds", "are averaged to", "rounded to 1/254"


class Scripts(HTMLParser):
    """Collects the scripts of a page, what runs and what is data, and its policy."""

    def __init__(self, text):
        super().__init__()
        self.run: list[str] = []
        self.data: dict[str, str] = {}
        self.handlers: list[str] = []
        self.policy = ""
        self.kind: str | None = "other"
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.handlers += [name for name in given if name.startswith("on")]
        if tag == "meta" and given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""
        if tag == "script":
            assert "src" not in given
            self.kind = given.get("id", "") if given.get("type") else None
            if self.kind is None:
                self.run.append("")
        else:
            self.kind = "other"

    def handle_endtag(self, tag):
        self.kind = "other"

    def handle_data(self, data):
        if self.kind is None:
            self.run[-1] += data
        elif self.kind != "other":
            self.data[self.kind] = self.data.get(self.kind, "") + data


def views_of(result, settings=None):
    """Return the linked views of a result that has some."""
    views = linked_views(result, settings)
    assert views is not None
    return views


def words(views):
    return " ".join(views.notes)


def told(views):
    """Return which of the four things a page says that it leaves out."""
    return [name for name in (SHOWN, HELD, AVERAGED, ROUNDED) if name in words(views)]


def lazy(result):
    """Return the same result with spectra that are not in memory."""
    space = result["score"].dims[0]
    return result.assign(spectra=result["spectra"].chunk({space: 7}))


@pytest.mark.parametrize("layout", ["image", "wide", "row", "column", "points"])
def test_a_result_has_linked_views(layout):
    views = views_of(build_result(layout))
    assert views.has_embedding
    assert not views.has_thresholds
    assert views.energies == 96
    assert views.layers[0] == ("score", "score")
    assert set(json.loads(views.figures)) == {"map", "second", "embedding", "spectra"}


def test_a_single_point_or_no_score_has_none():
    assert linked_views(build_result("pixel")) is None
    result = build_result(energies=8)
    assert linked_views(result.drop_vars("score")) is None
    result["score"][:] = np.nan
    assert linked_views(result) is None


def test_without_an_embedding_there_is_no_figure_of_it():
    views = views_of(build_result(energies=8).drop_vars(["embedding", "pca"]))
    assert not views.has_embedding
    assert set(json.loads(views.figures)) == {"map", "second", "spectra"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (ViewSettings(), [ROUNDED]),
        (ViewSettings(most_energies=40), [AVERAGED, ROUNDED]),
        (ViewSettings(most_energies=96), [ROUNDED]),
        (ViewSettings(most_spectra=1079), [ROUNDED]),  # those that are missing are not left out
        (ViewSettings(most_spectra=300, sample=100), [HELD, ROUNDED]),
        (ViewSettings(most_places=400), [SHOWN, ROUNDED]),
        (ViewSettings(most_places=400, most_spectra=100, sample=50, most_energies=9), [SHOWN, HELD, AVERAGED, ROUNDED]),
    ],
)
def test_the_notes_tell_what_is_left_out_and_only_that(settings, expected):
    assert told(views_of(build_result("image"), settings)) == expected


def test_the_notes_have_the_right_numbers():
    result = build_result("image")
    settings = ViewSettings(most_places=400, most_spectra=100, sample=50, most_energies=9)
    text = words(views_of(result, settings)).replace("\u202f", " ")
    assert "shows 270 of 1 080 points" in text
    assert "holds 50 of 1 080 spectra" in text
    assert "96 energies are averaged to 9" in text


def test_one_energy_has_an_axis():
    result = build_result().isel(energy=slice(3, 4), energy_2=slice(3, 4))
    figure = json.loads(views_of(result).figures)["spectra"]
    ranges = [model for model in _models(figure) if model.get("name") == "Range1d"]
    ends = [(one["attributes"].get("start", 0), one["attributes"].get("end", 1)) for one in ranges]
    assert ends
    assert all(low < high for low, high in ends)


def _models(value):
    """Return all parts of nested JSON that have a type."""
    if isinstance(value, dict):
        own = [value] if value.get("type") == "object" else []
        return own + [one for part in value.values() for one in _models(part)]
    return [one for part in value for one in _models(part)] if isinstance(value, list) else []


@pytest.mark.parametrize(
    "settings", [None, ViewSettings(most_places=300, most_spectra=150, sample=60, most_energies=9)]
)
@pytest.mark.parametrize("layout", ["image", "row", "points"])
def test_spectra_that_are_not_in_memory_give_the_same_page(layout, settings):
    result = build_result(layout)
    assert views_of(lazy(result), settings).data == views_of(result, settings).data


def test_a_page_of_a_result_is_the_same_every_time():
    first, second = views_of(build_result()), views_of(build_result())
    assert first.data == second.data
    assert first.hashes == second.hashes


def test_the_policy_lets_the_scripts_of_a_report_run_and_nothing_else(tmp_path, one_figure):
    result = build_result()
    hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    result.attrs["input_file"] = f"{hostile}\u2028.3ds"
    result["kind_name"] = ("kind_index", [hostile, "b"])
    result["energy"].attrs |= {"units": hostile, "long_name": hostile}
    text = write_report(result, tmp_path / "report.html").read_text("utf-8")
    page = Scripts(text)
    views = views_of(result)
    assert page.run == [str(script) for script in views.scripts]
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in page.run]
    policy = dict(part.strip().split(" ", 1) for part in page.policy.split(";"))
    assert policy["script-src"].split() == [f"'sha256-{digest}'" for digest in digests]
    assert policy["default-src"] == "'none'"
    assert policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe-eval" not in page.policy
    assert [name for name, source in policy.items() if "unsafe-inline" in source] == ["style-src"]
    assert not re.search(r"https?:|\*|//", page.policy)
    assert {"connect-src", "frame-src", "script-src-elem", "script-src-attr"} & set(policy) == set()
    assert page.handlers == []
    assert set(page.data) == {"view-data", "view-figures"}
    layers = {layer["name"]: layer for layer in json.loads(page.data["view-data"])["layers"]}
    assert layers["kind"]["groups"][1][1] == hostile


def test_no_script_holds_what_a_page_would_take_for_a_tag():
    for script in views_of(build_result(energies=8)).scripts:
        assert not re.search(r"</script|<script|<!--", script, re.IGNORECASE)
        assert not {"\r", "\x00"} & set(script)


def test_ten_thousand_spectra_of_512_energies_add_less_than_four_megabytes():
    result = build_result(shape=(100, 100), energies=8)
    result = result.drop_vars([name for name in result.variables if "energy" in result[name].dims])
    energy = np.linspace(-1, 1, 512)
    spectra = np.random.default_rng(0).normal(size=(100, 100, 512)).astype(np.float32)
    result = result.assign_coords(energy=("energy", energy, {"units": "V"}))
    result["spectra"] = (("y", "x", "energy"), spectra, {"units": "A"})
    views = views_of(result)
    scripts = sum(len(script) for script in views.scripts)
    assert len(views.data) + len(views.figures) + scripts < 4_000_000
    assert told(views) == [AVERAGED, ROUNDED]


def test_a_large_map_on_disk_gives_its_largest_scores_and_their_own_spectra():
    import dask.array as da

    rows, columns = 420, 500
    number = np.arange(rows * columns, dtype=np.float32).reshape(rows, columns)

    def block(block_info=None):
        (first, last), (left, right), _ = block_info[None]["array-location"]
        size = number[first:last, left:right, np.newaxis]
        return np.concatenate([size, -size, 0 * size, size**0], axis=-1)

    spectra = da.map_blocks(block, chunks=((60,) * 7, (columns,), (4,)), dtype=np.float32)
    score = np.random.default_rng(0).uniform(size=(rows, columns)).astype(np.float32)
    result = xr.Dataset(
        {
            "spectra": (("y", "x", "energy"), spectra, {"units": "V"}),
            "score": (("y", "x"), score),
            "region": (("y", "x"), np.zeros((rows, columns), dtype=np.int8)),
            "region_spectrum": (("region_name", "energy"), np.full((3, 4), 1e5)),
            "region_size": ("region_name", [rows * columns, 0, 0]),
        },
        coords={"energy": ("energy", np.arange(4.0), {"units": "V"})},
    )
    views = views_of(result)
    assert told(views) == [SHOWN, HELD, ROUNDED]
    said = json.loads(views.data)
    assert said["regions"]["majority"]["size"] == rows * columns
    index, place = decoded(said["places"]["index"]), decoded(said["spectra"]["place"])
    assert score.argmax() in index[place]
    factor = page_scale(result).factor
    spectra = {name: decoded(said["spectra"][name]) for name in ("mean", "offset", "step")}
    level = decoded(said["spectra"]["level"]).reshape(-1, 4)
    first = spectra["mean"][0] + spectra["offset"] + spectra["step"] * level[:, 0]
    np.testing.assert_allclose(first / factor, index[place], atol=rows * columns / 254)
    assert np.corrcoef(first, index[place])[0, 1] > 0.9999


def test_region_averages_do_not_depend_on_the_sample():
    result = build_result()
    said = json.loads(views_of(result, ViewSettings(most_spectra=40, sample=20)).data)
    factor = page_scale(result).factor
    for row, name in enumerate(("majority", "transition", "minority")):
        expected = grouped(result["region_spectrum"].values, np.arange(96))[row] * factor
        np.testing.assert_allclose(decoded(said["regions"][name]["spectrum"]), expected, rtol=1e-6)


@pytest.fixture(scope="module")
def small():
    """A small map."""
    return simulate.fese(shape=(16, 16), energies=24, seed=2)


def test_a_map_scored_by_a_model_has_linked_views(small, tmp_path, one_figure):
    from didymos.workflow import run

    done = run(small, didymos.Settings(members=1))
    scored = didymos.apply(done.model, small.isel(y=slice(3, 12)))
    page = Scripts(write_report(scored, tmp_path / "report.html").read_text("utf-8"))
    layers = {layer["name"]: layer for layer in json.loads(page.data["view-data"])["layers"]}
    np.testing.assert_array_equal(decoded(layers["score"]["values"]), scored["score"].values.ravel())


def test_statistics_of_pairs_alone_have_a_report_without_linked_views(small, tmp_path, one_figure):
    statistics = didymos.pair_statistics(small)
    assert linked_views(statistics) is None
    page = Scripts(write_report(statistics, tmp_path / "report.html").read_text("utf-8"))
    assert page.run == []
    assert "script-src" not in page.policy
    assert page.data == {}
