"""The settings of a result as a file that the command line reads again."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import xarray as xr
from markupsafe import Markup

from didymos.io.atomic import replacing
from didymos.io.reading import READING, given_reading
from didymos.schema.records import to_toml

SETTINGS_FILE = "settings.toml"


def settings_toml(result: xr.Dataset) -> str | None:
    """Return the settings of a result as TOML; None where it holds none."""
    try:
        settings = json.loads(str(result.attrs.get("settings", "")))
    except ValueError:
        return None
    if not isinstance(settings, Mapping) or not settings:
        return None
    command = "compare" if "method_score" in result else "analyze"
    title = f"Settings of didymos {result.attrs.get('didymos_version', '')}, for: didymos {command} INPUT --settings"
    reading = given_reading(result["spectra"].attrs) if "spectra" in result else {}
    try:
        return to_toml({**settings, **({READING: reading} if reading else {})}, f"{title} {SETTINGS_FILE}")
    except TypeError:
        return None


def write_settings(result: xr.Dataset, folder: Path) -> None:
    """Write ``settings.toml`` into a folder; one of an earlier result goes where this result holds no settings."""
    path, text = folder / SETTINGS_FILE, settings_toml(result)
    if text is None:
        path.unlink(missing_ok=True)
        return
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def settings_url(result: xr.Dataset) -> Markup | None:
    """Return an address that holds the settings, for a link to save them; None where there are none."""
    text = settings_toml(result)
    if text is None:
        return None
    content = base64.b64encode(text.encode("utf-8", errors="replace")).decode("ascii")
    return Markup(f"data:application/toml;base64,{content}")
