# SPDX-License-Identifier: Apache-2.0
#
# A NATS client that adds as little as possible to Wire: it knows how to log in and how to spell
# the operations, and leaves every byte visible to the scenario.

import itertools
import json
import re

from .checks import Deadline, Failure, shown
from .wire import PROBE, WAIT_S, Wire, as_bytes

DEFAULTS = {"verbose": False, "pedantic": False, "lang": "python", "version": "1.0.0",
            "protocol": 1, "headers": True, "no_responders": True}
IS_PROBE = re.compile(rb"MSG \S+ \S+ %s\.\d+ 0\r\n" % PROBE)
_inboxes = itertools.count(1)


class Client(Wire):
    """Not shown: INFO after the first one, which may come at any time (kept in `later_infos`), and
    the empty requests by which other clients find out whether interest exists."""

    def __init__(self, sock, name="client"):
        super().__init__(sock, name)
        self.info, self.later_infos = None, []
        self.info = self.expect_json("INFO")

    def _ignored(self, op):
        if op.startswith(b"MSG "):
            return IS_PROBE.match(op) is not None
        if op.startswith(b"INFO ") and self.info:
            self.later_infos.append(json.loads(op[5:]))
            return True
        return False

    def say_connect(self, **options):
        """CONNECT only, no barrier. None as a value leaves the key out."""
        self.send(connect_line(**options))

    def log_in(self, **options):
        """CONNECT and a barrier: afterwards the server has accepted us."""
        self.say_connect(**options)
        if options.get("verbose"):
            self.expect("+OK\r\n")
        self.flush()
        return self

    def sub(self, subject, sid, queue=""):
        self.send(f"SUB {subject} {queue} {sid}\r\n" if queue else f"SUB {subject} {sid}\r\n")

    def unsub(self, sid, most=""):
        self.send(f"UNSUB {sid} {most}".rstrip(), "\r\n")

    def pub(self, subject, payload=b"", reply=""):
        payload = as_bytes(payload)
        words = " ".join(word for word in ("PUB", subject, reply, str(len(payload))) if word)
        self.send(words, "\r\n", payload, "\r\n")

    def hpub(self, subject, headers, payload=b"", reply=""):
        self.send(hpub_op(subject, headers, payload, reply))

    def expect_msg(self, subject, sid, payload=b"", reply="", wait_s=WAIT_S):
        self.expect(msg_op(subject, sid, payload, reply), wait_s=wait_s)

    def expect_hmsg(self, subject, sid, headers, payload=b"", reply="", wait_s=WAIT_S):
        self.expect(hmsg_op(subject, sid, headers, payload, reply), wait_s=wait_s)

    def messages(self, wait_s=WAIT_S):
        """What had been delivered by the time of a barrier, as Message objects."""
        return [Message(op) for op in self.ops_until_pong(wait_s)]

    def wait_interest(self, subject, wait_s=WAIT_S):
        """Sends empty requests until somebody takes `subject`."""
        self._probe(subject, wait_s, wanted=True)

    def wait_no_interest(self, subject, wait_s=WAIT_S):
        """Sends empty requests until nobody takes `subject`."""
        self._probe(subject, wait_s, wanted=False)

    def _probe(self, subject, wait_s, wanted):
        deadline = Deadline(wait_s)
        number = next(_inboxes)
        inbox = f"{PROBE.decode()}.{number}"
        self.sub(inbox, f"p{number}")
        while True:
            self.pub(subject, b"", inbox)
            refused = any(b" 503" in op for op in self.ops_until_pong())
            if refused != wanted:
                break
            if deadline.passed():
                word = "no" if wanted else "still"
                raise Failure(f"{self.name}: {word} interest in {subject} after {wait_s:g} s")
        self.unsub(f"p{number}")
        self.flush()

    def request(self, subject, payload=b"", wait_s=WAIT_S):
        """Subscribes an inbox, publishes, returns the first answer."""
        number = next(_inboxes)
        inbox = f"_INBOX.interop.{number}"
        self.sub(inbox, f"r{number}")
        self.unsub(f"r{number}", 1)
        self.pub(subject, payload, inbox)
        return Message(self.op(wait_s, f"the answer to {subject}"))


class Message:
    """A MSG or HMSG taken apart."""

    def __init__(self, op):
        line, _, body = (op or b"").partition(b"\r\n")
        words = line.decode().split()
        if not words or words[0] not in ("MSG", "HMSG"):
            raise Failure(f"got {shown(op)}, wanted a message")
        with_headers = words[0] == "HMSG"
        sizes = 2 if with_headers else 1
        self.subject, self.sid = words[1], words[2]
        self.reply = words[3] if len(words) == 4 + sizes else ""
        header_size = int(words[-2]) if with_headers else 0
        self.headers, self.payload = body[:header_size], body[header_size:-2]


def connect_line(**options):
    fields = {**DEFAULTS, **options}
    fields = {key: value for key, value in fields.items() if value is not None}
    return f"CONNECT {json.dumps(fields)}\r\n"


def msg_op(subject, sid, payload=b"", reply=""):
    payload = as_bytes(payload)
    words = " ".join(str(word) for word in ("MSG", subject, sid, reply, len(payload))
                     if word != "")
    return words.encode() + b"\r\n" + payload + b"\r\n"


def hmsg_op(subject, sid, headers, payload=b"", reply=""):
    headers, payload = as_bytes(headers), as_bytes(payload)
    words = " ".join(str(word) for word in ("HMSG", subject, sid, reply, len(headers),
                                            len(headers) + len(payload)) if word != "")
    return words.encode() + b"\r\n" + headers + payload + b"\r\n"


def hpub_op(subject, headers, payload=b"", reply=""):
    headers, payload = as_bytes(headers), as_bytes(payload)
    words = " ".join(str(word) for word in ("HPUB", subject, reply, len(headers),
                                            len(headers) + len(payload)) if word != "")
    return words.encode() + b"\r\n" + headers + payload + b"\r\n"
