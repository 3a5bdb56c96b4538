# SPDX-License-Identifier: Apache-2.0
#
# Messages between the server under test as hub and raw leafs, byte for byte: every form of LMSG and
# HMSG both ways, who is served, who is not, and what ends a link.
#
#   seen on the real servers   2.9                     newest
#   LMSG above max_payload     delivered               Maximum Payload Violation, closed
#   weights of a group         ignored                 honoured; 0 gets nothing

import collections

from harness import check, equal, scenario
from harness.client import msg_op
from harness.leaf import lmsg_op

from .leaf_hub import hub

UNKNOWN = "Unknown Protocol Operation"
HEADERS = "NATS/1.0\r\nKey: value\r\n\r\n"


def joined(t, *interest, **more):
    """A hub, a client on it, and a leaf whose interest ("subject" or "subject queue weight") is in
    force there."""
    server = hub(t, **more)
    client, leaf = t.client(server), t.leaf(server)
    for line in interest:
        leaf.send(f"LS+ {line}\r\n")
    leaf.ops_until_pong()
    return server, client, leaf


# Client to leaf.

@scenario
def lmsg_to_plain_interest(t):
    """A message for plain interest goes out as LMSG subject [reply] size."""
    _, client, leaf = joined(t, "a")
    client.pub("a", "hello")
    client.pub("a", "", "re.ply")
    client.pub("a", b"\r\n\0\xff", "r")
    leaf.expect("LMSG a 5\r\nhello\r\n", "LMSG a re.ply 0\r\n\r\n", b"LMSG a r 4\r\n\r\n\0\xff\r\n")


@scenario
def lmsg_to_queue_interest(t):
    """For queue interest alone the groups are listed behind |, or behind + and the reply."""
    _, client, leaf = joined(t, "a g1 1")
    client.pub("a", "x")
    client.pub("a", "y", "re.ply")
    leaf.expect("LMSG a | g1 1\r\nx\r\n", "LMSG a + re.ply g1 1\r\ny\r\n")


@scenario
def lmsg_to_several_groups(t):
    """All groups of the leaf share one LMSG, in whatever order."""
    _, client, leaf = joined(t, "a g1 1", "a g2 2")
    client.pub("a", "x")
    op = leaf.op()
    check(op in (b"LMSG a | g1 g2 1\r\nx\r\n", b"LMSG a | g2 g1 1\r\nx\r\n"), f"got {op}")
    client.pub("a", "x", "r")
    op = leaf.op()
    check(op in (b"LMSG a + r g1 g2 1\r\nx\r\n", b"LMSG a + r g2 g1 1\r\nx\r\n"), f"got {op}")
    leaf.expect_nothing()


@scenario
def lmsg_to_plain_and_queue(t):
    """Plain and queue interest together still make one message, with the group listed."""
    _, client, leaf = joined(t, "a", "a g 1", "*")
    client.pub("a", "x")
    leaf.expect("LMSG a | g 1\r\nx\r\n")
    leaf.expect_nothing()


@scenario
def one_lmsg_for_many_matches(t):
    """Several matching interests of one leaf make one LMSG."""
    _, client, leaf = joined(t, "a.b", "a.*", "a.>", ">", "*.b")
    client.pub("a.b", "x")
    leaf.expect_lmsg("a.b", "x")
    leaf.expect_nothing()


@scenario
def hmsg_to_leaf(t):
    """A message with headers goes out as HMSG in all four forms."""
    _, client, leaf = joined(t, "plain", "queued g 1")
    for subject, reply, arguments in (
            ("plain", "", "plain"), ("plain", "r", "plain r"),
            ("queued", "", "queued | g"), ("queued", "r", "queued + r g")):
        client.hpub(subject, HEADERS, "xy", reply)
        leaf.expect_hmsg(arguments, HEADERS, "xy")
    client.hpub("plain", HEADERS, "")
    leaf.expect(f"HMSG plain {len(HEADERS)} {len(HEADERS)}\r\n{HEADERS}\r\n")


@scenario
def headers_stripped_for_leaf_without(t):
    """A leaf that did not offer headers gets LMSG with the payload alone."""
    server = hub(t)
    client, leaf = t.client(server), t.leaf(server, headers=None)
    leaf.send("LS+ a\r\nLS+ b g 1\r\n")
    leaf.ops_until_pong()
    client.hpub("a", HEADERS, "xy", "r")
    client.hpub("b", HEADERS, "xy")
    leaf.expect("LMSG a r 2\r\nxy\r\n", "LMSG b | g 2\r\nxy\r\n")


@scenario
def nothing_without_interest(t):
    """What a leaf did not ask for is not sent; after LS- no more is sent."""
    _, client, leaf = joined(t, "a")
    client.pub("b", "x")
    client.flush()
    leaf.expect_nothing()
    leaf.drop_interest("a")
    leaf.ops_until_pong()
    client.pub("a", "x")
    client.flush()
    leaf.expect_nothing()


@scenario
def wildcard_interest(t):
    """Wildcard interest takes what it covers, with the subject that was published."""
    _, client, leaf = joined(t, "a.*", "deep.>")
    for subject in ("a.x", "a", "a.x.y", "deep.1.2", "deep"):
        client.pub(subject, "x")
    leaf.expect(lmsg_op("a.x", "x"), lmsg_op("deep.1.2", "x"))
    leaf.expect_nothing()


@scenario
def interest_makes_a_responder(t):
    """A subject that only a leaf is interested in gives no 503."""
    _, client, leaf = joined(t, "svc")
    client.sub("inbox", 1)
    client.pub("svc", "?", "inbox")
    leaf.expect("LS+ inbox\r\n")
    leaf.expect_lmsg("svc inbox", "?")
    leaf.lmsg("inbox", "!")
    client.expect_msg("inbox", 1, "!")


@scenario
def order_to_leaf(t):
    """A thousand messages of one client reach the leaf in order."""
    _, client, leaf = joined(t, "a.>")
    client.send(*(f"PUB a.{i % 7} {len(str(i))}\r\n{i}\r\n" for i in range(1000)))
    leaf.expect(*(lmsg_op(f"a.{i % 7}", str(i)) for i in range(1000)))


@scenario
def large_payload_to_leaf(t):
    """Payloads up to max_payload reach a leaf unchanged."""
    _, client, leaf = joined(t, "a")
    for size in (0, 65536, 1048576):
        body = (b"0123456789" * (size // 10 + 1))[:size]
        client.pub("a", body)
        leaf.expect_lmsg("a", body)


# Leaf to client.

@scenario
def lmsg_to_clients(t):
    """LMSG with and without reply reaches the clients of the hub."""
    _, client, leaf = joined(t)
    client.sub("a", 1)
    leaf.expect("LS+ a\r\n")
    leaf.send("LMSG a 5\r\nhello\r\nLMSG a re.ply 0\r\n\r\n")
    client.expect(msg_op("a", 1, "hello"), msg_op("a", 1, "", "re.ply"))


@scenario
def lmsg_spellings(t):
    """LMSG in lower case, with tabs and several blanks, one byte a segment."""
    _, client, leaf = joined(t)
    client.sub("a", 1)
    leaf.expect("LS+ a\r\n")
    leaf.send("lmsg\ta  r\t1 \r\nx\r\n")
    leaf.send_bytewise("LMSG a 2\r\n\r\n\r\nHMSG a 12 13\r\nNATS/1.0\r\n\r\nz\r\n")
    client.expect(msg_op("a", 1, "x", "r"), msg_op("a", 1, "\r\n"))
    client.expect_hmsg("a", 1, "NATS/1.0\r\n\r\n", "z")


@scenario
def lmsg_without_groups_serves_plain_only(t):
    """LMSG that lists no group reaches plain subscriptions and no group member."""
    _, client, leaf = joined(t)
    client.send("SUB a 1\r\nSUB a g 2\r\nSUB a.b g 3\r\n")
    leaf.expect_any_order("LS+ a\r\n", "LS+ a g 1\r\n", "LS+ a.b g 1\r\n")
    leaf.lmsg("a", "x")
    leaf.lmsg("a.b", "y")
    client.expect_msg("a", 1, "x")
    leaf.flush()
    client.expect_nothing()


@scenario
def lmsg_with_groups(t):
    """LMSG that lists groups reaches one member of each, and the plain subscriptions too."""
    _, client, leaf = joined(t)
    client.send("SUB a 1\r\nSUB a g1 2\r\nSUB a g1 3\r\nSUB a g2 4\r\nSUB a g3 5\r\n")
    client.flush()
    leaf.ops_until_pong()
    leaf.lmsg("a | g1 g2", "x")
    leaf.lmsg("a + r g3 g1", "y")
    leaf.flush()
    got = collections.Counter((m.payload, m.reply, m.sid) for m in client.messages())
    groups = [{"1": "plain", "2": "g1", "3": "g1", "4": "g2", "5": "g3"}[sid] for _, _, sid in got]
    equal(sorted(groups), ["g1", "g1", "g2", "g3", "plain", "plain"], "groups served")
    equal({(p, r) for p, r, _ in got}, {(b"x", ""), (b"y", "r")}, "payloads and replies")
    check(all(count == 1 for count in got.values()), f"doubled: {got}")


@scenario
def lmsg_with_unknown_groups(t):
    """Groups that nobody is in are skipped; the rest is served."""
    _, client, leaf = joined(t)
    client.send("SUB a g1 1\r\n")
    leaf.expect("LS+ a g1 1\r\n")
    leaf.lmsg("a | nobody g1 other", "x")
    client.expect_msg("a", 1, "x")
    leaf.lmsg("a | nobody", "y")
    leaf.flush()
    client.expect_nothing()


@scenario
def hmsg_to_clients(t):
    """HMSG of a leaf reaches clients with headers as HMSG, others as MSG."""
    server, client, leaf = joined(t)
    old = t.client(server, headers=False, no_responders=False)
    client.send("SUB a 1\r\nSUB a g 2\r\n")
    old.sub("a", 3)
    old.flush()
    client.flush()
    leaf.ops_until_pong()
    leaf.hmsg("a", HEADERS, "x")
    client.expect_hmsg("a", 1, HEADERS, "x")
    leaf.hmsg("a + r g", HEADERS, "y")
    client.expect_any_order(*(b"HMSG a %d r %d %d\r\n%sy\r\n" % (
        sid, len(HEADERS), len(HEADERS) + 1, HEADERS.encode()) for sid in (1, 2)))
    old.expect(msg_op("a", 3, "x"), msg_op("a", 3, "y", "r"))


@scenario
def group_members_take_turns(t):
    """Messages that list a group are spread over its members."""
    _, client, leaf = joined(t)
    client.send("SUB a g 1\r\nSUB a g 2\r\n")
    client.flush()
    leaf.ops_until_pong()
    leaf.send(lmsg_op("a | g", "x") * 600)
    leaf.flush()
    counts = collections.Counter(message.sid for message in client.messages())
    equal(sum(counts.values()), 600, "messages")
    check(min(counts["1"], counts["2"]) > 150, f"shares {counts}")


@scenario
def message_nobody_wants(t):
    """LMSG without any taker is dropped, the link stays; no 503 goes over the link."""
    _, _, leaf = joined(t)
    leaf.send("LS+ inbox\r\n")
    leaf.lmsg("nobody inbox", "x")
    leaf.expect_nothing()


@scenario
def odd_message_subjects(t):
    """LMSG to a wildcard or malformed subject harms nobody."""
    _, client, leaf = joined(t)
    client.sub("a.b", 1)
    leaf.expect("LS+ a.b\r\n")
    leaf.send("LMSG a.* 1\r\nx\r\nLMSG a..b 1\r\nx\r\nLMSG a.> 1\r\nx\r\n")
    leaf.expect_nothing()
    client.expect_nothing()


# Between leafs.

@scenario
def leaf_to_leaf(t):
    """The hub passes messages from one leaf to another, and never back."""
    server = hub(t)
    first, second = t.leaf(server, name="first"), t.leaf(server, name="second")
    first.send("LS+ a\r\n")
    first.flush()
    second.send("LS+ a\r\n")
    second.expect("LS+ a\r\n")
    first.expect("LS+ a\r\n")
    first.lmsg("a r", "x")
    second.expect_lmsg("a r", "x")
    first.expect_nothing()
    second.hmsg("a", HEADERS, "y")
    first.expect_hmsg("a", HEADERS, "y")
    second.expect_nothing()


@scenario
def no_echo_with_local_takers(t):
    """A message of a leaf reaches the hub's clients, not the leaf that sent it."""
    server, client, leaf = joined(t, "a")
    client.sub("a", 1)
    leaf.expect("LS+ a\r\n")
    leaf.lmsg("a", "x")
    client.expect_msg("a", 1, "x")
    leaf.expect_nothing()


@scenario
def no_messages_within_a_cluster(t):
    """Leafs of one cluster do not get each other's messages through the hub."""
    server = hub(t)
    first = t.leaf(server, name="first", cluster="same")
    second = t.leaf(server, name="second", cluster="same")
    third = t.leaf(server, name="third", cluster="other")
    for leaf in (second, third):
        leaf.send("LS+ a\r\n")
        leaf.ops_until_pong()
    for leaf in (first, second):
        leaf.ops_until_pong()
    first.lmsg("a", "x")
    third.expect_lmsg("a", "x")
    second.expect_nothing()


@scenario
def three_leafs_fan_out(t):
    """A client's message goes to each leaf once."""
    server = hub(t)
    client = t.client(server)
    leafs = [t.leaf(server, name=f"leaf{i}") for i in range(3)]
    for leaf in leafs:
        leaf.send("LS+ a\r\nLS+ a.>\r\n")
        leaf.ops_until_pong()
    for leaf in leafs:
        leaf.ops_until_pong()
    client.pub("a", "x")
    for leaf in leafs:
        leaf.expect_lmsg("a", "x")
        leaf.expect_nothing()


@scenario
def client_members_come_first(t):
    """A group with members at the hub and at a leaf is served at the hub only."""
    _, client, leaf = joined(t, "job q 5")
    client.sub("job", 1, "q")
    client.send("PUB job 1\r\nx\r\n" * 100)
    equal(len(client.messages()), 100, "messages at the hub's member")
    ops = leaf.ops_until_pong()
    equal(ops, [b"LS+ job q 1\r\n"], "at the leaf")


@scenario(differs={"2.9": "ignores weights"})
def group_spread_over_leafs(t):
    """A group with members at two leafs only: each message goes to one of them, by weight."""
    server = hub(t)
    client = t.client(server)
    light, heavy = t.leaf(server, name="light"), t.leaf(server, name="heavy")
    light.send("LS+ job q 1\r\n")
    heavy.send("LS+ job q 4\r\n")
    for leaf in (light, heavy, light):
        leaf.ops_until_pong()
    client.send("PUB job 1\r\nx\r\n" * 1000)
    client.flush()
    counts = [len([op for op in leaf.ops_until_pong() if op == b"LMSG job | q 1\r\nx\r\n"])
              for leaf in (light, heavy)]
    equal(sum(counts), 1000, "messages")
    check(100 < counts[0] < 350, f"shares of weights 1 and 4: {counts}")


@scenario(differs={"2.9": "ignores weights"})
def group_with_weight_zero(t):
    """A group of weight 0 gets nothing."""
    _, client, leaf = joined(t, "job q 0")
    client.send("PUB job 1\r\nx\r\n" * 20)
    client.flush()
    leaf.expect_nothing()


@scenario
def group_at_leaf_and_plain_at_hub(t):
    """A plain subscription at the hub does not keep a group at the leaf from its copy."""
    _, client, leaf = joined(t, "job q 1")
    client.sub("job", 1)
    leaf.expect("LS+ job\r\n")
    client.pub("job", "x", "r")
    client.expect_msg("job", 1, "x", "r")
    leaf.expect("LMSG job + r q 1\r\nx\r\n")


# What ends a link.

@scenario
def message_verb_errors(t):
    """LMSG and HMSG with bad sizes or a bad mark are closed silently."""
    server = hub(t)
    for line in ("LMSG foo\r\n", "LMSG foo x\r\nx\r\n", "LMSG foo -1\r\n",
                 "LMSG foo 9999999999\r\n", "LMSG foo a b c 1\r\nx\r\n", "HMSG foo 12\r\n",
                 "HMSG foo x 12\r\n",
                 "HMSG foo 13 12\r\nNATS/1.0\r\n\r\n\r\n", "HMSG foo 12 -1\r\n"):
        leaf = t.leaf(server)
        leaf.send_may_fail(line)
        leaf.expect_closed()


@scenario
def unknown_verbs(t):
    """What is no verb of leaf links ends the link with Unknown Protocol Operation."""
    server = hub(t)
    for line in ("FOO\r\n", "\r\n", " PING\r\n", "MSG a 1 1\r\nx\r\n", "LMSG\r\n", b"\0\xff"):
        leaf = t.leaf(server)
        leaf.send_may_fail(line)
        leaf.expect_error_and_close(UNKNOWN)


@scenario
def size_too_small(t):
    """A payload longer than its size ends the link and is not delivered."""
    _, client, leaf = joined(t)
    client.sub("a", 1)
    leaf.expect("LS+ a\r\n")
    leaf.send_may_fail("LMSG a 2\r\nhello\r\n")
    leaf.expect_error_and_close(UNKNOWN)
    client.expect_nothing()


@scenario(differs=dict.fromkeys(("2.9", "2.10"), "delivers it"))
def oversized_message(t):
    """LMSG above the hub's max_payload ends the link; one of exactly that size is delivered."""
    _, client, leaf = joined(t, config="max_payload: 1000\n")
    client.sub("a", 1)
    leaf.expect("LS+ a\r\n")
    leaf.lmsg("a", "x" * 1000)
    client.expect_msg("a", 1, "x" * 1000)
    leaf.send_may_fail("LMSG a 1001\r\n")
    leaf.expect_error_and_close("Maximum Payload Violation")


@scenario
def reset_inside_a_message(t):
    """A link that dies inside a payload delivers nothing and leaves no interest."""
    _, client, leaf = joined(t, "svc")
    client.sub("a", 1)
    leaf.expect("LS+ a\r\n")
    leaf.send("LMSG a 10\r\n12345")
    leaf.reset()
    client.wait_no_interest("svc")
    client.expect_nothing()


@scenario
def many_messages_both_ways(t):
    """Ten thousand messages each way at once arrive complete and in order."""
    _, client, leaf = joined(t, "down")
    client.sub("up", 1)
    leaf.expect("LS+ up\r\n")
    for start in range(0, 10000, 1000):
        leaf.send(*(lmsg_op("up", str(i)) for i in range(start, start + 1000)))
        client.send(*(f"PUB down {len(str(i))}\r\n{i}\r\n" for i in range(start, start + 1000)))
    client.expect(*(msg_op("up", 1, str(i)) for i in range(10000)))
    leaf.expect(*(lmsg_op("down", str(i)) for i in range(10000)))
