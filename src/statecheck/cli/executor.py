"""``--executor``: extraction on the machines of a cluster."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING, Final

from statecheck.cli.guard import UsageError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from distributed import Client

SCHEME: Final = "dask://"
CONNECT_LIMIT: Final = 10  # seconds
_IMPORT_LIMIT: Final = 5  # seconds more, in which the library is imported
_OTHERWISE: Final = "without --executor the cores here are used"
_HINT: Final = f"give the address of the scheduler as {SCHEME}HOST:PORT; {_OTHERWISE}"


def vet_executor(address: str | None) -> None:
    """Raises UsageError for what is no address, or when the library is not there."""
    if address is None:
        return
    host, _, port = address.removeprefix(SCHEME).rpartition(":")
    if not address.startswith(SCHEME) or not host or not port.isdecimal() or set(host) & set("/@?# "):
        raise UsageError(f'--executor: expected {SCHEME}HOST:PORT, got "{address}"')
    from importlib.util import find_spec

    if find_spec("distributed") is None:
        raise UsageError(
            "--executor: needs the package distributed, which is not installed: pip install 'statecheck[dask]'"
        )


@contextmanager
def reached(address: str | None) -> Iterator[Executor | None]:
    """The executor of the cluster at an address that has been vetted. Raises UsageError, also when it fails later."""
    if address is None:
        yield None
        return
    from statecheck.facts.elsewhere import ExecutorError

    _quiet()
    client = _connected(address)
    try:
        yield client.get_executor(pure=False)
    except ExecutorError as error:
        raise UsageError(f"--executor: {address}: {error} ({_OTHERWISE})") from None
    finally:
        client.close(timeout=2)


def _connected(address: str) -> Client:
    """The client, made in a thread: against a server that accepts and says nothing it would wait for ever."""
    made: Queue[Client | Exception] = Queue()

    def connect() -> None:
        from distributed import Client

        url = "tcp://" + address.removeprefix(SCHEME)
        try:
            made.put(Client(url, timeout=CONNECT_LIMIT, set_as_default=False))
        except Exception as error:  # of many kinds: no such host, refused, another protocol
            made.put(error)

    Thread(target=connect, daemon=True).start()
    try:
        found = made.get(timeout=CONNECT_LIMIT + _IMPORT_LIMIT)
    except Empty:
        found = TimeoutError("it does not answer as a scheduler does")
    if isinstance(found, Exception):
        reason = str(found).partition("\n")[0] or type(found).__name__
        raise UsageError(f"--executor: {address} cannot be reached within {CONNECT_LIMIT} s: {reason} ({_HINT})")
    return found


def _quiet() -> None:
    """Its log would stand between our lines; what matters of it is said by us."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
