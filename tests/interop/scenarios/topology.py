# SPDX-License-Identifier: Apache-2.0
#
# Whole servers linked as hub and leaf, the server under test on one side and a peer program on the
# other, in both roles (see `pairing`). Only clients look at them. A peer may offer S2 compression:
# the link must come up and carry the same messages, whatever the two agree on.
#
#   seen on the real servers: all pairings of 2.9 and the newest behave alike, but for the token: a
#   2.9 leaf sends it as user only, which newer hubs refuse.

import collections

from harness import Failure, Skip, check, equal, leafnodes, pairing, remote
from harness.client import Message, hmsg_op, msg_op

HEADERS = "NATS/1.0\r\nKey: value\r\n\r\n"
LINK_UP = r"Leafnode connection created"


class Link:
    """A hub and a leaf that are connected, and how to get clients on them."""

    def __init__(self, t, pair, hub_config="", leaf_config="", userinfo="", extra="",
                 hub_leafnodes=""):
        self.t, self.pair = t, pair
        self.hub = t.server('server_name: "hub"\n' + hub_config
                            + leafnodes(listen=True, extra=hub_leafnodes),
                            program=pair.hub_program)
        entry = remote(self.hub.leaf_url(userinfo), extra=extra)
        self.leaf = t.server('server_name: "leaf"\n' + leaf_config + leafnodes(entry),
                             program=pair.leaf_program)
        self.hub.wait_log(LINK_UP)
        self.leaf.wait_log(LINK_UP)

    def clients(self, hub=None, leaf=None):
        """One client on each side; the arguments are CONNECT fields."""
        return (self.t.client(self.hub, name="at hub", **(hub or {})),
                self.t.client(self.leaf, name="at leaf", **(leaf or {})))


def serve(client, subject, sid=1, queue=""):
    """Subscribes and waits until the server has it."""
    client.sub(subject, sid, queue)
    client.flush()


def request_answered(service, asker, subject):
    """`service` subscribes; a request of `asker` reaches it and its answer comes back."""
    serve(service, subject)
    asker.wait_interest(subject)
    asker.sub("_INBOX.one", 9)
    asker.pub(subject, "how many?", "_INBOX.one")
    service.expect_msg(subject, 1, "how many?", "_INBOX.one")
    service.pub("_INBOX.one", "42")
    asker.expect_msg("_INBOX.one", 9, "42")


@pairing
def request_from_leaf(t, pair):
    """A service at the hub answers a request made at the leaf."""
    at_hub, at_leaf = Link(t, pair).clients()
    request_answered(at_hub, at_leaf, "q")


@pairing
def request_from_hub(t, pair):
    """A service at the leaf answers a request made at the hub."""
    at_hub, at_leaf = Link(t, pair).clients()
    request_answered(at_leaf, at_hub, "q")


@pairing
def tutorial(t, pair):
    """The tutorial of the leafnode guide: token s3cr3t, replier for q at the hub says 42."""
    if pair.leaf_generation == "2.9" != pair.hub_generation:
        raise Skip("2.9 sends the token as user only, newer hubs ask for auth_token")
    link = Link(t, pair, hub_config='authorization { token: "s3cr3t" }\n', userinfo="s3cr3t")
    at_hub, at_leaf = link.clients(hub={"auth_token": "s3cr3t"})
    request_answered(at_hub, at_leaf, "q")


@pairing
def user_and_password(t, pair):
    """A leaf that logs in with user and password of leafnodes.authorization."""
    link = Link(t, pair, userinfo="edge:pw",
                hub_leafnodes="authorization { user: edge, password: pw }")
    at_hub, at_leaf = link.clients()
    request_answered(at_hub, at_leaf, "q")


@pairing
def users_of_the_client_port(t, pair):
    """A leaf that logs in as a user of the hub's client port."""
    link = Link(t, pair, userinfo="edge:pw", hub_config="authorization { users = ["
                " {user: edge, password: pw}, {user: c, password: c} ] }\n")
    at_hub, at_leaf = link.clients(hub={"user": "c", "pass": "c"})
    request_answered(at_hub, at_leaf, "q")


@pairing
def wrong_password(t, pair):
    """A leaf with a wrong password does not get in; both sides go on serving their clients."""
    hub = t.server(leafnodes(listen=True, extra="authorization { user: edge, password: pw }"),
                   program=pair.hub_program)
    leaf = t.server(leafnodes(hub.leaf_url("edge:wrong")), program=pair.leaf_program)
    leaf.wait_log(r"Authorization Violation")
    at_hub, at_leaf = t.client(hub), t.client(leaf)
    serve(at_hub, "q")
    at_leaf.wait_no_interest("q")


@pairing
def messages_to_the_hub(t, pair):
    """Messages published at the leaf reach the hub in order, with reply and content."""
    at_hub, at_leaf = Link(t, pair).clients()
    serve(at_hub, "up.*")
    at_leaf.wait_interest("up.x")
    at_leaf.send(*(f"PUB up.{i % 5} re.{i} {len(str(i))}\r\n{i}\r\n" for i in range(2000)))
    at_hub.expect(*(msg_op(f"up.{i % 5}", 1, str(i), f"re.{i}") for i in range(2000)))


@pairing
def messages_to_the_leaf(t, pair):
    """Messages published at the hub reach the leaf in order, with reply and content."""
    at_hub, at_leaf = Link(t, pair).clients()
    serve(at_leaf, "down.>")
    at_hub.wait_interest("down.x")
    at_hub.send(*(f"PUB down.{i % 5}.a re.{i} {len(str(i))}\r\n{i}\r\n" for i in range(2000)))
    at_leaf.expect(*(msg_op(f"down.{i % 5}.a", 1, str(i), f"re.{i}") for i in range(2000)))


@pairing
def headers_both_ways(t, pair):
    """Headers cross the link unchanged, with and without payload and reply."""
    at_hub, at_leaf = Link(t, pair).clients()
    serve(at_hub, "up")
    serve(at_leaf, "down")
    at_leaf.wait_interest("up")
    at_hub.wait_interest("down")
    for sender, receiver, subject in ((at_leaf, at_hub, "up"), (at_hub, at_leaf, "down")):
        for payload, reply in (("x", ""), ("", ""), ("x", "re.ply")):
            sender.hpub(subject, HEADERS, payload, reply)
            receiver.expect(hmsg_op(subject, 1, HEADERS, payload, reply))


@pairing
def payload_sizes(t, pair):
    """Payloads from nothing to max_payload cross the link both ways."""
    at_hub, at_leaf = Link(t, pair).clients()
    serve(at_hub, "up")
    serve(at_leaf, "down")
    at_leaf.wait_interest("up")
    at_hub.wait_interest("down")
    for sender, receiver, subject in ((at_leaf, at_hub, "up"), (at_hub, at_leaf, "down")):
        for size in (0, 1, 1000, 65536, 300000, 1048576):
            body = bytes((i * 7 + i // 251) & 255 for i in range(1021)) * (size // 1021 + 1)
            sender.pub(subject, body[:size])
            receiver.expect_msg(subject, 1, body[:size])


@pairing
def many_payloads(t, pair):
    """Two hundred payloads of 64 KiB cross the link in order."""
    at_hub, at_leaf = Link(t, pair).clients()
    serve(at_hub, "big")
    at_leaf.wait_interest("big")
    body = bytes(range(256)) * 256
    for start in range(0, 200, 20):
        for number in range(start, start + 20):
            at_leaf.pub("big", number.to_bytes(4, "big") + body[4:])
        for number in range(start, start + 20):
            at_hub.expect_msg("big", 1, number.to_bytes(4, "big") + body[4:])


@pairing
def wildcards(t, pair):
    """Wildcard interest crosses the link; each subscription gets its copy on the far side."""
    at_hub, at_leaf = Link(t, pair).clients()
    for sid, pattern in enumerate(("a.*.c", "a.>", "a.b.c", "*.b.*"), 1):
        serve(at_hub, pattern, sid)
    at_leaf.wait_interest("a.b.c")
    at_leaf.wait_interest("x.b.y")
    at_leaf.pub("a.b.c", "x")
    at_leaf.pub("a.z", "y")
    at_leaf.pub("b", "no")
    at_hub.expect_any_order(*(msg_op("a.b.c", sid, "x") for sid in (1, 2, 3, 4)),
                            msg_op("a.z", 2, "y"))


@pairing
def no_echo(t, pair):
    """With interest on both sides each message arrives once on each side."""
    at_hub, at_leaf = Link(t, pair).clients()
    serve(at_hub, "a")
    serve(at_leaf, "a")
    serve(at_leaf, "canary", 2)
    serve(at_hub, "canary2", 2)
    at_hub.wait_interest("canary")
    at_leaf.wait_interest("canary2")
    for sender in (at_hub, at_leaf):
        sender.pub("a", "x")
        for receiver in (at_hub, at_leaf):
            receiver.expect_msg("a", 1, "x")
    for publisher, receiver, subject in ((at_hub, at_leaf, "canary"), (at_leaf, at_hub, "canary2")):
        publisher.pub(subject, "last")
        receiver.expect_msg(subject, 2, "last")
        publisher.expect_nothing()


@pairing
def queue_prefers_local(t, pair):
    """With members on both sides each side serves its own messages."""
    at_hub, at_leaf = Link(t, pair).clients()
    for client, canary in ((at_hub, "canary.hub"), (at_leaf, "canary.leaf")):
        serve(client, "job", 1, "q")
        serve(client, canary, 2)
    at_hub.wait_interest("canary.leaf")
    at_leaf.wait_interest("canary.hub")
    for publisher, other in ((at_hub, at_leaf), (at_leaf, at_hub)):
        publisher.send("PUB job 1\r\nx\r\n" * 200)
        equal(len(publisher.messages()), 200, f"taken {publisher.name}")
        equal(len(other.messages()), 0, f"taken {other.name}")


@pairing
def queue_across_the_link(t, pair):
    """A group without local members is served on the far side, one member each time."""
    link = Link(t, pair)
    at_hub, at_leaf = link.clients()
    second = t.client(link.leaf)
    serve(at_leaf, "job", 1, "q")
    serve(second, "job", 1, "q")
    serve(at_leaf, "job", 2, "other")
    for number, client in enumerate((at_leaf, second)):
        serve(client, f"canary.{number}", 3)
        at_hub.wait_interest(f"canary.{number}")
    at_hub.send("PUB job 1\r\nx\r\n" * 400)
    counts = []
    for number, client in enumerate((at_leaf, second)):
        at_hub.pub(f"canary.{number}", "end")
        counts.append(sids_until(client, "3"))
    equal(counts[0]["1"] + counts[1]["1"], 400, "taken by q")
    equal(counts[0]["2"], 400, "taken by other")
    check(min(counts[0]["1"], counts[1]["1"]) > 80, f"shares {counts}")


def sids_until(client, last):
    """How many messages each sid got before one for `last` came."""
    counts = collections.Counter()
    while (sid := Message(client.op()).sid) != last:
        counts[sid] += 1
    return counts


@pairing
def plain_and_queue_across(t, pair):
    """Plain and queue subscriptions on the far side each get what is theirs."""
    at_hub, at_leaf = Link(t, pair).clients()
    at_leaf.send("SUB a 1\r\nSUB a g 2\r\nSUB a g 3\r\nSUB a.> h 4\r\nSUB canary 5\r\n")
    at_leaf.flush()
    at_hub.wait_interest("canary")
    for _ in range(20):
        at_hub.pub("a", "x")
        sids = {Message(at_leaf.op()).sid for _ in range(2)}
        check("1" in sids and len(sids & {"2", "3"}) == 1, f"taken by {sids}")


@pairing
def interest_is_withdrawn(t, pair):
    """After UNSUB on one side a request on the other gets a 503."""
    at_hub, at_leaf = Link(t, pair).clients()
    for service, asker in ((at_hub, at_leaf), (at_leaf, at_hub)):
        serve(service, "svc")
        asker.wait_interest("svc")
        service.unsub(1)
        asker.wait_no_interest("svc")


@pairing
def interest_ends_with_the_client(t, pair):
    """When a client goes, the far side learns it."""
    link = Link(t, pair)
    at_hub, at_leaf = link.clients()
    service = t.client(link.leaf)
    serve(service, "svc", 1, "q")
    at_hub.wait_interest("svc")
    service.close()
    at_hub.wait_no_interest("svc")


@pairing
def no_responders_across(t, pair):
    """A request that nobody takes on either side gets its 503 at once."""
    at_hub, at_leaf = Link(t, pair).clients()
    for client in (at_hub, at_leaf):
        message = client.request("nobody.there", "?")
        check(message.headers.startswith(b"NATS/1.0 503"), f"headers {message.headers}")


@pairing
def hub_restart(t, pair):
    """When the hub comes back on its port the leaf rejoins and tells its interest again."""
    link = Link(t, pair)
    at_leaf = t.client(link.leaf)
    serve(at_leaf, "svc")
    port = link.hub.leaf_port()
    link.hub.stop()
    hub = t.server(f'server_name: "hub"\nleafnodes {{ listen: "127.0.0.1:{port}" }}\n',
                   program=pair.hub_program)
    at_hub = t.client(hub)
    at_hub.wait_interest("svc", wait_s=10)
    at_hub.sub("_INBOX.x", 9)
    at_hub.pub("svc", "again?", "_INBOX.x")
    at_leaf.expect_msg("svc", 1, "again?", "_INBOX.x")
    at_leaf.pub("_INBOX.x", "yes")
    at_hub.expect_msg("_INBOX.x", 9, "yes")


@pairing
def leaf_restart(t, pair):
    """When a leaf dies its interest goes; a new one of the same name joins."""
    link = Link(t, pair)
    at_hub, at_leaf = link.clients()
    serve(at_leaf, "svc")
    at_hub.wait_interest("svc")
    link.leaf.process.kill()
    link.leaf.wait_exit()
    at_hub.wait_no_interest("svc")
    leaf = t.server('server_name: "leaf"\n' + leafnodes(link.hub.leaf_url()),
                    program=pair.leaf_program)
    link.hub.wait_log(LINK_UP, times=2)
    serve(t.client(leaf), "svc")
    at_hub.wait_interest("svc")


@pairing
def leaf_serves_alone(t, pair):
    """Clients of a leaf go on among themselves while the hub is away."""
    link = Link(t, pair)
    at_leaf, other = t.client(link.leaf), t.client(link.leaf)
    serve(at_leaf, "local")
    link.hub.stop()
    for number in range(50):
        other.pub("local", str(number))
    at_leaf.expect(*(msg_op("local", 1, str(number)) for number in range(50)))


@pairing
def two_leafs_of_one_hub(t, pair):
    """Clients of two leafs reach each other through the hub."""
    link = Link(t, pair)
    second = t.server('server_name: "second"\n' + leafnodes(link.hub.leaf_url()),
                      program=pair.leaf_program)
    at_first, at_second = t.client(link.leaf), t.client(second)
    request_answered(at_first, at_second, "at.first")
    request_answered(at_second, at_first, "at.second")


@pairing
def daisy_chain(t, pair):
    """Root, middle, edge: requests cross two links both ways."""
    root = t.server('server_name: "root"\n' + leafnodes(listen=True), program=pair.hub_program)
    middle = t.server('server_name: "middle"\n' + leafnodes(root.leaf_url(), listen=True),
                      program=pair.leaf_program)
    edge = t.server('server_name: "edge"\n' + leafnodes(middle.leaf_url()),
                    program=pair.hub_program)
    at_root, at_edge = t.client(root), t.client(edge)
    request_answered(at_root, at_edge, "at.root")
    request_answered(at_edge, at_root, "at.edge")
    at_middle = t.client(middle)
    request_answered(at_middle, at_root, "at.middle")
    request_answered(t.client(middle), at_edge, "at.middle.too")


@pairing
def two_hubs(t, pair):
    """A leaf with two remotes serves both hubs and reaches services at both."""
    hubs = [t.server(f'server_name: "{name}"\n' + leafnodes(listen=True),
                     program=pair.hub_program) for name in ("east", "west")]
    leaf = t.server('server_name: "leaf"\n' + leafnodes(*(hub.leaf_url() for hub in hubs)),
                    program=pair.leaf_program)
    at_leaf = t.client(leaf)
    serve(at_leaf, "svc")
    for hub in hubs:
        at_hub = t.client(hub)
        at_hub.wait_interest("svc")
        at_hub.pub("svc", "?", "_INBOX.x")
        at_leaf.expect_msg("svc", 1, "?", "_INBOX.x")
        serve(at_hub, f"at.{hub.port()}")
        at_leaf.wait_interest(f"at.{hub.port()}")


@pairing
def loop_of_two(t, pair):
    """Two servers that are each other's leaf notice the loop and serve their clients on."""
    hub = t.hub()
    port = hub.port
    hub.close()
    first = t.server('server_name: "one"\n' + leafnodes(f"nats-leaf://127.0.0.1:{port}",
                                                        listen=True), program=pair.hub_program)
    second = t.server('server_name: "two"\nleafnodes { listen: "127.0.0.1:%d", remotes = '
                      '[ { url: "%s" } ] }\n' % (port, first.leaf_url()),
                      program=pair.leaf_program)
    looped = r"Loop detected|Duplicate Remote LeafNode"
    wait_either(first, second, looped)
    for server in (first, second):
        t.client(server).flush()


def wait_either(first, second, pattern):
    """A line in the log of either of them."""
    for wait_s in (0.5,) * 20:
        for server in (first, second):
            try:
                return server.wait_log(pattern, wait_s=wait_s)
            except Failure:
                continue
    raise Failure(f"no {pattern!r} in either log")


@pairing
def deny_lists(t, pair):
    """deny_imports and deny_exports of the remote keep subjects on their side."""
    at_hub, at_leaf = Link(t, pair, extra='deny_imports: "private.hub.>"\n'
                                          'deny_exports: "private.leaf.>"').clients()
    serve(at_hub, ">")
    serve(at_leaf, "private.hub.x")
    serve(at_leaf, "open", 2)
    at_leaf.wait_interest("canary")
    at_hub.wait_interest("open")
    at_leaf.pub("private.leaf.x", "no")
    at_leaf.pub("open2", "yes")
    at_hub.expect_msg("open2", 1, "yes")
    at_hub.pub("private.hub.x", "no")
    at_hub.pub("open", "yes")
    at_leaf.expect_msg("open", 2, "yes")


@pairing
def permissions_of_the_leaf_user(t, pair):
    """The hub's permissions for the leaf's user bound what crosses the link both ways."""
    link = Link(t, pair, userinfo="edge:pw", hub_config="""authorization { users = [
        { user: edge, password: pw, permissions: {
            publish: ["up.>", "_INBOX.>", "_PROBE.>"],
            subscribe: ["down.>", "_INBOX.>", "_PROBE.>"] } }
        { user: c, password: c } ] }\n""")
    at_hub, at_leaf = link.clients(hub={"user": "c", "pass": "c"})
    serve(at_hub, "up.a", 1)
    serve(at_hub, "other", 2)
    serve(at_leaf, "down.a", 1)
    serve(at_leaf, "down.>", 2)
    serve(at_leaf, "secret", 3)
    at_leaf.wait_interest("up.a")
    at_hub.wait_interest("down.b")
    at_leaf.wait_no_interest("other")
    at_hub.wait_no_interest("secret")


@pairing
def churn_of_subscriptions(t, pair):
    """After a thousand subscriptions came and went, interest is what is left."""
    at_hub, at_leaf = Link(t, pair).clients()
    at_leaf.send(*(f"SUB s.{i} {i}\r\n" for i in range(1000)))
    at_leaf.send(*(f"UNSUB {i}\r\n" for i in range(1000) if i % 100))
    at_leaf.flush()
    serve(at_leaf, "last", 5000)
    at_hub.wait_interest("last")
    for i in range(0, 1000, 50):
        at_hub.pub(f"s.{i}", str(i))
    at_leaf.expect(*(msg_op(f"s.{i}", i, str(i)) for i in range(0, 1000, 100)))


@pairing
def traffic_both_ways_at_once(t, pair):
    """Ten thousand messages in each direction at once arrive complete and in order."""
    at_hub, at_leaf = Link(t, pair).clients()
    serve(at_hub, "up")
    serve(at_leaf, "down")
    at_hub.wait_interest("down")
    at_leaf.wait_interest("up")
    for start in range(0, 10000, 1000):
        for client, subject in ((at_leaf, "up"), (at_hub, "down")):
            client.send(*(f"PUB {subject} {len(str(i))}\r\n{i}\r\n"
                          for i in range(start, start + 1000)))
    at_hub.expect(*(msg_op("up", 1, str(i)) for i in range(10000)))
    at_leaf.expect(*(msg_op("down", 1, str(i)) for i in range(10000)))
