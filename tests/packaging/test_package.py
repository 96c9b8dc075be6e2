"""What is shipped: a wheel that can migrate and serve without the checkout, and files that name no machine and no registry."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(built).namelist())


def test_the_wheel_has_the_service_its_migrations_and_its_texts(wheel: set[str]) -> None:
    wanted = {
        str(path.relative_to(ROOT))
        for folder in ("app", "migrations")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted <= wheel
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in wheel)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_registry() -> None:
    address = re.compile(r"https?://[^\s\"']*(?:pypi|python[h]osted|npmjs|debian)[^\s\"']*", re.IGNORECASE)
    found = {str(path.relative_to(ROOT)): address.findall(path.read_text(errors="ignore")) for path in tracked()}
    assert {name: hits for name, hits in found.items() if hits} == {}


@pytest.mark.parametrize("lock", ["prod.txt", "dev.txt", "build.txt"])
def test_every_requirement_is_pinned_with_hashes(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines
    for line in lines:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==", line), line
        assert "--hash=sha256:" in line, line


def test_the_image_runs_as_nobody_special_and_without_the_embedded_server() -> None:
    image = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^USER meridian$", image, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK ", image, re.MULTILINE)
    assert "pgserver" not in (ROOT / "requirements" / "prod.txt").read_text()
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", image, re.MULTILINE):
        for name in source.split():
            assert (ROOT / name).exists(), name


def test_compose_has_the_service_its_worker_and_postgresql() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    assert set(services) == {"app", "worker", "db"}
    assert services["worker"]["command"] == ["meridian", "worker"]
    assert services["worker"]["environment"] == services["app"]["environment"]
