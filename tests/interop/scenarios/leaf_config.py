# SPDX-License-Identifier: Apache-2.0
#
# The leafnodes block of the configuration: what is refused, and the less usual keys in force.
#
#   seen on the real servers   2.9                     newest
#   compression keys           unknown field           off, accept, s2_* and booleans
#   duplicate remotes          accepted                refused
#   reconnect: "2s"            seconds as a number only  both
#   min_version too low        link held 5 s           closed at once

from harness import check, equal, error, leafnodes, remote, scenario

from .config import accepted, refused


def block(body):
    return f'listen: "127.0.0.1:-1"\nleafnodes {{\n  {body}\n}}\n'


@scenario
def unknown_keys(t):
    """Unknown keys of the block, its authorization and its remotes are told with their place."""
    refused(t, block("bogus: 1"), r'bad\.conf:3:3: unknown field "bogus"')
    refused(t, block("authorization { token: x }"), r'bad\.conf:3:19: unknown field "token"')
    refused(t, block('remotes=[{url:"nats://h", bogus: 1}]'),
            r'bad\.conf:3:29: unknown field "bogus"')


@scenario
def wrong_addresses(t):
    """Addresses and URLs that cannot be parsed are told with their place."""
    refused(t, block('listen: "abc"'), r'bad\.conf:3:3: could not parse address string "abc"')
    refused(t, block('port: "x"'), r"bad\.conf:3:3: ")
    for url in ("::bad", "nats://h:abc"):
        refused(t, block(f'remotes=[{{url:"{url}"}}]'),
                r"bad\.conf:3:13: error parsing leafnode url")


@scenario
def remotes_must_be_a_list(t):
    """remotes as a single map is refused."""
    refused(t, block('remotes: {url: "nats://h"}'),
            r"bad\.conf:3:3: Expected remotes field to be an array")


@scenario
def authorization_conflicts(t):
    """A single user beside a users list and a user twice are refused."""
    refused(t, block("authorization { user: a, password: b, users=[{user:c,password:d}] }"),
            r"bad\.conf:3:3: can not have a single user/pass and a users array")
    refused(t, block("authorization { users=[{user:c,password:d},{user:c,password:e}] }"),
            r'bad\.conf:3:3: duplicate user "c" detected in leafnode authorization')


@scenario
def deny_lists_must_be_subjects(t):
    """A deny entry that is no subject is refused."""
    refused(t, block('remotes=[{url:"nats://h", deny_imports: "a..b"}]'),
            r'"a\.\.b" is not a valid subject')


@scenario(differs=dict.fromkeys(("2.9", "2.10"), "accepts it"))
def duplicate_remotes(t):
    """The same remote twice is refused."""
    refused(t, block('remotes=[{url:"nats://h"},{url:"nats://h"}]'), r"duplicate remote")


@scenario(differs={"2.9": "knows no compression keys"})
def compression_off_is_taken(t):
    """compression: off is accepted in the block and in a remote."""
    accepted(t, block("compression: off"))
    accepted(t, block('remotes=[{url:"nats://h", compression: off}]'))


@scenario
def listen_forms(t):
    """The listener by listen, by host and port, and in a block called leaf."""
    for text in ('leafnodes { listen: "127.0.0.1:-1" }\n', 'leafnodes { listen: 127.0.0.1:-1 }\n',
                 'leafnodes { host: "127.0.0.1", port: -1 }\n',
                 'leaf { net: "127.0.0.1", port: -1 }\n',
                 'leafnodes: { listen: "127.0.0.1:-1" }\n'):
        server = t.server(text)
        t.leaf(server)
        server.stop()


@scenario
def no_listener_without_port(t):
    """A block without port opens no leaf port."""
    upstream = t.hub()
    server = t.server(leafnodes(upstream.url()))
    t.accept(upstream).welcome()
    check(not [text for text in server.log_texts() if "leafnode connections on" in text],
          "a leaf listener was opened")


@scenario
def advertise(t):
    """advertise replaces the address in INFO."""
    info = t.raw_leaf(t.server(leafnodes(listen=True, extra='advertise: "example.org:1234"'))).info
    equal((info["host"], info["port"], info["ip"], info["leafnode_urls"]),
          ("example.org", 1234, "example.org:1234", ["example.org:1234"]), "addresses in INFO")


@scenario(differs=dict.fromkeys(("2.9", "2.10"), "holds the refused link for seconds"))
def min_version(t):
    """A leaf below min_version gets the INFO, then the reason, and is closed."""
    server = t.server(leafnodes(listen=True, extra='min_version: "2.9.0"'))
    t.leaf(server, version="2.9.0")
    refusals = [t.raw_leaf(server, name=str(version)) for version in ("2.8.9", "abc", None)]
    for leaf, version in zip(refusals, ("2.8.9", "abc", None)):
        leaf.say_connect(version=version)
        leaf.expect_json("INFO")
        leaf.expect_error('connection rejected since minimum version required is "2.9.0"')
    for leaf in refusals:
        leaf.expect_closed(wait_s=8)


@scenario
def min_version_is_checked(t):
    """min_version below 2.8.0 or no version at all is refused."""
    refused(t, block('min_version: "2.7.0"'), r"the minimum version should be at least 2\.8\.0")
    refused(t, block('min_version: "x"'), r"invalid leafnode's minimum version")


@scenario
def default_port_of_remotes(t):
    """A remote URL without port means 7422."""
    server = t.server(leafnodes("nats-leaf://127.9.9.9"))
    server.wait_log(r'remote server "127\.9\.9\.9:7422"')


@scenario
def schemes_of_remotes(t):
    """nats:// and nats-leaf:// mean the same."""
    for scheme in ("nats", "nats-leaf"):
        hub = t.hub()
        server = t.server(leafnodes(f"{scheme}://127.0.0.1:{hub.port}"))
        t.accept(hub).welcome()
        server.stop()


@scenario
def host_names_in_remotes(t):
    """A remote may be a host name."""
    hub = t.hub()
    t.server(leafnodes(f"nats-leaf://localhost:{hub.port}"))
    t.accept(hub).welcome()


@scenario
def url_and_urls(t):
    """url takes one address, urls one or a list."""
    for key in ('url: "{}"', 'urls: ["{}"]', 'urls: "{}"'):
        hub = t.hub()
        server = t.server("leafnodes { remotes = [ { " + key.format(hub.url()) + " } ] }\n")
        t.accept(hub).welcome()
        server.stop()


@scenario
def hub_role(t):
    """hub: true is told in CONNECT and makes the soliciting side pass on the interest of leafs."""
    upstream = t.hub()
    server = t.server('server_name: "mid"\n'
                      + leafnodes(remote(upstream.url(), extra="hub: true"), listen=True))
    link = t.accept(upstream).welcome()
    equal(link.connect.get("is_hub"), True, "is_hub")
    leaf = t.leaf(server, name="below")
    leaf.add_interest("from.below")
    link.expect("LS+ from.below\r\n")
    link.add_interest("from.above")
    leaf.expect("LS+ from.above\r\n")


@scenario
def accepting_side_of_a_hub_role(t):
    """A peer that joins as hub hears of clients and leafs; its interest goes to the leafs."""
    server = t.server(leafnodes(listen=True))
    above, below = t.leaf(server, name="above", is_hub=True), t.leaf(server, name="below")
    client = t.client(server)
    below.add_interest("from.below")
    above.expect("LS+ from.below\r\n")
    client.sub("from.client", 1)
    above.expect("LS+ from.client\r\n")
    below.expect("LS+ from.client\r\n")
    above.add_interest("from.above")
    below.expect("LS+ from.above\r\n")


@scenario
def separate_limits_of_listeners(t):
    """max_connections counts clients, not leafs."""
    server = t.server(leafnodes(listen=True) + "max_connections: 1\n")
    leafs = [t.leaf(server, name=f"leaf{i}") for i in range(3)]
    client = t.client(server)
    refused_client = t.wire(server.port())
    refused_client.expect_json("INFO")
    refused_client.expect(error("maximum connections exceeded"))
    client.sub("a", 1)
    for leaf in leafs:
        leaf.expect("LS+ a\r\n")
