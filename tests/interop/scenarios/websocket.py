# SPDX-License-Identifier: Apache-2.0
#
# The websocket listener of the server under test: the upgrade, clients over it, and what a peer can
# do wrong. Leafs over it and remotes are in websocket_leaf.py.
#
#   seen on the real servers: over a broken rule they close without a close frame, though they mean
#   to send one (1002); ours is told. 2.9 and 2.10 lack some checks and keys.

import struct

from harness import Failure, check, equal, scenario
from harness.websocket import (BINARY, CLOSE, CONTINUATION, DEFLATE, FINAL, PING, PONG, TEXT,
                               WebSocket, deflate, frame, request_head)

LISTEN = 'websocket { listen: "127.0.0.1:-1", no_tls: true'
PLAIN = LISTEN + " }\n"
COMPRESSING = LISTEN + ", compression: true }\n"
ASKS_DEFLATE = {"Sec-WebSocket-Extensions": DEFLATE}
OLD = ("2.9", "2.10")
NO_CLOSE_FRAME = dict.fromkeys((*OLD, "2.15"), "closes without a close frame")


def not_yet(what):
    return dict.fromkeys(OLD, what)


def received_until(websocket, wanted):
    """Reads until the payloads end with `wanted`."""
    received = b""
    while not received.endswith(wanted):
        piece = websocket.recv(65536)
        check(piece, f"closed after {received!r}")
        received += piece


def status(t, server, path="/", **fields):
    return t.ask_websocket(server, path, **fields)[1].status


# The upgrade.


@scenario
def agreed(t):
    """An upgrade is agreed to with the accept key, and nothing that was not asked for."""
    server = t.server(COMPRESSING)
    _, head = t.ask_websocket(server)
    equal(head.start, "HTTP/1.1 101 Switching Protocols")
    equal(head.fields["upgrade"], "websocket")
    equal(head.fields["connection"], "Upgrade")
    check("sec-websocket-extensions" not in head.fields, "unasked compression")
    check("nats-no-masking" not in head.fields, "unasked no masking")


@scenario
def agreed_with_all(t):
    """Compression and sending without masks are agreed to, whatever the parameters asked for."""
    server = t.server(COMPRESSING)
    _, head = t.ask_websocket(server, **{
        "Sec-WebSocket-Extensions": "foo, permessage-deflate; client_max_window_bits",
        "Nats-No-Masking": "true", "Connection": "keep-alive, Upgrade"})
    equal(head.fields["sec-websocket-extensions"], DEFLATE)
    equal(head.fields["nats-no-masking"], "true")
    _, head = t.ask_websocket(t.server(PLAIN), **ASKS_DEFLATE)
    check("sec-websocket-extensions" not in head.fields, "compression although it is off")


@scenario(differs=not_yet("does not know the key"))
def headers(t):
    """Configured headers come with the answer."""
    server = t.server(LISTEN + ', headers { X-One: "a b", X-Two: c } }\n')
    _, head = t.ask_websocket(server)
    equal((head.fields["x-one"], head.fields["x-two"]), ("a b", "c"))


@scenario
def refusals(t):
    """Each fault of a request has its HTTP status; the next connection does not notice."""
    server = t.server(PLAIN)
    equal(status(t, server, Upgrade="h2c"), 400)
    equal(status(t, server, Upgrade=None), 400)
    equal(status(t, server, Connection="keep-alive"), 400)
    equal(status(t, server, **{"Sec-WebSocket-Key": None}), 400)
    equal(status(t, server, **{"Sec-WebSocket-Version": "8"}), 400)
    equal(status(t, server, Host=None), 400)
    equal(status(t, server), 101)


@scenario(differs=not_yet("upgrades it"))
def path_of_mqtt(t):
    """CVE-2026-58208: the path of MQTT is not found."""
    server = t.server(PLAIN)
    for path in ("/mqtt", "/x/mqtt", "/mqtt?x=1"):
        equal(status(t, server, path), 404, path)


@scenario(differs=not_yet("takes any text as key"))
def refused_keys(t):
    """A key that is not 16 bytes in base64 is refused."""
    server = t.server(PLAIN)
    for key in ("x", "AAAA", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ==="):
        equal(status(t, server, **{"Sec-WebSocket-Key": key}), 400, key)


@scenario
def not_http(t):
    """A client that speaks NATS to this port is told so in HTTP, and closed."""
    server = t.server(PLAIN)
    wire = t.wire(server.websocket_port())
    wire.send('CONNECT {"verbose":false}\r\nPING\r\n\r\n')
    equal(wire.op(), b"HTTP/1.1 400 Bad Request\r\n")


@scenario
def nothing_pipelined(t):
    """What is sent behind the request before the answer closes the connection, unanswered."""
    server = t.server(PLAIN)
    wire = t.wire(server.websocket_port())
    wire.send_may_fail(request_head().encode() + frame(b"CONNECT {}\r\nPING\r\n"))
    equal(wire.op(), None)
    t.websocket_client(server).flush()


@scenario
def bytewise(t):
    """Request and frames may come one byte at a time."""
    server = t.server(PLAIN)
    wire = t.wire(server.websocket_port())
    wire.send_bytewise(request_head())
    websocket = WebSocket(wire.sock)
    equal(websocket.read_head().status, 101)
    wire.send_bytewise(frame('CONNECT {"verbose":false}\r\nSUB a 1\r\nPUB a 2\r\nhi\r\n'))
    received_until(websocket, b"MSG a 1 2\r\nhi\r\n")


@scenario
def handshake_timeout(t):
    """Who does not finish the request in time is closed, and nobody else notices."""
    server = t.server(LISTEN + ', handshake_timeout: "300ms" }\n')
    client = t.websocket_client(server)
    for start in (b"", b"GET / HT", request_head()[:-2].encode()):
        wire = t.wire(server.websocket_port())
        wire.send(start)
        while (op := wire.op(wait_s=2)) is not None:
            check(not op.startswith(b"HTTP/1.1 101"), op)
    client.flush()


# Origins.


@scenario
def same_origin(t):
    """same_origin compares scheme, host and port with the request's Host; no Origin passes."""
    server = t.server(LISTEN + ", same_origin: true }\n")
    equal(status(t, server), 101)
    equal(status(t, server, Host="a.com:81", Origin="http://a.com:81"), 101)
    equal(status(t, server, Host="a.com", Origin="http://A.com:80"), 101)
    equal(status(t, server, Host="a.com:81", Origin="http://a.com"), 403)
    equal(status(t, server, Host="a.com", Origin="http://b.com"), 403)
    equal(status(t, server, Host="a.com", Origin="null"), 403)


@scenario(differs=not_yet("keeps one entry for each host"))
def allowed_origins(t):
    """Only origins of the list pass, all entries count."""
    server = t.server(LISTEN + ', allowed_origins: ["https://a.com", "http://a.com:81"] }\n')
    equal(status(t, server), 101)
    equal(status(t, server, Origin="https://a.com"), 101)
    equal(status(t, server, Origin="http://a.com:81"), 101)
    equal(status(t, server, Origin="http://a.com"), 403)
    equal(status(t, server, Origin="https://a.com.evil.org"), 403)
    equal(status(t, server, Origin="https://b.com"), 403)


# Clients.


def talk(t, server, **fields):
    """A WebSocket client and a plain one exchange messages of several sizes."""
    plain = t.client(server)
    client = t.websocket_client(server, fields=fields)
    plain.sub("up", 1)
    plain.flush()
    client.sub("down", 1)
    client.flush()
    for size in (0, 1, 60, 125, 126, 1000, 65535, 65536, 300000):
        body = (b"0123456789abcdef" * (size // 16 + 1))[:size]
        client.pub("up", body)
        plain.expect_msg("up", 1, body)
        plain.pub("down", body)
        client.expect_msg("down", 1, body)
    return client


@scenario
def messages(t):
    """Messages of all sizes pass between a WebSocket client and a plain one."""
    client = talk(t, t.server(PLAIN))
    check(all(first == FINAL | BINARY for first, _ in client.sock.frames), client.sock.frames)
    check(not client.sock.last_masked, "a server's frame is masked")


@scenario
def messages_compressed(t):
    """The same compressed; what has up to 64 bytes is sent as it is."""
    server = t.server(COMPRESSING)
    client = talk(t, server, **ASKS_DEFLATE)
    check(any(first & 0x40 for first, _ in client.sock.frames), "nothing was compressed")
    client.sock.frames.clear()
    client.flush()
    equal(client.sock.frames, [(FINAL | BINARY, 6)])


@scenario
def messages_unmasked(t):
    """The same without masks, where that was agreed."""
    client = talk(t, t.server(PLAIN), **{"Nats-No-Masking": "true"})
    check(not client.sock.masks, "masks although it was agreed not to")


@scenario
def browser_frames(t):
    """A browser gets frames of 4096 bytes at most."""
    server = t.server(PLAIN)
    client = t.websocket_client(server, fields={"User-Agent": "Mozilla/5.0 (X11)"})
    client.sub("a", 1)
    client.pub("a", b"x" * 20000)
    client.expect_msg("a", 1, b"x" * 20000)
    check(max(size for _, size in client.sock.frames) <= 4096, client.sock.frames)


@scenario
def text_and_fragments(t):
    """Text frames, fragments and empty frames are as good as one binary frame."""
    client = t.websocket_client(t.server(PLAIN))
    client.sub("a", 1)
    client.flush()
    websocket = client.sock
    websocket.send_frame("PUB a 2\r\n", first=TEXT)
    websocket.send_frame("", first=CONTINUATION)
    websocket.send_frame("h", first=CONTINUATION)
    websocket.send_frame("i\r\n", first=FINAL | CONTINUATION)
    websocket.send_frame("")
    client.expect_msg("a", 1, "hi")


@scenario(differs=not_yet("stumbles over an empty fragment"))
def compressed_fragments(t):
    """A compressed message may come in fragments, with control frames between."""
    client = t.websocket_client(t.server(COMPRESSING), fields=ASKS_DEFLATE)
    client.sub("a", 1)
    client.flush()
    websocket, body = client.sock, b"x" * 5000
    packed = deflate(b"PUB a 5000\r\n" + body + b"\r\n")
    websocket.send_frame(packed[:7], first=0x42)
    websocket.send_frame("between", PING)
    websocket.send_frame("", first=CONTINUATION)
    websocket.send_frame(packed[7:], first=FINAL | CONTINUATION)
    client.expect_msg("a", 1, body)
    equal(websocket.control, [(PONG, b"between")])


@scenario
def control_frames(t):
    """Pings are answered with their payload, pongs pass unnoticed."""
    client = t.websocket_client(t.server(PLAIN))
    websocket = client.sock
    websocket.send_frame("x" * 125, PING)
    websocket.send_frame("", PONG)
    websocket.send_frame("", PING)
    equal(websocket.wait_control(2), [(PONG, b"x" * 125), (PONG, b"")])
    client.flush()


@scenario
def close_is_answered(t):
    """A close frame is answered with its own code and text, and the connection ends."""
    websocket = t.websocket_client(t.server(PLAIN)).sock
    websocket.send_close(3001, "bye")
    equal(websocket.wait_closed(), (3001, "bye"))


@scenario(differs={"2.9": "names the listener of plain clients"})
def info_of_websocket(t):
    """INFO over WebSocket names the listener that the client came to."""
    server = t.server(PLAIN)
    client = t.websocket_client(server)
    equal((client.info["host"], client.info["port"]), ("127.0.0.1", server.websocket_port()))
    check("tls_required" not in client.info, client.info)
    check("ws_connect_urls" not in client.info, client.info)


@scenario(differs=not_yet("does not know the key"))
def ping_interval(t):
    """WebSocket clients are pinged at the interval of their own block."""
    server = t.server(LISTEN + ', ping_interval: "200ms" }\n')
    client = t.websocket_client(server)
    client.take_until(lambda: client.pings_answered >= 2, "two pings")


# Logins.


def refused(t, server, **how):
    try:
        t.websocket_client(server, **how)
    except Failure:
        return True
    return False


@scenario
def own_logins(t):
    """authorization in the websocket block replaces that of the clients."""
    server = t.server(LISTEN + ', authorization { user: ws, password: pw } }\n'
                      'authorization { user: u, password: p }\n')
    t.websocket_client(server, user="ws", **{"pass": "pw"})
    check(refused(t, server, user="u", **{"pass": "p"}), "the clients' user was let in")
    check(refused(t, server), "nobody was let in")
    t.client(server, user="u", **{"pass": "p"})


@scenario
def shared_logins(t):
    """Without logins of its own the listener asks for those of the clients."""
    server = t.server(PLAIN + "authorization { token: s3cr3t }\n")
    t.websocket_client(server, auth_token="s3cr3t")
    check(refused(t, server, auth_token="x"), "a wrong token was let in")


@scenario(differs=not_yet("knows jwt_cookie only"))
def cookies(t):
    """Cookies stand in for what CONNECT does not say."""
    server = t.server(LISTEN + ", user_cookie: cu, pass_cookie: cp }\n"
                      "authorization { user: u, password: p }\n")
    t.websocket_client(server, fields={"Cookie": "cu=u; cp=p"})
    t.websocket_client(server, fields={"Cookie": "cp=p"}, user="u")
    check(refused(t, server, fields={"Cookie": "cu=u; cp=x"}), "a wrong cookie was let in")
    check(refused(t, server, fields={"Cookie": "cu=u; cp=p"}, user="other"),
          "the cookie was stronger than CONNECT")


@scenario
def default_user_of_listener(t):
    """CVE-2026-58211: the default user of the websocket block holds there and nowhere else."""
    server = t.server(LISTEN + ", no_auth_user: w }\n"
                      "authorization { users: [ {user: w, password: x} ] }\n")
    t.websocket_client(server)
    raw = t.raw(server)
    raw.send("PING\r\n")
    raw.expect("-ERR 'Authorization Violation'\r\n")


# Broken rules.


def breaks(t, server, data, **fields):
    """Sends bytes behind the upgrade; what the close frame said, None without one."""
    websocket = t.websocket(server, **fields)
    websocket.sock.sendall(data)
    return websocket.wait_closed()


@scenario(differs=NO_CLOSE_FRAME)
def protocol_errors(t):
    """Each broken rule of the framing closes with 1002 and its name; others live on."""
    server = t.server(PLAIN)
    client = t.websocket_client(server)
    long_control = bytes([FINAL | PING, 0x80 | 126]) + struct.pack(">H", 126) + b"\0" * 130
    for data, text in (
            (frame("PING\r\n", mask=None), "mask bit missing"),
            (frame("", first=FINAL | 0x20 | BINARY), "RSV2 and RSV3 must be clear"),
            (frame("", first=PING), "control frame does not have final bit set"),
            (long_control, "control frame length bigger than maximum allowed of 125 bytes"),
            (frame("", first=CONTINUATION), "invalid continuation frame"),
            (frame("", first=BINARY) + frame(""), "new message started before final frame for "
             "previous message was received")):
        equal(breaks(t, server, data), (1002, text))
    equal(breaks(t, server, frame("", first=FINAL | 3))[0], 1002)
    client.flush()


@scenario(differs=not_yet("takes reserved bits and huge lengths"))
def broken_rules_close(t):
    """CVE-2026-27889 and others: what breaks a rule is closed, and nobody else notices."""
    server = t.server(COMPRESSING)
    client = t.websocket_client(server)
    half = struct.pack(">BBQ", FINAL | BINARY, 0xff, 1 << 63) + b"\1\2\3\4"
    for data in (frame("PING\r\n", mask=None), half, half + b"x" * 1000,
                 struct.pack(">BBQ", FINAL | BINARY, 0xff, (1 << 64) - 1) + b"\1\2\3\4x",
                 frame("", first=0xe2), frame("x", CLOSE), frame(struct.pack(">H", 1005), CLOSE)):
        breaks(t, server, data)
    client.flush()


@scenario(differs=not_yet("closes"))
def huge_frame_is_a_stream(t):
    """A frame that declares 2^63-1 bytes is a stream of operations like any other."""
    websocket = t.websocket(t.server(PLAIN))
    websocket.sock.sendall(frame('CONNECT {"verbose":false}\r\nPING\r\n', length=(1 << 63) - 1))
    received_until(websocket, b"PONG\r\n")


@scenario(differs={**NO_CLOSE_FRAME, **not_yet("inflates in full")})
def bomb(t):
    """CVE-2026-27571: a message that inflates to more than max_payload is refused with 1009."""
    server = t.server(COMPRESSING)
    packed = deflate(b"+OK\r\n" * 2_000_000)
    check(len(packed) < 100_000, len(packed))
    data = frame('CONNECT {"verbose":false}\r\n') + frame(packed, first=0xc2)
    equal(breaks(t, server, data, **ASKS_DEFLATE)[0], 1009)


@scenario
def close_codes(t):
    """A client is told why it goes: 1008 for logins and control lines, 1009 for payloads."""
    server = t.server(PLAIN + "max_payload: 1000\nauthorization { user: u, password: p }\n")
    hello = 'CONNECT {"verbose":false,"user":"u","pass":"p"}\r\n'
    equal(breaks(t, server, frame("PING\r\n"))[0], 1008)
    equal(breaks(t, server, frame('CONNECT {"user":"x"}\r\n'))[0], 1008)
    equal(breaks(t, server, frame(hello + "SUB " + "a" * 5000 + " 1\r\n"))[0], 1008)
    equal(breaks(t, server, frame(hello + "PUB a 2000\r\n"))[0], 1009)


@scenario
def shutdown_code(t):
    """A server that goes says 1001."""
    server = t.server(PLAIN)
    websocket = t.websocket_client(server).sock
    server.stop()
    equal(websocket.wait_closed()[0], 1001)


@scenario
def unfinished_message_is_bounded(t):
    """CVE-2026-33219: a message that never ends is cut by the login timer at the latest."""
    server = t.server(COMPRESSING + "authorization { token: t, timeout: 1 }\n")
    websocket = t.websocket(server, **ASKS_DEFLATE)
    stored = b"\x00\x00\x00\xff\xff"  # an empty block; any number of them says nothing
    websocket.sock.sendall(frame("", first=0x42) + frame(stored * 20, first=CONTINUATION) * 10)
    equal(websocket.wait_closed()[0], 1008)
