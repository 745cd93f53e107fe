import subprocess
import sys

import pytest

import didymos

CONTRACT = ("open_map", "analyze", "apply", "simulate", "TwinEmbedding", "TwinScore", "plots")


def test_names_are_sorted_and_exist():
    assert didymos.__all__ == sorted(didymos.__all__)
    assert dir(didymos) == didymos.__all__
    for name in didymos.__all__:
        assert getattr(didymos, name) is not None


@pytest.mark.parametrize("name", CONTRACT)
def test_names_of_the_design(name):
    assert name in didymos.__all__


def test_every_public_function_has_a_docstring():
    for name in didymos.__all__:
        if name != "__version__":
            assert getattr(didymos, name).__doc__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'analyse'"):
        didymos.analyse  # noqa: B018


def test_the_import_loads_no_network_and_configures_nothing():
    code = (
        "import logging, sys, os; before = dict(os.environ); import didymos; "
        "assert not {'jax', 'matplotlib', 'sklearn'} & set(sys.modules); "
        "assert not logging.getLogger().handlers; assert dict(os.environ) == before"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
