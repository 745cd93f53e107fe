"""The explorer as a page on this machine: one address, one socket, nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from didymos.explorer.desk import Desk
from didymos.explorer.page import explorer_page
from didymos.explorer.requests import answer
from didymos.explorer.settings import HOSTS, LOOPBACK, ExplorerSettings
from didymos.schema import InputError


class Explorer:
    """A running explorer; it serves one result to whoever knows the address with its token.

    Parameters
    ----------
    desk : Desk
    settings : ExplorerSettings, optional

    Raises
    ------
    InputError
        Where the port is taken.
    """

    def __init__(self, desk: Desk, settings: ExplorerSettings | None = None) -> None:
        self.desk = desk
        self.settings = settings or desk.settings
        self.token = secrets.token_urlsafe(24)
        try:
            self._socket = socket.create_server((LOOPBACK, self.settings.port))
        except OSError as error:
            raise InputError(
                f"port {self.settings.port} cannot be used ({error.strerror or error}): choose another one, or 0"
            ) from None
        self._socket.setblocking(False)
        self.port = int(self._socket.getsockname()[1])
        self._work = ThreadPoolExecutor(1, thread_name_prefix="didymos-explorer")
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._serve, name="didymos-explorer", daemon=True)
        self._thread.start()
        self._ready.wait()

    @property
    def url(self) -> str:
        """The address, with the token without which nothing is served."""
        return f"http://{LOOPBACK}:{self.port}/?token={self.token}"

    @property
    def origins(self) -> set[str]:
        """Addresses from which the page may be used."""
        return {f"http://{name}:{self.port}" for name in HOSTS}

    def wait(self) -> None:
        """Wait until the explorer is closed or the user stops it."""
        while self._thread.is_alive():
            self._thread.join(0.2)

    def close(self) -> None:
        """Stop serving."""
        if self._loop is not None and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(5)
        self._work.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> Explorer:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _repr_html_(self) -> str:
        """Show the explorer within a notebook."""
        return f'<iframe src="{self.url}" style="width: 100%; height: 860px; border: 0" title="didymos"></iframe>'

    def _serve(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        given = {"explorer": self}
        application = Application(
            [("/", _Page, given), ("/talk", _Talk, given)],
            websocket_max_message_size=self.settings.largest_message,
            websocket_ping_interval=20,
            log_function=lambda handler: None,
        )
        server = HTTPServer(application)
        server.add_socket(self._socket)
        self._ready.set()
        await self._stop.wait()
        server.stop()
        await server.close_all_connections()

    def allows(self, token: str, host: str) -> bool:
        """Tell whether a request knows the token, and means this machine and no name that points to it."""
        known = secrets.compare_digest(token.encode(errors="replace"), self.token.encode())
        return known and f"http://{host}" in self.origins

    async def work(self, function: Any, *given: Any) -> Any:
        """Do something that takes time, one thing after the other, while the page stays alive."""
        return await asyncio.get_running_loop().run_in_executor(self._work, function, *given)


def internal(error: Exception) -> str:
    """Return one line about an error that is not the user's."""
    return " ".join(f"internal error: {type(error).__name__}: {error}".split())


class _Page(RequestHandler):
    """The page."""

    def initialize(self, explorer: Explorer) -> None:
        self.explorer = explorer

    async def get(self) -> None:
        if not self.explorer.allows(self.get_query_argument("token", ""), self.request.host):
            self.set_status(403)
            await self.finish("Open the address with its token that 'didymos explore' has printed.\n")
            return
        try:
            text = await self.explorer.work(explorer_page, self.explorer.desk, self.explorer.port)
        except Exception as error:  # the next page is another one
            self.set_status(500)
            await self.finish(f"{internal(error)}\n")
            return
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("X-Content-Type-Options", "nosniff")
        await self.finish(text)


class _Talk(WebSocketHandler):
    """What the page asks, and the answers."""

    def initialize(self, explorer: Explorer) -> None:
        self.explorer = explorer

    def check_origin(self, origin: str) -> bool:
        found = urlsplit(origin)
        return f"{found.scheme}://{found.netloc}" in self.explorer.origins

    def prepare(self) -> None:
        if not self.explorer.allows(self.get_query_argument("token", ""), self.request.host):
            self.set_status(403)
            self.finish()

    async def on_message(self, message: str | bytes) -> None:
        try:
            request = json.loads(message)
            number = request["id"]
        except (ValueError, TypeError, KeyError, RecursionError):
            self._say({"error": "a message is no request"})
            return
        loop = asyncio.get_running_loop()

        def progress(text: str, share: float) -> None:
            loop.call_soon_threadsafe(self._say, {"id": number, "progress": text, "share": share})

        try:
            found = await self.explorer.work(answer, self.explorer.desk, request, progress)
        except asyncio.CancelledError:
            return  # the explorer was closed
        except Exception as error:  # the page must learn of it, and the next request is another one
            found = {"error": internal(error)}
        self._say({"id": number, **found})

    def _say(self, said: dict[str, Any]) -> None:
        with contextlib.suppress(WebSocketClosedError):
            self.write_message(json.dumps(said, allow_nan=False))
