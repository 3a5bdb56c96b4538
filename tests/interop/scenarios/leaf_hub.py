# SPDX-License-Identifier: Apache-2.0
#
# The server under test as hub, a raw leaf against it: greeting, refusals, login, liveness.
# Interest, messages and permissions are in the other leaf_hub files. The raw leaf answers INFO with
# CONNECT at once, which means: no compression.
#
#   seen on the real servers      2.9                         newest
#   compression in INFO           absent                      "s2_auto"; CONNECT at once = none
#   cluster name with a space     accepted                    refused
#   token of the client port      not asked of leafs          asked
#   no credentials, hub has users accepted                    refused

import re

from harness import check, equal, error, leafnodes, scenario

UNKNOWN = "Unknown Protocol Operation"
REFUSED = "Authorization Violation"


def hub(t, authorization="", config="", **more):
    """A hub with a leaf listener; `authorization` is the body of that block."""
    extra = f"  authorization {{ {authorization} }}" if authorization else ""
    return t.server('server_name: "hub"\n' + leafnodes(listen=True, extra=extra) + config, **more)


# The greeting.

@scenario
def info_fields(t):
    """INFO on the leaf port has what a remote needs; client_id and leafnode_urls tell the port."""
    server = hub(t)
    leaf = t.raw_leaf(server)
    own = f"127.0.0.1:{server.leaf_port()}"
    wanted = {"server_name": "hub", "host": "127.0.0.1", "port": server.leaf_port(), "ip": own,
              "headers": True, "auth_required": True, "max_payload": 1048576,
              "info_on_connect": True, "leafnode_urls": [own]}
    equal({key: leaf.info.get(key) for key in wanted}, wanted, "INFO")
    check(leaf.info["client_id"] > 0 and leaf.info["server_id"], f"ids in {leaf.info}")
    check(leaf.info["proto"] >= 1 and "connect_info" not in leaf.info, f"INFO {leaf.info}")


@scenario
def nonce_is_fresh(t):
    """Each INFO carries a nonce of 15 characters of the URL base64 alphabet, never the same."""
    server = hub(t)
    nonces = [t.raw_leaf(server).info["nonce"] for _ in range(5)]
    check(all(re.fullmatch(r"[A-Za-z0-9_-]{15}", nonce) for nonce in nonces), f"nonces {nonces}")
    equal(len(set(nonces)), 5, "different nonces")


@scenario
def info_bytes(t):
    """The INFO line is `INFO {json}`, an optional blank, CRLF."""
    wire = t.wire(hub(t).leaf_port())
    check(re.fullmatch(rb"INFO \{.*\} ?\r\n", wire.op()), "form of the INFO line")


@scenario
def answer_to_connect(t):
    """CONNECT is answered by an INFO with connect_info and the account, without a nonce."""
    leaf = t.leaf(hub(t))
    equal((leaf.accepted["connect_info"], leaf.accepted["remote_account"]), (True, "$G"), "INFO")
    check("nonce" not in leaf.accepted and "import" not in leaf.accepted, f"{leaf.accepted}")
    equal(leaf.accepted["client_id"], leaf.info["client_id"], "client_id")


@scenario
def info_before_interest(t):
    """The answering INFO comes before any LS+."""
    server = hub(t)
    client = t.client(server)
    for number in range(50):
        client.sub(f"s.{number}", number)
    client.flush()
    leaf = t.raw_leaf(server)
    leaf.shows_internal = True
    leaf.say_connect()
    check(leaf.op().startswith(b"INFO "), "first answer is no INFO")
    seen = {op for op in leaf.ops_until_pong() if op.startswith(b"LS+ s.")}
    equal(seen, {f"LS+ s.{number}\r\n".encode() for number in range(50)}, "interest")


@scenario
def nothing_before_connect(t):
    """Before CONNECT the hub sends INFO and nothing else, whatever its interest."""
    server = hub(t)
    client = t.client(server)
    client.sub("a", 1)
    client.flush()
    leaf = t.raw_leaf(server)
    client.pub("a", "x")
    client.expect_msg("a", 1, "x")
    leaf.say_connect()
    leaf.expect_json("INFO")
    leaf.expect("LS+ a\r\n")


@scenario
def minimal_connect(t):
    """CONNECT {} is enough to join."""
    leaf = t.raw_leaf(hub(t))
    leaf.send("CONNECT {}\r\n")
    check(leaf.expect_json("INFO").get("connect_info"), "no connect_info")
    leaf.expect_nothing()


@scenario
def connect_bytewise(t):
    """CONNECT one byte a segment, unknown fields in it."""
    leaf = t.raw_leaf(hub(t))
    leaf.send_bytewise('CONNECT {"name":"x","jetstream":true,"new_thing":[1],"headers":true}\r\n')
    check(leaf.expect_json("INFO").get("connect_info"), "no connect_info")


@scenario
def connection_is_logged(t):
    """A joined leaf is logged with its name."""
    server = hub(t)
    t.leaf(server, name="edge-9")
    server.wait_log(r"\[INF\] 127\.0\.0\.1:\d+ - lid:\d+ - Leafnode connection created.*")


# Refusals.

@scenario(differs={"2.10": "2.10.27 crashes on LS+ before CONNECT"})
def first_op_is_no_connect(t):
    """Anything but CONNECT first is an Authorization Violation and the end."""
    server = hub(t)
    for line in ("LS+ foo\r\n", "PING\r\n", "LMSG a 1\r\nx\r\n", "FOO\r\n", "\r\n", "PUB a 0\r\n",
                 "LS- foo\r\n"):
        leaf = t.raw_leaf(server, name=repr(line))
        leaf.send_may_fail(line)
        leaf.expect_error_and_close(REFUSED)


@scenario
def bad_connect(t):
    """CONNECT without an object or with bad JSON is closed silently."""
    server = hub(t)
    for line in ("CONNECT\r\n", "CONNECT {bad\r\n", "CONNECT []\r\n"):
        leaf = t.raw_leaf(server, name=repr(line))
        leaf.send_may_fail(line)
        leaf.expect_closed()


@scenario
def client_on_leaf_port(t):
    """A client (CONNECT with lang) on the leaf port is told so and closed."""
    leaf = t.raw_leaf(hub(t))
    leaf.send('CONNECT {"lang":"go","verbose":false}\r\nPING\r\n')
    leaf.expect_error_and_close("attempted to connect to leaf node port")


@scenario
def leaf_on_client_port(t):
    """A leaf that speaks to the client port fails at its first leaf verb."""
    server = hub(t)
    client = t.raw(server)
    check("leafnode_urls" not in client.info, "the client port announces leafnode_urls")
    client.send('CONNECT {"name":"leaf","cluster":"leaf"}\r\nLS+ a\r\n')
    client.expect("+OK\r\n")
    client.expect_error_and_close(UNKNOWN)


@scenario
def gateway_on_leaf_port(t):
    """A gateway is told its name and closed."""
    leaf = t.raw_leaf(hub(t))
    leaf.say_connect(gateway="G")
    leaf.expect_error_and_close('Rejecting connection from gateway "G" on the leafnode port')


@scenario
def account_in_connect(t):
    """A CONNECT that names an account is refused: only our configuration binds accounts."""
    leaf = t.raw_leaf(hub(t))
    leaf.say_connect(account="$SYS")
    leaf.expect_error_and_close(REFUSED)


@scenario(differs={"2.9": "accepts it", "2.10": "adds 'or new lines' to the text"})
def cluster_name_with_space(t):
    """A cluster name with a space is refused."""
    leaf = t.raw_leaf(hub(t))
    leaf.say_connect(cluster="a b")
    leaf.expect_error_and_close("cluster name cannot contain spaces")


@scenario
def same_cluster_name(t):
    """A leaf of the hub's own cluster name is refused; a server with remotes is its own cluster."""
    upstream = t.hub()
    server = t.server('server_name: "mid"\n' + leafnodes(upstream.url(), listen=True))
    t.accept(upstream).welcome()
    leaf = t.raw_leaf(server)
    leaf.say_connect(cluster="mid")
    leaf.expect_error_and_close("remote leafnode has same cluster name")


@scenario
def authentication_timeout(t):
    """A leaf that says nothing is closed when authorization.timeout is over."""
    leaf = t.raw_leaf(hub(t, "timeout: 0.3"))
    leaf.expect_error_and_close("Authentication Timeout")


@scenario
def default_authentication_timeout(t):
    """Without a configured timeout a silent leaf is closed after about two seconds."""
    leaf = t.raw_leaf(hub(t))
    leaf.expect_error_and_close("Authentication Timeout", wait_s=4)


@scenario
def bad_leaf_does_not_disturb(t):
    """While one leaf is refused another goes on."""
    server = hub(t)
    good, bad = t.leaf(server, name="good"), t.leaf(server, name="bad")
    client = t.client(server)
    good.add_interest("a")
    client.wait_interest("a")
    bad.ops_until_pong()
    bad.send("JUNK\r\n")
    bad.expect_error_and_close(UNKNOWN)
    good.ops_until_pong()
    client.pub("a", "x")
    good.expect_lmsg("a", "x")


# Login.

@scenario
def user_and_password(t):
    """leafnodes.authorization with user and password: exactly this pair joins."""
    server = hub(t, "user: leaf, password: secret")
    t.leaf(server, user="leaf", **{"pass": "secret"})
    for fields in ({}, {"user": "leaf"}, {"user": "leaf", "pass": "x"}, {"auth_token": "secret"},
                   {"user": "x", "pass": "secret"}):
        leaf = t.raw_leaf(server)
        leaf.say_connect(**fields)
        leaf.expect_error_and_close(REFUSED)


@scenario
def users_list(t):
    """leafnodes.authorization.users: each with the own password; client users do not count."""
    server = hub(t, "users = [ {user: a, password: pa}, {user: b, password: pb} ]",
                 "authorization { user: client, password: pc }\n")
    t.leaf(server, name="one", user="a", **{"pass": "pa"})
    t.leaf(server, name="two", user="b", **{"pass": "pb"})
    for name, word in (("a", "pb"), ("client", "pc"), ("", "")):
        leaf = t.raw_leaf(server)
        leaf.say_connect(user=name, **{"pass": word})
        leaf.expect_error_and_close(REFUSED)


@scenario
def client_users_join_without_leaf_authorization(t):
    """Without an own authorization block the users of the client port may join as leafs."""
    server = hub(t, config="authorization { users = [ {user: a, password: pa} ] }\n")
    t.leaf(server, user="a", **{"pass": "pa"})
    leaf = t.raw_leaf(server)
    leaf.say_connect(user="a", **{"pass": "x"})
    leaf.expect_error_and_close(REFUSED)


@scenario(differs=dict.fromkeys(("2.9", "2.10"), "does not ask leafs for the token"))
def token_of_the_client_port(t):
    """The token of the client port is asked of leafs.

    A token that comes as the user alone is not tried: 2.15 refuses it, and so cannot be the hub
    of a 2.9 leaf, which sends nothing else; we take it.
    """
    server = hub(t, config='authorization { token: "s3cr3t" }\n')
    t.leaf(server, user="s3cr3t", auth_token="s3cr3t")
    for fields in ({}, {"auth_token": "x"}):
        leaf = t.raw_leaf(server)
        leaf.say_connect(**fields)
        leaf.expect_error_and_close(REFUSED)


@scenario(differs=dict.fromkeys(("2.9", "2.10"), "lets it in"))
def no_credentials_where_users_are_configured(t):
    """A leaf without credentials stays out when the hub has users and no no_auth_user."""
    server = hub(t, config="authorization { users = [ {user: a, password: pa} ] }\n")
    leaf = t.raw_leaf(server)
    leaf.say_connect()
    leaf.expect_error_and_close(REFUSED)


@scenario
def no_auth_user_for_leafs(t):
    """With no_auth_user a leaf without credentials joins."""
    server = hub(t, config="authorization { users = [ {user: a, password: pa} ] }\n"
                           "no_auth_user: a\n")
    t.leaf(server)


@scenario
def bcrypt_password(t):
    """A leaf's password may be kept as a bcrypt hash."""
    server = hub(t, 'user: leaf, password: '
                    '"$2b$04$abcdefghijklmnopqrstuu35fBIWlNgF8BcAW/t2cO158N8svSFHy"')
    t.leaf(server, user="leaf", **{"pass": "s3cr3t"})


# Liveness.

@scenario
def ping_pong(t):
    """The hub answers PING, also in lower case, and PINGs by itself after about a second."""
    leaf = t.leaf(hub(t))
    leaf.send("ping\r\nPING\r\n")
    leaf.expect("PONG\r\nPONG\r\n")
    leaf.answers_pings = False
    leaf.expect("PING\r\n")


@scenario
def stale_leaf(t):
    """A leaf that answers no PING gets ping_max of them, then Stale Connection and the end."""
    leaf = t.leaf(hub(t, config='ping_interval: "100ms"\nping_max: 2\n'))
    leaf.answers_pings = False
    leaf.expect("PING\r\nPING\r\n", error("Stale Connection"))
    leaf.expect_closed()


@scenario
def stop_closes_leafs(t):
    """A hub that stops closes its leaf links without a word."""
    server = hub(t)
    leaf = t.leaf(server)
    equal(server.stop(), 0, "exit code")
    leaf.expect_closed()
