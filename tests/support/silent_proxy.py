"""A proxy before a PostgreSQL server, on a socket of its own, that can fall silent."""

from __future__ import annotations

import selectors
import shutil
import socket
import tempfile
import threading
from pathlib import Path
from typing import Self
from urllib.parse import quote

from sqlalchemy.engine import make_url

_SOCKET = ".s.PGSQL.5432"


class SilentProxy:
    """Passes on what comes, until told not to.

    Args:
        url: of a database on a server that listens on a Unix socket.
    """

    def __init__(self, url: str) -> None:
        host = str(make_url(url).query["host"])
        self._server = f"{host}/{_SOCKET}"
        self._folder = tempfile.mkdtemp(prefix="proxy-")
        self.url = url.replace(quote(host, safe=""), quote(self._folder, safe="")).replace(
            host, self._folder
        )
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(Path(self._folder) / _SOCKET))
        self._listener.listen()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._end, end = socket.socketpair()
        self._selector.register(end, selectors.EVENT_READ)
        self._ending = end
        self._peers: dict[socket.socket, socket.socket] = {}
        self._deaf: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def swallow(self) -> None:
        """What the server answers on the connections that are open now is lost from here on."""
        self._deaf.update(self._peers)

    def shut_out(self) -> None:
        """Let no new connection in."""
        (Path(self._folder) / _SOCKET).unlink()

    def _serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                ready = key.fileobj
                assert isinstance(ready, socket.socket)
                if ready is self._ending:
                    return
                if ready is self._listener:
                    self._connect()
                else:
                    self._pass_on(ready)

    def _connect(self) -> None:
        client, _ = self._listener.accept()
        server = socket.socket(socket.AF_UNIX)
        server.connect(self._server)
        for here, there in ((client, server), (server, client)):
            self._peers[here] = there
            self._selector.register(here, selectors.EVENT_READ)

    def _pass_on(self, here: socket.socket) -> None:
        there = self._peers[here]
        try:
            data = here.recv(65536)
            if data and here not in self._deaf:
                there.sendall(data)
        except OSError:
            data = b""
        if not data:
            for end in (here, there):
                if self._peers.pop(end, None) is not None:
                    self._selector.unregister(end)
                end.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end.close()
        self._thread.join()
        for end in (*self._peers, self._listener, self._ending):
            end.close()
        self._selector.close()
        shutil.rmtree(self._folder)
