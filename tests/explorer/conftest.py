import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "views"))  # where linked_page.py is


@pytest.fixture(scope="session")
def surface():
    from didymos import simulate

    return simulate.fese(shape=(32, 32), energies=64, seed=4)


@pytest.fixture(scope="session")
def analysed(surface, tmp_path_factory):
    """A folder with result and model, as an analysis writes it, without the pictures."""
    from didymos import save_model, save_result
    from didymos.workflow import run

    folder = tmp_path_factory.mktemp("analysed")
    done = run(surface)
    done.result.attrs |= {"input_file": "surface.nc", "input_sha256": "ab" * 32}
    save_result(done.result, folder / "results.nc")
    save_model(done.model, folder / "model.npz")
    return folder


@pytest.fixture
def copied(analysed, tmp_path):
    """A copy of the folder that a test may write into."""
    import shutil

    return Path(shutil.copytree(analysed, tmp_path / "analysed"))
