#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What each compression mode of a leaf link puts on the wire, and what it costs.

A publisher at a leaf, a subscriber at its hub, and a relay between the two servers that counts
bytes. Messages are telemetry as JSON of about 150 bytes; each is different. They are published one
at a time, so that each is a flush of its own, and in batches of 64. CPU is that of hub and leaf
together. The exit status is 1 if a message was lost, or if zstd puts more than half of S2's bytes
on the wire with one message a flush.
"""

import argparse
import contextlib
import selectors
import socket
import sys
import tempfile
import threading

sys.dont_write_bytecode = True

from server_process import ServerProcess, version_of

MODES = ("off", "s2_auto", "s2_fast", "s2_better", "s2_best", "zstd")
SUBJECT = "plant.line4.pump.telemetry"
BATCH = 64
WAIT_SECONDS = 20


class Relay:
    """Passes bytes between a leaf and its hub, and counts those that the leaf sends."""

    def __init__(self, hub_port):
        self.hub_port = hub_port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.from_leaf = 0
        self._peers = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self.listener, selectors.EVENT_READ)
        self._wake, self._waker = socket.socketpair()
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._waker.send(b"x")
        self._thread.join()
        for end in (self.listener, self._wake, self._waker, *self._peers):
            end.close()

    def _run(self):
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._wake:
                    return
                if key.fileobj is self.listener:
                    self._accept()
                else:
                    self._pass(key.fileobj)

    def _accept(self):
        leaf, _ = self.listener.accept()
        hub = socket.create_connection(("127.0.0.1", self.hub_port))
        for end, other in ((leaf, hub), (hub, leaf)):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._peers[end] = (other, end is leaf)
            self._selector.register(end, selectors.EVENT_READ)

    def _pass(self, end):
        other, is_leaf = self._peers[end]
        data = b""
        with contextlib.suppress(OSError):
            data = end.recv(262144)
        if not data:
            self._selector.unregister(end)
            with contextlib.suppress(OSError):
                other.shutdown(socket.SHUT_WR)
            return
        if is_leaf:
            self.from_leaf += len(data)
        with contextlib.suppress(OSError):
            other.sendall(data)


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(WAIT_SECONDS)
        self.received = b""
        self.ask(b'CONNECT {"verbose":false}\r\n')

    def ask(self, request):
        """Sends it, and returns all that comes before the answer to a PING."""
        self.socket.sendall(request + b"PING\r\n")
        return self.until(b"PONG\r\n")

    def until(self, end):
        while end not in self.received:
            data = self.socket.recv(262144)
            if not data:
                raise ConnectionError("the server has closed")
            self.received += data
        before, _, self.received = self.received.partition(end)
        return before

    def skip(self, count):
        """Takes bytes until so many messages have ended."""
        while self.received.count(b"}\r\n") < count:
            data = self.socket.recv(262144)
            if not data:
                raise ConnectionError("the server has closed")
            self.received += data
        self.received = b""


def telemetry(index):
    """Numbers that belong to the index and look as if they had been measured."""
    value = (index * 0x9e3779b97f4a7c15 ^ index << 7) & 0xffffffffffff
    return (f'{{"id":"pump-{value % 40:04}","ts":{1767225600000 + index * 25 + value % 20},'
            f'"seq":{100000 + index},"temp":{20 + value % 9}.{value >> 8 & 63:02},'
            f'"pressure":{3 + (value >> 16) % 3}.{(value >> 20) % 1000:03},'
            f'"rpm":{1450 + (value >> 12) % 60},"state":"running","alarm":false,'
            f'"site":"north-2"}}').encode()


def publications(first, count):
    out = bytearray()
    for index in range(first, first + count):
        body = telemetry(index)
        out += f"PUB {SUBJECT} {len(body)}\r\n".encode() + body + b"\r\n"
    return bytes(out)


def wait_for_link(publisher):
    """Until the hub's interest has reached the leaf."""
    while True:
        answer = publisher.ask(f"UNSUB 9\r\nSUB _I 9\r\nPUB {SUBJECT} _I 0\r\n\r\n".encode())
        if b"503" not in answer:
            return


def measure(binary, mode, batch, messages):
    """(bytes on the wire, CPU ns) for each message."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="link-compression-"))
        hub_config = f'leafnodes {{\n listen: "127.0.0.1:LEAF_PORT"\n compression: {mode}\n}}'
        hub = stack.enter_context(ServerProcess(binary, folder, "hub", hub_config, True))
        relay = stack.enter_context(Relay(hub.leaf_port))
        remote = f'{{ url: "nats-leaf://127.0.0.1:{relay.port}"\n compression: {mode} }}'
        leaf = stack.enter_context(ServerProcess(
            binary, folder, "leaf",
            f"leafnodes {{\n remotes: [ {remote} ]\n}}"))
        subscriber, publisher = Client(hub.port), Client(leaf.port)
        subscriber.ask(f"SUB {SUBJECT} 1\r\n".encode())
        publisher.socket.sendall(b'CONNECT {"verbose":false,"headers":true,'
                                 b'"no_responders":true}\r\n')
        wait_for_link(publisher)
        publisher.socket.sendall(publications(0, 100))  # zstd begins to know what is coming
        subscriber.skip(100)
        servers = (hub, leaf)
        bytes_before, cpu_before = relay.from_leaf, sum(s.cpu_ns() for s in servers)
        for first in range(100, 100 + messages, batch):
            publisher.socket.sendall(publications(first, batch))
            subscriber.skip(batch)
        cpu = sum(s.cpu_ns() for s in servers) - cpu_before
        return (relay.from_leaf - bytes_before) / messages, cpu / messages


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", metavar="PATH", required=True, help="our server")
    parser.add_argument("--reference", metavar="PATH", help="a real nats-server, 2.10 or newer")
    parser.add_argument("--modes", nargs="*", default=MODES, choices=MODES)
    parser.add_argument("--smoke", action="store_true",
                        help="few messages: bytes count, CPU does not")
    arguments = parser.parse_args()
    sides = {"ours": arguments.server, "reference": arguments.reference}
    counts = {1: 300, BATCH: 30 * BATCH} if arguments.smoke else {1: 5000, BATCH: 1000 * BATCH}
    one_a_flush = {}
    print(f"a message is {len(telemetry(5))} bytes, as LMSG "
          f"{len(telemetry(5)) + len(SUBJECT) + 13}")
    print(f"{'':10} {'mode':10} {'messages a flush':>16} {'bytes each':>11} {'CPU us each':>12}")
    for side, binary in sides.items():
        if not binary:
            continue
        print(f"{side}: {version_of(binary)}")
        for batch, messages in counts.items():
            for mode in arguments.modes:
                if side == "reference" and mode == "zstd":
                    continue
                size, cpu = measure(binary, mode, batch, messages)
                print(f"{side:10} {mode:10} {batch:16} {size:11.1f} {cpu / 1000:12.2f}",
                      flush=True)
                if side == "ours" and batch == 1:
                    one_a_flush[mode] = size
    s2 = [size for mode, size in one_a_flush.items() if mode.startswith("s2")]
    if s2 and "zstd" in one_a_flush and one_a_flush["zstd"] * 2 > min(s2):
        print(f"FAILED: zstd puts {one_a_flush['zstd']:.1f} bytes on the wire for a message, more "
              f"than half of S2's {min(s2):.1f}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
