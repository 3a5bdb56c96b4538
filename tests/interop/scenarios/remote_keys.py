# SPDX-License-Identifier: Apache-2.0
#
# Remotes that log in by key: the seed of an nkey, a credentials file, a keystore behind the
# library's SignatureHandler. What hubs make of keys is in nkey_logins.py.
#
#   seen on the real servers      2.9                       2.10, newest
#   nkey in a remote              unknown field             seed of a user
#   user of the URL beside keys   not sent                  sent

import pathlib
import subprocess
import time

from harness import Failure, Skip, check, equal, leafnodes, pairing, remote, scenario
from harness.checks import Deadline
from harness.client import msg_op
from harness.nkeys import NKey, credentials, token
from harness.wire import WAIT_S

KEY = NKey("U", bytes(range(32)))
OTHER = NKey("U", bytes(range(1, 33)))
OPERATOR, SYSTEM, ACCOUNT = NKey("O"), NKey("A"), NKey("A")
LINK_UP = r"Leafnode connection created"
REFUSED = "Authorization Violation"


def needs_seeds(pair):
    if pair.leaf_generation == "2.9":
        raise Skip("2.9 has no nkey in remotes")


def edge(t, url, extra, config=""):
    return t.server('server_name: "edge"\n' + leafnodes(remote(url, extra=extra)) + config)


def user_token(key=KEY, **more):
    return token(ACCOUNT, {"iat": int(time.time()), "iss": ACCOUNT.public, "jti": "x",
                           "name": "edge", "sub": key.public,
                           "nats": {"pub": {}, "sub": {}, "subs": -1, "data": -1, "payload": -1,
                                    "type": "user", "version": 2}, **more})


def operator_hub(t, pair):
    """A hub in operator mode with one account, whose tokens are in its configuration."""
    if not pair.hub_generation:
        raise Skip("this hub has no operator mode yet")

    def claims(kind, subject, issuer, name, nats):
        return token(issuer, {"iat": int(time.time()), "iss": issuer.public, "jti": "x",
                              "name": name, "sub": subject.public,
                              "nats": {**nats, "type": kind, "version": 2}})
    limits = {"limits": {"subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1,
                         "wildcards": True, "conn": -1, "leaf": -1}}
    operator = claims("operator", OPERATOR, OPERATOR, "O", {"system_account": SYSTEM.public})
    accounts = {key.public: claims("account", key, OPERATOR, name, limits)
                for key, name in ((SYSTEM, "SYS"), (ACCOUNT, "A"))}
    preload = "\n".join(f"  {key}: {jwt}" for key, jwt in accounts.items())
    return t.server(f"operator: {operator}\nresolver: MEMORY\nresolver_preload {{\n{preload}\n}}\n"
                    'server_name: "hub"\n' + leafnodes(listen=True), program=pair.hub_program)


def hub_client(t, hub, key=OTHER):
    """A client of the account at a hub in operator mode."""
    client = t.raw(hub)
    client.say_connect(jwt=user_token(key), sig=key.answer(client.info["nonce"]))
    client.flush()
    return client


# The server under test as remote.

@scenario(differs={"2.9": "remotes have no nkey"})
def signs_with_a_seed(t):
    """CONNECT of a remote with `nkey` has the public key and its signature of the nonce as sent."""
    hub = t.hub()
    edge(t, hub.url(), f"nkey: {KEY.seed}")
    for nonce in ("0yJYG91UBwB6TrI", "AAAAAAAAAAAAAAA"):
        link = t.accept(hub)
        link.say_info(nonce=nonce)
        connect = link.read_connect()
        equal(connect["nkey"], KEY.public, "nkey")
        equal(connect["sig"], KEY.answer(nonce), "signature")
        check("jwt" not in connect, "a jwt")
        link.close()


@scenario(differs={"2.9": "leaves the user of the URL out"})
def signs_with_credentials(t):
    """CONNECT of a remote with `credentials` has the token of the file as it stands there."""
    path = t.write("edge.creds", credentials("aa.bb.cc", KEY.seed))
    hub = t.hub()
    edge(t, hub.url("user:word"), f'credentials: "{path}"')
    link = t.accept(hub)
    link.say_info()
    connect = link.read_connect()
    equal(connect["jwt"], "aa.bb.cc", "jwt")
    equal(connect["sig"], KEY.answer(link.hello["nonce"]), "signature")
    equal((connect["user"], connect["pass"]), ("user", "word"), "what the URL says, too")


@scenario
def reads_credentials_anew(t):
    """The file is read for each attempt; one that cannot be read is no end of the attempts."""
    path = pathlib.Path(t.write("edge.creds", credentials("aa.bb.cc", KEY.seed)))
    hub = t.hub()
    edge(t, hub.url(), f'credentials: "{path}"\n', config="")
    first = t.accept(hub)
    first.say_info()
    equal(first.read_connect()["jwt"], "aa.bb.cc", "jwt")
    path.unlink()
    first.close()
    second = t.accept(hub)
    second.say_info()
    second.expect_closed()
    path.write_text(credentials("dd.ee.ff", OTHER.seed))
    third = t.accept(hub)
    third.say_info()
    connect = third.read_connect()
    equal((connect["jwt"], connect["sig"]), ("dd.ee.ff", OTHER.answer(third.hello["nonce"])),
          "the new ones")


@scenario
def bad_keys_are_refused(t):
    """A seed that is none, and one beside credentials, stop the start; the log quotes neither."""
    url = "nats-leaf://127.0.0.1:1"
    for extra in ("nkey: SUNONE", f"nkey: {NKey('A').seed}", f"nkey: {KEY.public}",
                  f'nkey: {KEY.seed}, credentials: "x.creds"'):
        path = t.write("bad.conf", 'listen: "127.0.0.1:-1"\n'
                       + leafnodes(remote(url, extra=extra)))
        done = t.run("-c", path)
        check(done.returncode != 0, f"started with {extra}")
        check(KEY.seed not in done.stdout + done.stderr or t.options.generation,
              "the seed in the log")


# With whole servers.

@pairing
def link_by_nkey(t, pair):
    """A leaf logs in with a seed and carries the account of its user at the hub."""
    needs_seeds(pair)
    hub = t.server('server_name: "hub"\n' f"accounts {{ A {{ users: [ {{nkey: {KEY.public}}}, "
                   "{user: a, password: a} ] }, B { users: [ {user: b, password: b} ] } }\n"
                   + leafnodes(listen=True), program=pair.hub_program)
    leaf = t.server('server_name: "edge"\n'
                    + leafnodes(remote(hub.leaf_url(), extra=f"nkey: {KEY.seed}")),
                    program=pair.leaf_program)
    hub.wait_log(LINK_UP)
    leaf.wait_log(LINK_UP)
    at_a = t.client(hub, user="a", **{"pass": "a"})
    at_b = t.client(hub, user="b", **{"pass": "b"})
    at_leaf = t.client(leaf)
    at_a.sub("x", 1)
    at_b.sub("x", 1)
    at_a.flush()
    at_b.flush()
    at_leaf.wait_interest("x")
    at_leaf.pub("x", "of the edge")
    at_a.expect_msg("x", 1, "of the edge")
    at_b.expect_nothing()


@pairing
def link_by_wrong_nkey(t, pair):
    """A leaf whose key the hub does not know is refused."""
    needs_seeds(pair)
    hub = t.server('server_name: "hub"\n'
                   f"accounts {{ A {{ users: [ {{nkey: {KEY.public}}} ] }} }}\n"
                   + leafnodes(listen=True), program=pair.hub_program)
    leaf = t.server('server_name: "edge"\n'
                    + leafnodes(remote(hub.leaf_url(), extra=f"nkey: {OTHER.seed}")),
                    program=pair.leaf_program)
    leaf.wait_log(REFUSED)


@pairing
def link_by_credentials(t, pair):
    """A leaf with a credentials file at a hub in operator mode."""
    hub = operator_hub(t, pair)
    path = t.write("edge.creds", credentials(user_token(), KEY.seed))
    leaf = t.server('server_name: "edge"\n'
                    "accounts { LOCAL { users: [ {user: l, password: l} ] } }\n"
                    + leafnodes(remote(hub.leaf_url(),
                                       extra=f'credentials: "{path}", account: LOCAL')),
                    program=pair.leaf_program)
    leaf.wait_log(LINK_UP)
    at_hub = hub_client(t, hub)
    at_leaf = t.client(leaf, user="l", **{"pass": "l"})
    at_hub.sub("x", 1)
    at_hub.flush()
    at_leaf.wait_interest("x")
    at_leaf.pub("x", "of the edge")
    at_hub.expect_msg("x", 1, "of the edge")


def answer_of(asker, subject):
    """Asks until the interest of the leaf has come and somebody answers."""
    asker.sub("_INBOX.one", 9)
    deadline = Deadline(WAIT_S)
    while deadline.seconds > 0:
        asker.pub(subject, "", "_INBOX.one")
        for op in asker.ops_until_pong():
            if op.startswith(b"MSG _INBOX.one"):
                return op
    raise Failure(f"no answer to {subject}")


@pairing
def keystore(t, pair):
    """examples/keystore_leaf: a key in a slow keystore, at a hub in operator mode."""
    if not t.options.keystore_leaf:
        raise Skip("no --keystore-leaf given")
    if pair.leaf_program != t.options.server:
        raise Skip("the leaf is the example")
    hub = operator_hub(t, pair)
    program = str(pathlib.Path(t.options.keystore_leaf).resolve())
    jwt, key = t.write("user.jwt", user_token()), t.folder / "user.key"
    key.write_bytes(bytes(range(32)))
    with subprocess.Popen([program, hub.leaf_url(), jwt, str(key)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True, cwd=t.folder) as leaf:
        try:
            hub.wait_log(LINK_UP)
            equal(answer_of(hub_client(t, hub), "keystore.ping"),
                  msg_op("_INBOX.one", 9, "signed by a keystore"), "the answer")
        finally:
            seen, _ = leaf.communicate("", timeout=20)
    equal(leaf.returncode, 0, "exit code")
    check("leaf_connected" in seen, f"events: {seen}")


@pairing
def keystore_with_a_strange_key(t, pair):
    """The same with a key that the token is not for: refused, and tried again after a while."""
    if not t.options.keystore_leaf:
        raise Skip("no --keystore-leaf given")
    if pair.leaf_program != t.options.server:
        raise Skip("the leaf is the example")
    hub = operator_hub(t, pair)
    program = str(pathlib.Path(t.options.keystore_leaf).resolve())
    jwt, key = t.write("user.jwt", user_token()), t.folder / "user.key"
    key.write_bytes(bytes(range(1, 33)))
    with subprocess.Popen([program, hub.leaf_url(), jwt, str(key)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True, cwd=t.folder) as leaf:
        lines = []
        for line in leaf.stdout:
            lines.append(line)
            if line.startswith("leaf_backing_off"):
                break
        leaf.communicate("", timeout=20)
    check(any(line.startswith("leaf_refused") and REFUSED in line for line in lines), f"{lines}")
