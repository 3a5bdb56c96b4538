# SPDX-License-Identifier: Apache-2.0
#
# Subject mappings: what is published under one subject goes out under another. Subscriptions are
# not mapped and replies are not mapped. A client is held to the permissions of the destination, a
# leaf to those of the subject as sent: so do the real servers.

from harness import Skip, check, equal, leafnodes, pairing, remote, scenario
from harness.accounts import (account, accounts, enter, exports, imports, refused, service_of,
                              stream_of, subscribed, user)
from harness.client import Message
from scenarios.imports_services import answered

HEADERS = "NATS/1.0\r\nK: v\r\n\r\n"


def mapping(*pairs):
    """mappings { "from": to } for pairs of a subject and configuration text."""
    lines = "\n".join(f'  "{source}": {dest}' for source, dest in pairs)
    return f"mappings {{\n{lines}\n}}\n"


def to(subject):
    return f'"{subject}"'


def mapped(t, server, published):
    """The subjects on which a message published under this one arrives."""
    listener, publisher = subscribed(t.client(server), ">"), t.client(server)
    publisher.pub(published, "x", "re.ply")
    publisher.flush()
    got = listener.messages()
    check(all((m.payload, m.reply) == (b"x", "re.ply") for m in got), "payload or reply changed")
    return [m.subject for m in got]


def table(t, source, dest, *rows):
    server = t.server(mapping((source, to(dest))))
    for published, wanted in rows:
        equal(mapped(t, server, published), [wanted], f"{published} with {source} -> {dest}")


def fnv1a(text):
    value = 2166136261
    for byte in text.encode():
        value = (value ^ byte) * 16777619 % 2**32
    return value


@scenario
def literal(t):
    """One subject becomes another; all others stay."""
    table(t, "foo", "bar", ("foo", "bar"), ("foo.x", "foo.x"), ("bar", "bar"), ("fo", "fo"))


@scenario
def wildcards(t):
    """$1 and {{wildcard(1)}} put the tokens where they belong."""
    table(t, "foo.*", "bar.$1", ("foo.a", "bar.a"), ("foo", "foo"), ("foo.a.b", "foo.a.b"))
    table(t, "foo.*.*", "b.$2.c.$1", ("foo.x.y", "b.y.c.x"))
    table(t, "foo.*.*", "b.{{wildcard(2)}}.{{wildcard(1)}}", ("foo.x.y", "b.y.x"))
    table(t, "foo.*", "{{ Wildcard( 1 ) }}.x", ("foo.x", "x.x"))
    table(t, "foo.>", "bar.>", ("foo.a.b.c", "bar.a.b.c"), ("foo.a", "bar.a"))
    table(t, "foo.*.>", "bar.$1.x.>", ("foo.a.b.c", "bar.a.x.b.c"))
    table(t, "*.foo", "foo.$1.$1", ("a.foo", "foo.a.a"))


@scenario(differs={"2.9": "asks for every token of the source"})
def tokens_may_be_left_out(t):
    """A destination need not use the tokens of the source."""
    table(t, "foo.*", "fixed", ("foo.a", "fixed"), ("foo.b", "fixed"))
    table(t, "foo.*.*", "foo.$2", ("foo.a.b", "foo.b"))


@scenario
def partition(t):
    """{{partition(n, tokens)}}: FNV-1a of the tokens, modulo n, the same every time."""
    server = t.server(mapping(("one.*", to("one.$1.{{partition(5,1)}}")),
                              ("two.*.*", to("two.$1.$2.{{partition(10,1,2)}}"))))
    for name in ("a", "b", "order-17", "Z\u00fcrich", "x" * 50):
        wanted = f"one.{name}.{fnv1a(name) % 5}"
        equal(mapped(t, server, f"one.{name}"), [wanted], "partition of one")
        wanted = f"two.{name}.k.{fnv1a(name + 'k') % 10}"
        equal(mapped(t, server, f"two.{name}.k"), [wanted], "partition of two")


@scenario
def split(t):
    """{{split(token, separator)}}: parts become tokens, empty parts vanish."""
    table(t, "s.*", "s.{{split(1,-)}}", ("s.a-b-c", "s.a.b.c"), ("s.abc", "s.abc"),
          ("s.a--b", "s.a.b"), ("s.-a-", "s.a"))
    table(t, "s.*", "{{ Split(1, ==) }}.end", ("s.a==b", "a.b.end"))


@scenario
def split_from_left_and_right(t):
    """{{SplitFromLeft(token, n)}} and Right: one cut, none if the token is too short."""
    for spelled in ("SplitFromLeft", "splitfromleft", "splitFromLeft"):
        table(t, "s.*", f"s.{{{{{spelled}(1,2)}}}}", ("s.abcdef", "s.ab.cdef"), ("s.ab", "s.ab"),
              ("s.a", "s.a"), ("s.abc", "s.ab.c"))
    for spelled in ("SplitFromRight", "splitfromright"):
        table(t, "s.*", f"s.{{{{{spelled}(1,2)}}}}", ("s.abcdef", "s.abcd.ef"), ("s.ab", "s.ab"),
              ("s.a", "s.a"), ("s.abc", "s.a.bc"))


@scenario
def slices(t):
    """{{SliceFromLeft(token, n)}} and Right: pieces of n, the rest at the other end."""
    for spelled in ("SliceFromLeft", "slicefromleft"):
        table(t, "s.*", f"s.{{{{{spelled}(1,3)}}}}", ("s.1234567890", "s.123.456.789.0"),
              ("s.12", "s.12"), ("s.123456", "s.123.456"), ("s.123", "s.123"))
    for spelled in ("SliceFromRight", "slicefromright"):
        table(t, "s.*", f"s.{{{{{spelled}(1,3)}}}}", ("s.1234567890", "s.1.234.567.890"),
              ("s.12", "s.12"), ("s.123456", "s.123.456"), ("s.123", "s.123"))


@scenario(differs={"2.9": "does not know them", "2.10": "does not know them"})
def left_and_right(t):
    """{{left(token, n)}} and {{right(token, n)}}: that many characters of an end."""
    table(t, "s.*", "s.{{left(1,3)}}", ("s.abcdef", "s.abc"), ("s.ab", "s.ab"), ("s.abc", "s.abc"))
    table(t, "s.*", "s.{{right(1,3)}}", ("s.abcdef", "s.def"), ("s.ab", "s.ab"))
    table(t, "s.*", "{{Left(1,1)}}.{{Right(1,1)}}", ("s.abcdef", "a.f"))


@scenario
def functions_together(t):
    """Several functions in one destination, with literal tokens between."""
    table(t, "in.*.*", "out.$2.{{splitfromleft(1,1)}}.end", ("in.abc.d", "out.d.a.bc.end"))


@scenario
def applied_once(t):
    """The result of a mapping is not mapped again: no chains, no rings."""
    server = t.server(mapping(("a", to("b")), ("b", to("c")), ("x", to("y")), ("y", to("x")),
                              ("same", to("same"))))
    for published, wanted in (("a", "b"), ("b", "c"), ("x", "y"), ("y", "x"), ("same", "same")):
        equal(mapped(t, server, published), [wanted], published)


@scenario
def subscriptions_are_not_mapped(t):
    """Who subscribes to the source gets nothing that was mapped away."""
    server = t.server(mapping(("foo", to("bar"))))
    on_foo, on_bar, publisher = (t.client(server) for _ in range(3))
    subscribed(on_foo, "foo")
    subscribed(on_bar, "bar", queue="q")
    publisher.pub("foo", "1")
    on_bar.expect_msg("bar", 1, "1")
    publisher.hpub("foo", HEADERS, "2", "re")
    on_bar.expect_hmsg("bar", 1, HEADERS, "2", "re")
    on_foo.expect_nothing()


@scenario
def no_responders(t):
    """A request to a source is answered 503 if nobody takes the destination."""
    server = t.server(mapping(("foo", to("bar"))))
    subscribed(t.client(server), "foo")
    check(b" 503" in t.client(server).request("foo", "x").headers, "no 503")


@scenario
def requests(t):
    """Request and reply with a mapped subject; the inbox stays as it is."""
    server = t.server(mapping(("q", to("service.q")), ("_INBOX.>", to("lost.>"))))
    service, asker = subscribed(t.client(server), "service.q"), t.client(server)
    asker.sub("in.box", 9)
    asker.pub("q", "?", "in.box")
    service.expect_msg("service.q", 1, "?", "in.box")
    service.pub("in.box", "!")
    asker.expect_msg("in.box", 9, "!")


@scenario
def publisher_hears_itself(t):
    """echo and no echo work on the mapped subject."""
    server = t.server(mapping(("foo", to("bar"))))
    loud, silent = t.client(server), t.client(server, echo=False)
    for client in (loud, silent):
        subscribed(client, "bar")
    silent.pub("foo", "1")
    loud.expect_msg("bar", 1, "1")
    silent.expect_nothing()


# Weights.


def shares(t, dests, count=2000, source="w"):
    server = t.server(mapping((source, "[ " + ", ".join(
        f'{{ destination: "{name}", weight: {weight} }}' for name, weight in dests) + " ]")))
    listener, publisher = subscribed(t.client(server), ">"), t.client(server)
    publisher.send(b"PUB %s 1\r\nx\r\n" % source.replace("*", "tok").encode() * count)
    publisher.flush()
    seen = {}
    for message in listener.messages():
        seen[message.subject] = seen.get(message.subject, 0) + 1
    return seen


def near(seen, name, percent, count=2000):
    """Within seven percent points: five standard deviations and more."""
    share = 100 * seen.get(name, 0) / count
    check(abs(share - percent) < 7, f"{name}: {share} %, wanted {percent}: {seen}")


@scenario
def weights(t):
    """Destinations share as weighted, as number or percentage, and nothing is lost."""
    seen = shares(t, (("a", "20"), ("b", '"50%"'), ("c", "30")))
    equal(sum(seen.values()), 2000, "all of them")
    for name, percent in (("a", 20), ("b", 50), ("c", 30)):
        near(seen, name, percent)


@scenario
def remainder_stays(t):
    """What the weights leave goes to the source itself."""
    seen = shares(t, (("a", "40"),))
    equal(sum(seen.values()), 2000, "all of them")
    near(seen, "a", 40)
    near(seen, "w", 60)


@scenario
def loss_by_intent(t):
    """If the source is among the destinations, the remainder is dropped: artificial loss."""
    seen = shares(t, (("w", "50"),))
    near(seen, "w", 50)
    equal(set(seen), {"w"}, "subjects")


@scenario
def weights_with_wildcards(t):
    """Weights and tokens together."""
    seen = shares(t, (("a.$1", "50"), ("b.{{wildcard(1)}}", "50")), source="w.*")
    near(seen, "a.tok", 50)
    near(seen, "b.tok", 50)


@scenario
def one_destination_as_a_block(t):
    """A single block instead of a list."""
    server = t.server(mapping(("foo", '{ dest: "bar", weight: 100 }')))
    equal(mapped(t, server, "foo"), ["bar"], "foo")


@scenario
def all_or_nothing(t):
    """Weight 100 takes all; weight 0 takes nothing."""
    equal(shares(t, (("a", "100"),), 200), {"a": 200}, "100")
    equal(shares(t, (("a", "100"), ("b", "0")), 200), {"a": 200}, "100 and 0")


@scenario
def bad_mappings(t):
    """Mistakes stop the start."""
    for source, dest in (
            ("foo", '[ {dest: a, weight: 60}, {dest: b, weight: 50} ]'),
            ("foo", '[ {dest: a, weight: 101} ]'), ("foo", '[ {dest: a, weight: -1} ]'),
            ("foo", '[ {dest: a, weight: "lots"} ]'), ("foo", '[ {dest: a} ]'),
            ("foo", '[ {dest: a, weight: 10, wait: 5} ]'),
            ("foo", '[ {dest: a, weight: 10}, {dest: a, weight: 20} ]'),
            ("foo..x", to("bar")), ("foo", to("bar..x")), ("foo.*", to("bar.$2")),
            ("foo.*", to("bar.{{wildcard(2)}}")), ("foo.*", to("bar.{{nonsense(1)}}")),
            ("foo.*", to("bar.{{partition(5}}")), ("foo.*", to("bar.{{split(1)}}")),
            ("foo.*", to("bar.{{splitfromleft(1,x)}}")), ("foo.>", to("bar")), ("foo", to("bar.>")),
            ("foo.*", to("bar.*")), ("foo", "5")):
        refused(t, mapping((source, dest)))


# Accounts.


@scenario
def of_an_account(t):
    """mappings of an account are of that account; the global ones are of $G."""
    server = t.server("authorization { users: [ {user: g, password: g} ] }\n"
                      + mapping(("foo", to("global")))
                      + accounts(account("A", mapping(("foo", to("bar")))),
                                 account("B", "maps { foo: other }"), "C"))
    for name, wanted in (("a", "bar"), ("b", "other"), ("c", "foo"), ("g", "global")):
        listener, client = subscribed(enter(t, server, name), ">"), enter(t, server, name)
        client.pub("foo", "x")
        listener.expect_msg(wanted, 1, "x")
        listener.expect_nothing()


PERMITTED = accounts(account("A", mapping(("foo", to("bar"))), users=[
    user("a"), user("s", 'permissions: { publish: "foo" }'),
    user("d", 'permissions: { publish: "bar" }'),
    user("n", 'permissions: { publish: { deny: "foo" } }')]))


@scenario
def permissions_of_a_client_are_of_the_destination(t):
    """A client needs the permission for what its message becomes; the text names that subject. A
    deny of the source alone is of no use."""
    server = t.server(PERMITTED)
    listener = subscribed(enter(t, server, "a"), ">")
    source, dest, denied = (enter(t, server, name) for name in "sdn")
    source.pub("foo", "1")
    source.expect_error('Permissions Violation for Publish to "bar"')
    dest.pub("foo", "2")
    listener.expect_msg("bar", 1, "2")
    denied.pub("foo", "3")
    listener.expect_msg("bar", 1, "3")
    listener.expect_nothing()


@scenario(differs={"2.9": "does not check", "2.10": "does not check"})
def permissions_of_a_leaf_are_of_the_subject_as_sent(t):
    """A leaf is held to the subject on the wire: that is the one whose interest it was told."""
    server = t.server(PERMITTED + leafnodes(listen=True))
    listener = subscribed(enter(t, server, "a"), ">")
    allowed = t.leaf(server, "ls", user="s", **{"pass": "s"})
    refused_ = t.leaf(server, "ld", user="d", **{"pass": "d"})
    refused_.lmsg("foo", "1")
    refused_.rest()
    allowed.lmsg("foo", "2")
    listener.expect_msg("bar", 1, "2")
    listener.expect_nothing()


@scenario
def deny_on_delivery_is_of_the_destination(t):
    """A subscriber denied the destination does not get it by way of a mapping."""
    server = t.server(accounts(account("A", mapping(("foo", to("secret.x"))), users=[
        user("a"), user("d", 'permissions: { subscribe: { deny: "secret.>" } }')])))
    denied, other, a = enter(t, server, "d"), enter(t, server, "a"), enter(t, server, "a")
    subscribed(denied, ">")
    subscribed(other, ">")
    a.pub("foo", "1")
    other.expect_msg("secret.x", 1, "1")
    denied.expect_nothing()


@scenario
def before_a_stream_import(t):
    """The exporter's mapping is done before the import looks."""
    server = t.server(accounts(
        account("A", exports('stream: "e.>"'), mapping(("raw.*", to("e.$1")))),
        account("B", imports(stream_of("A", "e.>", 'prefix: "p"')))))
    a, b = enter(t, server, "a"), enter(t, server, "b")
    subscribed(b, "p.e.x")
    a.pub("raw.x", "1")
    b.expect_msg("p.e.x", 1, "1")


@scenario
def into_a_service_import(t):
    """The importer's mapping leads into a service import."""
    server = t.server(accounts(
        account("A", exports('service: "svc"')),
        account("B", imports(service_of("A", "svc", 'to: "mine"')),
                mapping(("alias", to("mine"))))))
    a, b = enter(t, server, "a"), enter(t, server, "b")
    subscribed(a, "svc")
    answered(b, a, "alias", "svc")


@scenario
def behind_a_service_import(t):
    """The exporter's mapping holds for requests that come in through an import."""
    server = t.server(accounts(
        account("A", exports('service: "svc"'), mapping(("svc", to("inner.svc")))),
        account("B", imports(service_of("A", "svc")))))
    a, b = enter(t, server, "a"), enter(t, server, "b")
    subscribed(a, "inner.svc")
    answered(b, a, "svc", "inner.svc")


@scenario
def imported_streams_are_not_mapped(t):
    """The importer's mapping is for what its own clients publish, not for imported messages."""
    server = t.server(accounts(
        account("A", exports('stream: "e.>"')),
        account("B", imports(stream_of("A", "e.>")), mapping(("e.x", to("moved"))))))
    a, b = enter(t, server, "a"), enter(t, server, "b")
    subscribed(b, ">")
    a.pub("e.x", "1")
    b.expect_msg("e.x", 1, "1")
    b.expect_nothing()


# Leaf links.


def linked(t, pair, hub_config="", leaf_config=""):
    hub = t.server('server_name: "hub"\n' + hub_config + leafnodes(listen=True),
                   program=pair.hub_program)
    leaf = t.server('server_name: "leaf"\n' + leaf_config + leafnodes(remote(hub.leaf_url())),
                    program=pair.leaf_program)
    hub.wait_log(r"Leafnode connection created")
    leaf.wait_log(r"Leafnode connection created")
    return t.client(hub, "at hub"), t.client(leaf, "at leaf")


@pairing
def of_the_hub(t, pair):
    """What a leaf's client publishes is mapped by the hub when it arrives there."""
    at_hub, at_leaf = linked(t, pair, hub_config=mapping(("foo.*", to("bar.$1"))))
    subscribed(at_hub, "bar.*", "foo.*")
    at_leaf.wait_interest("bar.x")
    at_leaf.wait_interest("foo.x")
    at_leaf.pub("foo.x", "1")
    at_hub.expect_msg("bar.x", 1, "1")
    at_hub.expect_nothing()


@pairing
def of_the_hub_towards_the_leaf(t, pair):
    """What the hub's client publishes reaches the leaf under the mapped subject."""
    at_hub, at_leaf = linked(t, pair, hub_config=mapping(("foo", to("bar"))))
    subscribed(at_leaf, "bar")
    at_hub.wait_interest("foo")
    at_hub.pub("foo", "1")
    at_leaf.expect_msg("bar", 1, "1")


@pairing
def of_the_leaf(t, pair):
    """The leaf maps what its clients publish before it goes up, and what comes down."""
    at_hub, at_leaf = linked(t, pair, leaf_config=mapping(("foo", to("bar"))))
    subscribed(at_hub, "bar")
    at_leaf.wait_interest("bar")
    at_leaf.pub("foo", "1")
    at_hub.expect_msg("bar", 1, "1")


@scenario
def interest_for_the_source(t):
    """A leaf is told the source of a mapping, so that it sends what the hub maps."""
    server = t.server(mapping(("foo", to("bar")), ("baz.*", to("x.$1"))) + leafnodes(listen=True))
    leaf = t.leaf(server)
    for line in ("LS+ foo", "LS+ baz.*"):
        check(line in leaf.interest, f"interest {leaf.interest}")
    client = subscribed(t.client(server), "bar")
    leaf.expect("LS+ bar\r\n")
    leaf.lmsg("foo", "1")
    client.expect_msg("bar", 1, "1")


@scenario
def weights_over_shards(t):
    """Ours: weights and mappings hold for publishers on every shard."""
    if t.options.generation:
        raise Skip("shards are ours")
    for shards in (1, 2, 4):
        server = t.server(mapping(("w", '[ {dest: a, weight: 50}, {dest: b, weight: 50} ]')),
                          "--shards", shards)
        listeners = [subscribed(t.client(server), ">") for _ in range(4)]
        for publisher in [t.client(server) for _ in range(8)]:
            publisher.send(b"PUB w 1\r\nx\r\n" * 250)
            publisher.flush()
        for listener in listeners:
            got = [Message(listener.op()).subject for _ in range(2000)]
            check(700 < got.count("a") < 1300, f"{got.count('a')} of 2000")
            equal(set(got), {"a", "b"}, "subjects")
