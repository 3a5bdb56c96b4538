# SPDX-License-Identifier: Apache-2.0
#
# What one scenario runs on: its folder, the servers and connections it opened, and how it opens
# them. The stage owns them all and ends them when the scenario is over.

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading

from .checks import Deadline, Failure
from .client import Client
from .config import LISTEN
from .leaf import HubListener, Leaf
from .proxy import Proxy
from .server import Server
from .websocket import WebSocket
from .wire import WAIT_S, Wire

POLL_S = 0.002


class Stage:
    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=options.folder))
        self._servers, self._connections = [], []
        self._pause = threading.Event()

    # Servers.

    def write(self, name, text):
        """A file in the scenario's folder; returns its path as text."""
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def launch(self, *args, program=None, env=None):
        """A server with exactly these flags. Nothing is waited for."""
        server = Server(program or self.options.server, [str(arg) for arg in args], self.folder,
                        env and {**os.environ, **env})
        self._servers.append(server)
        return server

    def server(self, config="", *args, program=None, env=None, listen=LISTEN):
        """A ready server with this configuration on a free loopback port."""
        name = f"server-{len(self._servers) + 1}.conf"
        path = self.write(name, listen + config)
        server = self.launch("-c", path, *args, program=program, env=env)
        return server.wait_ready()

    def run(self, *args, program=None, env=None):
        """A server that must end by itself: exit code, stdout and stderr."""
        command = [program or self.options.server, *(str(arg) for arg in args)]
        try:
            return subprocess.run(
                command, cwd=self.folder, env=env and {**os.environ, **env}, text=True,
                stdin=subprocess.DEVNULL, capture_output=True,
                timeout=Deadline(2 * WAIT_S).seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"{' '.join(command)} did not end") from None

    def wait_file(self, path, wait_s=WAIT_S):
        """The text of a file once the server has written it."""
        deadline = Deadline(wait_s)
        path = pathlib.Path(path)
        while not (path.exists() and path.stat().st_size):
            if deadline.passed():
                raise Failure(f"no file {path.name} within {wait_s:g} s")
            self._pause.wait(POLL_S)
        return path.read_text()

    # Connections.

    def _dial(self, port, receive_bytes=0):
        """`receive_bytes`: a small socket buffer, for readers that are to fall behind soon."""
        sock = socket.socket()
        if receive_bytes:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        sock.settimeout(Deadline(WAIT_S).seconds)
        sock.connect(("127.0.0.1", port))
        return sock

    def _owned(self, connection):
        self._connections.append(connection)
        return connection

    def wire(self, port):
        """A bare connection: not even INFO has been read."""
        return self._owned(Wire(self._dial(port)))

    def raw(self, server, name="client", receive_bytes=0):
        """A client that has read INFO and said nothing."""
        return self._owned(Client(self._dial(server.port(), receive_bytes), name))

    def client(self, server, name="client", receive_bytes=0, **connect):
        """A client that is logged in."""
        return self.raw(server, name, receive_bytes).log_in(**connect)

    def raw_leaf(self, server, name="leaf"):
        """A leaf that has read INFO and said nothing."""
        return self._owned(Leaf(self._dial(server.leaf_port()), name))

    def leaf(self, server, name="leaf", **connect):
        """A leaf that has joined."""
        return self.raw_leaf(server, name).join(**connect)

    def websocket(self, server, path="/", **fields):
        """A WebSocket that was agreed to; the fields are those of the request."""
        websocket, head = self.ask_websocket(server, path, **fields)
        if head is None or head.status != 101:
            raise Failure(f"no WebSocket: {head and head.start}")
        return websocket

    def ask_websocket(self, server, path="/", **fields):
        """The same, whatever the answer is: WebSocket and head, None if there was none."""
        websocket = self._owned(WebSocket(self._dial(server.websocket_port())))
        return websocket, websocket.ask(path, **fields)

    def websocket_client(self, server, name="ws client", path="/", fields=None, **connect):
        """A client over WebSocket that is logged in."""
        socket = self.websocket(server, path, **(fields or {}))
        return self._owned(Client(socket, name)).log_in(**connect)

    def websocket_leaf(self, server, name="leaf", fields=None, **connect):
        """A leaf over WebSocket that has joined."""
        socket = self.websocket(server, "/leafnode", **(fields or {}))
        return self._owned(Leaf(socket, name)).join(**connect)

    def proxy(self, **how):
        """An HTTP proxy for remotes of the server under test."""
        return self._owned(Proxy(**how))

    def hub(self, port=0):
        """A port for the server under test to dial."""
        return self._owned(HubListener(port))

    def accept(self, hub, wait_s=WAIT_S):
        return self._owned(hub.accept(wait_s))

    # The end.

    def clean_up(self, keep):
        """Ends everything; returns the complaints about servers that died or would not stop."""
        for connection in self._connections:
            connection.close()
        complaints = [server.clean_up() for server in reversed(self._servers)]
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
        return [complaint for complaint in complaints if complaint]

    def logs(self):
        return [(server.program, server.log()) for server in self._servers]
