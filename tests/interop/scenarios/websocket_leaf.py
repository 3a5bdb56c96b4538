# SPDX-License-Identifier: Apache-2.0
#
# Leaf links over WebSocket: raw leafs at the listener of the server under test, raw hubs for its
# ws:// remotes, whole servers in pairs, and remotes that dial through an HTTP proxy.
#
#   seen on the real servers: with S2 agreed on a ws link the real ones put S2 around the frames, so
#   nobody offers it here; a hub without a leaf listener upgrades a leaf and closes it.

import ssl

from harness import check, equal, leafnodes, pairing, remote, scenario
from harness.certificates import Authority
from harness.client import Client
from harness.websocket import DEFLATE, WebSocket
from scenarios.topology import request_answered, serve

LISTEN = 'websocket { listen: "127.0.0.1:-1", no_tls: true, compression: true }\n'
HUB = LISTEN + leafnodes(listen=True)
PATHS_OF_2_9 = {"2.9": "knows leafs by the path /leafnode alone"}
NO_RECONNECT = {"2.9": "does not know reconnect as a duration, nor first_info_timeout"}
OLD_PROXY = dict.fromkeys(("2.9", "2.10"), "has no proxy key")
LINK_UP = r"Leafnode connection created"


# The hub's side.


def leaf_talks(t, **fields):
    server = t.server(HUB)
    client = t.client(server)
    client.sub("from.leaf", 1)
    client.flush()
    leaf = t.websocket_leaf(server, fields=fields)
    leaf.add_interest("to.leaf")
    client.wait_interest("to.leaf")
    for body in (b"", b"x" * 60, b"y" * 5000, b"z" * 200000):
        leaf.lmsg("from.leaf", body)
        client.expect_msg("from.leaf", 1, body)
        client.pub("to.leaf", body)
        leaf.expect_lmsg("to.leaf", body)
    return leaf


@scenario
def hub(t):
    """A leaf over WebSocket joins and exchanges messages."""
    leaf_talks(t)


@scenario
def hub_compressed(t):
    """The same with compression, in one layer: large messages are compressed, small ones not."""
    leaf = leaf_talks(t, **{"Sec-WebSocket-Extensions": DEFLATE})
    check(any(first & 0x40 for first, _ in leaf.sock.frames), "nothing was compressed")


@scenario
def hub_unmasked(t):
    """The same without masks."""
    leaf = leaf_talks(t, **{"Nats-No-Masking": "true"})
    check(not leaf.sock.masks, "masks although it was agreed not to")


@scenario(differs=PATHS_OF_2_9)
def leaf_by_path(t):
    """Any path that ends with /leafnode is a leaf's."""
    server = t.server(HUB)
    websocket = t.websocket(server, "/some/where/leafnode?x=1")
    check(b"leafnode_urls" in websocket.recv(65536), "no leaf's INFO")
    websocket = t.websocket(server, "/leafnode/")
    check(b"leafnode_urls" not in websocket.recv(65536), "a leaf's INFO for another path")


@scenario
def no_leaf_listener(t):
    """A server without leafnodes takes no leafs over WebSocket either."""
    websocket, head = t.ask_websocket(t.server(LISTEN), "/leafnode")
    if head.status == 101:  # the real ones
        equal(websocket.recv(1), b"")
    else:
        equal(head.status, 404)


@scenario(differs={"2.10": "crashes over LS+ before CONNECT"})
def stranger_over_websocket(t):
    """A leaf that says anything before CONNECT is closed with 1008."""
    for words in ("PING\r\n", "LS+ a\r\n", "LMSG a 2\r\nhi\r\n", "INFO {}\r\n"):
        server = t.server(HUB)
        websocket = t.websocket(server, "/leafnode")
        websocket.send_frame(words)
        if words.startswith("INFO"):
            websocket.send_frame("LS+ a\r\n")
        closed = websocket.wait_closed()
        equal(closed and closed[0], 1008, words)


# The remote's side.


def dialled(t, extra="", path="", **how):
    """A server whose remote is welcomed by a raw hub over WebSocket."""
    hub = t.hub()
    url = f"ws://127.0.0.1:{hub.port}{path}"
    server = t.server(leafnodes(remote(url, extra=extra)))
    link = t._owned(hub.accept_websocket(**how))
    return server, link


@scenario(differs=PATHS_OF_2_9)
def remote_request(t):
    """The request of a remote: path, host, key; what was not wished for is not asked."""
    server, link = dialled(t, path="/some/path/")
    equal(link.request.start, "GET /some/path/leafnode HTTP/1.1")
    equal(link.request.fields["host"], f"127.0.0.1:{link.hello['port']}")
    equal(link.request.fields["upgrade"], "websocket")
    equal(link.request.fields["connection"], "Upgrade")
    equal(link.request.fields["sec-websocket-version"], "13")
    check("sec-websocket-extensions" not in link.request.fields, "asks for compression")
    check("nats-no-masking" not in link.request.fields, "asks for no masking")
    link.welcome()
    check(link.sock.last_masked, "a remote's frame has no mask")


def remote_talks(t, **how):
    server, link = dialled(t, **how)
    client = t.client(server)
    client.sub("to.leaf", 1)
    client.flush()
    link.welcome()
    link.add_interest("from.leaf")
    client.wait_interest("from.leaf")
    for body in (b"", b"x" * 60, b"y" * 5000, b"z" * 200000):
        link.lmsg("to.leaf", body)
        client.expect_msg("to.leaf", 1, body)
        client.pub("from.leaf", body)
        link.expect_lmsg("from.leaf", body)
    return link


@scenario
def remote_plain(t):
    """A remote exchanges messages over masked frames."""
    check(remote_talks(t).sock.last_masked, "no mask")


@scenario
def remote_with_all(t):
    """A remote that asks for compression and no masks gets both."""
    link = remote_talks(t, extra="ws_compression: true\n ws_no_masking: true",
                        compression=True, no_masking=True)
    equal(link.request.fields["sec-websocket-extensions"], DEFLATE)
    equal(link.request.fields["nats-no-masking"], "true")
    check(any(first & 0x40 for first, _ in link.sock.frames), "nothing was compressed")
    check(not link.sock.last_masked, "masks although it was agreed not to")


@scenario
def remote_declined(t):
    """A remote whose wishes are not agreed to sends masked and uncompressed."""
    link = remote_talks(t, extra="ws_compression: true\n ws_no_masking: true")
    check(not any(first & 0x40 for first, _ in link.sock.frames), "compressed without agreement")
    check(link.sock.last_masked, "no mask without agreement")


@scenario(differs=NO_RECONNECT)
def remote_refuses_answers(t):
    """An answer that is not the one asked for ends the attempt; the next one is as good as ever."""
    hub = t.hub()
    extra = "ws_compression: true"
    server = t.server(leafnodes(remote(f"ws://127.0.0.1:{hub.port}", extra=extra),
                                extra='  reconnect: "50ms"'))
    for how in ({"Sec_WebSocket_Accept": "AAAA"}, {"Upgrade": "h2c"},
                {"Connection": "keep-alive, Upgrade"},
                {"Sec_WebSocket_Extensions": "permessage-deflate"}):
        link = t._owned(hub.accept_websocket(**how))
        try:
            check(not link.sock.recv(1), f"went on after {how}")
        except ConnectionError:
            pass
    t._owned(hub.accept_websocket()).welcome()
    server.wait_log(LINK_UP)


@scenario(differs=NO_RECONNECT)
def remote_without_answer(t):
    """A hub that does not answer the request, or not HTTP, is given up in time."""
    hub = t.hub()
    server = t.server(leafnodes(remote(f"ws://127.0.0.1:{hub.port}",
                                       extra='first_info_timeout: "300ms"'),
                                extra='  reconnect: "50ms"'))
    silent = t.accept(hub)
    while silent.op(wait_s=2) is not None:
        pass
    other = t.accept(hub)
    other.say_info()
    while other.op(wait_s=2) is not None:
        pass
    t._owned(hub.accept_websocket()).welcome()
    server.wait_log(LINK_UP)


@scenario(differs={"2.10": "stacks S2 on it"})
def no_s2_over_websocket(t):
    """A remote that is offered S2 over a compressed WebSocket goes on without it."""
    server, link = dialled(t, extra="ws_compression: true", compression=True)
    link.say_info(compression="s2_auto")
    link.read_connect()
    link.say_accepted()
    link.ops_until_pong()
    server.wait_log(LINK_UP)


# Whole servers.


def linked(t, pair, extra="", path="", proxy_url="", config=HUB):
    hub = t.server('server_name: "hub"\n' + config, program=pair.hub_program)
    if proxy_url:
        extra += f'\n proxy {{ url: "{proxy_url}" }}'
    entry = remote(hub.websocket_url(path=path), extra=extra)
    leaf = t.server('server_name: "leaf"\n' + leafnodes(entry), program=pair.leaf_program)
    hub.wait_log(LINK_UP)
    leaf.wait_log(LINK_UP)
    at_hub, at_leaf = t.client(hub, name="at hub"), t.client(leaf, name="at leaf")
    request_answered(at_hub, at_leaf, "q")
    at_leaf.sub("big", 2)
    at_leaf.flush()
    at_hub.wait_interest("big")
    for size in (1, 100, 5000, 70000, 500000):
        body = (b"0123456789abcdef" * (size // 16 + 1))[:size]
        at_hub.pub("big", body)
        at_leaf.expect_msg("big", 2, body)
    return at_hub, at_leaf


NO_S2 = "compression: off"


def without_s2(pair):
    """2.9 does not know the key, and has no S2."""
    return "" if "2.9" in (pair.leaf_generation,) else NO_S2


@pairing
def over_websocket(t, pair):
    """A leaf link over WebSocket with the defaults of both sides."""
    linked(t, pair)


@pairing
def over_websocket_without_s2(t, pair):
    """The same where S2 is off at the leaf: true WebSocket from end to end."""
    linked(t, pair, without_s2(pair))


@pairing
def over_websocket_compressed(t, pair):
    """The same with permessage-deflate."""
    linked(t, pair, "ws_compression: true\n" + without_s2(pair))


@pairing
def over_websocket_unmasked(t, pair):
    """The same without masks, below a path."""
    path = "" if "2.9" in (pair.hub_generation, pair.leaf_generation) else "/some/path"
    linked(t, pair, "ws_no_masking: true\n" + without_s2(pair), path)


@pairing
def over_websocket_with_all(t, pair):
    """The same with compression and without masks, many messages both ways."""
    at_hub, at_leaf = linked(t, pair, "ws_compression: true\n ws_no_masking: true\n"
                             + without_s2(pair))
    serve(at_hub, "up", 3)
    at_leaf.wait_interest("up")
    for number in range(2000):
        at_leaf.pub("up", f"{number} " + "v" * (number % 300))
    for number in range(2000):
        at_hub.expect_msg("up", 3, f"{number} " + "v" * (number % 300))


def over_tls(t, extra=""):
    """Configuration of a hub behind wss://, and of a remote's tls block that trusts it."""
    ca = Authority(t.folder)
    tls = f'tls {{ {ca.issue("hub")} }}'
    hub = HUB.replace("no_tls: true", tls)
    return hub, f'tls {{ ca_file: "{ca.file}" }}\n' + extra


@pairing
def over_wss(t, pair):
    """A leaf link over wss://."""
    hub, extra = over_tls(t, without_s2(pair))
    linked(t, pair, extra, config=hub)


@pairing
def over_wss_with_all(t, pair):
    """The same with compression and without masks."""
    hub, extra = over_tls(t, "ws_compression: true\n ws_no_masking: true\n" + without_s2(pair))
    linked(t, pair, extra, config=hub)


@pairing(differs=OLD_PROXY)
def over_wss_through_proxy(t, pair):
    """The same through a proxy."""
    if pair.leaf_generation in OLD_PROXY:
        return
    hub, extra = over_tls(t, NO_S2)
    proxy = t.proxy()
    linked(t, pair, extra, config=hub, proxy_url=proxy.url())
    check(proxy.requests, "the proxy was not asked")


@scenario
def client_over_wss(t):
    """A client over wss:// is told that TLS is required, and talks."""
    hub, _ = over_tls(t)
    server = t.server(hub)
    context = ssl.create_default_context(cafile=str(t.folder / "ca.pem"))
    sock = context.wrap_socket(t._dial(server.websocket_port()), server_hostname="localhost")
    websocket = WebSocket(sock)
    equal(websocket.ask().status, 101)
    client = t._owned(Client(websocket)).log_in()
    check(client.info["tls_required"], client.info)
    client.sub("a", 1)
    client.pub("a", b"x" * 100000)
    client.expect_msg("a", 1, b"x" * 100000)


# Proxies.


@scenario(differs=OLD_PROXY)
def through_proxy(t):
    """A remote asks its proxy for the hub, with credentials, and speaks through it."""
    proxy, hub = t.proxy(username="me", password="pw"), t.hub()
    server = t.server(leafnodes(remote(
        f"ws://127.0.0.1:{hub.port}",
        extra=f'proxy {{ url: "{proxy.url()}", username: me, password: pw, timeout: "3s" }}')))
    link = t._owned(hub.accept_websocket())
    head = proxy.wait_request()
    equal(head.start, f"CONNECT 127.0.0.1:{hub.port} HTTP/1.1")
    equal(head.fields["host"], f"127.0.0.1:{hub.port}")
    link.welcome()
    server.wait_log(LINK_UP)


@scenario(differs=OLD_PROXY)
def proxy_refuses(t):
    """A proxy that refuses is asked again, and the log has its words."""
    proxy = t.proxy(username="me", password="pw")
    server = t.server(leafnodes(
        remote("ws://127.0.0.1:1", extra=f'proxy {{ url: "{proxy.url()}" }}'),
        extra='  reconnect: "50ms"'))
    proxy.wait_request(2)
    server.wait_log("proxy CONNECT failed: 407")


@scenario(differs=OLD_PROXY)
def through_proxy_plain(t):
    """A remote without WebSocket goes through the proxy too."""
    proxy, hub = t.proxy(), t.hub()
    server = t.server(leafnodes(remote(hub.url(), extra=f'proxy {{ url: "{proxy.url()}" }}')))
    link = t.accept(hub)
    equal(proxy.wait_request().start, f"CONNECT 127.0.0.1:{hub.port} HTTP/1.1")
    link.welcome()
    server.wait_log(LINK_UP)


@pairing(differs=OLD_PROXY)
def websocket_through_proxy(t, pair):
    """Whole servers over WebSocket, compressed, through a proxy."""
    if pair.leaf_generation in OLD_PROXY:
        return
    proxy = t.proxy()
    linked(t, pair, "ws_compression: true\n" + NO_S2, proxy_url=proxy.url())
    check(proxy.requests, "the proxy was not asked")
