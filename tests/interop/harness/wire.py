# SPDX-License-Identifier: Apache-2.0
#
# One TCP connection that speaks the line protocol of clients and leaf links byte by byte.
# It reads whole operations (a control line, with its payload if the verb carries one), so that
# a scenario compares exact bytes without caring how the peer cut them into segments.
#
#   op      = line CRLF [payload CRLF]
#   payload = present for MSG, HMSG, LMSG; its size is the last argument of the line

import json
import socket

from .checks import Deadline, Failure, shown

WAIT_S = 5.0
# First token of the inboxes used to find out whether interest exists; the peers hide such messages.
PROBE = b"_PROBE"
PAYLOAD_VERBS = (b"MSG", b"HMSG", b"LMSG")


def error(text):
    """The exact bytes of an -ERR line."""
    return f"-ERR '{text}'\r\n".encode()


def as_bytes(data):
    return data.encode() if isinstance(data, str) else bytes(data)


class Wire:
    """Invariant: `_buffer` holds bytes received but not yet handed out, in order."""

    def __init__(self, sock, name="connection"):
        self.sock = sock
        self.name = name
        self.answers_pings = True
        self.pings_answered = 0
        self._buffer = bytearray()
        self._ended = False
        self.codec = None  # between the socket and what scenarios see
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # Sending.

    def send(self, *pieces):
        data = b"".join(as_bytes(piece) for piece in pieces)
        self.send_encoded(self.codec.encode(data) if self.codec else data)

    def send_encoded(self, data):
        """Bytes for the socket as they are, whatever codec there is."""
        try:
            self.sock.settimeout(Deadline(WAIT_S).seconds)
            self.sock.sendall(data)
        except TimeoutError:
            raise Failure(f"{self.name}: the peer stopped reading") from None

    def send_may_fail(self, *pieces):
        """For bytes behind the one that makes the peer close: the reset may win."""
        try:
            self.send(*pieces)
        except OSError:
            pass

    def send_bytewise(self, data):
        """One segment for each byte."""
        for byte in as_bytes(data):
            self.send(bytes([byte]))

    def end_sending(self):
        self.sock.shutdown(socket.SHUT_WR)

    # Receiving.

    def _fill(self, deadline, wanted):
        """Reads once. False at the end of the stream."""
        if self._ended:
            return False
        left = deadline.left()
        if left == 0.0:
            raise Failure(
                f"{self.name}: waited {deadline.seconds:g} s for "
                f"{wanted() if callable(wanted) else wanted}, have {shown(bytes(self._buffer))}")
        self.sock.settimeout(left)
        try:
            piece = self.sock.recv(262144)
        except TimeoutError:
            return True
        except ConnectionError:
            piece = b""
        if not piece:
            self._ended = True
            return False
        self._buffer += self.codec.decode(piece) if self.codec else piece
        return True

    def use_codec(self, codec):
        """Everything from the next byte on, each way, goes through it."""
        self.codec = codec
        self._buffer = bytearray(codec.decode(bytes(self._buffer)))

    def _take(self, count):
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _raw_op(self, deadline, wanted):
        """The next operation as received, or None if the peer closed before one was whole."""
        searched = 0
        while (end := self._buffer.find(b"\r\n", searched)) < 0:
            searched = max(0, len(self._buffer) - 1)
            if not self._fill(deadline, wanted):
                return None
        total = end + 2
        words = self._buffer[:end].split()
        if words and bytes(words[0]) in PAYLOAD_VERBS:
            try:
                total += int(words[-1]) + 2
            except ValueError:
                raise Failure(f"{self.name}: bad size in {bytes(self._buffer[:end])!r}") from None
        while len(self._buffer) < total:
            if not self._fill(deadline, wanted):
                return None
        return self._take(total)

    def _ignored(self, op):
        """Operations that scenarios do not want to see. Leaf links override this."""
        return False

    def op(self, wait_s=WAIT_S, wanted="an operation"):
        """The next operation, or None if the peer closed. PINGs of the server are answered."""
        deadline = Deadline(wait_s)
        while True:
            op = self._raw_op(deadline, wanted)
            if op == b"PING\r\n" and self.answers_pings:
                self.pings_answered += 1
                self.send_may_fail("PONG\r\n")
                continue
            if op is None or not self._ignored(op):
                return op

    def take_until(self, condition, wanted, wait_s=WAIT_S):
        """Takes operations (PINGs are answered) until the condition holds; looks again at least
        every 50 ms. Returns what was taken."""
        deadline, taken = Deadline(wait_s), []
        while not condition():
            if deadline.passed():
                raise Failure(f"{self.name}: waited {deadline.seconds:g} s for {wanted}")
            try:
                op = self.op(0.05)
            except Failure:
                continue
            if op is None:
                raise Failure(f"{self.name}: closed by the peer before {wanted}")
            taken.append(op)
        return taken

    def expect(self, *wanted, wait_s=WAIT_S):
        """The next operations must be these bytes, all of them, in this order."""
        wanted = b"".join(as_bytes(piece) for piece in wanted)
        place = 0
        while place < len(wanted):
            op = self.op(wait_s, lambda: f"{shown(wanted[place:])} after {place} bytes that fit")
            if op is None:
                raise Failure(f"{self.name}: closed by the peer; got {shown(bytes(self._buffer))}, "
                              f"wanted {shown(wanted[place:])}")
            if not wanted.startswith(op, place):
                raise Failure(f"{self.name}: got {shown(op)}, wanted {shown(wanted[place:])}")
            place += len(op)

    def expect_any_order(self, *wanted, wait_s=WAIT_S):
        """The next operations must be these, one each, in whatever order."""
        missing = [as_bytes(piece) for piece in wanted]
        while missing:
            op = self.op(wait_s, missing)
            if op not in missing:
                raise Failure(f"{self.name}: got {shown(op)}, wanted one of {shown(missing)}")
            missing.remove(op)

    def expect_json(self, verb, wait_s=WAIT_S):
        """The next operation must be VERB {json}; returns the decoded object."""
        op = self.op(wait_s, f"{verb} {{...}}")
        if op is None or not op.startswith(verb.encode() + b" "):
            raise Failure(f"{self.name}: got {shown(op)}, wanted {verb}")
        try:
            return json.loads(op[len(verb) + 1:])
        except ValueError as reason:
            raise Failure(f"{self.name}: {verb} carries bad JSON ({reason}): {op!r}") from None

    def expect_closed(self, wait_s=WAIT_S):
        """The peer must close without sending another operation."""
        op = self.op(wait_s, "the peer to close")
        if op is not None:
            raise Failure(f"{self.name}: got {shown(op)}, wanted the end of the connection")
        if self._buffer:
            raise Failure(f"{self.name}: half an operation before the end: "
                          f"{shown(bytes(self._buffer))}")

    def expect_error(self, text, wait_s=WAIT_S):
        self.expect(error(text), wait_s=wait_s)

    def expect_error_and_close(self, text, wait_s=WAIT_S):
        self.expect(error(text), wait_s=wait_s)
        self.expect_closed(wait_s)

    # The PING barrier: what the peer had to say before it answers has been said.

    def expect_nothing(self):
        """Nothing but the answer to a PING: the peer owes us no other bytes."""
        self.send("PING\r\n")
        self.expect("PONG\r\n")

    flush = expect_nothing

    def ops_until_pong(self, wait_s=WAIT_S):
        """Everything the peer sends before it answers a PING."""
        self.send("PING\r\n")
        ops = []
        while (op := self.op(wait_s, f"PONG after {len(ops)} operations")) != b"PONG\r\n":
            if op is None:
                raise Failure(f"{self.name}: closed by the peer after {shown(ops[-3:])}")
            ops.append(op)
        return ops

    def rest(self, wait_s=WAIT_S):
        """Every operation until the peer closes."""
        ops = []
        while (op := self.op(wait_s, "the peer to close")) is not None:
            ops.append(op)
        return ops

    def close(self):
        self.sock.close()

    def reset(self):
        """Ends the connection with RST instead of FIN, as a crashed peer would."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()
