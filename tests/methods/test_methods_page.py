"""The page on the methods tells what the code does."""

import re
from pathlib import Path

import numpy as np
from tasks import task_of

from didymos.methods import Family, autoencoder, chosen, kernel_pca, kmeans, large, log_rescaled, tsne, umap
from didymos.methods.agglomerative import MOST_LEAVES
from didymos.methods.interface import MODES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "methods.md").read_text("utf-8")
TWINS = ["twin-euclidean", "twin-robust"]
ROWS = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| `")]


def test_the_table_names_every_method_in_order():
    assert [name for row in ROWS for name in re.findall(r"`([\w-]+)`", row[0])] == [
        *(method.name for method in chosen()),
        *TWINS,
    ]
    assert {len(row) for row in ROWS} == {6}


def test_the_numbers_are_those_of_the_code():
    text = " ".join(PAGE.split())
    most = {"kernel-pca": kernel_pca.MOST_FITTED, "umap": large.MOST_SPECTRA, "nmf": large.MOST_SPECTRA}
    for row in ROWS:
        for name, number in most.items():
            if f"`{name}" in row[0]:
                assert f"fitted to {number:,};" in row[5]
        if "`log-rescaled`" in row[0]:
            assert f"over {log_rescaled.ALL_PAIRS_UP_TO:,} each" in row[5]
    assert kmeans.STARTS == 10
    assert "best of ten starts" in text
    assert f"the last {MOST_LEAVES} clusters" in text
    assert f"first {MODES} scores" in text
    assert kernel_pca.WIDTHS == {"wide": 2, "narrow": 0.5}
    assert f"up to {kernel_pca.MOST_COMPARED:,} spectra" in text
    assert f"{umap.NEIGHBOURS} neighbours, openTSNE with perplexity {tsne.PERPLEXITY:g} " in text
    assert f"Layers {', '.join(map(str, autoencoder.LAYERS))} with tanh" in text
    assert f"at most {autoencoder.MOST_ROUNDS} rounds" in text


def test_the_example_is_a_method():
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    namespace = {"__name__": "example"}
    exec(compile(code, "methods.md", "exec"), namespace)
    family = namespace["FAMILY"]
    assert isinstance(family, Family)
    (method,) = chosen([family.name], {family.name: family})
    values = np.zeros((10, 5))
    values[3, 2] = 1
    found = method.run(task_of(values))
    assert found.score.argmax() == 3
    assert found.labels is not None
    assert np.array_equal(np.flatnonzero(found.labels), [3])
