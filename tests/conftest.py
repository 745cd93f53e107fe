import os
import sys
from pathlib import Path

import hypothesis
import pytest

sys.path.append(str(Path(__file__).parent))  # where chromium.py is

# the first call of a compiled function takes seconds: a deadline would test the compiler
hypothesis.settings.register_profile("didymos", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "didymos")


@pytest.fixture(autouse=True)
def close_figures():
    """Close the figures of pyplot after every test: it would warn of so many."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture
def one_figure(monkeypatch):
    """Leave one figure, where a test writes a report and does not look at the others: they take most of the time."""
    from didymos import plots

    for module in ("catalogue", "export"):
        monkeypatch.setattr(f"didymos.plots.{module}.FIGURES", {"score_map": plots.FIGURES["score_map"]})


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real measurements, beside the checkout; a clone has none."""
    folder = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real measurements are not at ../shared/data")
    return folder


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A headless Chromium, started by the first test of a process that wants it."""
    import chromium

    driver = chromium.started(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()
