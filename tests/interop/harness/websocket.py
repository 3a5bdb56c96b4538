# SPDX-License-Identifier: Apache-2.0
#
# A WebSocket end that looks like a socket: what is sent goes out as frames, what is received is the
# payload of the frames that came. So every client and leaf of this suite speaks over it unchanged.
# Frames and heads can be sent and read by hand too.

import base64
import hashlib
import os
import socket
import struct
import zlib

from .checks import Deadline, Failure, shown
from .wire import WAIT_S, as_bytes

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
FINAL, COMPRESSED = 0x80, 0x40
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
DEFLATE = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
TAIL = b"\x00\x00\xff\xff"


def accept_key(key):
    return base64.b64encode(hashlib.sha1(as_bytes(key) + GUID).digest()).decode()


def deflate(data):
    packer = zlib.compressobj(wbits=-15)
    return (packer.compress(as_bytes(data)) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def inflate(data):
    return zlib.decompressobj(wbits=-15).decompress(data + TAIL)


def frame(payload=b"", opcode=BINARY, first=None, mask=b"\x05\x06\x07\x08", length=None):
    """One frame. `first` replaces the first byte, `mask` None sends it plain, `length` lies."""
    payload = as_bytes(payload)
    head = bytes([FINAL | opcode if first is None else first])
    size = len(payload) if length is None else length
    bit = 0x80 if mask else 0
    if size < 126:
        head += bytes([bit | size])
    elif size < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", size)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", size)
    if not mask:
        return head + payload
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def request_head(path="/", drop=(), **fields):
    """An upgrade request; a field with the value None is left out."""
    given = {"Host": "127.0.0.1", "Upgrade": "websocket", "Connection": "Upgrade",
             "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
             "Sec-WebSocket-Version": "13", **{k.replace("_", "-"): v for k, v in fields.items()}}
    lines = [f"{name}: {value}" for name, value in given.items()
             if value is not None and name not in drop]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""])


class Head:
    """Start line and fields (names in lower case) of an HTTP message."""

    def __init__(self, data):
        first, *lines = data.decode("latin-1").split("\r\n")
        self.start = first
        self.fields = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if colon:
                self.fields[name.lower()] = value.strip()

    @property
    def status(self):
        return int(self.start.split()[1])


class WebSocket:
    """Invariant: `_raw` holds bytes not yet cut into frames, `_plain` payload not yet received."""

    def __init__(self, sock, masks=True):
        self.sock = sock
        self.masks = masks
        self.compresses = False
        self.closed = None          # code and text of the peer's close frame
        self.control = []           # (opcode, payload) of the peer's pings and pongs
        self.frames = []            # (first byte, size) of every data frame that came
        self._raw, self._plain = bytearray(), bytearray()
        self._message = bytearray()
        self._message_compressed = False
        self._ended = False

    # The handshake, either side.

    def read_head(self, wait_s=WAIT_S):
        deadline = Deadline(wait_s)
        while (end := self._raw.find(b"\r\n\r\n")) < 0:
            self.sock.settimeout(deadline.left() or 0.001)
            try:
                piece = self.sock.recv(65536)
            except TimeoutError:
                raise Failure(f"no whole HTTP head, only {shown(bytes(self._raw))}") from None
            except ConnectionError:
                piece = b""
            if not piece:
                return None
            self._raw += piece
        head = Head(bytes(self._raw[:end]))
        del self._raw[:end + 4]
        return head

    def ask(self, path="/", **fields):
        """Sends the request, reads the answer; this side is the client."""
        text = request_head(path, **fields)
        self.sock.sendall(text.encode())
        head = self.read_head()
        if head and head.status == 101:
            extensions = head.fields.get("sec-websocket-extensions", "")
            self.compresses = "permessage-deflate" in extensions
            self.masks = head.fields.get("nats-no-masking") != "true"
            key = [line[19:] for line in text.split("\r\n") if line.startswith("Sec-WebSocket-Key")]
            if key and head.fields.get("sec-websocket-accept") != accept_key(key[0]):
                raise Failure("the Sec-WebSocket-Accept does not belong to the key")
        return head

    def welcome(self, compression=False, no_masking=False, **fields):
        """Reads the request, answers it; this side is the server. Returns the request."""
        self.masks = False
        head = self.read_head()
        if head is None:
            raise Failure("closed before a request came")
        given = {"Upgrade": "websocket", "Connection": "Upgrade",
                 "Sec-WebSocket-Accept": accept_key(head.fields["sec-websocket-key"])}
        if compression:
            given["Sec-WebSocket-Extensions"] = DEFLATE
            self.compresses = True
        if no_masking:
            given["Nats-No-Masking"] = "true"
        given.update({name.replace("_", "-"): value for name, value in fields.items()})
        lines = [f"{name}: {value}" for name, value in given.items() if value is not None]
        answer = ["HTTP/1.1 101 Switching Protocols", *lines, "", ""]
        self.sock.sendall("\r\n".join(answer).encode())
        return head

    # Frames.

    def send_frame(self, payload=b"", opcode=BINARY, **how):
        how.setdefault("mask", b"\x05\x06\x07\x08" if self.masks else None)
        self.sock.sendall(frame(payload, opcode, **how))

    def send_close(self, code=1000, text=""):
        self.send_frame(struct.pack(">H", code) + text.encode(), CLOSE)

    def _cut_frame(self):
        """Takes one whole frame off `_raw`; None if there is none yet."""
        raw = self._raw
        if len(raw) < 2:
            return None
        size, at = raw[1] & 0x7f, 2
        if size == 126:
            size, at = int.from_bytes(raw[2:4], "big"), 4
        elif size == 127:
            size, at = int.from_bytes(raw[2:10], "big"), 10
        masked = raw[1] & 0x80
        at += 4 if masked else 0
        if len(raw) < at + size:
            return None
        first, payload = raw[0], bytes(raw[at:at + size])
        if masked:
            mask = raw[at - 4:at]
            payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self.last_masked = bool(masked)
        del raw[:at + size]
        return first, payload

    def _take_frame(self, first, payload):
        opcode = first & 0x0f
        if opcode == CLOSE:
            code = int.from_bytes(payload[:2], "big") if payload else 1005
            self.closed = (code, payload[2:].decode(errors="replace"))
        elif opcode in (PING, PONG):
            self.control.append((opcode, payload))
            if opcode == PING:
                self.send_frame(payload, PONG)
        else:
            self.frames.append((first, len(payload)))
            if opcode != CONTINUATION:
                self._message_compressed = bool(first & COMPRESSED)
            self._message += payload
            if first & FINAL:
                message = bytes(self._message)
                self._message.clear()
                self._plain += inflate(message) if self._message_compressed else message

    def _work(self):
        while (cut := self._cut_frame()) is not None:
            self._take_frame(*cut)

    # What a socket can do.

    def setsockopt(self, *arguments):
        self.sock.setsockopt(*arguments)

    def settimeout(self, seconds):
        self.sock.settimeout(seconds)

    def sendall(self, data):
        for at in range(0, len(data), 65536) or (0,):
            piece = data[at:at + 65536]
            if self.compresses and len(piece) > 64:
                self.send_frame(deflate(piece), first=FINAL | COMPRESSED | BINARY)
            else:
                self.send_frame(piece)

    def recv(self, size):
        """Payload; b"" after a close frame or the end of the stream."""
        self._work()
        while not self._plain and not self._ended and self.closed is None:
            piece = self.sock.recv(size)
            self._ended = not piece
            self._raw += piece
            self._work()
        taken = bytes(self._plain[:size])
        del self._plain[:size]
        return taken

    def wait_closed(self, wait_s=WAIT_S):
        """Reads until the peer closes; code and text of its close frame, None without one."""
        deadline = Deadline(wait_s)
        try:
            while self.closed is None and not self._ended:
                self.sock.settimeout(deadline.left() or 0.001)
                if not self.recv(65536) and self.closed is None:
                    break
                self._plain.clear()
        except TimeoutError:
            raise Failure(f"not closed within {wait_s:g} s") from None
        except ConnectionError:
            pass
        return self.closed

    def wait_control(self, count, wait_s=WAIT_S):
        """Reads until `count` pings and pongs have come."""
        deadline = Deadline(wait_s)
        while len(self.control) < count:
            self.sock.settimeout(deadline.left() or 0.001)
            try:
                piece = self.sock.recv(65536)
            except TimeoutError:
                raise Failure(f"control frames: have {self.control}, wanted {count}") from None
            if not piece:
                raise Failure(f"closed; control frames: {self.control}")
            self._raw += piece
            self._work()
        return self.control

    def shutdown(self, how):
        self.sock.shutdown(how)

    def close(self):
        self.sock.close()
