"""ARCHITECTURE.md's map is the house."""

import re
from pathlib import Path

from app.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def test_the_map_names_what_is_there_and_nothing_else() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    drawn = set(re.findall(r"^[├└]── ([a-z_]+(?:\.py|/))", text, re.MULTILINE)) | {"housekeeping.py"}
    there = {
        f"{path.name}/" if path.is_dir() else path.name
        for path in (ROOT / "app").iterdir()
        if path.name not in {"__init__.py", "__pycache__"}
    }
    assert drawn == there


def test_every_variable_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    for name in Settings.model_fields:
        variable = "DATABASE_URL" if name == "database_url" else f"MERIDIAN_{name.upper()}"
        assert name == "jobs_inside" or f"`{variable}`" in readme, variable
