import importlib
import inspect
import subprocess
import sys
from pathlib import Path

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


def test_no_name_of_a_package_is_that_of_a_module_within():
    # importing the module would put it in the place of the name
    root = Path(didymos.__file__).parent
    for file in root.rglob("__init__.py"):
        package = importlib.import_module(".".join(("didymos", *file.parent.relative_to(root).parts)))
        modules = {path.stem for path in file.parent.iterdir()}
        names = set(getattr(package, "__all__", ()))
        assert {name for name in names & modules if not inspect.ismodule(getattr(package, name))} == set()
