import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
sys.path += [str(TESTS), str(TESTS / "plots")]  # where chromium.py and result_builder.py are


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    import chromium

    driver = chromium.started(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()
