import subprocess
import sys
import threading
from concurrent.futures import Future

import pytest
from twin_data import SMALL, by_distance, two_clusters

from didymos.twin.training import program
from didymos.twin.training.compilation import Compiler, owned
from didymos.twin.training.program import compiled


@pytest.fixture
def plan():
    return by_distance(two_clusters()[0]).plan(SMALL, 1)


@pytest.fixture
def compiling(monkeypatch):
    """Programs are compiled by this instead, which waits for a signal; the list gets the plans."""
    asked, go = [], threading.Event()

    def instead(plan):
        asked.append(plan)
        assert go.wait(10)
        return plan

    monkeypatch.setattr(program, "compiled", instead)
    return asked, go


def test_a_program_is_compiled_once_for_every_plan(plan, compiling):
    asked, go = compiling
    other = plan._replace(batch=plan.batch + 2)
    with Compiler() as compiler:
        go.set()
        futures = [compiler.prepare(each) for each in (plan, other, plan._replace())]
        assert [future.result(10) for future in futures] == [plan, other, plan]
        assert futures[0] is futures[2]
    assert sorted(asked) == sorted([plan, other])


def test_prepare_returns_before_the_program_is_compiled(plan, compiling):
    _, go = compiling
    with Compiler() as compiler:
        future = compiler.prepare(plan)
        assert not future.done()
        go.set()
        assert future.result(10) == plan


def test_an_error_reaches_who_asks_for_the_program(plan, monkeypatch):
    def fail(plan):
        raise RuntimeError("no compiler here")

    monkeypatch.setattr(program, "compiled", fail)
    with Compiler() as compiler, pytest.raises(RuntimeError, match="no compiler here"):
        compiler.prepare(plan).result(10)


def test_closing_gives_up_what_has_not_begun(plan, compiling):
    asked, go = compiling
    with Compiler() as compiler:
        futures = [compiler.prepare(plan._replace(batch=number)) for number in range(2, 12)]
    go.set()
    begun = [future for future in futures if not future.cancelled()]
    assert sorted(future.result(10) for future in begun) == sorted(asked)
    assert len(asked) < len(futures)


def test_every_compiler_gives_the_same_program_of_a_process(plan):
    with Compiler() as first, Compiler() as second:
        assert first.prepare(plan).result() is second.prepare(plan).result() is compiled(plan)


def test_who_gives_no_compiler_gets_one_that_is_closed_afterwards(plan, compiling):
    compiling[1].set()
    with Compiler() as given:
        with owned(given) as own:
            assert own is given
        # it is left open
        assert given.prepare(plan).result(10) == plan
    with owned(None) as own:
        assert isinstance(own.prepare(plan), Future)
    with pytest.raises(RuntimeError, match="shutdown"):
        own.prepare(plan._replace(batch=2))


def test_nobody_waits_for_an_import_that_nobody_began():
    with Compiler() as compiler:
        compiler.import_finished()


CODE = """
import sys
sys.path[:0] = sys.argv[1:]
from didymos.twin.training.compilation import Compiler
from didymos.twin.training.plan import Plan
assert "jax" not in sys.modules
with Compiler() as compiler:
    future = compiler.prepare(Plan("distance", (4, 2), 0, "tanh", "contrastive", True, True, 1, 8, 2, 4))
    compiler.import_finished()
    assert hasattr(sys.modules["jax"], "jit")
    print(callable(future.result().advance))
"""


def test_who_waits_for_the_import_finds_all_of_it():
    done = subprocess.run([sys.executable, "-c", CODE], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "True"
