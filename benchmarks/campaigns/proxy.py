"""A proxy before a PostgreSQL server that cuts, delays or half-opens its connections."""

from __future__ import annotations

import shutil
import socket
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.parse import quote

from sqlalchemy.engine import make_url

_SOCKET = ".s.PGSQL.5432"


class Proxy:
    """Passes on what comes, as long as nothing else is asked for.

    Attributes:
        delay_s: how long each piece of data is held back.
        deaf: whether what the server answers is lost.
    """

    def __init__(self, url: str) -> None:
        host = str(make_url(url).query["host"])
        self.delay_s = 0.0
        self.deaf = False
        self._server = f"{host}/{_SOCKET}"
        self._folder = tempfile.mkdtemp(prefix="proxy-")
        self.url = url.replace(quote(host, safe=""), host).replace(host, self._folder)
        self._open: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f"{self._folder}/{_SOCKET}")
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self) -> None:
        """Close the connections that are open now."""
        for end in list(self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
            except OSError:
                return
            self._open += [client, server]
            for pair in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, here: socket.socket, there: socket.socket, answers: bool) -> None:
        with suppress(OSError):
            while data := here.recv(65536):
                if self.delay_s:
                    time.sleep(self.delay_s)
                if not (answers and self.deaf):
                    there.sendall(data)
        for end in (here, there):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.cut()
        shutil.rmtree(Path(self._folder))
