# SPDX-License-Identifier: Apache-2.0
#
# The secure configurations of the published leaf node topology guide, as they are written there: a
# hub with the accounts US_WEST, EU and SYS whose leaf listener verifies certificates and has a
# list of users, and a leaf with credentials, TLS and a local account. Only what cannot stay is put
# in its place: ports, file paths, host names, the hashes (the guide's are no hashes), and the
# cluster, which needs the other hubs.

import json

from harness import check, leafnodes, pairing, remote
from harness.accounts import subscribed
from harness.certificates import Authority
from harness.client import Message
from harness.operator import World, account, user

LINK_UP = r"Leafnode connection created"
HASHES = {  # bcrypt, as the tools write them
    "admin-pass": "$2a$04$abcdefghijklmnopqrstuu2.f9TIof4OTYICPJeVCnXlX91Vo31/G",
    "west-pass": "$2a$04$abcdefghijklmnopqrstuur1k3qwKX1VUoemIwA92VcIqI0QvjkdG",
    "eu-pass": "$2a$04$abcdefghijklmnopqrstuuxsMwulvioSGXaK.UuEA68mR4JmWe71a",
}

HUB = """
server_name: hub-secure-1

# Define accounts for isolation
accounts {
    # System account for server management
    SYS: {
        users: [
            { user: admin, password: %(admin-pass)s }
        ]
    }

    # Account for US-West region leaf nodes
    US_WEST: {
        users: [
            { user: us_west_leaf, password: %(west-pass)s }
        ]

        # Export subjects that leaf nodes can subscribe to
        exports: [
            { stream: "events.>" }
            { service: "api.>" }
        ]

        # Import subjects from other accounts
        imports: [
            { stream: { account: EU, subject: "eu.events.>" } }
        ]
    }

    # Account for EU region leaf nodes
    EU: {
        users: [
            { user: eu_leaf, password: %(eu-pass)s }
        ]

        exports: [
            { stream: "eu.events.>" }
        ]

        imports: [
            { stream: { account: US_WEST, subject: "events.>" } }
        ]
    }
}

# System account for monitoring
system_account: SYS

# Leaf node configuration with TLS
leafnodes {
    listen: "127.0.0.1:-1"

    tls {
        cert_file: "server-cert.pem"
        key_file: "server-cert.key"
        ca_file: "ca.pem"
        verify: true
    }

    # Account-specific authorization
    authorization {
        users: [
            { user: us_west_leaf, password: leaf_secret_west, account: US_WEST }
            { user: eu_leaf, password: leaf_secret_eu, account: EU }
        ]
    }
}
""" % HASHES

LEAF = """
server_name: leaf-%(name)s-secure

# Local account configuration
accounts {
    LOCAL: {
        users: [
            { user: app_user, password: app_secret }
        ]
    }
}

# Leaf node connections with authentication
leafnodes {
    remotes: [
        {
            urls: [
                "%(url)s"
                "%(url2)s"
            ]
%(credentials)s
            # TLS configuration
            tls {
                cert_file: "leaf-cert.pem"
                key_file: "leaf-cert.key"
                ca_file: "ca.pem"
            }

            # Map local account to hub account
            account: LOCAL
        }
    ]
}
"""


def certificates(t):
    ca = Authority(t.folder)
    ca.issue("server-cert")
    ca.issue("leaf-cert")
    return ca


def leaf_of(t, program, name, hub, userinfo="", credentials=""):
    line = f'            credentials: "{credentials}"\n' if credentials else ""
    leaf = t.server(LEAF % {"name": name, "url": hub.leaf_url(userinfo),
                            "url2": hub.leaf_url(userinfo), "credentials": line}, program=program)
    leaf.wait_log(LINK_UP)
    return leaf


def enter(t, server, name, password):
    return t.client(server, name=name, user=name, **{"pass": password})


def app(t, leaf):
    return enter(t, leaf, "app_user", "app_secret")


@pairing
def hub_with_two_regions(t, pair):
    """The guide's hub with a leaf of each region: events cross between the accounts by the exports
    and nothing else does; each leaf's applications are in its local account."""
    certificates(t)
    hub = t.server(HUB, program=pair.hub_program)
    west = app(t, leaf_of(t, pair.leaf_program, "us-west", hub, "us_west_leaf:leaf_secret_west"))
    eu = app(t, leaf_of(t, pair.leaf_program, "eu", hub, "eu_leaf:leaf_secret_eu"))
    at_west = enter(t, hub, "us_west_leaf", "west-pass")
    at_eu = enter(t, hub, "eu_leaf", "eu-pass")
    subscribed(eu, "events.>", "private")
    subscribed(west, "eu.events.>", "private")
    west.wait_interest("events.x")
    eu.wait_interest("eu.events.x")
    west.pub("events.order", "from the west", "re")
    eu.expect_msg("events.order", 1, "from the west", "re")
    eu.pub("eu.events.order", "from europe")
    west.expect_msg("eu.events.order", 1, "from europe")
    at_west.wait_interest("events.x")
    at_west.pub("events.hub", "hub west")
    eu.expect_msg("events.hub", 1, "hub west")
    at_eu.pub("eu.events.hub", "hub europe")
    west.expect_msg("eu.events.hub", 1, "hub europe")
    west.pub("private", "w")
    west.expect_msg("private", 2, "w")
    eu.pub("events.back", "w")
    eu.expect_msg("events.back", 1, "w")
    for client in (west, eu, at_west, at_eu):
        client.expect_nothing()


@pairing
def requests_inside_a_region(t, pair):
    """A request of a leaf's application is answered in its account on the hub, and the reverse."""
    certificates(t)
    hub = t.server(HUB, program=pair.hub_program)
    edge = app(t, leaf_of(t, pair.leaf_program, "us-west", hub, "us_west_leaf:leaf_secret_west"))
    centre = enter(t, hub, "us_west_leaf", "west-pass")
    for asker, responder, subject in ((edge, centre, "api.q"), (centre, edge, "api.r")):
        responder.sub(subject, 1)
        responder.flush()
        asker.wait_interest(subject)
        asker.sub("_INBOX.x", 9)
        asker.unsub(9, 1)
        asker.pub(subject, "?", "_INBOX.x")
        responder.expect_msg(subject, 1, "?", "_INBOX.x")
        responder.pub("_INBOX.x", "!")
        asker.expect_msg("_INBOX.x", 9, "!")


@pairing
def who_is_kept_out(t, pair):
    """A wrong password, a user of the client port, a certificate of another authority, and clients
    with the leafs' passwords stay out."""
    certificates(t)
    other = Authority(t.folder, "other")
    other.issue("stranger")
    hub = t.server(HUB, program=pair.hub_program)
    tls = 'tls { cert_file: "%s.pem", key_file: "%s.key", ca_file: "ca.pem" }'
    for userinfo, certificate, said in (
            ("us_west_leaf:wrong", "leaf-cert", r"Authorization Violation"),
            ("us_west_leaf:west-pass", "leaf-cert", r"Authorization Violation"),
            ("admin:admin-pass", "leaf-cert", r"Authorization Violation"),
            ("us_west_leaf:leaf_secret_west", "stranger",
             r"(?i)tls|certificate|Read Error|closed")):
        leaf = t.server(leafnodes(remote(hub.leaf_url(userinfo),
                                         extra=tls % (certificate, certificate))),
                        program=pair.leaf_program)
        leaf.wait_log(said)
    for name, password in (("us_west_leaf", "leaf_secret_west"), ("admin", ""), ("admin", "admin")):
        client = t.raw(hub)
        client.say_connect(user=name, **{"pass": password})
        client.expect_error_and_close("Authorization Violation")
    check(not [line for line in hub.log_texts() if "Connection created for account" in line],
          "a link came up")


@pairing
def events_for_the_administrator(t, pair):
    """system_account: SYS: its user hears that an account has connections, with the leaf among
    them."""
    certificates(t)
    hub = t.server(HUB, program=pair.hub_program)
    admin = enter(t, hub, "admin", "admin-pass")
    subscribed(admin, "$SYS.ACCOUNT.US_WEST.SERVER.CONNS")
    leaf_of(t, pair.leaf_program, "us-west", hub, "us_west_leaf:leaf_secret_west")
    event = json.loads(Message(admin.op()).payload)
    check((event["acc"], event["leafnodes"]) == ("US_WEST", 1), f"event {event}")


@pairing
def leaf_with_credentials(t, pair):
    """The guide's leaf as written, with a credentials file, against a hub in operator mode behind
    the same TLS."""
    certificates(t)
    world = World(t, account("US_WEST", {
        "exports": [{"name": "events", "subject": "events.>", "type": "stream"},
                    {"name": "api", "subject": "api.>", "type": "service"}]}),
        account("EU", {"imports": [{"name": "events", "subject": "events.>", "type": "stream",
                                    "account": "@US_WEST"}]}),
        user("us-west-leaf", "US_WEST"), user("WEST", "US_WEST"), user("EUROPE", "EU"))
    tls = HUB[HUB.index("    tls {"):HUB.index("    # Account-specific")]
    hub = t.server(world.config("US_WEST", "EU") + leafnodes(listen=True, extra=tls),
                   program=pair.hub_program)
    edge = app(t, leaf_of(t, pair.leaf_program, "us-west", hub,
                          credentials=world.credentials_file("us-west-leaf")))
    west, europe = world.client(hub, "WEST"), world.client(hub, "EUROPE")
    subscribed(europe, "events.>", "api.>", "other")
    subscribed(west, "other")
    edge.wait_interest("events.x")
    edge.wait_interest("other")
    edge.pub("events.x", "1")
    europe.expect_msg("events.x", 1, "1")
    edge.pub("other", "2")
    west.expect_msg("other", 1, "2")
    europe.expect_nothing()
    west.expect_nothing()


EDGES = """
accounts {
    # Edge devices only get sensor data
    EDGE_SENSORS: {
        users: [{ user: edge_leaf, password: secret }]

        exports: [
            { stream: "sensors.>" }
            { stream: "commands.edge.>" }
        ]

        imports: [
            { stream: { account: CORE, subject: "alerts.critical.>" } }
        ]
    }

    # Backend services get full access
    CORE: {
        users: [{ user: core_leaf, password: secret }]

        exports: [
            { stream: ">" }
        ]
    }
}

leafnodes {
    listen: "127.0.0.1:-1"

    authorization {
        users: [
            { user: edge_leaf, password: edge_secret, account: EDGE_SENSORS }
            { user: core_leaf, password: core_secret, account: CORE }
        ]
    }
}
"""


@pairing
def filtering(t, pair):
    """The guide's hub with filtering: critical alerts of CORE reach the edge's leaf, nothing else
    does, and what the edge says stays there."""
    hub = t.server(EDGES, program=pair.hub_program)
    leafs = []
    for name in ("edge", "core"):
        leaf = t.server(f'server_name: "{name}"\n'
                        + leafnodes(hub.leaf_url(f"{name}_leaf:{name}_secret")),
                        program=pair.leaf_program)
        leaf.wait_log(LINK_UP)
        leafs.append(t.client(leaf, name))
    edge, core = leafs
    subscribed(edge, "alerts.>", "commands.>")
    subscribed(core, "sensors.>")
    core.wait_interest("alerts.critical.x")
    core.pub("alerts.critical.fire", "1")
    edge.expect_msg("alerts.critical.fire", 1, "1")
    core.pub("alerts.minor", "2")
    core.pub("commands.edge.reboot", "3")
    edge.pub("sensors.t", "4")
    for client in (core, edge):
        client.flush()
    inside = enter(t, hub, "edge_leaf", "secret")
    inside.wait_interest("commands.edge.x")
    edge.expect_nothing()
    core.expect_nothing()
