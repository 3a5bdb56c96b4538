# SPDX-License-Identifier: Apache-2.0
#
# account_mappings of a remote: subjects that have other names at the hub. The hub, a real
# nats-server of any generation, knows nothing of it; the leaf has to be the server under test, as
# nats-server has no such key.
#
#   nats-server as leaf: "unknown field "account_mappings"", and does not start

from harness import Skip, leafnodes, pairing, remote, scenario

from .config import refused
from .leaf_config import block
from .topology import LINK_UP, Link, serve

REAL = ("2.9", "2.10", "2.15")
UNKNOWN = dict.fromkeys(REAL, "has no account_mappings")

# As a topology guide writes it.
SITE_A = """account_mappings: {
    events: {
        to: "site-a.events"
    }
    metrics: {
        to: "site-a.metrics"
    }
}
"""


def site_a(t, pair, **more):
    """A client at the hub and one at a leaf that renames."""
    if pair.leaf_program != t.options.server or pair.leaf_generation in REAL:
        raise Skip("nats-server has no account_mappings")
    more["extra"] = SITE_A + more.get("extra", "")
    return Link(t, pair, **more)


@pairing
def messages_cross_renamed(t, pair):
    """What leaves under `events.` arrives as `site-a.events.`, and the other way round."""
    at_hub, at_leaf = site_a(t, pair).clients()
    serve(at_hub, "site-a.>")
    serve(at_leaf, "events.>", 1)
    serve(at_leaf, "metrics.*", 2)
    at_leaf.wait_interest("events.x")
    at_hub.wait_interest("site-a.events.x")
    at_hub.wait_interest("site-a.metrics.x")
    for i in range(100):
        at_leaf.pub(f"metrics.{i}", f"up {i}")
    for i in range(100):
        at_leaf.expect_msg(f"metrics.{i}", 2, f"up {i}")
        at_hub.expect_msg(f"site-a.metrics.{i}", 1, f"up {i}")
    for i in range(100):
        at_hub.pub(f"site-a.events.{i}.x", f"down {i}")
    for i in range(100):
        at_hub.expect_msg(f"site-a.events.{i}.x", 1, f"down {i}")
        at_leaf.expect_msg(f"events.{i}.x", 1, f"down {i}")


@pairing
def other_subjects_keep_their_names(t, pair):
    """Subjects under none of the prefixes cross as they are."""
    at_hub, at_leaf = site_a(t, pair).clients()
    serve(at_hub, "eventful.>")
    serve(at_leaf, "plain", 1)
    at_leaf.wait_interest("eventful.x")
    at_hub.wait_interest("plain")
    at_leaf.pub("eventful.x", "up")
    at_hub.expect_msg("eventful.x", 1, "up")
    at_hub.pub("plain", "down")
    at_leaf.expect_msg("plain", 1, "down")


@pairing
def requests_and_replies(t, pair):
    """A request and its reply subject are renamed each by its own rule, in both directions."""
    at_hub, at_leaf = site_a(t, pair).clients()
    serve(at_hub, "site-a.events.service", 1)
    serve(at_leaf, "events.local", 1)
    at_leaf.wait_interest("events.service")
    at_hub.wait_interest("site-a.events.local")
    serve(at_leaf, "metrics.answer", 2)
    serve(at_leaf, "_INBOX.leaf", 3)
    at_hub.wait_interest("site-a.metrics.answer")
    at_hub.wait_interest("_INBOX.leaf")
    for reply, there, sid in (("metrics.answer", "site-a.metrics.answer", 2),
                              ("_INBOX.leaf", "_INBOX.leaf", 3)):
        at_leaf.pub("events.service", "?", reply)
        at_hub.expect_msg("site-a.events.service", 1, "?", there)
        at_hub.pub(there, "!")
        at_leaf.expect_msg(reply, sid, "!")
    serve(at_hub, "site-a.metrics.mine", 4)
    at_leaf.wait_interest("metrics.mine")
    at_hub.pub("site-a.events.local", "?", "site-a.metrics.mine")
    at_leaf.expect_msg("events.local", 1, "?", "metrics.mine")
    at_leaf.pub("metrics.mine", "!")
    at_hub.expect_msg("site-a.metrics.mine", 4, "!")


@pairing
def names_belong_to_one_side(t, pair):
    """The hub's own `events.` is not taken for the leaf's, nor the leaf's own `site-a.events.`."""
    at_hub, at_leaf = site_a(t, pair).clients()
    serve(at_hub, ">")
    serve(at_leaf, ">")
    at_leaf.wait_interest("canary")
    at_hub.wait_interest("canary")
    at_hub.pub("events.x", "hub's")
    at_hub.expect_msg("events.x", 1, "hub's")
    at_hub.pub("site-a.events.x", "for the leaf")
    at_hub.expect_msg("site-a.events.x", 1, "for the leaf")
    at_leaf.expect_msg("events.x", 1, "for the leaf")
    at_leaf.pub("site-a.events.y", "stays")
    at_leaf.expect_msg("site-a.events.y", 1, "stays")
    at_leaf.pub("events.y", "goes")
    at_leaf.expect_msg("events.y", 1, "goes")
    at_hub.expect_msg("site-a.events.y", 1, "goes")


@pairing
def wildcard_interest(t, pair):
    """Interest in `*.x` is interest in both names; when it ends, both end."""
    at_hub, at_leaf = site_a(t, pair).clients()
    serve(at_leaf, "*.x")
    at_hub.wait_interest("site-a.events.x")
    at_hub.wait_interest("other.x")
    at_hub.pub("site-a.events.x", "renamed")
    at_leaf.expect_msg("events.x", 1, "renamed")
    at_hub.pub("other.x", "as it is")
    at_leaf.expect_msg("other.x", 1, "as it is")
    at_leaf.unsub(1)
    at_leaf.flush()
    at_hub.wait_no_interest("site-a.events.x")
    at_hub.wait_no_interest("other.x")


@pairing
def queue_groups(t, pair):
    """Of a queue group with members on both sides one gets each message, whatever it is called."""
    at_hub, at_leaf = site_a(t, pair).clients()
    serve(at_leaf, "events.job", 1, "workers")
    at_hub.wait_interest("site-a.events.job")
    at_hub.pub("site-a.events.job", "one")
    at_leaf.expect_msg("events.job", 1, "one")
    at_leaf.unsub(1)
    at_leaf.flush()
    at_hub.wait_no_interest("site-a.events.job")
    serve(at_hub, "site-a.events.job", 1, "workers")
    at_leaf.wait_interest("events.job")
    at_leaf.pub("events.job", "two")
    at_hub.expect_msg("site-a.events.job", 1, "two")


@pairing
def denies_and_permissions(t, pair):
    """Deny lists hold the leaf's names, the permissions of its user the hub's."""
    at_hub, at_leaf = site_a(
        t, pair, userinfo="edge:pw",
        extra='deny_exports: "events.private"\n deny_imports: "events.junk"\n',
        hub_config="""authorization { users = [
            { user: edge, password: pw, permissions: {
                publish: { deny: "site-a.events.secret" },
                subscribe: { deny: "site-a.events.hidden" } } }
            { user: c, password: c } ] }\n""").clients(hub={"user": "c", "pass": "c"})
    serve(at_hub, "site-a.events.*")
    serve(at_leaf, "events.*")
    at_leaf.wait_interest("events.open")
    at_hub.wait_interest("site-a.events.open")
    for subject in ("events.private", "events.secret", "events.open"):
        at_leaf.pub(subject, "up")
        at_leaf.expect_msg(subject, 1, "up")
    at_hub.expect_msg("site-a.events.open", 1, "up")
    for subject in ("site-a.events.junk", "site-a.events.hidden", "site-a.events.open"):
        at_hub.pub(subject, "down")
        at_hub.expect_msg(subject, 1, "down")
    at_leaf.expect_msg("events.open", 1, "down")


@pairing
def two_sites(t, pair):
    """Two sites with the same names meet at the hub under different ones."""
    link = site_a(t, pair)
    other = SITE_A.replace("site-a", "site-b")
    leaf_b = t.server('server_name: "leaf-b"\n'
                      + leafnodes(remote(link.hub.leaf_url(), extra=other)))
    leaf_b.wait_log(LINK_UP)
    at_hub, at_a = link.clients()
    at_b = t.client(leaf_b, name="at b")
    serve(at_a, "events.>")
    serve(at_b, "events.>", 1)
    serve(at_b, "site-a.events.>", 2)
    at_hub.wait_interest("site-a.events.x")
    at_hub.wait_interest("site-b.events.x")
    at_hub.pub("site-b.events.x", "for b")
    at_b.expect_msg("events.x", 1, "for b")
    at_a.pub("events.y", "of a")
    at_a.expect_msg("events.y", 1, "of a")
    at_b.expect_msg("site-a.events.y", 2, "of a")


@scenario(differs=UNKNOWN)
def mistakes_have_a_place(t):
    """Entries that are no prefixes or make names ambiguous are refused with file, line, column."""
    def told(entries, words):
        refused(t, block('remotes=[{url:"nats://h", account_mappings: {\n' + entries + "\n}}]"),
                words)
    told("  a: x\n  a.b: { to: y }",
         r'bad\.conf:5:3: it is ambiguous to rename both "a" and "a\.b"')
    told('  "a.>": x', r'bad\.conf:4:3: "a\.>" is not a prefix of subjects')
    told("  a: { too: x }", r'bad\.conf:4:8: unknown field "too"')
    told("  a: 1", r'bad\.conf:4:3: "a" must be a map such as')
