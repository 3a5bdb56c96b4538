# SPDX-License-Identifier: Apache-2.0
#
# Logins by key, by hash and by default: nkeys over the nonce, bcrypt, connection types, and what a
# connection without credentials gets. Passwords in the clear are in authorization.py, certificates
# in tls.py.

from harness import Failure, check, equal, error, leafnodes, scenario
from harness.accounts import accounts, refused, subscribed
from harness.client import Client
from harness.leaf import Leaf
from harness.nkeys import NKey, base64url, public_text, text_of

REFUSED = "Authorization Violation"
HASH = "$04$abcdefghijklmnopqrstuu35fBIWlNgF8BcAW/t2cO158N8svSFHy"  # of "s3cr3t", lowest cost
SLOW = "$2b$08$abcdefghijklmnopqrstuu6aAJCigCT62bO2UsRw6PVAAQojUX5vO"  # the same, dear
WEBSOCKET = 'websocket { listen: "127.0.0.1:-1", no_tls: true %s }\n'
KEY = NKey("U", bytes(range(32)))
OTHER = NKey("U", bytes(range(1, 33)))


def users_of(*keys, extra=""):
    return "authorization { users: [ " + ", ".join(
        f"{{ nkey: {key.public}{extra} }}" for key in keys) + " ] }\n"


def gets_in(peer, **connect):
    """Says CONNECT on a peer that has read INFO; the refusal must have its exact form."""
    peer.say_connect(**connect)
    return let_in(peer, connect)


def let_in(peer, what):
    peer.send_may_fail("PING\r\n")
    op = peer.op()
    while op and op.startswith((b"INFO", b"LS+", b"+OK", b"PING")):
        op = peer.op()
    if op == b"PONG\r\n":
        return True
    equal(op, error(REFUSED), f"answer to {what}")
    peer.expect_closed()
    return False


def by_key(peer, key=KEY, **more):
    return gets_in(peer, **{"nkey": key.public, "sig": key.answer(peer.info["nonce"]), **more})


@scenario
def nkey(t):
    """The signature over the nonce lets in; INFO says that login is asked for and has a nonce of
    its own each time."""
    server = t.server(users_of(KEY, OTHER))
    infos = [t.raw(server).info for _ in range(5)]
    check(all(info["auth_required"] for info in infos), "auth_required")
    equal(len({info["nonce"] for info in infos}), 5, "different nonces")
    check(by_key(t.raw(server)) and by_key(t.raw(server), OTHER), "not let in")


@scenario
def nkey_signatures_that_are_wrong(t):
    """Any other signature, of any length, is refused as a wrong password is."""
    server = t.server(users_of(KEY))
    def sigs(nonce):
        good = KEY.sign(nonce)
        yield OTHER.answer(nonce)
        yield KEY.answer(nonce + "x")
        yield KEY.answer("")
        yield KEY.answer(t.raw(server).info["nonce"])
        for place in (0, 31, 32, 63):
            yield base64url(good[:place] + bytes([good[place] ^ 1]) + good[place + 1:])
        for size in (0, 1, 31, 32, 63, 65, 128):
            yield base64url((good * 2)[:size])
        order = 2**252 + 27742317777372353535851937790883648493
        twin = int.from_bytes(good[32:], "little") + order
        yield base64url(good[:32] + twin.to_bytes(32, "little"))  # The same number, not reduced.
        yield "!!!not base64!!!"
        yield "A" * 600
    probe = t.raw(server)
    for number in range(len(list(sigs(probe.info["nonce"])))):
        client = t.raw(server)
        sig = list(sigs(client.info["nonce"]))[number]
        check(not gets_in(client, nkey=KEY.public, sig=sig), f"signature {number} got in")
    check(by_key(t.raw(server)), "the honest one")


@scenario
def nkey_of_a_stranger(t):
    """A right signature of a key that is not listed; of another kind of key; no signature at
    all."""
    server = t.server(users_of(KEY))
    check(not by_key(t.raw(server), OTHER), "a stranger got in")
    for kind in "AONC":
        check(not by_key(t.raw(server), NKey(kind, bytes(range(32)))), f"kind {kind} got in")
    for connect in ({"nkey": KEY.public}, {"nkey": KEY.public, "sig": ""}, {},
                    {"user": KEY.public, "pass": ""}, {"auth_token": KEY.public}):
        check(not gets_in(t.raw(server), **connect), f"{connect} got in")


@scenario
def nkey_of_a_wrong_length(t):
    """GHSA-g33f-6538-grxh: keys of 0 to 40 bytes with a right checksum, in every place of CONNECT:
    refused, and the next honest login works."""
    server = t.server(users_of(KEY) + leafnodes(listen=True))
    for size in (*range(41), 64, 300):
        if size == 32:
            continue
        text = public_text("U", (KEY.bytes * 10)[:size])
        for fields in ({"nkey": text}, {"jwt": text}, {"nkey": text, "jwt": "a.b.c"}):
            client = t.raw(server)
            check(not gets_in(client, sig=KEY.answer(client.info["nonce"]), **fields), f"{size}")
    for text in (KEY.public[:-1], KEY.public + "A", KEY.public.lower(), KEY.public[:-1] + "=",
                 " " + KEY.public, KEY.seed, text_of(b""), "", "U" * 56):
        client = t.raw(server)
        check(not gets_in(client, sig=KEY.answer(client.info["nonce"]), nkey=text), f"{text!r}")
    check(by_key(t.raw(server)), "the honest one")


@scenario(differs=dict.fromkeys(("2.9", "2.10", "2.15"), "starts with keys that are too short"))
def nkey_of_a_wrong_length_in_the_file(t):
    """GHSA-g33f-6538-grxh: such keys do not start a server."""
    for size in (0, 1, 16, 31, 33, 40):
        refused(t, f"authorization {{ users: [ {{ nkey: {public_text('U', bytes(size))} }} ] }}\n")
    for text in (KEY.public[:-1], KEY.seed, NKey("A", bytes(32)).public):
        refused(t, f"authorization {{ users: [ {{ nkey: {text} }} ] }}\n")


@scenario
def nkey_permissions(t):
    """Permissions of an nkey user hold."""
    server = t.server(users_of(KEY, extra=', permissions: { publish: "open" }'))
    client = t.raw(server)
    check(by_key(client), "not let in")
    client.pub("closed")
    client.expect_error('Permissions Violation for Publish to "closed"')


@scenario
def nkey_in_accounts(t):
    """nkey users of accounts are in their account."""
    server = t.server(f"accounts {{ A {{ users: [ {{nkey: {KEY.public}}} ] }}, "
                      f"B {{ users: [ {{nkey: {OTHER.public}}}, {{user: b, password: b}} ] }} }}\n")
    a, b = t.raw(server, "a"), t.raw(server, "b")
    check(by_key(a, KEY) and by_key(b, OTHER), "not let in")
    subscribed(a, ">")
    subscribed(b, "x")
    t.client(server, user="b", **{"pass": "b"}).pub("x", "1")
    b.expect_msg("x", 1, "1")
    a.expect_nothing()


@scenario
def nkey_and_password_users(t):
    """Keys and passwords side by side; neither opens the other's door."""
    server = t.server(f"authorization {{ users: [ {{nkey: {KEY.public}}}, "
                      "{user: u, password: p} ] }\n")
    check(t.raw(server).info.get("nonce"), "no nonce")
    check(by_key(t.raw(server)), "the key")
    check(gets_in(t.raw(server), user="u", **{"pass": "p"}), "the password")
    check(not gets_in(t.raw(server), user=KEY.public, **{"pass": ""}), "key as user")
    check(not gets_in(t.raw(server), user=KEY.public, **{"pass": KEY.public}), "key twice")


@scenario(differs={"2.9": "lets the leaf in without", "2.10": "lets the leaf in without"})
def nkey_of_a_leaf(t):
    """A leaf logs in with an nkey of the hub's users, and a wrong signature keeps it out."""
    server = t.server(users_of(KEY) + leafnodes(listen=True))
    check(t.raw_leaf(server).info.get("nonce"), "no nonce")
    check(by_key(t.raw_leaf(server)), "the honest one")
    check(not by_key(t.raw_leaf(server), OTHER), "a stranger")
    leaf = t.raw_leaf(server)
    check(not gets_in(leaf, nkey=KEY.public, sig=KEY.answer("nonce")), "a wrong nonce")


@scenario
def nonce_of_another_connection(t):
    """A signature is good for the connection whose nonce it signs, not for another listener's."""
    server = t.server(users_of(KEY) + leafnodes(listen=True))
    leaf, client = t.raw_leaf(server), t.raw(server)
    check(not gets_in(client, nkey=KEY.public, sig=KEY.answer(leaf.info["nonce"])), "got in")


@scenario
def bcrypt_prefixes(t):
    """$2a$ and $2b$ hashes, of users and of tokens, in lists and in accounts."""
    for prefix in ("$2a", "$2b"):
        users = f'users: [ {{user: u, password: "{prefix}{HASH}"}} ]'
        for config in (f"authorization {{ {users} }}\n", f"accounts {{ A {{ {users} }} }}\n"):
            server = t.server(config)
            check(gets_in(t.raw(server), user="u", **{"pass": "s3cr3t"}), f"{prefix}: refused")
            for wrong in ("s3cr3T", "", prefix + HASH, "s3cr3t\0x"):
                check(not gets_in(t.raw(server), user="u", **{"pass": wrong}), f"{wrong!r} got in")
        server = t.server(f'authorization {{ token: "{prefix}{HASH}" }}\n')
        check(gets_in(t.raw(server), auth_token="s3cr3t"), "token refused")


@scenario
def bcrypt_2y(t):
    """$2y$, which other tools write, is the same hash."""
    server = t.server(f'authorization {{ users: [ {{user: u, password: "$2y{HASH}"}} ] }}\n')
    check(gets_in(t.raw(server), user="u", **{"pass": "s3cr3t"}), "refused")
    check(not gets_in(t.raw(server), user="u", **{"pass": "s3cr3T"}), "got in")


@scenario
def bcrypt_of_leafs(t):
    """Hashes in leafnodes.authorization."""
    server = t.server(leafnodes(listen=True, extra='authorization { users: [ '
                                f'{{user: l, password: "$2b{HASH}"}} ] }}'))
    check(gets_in(t.raw_leaf(server), user="l", **{"pass": "s3cr3t"}), "refused")
    check(not gets_in(t.raw_leaf(server), user="l", **{"pass": "wrong"}), "got in")


@scenario
def slow_hashes_do_not_stop_others(t):
    """While logins with an expensive hash are judged, clients that are in go on; all of them get
    their verdict."""
    server = t.server(f'authorization {{ timeout: 30, users: [ {{user: u, password: "{SLOW}"}}, '
                      '{user: v, password: v} ] }\n')
    client = subscribed(t.client(server, user="v", **{"pass": "v"}), "x")
    waiting = [t.raw(server) for _ in range(12)]
    for number, peer in enumerate(waiting):
        peer.say_connect(user="u", **{"pass": "s3cr3t" if number % 2 else "no"})
    for number in range(20):
        client.pub("x", str(number))
        client.expect_msg("x", 1, str(number))
    for number, peer in enumerate(waiting):
        equal(let_in(peer, "a slow login"), number % 2 == 1, f"login {number}")


# Connection types.


def typed(types, extra=""):
    return ("authorization { users: [ {user: free, password: free}, "
            f"{{user: u, password: u, allowed_connection_types: {types}}} ] }}\n" + WEBSOCKET % "" +
            leafnodes(listen=True) + extra)


@scenario(differs={"2.9": "does not ask leafs", "2.10": "does not ask leafs"})
def connection_types(t):
    """allowed_connection_types: the user gets in by these kinds of connection and no other."""
    login = {"user": "u", "pass": "u"}
    for types, wanted in (('["STANDARD"]', (True, False, False)),
                          ('["WEBSOCKET"]', (False, True, False)),
                          ('["LEAFNODE"]', (False, False, True)),
                          ('["standard", "websocket"]', (True, True, False)),
                          ('["STANDARD", "WEBSOCKET", "LEAFNODE"]', (True, True, True)),
                          ('["MQTT"]', (False, False, False)), ("[]", (True, True, True))):
        server = t.server(typed(types))
        equal((gets_in(t.raw(server), **login), websocket_gets_in(t, server, **login),
               gets_in(t.raw_leaf(server), **login)), wanted,
              f"client, websocket, leaf with {types}")
        check(gets_in(t.raw(server), user="free", **{"pass": "free"}), "the other user")


def websocket_gets_in(t, server, **connect):
    return gets_in(t._owned(Client(t.websocket(server), "ws")), **connect)


@scenario
def unknown_connection_type(t):
    """A type that does not exist stops the start; it never widens the list."""
    refused(t, typed('["STANDARDS"]'), "STANDARDS")


@scenario(differs={"2.9": "does not ask leafs", "2.10": "does not ask leafs"})
def connection_type_of_leafs_over_websocket(t):
    """LEAFNODE_WS is for leafs over WebSocket, LEAFNODE for those over TCP."""
    login = {"user": "u", "pass": "u"}
    for types, over_tcp, over_websocket in (('["LEAFNODE_WS"]', False, True),
                                            ('["LEAFNODE"]', True, False)):
        server = t.server(typed(types))
        equal(gets_in(t.raw_leaf(server), **login), over_tcp, f"TCP with {types}")
        leaf = t._owned(Leaf(t.websocket(server, "/leafnode"), "leaf"))
        equal(gets_in(leaf, **login), over_websocket, f"WebSocket with {types}")


# Without credentials.


SINGLE = "authorization { user: u, password: p }\n"
TOKEN = 'authorization { token: "t" }\n'
LIST = "authorization { users: [ {user: u, password: p} ] }\n"
SYSTEM_ONLY = "accounts { SYS { users: [ {user: s, password: s} ] } }\nsystem_account: SYS\n"
LEAF_USERS = "authorization { users: [ {user: l, password: l} ] }"
# Configuration, extra of the leafnodes block, is a bare client let in, a bare leaf (newest server).
BARE = (
    ("", "", True, True),
    (SINGLE, "", False, False),
    (TOKEN, "", False, False),
    (LIST, "", False, False),
    (users_of(KEY), "", False, False),
    (accounts("A"), "", False, False),
    (accounts("A", "S") + "system_account: S\n", "", False, False),
    (SYSTEM_ONLY, "", True, True),
    (SYSTEM_ONLY + LIST, "", False, False),
    (SYSTEM_ONLY + users_of(KEY), "", False, False),
    ("accounts { A {} }\n", "", True, True),
    ("", LEAF_USERS, True, False),
    (LIST, LEAF_USERS, False, False),
    (SYSTEM_ONLY, LEAF_USERS, True, False),
    (LIST + "no_auth_user: u\n", "", True, True),
    (accounts("A") + "no_auth_user: a\n", "", True, True),
    (LIST + "no_auth_user: u\n", LEAF_USERS, True, False),
    (SYSTEM_ONLY + LIST + "no_auth_user: u\n", "", True, True),
)


@scenario(differs={"2.9": "the advisory's bug, and leafs join without credentials",
                   "2.10": "leafs join without credentials"})
def without_credentials(t):
    """CVE-2023-47090: once any credential is configured for a listener, a connection without is
    refused unless a default user is named; the table is written by hand."""
    for config, leaf_extra, client_in, leaf_in in BARE:
        server = t.server(config + leafnodes(listen=True, extra=leaf_extra))
        where = f"with {config!r} and {leaf_extra!r}"
        equal(gets_in(t.raw(server)), client_in, f"client {where}")
        equal(gets_in(t.raw_leaf(server)), leaf_in, f"leaf {where}")


@scenario(differs={"2.9": "differs in the accounts-only rows"})
def without_credentials_clients(t):
    """CVE-2023-47090, clients only, first line CONNECT, PING, SUB or PUB: what is refused with
    CONNECT is refused without it."""
    for config, _, client_in, _ in BARE:
        server = t.server(config)
        for first in ("PING\r\n", "SUB x 1\r\n", "PUB x 0\r\n\r\n", 'CONNECT {}\r\n'):
            client = t.raw(server)
            client.send(first)
            inside = no_error(client)
            check(inside == client_in or (client_in and not first.startswith("CONNECT")),
                  f"{first!r} with {config!r}: let in is {inside}")


def no_error(client):
    client.send_may_fail("PING\r\n")
    op = client.op()
    while op == b"+OK\r\n":
        op = client.op()
    return op == b"PONG\r\n"


FIRST = ("PING\r\n", "PONG\r\n", "SUB > 1\r\n", "UNSUB 1\r\n", "PUB x 6\r\nsecret\r\n",
         "HPUB x 12 12\r\nNATS/1.0\r\n\r\n\r\n", "CONNECT {}\r\n",
         'CONNECT {"verbose":false}\r\n')


@scenario(differs={"2.9": "the advisory's bug", "2.10": "the advisory's bug"})
def default_user_of_another_kind(t):
    """CVE-2026-58211: a default user that is for WebSocket only does not let in over TCP, whatever
    verb comes first."""
    server = t.server(typed('["WEBSOCKET"]', "no_auth_user: u\n"))
    watcher = subscribed(t.client(server, user="free", **{"pass": "free"}), "x")
    for first in FIRST:
        client = t.raw(server)
        client.send(first)
        check(not no_error(client), f"{first!r} got in")
    watcher.expect_nothing()
    check(websocket_gets_in(t, server), "the kind it is for")


@scenario(differs={"2.9": "the advisory's bug", "2.10": "the advisory's bug"})
def default_user_of_the_other_listener(t):
    """544a1ec0d: without CONNECT a WebSocket client gets the default user of its own listener, with
    that user's permissions and no other."""
    config = ("authorization { users: [ {user: tcp, password: p}, {user: ws, password: p, "
              'permissions: { publish: "ws.>" } } ] }\nno_auth_user: tcp\n'
              + WEBSOCKET % ", no_auth_user: ws")
    server = t.server(config)
    for first in ("", "CONNECT {\"verbose\":false}\r\n"):
        client = t._owned(Client(t.websocket(server), "ws"))
        client.send(first + "PUB tcp.x 0\r\n\r\n")
        op = client.op()
        while op == b"+OK\r\n":
            op = client.op()
        equal(op, error('Permissions Violation for Publish to "tcp.x"'), f"after {first!r}")
    client = t.raw(server)
    client.send("PUB tcp.x 0\r\n\r\nPING\r\n")
    check(b"PONG\r\n" in [client.op() for _ in range(2)], "the TCP default")


@scenario(differs={"2.9": "keeps the link", "2.10": "crashes"})
def default_user_is_not_for_leafs(t):
    """CVE-2026-58253: with a default user set, a leaf connection that does not begin with its
    handshake is closed, and nothing it said has any effect."""
    server = t.server(LIST + "no_auth_user: u\n" + leafnodes(listen=True))
    watcher = subscribed(t.client(server, user="u", **{"pass": "p"}), "x")
    for first in ("LS+ >\r\n", "LS- >\r\n", "LMSG x 1\r\nx\r\n",
                  "HMSG x 12 12\r\nNATS/1.0\r\n\r\n\r\n",
                  "RS+ A x\r\n", "RMSG A x 1\r\nx\r\n", "SUB > 1\r\n", "UNSUB 1\r\n",
                  "PUB x 1\r\nx\r\n", "MSG x 1 1\r\nx\r\n"):
        leaf = t.raw_leaf(server)
        leaf.send_may_fail(first)
        rest = leaf.rest()
        check(not any(op.startswith((b"LS+", b"LMSG", b"MSG")) for op in rest),
              f"{first!r}: {rest}")
    watcher.expect_nothing()
    watcher.wait_interest("x")  # The watcher itself, and no other by this:
    watcher.unsub(1)
    watcher.wait_no_interest("x")


@scenario
def empty_passwords(t):
    """ccd898ea8: a user without password, or with an empty one, is nobody's: an empty password
    does not open it."""
    for entry in ("{user: u, password: \"\"}", "{user: u}"):
        t.write("empty.conf", 'listen: "127.0.0.1:-1"\nauthorization { users: [ '
                f"{entry}, {{user: v, password: v}} ] }}\n")
        server = t.launch("-c", "empty.conf")
        try:
            server.wait_ready()
        except Failure:
            equal(server.wait_exit(), 1, "exit code")
            continue
        for connect in ({"user": "u", "pass": ""}, {"user": "u"}, {"user": "", "pass": ""}):
            if gets_in(t.raw(server), **connect) and not t.options.generation:
                raise Failure(f"{connect} got in with {entry}")


@scenario(differs={"2.9": "keeps the subscriptions", "2.10": "keeps the subscriptions"})
def second_connect_keeps_the_account(t):
    """2d4e3abcc: a second CONNECT as somebody else is refused, or nothing of the first identity is
    left; in no case do subscriptions of one account hear under the login of another."""
    server = t.server(accounts("A", "B"))
    moving = t.client(server, user="a", **{"pass": "a"})
    subscribed(moving, "x")
    moving.say_connect(user="b", **{"pass": "b"})
    moving.send_may_fail("PING\r\n")
    ops = []
    while (op := moving.op()) not in (None, b"PONG\r\n"):
        ops.append(op)
    t.client(server, user="a", **{"pass": "a"}).pub("x", "of a")
    if op == b"PONG\r\n":
        b = subscribed(t.client(server, user="b", **{"pass": "b"}), "y")
        moving.pub("y", "who")
        moving.flush()
        check(b.messages(), "the second login did not take")
        check(not moving.messages(), "a client in two accounts")


@scenario(differs={"2.9": "knows no such check", "2.10": "knows no such check"})
def leaf_without_a_match(t):
    """8933f2bdc: a leaf whose credentials match nobody is refused, not put into the global
    account; token and user of the client port work."""
    cases = ((TOKEN, {"auth_token": "t"}, {"auth_token": "x"}),
             (SINGLE, {"user": "u", "pass": "p"}, {"user": "u", "pass": "x"}),
             (LIST, {"user": "u", "pass": "p"}, {"user": "x", "pass": "p"}))
    for config, good, bad in cases:
        server = t.server(config + leafnodes(listen=True))
        check(gets_in(t.raw_leaf(server), **good), f"{good} with {config}")
        check(not gets_in(t.raw_leaf(server), **bad), f"{bad} with {config}")
        check(not gets_in(t.raw_leaf(server)), f"nothing with {config}")
