"""The demo's words are its own: no sentence of the sample article is among them (see the design)."""

import re
from pathlib import Path

import pytest

from app.kit.db import Connection

pytestmark = pytest.mark.xdist_group("demo")

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
# Shorter ones are nobody's.
WORDS = 4

TEXTS = """
SELECT body_markdown || E'\n\n' || title || E'\n\n' || summary FROM articles
UNION ALL SELECT message FROM enquiries
UNION ALL SELECT concat_ws(E'\n\n', name, summary) FROM treatments
UNION ALL SELECT bio FROM practitioners
UNION ALL SELECT notes FROM patients WHERE notes IS NOT NULL
UNION ALL SELECT notes FROM appointments WHERE notes IS NOT NULL
"""


def sentences(text: str) -> set[str]:
    """Without case and signs; a heading is one too."""
    parts = re.split(r"[.!?]|\n\s*\n", text)
    folded = (" ".join(re.findall(r"[^\W_]+", part.lower())) for part in parts)
    return {part for part in folded if len(part.split()) >= WORDS}


async def test_no_sentence_is_copied_from_the_samples(rows: Connection) -> None:
    samples = sorted(SAMPLES.glob("*.txt"))
    if not samples:
        pytest.skip(f"the samples are not beside this checkout, in {SAMPLES}")
    theirs = {sentence for sample in samples for sentence in sentences(sample.read_text(encoding="utf-8"))}
    assert len(theirs) > 20
    ours = {sentence for (text,) in await (await rows.execute(TEXTS)).fetchall() for sentence in sentences(text)}
    assert len(ours) > 100
    assert ours & theirs == set()
