# SPDX-License-Identifier: Apache-2.0
#
# examples/keystore_leaf: a leaf whose key sits in a keystore that takes its time, behind the
# library's SignatureHandler. Keys in files and configurations are in remote_logins.py.

import base64
import pathlib
import subprocess

from harness import Failure, Skip, check, equal, leafnodes, pairing
from harness.checks import Deadline
from harness.client import msg_op
from harness.operator import World, account, user
from harness.wire import WAIT_S

LINK_UP = r"Leafnode connection created"
REFUSED = "Authorization Violation"


class Setting:
    """A hub in operator mode, and the example that dials it with this user's token."""

    def __init__(self, t, pair):
        if not t.options.keystore_leaf:
            raise Skip("no --keystore-leaf given")
        if pair.leaf_program != t.options.server:
            raise Skip("the leaf is the example")
        self.t = t
        self.world = World(t, account("A"), user("EDGE"), user("ASKER"))
        self.hub = t.server('server_name: "hub"\n' + self.world.config("A")
                            + leafnodes(listen=True), program=pair.hub_program)

    def start(self, key):
        """The example with the token of EDGE and the key of somebody."""
        seed = self.world.results[key]["seed"]
        bare = base64.b32decode(seed + "=" * (-len(seed) % 8))[2:34]
        path = self.t.folder / "user.key"
        path.write_bytes(bare)
        program = str(pathlib.Path(self.t.options.keystore_leaf).resolve())
        return subprocess.Popen(
            [program, self.hub.leaf_url(), self.t.write("user.jwt", self.world.jwt("EDGE")),
             str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=self.t.folder)


def answer_of(asker, subject):
    """Asks until the interest of the leaf has come and somebody answers."""
    asker.sub("_INBOX.one", 9)
    deadline = Deadline(WAIT_S)
    while not deadline.passed():
        asker.pub(subject, "", "_INBOX.one")
        for op in asker.ops_until_pong():
            if op.startswith(b"MSG _INBOX.one"):
                return op
    raise Failure(f"no answer to {subject}")


@pairing
def signed_late(t, pair):
    """The link comes up although the signature is late, and carries the account of the token."""
    setting = Setting(t, pair)
    with setting.start("EDGE") as leaf:
        try:
            setting.hub.wait_log(LINK_UP)
            asker = setting.world.client(setting.hub, "ASKER")
            equal(answer_of(asker, "keystore.ping"),
                  msg_op("_INBOX.one", 9, "signed by a keystore"), "the answer")
        finally:
            seen, _ = leaf.communicate("", timeout=20)
    equal(leaf.returncode, 0, "exit code")
    check("leaf_connected" in seen, f"events: {seen}")


@pairing
def strange_key(t, pair):
    """With a key that the token is not for: refused, and another attempt is announced."""
    setting = Setting(t, pair)
    with setting.start("ASKER") as leaf:
        lines = []
        for line in leaf.stdout:
            lines.append(line)
            if line.startswith("leaf_backing_off"):
                break
        leaf.communicate("", timeout=20)
    check(any(line.startswith("leaf_refused") and REFUSED in line for line in lines), f"{lines}")
    check(not any(line.startswith("leaf_connected") for line in lines), f"{lines}")
