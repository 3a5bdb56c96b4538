# SPDX-License-Identifier: Apache-2.0
#
# Imports and leaf links together: the link ends in the importer's or in the exporter's account, and
# what an import carries on the hub goes on over the link. The leaf knows nothing of the accounts.

from harness import Skip, check, equal, leafnodes, pairing, remote, scenario
from harness.accounts import (account, accounts, enter, exports, imports, service_of, stream_of,
                              subscribed)
from harness.client import Message
from scenarios.imports_services import answered, ask, info_of, take

LINK_UP = r"Leafnode connection created"
STREAM = (exports('stream: "e.>"'), imports(stream_of("A", "e.>", 'prefix: "p"')))
SERVICE = (exports('service: "svc.>"'), imports(service_of("A", "svc.>", 'to: "mine.>"')))


def linked(t, pair, parts, bound, hub_args=(), leaf_config="", extra=""):
    """A hub with A exporting and B importing, and a leaf that is in account `bound` of it."""
    export_part, import_part = parts
    hub = t.server('server_name: "hub"\n'
                   + accounts(account("A", export_part), account("B", import_part))
                   + leafnodes(listen=True, extra="authorization { users: [ "
                               f"{{user: leaf, password: pw, account: {bound}}} ] }}"),
                   *hub_args, program=pair.hub_program)
    entry = remote(hub.leaf_url("leaf:pw"), extra=extra)
    leaf = t.server('server_name: "leaf"\n' + leaf_config + leafnodes(entry),
                    program=pair.leaf_program)
    hub.wait_log(LINK_UP)
    leaf.wait_log(LINK_UP)
    return hub, leaf


@pairing
def stream_to_a_leaf_of_the_importer(t, pair):
    """A stream of A goes to a subscriber behind a leaf of B, under B's name, and nothing else."""
    hub, leaf = linked(t, pair, STREAM, "B")
    a, edge = enter(t, hub, "a"), t.client(leaf)
    subscribed(edge, "p.e.*", "e.*")
    a.wait_interest("e.x")
    a.pub("e.x", "1", "re")
    edge.expect_msg("p.e.x", 1, "1", "re")
    a.hpub("e.y", "NATS/1.0\r\nK: v\r\n\r\n", "2")
    edge.expect_hmsg("p.e.y", 1, "NATS/1.0\r\nK: v\r\n\r\n", "2")
    edge.expect_nothing()
    edge.unsub(1)
    edge.flush()
    a.wait_no_interest("e.x")


@pairing
def stream_from_a_leaf_of_the_exporter(t, pair):
    """What is published behind a leaf of A reaches B's subscribers under B's name."""
    hub, leaf = linked(t, pair, STREAM, "A")
    b, edge = enter(t, hub, "b"), t.client(leaf)
    subscribed(b, "p.e.*")
    edge.wait_interest("e.x")
    edge.pub("e.x", "1", "re")
    b.expect_msg("p.e.x", 1, "1", "re")
    edge.hpub("e.y", "NATS/1.0\r\nK: v\r\n\r\n", "2")
    b.expect_hmsg("p.e.y", 1, "NATS/1.0\r\nK: v\r\n\r\n", "2")
    edge.pub("other", "x")
    edge.flush()
    b.expect_nothing()
    b.unsub(1)
    b.flush()
    edge.wait_no_interest("e.x")


@pairing
def stream_does_not_go_back(t, pair):
    """What a leaf of the importer publishes stays in the importer's account."""
    hub, leaf = linked(t, pair, STREAM, "B")
    a, b, edge = enter(t, hub, "a"), enter(t, hub, "b"), t.client(leaf)
    subscribed(a, ">")
    subscribed(b, "p.e.x")
    edge.wait_interest("p.e.x")
    edge.pub("p.e.x", "1")
    edge.pub("e.x", "2")
    edge.flush()
    b.expect_msg("p.e.x", 1, "1")
    b.expect_nothing()
    a.expect_nothing()


@pairing
def groups_over_an_import_and_a_link(t, pair):
    """One group of B, members on the hub and behind the leaf: each message of A to one of them."""
    hub, leaf = linked(t, pair, STREAM, "B")
    a, b, edge = enter(t, hub, "a"), enter(t, hub, "b"), t.client(leaf)
    subscribed(edge, "p.e.*", queue="q")
    a.wait_interest("e.x")
    subscribed(b, "p.e.*", queue="q")
    a.send(*(f"PUB e.x {len(str(i))}\r\n{i}\r\n" for i in range(200)))
    a.flush()
    seen = [int(m.payload) for m in b.messages()]
    while len(seen) < 200:
        seen.append(int(Message(edge.op()).payload))
    edge.expect_nothing()
    equal(sorted(seen), list(range(200)), "each once")


@pairing
def request_from_a_leaf_of_the_importer(t, pair):
    """A request from behind a leaf of B is answered by A's responder on the hub."""
    hub, leaf = linked(t, pair, SERVICE, "B")
    a, edge = enter(t, hub, "a"), t.client(leaf)
    subscribed(a, "svc.*")
    edge.wait_interest("mine.x")
    for number in range(3):
        answered(edge, a, "mine.x", "svc.x", str(number))
    edge.expect_nothing()


@pairing
def request_to_a_leaf_of_the_exporter(t, pair):
    """A request of B on the hub is answered by a responder behind a leaf of A."""
    hub, leaf = linked(t, pair, SERVICE, "A")
    b, edge = enter(t, hub, "b"), t.client(leaf)
    subscribed(edge, "svc.*")
    enter(t, hub, "a").wait_interest("svc.x")
    b.wait_interest("mine.x")
    for number in range(3):
        answered(b, edge, "mine.x", "svc.x", str(number))
    b.expect_nothing()


@pairing
def both_accounts_over_links(t, pair):
    """Two leafs, one of each account: a request crosses link, import and link, and comes back."""
    hub = t.server('server_name: "hub"\n'
                   + accounts(account("A", SERVICE[0]), account("B", SERVICE[1]))
                   + leafnodes(listen=True, extra="authorization { users: [ "
                               "{user: la, password: pw, account: A}, "
                               "{user: lb, password: pw, account: B} ] }"),
                   program=pair.hub_program)
    edges = []
    for name in ("la", "lb"):
        leaf = t.server(f'server_name: "{name}"\n' + leafnodes(remote(hub.leaf_url(f"{name}:pw"))),
                        program=pair.leaf_program)
        leaf.wait_log(LINK_UP)
        edges.append(t.client(leaf, name))
    responder, asker = edges
    subscribed(responder, "svc.*")
    enter(t, hub, "a").wait_interest("svc.x")  # The asker's leaf is not told that nobody answers.
    asker.wait_interest("mine.x")
    for number in range(3):
        answered(asker, responder, "mine.x", "svc.x", str(number))
    asker.expect_nothing()


@pairing
def local_import_at_the_leaf(t, pair):
    """The leaf bridges its own accounts: what comes over the link into one is served from the
    other."""
    hub = t.server('server_name: "hub"\n' + leafnodes(listen=True), program=pair.hub_program)
    leaf = t.server('server_name: "leaf"\n'
                    + accounts(account("A", exports('service: "svc.>"', 'stream: "e.>"')),
                               account("B", imports(service_of("A", "svc.>", 'to: "mine.>"'),
                                                    stream_of("A", "e.>", 'prefix: "p"'))))
                    + leafnodes(remote(hub.leaf_url(), extra="account: B")),
                    program=pair.leaf_program)
    leaf.wait_log(LINK_UP)
    at_hub, a = t.client(hub), enter(t, leaf, "a")
    subscribed(a, "svc.*")
    at_hub.wait_interest("mine.x")
    answered(at_hub, a, "mine.x", "svc.x")
    subscribed(at_hub, "p.e.*")
    a.wait_interest("e.x")
    a.pub("e.x", "1")
    at_hub.expect_msg("p.e.x", 1, "1")


# The hub under test, a raw leaf.


def hub_of(t, *parts, bound, args=()):
    return t.server(accounts(*parts) + leafnodes(
        listen=True, extra=f"authorization {{ user: l, password: l, account: {bound} }}"), *args)


def two(parts):
    return account("A", parts[0]), account("B", parts[1])


@scenario
def interest_told_to_a_leaf(t):
    """A leaf of the exporter is told the exporter's subject of what an importer subscribes to."""
    hub = hub_of(t, *two(STREAM), bound="A")
    leaf, b = t.leaf(hub, user="l", **{"pass": "l"}), enter(t, hub, "b")
    check(not [line for line in leaf.interest if " e." in line], f"interest {leaf.interest}")
    b.sub("p.e.x", 1)
    leaf.expect("LS+ e.x\r\n")
    b.sub("p.e.*", 2, "q")
    leaf.expect("LS+ e.* q 1\r\n")
    b.unsub(1)
    leaf.expect("LS- e.x\r\n")
    b.unsub(2)
    leaf.expect("LS- e.* q\r\n")
    leaf.expect_nothing()


@scenario
def service_interest_told_to_a_leaf(t):
    """A leaf of the importer is told the importer's name of a service from the start."""
    hub = hub_of(t, *two(SERVICE), bound="B")
    leaf = t.leaf(hub, user="l", **{"pass": "l"})
    check("LS+ mine.>" in leaf.interest, f"interest {leaf.interest}")


@scenario
def reply_over_a_link(t):
    """A responder behind a leaf of A gets a reply subject it can answer over the link, once."""
    hub = hub_of(t, *two(SERVICE), bound="A")
    leaf, b = t.raw_leaf(hub), enter(t, hub, "b")
    leaf.shows_internal = True
    leaf.join(user="l", **{"pass": "l"})
    leaf.add_interest("svc.*")
    b.wait_interest("mine.x")
    while leaf.ops_until_pong():
        pass
    ask(b, "mine.x")
    request = leaf.op()
    words = request.split(b"\r\n")[0].decode().split()
    while words[0] not in ("LMSG", "HMSG"):
        words = leaf.op().split(b"\r\n")[0].decode().split()
    equal(words[1], "svc.x", "subject")
    check(words[2].startswith("_R_."), f"reply in {words}")
    leaf.lmsg(words[2], "!")
    b.expect_msg("_INBOX.ask", 9, "!")
    b.sub("_INBOX.ask", 8)
    b.flush()
    leaf.lmsg(words[2], "again")
    leaf.ops_until_pong()
    b.expect_nothing()


FORGED = b'NATS/1.0\r\nNats-Request-Info: {"acc":"FORGED","user":"forged"}\r\nK: v\r\n\r\n'


@scenario(differs={"2.9": "believes it", "2.10": "believes it"})
def forged_request_info_of_a_leaf(t):
    """CVE-2026-33246: what a leaf sends as Nats-Request-Info into a service import is gone."""
    for extra in ("", "share: true"):
        part = exports('service: "svc.>"'), imports(service_of("A", "svc.>", extra))
        hub = hub_of(t, *two(part), bound="B")
        a = subscribed(enter(t, hub, "a"), "svc.*")
        leaf = t.leaf(hub, user="l", **{"pass": "l"})
        leaf.hmsg("svc.x re.ply", FORGED, "?")
        request = take(a, "svc.x")
        check(b"FORGED" not in request.headers, f"{request.headers}")
        check(b"K: v\r\n" in request.headers, f"{request.headers}")
        info = info_of(request)
        check(info is None or info["acc"] == "B", f"info {info}")


@scenario(differs={"2.9": "believes it", "2.10": "believes it"})
def forged_request_info_of_a_leaf_chained(t):
    """CVE-2026-33246, through two imports, with one to three copies."""
    hub = hub_of(t, account("A", exports('service: "svc.>"')),
                 account("B", exports('service: "svc.>"'), imports(service_of("A", "svc.>"))),
                 account("C", imports(service_of("B", "svc.>", "share: true"))), bound="C")
    a = subscribed(enter(t, hub, "a"), "svc.*")
    leaf = t.leaf(hub, user="l", **{"pass": "l"})
    line = b'Nats-Request-Info: {"acc":"FORGED"}\r\n'
    for count in (1, 2, 3):
        leaf.hmsg("svc.x re.ply", b"NATS/1.0\r\n" + line * count + b"\r\n", "?")
        request = take(a, "svc.x")
        check(b"FORGED" not in request.headers, f"{count}: {request.headers}")
        info = info_of(request)
        check(info is None or info["acc"] == "C", f"info {info}")


@scenario
def over_shards(t):
    """Streams and services between leafs of two accounts, on 1, 2 and 4 shards of the hub."""
    if t.options.generation:
        raise Skip("shards are ours")
    parts = (exports('service: "svc.>"', 'stream: "e.>"'),
             imports(service_of("A", "svc.>", 'to: "mine.>"'),
                     stream_of("A", "e.>", 'prefix: "p"')))
    for shards in (1, 2, 4):
        hub = t.server(accounts(*two(parts)) + leafnodes(listen=True, extra="""authorization {
            users: [ {user: la, password: pw, account: A}, {user: lb, password: pw, account: B} ]
            }"""), "--shards", shards)
        exporters = [t.leaf(hub, f"la{i}", user="la", **{"pass": "pw"}) for i in range(4)]
        importers = [t.leaf(hub, f"lb{i}", user="lb", **{"pass": "pw"}) for i in range(4)]
        for leaf in importers:
            leaf.add_interest("p.e.*")
            leaf.ops_until_pong()  # the hub tells each of the others' interest
        for leaf in exporters:
            leaf.expect("LS+ e.*\r\n")
        for place, leaf in enumerate(exporters):
            leaf.send(*(f"LMSG e.{place} {len(str(i))}\r\n{i}\r\n" for i in range(100)))
        for leaf in importers:
            seen = []
            while len(seen) < 400:
                op = leaf.op()
                if not op.startswith(b"LS+ p.e.*"):
                    seen.append(op)
            for place in range(4):
                equal([op for op in seen if op.startswith(b"LMSG p.e.%d " % place)],
                      [b"LMSG p.e.%d %d\r\n%d\r\n" % (place, len(str(i)), i)
                       for i in range(100)], f"from {place}")
        exporters[0].add_interest("svc.x")
        exporters[0].flush()
        asker = enter(t, hub, "b")
        asker.wait_interest("mine.x")
        for number in range(20):
            asker.sub(f"in.{number}", number)
            asker.pub("mine.x", str(number), f"in.{number}")
        left = 20
        while left:
            reply, payload = taken_apart(exporters[0].op())
            if payload:  # Empty ones are those of wait_interest.
                exporters[0].lmsg(reply, payload)
                left -= 1
        got = [Message(asker.op()) for _ in range(20)]
        equal(sorted(m.subject for m in got), sorted(f"in.{i}" for i in range(20)), "answers")
        check(all(m.subject == f"in.{m.payload.decode()}" for m in got), "answers crossed")


def taken_apart(op):
    """Reply and payload of a request to a leaf."""
    line, _, body = op.partition(b"\r\n")
    words = line.decode().split()
    headers = int(words[-2]) if words[0] == "HMSG" else 0
    return words[2], body[headers:-2]
