"""The README is run: its lines, pasted in order into a shell, do what it says they do."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.serving import served, state_folder

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(document: Path) -> list[str]:
    """The shell blocks, without those that start or test the whole."""
    return [block for block in BLOCK.findall(document.read_text()) if not block.startswith("make ")]


@pytest.mark.xdist_group("serving")
def test_the_readme_leads_from_nothing_to_a_booked_appointment() -> None:
    with state_folder() as state_dir, served(state_dir) as (base, _):
        script = "\n".join(blocks(ROOT / "README.md"))
        environment = os.environ | {"BASE": base, "MERIDIAN_STATE_DIR": str(state_dir)}
        done = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True
        )
    said = done.stdout
    assert done.returncode == 0, said + done.stderr
    in_order = [
        '"time_zone":"Europe/London","days":[',
        "booked\n",
        "AP-",
        "0\nno longer offered\n",
        '"code": "slot_unavailable"',
        '"reasons": [{"code": "busy"',
        '"alternatives": [{"index": 0',
        '"reference":"AP-',
        "EN-",
        "May I eat before a treatment?\n",
        "booked\n",
    ]
    place = 0
    for piece in in_order:
        found = said.find(piece, place)
        assert found >= 0, f"{piece!r} is missing after:\n{said[:place]}\n--- in:\n{said[place:]}"
        place = found + len(piece)


@pytest.mark.parametrize(
    "document",
    ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", *(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))],
)
def test_links_between_documents_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text()
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert ((ROOT / document).parent / target).exists(), target
