import struct
import xml.etree.ElementTree as ElementTree

import pytest
from result_builder import build_result

from didymos.plots import available, save_figures


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
    return result, folder, save_figures(result, folder)


def test_every_figure_is_written_in_both_formats(exported):
    result, folder, paths = exported
    expected = {folder / "figures" / f"{name}.{kind}" for name in available(result) for kind in ("png", "svg")}
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
    first = {path.name: path.read_bytes() for path in save_figures(small, tmp_path / "a")}
    second = {path.name: path.read_bytes() for path in save_figures(small, tmp_path / "b")}
    assert first == second


def test_figures_of_an_earlier_result_do_not_stay(tmp_path):
    folder = tmp_path / "figures"
    folder.mkdir()
    (folder / "kind_map.png").write_bytes(b"old")
    (folder / "mine.png").write_bytes(b"not ours")
    result = build_result("image", distinct=False)[["score", "embedding"]]
    names = {path.name for path in save_figures(result, tmp_path)}
    assert names == {"embedding.png", "embedding.svg"}
    assert {path.name for path in folder.iterdir()} == names | {"mine.png"}
