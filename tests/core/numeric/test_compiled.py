import numba
import numpy as np

from didymos.core.numeric.compiled import compiled

SOURCE = "def doubled(x):\n    return 2 * x\n"


def test_code_is_kept_where_there_is_a_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "code"))
    (tmp_path / "source.py").write_text(SOURCE)
    function = compiled(nogil=True)(defined(tmp_path / "source.py"))
    assert function(np.arange(3)).tolist() == [0, 2, 4]
    assert list((tmp_path / "code").rglob("*.nbc"))


def test_a_function_without_a_folder_is_compiled_all_the_same():
    # numba raises a RuntimeError where it finds no folder: a function of no file has none
    assert compiled()(defined("<nowhere>"))(21) == 42


def defined(path):
    names = {"__name__": "source"}
    exec(compile(SOURCE, str(path), "exec"), names)
    return names["doubled"]
