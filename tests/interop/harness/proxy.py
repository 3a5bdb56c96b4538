# SPDX-License-Identifier: Apache-2.0
#
# An HTTP proxy that knows CONNECT and nothing else: it writes down what it was asked, checks Basic
# credentials if it has any, and passes bytes both ways. Threads, because two sockets block each
# other; they end with the sockets.

import base64
import socket
import threading

from .checks import Deadline, Failure
from .websocket import Head
from .wire import WAIT_S


class Proxy:
    """`status` other than 200 refuses everybody. `requests` holds the heads that came."""

    def __init__(self, username="", password="", status="200 Connection established"):
        pair = f"{username}:{password}".encode()
        self.authorization = f"Basic {base64.b64encode(pair).decode()}" if username else None
        self.status = status
        self.requests = []
        self._changed = threading.Condition()
        self._sockets = []
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, scheme="http"):
        return f"{scheme}://127.0.0.1:{self.port}"

    def wait_request(self, count=1, wait_s=WAIT_S):
        """The head of the `count`th request."""
        deadline = Deadline(wait_s)
        with self._changed:
            while len(self.requests) < count:
                if deadline.passed():
                    raise Failure(f"the proxy got {len(self.requests)} requests, not {count}")
                self._changed.wait(deadline.left())
            return self.requests[count - 1]

    def _accept(self):
        while True:
            try:
                sock, _ = self.sock.accept()
            except OSError:
                return
            self._sockets.append(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        try:
            head = self._read_head(sock)
            if head is None:
                return
            wrong = self.authorization and head.fields.get("proxy-authorization") \
                != self.authorization
            status = "407 Proxy Authentication Required" if wrong else self.status
            with self._changed:
                self.requests.append(head)
                self._changed.notify_all()
            if not status.startswith("200"):
                sock.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
                return
            host, _, port = head.start.split()[1].rpartition(":")
            far = socket.create_connection((host, int(port)))
            self._sockets.append(far)
            sock.sendall(f"HTTP/1.1 {status}\r\nVia: test\r\n\r\n".encode())
            threading.Thread(target=self._pass, args=(far, sock), daemon=True).start()
            self._pass(sock, far)
        except OSError:
            pass
        finally:
            sock.close()

    @staticmethod
    def _read_head(sock):
        data = b""
        while not data.endswith(b"\r\n\r\n"):
            piece = sock.recv(1)
            if not piece:
                return None
            data += piece
        return Head(data[:-4])

    @staticmethod
    def _pass(source, target):
        try:
            while piece := source.recv(65536):
                target.sendall(piece)
        except OSError:
            pass
        for sock in (source, target):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        for sock in (self.sock, *self._sockets):
            sock.close()
