# SPDX-License-Identifier: Apache-2.0
#
# The two ends of a leaf link, played byte by byte. Leaf is the soliciting end (it dials the server
# under test and sends CONNECT); HubListener accepts what the server under test dials and HubLink is
# the accepting end of one such connection. Both offer no compression, so the link stays plain.
#
# Interest that servers announce on their own account ($SYS services, loop detection, JetStream
# domains, reply prefixes) differs between servers and is hidden unless `shows_internal` is set; so
# are the empty requests by which clients of this suite find out whether interest exists.

import json
import re
import socket

from . import s2
from .checks import Deadline, Failure, shown
from .websocket import WebSocket
from .wire import PROBE, WAIT_S, Wire, as_bytes

IS_PROBE = re.compile(rb"LMSG \S+ (\+ )?%s\.\d+ .*\r\n" % PROBE)
INTERNAL_INTEREST = re.compile(rb"LS[+-] (\$SYS|\$LDS|\$JS|\$GR|_GR_|_R_|_PROBE)\.")
HUB_INFO = {"server_id": "NRAWHUB", "server_name": "raw-hub", "version": "2.15.0", "proto": 1,
            "host": "127.0.0.1", "headers": True, "auth_required": True, "max_payload": 1048576,
            "client_id": 7, "nonce": "0yJYG91UBwB6TrI", "info_on_connect": True}


class LeafLink(Wire):
    """What both ends share: the verbs, and which interest is not shown."""

    shows_internal = False

    def _ignored(self, op):
        if op.startswith(b"LMSG "):
            return IS_PROBE.match(op) is not None
        return not self.shows_internal and INTERNAL_INTEREST.match(op) is not None

    def add_interest(self, subject, queue="", weight=1):
        self.send(f"LS+ {subject} {queue} {weight}\r\n" if queue else f"LS+ {subject}\r\n")

    def drop_interest(self, subject, queue=""):
        self.send(f"LS- {subject} {queue}".rstrip(), "\r\n")

    def lmsg(self, arguments, payload=b""):
        """`arguments` is all between the verb and the size: "s", "s reply", "s | q1 q2" ..."""
        self.send(lmsg_op(arguments, payload))

    def hmsg(self, arguments, headers, payload=b""):
        self.send(leaf_hmsg_op(arguments, headers, payload))

    def expect_lmsg(self, arguments, payload=b"", wait_s=WAIT_S):
        self.expect(lmsg_op(arguments, payload), wait_s=wait_s)

    def expect_hmsg(self, arguments, headers, payload=b"", wait_s=WAIT_S):
        self.expect(leaf_hmsg_op(arguments, headers, payload), wait_s=wait_s)


def lmsg_op(arguments, payload=b""):
    payload = as_bytes(payload)
    return f"LMSG {arguments} {len(payload)}\r\n".encode() + payload + b"\r\n"


def leaf_hmsg_op(arguments, headers, payload=b""):
    headers, payload = as_bytes(headers), as_bytes(payload)
    sizes = f"{len(headers)} {len(headers) + len(payload)}"
    return f"HMSG {arguments} {sizes}\r\n".encode() + headers + payload + b"\r\n"


class Leaf(LeafLink):
    """The soliciting end: reads INFO at once, the rest step by step."""

    def __init__(self, sock, name="leaf"):
        super().__init__(sock, name)
        self.info = self.expect_json("INFO")
        self.accepted = None
        self.interest = []

    def say_connect(self, **fields):
        given = {"version": "2.15.0", "name": self.name, "cluster": self.name,
                 "server_id": f"N{self.name.upper()}", "headers": True, **fields}
        given = {key: value for key, value in given.items() if value is not None}
        self.send(f"CONNECT {json.dumps(given)}\r\n")

    def compress(self, mode="s2_fast"):
        """Negotiates S2: our INFO, and the hub's by that means."""
        self.send(f'INFO {{"compression":"{mode}"}}\r\n')
        self.use_codec(s2.Stream())
        self.info = self.expect_json("INFO")
        return self

    def join(self, **fields):
        """CONNECT, the answering INFO, and the hub's first list of interest."""
        self.say_connect(**fields)
        self.accepted = self.expect_json("INFO")
        if not self.accepted.get("connect_info"):
            raise Failure(f"{self.name}: the INFO after CONNECT has no connect_info")
        self.interest = [op.decode().rstrip() for op in self.ops_until_pong()]
        return self


class HubListener:
    """A port that the server under test is told to dial as its hub."""

    def __init__(self, port=0):
        self.sock = socket.create_server(("127.0.0.1", port))
        self.port = self.sock.getsockname()[1]

    def url(self, userinfo=""):
        return f"nats-leaf://{userinfo + '@' if userinfo else ''}127.0.0.1:{self.port}"

    def accept(self, wait_s=WAIT_S):
        self.sock.settimeout(Deadline(wait_s).seconds)
        try:
            sock, _ = self.sock.accept()
        except TimeoutError:
            raise Failure(f"no connection to the hub port within {wait_s:g} s") from None
        return HubLink(sock, self.port)

    def accept_websocket(self, wait_s=WAIT_S, **how):
        """The same over WebSocket; `request` of the link is the head that was answered."""
        link = self.accept(wait_s)
        websocket = WebSocket(link.sock)
        link.sock = websocket
        link.request = websocket.welcome(**how)
        return link

    def close(self):
        self.sock.close()


class HubLink(LeafLink):
    """The accepting end of one dialled connection. Nothing is sent before the scenario says so."""

    def __init__(self, sock, port):
        super().__init__(sock, "hub link")
        own = f"127.0.0.1:{port}"
        self.hello = {**HUB_INFO, "port": port, "ip": own, "leafnode_urls": [own]}
        self.connect = None
        self.interest = []

    def say_info(self, **fields):
        given = {**self.hello, **fields}
        given = {key: value for key, value in given.items() if value is not None}
        self.send(f"INFO {json.dumps(given)} \r\n")

    def compress(self, mode="s2_fast"):
        """Offers S2; the remote's INFO, and ours again by that means. What it sent was alone."""
        self.say_info(compression=mode)
        answer = self.expect_json("INFO")
        if self._buffer:
            raise Failure(f"{self.name}: bytes behind the INFO: {shown(bytes(self._buffer))}")
        self.use_codec(s2.Stream())
        self.say_info(compression=mode)
        return answer

    def read_connect(self):
        self.connect = self.expect_json("CONNECT")
        return self.connect

    def say_accepted(self, **fields):
        self.say_info(**{"nonce": None, "connect_info": True, "remote_account": "$G", **fields})

    def welcome(self, **fields):
        """The whole greeting, and the remote's first list of interest."""
        self.say_info(**fields)
        self.read_connect()
        self.say_accepted(**fields)
        self.interest = [op.decode().rstrip() for op in self.ops_until_pong()]
        return self
