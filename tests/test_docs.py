"""The documents are tested: their Python runs, and their tables are those of the code."""

import dataclasses
import importlib
import importlib.util
import re
import runpy
import shlex
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import didymos
from didymos import cli, simulate
from didymos.cli import TRACEBACK
from didymos.cli.commands import app
from didymos.core.defects.labels import UNKNOWN
from didymos.io import known_readers
from didymos.io.channels import Kind
from didymos.io.truth import READERS
from didymos.preparing import PreparingSettings
from didymos.schema import COMPARISON_ATTRIBUTES, COMPARISON_VARIABLES, RESULT_ATTRIBUTES, RESULT_VARIABLES, Region
from didymos.simulate import OPTIONS
from didymos.workflow import Settings

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
LONG = ("explorer.md", "large-maps.md", "simulation.md", "tutorial.md", "twin-network.md")
"""Pages whose Python takes half a minute: they make and analyse many maps."""
NOT_OPTIONS = ("`--out`", "`--recipe`")
"""What the command line asks beside the options of the recipes."""
WORDS = {"defects": "by a density", "defect_free": "no"}
"""Defaults that are shown in words."""
JOINED = {"shape": " × ", "energy_range": " to ", "kinds": ", "}
"""What stands between the values of an option on the page on simulation."""


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[list[str]]:
    """The arguments of every call of didymos in the console blocks of a page, but for the explorer, which stays."""
    lines = "".join(blocks(page.read_text("utf-8"), "console")).splitlines()
    return [shlex.split(line)[2:] for line in lines if line.startswith("$ didymos") and " explore " not in line]


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table whose header begins with `heading`, without the header."""
    table = re.search(rf"^\| {heading} .*\n\|[-| ]+\n((?:\|.*\n?)+)", text, re.MULTILINE)
    assert table is not None, f"there is no table with the header {heading}"
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.group(1).splitlines()]


def in_words(value: object) -> str:
    """A default as the pages show it, such as ``1e-9``."""
    if isinstance(value, tuple):
        return " ".join(map(in_words, value))
    return value if isinstance(value, str) else re.sub(r"e\+?(-?)0?", r"e\1", f"{value:g}")


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small simulated surface as the Nanonis grid that the pages speak of."""
    where = ROOT / "tests" / "io" / "nanonis_writer.py"
    spec = importlib.util.spec_from_file_location("nanonis_writer_of_docs", where)
    assert spec is not None
    assert spec.loader is not None
    writer = importlib.util.module_from_spec(spec)
    # dataclasses look their module up
    __import__("sys").modules[spec.name] = writer
    spec.loader.exec_module(writer)
    surface = simulate.fese(shape=(24, 24), energies=48, seed=2, defects=2)
    spectra = np.repeat(surface.spectra.values[:, :, np.newaxis], 3, axis=2) * 1e-9
    # the first channel is the current, whose derivative the others are
    step = 1e-3 * float(surface.energy.diff("energy").mean())
    spectra[:, :, 0, 1:] = np.cumsum((spectra[:, :, 0, 1:] + spectra[:, :, 0, :-1]) / 2 * step, axis=-1)
    spectra[:, :, 0, 0] = 0
    path = tmp_path_factory.mktemp("docs") / "grid.3ds"
    writer.GridFile(columns=24, rows=24, points=48, sweep=(-0.015, 0.015), spectra=spectra).write(path)
    return path


def test_the_blocks_are_found():
    text = "a\n```python\nx = 1\n```\n```console\n$ y\n```\n```python\nz\n```\n"
    assert blocks(text, "python") == ["x = 1\n", "z\n"]
    assert rows("| a | b |\n|---|---|\n| 1, 2 | `3` |\n| 4 | 5 |\n", "a") == [["1, 2", "`3`"], ["4", "5"]]
    assert len(PAGES) >= 7


def marked(page: Path) -> Any:
    """A page as a parameter, marked where its Python takes long."""
    return pytest.param(page, id=page.name, marks=[pytest.mark.slow] if page.name in LONG else [])


@pytest.mark.parametrize("page", list(map(marked, PAGES)))
@pytest.mark.usefixtures("one_figure")
def test_the_python_of_a_page_runs(page, grid, tmp_path, monkeypatch):
    code = blocks(page.read_text("utf-8"), "python")
    if not code:
        return
    monkeypatch.chdir(tmp_path)
    (tmp_path / "grid.3ds").write_bytes(grid.read_bytes())
    for table in blocks(page.read_text("utf-8"), "csv"):
        (tmp_path / "clicks.csv").write_text(table, "utf-8")
    # to save time one twin, where the page does not show the result
    for command in commands(page):
        assert cli.main([*command, *(["--members=1"] if command[0] == "analyze" else [])]) == 0, command
    namespace: dict[str, object] = {}
    for number, block in enumerate(code, 1):
        exec(compile(block, f"{page.name}, block {number}", "exec"), namespace)
    if isinstance(result := namespace.get("result"), xr.Dataset):
        written = set(re.findall(r"`(\w+)`", (DOCS / "results.md").read_text("utf-8")))
        named = {str(name) for name in (*result.data_vars, *result.attrs) if not str(name).startswith("truth_")}
        assert named - written == set()


def test_the_tables_of_results_are_those_of_the_schema():
    text = (DOCS / "results.md").read_text("utf-8")
    result, _, comparison = text.partition("## A comparison")
    for part, variables, attributes in (
        (result, RESULT_VARIABLES, RESULT_ATTRIBUTES),
        (comparison, COMPARISON_VARIABLES, COMPARISON_ATTRIBUTES),
    ):
        assert rows(part, "variable") == [[f"`{n}`", ", ".join(v.dims), v.meaning] for n, v in variables.items()]
        assert rows(part, "attribute") == [[f"`{name}`", meaning] for name, meaning in attributes.items()]
    assert rows(text, "value") == [[str(int(region)), region.name.lower()] for region in Region]


def test_the_formats_are_those_of_the_reader():
    text = (DOCS / "formats.md").read_text("utf-8")
    assert runpy.run_path(str(DOCS / "figures" / "formats.py"))["table"]() in text
    listed = [suffix for row in rows(text, "format") for suffix in re.findall(r"`([^`]+)`", row[1])]
    assert {*listed} == {suffix for reader in known_readers().values() for suffix in reader.suffixes}
    rule = text.partition("### Which channel")[2]
    assert len(re.findall(r"^\d+\. ", rule, re.MULTILINE)) == len(Kind)


def test_the_files_of_a_truth_are_those_of_the_reader():
    text = (DOCS / "command-line.md").read_text("utf-8")
    suffixes = re.findall(r"`(\.\w+)`", " ".join(row[0] for row in rows(text, "file")))
    assert suffixes == list(READERS)


def test_the_numbers_of_the_method_are_those_of_the_code():
    for name, value in rows((DOCS / "theory.md").read_text("utf-8"), "constant"):
        parts = re.fullmatch(r"`([a-z_.]+)\.([A-Z]\w*(?:\(\)\.\w+)?)`", name)
        assert parts is not None, name
        code = vars(importlib.import_module(f"didymos.{parts[1]}"))
        assert str(eval(parts[2], dict(code))) == value, name


def test_the_modules_of_the_method_exist():
    for name in set(re.findall(r"`didymos\.([a-z_.]+)`", (DOCS / "theory.md").read_text("utf-8"))):
        parent, _, last = f"didymos.{name}".rpartition(".")
        if not hasattr(importlib.import_module(parent), last):
            importlib.import_module(f"{parent}.{last}")


def the_five_steps() -> str:
    """The block of the method that calls the five steps one by one."""
    (found,) = [code for code in blocks((DOCS / "theory.md").read_text("utf-8"), "python") if "fit_metric(" in code]
    return found


@pytest.mark.real_data
def test_the_five_steps_run_on_a_measured_grid(real_data, tmp_path, monkeypatch):
    grid = real_data / "SciFiDatasets" / "NanonisReader_STS_grid_lockin.3ds"
    if not grid.is_file():
        pytest.skip(f"there is no {grid}")
    (tmp_path / "grid.3ds").symlink_to(grid)
    monkeypatch.chdir(tmp_path)
    steps: dict[str, Any] = {}
    exec(compile(the_five_steps(), "the five steps", "exec"), steps)
    label, similarity = steps["evidence"].label, steps["similarity"]
    background, cores, neither = label == 0, label > 0, label == UNKNOWN
    assert cores.any()
    assert background.mean() > 0.5
    assert (background | cores | neither).all()
    assert similarity.source == "evidence"
    known, lesson = similarity.embedding.known, similarity.embedding.similarity
    certain = np.isin(known, np.flatnonzero(~neither))
    assert certain.sum() == (~neither).sum()
    assert np.array_equal(lesson.labels[certain], label[~neither])
    # the rest of what trains is more defect than background
    assert (lesson.labels[~certain] > 0).all()
    assert (lesson.amplitude[~certain] > 0.5).all()
    score = steps["twins"].prediction.score
    assert np.median(score[background]) < 0.1
    assert np.median(score[cores]) > 0.7
    assert len(steps["regions"].region) == len(label) == steps["points"].usable.sum()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_of_a_page_are_understood(page):
    for command in commands(page):
        if not {"--help", "--version"} & {*command}:
            app.parse_args(command, exit_on_error=False, print_error=False)


def test_the_options_are_those_of_the_command_line():
    text = (DOCS / "command-line.md").read_text("utf-8")
    sections = dict(re.findall(r"^## `didymos (\w+)[^`]*`$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    assert {*sections} == {name for name in app if not name.startswith("-")}
    for name, section in sections.items():
        arguments = [argument for argument in app[name].assemble_argument_collection() if argument.parse]
        options = {argument.name for argument in arguments if argument.name.startswith("--")}
        assert [row[0] for row in rows(section, "option")] == [
            f"`{argument.name}`" for argument in arguments if argument.name in options
        ]


def test_the_defaults_are_those_of_the_settings():
    text = (DOCS / "command-line.md").read_text("utf-8").partition("## `didymos analyze")[2]
    said = {row[0].strip("`-").replace("-", "_"): row[1] for row in rows(text, "option")}
    words = {True: "yes", False: "no", None: "everything"}
    fields = [field for field in dataclasses.fields(Settings) if field.name != "preparing"]
    told = ("mask", "drift_reference", "background_range", "background_width", "broadening", "set_point")
    fields += [field for field in dataclasses.fields(PreparingSettings) if field.name not in told]
    for field in fields:
        value = field.default
        shown = " ".join(map(str, value)) if isinstance(value, tuple) else value
        assert said[field.name] == str(words[shown] if shown is None or isinstance(shown, bool) else shown), field.name


def test_the_defaults_are_those_of_the_recipes():
    text = (DOCS / "command-line.md").read_text("utf-8").partition("## `didymos simulate`")[2]
    said = {row[0].strip("`-").replace("-", "_"): row[1:3] for row in rows(text, "option") if row[0] not in NOT_OPTIONS}
    known = {name: {field.name: field.default for field in dataclasses.fields(kind)} for name, kind in OPTIONS.items()}
    assert {*said} == set().union(*known.values())
    for option, (recipes, default) in said.items():
        without = [name for name in known if option not in known[name]]
        having = [name for name in known if option in known[name]]
        shown = "all" if not without else f"all but {', '.join(without)}" if len(without) == 1 else ", ".join(having)
        assert recipes == shown, option
        values = {known[name][option] for name in having}
        if len(values) > 1:
            assert default == "of the recipe", option
        elif option in WORDS:
            assert default == WORDS[option]
        else:
            assert in_words(*values) == default, option


def test_the_settings_of_the_recipes_are_those_of_the_code():
    text = (DOCS / "simulation.md").read_text("utf-8")
    header = re.search(r"^\| settings (.*)$", text, re.MULTILINE)
    assert header is not None
    recipes = re.findall(r"`(\w+)`", header[1])
    assert {*recipes} == {*OPTIONS} == {*re.findall(r"\(images/simulation-(\w+)\.png\)", text)} - {"measurement"}
    for name, *shown in rows(text, "settings"):
        option = name.split("`")[1]
        for recipe, cell in zip(recipes, shown, strict=True):
            value = getattr(OPTIONS[recipe], option, "")
            words = map(in_words, value) if isinstance(value, tuple) else [in_words(value)]
            assert cell == JOINED.get(option, " ").join(words), (recipe, option)
    for row in rows(text, "recipe"):
        recipe = row[0].split("`")[1]
        assert tuple(row[2].split(", ")) == (OPTIONS[recipe].KINDS or ("second cloud",))
        assert f"### `{recipe}`" in text


def test_the_truth_is_that_of_the_recipes():
    text = (DOCS / "simulation.md").read_text("utf-8").partition("## The truth")[2]
    said = {row[0].strip("`"): tuple(row[1].split(", ")) for row in rows(text, "variable")}
    found: dict[Hashable, tuple[Hashable, ...]] = {}
    for recipe in (simulate.fese, simulate.polynomials):
        surface = recipe(shape=(6, 6), energies=4)
        found |= {name: surface[name].dims for name in surface.data_vars if str(name).startswith("truth_")}
    assert said == found


def test_every_public_name_is_in_the_reference():
    named = set(re.findall(r"^::: didymos\.(?:\w+\.)*(\w+)$", (DOCS / "reference.md").read_text("utf-8"), re.MULTILINE))
    public = {*didymos.__all__, *didymos.plots.__all__, *didymos.preparing.__all__, *didymos.simulate.__all__}
    assert public - named == {"__version__", "io", "plots", "preparing", "simulate", "OPTIONS", "RECIPES"}
    parents = {parent.__name__ for kind in OPTIONS.values() for parent in kind.__mro__ if parent is not object}
    assert parents | {"save_nanonis"} <= named


def anchors(page: Path) -> set[str]:
    """The anchors of the headings of a page, as MkDocs makes them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = [re.sub(r"\]\([^)]*\)", "", heading) for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)]
    return {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


def test_links_lead_somewhere():
    for page in PAGES:
        for target, place in re.findall(r"\]\(([^)#:]*)(?:#([^)]+))?\)", page.read_text("utf-8")):
            if target and not target.endswith(".md"):
                continue
            linked = page.parent / target if target else page
            assert linked.is_file(), f"{page.name} links to {target}"
            # anchors of the reference are names of the code
            if place and not place.startswith("didymos."):
                assert place in anchors(linked), f"{page.name} links to {target}#{place}"


def test_the_internal_error_is_on_the_page_of_the_command_line():
    text = (DOCS / "command-line.md").read_text("utf-8")
    assert "internal error" in text
    assert f"`{TRACEBACK}`" in text
    assert [row[0] for row in rows(text, "exit status")] == ["0", "2", "1", "130"]
