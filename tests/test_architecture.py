"""The rooms of the house and its habits, read from the sources; every rule is also tried on sources that break it."""

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "didymos"
ROOMS = (
    "schema",
    "core",
    "twin",
    "simulate",
    "io",
    "stored",
    "preparing",
    "methods",
    "workflow",
    "plots",
    "views",
    "report",
    "explorer",
    "cli",
)
"""From the ground up: a room imports only from rooms before it, and from itself."""
SUB_ROOMS = {
    "core": (
        "numeric",
        "preparation",
        "surface",
        "noise",
        "artefacts",
        "metrics",
        "evidence",
        "defects",
        "pairs",
        "energies",
        "latent",
    ),
    "twin": ("training", "ensemble"),
}
"""The rooms within a room, from the ground up; a file beside them (``twin.archive``) may import from all of them."""
ONLY_FROM = {"simulate": {"schema", "core"}}
"""Rooms that may import less than what lies before them."""
NETWORKS = {"jax", "jaxlib", "optax"}
FORBIDDEN_IN = {"core": {"xarray", "matplotlib", "h5py", "h5netcdf", "zarr", "os", "pathlib", "io", "shutil"}}
UNSAFE_MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "shelve", "marshal"}
UNSAFE_CALLS = {"joblib.load"}
ON_IMPORT = {
    "logging.basicConfig", "logging.config.dictConfig", "logging.config.fileConfig", "logging.disable",
    "setLevel", "addHandler", "warnings.filterwarnings", "warnings.simplefilter",
    "os.environ.setdefault", "os.environ.update", "os.putenv",
    "threadpool_limits", "set_num_threads", "numba.set_num_threads", "config.update", "jax.config.update",
    "matplotlib.use", "plt.switch_backend", "matplotlib.rcParams.update", "plt.rcParams.update", "plt.style.use",
    "np.random.seed", "numpy.random.seed", "random.seed", "np.seterr", "numpy.seterr",
    "ThreadPoolExecutor", "ProcessPoolExecutor", "Thread",
}  # fmt: skip
"""Calls that change the state of the whole process: none may run while a module is imported."""
SETTINGS_ON_IMPORT = ("os.environ", "matplotlib.rcParams", "plt.rcParams")
FILE_LINES, FUNCTION_LINES = 300, 50
REPOSITORY = ("src", "tests", "docs", "benchmarks", "tools", ".ci")
GENERATED = {"__pycache__", "_build", "generated"}
# written so that no pattern fits its own text
NOT_IN_THE_REPOSITORY = {
    "an option that names a package index": r"(?:extra[-_])?index[-_]url|find[-_]links|trusted[-_]host",
    "a host of a package registry": r"pypi\.org|pythonhosted\.org|conda\.anaconda\.org|registry\.npmjs|ghcr\.io",
    "a path of one machine": r"(?<![\w./~-])/(?:work|root|home|Users|mnt|opt)/\w|[A-Z]:\\{1,2}Users\\",
}

Finding = tuple[str, int, str]


def imports(tree: ast.AST, package: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything imported; of ``from a import b`` both ``a`` and ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            base = ".".join(parents[: len(parents) - node.level + 1]) if node.level else ""
            name = ".".join(part for part in (base, node.module or "") if part)
            if name != "didymos":
                yield node.lineno, name
            yield from ((node.lineno, f"{name}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and dotted(node.func).endswith(("import_module", "__import__")):
            given = node.args[0] if node.args else None
            if isinstance(given, ast.Constant) and isinstance(given.value, str):
                yield node.lineno, given.value


def dotted(node: ast.AST) -> str:
    """``a.b.c`` of a name or attribute; what is called on the way counts by its own name."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    if isinstance(node, ast.Call):
        return dotted(node.func)
    return node.id if isinstance(node, ast.Name) else ""


def run_on_import(tree: ast.Module) -> Iterator[ast.AST]:
    """Every node that runs while the module is imported: all but the bodies of functions."""
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            pending += [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        elif not isinstance(node, ast.Lambda):
            # what stands under `if __name__ == "__main__"` does not run on import
            if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
                continue
            pending += ast.iter_child_nodes(node)


def room_of(module: str) -> str:
    """``core`` of ``didymos.core.noise.noise``; ``""`` of the package itself."""
    return module.partition(".")[2].partition(".")[0]


def sub_room_of(module: str) -> str:
    """``noise`` of ``didymos.core.noise.rank``, where core has sub-rooms; else ``""``."""
    parts = module.split(".")
    return parts[2] if len(parts) > 2 and parts[2] in SUB_ROOMS.get(parts[1], ()) else ""


def upward_within(name: str, module: str) -> bool:
    """Whether a module imports from a sub-room above its own, or from a file beside the sub-rooms."""
    room, own = room_of(module), sub_room_of(module)
    if not own or room_of(name) != room or name == f"didymos.{room}":
        return False
    order, other = SUB_ROOMS[room], sub_room_of(name)
    return not other or order.index(other) > order.index(own)


def import_cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that import each other, directly or by others (Tarjan's strongly connected components)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in sorted(graph.get(module, ())):
            if other not in index:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], index[other])
        if low[module] == index[module]:
            group = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(group) > 1:
                found.append(sorted(group))

    for module in sorted(graph):
        if module not in index:
            visit(module)
    return found


def import_graph(sources: dict[str, str]) -> dict[str, set[str]]:
    """The modules that every module imports, also those it imports only for the types.

    The packages that a module lies in are left out: ``from package import module`` names them on the way.
    """
    graph = {}
    for module, source in sources.items():
        named = {name for _, name in imports(ast.parse(source), module.rpartition(".")[0]) if name in sources}
        graph[module] = {name for name in named if not f"{module}.".startswith(f"{name}.")}
    return graph


def forbidden_imports(source: str, module: str, package: str | None = None) -> list[str]:
    """What a module imports against the order of the rooms or their limits."""
    room, found = room_of(module), []
    if room not in ROOMS:
        return [f"{module} is in no room; there are {', '.join(ROOMS)}"]
    allowed = ONLY_FROM.get(room, set(ROOMS[: ROOMS.index(room)])) | {room}
    for line, name in imports(ast.parse(source), package or module.rpartition(".")[0]):
        top = name.split(".")[0]
        if top == "didymos" and room_of(name) not in allowed | {"__version__"}:
            found.append(f"{module}:{line} imports {name}: {room} may import {', '.join(sorted(allowed))}")
        if top == "didymos" and upward_within(name, module):
            found.append(f"{module}:{line} imports {name}: the order is {', '.join(SUB_ROOMS[room])}")
        if top in NETWORKS and room != "twin":
            found.append(f"{module}:{line} imports {name}: only twin knows the networks")
        if top in FORBIDDEN_IN.get(room, ()):
            found.append(f"{module}:{line} imports {name}: {room} is arrays in, arrays out")
        if top in UNSAFE_MODULES or name in UNSAFE_CALLS:
            found.append(f"{module}:{line} imports {name}: it can run what a file says")
    return found


def unsafe_calls(source: str, module: str) -> list[str]:
    """Calls that unpickle, and in core calls that open files."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func)
        for keyword in node.keywords:
            never = isinstance(keyword.value, ast.Constant) and keyword.value.value is False
            if keyword.arg == "allow_pickle" and not never:
                found.append(f"{module}:{node.lineno} allows pickles")
        if name in UNSAFE_CALLS:
            found.append(f"{module}:{node.lineno} calls {name}: it can run what a file says")
        if room_of(module) == "core" and (
            name == "open" or name.endswith((".load", ".save", ".tofile", ".fromfile", ".memmap", ".savez", ".loadtxt"))
        ):
            found.append(f"{module}:{node.lineno} calls {name}: core knows no files")
    return found


def settings_on_import(source: str, module: str) -> list[str]:
    """What a module does to the whole process while it is imported."""
    found = []
    for node in run_on_import(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            if any(name == call or name.endswith("." + call) for call in ON_IMPORT):
                found.append(f"{module}:{node.lineno} calls {name} on import")
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in targets:
            if isinstance(target, ast.Subscript) and dotted(target.value) in SETTINGS_ON_IMPORT:
                found.append(f"{module}:{target.lineno} sets {dotted(target.value)} on import")
    return found


def too_long(source: str, module: str) -> list[str]:
    """Files of 300 lines and more, functions of 50 and more; the docstring of a function is not counted."""
    found = []
    lines = len(source.splitlines())
    if lines >= FILE_LINES:
        found.append(f"{module} has {lines} lines: files stay under {FILE_LINES}")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if ast.get_docstring(node, clean=False) is not None:
                first = node.body[0]
                length -= (first.end_lineno or first.lineno) - first.lineno + 1
            if length >= FUNCTION_LINES:
                found.append(f"{module}:{node.lineno} {node.name} has {length} lines: functions stay under 50")
    return found


def public_names(source: str) -> list[str] | None:
    """The names in ``__all__``, None without one."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and [dotted(target) for target in node.targets] == ["__all__"]:
            return list(ast.literal_eval(node.value))
    return None


def sorted_names(names: list[str]) -> list[str]:
    """Constants, then classes, then the rest, as ruff sorts ``__all__``."""
    return sorted(names, key=lambda name: (0 if name.isupper() else 1 if name[:1].isupper() else 2, name))


def name_clashes(paths: list[Path]) -> list[str]:
    """Files of the tests that share a basename: pytest imports them by it."""
    counted = Counter(path.name for path in paths if path.name not in ("conftest.py", "__init__.py"))
    return [name for name, times in counted.items() if times > 1]


def forbidden_text(text: str, file: str) -> list[str]:
    """Lines that hold what belongs to one machine only."""
    return [
        f"{file}:{number} holds {what}: {line.strip()[:80]}"
        for number, line in enumerate(text.splitlines(), 1)
        for what, pattern in NOT_IN_THE_REPOSITORY.items()
        if re.search(pattern, line, re.IGNORECASE if "index" in pattern else 0)
    ]


MODULES = {
    ".".join(("didymos", *path.relative_to(SOURCE).with_suffix("").parts)): path for path in SOURCE.rglob("*.py")
}
INSIDE = {name: path for name, path in MODULES.items() if name != "didymos.__init__"}


def all_findings(check, modules=INSIDE) -> list[str]:
    """Every finding of a check."""
    return [finding for name, path in modules.items() for finding in check(path.read_text("utf-8"), name)]


def test_the_rooms_are_known():
    assert len(MODULES) > 20
    assert {room_of(name) for name in INSIDE} <= set(ROOMS)


def test_imports_follow_the_rooms():
    assert all_findings(forbidden_imports) == []


def test_every_file_of_a_room_with_sub_rooms_of_arrays_is_in_one():
    loose = [
        name for name in INSIDE if room_of(name) == "core" and not sub_room_of(name) and name != "didymos.core.__init__"
    ]
    assert loose == []


def test_no_module_imports_itself_by_others():
    sources = {name.removesuffix(".__init__"): path.read_text("utf-8") for name, path in INSIDE.items()}
    assert import_cycles(import_graph(sources)) == []


def test_no_pickles_and_no_files_in_core():
    assert all_findings(unsafe_calls) == []


def test_nothing_is_configured_on_import():
    assert all_findings(settings_on_import, MODULES) == []


def test_files_and_functions_are_short():
    assert all_findings(too_long, MODULES) == []


def test_public_names_are_listed_and_sorted():
    names = public_names((SOURCE / "__init__.py").read_text("utf-8"))
    assert names is not None, "didymos/__init__.py has no __all__"
    assert names == sorted_names(names)
    didymos = __import__("didymos")
    assert [name for name in names if not hasattr(didymos, name)] == []


def test_test_files_have_names_of_their_own():
    assert name_clashes([*(ROOT / "tests").rglob("*.py")]) == []


def test_the_repository_belongs_to_no_machine():
    # in a further work tree .git is a file that names a folder
    files = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]
    for folder in REPOSITORY:
        files += [path for path in (ROOT / folder).rglob("*") if path.is_file() and not GENERATED & {*path.parts}]
    findings = []
    for path in files:
        try:
            findings += forbidden_text(path.read_text("utf-8"), str(path.relative_to(ROOT)))
        except UnicodeDecodeError:
            continue
    assert len(files) > 50
    assert findings == []


def test_constraints_pin_what_the_package_needs():
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9][\w.-]*==[\w.]+", line)] == []
    pinned = {_normal(line.split("==")[0]) for line in lines}
    assert len(pinned) == len(lines)
    assert "didymos" not in pinned
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    needed = [*project["dependencies"], *extras["dev"], *extras["docs"]]
    names = {_normal(re.split(r"[^\w.-]", requirement)[0]) for requirement in needed}
    assert names - pinned == set()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("didymos.core.noise.noise", "from didymos.io import open_map"),
        ("didymos.core.noise.noise", "def f():\n    import didymos.plots.score"),
        ("didymos.core.noise.noise", "from ..io import open_map"),
        ("didymos.core.noise.noise", "from .. import plots"),
        ("didymos.core.noise.noise", "import xarray as xr"),
        ("didymos.core.noise.noise", "from matplotlib import pyplot"),
        ("didymos.core.noise.noise", "from pathlib import Path"),
        ("didymos.core.noise.noise", "import jax.numpy as jnp"),
        ("didymos.schema", "import didymos.core.noise.noise"),
        ("didymos.schema", "from didymos import core"),
        ("didymos.methods.pca", "import didymos"),
        ("didymos.attic", "import numpy"),
        ("didymos.simulate.bands", "from didymos.twin import network"),
        ("didymos.simulate.bands", "import didymos.io"),
        ("didymos.workflow", "import optax"),
        ("didymos.workflow", "from didymos.report import write_report"),
        ("didymos.workflow", "import importlib\nimportlib.import_module('optax')"),
        ("didymos.plots.score", "from didymos.report import write_report"),
        ("didymos.plots.score", "from didymos import analyze"),
        ("didymos.io.results", "import pickle"),
        ("didymos.io.results", "from joblib import load"),
    ],
)
def test_a_forbidden_import_is_found(module, source):
    assert forbidden_imports(source, module) != []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("didymos.core.noise.rank", "from didymos.core.numeric.robust import MAD_TO_SD\nimport numpy as np"),
        ("didymos.core.noise.rank", "from ..numeric.robust import MAD_TO_SD\nfrom ...schema import InputError"),
        ("didymos.core.noise.rank", "from didymos.core.noise.noise import noise_of_energies"),
        ("didymos.core.latent.separability", "from didymos.core.pairs.mixture import TwoGaussians"),
        ("didymos.simulate.bands", "from didymos.schema import InputError\nfrom didymos.core import noise"),
        ("didymos.twin.training.loss", "import jax.numpy as jnp\nimport optax"),
        ("didymos.report.html", "from didymos.plots import available\nfrom didymos import __version__"),
        ("didymos.cli", "from didymos.workflow import analyze"),
    ],
)
def test_an_allowed_import_is_not(module, source):
    assert forbidden_imports(source, module) == []


def test_a_cycle_is_found():
    sources = {"a": "import b", "b": "from c import x", "c": "def f():\n    import a", "d": "import a"}
    assert import_cycles(import_graph(sources)) == [["a", "b", "c"]]
    assert import_cycles(import_graph(sources | {"c": ""})) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("didymos.io.results", "np.load(path, allow_pickle=True)"),
        ("didymos.io.results", "def f(path, unsafe):\n    return np.load(path, allow_pickle=unsafe)"),
        ("didymos.io.results", "import joblib\njoblib.load(path)"),
        ("didymos.core.noise.noise", "with open(path) as file: ..."),
        ("didymos.core.noise.noise", "np.save(path, values)"),
    ],
)
def test_an_unsafe_call_is_found(module, source):
    assert unsafe_calls(source, module) != []


def test_a_safe_call_is_not():
    assert unsafe_calls("np.load(path, allow_pickle=False)\nopen(path)", "didymos.io.results") == []


@pytest.mark.parametrize(
    "source",
    [
        "import logging\nlogging.basicConfig()",
        "import logging\nlogging.getLogger('jax').setLevel('ERROR')",
        "import os\nos.environ['OMP_NUM_THREADS'] = '1'",
        "import os\nos.environ.setdefault('JAX_PLATFORMS', 'cpu')",
        "import jax\njax.config.update('jax_enable_x64', True)",
        "if True:\n    matplotlib.use('agg')",
        "class A:\n    numba.set_num_threads(1)",
        "def f(pool=ThreadPoolExecutor()): ...",
        "plt.rcParams['font.size'] = 8",
    ],
)
def test_a_setting_on_import_is_found(source):
    assert settings_on_import(source, "didymos.io.results") != []


def test_a_setting_in_a_function_is_not():
    source = "def f():\n    logging.basicConfig()\nif __name__ == '__main__':\n    np.random.seed(0)\n"
    assert settings_on_import(source, "didymos.cli") == []


def test_long_files_and_functions_are_found():
    body = "    x = 1\n"
    text = '    """First.\n\n' + "    More.\n" * 60 + '    """\n'
    assert too_long("x = 1\n" * 299, "didymos.m") == []
    assert too_long("x = 1\n" * 300, "didymos.m") != []
    assert too_long("def f():\n" + text + body * 48, "didymos.m") == []
    assert too_long("def f():\n" + text + body * 49, "didymos.m") != []
    assert too_long("class A:\n    def f(self):\n" + ("    " + body) * 49, "didymos.m") != []


def test_unsorted_names_and_clashes_are_found():
    assert public_names("x = 1") is None
    assert public_names("__all__ = ['A', 'b']") == ["A", "b"]
    assert sorted_names(["b", "Az", "FORMATS", "__version__", "Aa"]) == ["FORMATS", "Aa", "Az", "__version__", "b"]
    assert name_clashes([Path("a/test_x.py"), Path("b/test_x.py")]) == ["test_x.py"]
    assert name_clashes([Path("a/conftest.py"), Path("b/conftest.py"), Path("test_y.py")]) == []


@pytest.mark.parametrize(
    "words",
    [
        ("--extra-index", "-url=x"),
        ("PIP_INDEX", "_url"),
        ("see https://pypi", ".org/simple"),
        ("open('/ho", "me/ann/map.3ds')"),
        (" /wo", "rk/tree"),
        ("C:\\Use", "rs\\Ann"),
    ],
)
def test_text_of_one_machine_is_found(words):
    assert forbidden_text("".join(words), "README.md") != []


def test_plain_text_is_not():
    text = "../shared/data and docs/home/page and ~/work/map.3ds on 127.0.0.1, git@host:group/work/x"
    assert forbidden_text(text, "README.md") == []
