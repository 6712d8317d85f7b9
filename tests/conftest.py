"""What all tests share."""

from __future__ import annotations

import os

import pytest

from tests.book import MATCHERS

pytest_plugins = ["tests.playground_bot", "tests.databases", "tests.browser"]


def pytest_configure(config: pytest.Config) -> None:
    """Keep trained matchers apart from those of whoever runs the tests, for all workers and for the next run."""
    del config
    os.environ["CACHE_DIR"] = str(MATCHERS)
