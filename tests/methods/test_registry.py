import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest

from didymos.methods import (
    Family,
    Outcome,
    chosen,
    families,
    how_to_install,
    missing_packages,
    registry,
    skipped_families,
)
from didymos.schema import InputError

DEFAULT = [
    "pca", "kmeans-2", "kmeans-3", "agglomerative-ward", "agglomerative-average", "agglomerative-single",
    "agglomerative-complete", "log-rescaled", "kernel-pca-wide", "kernel-pca-narrow", "nmf", "umap", "tsne",
    "autoencoder",
]  # fmt: skip


@dataclass(frozen=True)
class Constant:
    name: str = "constant"
    title: str = "the same for all"
    packages: tuple[str, ...] = ()

    def run(self, task):
        return Outcome(score=np.zeros(len(task.values)))


@dataclass(frozen=True)
class Entry:
    """What importlib gives for an entry point."""

    name: str
    loaded: object
    value: str = "elsewhere:FAMILY"

    def load(self):
        if isinstance(self.loaded, BaseException):
            raise self.loaded
        return self.loaded


def names(methods):
    return [method.name for method in methods]


def installed(monkeypatch, *entries):
    monkeypatch.setattr(registry, "entry_points", lambda group: entries if group == "didymos.methods" else ())


def test_all_default_variants_come_in_order():
    assert names(chosen(None, {})) == DEFAULT
    assert all(method.title for method in chosen())


def test_families_variants_and_repetitions():
    found = chosen(["kmeans-7", "kmeans", "pca", "kmeans-2", "kmeans-07", "kernel-pca-narrow", "log-rescaled"])
    assert names(found) == ["kmeans-7", "kmeans-2", "kmeans-3", "pca", "kernel-pca-narrow", "log-rescaled"]
    assert names(chosen("pca")) == ["pca"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tnse", "'tnse'.*allowed are pca, kmeans .*tsne, autoencoder"),
        ("", "no method is called ''"),
        ("kmeans-1", "'1' clusters.*integer from 2"),
        ("kmeans-two", "'two' clusters"),
        ("kmeans--2", "'-2' clusters"),
        ("kmeans-²", "clusters"),
        ("agglomerative-median", "'median'.*ward, average, single, complete"),
        ("kernel-pca-medium", "'medium'.*wide, narrow"),
        ("pca-2", "pca has no variant '2'"),
        ("pcas", "no method is called 'pcas'"),
    ],
)
def test_an_unknown_name_says_what_is_allowed(name, words):
    with pytest.raises(InputError, match=words) as caught:
        chosen(["pca", name])
    assert "\n" not in str(caught.value)


def test_no_name_is_refused():
    with pytest.raises(InputError, match="no method is named; allowed are pca"):
        chosen([])


def test_further_families_are_the_last_and_can_be_named():
    further = {"twin": Family("twin", lambda text: Constant(f"twin-{text}"), ("a", "b"), "a or b")}
    assert names(chosen(None, further)) == [*DEFAULT, "twin-a", "twin-b"]
    assert names(chosen(["twin-b", "pca", "twin"], further)) == ["twin-b", "pca", "twin-a"]
    with pytest.raises(InputError, match="twin \\(or twin- and a or b\\)"):
        chosen(["twins"], further)


def test_a_family_of_another_package_is_taken(monkeypatch):
    installed(monkeypatch, Entry("constant", Family.of(Constant())))
    assert list(families())[-1] == "constant"
    assert skipped_families() == {}
    assert names(chosen(["constant"])) == ["constant"]


def _refuse(text):
    raise InputError("no variant at all")


@pytest.mark.parametrize(
    ("loaded", "words"),
    [
        (ImportError("no module\nnamed x"), "ImportError: no module named x"),
        (SystemExit(3), "SystemExit: 3"),
        (Constant(), "is a Constant"),
        (Family.of(Constant("pca")), "called pca as another is"),
        (Family("refusing", _refuse), "no variant at all"),
    ],
)
def test_a_broken_package_leaves_the_others(monkeypatch, loaded, words):
    installed(monkeypatch, Entry("broken", loaded), Entry("constant", Family.of(Constant())))
    assert names(chosen()) == [*DEFAULT, "constant"]
    assert list(skipped_families()) == ["broken"]
    assert words in skipped_families()["broken"]
    with pytest.raises(InputError, match="broken"):
        chosen(["broken"])


def test_missing_packages_are_named_with_the_way_to_get_them():
    assert missing_packages(Constant()) == []
    assert missing_packages(Constant(packages=("numpy", "not_there", "not_there.either"))) == [
        "not_there",
        "not_there.either",
    ]
    assert how_to_install(["umap"]) == "umap is not installed: pip install umap-learn"
    assert how_to_install(["umap", "openTSNE"]).startswith("umap, openTSNE are not installed: pip")
    assert "compare" not in how_to_install(["not_there"])


def test_the_optional_packages_are_not_imported_before_they_are_used():
    code = (
        "import sys; from didymos.methods import chosen; chosen(); print({'umap', 'openTSNE', 'jax'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
