# SPDX-License-Identifier: Apache-2.0
#
# Leaf links of whole servers under TLS, in every pairing: what is configured alike works alike,
# and what does not fit does not come up.
#
#   seen on the real servers      2.9             2.10              newest
#   handshake_first               unknown         true, false       also auto and a duration

from harness import Skip, check, leafnodes, pairing, remote
from harness.certificates import Authority

from .compression_links import carries_both_ways
from .topology import Link


def linked(t, pair, hub_tls, leaf_tls):
    """Both are what stands in tls { }."""
    return Link(t, pair, hub_leafnodes=f"tls {{ {hub_tls} }}", extra=f"tls {{ {leaf_tls} }}")


@pairing
def verified_hub(t, pair):
    """A leaf that trusts the hub's authority: messages pass both ways."""
    ca = Authority(t.folder)
    carries_both_ways(linked(t, pair, ca.issue("hub"), f'ca_file: "{ca.file}"'))


@pairing
def mutual(t, pair):
    """The hub asks for the leaf's certificate."""
    ca = Authority(t.folder)
    trust = f'ca_file: "{ca.file}"'
    carries_both_ways(linked(t, pair, f"{ca.issue('hub')}, {trust}, verify: true",
                             f"{ca.issue('leaf')}, {trust}"))


@pairing
def tls_1_3_only(t, pair):
    """min_version 1.3 at the leaf, or at the hub where it knows the key."""
    ca = Authority(t.folder)
    leaf_tls = f'ca_file: "{ca.file}"'
    hub_tls = ca.issue("hub")
    if pair.hub_generation == "latest":
        hub_tls += ', min_version: "1.3"'
    elif pair.leaf_generation == "latest":
        leaf_tls += ', min_version: "1.3"'
    carries_both_ways(linked(t, pair, hub_tls, leaf_tls))


@pairing
def one_old_cipher_suite(t, pair):
    """A list of cipher suites on both sides is for TLS 1.2 and does no harm to 1.3."""
    ca = Authority(t.folder)
    suites = ('cipher_suites: ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"], '
              'curve_preferences: ["CurveP384"]')
    carries_both_ways(linked(t, pair, f"{ca.issue('hub')}, {suites}",
                             f'ca_file: "{ca.file}", {suites}'))


@pairing
def handshake_first(t, pair):
    """TLS before INFO, on both sides."""
    if "2.9" in (pair.hub_generation, pair.leaf_generation):
        raise Skip("2.9 does not know handshake_first")
    ca = Authority(t.folder)
    carries_both_ways(linked(t, pair, f"{ca.issue('hub')}, handshake_first: true",
                             f'ca_file: "{ca.file}", handshake_first: true'))


@pairing
def handshake_first_auto(t, pair):
    """A hub with auto serves a leaf of either kind."""
    if pair.hub_generation in ("2.9", "2.10"):
        raise Skip("the hub does not know auto on leaf links")
    ca = Authority(t.folder)
    hub_tls = f"{ca.issue('hub')}, handshake_first: auto"
    carries_both_ways(linked(t, pair, hub_tls, f'ca_file: "{ca.file}"'))
    if pair.leaf_generation != "2.9":
        carries_both_ways(linked(t, pair, hub_tls,
                                 f'ca_file: "{ca.file}", handshake_first: true'))


@pairing
def insecure(t, pair):
    """insecure: any certificate, for any name."""
    ca = Authority(t.folder)
    carries_both_ways(linked(t, pair, ca.issue("hub", names="DNS:elsewhere"), "insecure: true"))


def dialled(t, pair, hub_tls, leaf_tls):
    """The hub, and the leaf that dials it; whether the link comes up is not waited for."""
    hub = t.server(leafnodes(listen=True, extra=f"tls {{ {hub_tls} }}"), program=pair.hub_program)
    entry = remote(hub.leaf_url(), extra=f"tls {{ {leaf_tls} }}")
    return hub, t.server(leafnodes(entry), program=pair.leaf_program)


def refused(t, pair, hub_tls, leaf_tls):
    hub, leaf = dialled(t, pair, hub_tls, leaf_tls)
    leaf.wait_log(r"(?i)tls.*(error|mismatch|failure)|no INFO|Read Error|certificate")
    check(not [line for line in hub.log_texts() if "Connection created for account" in line],
          "the link came up")


@pairing
def wrong_authority(t, pair):
    """A leaf that trusts another authority does not come up."""
    ca, other = Authority(t.folder), Authority(t.folder, "other")
    refused(t, pair, ca.issue("hub"), f'ca_file: "{other.file}"')


@pairing
def wrong_name(t, pair):
    """A certificate for another host does not do."""
    ca = Authority(t.folder)
    refused(t, pair, ca.issue("hub", names="DNS:elsewhere"), f'ca_file: "{ca.file}"')


@pairing
def expired(t, pair):
    """An expired certificate does not do."""
    ca = Authority(t.folder)
    refused(t, pair, ca.issue("hub", days="-1"), f'ca_file: "{ca.file}"')


@pairing
def missing_certificate(t, pair):
    """A hub that verifies refuses a leaf without a certificate."""
    ca = Authority(t.folder)
    hub, _ = dialled(t, pair, f'{ca.issue("hub")}, ca_file: "{ca.file}", verify: true',
                     f'ca_file: "{ca.file}"')
    hub.wait_log(r"(?i)tls.*certificate")


@pairing
def tls_first_at_the_leaf_only(t, pair):
    """The leaf speaks TLS at once, the hub sends INFO: neither takes the other."""
    if pair.leaf_generation == "2.9":
        raise Skip("2.9 does not know handshake_first")
    ca = Authority(t.folder)
    refused(t, pair, ca.issue("hub"), f'ca_file: "{ca.file}", handshake_first: true')


@pairing
def tls_first_at_the_hub_only(t, pair):
    """The hub waits for TLS, the leaf for INFO."""
    if pair.hub_generation == "2.9":
        raise Skip("2.9 does not know handshake_first")
    ca = Authority(t.folder)
    refused(t, pair, f'{ca.issue("hub")}, handshake_first: true', f'ca_file: "{ca.file}"')


@pairing
def pinned(t, pair):
    """Pins of leafnodes { tls { } } at the hub: the leaf's key must be among them."""
    ca = Authority(t.folder)
    leaf = ca.issue("leaf")
    trust = f'ca_file: "{ca.file}"'
    hub = f"{ca.issue('hub')}, {trust}, verify: true"
    carries_both_ways(linked(t, pair, f'{hub}, pinned_certs: ["{ca.pin("leaf").upper()}"]',
                             f"{leaf}, {trust}"))
    strict, _ = dialled(t, pair, f'{hub}, pinned_certs: ["{"0" * 64}"]', f"{leaf}, {trust}")
    strict.wait_log(r"(?i)tls.*(pinned|not among)")
