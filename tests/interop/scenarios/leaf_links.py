# SPDX-License-Identifier: Apache-2.0
#
# The manners of leaf links: who is told of whose interest, circles of servers, where a remote goes
# next, what is not sent, and what is said about a link that does not come up.
#
#   seen on the real servers         2.9, 2.10            newest
#   isolation                        unknown keys         the isolated side is not told
#   message above hub's max_payload  sent                 sent
#   three servers in a circle        all links fall       the same
#   the same mistake at each dial    logged each time     the same

import json
import re

from harness import Failure, Skip, check, equal, error, leafnodes, pairing, remote, scenario

from .topology import LINK_UP, request_answered, serve

REAL = ("2.9", "2.10", "2.15")
ISOLATION = {"2.9": "has no isolation", "2.10": "has no isolation"}


def log_text(server):
    return "\n".join(server.log())


def wait_any(servers, pattern):
    """A line in the log of any of them."""
    for _ in range(40):
        for server in servers:
            try:
                return server.wait_log(pattern, wait_s=0.1)
            except Failure:
                continue
    raise Failure(f"no {pattern!r} in any log")


def expect_quiet(hub):
    """Nobody dials, for longer than a back-off that begins with 50 ms would wait."""
    try:
        hub.accept(wait_s=1)
    except Failure:
        return
    raise Failure("dialled again")


def end_of(wire):
    """The server closes, by whatever means and after whatever words."""
    try:
        wire.rest()
    except OSError:
        pass


def knows_isolation(*generations):
    if {"2.9", "2.10"} & set(generations):
        raise Skip("isolation came with 2.12")


# The greeting, field by field.

# Of the newest nats-server, without what tells its build; ours has no compression to offer without
# a codec, and no JetStream API level.
INFO_ORDER = ["server_id", "server_name", "version", "proto", "go", "host", "port", "headers",
              "auth_required", "max_payload", "ip", "client_id", "nonce", "compression", "api_lvl",
              "info_on_connect", "leafnode_urls"]
CONNECT_ORDER = ["version", "user", "pass", "server_id", "name", "cluster", "headers", "deny_pub",
                 "isolate", "compress_mode", "remote_account", "protocol"]


def in_order(got, order, what):
    known = [key for key in order if key in got]
    equal([key for key in got if key in order], known, f"order of {what}")
    return set(order) - set(got)


@scenario(differs=dict.fromkeys(("2.9", "2.10"), "has other fields"))
def info_order(t):
    """The fields of the hub's INFO stand in the order of the newest nats-server."""
    leaf = t.raw_leaf(t.server('server_name: "hub"\n' + leafnodes(listen=True)))
    missing = in_order(list(leaf.info), INFO_ORDER, "INFO")
    check(missing <= {"compression", "api_lvl"}, f"missing in INFO: {missing}")


@scenario(differs=dict.fromkeys(("2.9", "2.10"), "has other fields"))
def connect_order(t):
    """The fields of the remote's CONNECT stand in the order of the newest nats-server."""
    hub = t.hub()
    entry = remote(hub.url("u:p"), extra='deny_imports: "x.>", request_isolation: true')
    t.server('server_name: "edge"\n' + leafnodes(entry))
    link = t.accept(hub)
    link.say_info()
    connect = link.read_connect()
    missing = in_order(list(connect), CONNECT_ORDER, "CONNECT")
    check(not missing, f"missing in CONNECT: {missing}")
    equal((connect["isolate"], connect["deny_pub"], connect["name"], connect["cluster"]),
          (True, ["x.>"], "edge", "edge"), "CONNECT")
    allowed = set(CONNECT_ORDER) | {"tls_required", "jetstream", "domain"}
    check(set(connect) <= allowed, f"more than wanted: {set(connect) - allowed}")


# Isolation.

@scenario(differs=ISOLATION)
def isolated_leafs_of_a_hub(t):
    """isolate_leafnode_interest: leafs are told of the hub's clients and not of each other."""
    server = t.server(leafnodes(listen=True, extra="isolate_leafnode_interest: true"))
    first, second = t.leaf(server, name="first"), t.leaf(server, name="second")
    second.add_interest("of.second")
    second.ops_until_pong()
    client = t.client(server)
    serve(client, "of.client")
    first.expect("LS+ of.client\r\n")
    first.expect_nothing()


@scenario(differs=ISOLATION)
def isolation_is_asked_for(t):
    """A leaf that sends isolate in CONNECT is not told of others; they are told of it."""
    server = t.server(leafnodes(listen=True))
    alone, other = t.leaf(server, name="alone", isolate=True), t.leaf(server, name="other")
    other.add_interest("of.other")
    other.ops_until_pong()
    alone.add_interest("of.alone")
    other.expect("LS+ of.alone\r\n")
    alone.expect_nothing()


@scenario(differs=ISOLATION)
def isolation_of_a_remote(t):
    """isolate_leafnode_interest of a remote: the hub is not told of our leafs."""
    hub = t.hub()
    entry = remote(hub.url(), extra="isolate_leafnode_interest: true")
    server = t.server('server_name: "mid"\n' + leafnodes(entry, listen=True))
    link = t.accept(hub).welcome()
    leaf = t.leaf(server, name="edge")
    leaf.add_interest("of.leaf")
    leaf.ops_until_pong()
    serve(t.client(server), "of.client")
    link.expect("LS+ of.client\r\n")
    link.expect_nothing()


@pairing
def isolation_leaves_north_and_south(t, pair):
    """With request_isolation a leaf and its hub serve each other, and two leafs do not."""
    knows_isolation(pair.hub_generation, pair.leaf_generation)
    hub = t.server('server_name: "hub"\n' + leafnodes(listen=True), program=pair.hub_program)
    leafs = [t.server(f'server_name: "{name}"\n'
                      + leafnodes(remote(hub.leaf_url(), extra="request_isolation: true")),
                      program=pair.leaf_program) for name in ("one", "two")]
    hub.wait_log(LINK_UP, times=2)
    at_hub, at_one, at_two = t.client(hub), t.client(leafs[0]), t.client(leafs[1])
    request_answered(at_hub, at_one, "at.hub")
    request_answered(at_one, at_hub, "at.one")
    at_two.wait_no_interest("at.one")


# Circles.

@scenario(differs=dict.fromkeys(REAL, "all links of the circle fall, again and again"))
def circle_of_three(t):
    """Three servers in a circle: one link falls, and requests go all ways over the other two."""
    names, ports = ("a", "b", "c"), []
    for _ in names:
        free = t.hub()
        ports.append(free.port)
        free.close()
    servers = []
    for i, name in enumerate(names):
        onwards = f"nats-leaf://127.0.0.1:{ports[(i + 1) % 3]}"
        servers.append(t.server(
            f'server_name: "{name}"\nleafnodes {{ listen: "127.0.0.1:{ports[i]}", reconnect: 1\n'
            f'remotes = [ {{ url: "{onwards}" }} ] }}\n'))
    wait_any(servers, "Loop detected")
    clients = [t.client(server) for server in servers]
    for i, client in enumerate(clients):
        serve(client, f"at.{names[i]}")
    for i, service in enumerate(clients):
        asker = clients[(i + 1) % 3]
        asker.wait_interest(f"at.{names[i]}")
        asker.sub("_INBOX.one", 9)
        asker.pub(f"at.{names[i]}", "?", "_INBOX.one")
        service.expect_msg(f"at.{names[i]}", 1, "?", "_INBOX.one")
        asker.send("UNSUB 9\r\n")
        asker.flush()
    lost = sum(len(re.findall(r"Connected leafnode to", log_text(server))) for server in servers)
    closed = sum(len(re.findall(r"Leafnode connection closed: Loop Detected", log_text(server)))
                 for server in servers)
    check(lost == 3, f"{lost} links came up")
    check(closed == 2, f"{closed} ends of links fell, wanted the two of one link")


# Where a remote goes next.

@scenario
def gossip_is_followed(t):
    """A hub that tells of another one is replaced by it when it goes."""
    first, second = t.hub(), t.hub()
    t.server("leafnodes { reconnect: 1, remotes = [ { url: \"" + first.url() + "\" } ] }\n")
    link = t.accept(first)
    both = [f"127.0.0.1:{first.port}", f"127.0.0.1:{second.port}"]
    link.welcome()
    link.say_info(nonce=None, leafnode_urls=both)
    link.ops_until_pong()
    first.close()
    link.close()
    t.accept(second, wait_s=20).welcome()


@scenario(differs=dict.fromkeys(("2.9", "2.10"), "has no such key"))
def gossip_is_ignored(t):
    """With ignore_discovered_servers nothing but the configured hub is dialled."""
    first, second = t.hub(), t.hub()
    entry = remote(first.url(), extra="ignore_discovered_servers: true")
    t.server(leafnodes(entry))
    link = t.accept(first).welcome()
    link.say_info(nonce=None, leafnode_urls=[f"127.0.0.1:{second.port}"])
    link.ops_until_pong()
    link.close()
    t.accept(first, wait_s=20).welcome()


@scenario(differs=dict.fromkeys(REAL, "stays where it is"))
def back_to_the_first_url(t):
    """With no_randomize a link moves back to the first URL when that greets again, not before."""
    first, second = t.hub(), t.hub()
    port = first.port
    first.close()
    entry = remote(f"nats-leaf://127.0.0.1:{port}", second.url(),
                   extra='no_randomize: true, failback_interval: "300ms"')
    server = t.server("leafnodes { reconnect: \"100ms\", remotes = [ " + entry + " ] }\n")
    client = t.client(server)
    link = t.accept(second, wait_s=10).welcome()
    again = t.hub(port)
    probe = t.accept(again, wait_s=10)  # The first look: somebody accepts, nobody greets.
    link.add_interest("a")
    client.wait_interest("a")
    probe.close()
    t.accept(again, wait_s=10).say_info()
    link.expect_closed()
    t.accept(again, wait_s=10).welcome()
    server.wait_log(r"is back: the leafnode connection moves there")


@scenario(differs=dict.fromkeys(REAL, "does not know the key in a remote"))
def no_reconnect(t):
    """reconnect: false in a remote: after the first loss it is given up, and that is said."""
    hub = t.hub()
    server = t.server(leafnodes(remote(hub.url(), extra="reconnect: false"),
                                extra="reconnect: \"50ms\""))
    t.accept(hub).welcome().close()
    server.wait_log(r"is given up, as its reconnect is off")
    t.client(server).flush()
    expect_quiet(hub)


@scenario
def disabled_remote(t):
    """A remote that is disabled is not dialled."""
    hub = t.hub()
    if "unknown field" in t.run("-t", "-c", t.write(
            "x.conf", leafnodes(remote(hub.url(), extra="disabled: true")))).stderr:
        raise Skip("the key came with 2.12")
    server = t.server(leafnodes(remote(hub.url(), extra="disabled: true")))
    t.client(server).flush()
    expect_quiet(hub)


# What is not sent, and what is said.

@scenario(differs=dict.fromkeys(REAL, "sends it, and newer hubs close the link over it"))
def payload_above_the_hubs_limit(t):
    """A message above the hub's max_payload stays here and the link lives."""
    hub = t.hub()
    server = t.server(leafnodes(hub.url()))
    link = t.accept(hub).welcome(max_payload=100)
    link.add_interest("a")
    client = t.client(server)
    client.wait_interest("a")
    client.pub("a", "x" * 101)
    client.pub("a", "y" * 101)
    client.pub("a", "z" * 100)
    link.expect_lmsg("a", "z" * 100)
    server.wait_log(r"\[WRN\] .*dropped: payload_too_large")
    equal(len(re.findall("payload_too_large", log_text(server))), 1, "reports of the burst")


@pairing
def oversized_messages_do_not_kill_the_link(t, pair):
    """A leaf with a larger max_payload than its hub: what fits goes on arriving."""
    if pair.leaf_program != t.options.server or pair.leaf_generation in REAL:
        raise Skip("nats-server as leaf sends it")
    hub = t.server('max_payload: 1000\n' + leafnodes(listen=True), program=pair.hub_program)
    leaf = t.server(leafnodes(hub.leaf_url()), program=pair.leaf_program)
    leaf.wait_log(LINK_UP)
    at_hub, at_leaf = t.client(hub), t.client(leaf)
    serve(at_hub, "a")
    at_leaf.wait_interest("a")
    for _ in range(3):
        at_leaf.pub("a", "x" * 5000)
        at_leaf.pub("a", "fits")
        at_hub.expect_msg("a", 1, "fits")
    equal(len(re.findall("Connected leafnode to", log_text(leaf))), 1, "links")


@scenario(differs=dict.fromkeys(REAL, "logs it at each attempt"))
def a_mistake_is_told_once(t):
    """A remote whose login fails says so once, with what to change, however often it tries."""
    hub = t.hub()
    server = t.server(leafnodes(hub.url("u:wrong"), extra='reconnect: "20ms"'))
    for _ in range(5):
        link = t.accept(hub, wait_s=10)
        link.say_info()
        link.read_connect()
        link.send(error("Authorization Violation"))
        link.close()
    t.accept(hub, wait_s=10)
    lines = [line for line in log_text(server).splitlines()
             if "[ERR]" in line and "Authorization Violation" in line]
    equal(len(lines), 1, f"error lines {lines}")
    check("check the remote's user, password, token, credentials or nkey" in lines[0], lines[0])


@scenario(differs=dict.fromkeys(REAL, "has no advice"))
def a_client_port_as_hub(t):
    """A remote that leads to a client port is told so in one line, with the port to use."""
    other = t.server()
    server = t.server(leafnodes(f"nats-leaf://127.0.0.1:{other.port()}"))
    server.wait_log(r"\[ERR\] .*attempted to connect to wrong port - .*leafnode port")


# Advisories. The sequences of handshake lines are in tests/unit/broker/leaf_advisories_test.cpp.

VERBS = ("LS+ a\r\n", "LS- a\r\n", "LMSG a 1\r\nx\r\n", "HMSG a 12 12\r\nNATS/1.0\r\n\r\n\r\n",
         "RS+ $G a\r\n", "RMSG $G a 1\r\nx\r\n", "SUB a 1\r\n", "UNSUB 1\r\n", "PUB a 1\r\nx\r\n",
         "MSG a 1 1\r\nx\r\n", "PING\r\n", "PONG\r\n", "+OK\r\n", "-ERR 'x'\r\n")


@scenario(differs={"2.9": "leaves the connection open", "2.10": "crashes over LS+ before CONNECT"})
def cve_2026_58253_every_verb_before_connect(t):
    """CVE-2026-58253: whatever comes before CONNECT on the leaf port is refused, without effect."""
    server = t.server("authorization { users = [ {user: d, password: d} ] }\nno_auth_user: d\n"
                      + leafnodes(listen=True))
    client = t.client(server)
    serve(client, "a")
    for verb in VERBS:
        leaf = t.raw_leaf(server)
        leaf.send(verb)
        end_of(leaf)
    client.expect_nothing()


@scenario(differs=dict.fromkeys(("2.9", "2.10"), "has no limit there"))
def long_control_lines(t):
    """A control line without an end is cut off at its limit; nobody else notices."""
    server = t.server(leafnodes(listen=True))
    for start in ("CONNECT {\"name\":\"", "LS+ "):
        leaf = t.raw_leaf(server) if start.startswith("C") else t.leaf(server)
        leaf.send_may_fail(start, "x" * 200_000)
        end_of(leaf)
    t.client(server).flush()


def connect_json(**fields):
    return "CONNECT " + json.dumps(fields) + "\r\n"


@scenario(differs={"2.9": "takes the account", "2.10": "takes the account"})
def cve_2022_24450_no_account_of_ones_choice(t):
    """CVE-2022-24450: no field of CONNECT moves a leaf to another account."""
    server = t.server(leafnodes(listen=True))
    for fields in ({"account": "$SYS"}, {"account": "$G", "new_account": True}):
        leaf = t.raw_leaf(server)
        leaf.send(connect_json(name="x", **fields))
        end_of(leaf)
    leaf = t.raw_leaf(server)
    leaf.send(connect_json(name="x", acc="$SYS", user_account="$SYS"))
    equal(leaf.expect_json("INFO").get("remote_account"), "$G", "account")
