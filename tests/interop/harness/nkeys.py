# SPDX-License-Identifier: Apache-2.0
#
# NKeys for scenarios: Ed25519 after RFC 8032 (far too slow and too open to timing for anything
# but a test), the text form with prefix and checksum, and tokens signed with it, broken ones
# included.

import base64
import hashlib
import json
import os

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
PREFIXES = {"N": 13 << 3, "C": 2 << 3, "O": 14 << 3, "A": 0, "U": 20 << 3, "X": 23 << 3}
SEED = 18 << 3


def _x_of(y):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P)
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    return x if x % 2 == 0 else P - x


_Y = 4 * pow(5, P - 2, P) % P
_BASE = (_x_of(_Y), _Y, 1, _x_of(_Y) * _Y % P)  # x, y, z, x*y/z


def _add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times_base(number):
    result, power = (0, 1, 1, 0), _BASE
    while number:
        if number & 1:
            result = _add(result, power)
        power, number = _add(power, power), number >> 1
    return result


def _packed(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _number(*pieces):
    return int.from_bytes(hashlib.sha512(b"".join(pieces)).digest(), "little")


def _crc16(data):
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc.to_bytes(2, "little")


def text_of(data):
    """Base32 with a right checksum, whatever the bytes are."""
    return base64.b32encode(data + _crc16(data)).decode().rstrip("=")


def public_text(kind, key):
    """The text of a public key of these bytes, which need not be 32."""
    return text_of(bytes([PREFIXES[kind]]) + key)


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class NKey:
    """A key pair. `kind` is the letter of its public text: U, A, O, N, C."""

    def __init__(self, kind="U", raw=None):
        self.kind, self._raw = kind, raw or os.urandom(32)
        digest = hashlib.sha512(self._raw).digest()
        self._scalar = int.from_bytes(digest[:32], "little") & ~7 & (1 << 254) - 1 | 1 << 254
        self._prefix = digest[32:]
        self.bytes = _packed(_times_base(self._scalar))

    @classmethod
    def of_seed(cls, seed):
        data = base64.b32decode(seed + "=" * (-len(seed) % 8))
        prefix = (data[0] & 7) << 5 | data[1] >> 3
        return cls({value: kind for kind, value in PREFIXES.items()}[prefix], data[2:34])

    @property
    def public(self):
        return public_text(self.kind, self.bytes)

    @property
    def seed(self):
        prefix = PREFIXES[self.kind]
        return text_of(bytes([SEED | prefix >> 5, (prefix & 31) << 3]) + self._raw)

    def sign(self, data):
        data = data.encode() if isinstance(data, str) else data
        r = _number(self._prefix, data) % ORDER
        packed = _packed(_times_base(r))
        s = (r + _number(packed, self.bytes, data) * self._scalar) % ORDER
        return packed + s.to_bytes(32, "little")

    def answer(self, nonce):
        """The `sig` of CONNECT."""
        return base64url(self.sign(nonce))


def token(signer, claims, header=None):
    """A JWT over these claims as they are; `jti` is added as the tools do."""
    head = base64url(json.dumps(header or {"typ": "JWT", "alg": "ed25519-nkey"}).encode())
    text = claims if isinstance(claims, str) else json.dumps(claims)
    body = head + "." + base64url(text.encode())
    return body + "." + base64url(signer.sign(body))


def credentials(jwt, seed):
    """The text of a credentials file."""
    def block(name, text):
        return f"-----BEGIN {name}-----\n{text}\n------END {name}------\n"
    return (block("NATS USER JWT", jwt) + "\n" + "*" * 25 + " IMPORTANT " + "*" * 25 + "\n\n"
            + block("USER NKEY SEED", seed) + "\n" + "*" * 62 + "\n")
