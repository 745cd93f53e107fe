import io
import struct
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest
from matplotlib.layout_engine import ConstrainedLayoutEngine
from result_builder import build_result

from didymos import InputError
from didymos.plots import FIGURES, available, rendered, save_figures, style
from didymos.plots.export import drawn
from didymos.plots.settings import FigureSettings


def png_resolution(content):
    position = 8
    while position < len(content):
        (length,) = struct.unpack(">I", content[position : position + 4])
        if content[position + 4 : position + 8] == b"pHYs":
            return struct.unpack(">IIB", content[position + 8 : position + 17])
        position += 12 + length
    return None


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    result = build_result("image")
    folder = tmp_path_factory.mktemp("export")
    return result, folder, save_figures(result, folder, "png,svg,pdf")


def test_every_figure_is_written_in_every_format(exported):
    result, folder, paths = exported
    expected = {folder / "figures" / f"{name}.{kind}" for name in available(result) for kind in ("png", "svg", "pdf")}
    assert set(paths) == expected == set((folder / "figures").iterdir())


def test_png_files_have_300_dots_per_inch(exported):
    for path in exported[2]:
        if path.suffix == ".png":
            content = path.read_bytes()
            assert png_resolution(content) == (11811, 11811, 1)
            (width,) = struct.unpack(">I", content[16:20])
            assert width == pytest.approx(8.6 / 2.54 * 300, abs=2)


def test_svg_files_are_self_contained(exported):
    for path in exported[2]:
        if path.suffix == ".svg":
            root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
            assert root.tag.endswith("svg")
            links = [value for item in root.iter() for key, value in item.attrib.items() if key.endswith("href")]
            assert all(link.startswith(("#", "data:")) for link in links)
            assert not [item for item in root.iter() if item.tag.endswith("script")]


def test_the_same_result_gives_the_same_files(exported, tmp_path):
    result = exported[0]
    small = result[["spectra", "score", "region", "embedding"]]
    first = {path.name: path.read_bytes() for path in save_figures(small, tmp_path / "a", ("svg", "png", "pdf"))}
    second = {path.name: path.read_bytes() for path in save_figures(small, tmp_path / "b", "svg, png, pdf")}
    assert first == second
    assert {name.partition(".")[2] for name in first} == {"svg", "png", "pdf"}


def test_png_alone_is_written_unless_asked_otherwise(tmp_path):
    result = build_result("image")[["score", "embedding"]]
    assert {path.name for path in save_figures(result, tmp_path)} == {"embedding.png"}
    assert save_figures(result, tmp_path, "none") == []
    assert list((tmp_path / "figures").iterdir()) == []


def test_a_figure_is_drawn_and_laid_out_once_for_all_formats(monkeypatch):
    calls = []

    class Engine(ConstrainedLayoutEngine):
        def execute(self, fig):
            calls.append("layout")
            super().execute(fig)

    def draw(result):
        calls.append("draw")
        figure = FIGURES["embedding"].figure(result)
        figure.set_layout_engine(Engine())
        return figure

    entry = replace(FIGURES["embedding"], draw=draw)
    images = drawn(build_result("image"), {"embedding": entry}, FigureSettings(("png", "svg", "pdf")))
    assert calls == ["draw", "layout"]
    assert set(images["embedding"]) == {"png", "svg", "pdf"}


@pytest.mark.slow
def test_the_layout_is_that_of_matplotlib():
    result = build_result("image")
    for name in ("score_map", "distance_statistics", "weight_transfer"):
        stream = io.BytesIO()
        with style():
            FIGURES[name].figure(result).savefig(stream, format="png", dpi=300, metadata={"Software": None})
        assert stream.getvalue() == rendered(FIGURES[name].figure(result), "png")


@pytest.mark.parametrize("wrong", ["jpg", "png;svg", "png,none", ["svg", "tiff"], [3]], ids=str)
def test_another_format_is_refused(tmp_path, wrong):
    with pytest.raises(InputError, match=r"allowed are png, svg, pdf, or none alone"):
        save_figures(build_result("image"), tmp_path, wrong)
    assert not (tmp_path / "figures").exists()


def test_figures_of_an_earlier_result_do_not_stay(tmp_path):
    folder = tmp_path / "figures"
    folder.mkdir()
    (folder / "kind_map.png").write_bytes(b"old")
    (folder / "embedding.svg").write_bytes(b"old, and in a format that is not written now")
    (folder / "mine.png").write_bytes(b"not ours")
    result = build_result("image", distinct=False)[["score", "embedding"]]
    names = {path.name for path in save_figures(result, tmp_path)}
    assert names == {"embedding.png"}
    assert {path.name for path in folder.iterdir()} == names | {"mine.png"}
