# SPDX-License-Identifier: Apache-2.0
#
# The server under test as hub, a raw leaf against it: interest in both directions, its counts and
# weights, how it travels to other leafs, loops and duplicates.
#
#   seen on the real servers      2.9                         newest
#   control line over 64 KiB      accepted                    maximum control line exceeded
#   weight of another leaf        told as 1                   told as it is
#   duplicate test                name and cluster            and the leaf's local account

import re

from harness import check, equal, error, scenario

from .leaf_hub import UNKNOWN, hub

LOOP = 'Loop detected for leafnode account="$G". Delaying attempt to reconnect for 30s'


# Interest from the hub.

@scenario
def first_interest_list(t):
    """What clients of the hub subscribe to is listed once, groups with their weight."""
    server = hub(t)
    client, other = t.client(server), t.client(server)
    client.send("SUB plain 1\r\nSUB plain 2\r\nSUB wild.* 3\r\nSUB all.> 4\r\n"
                "SUB job q1 5\r\nSUB job q1 6\r\nSUB job q2 7\r\n")
    client.flush()
    other.send("SUB plain 1\r\nSUB job q1 2\r\n")
    other.flush()
    equal(sorted(t.leaf(server).interest), [
        "LS+ all.>", "LS+ job q1 3", "LS+ job q2 1", "LS+ plain", "LS+ wild.*"], "interest")


@scenario
def interest_counts(t):
    """LS+ for the first plain subscription to a subject, LS- after the last, nothing between."""
    server = hub(t)
    leaf, client = t.leaf(server), t.client(server)
    client.sub("a", 1)
    leaf.expect("LS+ a\r\n")
    client.send("SUB a 2\r\nUNSUB 1\r\nSUB b 3\r\n")
    leaf.expect("LS+ b\r\n")
    client.send("UNSUB 2\r\nUNSUB 3\r\n")
    leaf.expect("LS- a\r\nLS- b\r\n")


@scenario
def queue_weights(t):
    """Each change of a group's size is told as LS+ with the new weight, its end as LS-."""
    server = hub(t)
    leaf, client = t.leaf(server), t.client(server)
    client.sub("job", 1, "q")
    leaf.expect("LS+ job q 1\r\n")
    client.sub("job", 2, "q")
    leaf.expect("LS+ job q 2\r\n")
    client.sub("job", 3, "other")
    leaf.expect("LS+ job other 1\r\n")
    client.unsub(1)
    leaf.expect("LS+ job q 1\r\n")
    client.unsub(2)
    leaf.expect("LS- job q\r\n")
    client.unsub(3)
    leaf.expect("LS- job other\r\n")


@scenario
def interest_ends_with_the_client(t):
    """When a client goes, its interest is withdrawn from the leafs."""
    server = hub(t)
    leaf, client = t.leaf(server), t.client(server)
    client.send("SUB a 1\r\nSUB b q 2\r\n")
    leaf.expect_any_order("LS+ a\r\n", "LS+ b q 1\r\n")
    client.close()
    leaf.expect_any_order("LS- a\r\n", "LS- b q\r\n")


@scenario
def auto_unsub_withdraws_interest(t):
    """A subscription that ends by its maximum withdraws its interest."""
    server = hub(t)
    leaf, client = t.leaf(server), t.client(server)
    client.send("SUB a 1\r\nUNSUB 1 1\r\n")
    leaf.expect("LS+ a\r\n")
    leaf.lmsg("a", "x")
    client.expect_msg("a", 1, "x")
    leaf.expect("LS- a\r\n")


@scenario(differs={"2.9": "passes a weight on as 1"})
def interest_of_one_leaf_reaches_the_others(t):
    """A hub tells each leaf the interest of the others, never a leaf its own."""
    server = hub(t)
    first, second = t.leaf(server, name="first"), t.leaf(server, name="second")
    first.add_interest("from.first")
    second.expect("LS+ from.first\r\n")
    second.add_interest("from.second", "q", 3)
    first.expect("LS+ from.second q 3\r\n")
    first.drop_interest("from.first")
    second.expect("LS- from.first\r\n")
    second.drop_interest("from.second", "q")
    first.expect("LS- from.second q\r\n")
    first.expect_nothing()
    second.expect_nothing()


@scenario
def interest_ends_with_the_leaf(t):
    """When a leaf goes, its interest is withdrawn everywhere."""
    server = hub(t)
    first, second = t.leaf(server, name="first"), t.leaf(server, name="second")
    asker = t.client(server)
    first.add_interest("a")
    second.expect("LS+ a\r\n")
    first.close()
    second.expect("LS- a\r\n")
    asker.sub("inbox", 1)
    asker.pub("a", "?", "inbox")
    check(asker.op().startswith(b"HMSG inbox 1 "), "no 503 after the leaf has gone")


@scenario
def leafs_of_one_cluster(t):
    """Leafs of the same cluster are not told each other's interest."""
    server = hub(t)
    first = t.leaf(server, name="first", cluster="same")
    second = t.leaf(server, name="second", cluster="same")
    third = t.leaf(server, name="third", cluster="other")
    first.add_interest("a")
    third.expect("LS+ a\r\n")
    second.expect_nothing()


@scenario(differs={"2.9": "passes a weight on as 1"})
def weights_add_up_over_leafs(t):
    """The weight told to a leaf counts the members of clients and of the other leafs."""
    server = hub(t)
    first, second = t.leaf(server, name="first"), t.leaf(server, name="second")
    client = t.client(server)
    first.add_interest("job", "q", 4)
    second.expect("LS+ job q 4\r\n")
    client.sub("job", 1, "q")
    second.expect("LS+ job q 5\r\n")
    first.expect("LS+ job q 1\r\n")
    first.add_interest("job", "q", 2)
    second.expect("LS+ job q 3\r\n")


# Interest to the hub.

@scenario
def interest_verb_errors(t):
    """LS+ with two or more than three words, LS- and LS+ without any: the link ends."""
    server = hub(t)
    for line, text in (("LS+ foo q\r\n", None), ("LS+ foo q 1 2\r\n", None),
                       ("LS+\r\n", UNKNOWN), ("LS-\r\n", UNKNOWN)):
        leaf = t.leaf(server)
        leaf.send_may_fail(line)
        leaf.expect_error_and_close(text) if text else leaf.expect_closed()


@scenario
def invalid_subscription(t):
    """LS+ with a malformed subject is told, the link stays."""
    leaf = t.leaf(hub(t))
    for subject in ("a..b", "foo.", ".a", "a.>.b"):
        leaf.add_interest(subject)
        leaf.expect_error("Invalid Subscription")
    leaf.expect_nothing()


@scenario
def harmless_interest(t):
    """Repeated LS+, LS- of what was never there, weight 0 and blanks are no errors."""
    leaf = t.leaf(hub(t))
    leaf.send("LS+ a\r\nLS+ a\r\nLS- a\r\nLS- a\r\nLS- b q\r\nLS+ c q 0\r\nls+ d\r\n"
              "LS+\te\tq \t2 \r\nLS-  e  q\r\n")
    leaf.expect_nothing()


@scenario
def max_subscriptions_of_leafs(t):
    """Beyond max_subscriptions LS+ is refused, the link stays."""
    leaf = t.leaf(hub(t, config="max_subscriptions: 2\n"))
    leaf.send("LS+ a\r\nLS+ b\r\nLS+ c\r\n")
    leaf.expect_error("maximum subscriptions exceeded")
    leaf.expect_nothing()


@scenario
def jetstream_interest_is_refused(t):
    """Literal interest in JetStream's API ends the link, a wildcard over it does not."""
    server = hub(t)
    for subject in ("$JS.API.x", "$KV.bucket.key", "$OBJ.x.y"):
        leaf = t.leaf(server)
        leaf.add_interest(subject)
        leaf.expect_error_and_close(f'Permissions Violation for Subscription to "{subject}"')
    leaf = t.leaf(server)
    leaf.send("LS+ $JS.API.>\r\nLS+ >\r\n")
    leaf.expect_nothing()


@scenario
def long_interest(t):
    """A leaf's control line may be 16 times the limit of clients."""
    leaf = t.leaf(hub(t))
    leaf.add_interest("s" * 60000)
    leaf.expect_nothing()


@scenario(differs=dict.fromkeys(("2.9", "2.10"), "has no such limit"))
def too_long_interest(t):
    """A control line beyond 64 KiB ends the link."""
    leaf = t.leaf(hub(t))
    leaf.send_may_fail("LS+ " + "s" * 70000 + "\r\n")
    leaf.expect_error_and_close("maximum control line exceeded")


# Loops and duplicates.

@scenario
def own_loop_subject_is_announced(t):
    """The hub announces one $LDS subject to every leaf, alike but for the end that may tell links
    apart."""
    server = hub(t)
    subjects = []
    for name in ("first", "second"):
        leaf = t.raw_leaf(server, name)
        leaf.shows_internal = True
        leaf.join()
        subjects += [line for line in leaf.interest if line.startswith("LS+ $LDS.")]
    equal(len(subjects), 2, "announcements")
    equal(subjects[0][:-4], subjects[1][:-4], "loop subject")
    check(re.fullmatch(r"LS\+ \$LDS\.[A-Za-z0-9]{22}", subjects[0]), f"form of {subjects[0]}")


@scenario
def loop_is_detected(t):
    """A leaf that announces the hub's own $LDS subject is in a loop: told and closed."""
    server = hub(t)
    leaf = t.raw_leaf(server)
    leaf.shows_internal = True
    leaf.join()
    own = next(line for line in leaf.interest if line.startswith("LS+ $LDS."))
    leaf.send(own + "\r\n")
    leaf.expect_error_and_close(LOOP)


@scenario
def foreign_loop_subject_travels_on(t):
    """The $LDS subject of one leaf is announced to the others like interest."""
    server = hub(t)
    first, second = t.leaf(server, name="first"), t.leaf(server, name="second")
    second.shows_internal = True
    first.add_interest("$LDS.AAAAAAAAAAAAAAAAAAAAAA")
    second.expect("LS+ $LDS.AAAAAAAAAAAAAAAAAAAAAA\r\n")


@scenario
def loop_told_by_the_leaf(t):
    """A leaf that reports a loop is closed by the hub; other -ERR texts are only logged."""
    server = hub(t)
    leaf = t.leaf(server)
    leaf.send(error("some trouble"))
    leaf.expect_nothing()
    leaf.send(error(LOOP))
    leaf.expect_closed()


@scenario
def duplicate_evicts_the_old_link(t):
    """A second link of the same name, cluster and account replaces the first."""
    server = hub(t)
    fields = {"name": "twin", "cluster": "c", "remote_account": "$G"}
    old = t.leaf(server, **fields)
    new = t.leaf(server, **fields)
    old.expect_error_and_close("Duplicate Remote LeafNode Connection")
    new.expect_nothing()


@scenario(differs={"2.9": "does not look at the local account"})
def not_duplicates(t):
    """Links that differ in name, cluster, or local account live side by side."""
    server = hub(t)
    links = [t.leaf(server, name="a", cluster="c", remote_account="$G"),
             t.leaf(server, name="b", cluster="c", remote_account="$G"),
             t.leaf(server, name="a", cluster="d", remote_account="$G"),
             t.leaf(server, name="a", cluster="c", remote_account="OTHER")]
    for link in links:
        link.ops_until_pong()


@scenario
def unnamed_links_are_no_duplicates(t):
    """Without a name the duplicate test does not apply."""
    server = hub(t)
    first = t.leaf(server, name="", cluster="c", remote_account="$G")
    second = t.leaf(server, name="", cluster="c", remote_account="$G")
    first.ops_until_pong()
    second.ops_until_pong()
