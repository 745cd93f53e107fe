import pytest
from nanonis_writer import GridFile

from didymos.io import open_map
from didymos.io.code_pages import decode

TEXTS = [
    ("cp1250", "příliš žluťoučký vzorek"),
    ("cp1250", "próbka żółta, łódź"),
    ("cp1250", "FeSe měření 4.2 K – noční"),
    ("cp1252", "Probe für Messung, größer"),
    ("cp1252", "Échantillon n° 3, mesuré à 4 K"),
    ("cp1252", "µm ± 5° – “x”"),
    ("latin-1", "Maß 5 µm"),
    ("cp1251", "Образец 3, измерение"),
    ("cp932", "試料3 表面測定"),
    ("gb18030", "样品3 表面测量"),
    ("utf-8", "Å, ń, 試, я"),
    ("utf-8-sig", "Å"),
    ("ascii", "plain"),
]


@pytest.mark.parametrize(("page", "text"), TEXTS)
def test_texts_of_old_code_pages(page, text):
    assert decode(f'Comment="{text}"'.encode(page)) == f'Comment="{text}"'


def test_every_byte_becomes_something():
    raw = bytes(range(256))
    assert len(decode(raw)) == 256
    assert decode(raw).startswith(raw[:128].decode("ascii"))


@pytest.mark.parametrize(("page", "text"), TEXTS[:10])
def test_a_grid_with_such_a_comment(tmp_path, page, text):
    grid = GridFile(encoding=page, header={"Comment": f'"{text}"', "User": f'"{text[:8]}"'})
    assert open_map(grid.write(tmp_path / "grid.3ds")).attrs["comment"] == text
