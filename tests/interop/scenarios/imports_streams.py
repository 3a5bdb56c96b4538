# SPDX-License-Identifier: Apache-2.0
#
# Stream exports and imports: messages published in the exporter's account that subscribers of the
# importer's account get, under the names the import gives them, and nothing else.

from harness import Skip, check, equal, scenario
from harness.accounts import (account, accounts, enter, exports, imports, refused, stream_of,
                              subscribed, user)
from harness.client import Message


def bridged(t, import_entry, export_entry="stream: \">\"", *args):
    """A exports, B imports, C is a stranger: one client of each."""
    server = t.server(accounts(account("A", exports(export_entry)),
                               account("B", imports(import_entry)), "C"), *args)
    return tuple(enter(t, server, name) for name in "abc")


def arrives(publisher, subscriber, subject, seen, sid=1):
    """Publishes with and without a reply; `seen` is the subject the subscriber gets it on."""
    publisher.pub(subject, "plain")
    subscriber.expect_msg(seen, sid, "plain")
    publisher.pub(subject, "with reply", "re.ply")
    subscriber.expect_msg(seen, sid, "with reply", "re.ply")
    publisher.hpub(subject, "NATS/1.0\r\nK: v\r\n\r\n", "h")
    subscriber.expect_hmsg(seen, sid, "NATS/1.0\r\nK: v\r\n\r\n", "h")


# What the import says, the exporter's subject, the subject it is seen on; None: not seen at all.
NAMES = (
    ("events.>", "", (("events.a", "events.a"), ("events.a.b", "events.a.b"), ("other", None))),
    ("events.one", "", (("events.one", "events.one"), ("events.two", None))),
    ("events.*", "", (("events.x", "events.x"), ("events.x.y", None))),
    ("events.>", 'prefix: "from.a"', (("events.x", "from.a.events.x"), ("other", None))),
    ("events.one", 'prefix: "pre"', (("events.one", "pre.events.one"),)),
    ("events.one", 'to: "local"', (("events.one", "local"),)),
    ("events.*", 'to: "local.$1"', (("events.x", "local.x"),)),
    ("events.*.*", 'to: "local.$2.of.$1"', (("events.x.y", "local.y.of.x"),)),
    ("events.*.*", 'to: "{{wildcard(2)}}.{{wildcard(1)}}"', (("events.x.y", "y.x"),)),
    ("events.*", 'to: "local.*"', (("events.x", "local.x"),)),
    ("events.>", 'to: "local.>"', (("events.x.y", "local.x.y"),)),
)


@scenario
def names(t):
    """Plain, prefix, to, wildcards and $1: each import shows exactly these subjects."""
    for subject, extra, rows in NAMES:
        a, b, c = bridged(t, stream_of("A", subject, extra))
        subscribed(b, ">")
        subscribed(c, ">")
        for published, seen in rows:
            if seen:
                arrives(a, b, published, seen)
            else:
                a.pub(published, "hidden")
                a.flush()
            b.expect_nothing()
        c.expect_nothing()


@scenario
def narrow_subscriptions(t):
    """A subscription narrower than the import gets its part, under the local name."""
    a, b, _ = bridged(t, stream_of("A", "events.>", 'prefix: "p"'))
    subscribed(b, "p.events.x", "p.events.*.z", "events.x", "p.other")
    arrives(a, b, "events.x", "p.events.x", 1)
    arrives(a, b, "events.y.z", "p.events.y.z", 2)
    a.pub("events.y", "nobody asked")
    a.flush()
    b.expect_nothing()


@scenario
def one_way(t):
    """What the importer publishes stays in its account, whichever name it uses."""
    a, b, _ = bridged(t, stream_of("A", "events.>", 'prefix: "p"'))
    subscribed(a, ">")
    subscribed(b, "p.events.x")
    for subject in ("events.x", "p.events.x"):
        b.pub(subject, "inner")
    b.expect_msg("p.events.x", 1, "inner")
    b.expect_nothing()
    a.expect_nothing()


@scenario
def exporter_sees_its_own(t):
    """Subscribers of the exporter and of the importer both get a message, once each."""
    a, b, _ = bridged(t, stream_of("A", "events.>"))
    subscribed(a, "events.>")
    subscribed(b, "events.>")
    a.pub("events.x", "1")
    a.expect_msg("events.x", 1, "1")
    b.expect_msg("events.x", 1, "1")
    a.expect_nothing()
    b.expect_nothing()


@scenario
def unsubscribing_ends_it(t):
    """UNSUB ends the delivery of imported messages, at once."""
    a, b, _ = bridged(t, stream_of("A", "events.>"))
    subscribed(b, "events.>", "events.x")
    b.unsub(2)
    b.flush()
    a.pub("events.x", "1")
    b.expect_msg("events.x", 1, "1")
    b.unsub(1)
    b.flush()
    a.pub("events.x", "2")
    a.flush()
    b.expect_nothing()
    a.wait_no_interest("events.x")


@scenario(differs=dict.fromkeys(("2.9", "2.10", "2.15"),
                                "UNSUB with a maximum does not count imported messages"))
def unsubscribing_after_a_count(t):
    """UNSUB with a maximum counts imported messages as it does others."""
    a, b, _ = bridged(t, stream_of("A", "events.>"))
    subscribed(b, "events.>")
    b.unsub(1, 3)
    b.flush()
    a.pub("events.x", "0")
    a.flush()
    b.pub("events.x", "own")
    for number in range(1, 4):
        a.pub("events.x", str(number))
    a.flush()
    equal(len(b.messages()), 3, "messages")
    a.wait_no_interest("events.x")


@scenario
def interest_comes_and_goes(t):
    """The exporter's publisher sees interest while an importer subscribes, and none afterwards."""
    a, b, _ = bridged(t, stream_of("A", "events.>", 'prefix: "p"'))
    a.wait_no_interest("events.x")
    b.sub("p.>", 1)
    b.flush()
    a.wait_interest("events.x")
    b.unsub(1)
    b.flush()
    a.wait_no_interest("events.x")
    subscribed(b, "p.events.x")
    a.wait_interest("events.x")
    b.send("PING\r\n")
    b.end_sending()
    b.rest()
    a.wait_no_interest("events.x")


@scenario
def queue_groups(t):
    """A queue group of the importer shares the stream: each message to one member."""
    server = t.server(accounts(account("A", exports('stream: "events.>"')),
                               account("B", imports(stream_of("A", "events.>", 'prefix: "p"')))))
    a = enter(t, server, "a")
    members = [subscribed(enter(t, server, "b"), "p.events.*", queue="q") for _ in range(3)]
    plain = subscribed(enter(t, server, "b"), "p.events.*")
    for number in range(300):
        a.pub("events.x", str(number))
    a.flush()
    shares = [[m.payload.decode() for m in member.messages()] for member in members]
    equal(sorted(sum(shares, []), key=int), [str(i) for i in range(300)], "all of them, once")
    check(min(map(len, shares)) > 30, f"shares {[len(share) for share in shares]}")
    equal([m.payload.decode() for m in plain.messages()], [str(i) for i in range(300)], "plain")


@scenario
def groups_of_both_accounts(t):
    """The same queue name in exporter and importer is one group: each message goes to
    one member."""
    a, b, _ = bridged(t, stream_of("A", "events.>"))
    subscribed(a, "events.x", queue="q")
    subscribed(b, "events.x", queue="q")
    for number in range(100):
        a.pub("events.x", str(number))
    seen = [m.payload.decode() for client in (a, b) for m in client.messages()]
    equal(sorted(seen, key=int), [str(i) for i in range(100)], "all of them, once")


@scenario
def order_is_kept(t):
    """A stream of one publisher keeps its order through an import."""
    a, b, _ = bridged(t, stream_of("A", "events.>", 'to: "e.>"'))
    subscribed(b, "e.>")
    a.send(*(f"PUB events.{i % 7} {len(str(i))}\r\n{i}\r\n" for i in range(3000)))
    a.flush()
    got = [Message(b.op()) for _ in range(3000)]
    equal([m.payload.decode() for m in got], [str(i) for i in range(3000)], "order")


@scenario
def two_imports_of_one_export(t):
    """One export under two names in one account, and in a second account as well."""
    server = t.server(accounts(
        account("A", exports('stream: "e.>"')),
        account("B", imports(stream_of("A", "e.>", 'prefix: "p"'),
                             stream_of("A", "e.x", 'to: "other"'))),
        account("C", imports(stream_of("A", "e.>")))))
    a, b, c = (enter(t, server, name) for name in "abc")
    subscribed(b, ">")
    subscribed(c, ">")
    a.pub("e.x", "1")
    c.expect_msg("e.x", 1, "1")
    b.expect_any_order(b"MSG p.e.x 1 1\r\n1\r\n", b"MSG other 1 1\r\n1\r\n")
    b.expect_nothing()
    c.expect_nothing()


@scenario
def two_exporters(t):
    """Streams of two accounts meet in a third, apart by prefix."""
    server = t.server(accounts(
        account("A", exports('stream: "e.>"')), account("B", exports('stream: "e.>"')),
        account("C", imports(stream_of("A", "e.>", 'prefix: "a"'),
                             stream_of("B", "e.>", 'prefix: "b"')))))
    a, b, c = (enter(t, server, name) for name in "abc")
    subscribed(c, "*.e.x")
    a.pub("e.x", "from a")
    c.expect_msg("a.e.x", 1, "from a")
    b.pub("e.x", "from b")
    c.expect_msg("b.e.x", 1, "from b")
    c.expect_nothing()


@scenario
def private_export(t):
    """An export to listed accounts serves those; another account's import stops the start."""
    config = [account("A", exports('stream: "e.>", accounts: [B]')),
              account("B", imports(stream_of("A", "e.>")))]
    server = t.server(accounts(*config, "C"))
    a, b = enter(t, server, "a"), enter(t, server, "b")
    subscribed(b, "e.x")
    arrives(a, b, "e.x", "e.x")
    refused(t, accounts(*config, account("C", imports(stream_of("A", "e.>")))), "C")


@scenario
def account_token(t):
    """account_token_position: an account imports only subjects with its own name at that place."""
    def block(subject):
        return accounts(account("A", exports('stream: "to.*.>", account_token_position: 2')),
                        account("B", imports(stream_of("A", subject))))
    server = t.server(block("to.B.>"))
    a, b = enter(t, server, "a"), enter(t, server, "b")
    subscribed(b, ">")
    arrives(a, b, "to.B.x", "to.B.x")
    a.pub("to.C.x", "not for B")
    a.flush()
    b.expect_nothing()
    for subject in ("to.C.>", "to.*.>"):
        refused(t, block(subject))


@scenario
def bad_imports(t):
    """Imports that nothing exports, and texts that are no subjects, stop the start."""
    exporter = account("A", exports('stream: "e.>"'))
    for extra, entry in (
            (exporter, stream_of("A", "other")), (exporter, stream_of("NOBODY", "e.x")),
            (exporter, stream_of("A", ">")), (exporter, service_of_stream()),
            (exporter, 'stream: { account: A }'), (exporter, 'stream: { subject: "e.x" }'),
            (exporter, stream_of("A", "e.*", 'to: "x.$2"'))):
        refused(t, accounts(extra, account("B", imports(entry))))
    for entry in ('stream: 5', 'streamz: "a"',
                  'stream: "a.*", account_token_position: 1',
                  'stream: "a.*", account_token_position: 5', 'stream: "a", accounts: [NOBODY]'):
        refused(t, accounts(account("A", exports(entry))))


def service_of_stream():
    return 'service: { account: A, subject: "e.x" }'


@scenario
def permissions_count_on_the_local_name(t):
    """A user of the importer is held to the subject it subscribes to, not to the exporter's."""
    server = t.server(accounts(
        account("A", exports('stream: "e.>"')),
        account("B", imports(stream_of("A", "e.>", 'prefix: "p"')),
                users=[user("b", 'permissions: { subscribe: { allow: "p.>", deny: "p.e.no" } }')])))
    a, b = enter(t, server, "a"), enter(t, server, "b")
    b.sub("e.x", 9)
    b.expect_error('Permissions Violation for Subscription to "e.x"')
    subscribed(b, "p.e.*")
    a.pub("e.no", "denied")
    a.pub("e.yes", "allowed")
    b.expect_msg("p.e.yes", 1, "allowed")
    b.expect_nothing()


@scenario
def cycles_are_refused(t):
    """CVE-2022-42709, CVE-2020-28466: stream imports in a ring, plain, wildcard or long, do not
    start."""
    for size in (2, 3, 8):
        names_ = [f"N{i}" for i in range(size)]
        refused(t, accounts(*(
            account(name, exports('stream: "e.>"'), imports(stream_of(names_[i - 1], "e.>")))
            for i, name in enumerate(names_))), "cycle")
    refused(t, accounts(
        account("A", exports('stream: "e.*"'), imports(stream_of("B", "e.x"))),
        account("B", exports('stream: "*.x"'), imports(stream_of("A", "e.*")))), "cycle")


@scenario(differs=dict.fromkeys(("2.9", "2.10", "2.15"), "starts"))
def own_export_is_refused(t):
    """CVE-2022-42709: an account that imports its own stream, or with a broken prefix or
    export, does not start."""
    refused(t, accounts(account("A", exports('stream: "a..b"'))))
    refused(t, accounts(account("A", exports('stream: "e.>"'), imports(stream_of("A", "e.>")))))
    refused(t, accounts(account("A", exports('stream: "e.>"')),
                        account("B", imports(stream_of("A", "e.x", 'prefix: "a..b"')))))


@scenario
def opposite_directions_are_no_cycle(t):
    """Two accounts may import different streams from each other."""
    server = t.server(accounts(
        account("A", exports('stream: "a.>"'), imports(stream_of("B", "b.>"))),
        account("B", exports('stream: "b.>"'), imports(stream_of("A", "a.>")))))
    a, b = enter(t, server, "a"), enter(t, server, "b")
    subscribed(a, ">")
    subscribed(b, ">")
    a.pub("a.x", "1")
    a.expect_msg("a.x", 1, "1")
    b.expect_msg("a.x", 1, "1")
    b.pub("b.x", "2")
    b.expect_msg("b.x", 1, "2")
    a.expect_msg("b.x", 1, "2")
    a.expect_nothing()
    b.expect_nothing()


@scenario
def not_chained(t):
    """A to B to C: C gets what is published in B, not what B only imports."""
    server = t.server(accounts(
        account("A", exports('stream: "e.>"')),
        account("B", imports(stream_of("A", "e.>")), exports('stream: "e.>"')),
        account("C", imports(stream_of("B", "e.>", 'prefix: "p"')))))
    a, b, c = (enter(t, server, name) for name in "abc")
    subscribed(b, "e.x")
    subscribed(c, ">")
    a.pub("e.x", "of a")
    b.expect_msg("e.x", 1, "of a")
    c.expect_nothing()
    b.pub("e.y", "of b")
    c.expect_msg("p.e.y", 1, "of b")
    c.expect_nothing()


@scenario
def max_subscriptions_with_imports(t):
    """A subscription that an import doubles counts once."""
    server = t.server(accounts(
        account("A", exports('stream: "e.>"')),
        account("B", imports(stream_of("A", "e.>")), "limits { max_subscriptions: 2 }")))
    a, b = enter(t, server, "a"), enter(t, server, "b")
    subscribed(b, "e.x", "e.y")
    b.sub("e.z", 3)
    b.expect_error("maximum subscriptions exceeded")
    arrives(a, b, "e.y", "e.y", 2)


@scenario
def over_shards(t):
    """Sixteen importers and four exporters on 1, 2 and 4 shards: all get all, in order."""
    if t.options.generation:
        raise Skip("shards are ours")
    for shards in (1, 2, 4):
        server = t.server(accounts(account("A", exports('stream: "e.>"')),
                                   account("B", imports(stream_of("A", "e.>", 'prefix: "p"')))),
                          "--shards", shards)
        importers = [subscribed(enter(t, server, "b"), "p.e.*") for _ in range(16)]
        exporters = [enter(t, server, "a") for _ in range(4)]
        for place, exporter in enumerate(exporters):
            exporter.wait_interest("e.x")
            exporter.send(*(f"PUB e.{place} {len(str(i))}\r\n{i}\r\n" for i in range(200)))
        for importer in importers:
            got = [Message(importer.op()) for _ in range(800)]
            for place in range(4):
                equal([int(m.payload) for m in got if m.subject == f"p.e.{place}"],
                      list(range(200)), f"from exporter {place}")
            importer.expect_nothing()


@scenario
def queue_groups_over_shards(t):
    """A group of importers on 1, 2 and 4 shards gets each message once."""
    if t.options.generation:
        raise Skip("shards are ours")
    for shards in (1, 2, 4):
        server = t.server(accounts(account("A", exports('stream: "e.>"')),
                                   account("B", imports(stream_of("A", "e.>")))),
                          "--shards", shards)
        members = [subscribed(enter(t, server, "b"), "e.*", queue="q") for _ in range(8)]
        a = enter(t, server, "a")
        a.wait_interest("e.x")
        a.send(*(f"PUB e.x {len(str(i))}\r\n{i}\r\n" for i in range(400)))
        a.flush()
        seen = []
        for member in members:
            member.take_until(lambda: True, "")
        while len(seen) < 400:
            for member in members:
                seen += [int(m.payload) for m in member.messages()]
            check(len(seen) <= 400, f"{len(seen)} deliveries")
        equal(sorted(seen), list(range(400)), "each once")
