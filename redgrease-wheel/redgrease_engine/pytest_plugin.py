"""Fixtures for pytest; installed with the package, so that no `conftest.py` is needed.

* `redgrease_server`: a private server for each test, which begins empty.
* `redgrease_client`: a client of redis-py for that server.
* `redgrease_server_options`: the arguments of `redgrease_engine.server`, for a fixture of the same name to change.
"""

from typing import Any, Dict, Iterator

import pytest

from .private_server import Server, server


@pytest.fixture
def redgrease_server_options() -> Dict[str, Any]:
    """The arguments of `redgrease_engine.server` for `redgrease_server`."""
    return {}


@pytest.fixture
def redgrease_server(redgrease_server_options: Dict[str, Any]) -> Iterator[Server]:
    """A private server with the engine, which ends with the test."""
    with server(**redgrease_server_options) as started:
        yield started


@pytest.fixture
def redgrease_client(redgrease_server: Server) -> Iterator[Any]:
    """A client of redis-py (or valkey-py) for `redgrease_server`."""
    client = redgrease_server.client()
    yield client
    client.close()
