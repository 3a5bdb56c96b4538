# SPDX-License-Identifier: Apache-2.0
#
# Whole servers linked with compression in all its modes: whatever the two agree on, the link comes
# up and carries the same bytes. Modes are those of nats-server; 2.9 knows none, and a newer server
# stays plain with it.

from harness import Skip, check, pairing, scenario
from harness.client import msg_op
from harness.registry import Pair

from .topology import Link, serve

MODES = ("off", "accept", "s2_auto", "s2_fast", "s2_best", "not supported")
TEXT = b'{"id":"pump-17","temp":20.5,"state":"running"},' * 4000
# What no level gets smaller.
NOISE = bytes((i * i * 2654435761 >> 13) & 0xff for i in range(70_000))


def configured(generation, mode):
    return "" if generation == "2.9" else f'compression: "{mode}"'


def carries_both_ways(link):
    at_hub, at_leaf = link.clients()
    serve(at_hub, "up")
    serve(at_leaf, "down")
    at_leaf.wait_interest("up")
    at_hub.wait_interest("down")
    for sender, receiver, subject in ((at_leaf, at_hub, "up"), (at_hub, at_leaf, "down")):
        for payload in (b"", b"x", TEXT, NOISE):
            sender.pub(subject, payload)
            receiver.expect_msg(subject, 1, payload)
        sender.send(*(f"PUB {subject} {len(str(i))}\r\n{i}\r\n" for i in range(500)))
        receiver.expect(*(msg_op(subject, 1, str(i)) for i in range(500)))


def _mode_pair(hub_mode, leaf_mode):
    def scenario(t, pair):
        if "2.9" == pair.hub_generation == pair.leaf_generation:
            raise Skip("2.9 knows no compression")
        carries_both_ways(Link(t, pair, hub_leafnodes=configured(pair.hub_generation, hub_mode),
                               extra=configured(pair.leaf_generation, leaf_mode)))
    scenario.__name__ = f"hub_{hub_mode}_leaf_{leaf_mode}".replace(" ", "_")
    scenario.__doc__ = f"A hub with {hub_mode} and a leaf with {leaf_mode} carry the same bytes."
    return scenario


# Each mode on each side, with one that compresses and one that leaves it to the other.
for _mode in MODES:
    pairing(_mode_pair(_mode, "s2_fast"))
    if _mode != "s2_fast":
        pairing(_mode_pair("s2_fast", _mode))
pairing(_mode_pair("accept", "accept"))
pairing(_mode_pair("s2_auto", "accept"))
pairing(_mode_pair("s2_auto", "s2_auto"))


@pairing
def zstd_where_both_can(t, pair):
    """A server of ours that wants zstd gets it from another of ours, and S2 with a nats-server."""
    def own(generation, mode):
        return configured(generation, "s2_fast" if generation else mode)

    for hub_mode, leaf_mode in (("zstd", "zstd"), ("accept", "zstd"), ("zstd", "accept")):
        carries_both_ways(Link(t, pair, hub_leafnodes=own(pair.hub_generation, hub_mode),
                               extra=own(pair.leaf_generation, leaf_mode)))


@scenario
def zstd_with_a_dictionary(t):
    """Two servers of ours with the same dictionary, or different ones, carry the same bytes."""
    if t.options.generation:
        raise Skip("zstd is ours alone")
    words = t.write("words", TEXT[:2000].decode())
    others = t.write("others", "other words " * 100)
    hub_side = f'compression: {{ mode: zstd, dictionary: "{words}" }}'
    for path in (words, others):
        link = Link(t, Pair(None, None, "", ""), hub_leafnodes=hub_side,
                    extra=f'compression: {{ mode: zstd, window_log: 12, dictionary: "{path}" }}')
        carries_both_ways(link)
        if path == others:
            link.hub.wait_log("dictionaries for zstd differ")


@pairing
def late_traffic(t, pair):
    """A link that has been compressed for a while still switches nothing: thousands of flushes."""
    if "2.9" in (pair.hub_generation, pair.leaf_generation):
        raise Skip("2.9 knows no compression")
    link = Link(t, pair, hub_leafnodes="compression: s2_fast", extra="compression: s2_best")
    at_hub, at_leaf = link.clients()
    serve(at_hub, "up")
    at_leaf.wait_interest("up")
    for i in range(1000):
        at_leaf.pub("up", f'{{"seq":{i},"temp":20.5}}')
        at_hub.expect_msg("up", 1, f'{{"seq":{i},"temp":20.5}}')
    check(not link.hub.log_texts("ERR"), "errors at the hub")
