# SPDX-License-Identifier: Apache-2.0
#
# The server under test as remote, a raw hub against it: what interest it announces, and messages in
# both directions.
#
#   seen on the real servers      2.9                       newest
#   interest forbidden by import  not announced             the same
#   LMSG beyond the permissions   delivered                 dropped

from harness import equal, leafnodes, scenario
from harness.client import msg_op
from harness.leaf import lmsg_op

from .leaf_remote import dialling, linked

HEADERS = "NATS/1.0\r\nKey: value\r\n\r\n"


# Interest.

@scenario
def announces_local_interest(t):
    """Subscriptions of local clients come as LS+ when they begin and LS- when the last one ends."""
    server, client, link = linked(t)
    other = t.client(server)
    client.sub("a", 1)
    link.expect("LS+ a\r\n")
    client.sub("a", 2)
    other.sub("a", 1)
    other.flush()
    client.send("UNSUB 1\r\nUNSUB 2\r\n")
    client.flush()
    link.expect_nothing()
    other.unsub(1)
    link.expect("LS- a\r\n")


@scenario
def announces_queue_weights(t):
    """Each change of a group comes as LS+ with the new weight."""
    server, client, link = linked(t)
    other = t.client(server)
    client.sub("job", 1, "q")
    link.expect("LS+ job q 1\r\n")
    other.sub("job", 1, "q")
    link.expect("LS+ job q 2\r\n")
    client.sub("job", 2, "q2")
    link.expect("LS+ job q2 1\r\n")
    other.close()
    link.expect("LS+ job q 1\r\n")
    client.close()
    link.expect_any_order("LS- job q\r\n", "LS- job q2\r\n")


@scenario
def announces_what_was_there_before(t):
    """Interest that existed before the link is listed once with its weights."""
    hub = t.hub()
    server = dialling(t, hub.url())
    client = t.client(server)
    client.send("SUB a 1\r\nSUB a 2\r\nSUB w.* 3\r\nSUB job q 4\r\nSUB job q 5\r\nSUB gone 6\r\n"
                "UNSUB 6\r\n")
    client.flush()
    link = t.accept(hub).welcome()
    equal(sorted(link.interest), ["LS+ a", "LS+ job q 2", "LS+ w.*"], "interest")


@scenario
def interest_that_races_with_the_greeting(t):
    """Subscriptions made at any moment of the greeting are announced, each exactly once."""
    hub = t.hub()
    server = dialling(t, hub.url())
    client = t.client(server)
    link = t.accept(hub)
    client.send(*(f"SUB one.{i} 1{i}\r\n" for i in range(50)))
    link.say_info()
    client.send(*(f"SUB two.{i} 2{i}\r\n" for i in range(50)))
    link.read_connect()
    client.send(*(f"SUB three.{i} 3{i}\r\n" for i in range(50)))
    link.say_accepted()
    client.send(*(f"SUB four.{i} 4{i}\r\n" for i in range(50)))
    link.expect_any_order(*(f"LS+ {word}.{i}\r\n" for word in ("one", "two", "three", "four")
                            for i in range(50)))
    client.flush()
    link.expect_nothing()


@scenario
def no_echo_of_hub_interest(t):
    """The hub's own interest is not sent back to it."""
    _, client, link = linked(t)
    link.add_interest("x")
    link.add_interest("y", "q", 2)
    client.wait_interest("x")
    link.ops_until_pong()
    link.expect_nothing()


@scenario
def import_permissions_limit_interest(t):
    """Interest that the hub's import does not allow is not announced."""
    _, client, link = linked(t, **{"import": {"allow": ["ok.>"], "deny": ["ok.no"]}})
    client.send("SUB ok.a 1\r\nSUB bad 2\r\nSUB ok.no 3\r\n"
                "SUB ok.> 4\r\nSUB end 5\r\nSUB ok.z 6\r\n")
    link.expect("LS+ ok.a\r\n", "LS+ ok.>\r\n", "LS+ ok.z\r\n")


@scenario
def deny_imports(t):
    """deny_imports keeps interest from the hub and is told to it as deny_pub."""
    _, client, link = linked(t, extra='deny_imports: "no.>"')
    equal(link.connect["deny_pub"], ["no.>"], "deny_pub")
    client.send("SUB no.a 1\r\nSUB yes 2\r\n")
    link.expect("LS+ yes\r\n")


# Messages.

@scenario
def messages_to_the_hub(t):
    """Local messages that the hub is interested in go out as LMSG and HMSG in all forms."""
    _, client, link = linked(t)
    link.send("LS+ plain\r\nLS+ queued g 1\r\n")
    client.wait_interest("queued")
    link.ops_until_pong()
    client.pub("plain", "x")
    client.pub("plain", "x", "r")
    client.pub("queued", "x")
    client.pub("queued", "x", "r")
    client.hpub("plain", HEADERS, "x")
    client.hpub("queued", HEADERS, "x", "r")
    link.expect(lmsg_op("plain", "x"), lmsg_op("plain r", "x"), lmsg_op("queued | g", "x"),
                lmsg_op("queued + r g", "x"))
    link.expect_hmsg("plain", HEADERS, "x")
    link.expect_hmsg("queued + r g", HEADERS, "x")


@scenario
def headers_stripped_for_hub_without(t):
    """A hub without headers gets LMSG with the payload alone."""
    _, client, link = linked(t, headers=False)
    link.add_interest("a")
    client.wait_interest("a")
    link.ops_until_pong()
    client.hpub("a", HEADERS, "x", "r")
    link.expect_lmsg("a r", "x")


@scenario
def messages_from_the_hub(t):
    """LMSG and HMSG reach local clients; groups only if they are listed."""
    _, client, link = linked(t)
    client.send("SUB a 1\r\nSUB a g 2\r\n")
    link.expect_any_order("LS+ a\r\n", "LS+ a g 1\r\n")
    link.lmsg("a", "1")
    link.lmsg("a r", "2")
    client.expect(msg_op("a", 1, "1"), msg_op("a", 1, "2", "r"))
    link.lmsg("a | g", "3")
    client.expect_any_order(msg_op("a", 1, "3"), msg_op("a", 2, "3"))
    link.lmsg("a + r g", "4")
    client.expect_any_order(msg_op("a", 1, "4", "r"), msg_op("a", 2, "4", "r"))
    link.hmsg("a r", HEADERS, "5")
    client.expect_hmsg("a", 1, HEADERS, "5", "r")
    client.expect_nothing()


@scenario
def no_echo_to_the_hub(t):
    """A message of the hub is not sent back to it."""
    _, client, link = linked(t)
    link.add_interest(">")
    client.sub("a", 1)
    link.expect("LS+ a\r\n")
    link.lmsg("a", "x")
    client.expect_msg("a", 1, "x")
    link.expect_nothing()


@scenario
def nothing_the_hub_did_not_ask_for(t):
    """Messages without interest of the hub stay here, also after LS-."""
    _, client, link = linked(t)
    client.pub("a", "x")
    client.flush()
    link.expect_nothing()
    link.add_interest("a")
    client.wait_interest("a")
    link.drop_interest("a")
    client.wait_no_interest("a")
    link.ops_until_pong()
    client.pub("a", "x")
    client.flush()
    link.expect_nothing()


@scenario
def local_members_come_first(t):
    """A group with local members is not served across the link."""
    _, client, link = linked(t)
    link.add_interest("job", "q", 10)
    client.wait_interest("job")
    link.ops_until_pong()
    client.sub("job", 1, "q")
    link.expect("LS+ job q 1\r\n")
    client.send("PUB job 1\r\nx\r\n" * 100)
    equal(len(client.messages()), 100, "messages at the local member")
    link.expect_nothing()


@scenario
def request_over_the_link(t):
    """A local request is answered by the hub, a request of the hub by a local client."""
    _, client, link = linked(t)
    link.add_interest("hub.svc")
    client.wait_interest("hub.svc")
    link.ops_until_pong()
    client.sub("local.svc", 1)
    link.expect("LS+ local.svc\r\n")
    client.sub("inbox", 2)
    client.pub("hub.svc", "?", "inbox")
    link.expect("LS+ inbox\r\n")
    link.expect_lmsg("hub.svc inbox", "?")
    link.lmsg("inbox", "!")
    client.expect_msg("inbox", 2, "!")
    link.add_interest("hub.inbox")
    link.lmsg("local.svc hub.inbox", "??")
    client.expect_msg("local.svc", 1, "??", "hub.inbox")
    client.pub("hub.inbox", "!!")
    link.expect_lmsg("hub.inbox", "!!")


@scenario
def deny_exports(t):
    """deny_exports keeps local messages from the hub."""
    _, client, link = linked(t, extra='deny_exports: ["no.*"]')
    link.add_interest(">")
    client.wait_interest("probe")
    link.ops_until_pong()
    client.pub("no.a", "x")
    client.pub("yes.a", "x")
    link.expect_lmsg("yes.a", "x")


@scenario
def export_permissions_limit_messages(t):
    """Messages that the hub's export does not allow are not sent."""
    _, client, link = linked(t, export={"allow": ["ok.>"], "deny": ["ok.no"]})
    link.add_interest(">")
    client.wait_interest("ok.probe")
    link.ops_until_pong()
    for subject in ("bad", "ok.no", "ok.yes"):
        client.pub(subject, "x")
    link.expect_lmsg("ok.yes", "x")
    link.expect_nothing()


@scenario(differs=dict.fromkeys(("2.9", "2.10"), "delivers it"))
def import_permissions_limit_messages(t):
    """A hub that sends what its own import forbids is not believed."""
    _, client, link = linked(t, **{"import": {"allow": ["ok.>"]}})
    client.send("SUB > 1\r\nSUB ok.a 2\r\n")
    link.expect_any_order("LS+ >\r\n", "LS+ ok.a\r\n")
    link.lmsg("bad", "x")
    link.lmsg("ok.a", "y")
    client.expect_any_order(msg_op("ok.a", 1, "y"), msg_op("ok.a", 2, "y"))


@scenario
def remote_and_listener_in_one(t):
    """A server in the middle passes interest up, down, and messages through."""
    hub = t.hub()
    server = t.server('server_name: "mid"\n' + leafnodes(hub.url(), listen=True))
    link = t.accept(hub).welcome()
    leaf = t.leaf(server, name="below")
    leaf.add_interest("from.below")
    link.expect("LS+ from.below\r\n")
    link.add_interest("from.above")
    leaf.expect("LS+ from.above\r\n")
    link.lmsg("from.below r", "down")
    leaf.expect_lmsg("from.below r", "down")
    leaf.lmsg("from.above", "up")
    link.expect_lmsg("from.above", "up")
    leaf.drop_interest("from.below")
    link.expect("LS- from.below\r\n")
