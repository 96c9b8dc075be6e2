"""A plugin for pytest: this run is one of several on one server, and leaves it running. As a worker of xdist is, which the fixtures know."""

import os

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.workerinput = {"workerid": os.environ["MERIDIAN_TESTS_MUTANT"]}  # type: ignore[attr-defined]
