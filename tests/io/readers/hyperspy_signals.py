"""Signals as HyperSpy hands them to the writers of RosettaSciIO."""

import importlib
import logging
import warnings

import numpy as np

NAMES = (("y", "nm", 0.5, 1.0, True), ("x", "nm", 0.25, -1.0, True), ("Energy loss", "eV", 2.0, 100.0, False))


def axis(name, size, units="", scale=1.0, offset=0.0, navigate=False, **more):
    return {
        "name": name, "size": size, "units": units, "scale": scale, "offset": offset, "navigate": navigate,
        "_type": "UniformDataAxis", "is_binned": False,
    } | more  # fmt: skip


def signal(data, names=NAMES, title="EELS map"):
    """A signal with one axis for each dimension."""
    axes = [
        axis(name, size, units, scale, offset, navigate, index_in_array=i)
        for i, (size, (name, units, scale, offset, navigate)) in enumerate(zip(data.shape, names, strict=True))
    ]
    metadata = {
        "General": {"title": title, "date": "2024-05-01", "time": "12:00:00", "authors": "A. B.", "notes": "thin"},
        "Signal": {"signal_type": "EELS", "quantity": "Electrons (Counts)"},
        "Acquisition_instrument": {"TEM": {"beam_energy": 200.0, "Detector": {"EELS": {"exposure": 0.01}}}},
    }
    return {
        "data": np.ascontiguousarray(data), "axes": axes, "metadata": metadata, "original_metadata": {},
        "attributes": {"_lazy": False}, "learning_results": {}, "models": {}, "tmp_parameters": {},
        "package_info": {"package": "rosettasciio", "package_version": "0"}, "package": "", "package_version": "",
    }  # fmt: skip


def write_signal(plugin, path, content, **options):
    """Write a signal with a writer of RosettaSciIO."""
    if plugin == "hspy":
        options |= {"show_progressbar": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("rsciio")
        importlib.import_module(f"rsciio.{plugin}").file_writer(str(path), content, **options)
    return path
