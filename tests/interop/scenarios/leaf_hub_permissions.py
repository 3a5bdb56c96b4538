# SPDX-License-Identifier: Apache-2.0
#
# The server under test as hub: what the permissions of a leaf's user, the leaf's own wishes and the
# separation of JetStream let through a link.
#
#   seen on the real servers   2.9                     newest
#   publish permissions        not asked of LMSG       asked; a violation ends the link

from harness import equal, scenario
from harness.leaf import lmsg_op

from .leaf_hub import hub
from .leaf_hub_messages import joined

PERMITTED = """authorization { users = [
  { user: l, password: l, permissions: {
      publish: { allow: "up.>", deny: "up.no" }, subscribe: { allow: ["down.>", "job q"] } } }
  { user: root, password: root } ] }\n"""


def permitted(t):
    server = hub(t, config=PERMITTED)
    client = t.client(server, user="root", **{"pass": "root"})
    leaf = t.leaf(server, user="l", **{"pass": "l"})
    return client, leaf


@scenario
def permissions_in_info(t):
    """The answer to CONNECT carries the user's permissions as import and export."""
    _, leaf = permitted(t)
    info = leaf.accepted
    equal(sorted(info["import"]["allow"]), ["down.>", "job q"], "import.allow")
    equal((info["export"]["allow"], info["export"]["deny"]), (["up.>"], ["up.no"]), "export")


@scenario
def permitted_interest(t):
    """The hub does not list interest that the leaf may not publish to."""
    client, leaf = permitted(t)
    client.send("SUB up.a 1\r\nSUB other 2\r\nSUB up.> 3\r\nSUB end 4\r\nSUB up.z 5\r\n")
    leaf.expect("LS+ up.a\r\n", "LS+ up.>\r\n", "LS+ up.z\r\n")


@scenario
def forbidden_literal_interest(t):
    """Literal interest that the user may not subscribe to ends the link."""
    _, leaf = permitted(t)
    leaf.add_interest("down.ok")
    leaf.expect_nothing()
    leaf.add_interest("secret")
    leaf.expect_error_and_close('Permissions Violation for Subscription to "secret"')


@scenario
def wildcard_interest_is_filtered(t):
    """Wildcard interest beyond the permissions is taken and filtered message by message."""
    client, leaf = permitted(t)
    leaf.add_interest(">")
    leaf.ops_until_pong()
    for subject in ("down.a", "secret", "down.b.c", "up.a"):
        client.pub(subject, "x")
    leaf.expect(lmsg_op("down.a", "x"), lmsg_op("down.b.c", "x"))
    leaf.expect_nothing()


@scenario(differs=dict.fromkeys(("2.9", "2.10"), "accepts it"))
def forbidden_message(t):
    """A message that the user may not publish ends the link and is not delivered."""
    client, leaf = permitted(t)
    for sid, subject in enumerate(("up.a", "up.no", "end"), 1):
        client.sub(subject, sid)
    client.flush()
    leaf.ops_until_pong()
    leaf.lmsg("up.a", "fine")
    client.expect_msg("up.a", 1, "fine")
    leaf.lmsg("up.no", "bad")
    leaf.expect_error_and_close('Permissions Violation for Publish to "up.no"')
    client.pub("end", "x")
    client.expect_msg("end", 3, "x")


@scenario
def deny_pub_of_the_leaf(t):
    """deny_pub in CONNECT keeps those subjects from being sent to the leaf."""
    server = hub(t)
    client, leaf = t.client(server), t.leaf(server, deny_pub=["no.>"])
    leaf.add_interest(">")
    leaf.ops_until_pong()
    client.pub("no.a", "x")
    client.pub("yes.a", "x")
    leaf.expect_lmsg("yes.a", "x")


@scenario
def jetstream_subjects_are_not_sent(t):
    """$JS.API and its kin never cross a link of an ordinary account."""
    _, client, leaf = joined(t, ">")
    for subject in ("$JS.API.INFO", "$KV.a.b", "$OBJ.x"):
        client.pub(subject, "x")
    client.pub("$JS.other", "x")
    leaf.expect_lmsg("$JS.other", "x")
