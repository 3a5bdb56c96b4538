# SPDX-License-Identifier: Apache-2.0
#
# S2 streams for a connection that a scenario plays: what is sent goes out as stored chunks, what
# comes may be any S2. Written for clarity: a few MB/s are plenty here.
#
#   chunk = type, 3 bytes of length, 4 bytes of masked CRC-32C of the plain bytes, body
#   type  = 0 block, 1 stored, 0xff identifier (no checksum), 0x80 to 0xfe skipped

from .checks import Failure

OPENING = b"\xff\x06\x00\x00S2sTwO"
BLOCK, STORED = 0, 1


def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82f63b78 if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _crc_table()


def checksum(plain):
    crc = 0xffffffff
    for byte in plain:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xff]
    crc ^= 0xffffffff
    return (((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff).to_bytes(4, "little")


def chunk(kind, body):
    return bytes([kind]) + len(body).to_bytes(3, "little") + body


def stored(plain):
    return chunk(STORED, checksum(plain) + plain)


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7f | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def run_block(byte, count):
    """A block that means `count` times one byte, in a dozen bytes, with its true checksum."""
    elements = bytes([0, byte, 1, 1])  # the byte, a copy of four
    left = count - 5
    while left:
        part = min(left, 65540 + 0xffffff) if left >= 65540 else left
        if part >= 65540:
            elements += bytes([7 << 2 | 1, 0]) + (part - 65540).to_bytes(3, "little")
        elif part >= 260:
            elements += bytes([6 << 2 | 1, 0]) + (part - 260).to_bytes(2, "little")
        else:
            part = min(part, 8)
            elements += bytes([part - 4 << 2 | 1, 0])
        left -= part
    return varint(count) + elements


def decode_block(block):
    at = shift = size = 0
    while True:
        size |= (block[at] & 0x7f) << shift
        shift += 7
        at += 1
        if block[at - 1] < 0x80:
            break
    out, offset = bytearray(), 0

    def number(count):
        nonlocal at
        at += count
        return int.from_bytes(block[at - count:at], "little")

    while at < len(block):
        tag = number(1)
        if tag & 3 == 0:
            length = (tag >> 2) + 1
            if length > 60:
                length = number(length - 60) + 1
            out += block[at:at + length]
            at += length
            continue
        if tag & 3 == 1:
            low = number(1)
            length = (tag >> 2 & 7) + 4
            if low or tag >> 5:
                offset = (tag >> 5) << 8 | low
            elif length > 8:
                length = (8, 260, 65540)[length - 9] + number(length - 8)
        else:
            length = (tag >> 2) + 1
            offset = number(2 if tag & 3 == 2 else 4)
        for _ in range(length):
            out.append(out[-offset])
    if len(out) != size:
        raise Failure(f"an S2 block of {len(out)} bytes says that it has {size}")
    return bytes(out)


class Stream:
    """Both directions of one connection."""

    def __init__(self):
        self._input = bytearray()
        self._opened = False
        self._identified = False
        self.kinds = []  # of the chunks that came

    def encode(self, plain):
        head = b"" if self._opened else OPENING
        self._opened = True
        return head + stored(plain)

    def decode(self, data):
        self._input += data
        plain = bytearray()
        while len(self._input) >= 4:
            size = int.from_bytes(self._input[1:4], "little")
            if len(self._input) < 4 + size:
                break
            kind, body = self._input[0], bytes(self._input[4:4 + size])
            del self._input[:4 + size]
            plain += self._meaning(kind, body)
        return bytes(plain)

    def _meaning(self, kind, body):
        if kind == 0xff:
            if body != b"S2sTwO":
                raise Failure(f"stream identifier {body!r}")
            self._identified = True
            return b""
        if not self._identified:
            raise Failure(f"an S2 stream that begins with chunk type {kind:#x}: {body[:40]!r}")
        if kind >= 0x80:
            return b""
        if kind not in (BLOCK, STORED):
            raise Failure(f"S2 chunk of type {kind:#x}")
        self.kinds.append(kind)
        plain = decode_block(body[4:]) if kind == BLOCK else body[4:]
        if checksum(plain) != body[:4]:
            raise Failure("S2 chunk with a wrong checksum")
        return plain
