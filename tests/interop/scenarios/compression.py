# SPDX-License-Identifier: Apache-2.0
#
# S2 on leaf links, byte by byte: who says what when, at which byte each side switches, what a
# stranger may not send, and the level that s2_auto chooses.
#
#   seen on the real servers        2.9       2.10                     newest
#   compression in INFO             absent    s2_auto, configurable    the same
#   bytes behind the switching INFO -         taken for text: the      the same
#                                             reader switches later
#   LS+ in the S2 stream            -         2.10.27 crashes          violation
#   before CONNECT
#   a second INFO before CONNECT    -         crashes (2.10.27)        ignored

from harness import check, equal, leafnodes, remote, s2, scenario
from harness.checks import Deadline
from harness.leaf import lmsg_op

VIOLATION = "Authorization Violation"
OLD = {"2.9": "knows no compression"}
BEHIND = {**OLD, "2.10": "takes the bytes for text", "2.15": "takes the bytes for text"}


def hub(t, extra="", config=""):
    return t.server('server_name: "hub"\n' + leafnodes(listen=True, extra=extra) + config)


def dialling(t, listener, extra="", config=""):
    entry = remote(listener.url(), extra=extra)
    return t.server('server_name: "edge"\n' + leafnodes(entry) + config)


# The server under test as hub.

@scenario(differs=OLD)
def hub_offers_its_mode(t):
    """INFO names the configured mode: s2_auto by default, off, and nothing for not supported."""
    equal(t.raw_leaf(hub(t)).info.get("compression"), "s2_auto", "default")
    for mode in ("off", "accept", "s2_fast", "s2_best"):
        server = hub(t, f'compression: "{mode}"')
        equal(t.raw_leaf(server).info.get("compression"), mode, "mode")
    server = hub(t, 'compression: "not supported"')
    check("compression" not in t.raw_leaf(server).info, "not supported is not said")


@scenario(differs=OLD)
def hub_confirms_by_s2(t):
    """After the remote's INFO everything is S2, beginning with an INFO that repeats what counts."""
    leaf = t.raw_leaf(hub(t))
    first = leaf.info
    leaf.compress()
    for key in ("nonce", "client_id", "leafnode_urls", "server_id", "max_payload", "headers"):
        equal(leaf.info.get(key), first.get(key), key)
    equal(leaf.info.get("compression"), "s2_auto", "compression")
    leaf.join()
    check("compression" not in leaf.accepted, "compression in the INFO that answers CONNECT")


@scenario(differs=OLD)
def messages_by_s2(t):
    """Interest and messages cross a compressed link both ways, small ones and large ones."""
    server = hub(t, "compression: s2_better")
    client = t.client(server)
    leaf = t.raw_leaf(server).compress().join()
    leaf.add_interest("down")
    client.sub("up", 1)
    leaf.expect("LS+ up\r\n")
    client.wait_interest("down")
    for payload in (b"", b"x", b"telemetry " * 20_000):
        leaf.lmsg("up", payload)
        client.expect_msg("up", 1, payload)
        client.pub("down", payload)
        leaf.expect_lmsg("down", payload)
    check(s2.BLOCK in leaf.codec.kinds, "nothing of 200 KB of repetition was compressed")


@scenario(differs=OLD)
def identifier_may_come_again(t):
    """A remote that makes each flush a stream of its own, with skippable chunks, is understood."""
    leaf = t.raw_leaf(hub(t)).compress()
    leaf.send_encoded(s2.OPENING + s2.stored(b"CONNECT {}\r\n"))
    check(leaf.expect_json("INFO").get("connect_info"), "connect_info")
    leaf.ops_until_pong()
    leaf.send_encoded(s2.chunk(0xfe, b"padding") + s2.OPENING + s2.OPENING + s2.stored(b"PI")
                      + s2.chunk(0x80, b"") + s2.stored(b"NG\r\n"))
    leaf.expect("PONG\r\n")


@scenario(differs=BEHIND)
def bytes_behind_the_switching_info(t):
    """S2 in the same segment as the remote's INFO is read as S2, however it is cut."""
    opening = b'INFO {"compression":"s2_fast"}\r\n'
    stream = opening + s2.OPENING + s2.stored(b'CONNECT {"name":"x"}\r\n')
    server = hub(t)
    for size in (len(stream), len(opening) + 1, len(opening) + 12):
        leaf = t.raw_leaf(server)
        leaf.send(stream[:size])
        if stream[size:]:
            leaf.send(stream[size:])
        leaf.use_codec(s2.Stream())
        leaf.expect_json("INFO")
        check(leaf.expect_json("INFO").get("connect_info"), "connect_info")
    leaf = t.raw_leaf(server)
    leaf.send_bytewise(stream)
    leaf.use_codec(s2.Stream())
    leaf.expect_json("INFO")
    check(leaf.expect_json("INFO").get("connect_info"), "connect_info")


@scenario(differs=OLD)
def connect_at_once_means_plain(t):
    """A remote that sends CONNECT without an INFO has negotiated none; so has one that says off."""
    server = hub(t)
    t.raw_leaf(server).join().expect_nothing()
    leaf = t.raw_leaf(server)
    leaf.send('INFO {"compression":"off"}\r\n')
    leaf.join().expect_nothing()


@scenario(differs=OLD)
def hub_with_compression_off_takes_no_info(t):
    """Where nothing is negotiated an INFO before CONNECT is a violation."""
    leaf = t.raw_leaf(hub(t, "compression: off"))
    leaf.send('INFO {"compression":"s2_fast"}\r\n')
    leaf.expect_error_and_close(VIOLATION)


@scenario(differs=OLD)
def unknown_mode_to_a_hub(t):
    """A mode that does not exist ends the link with nats-server's words."""
    leaf = t.raw_leaf(hub(t))
    leaf.send('INFO {"compression":"gzip"}\r\n')
    leaf.expect_error_and_close('unsupported route compression mode "gzip"')


@scenario(differs={**OLD, "2.10": "crashes", "2.15": "takes a second INFO"})
def nothing_but_connect_in_the_stream(t):
    """CVE-2026-29785, CVE-2026-58250: before CONNECT the compressed stream takes nothing else."""
    server = hub(t)
    for line in ("LS+ a\r\n", "LS- a\r\n", "LMSG a 2\r\nhi\r\n", "PING\r\n",
                 'INFO {"compression":"s2_fast"}\r\n', "-ERR 'Loop detected'\r\n"):
        leaf = t.raw_leaf(server).compress()
        leaf.send(line)
        leaf.expect_error_and_close(VIOLATION)
    client = t.client(server)
    client.wait_no_interest("a")


BROKEN = {
    "no identifier": s2.stored(b"CONNECT {}\r\n"),
    "another identifier": s2.chunk(0xff, b"S3sTwO") + s2.stored(b"CONNECT {}\r\n"),
    "plain text": b"CONNECT {}\r\n",
    "a reserved chunk": s2.OPENING + s2.chunk(0x02, b"x"),
    "a chunk without checksum": s2.OPENING + s2.chunk(1, b"abc"),
    "a wrong checksum": s2.OPENING + s2.chunk(1, b"abcdCONNECT {}\r\n"),
    "a broken block": s2.OPENING + s2.chunk(0, b"abcd" + bytes([8, 1, 4])),
    "an offset before the beginning": s2.OPENING + s2.chunk(0, b"abcd" + bytes([5, 0, 65, 1, 2])),
    "a huge block": s2.OPENING + s2.chunk(0, b"abcd" + s2.varint(0xffffffff) + b"\0a"),
}


@scenario(differs=OLD)
def broken_streams(t):
    """What is no S2 ends the link, unnoticed by others."""
    server = hub(t)
    client = t.client(server)
    for what, data in BROKEN.items():
        leaf = t.raw_leaf(server).compress()
        leaf.send_encoded(data)
        check(leaf.op(wanted=f"the end after {what}") is None, f"an answer to {what}")
    client.expect_nothing()


@scenario(differs={**OLD, "2.10": "waits for the chunk"})
def declared_lengths_before_login(t):
    """A stranger's chunk may not be larger than what a login needs, nor mean more."""
    server = hub(t)
    bomb = b"abcd" + s2.run_block(65, 4 << 20)
    check(len(bomb) < 64, f"a bomb of {len(bomb)} bytes")
    for data in (b"\x01\xff\xff\xff", b"\x00\xff\xff\xff", s2.chunk(0, bomb)):
        leaf = t.raw_leaf(server).compress()
        leaf.send_encoded(s2.OPENING + data)
        leaf.expect_closed()


@scenario(differs=OLD)
def truncated_chunk(t):
    """Half a chunk is waited for no longer than a login may take; the rest completes it."""
    leaf = t.raw_leaf(hub(t)).compress()
    data = s2.OPENING + s2.stored(b"CONNECT {}\r\n")
    leaf.send_encoded(data[:20])
    leaf.send_encoded(data[20:])
    check(leaf.expect_json("INFO").get("connect_info"), "connect_info")
    late = t.raw_leaf(hub(t, "authorization { timeout: 0.5 }")).compress()
    late.send_encoded(data[:20])
    late.expect_error_and_close("Authentication Timeout")


# The server under test as remote.

@scenario(differs=OLD)
def remote_answers_alone(t):
    """The remote's INFO is the last plain bytes; CONNECT follows the hub's compressed INFO."""
    listener = t.hub()
    server = dialling(t, listener, "compression: s2_best")
    link = t.accept(listener)
    answer = link.compress()
    equal(answer.get("compression"), "s2_best", "compression")
    connect = link.read_connect()
    equal(connect.get("compress_mode"), "s2_best", "compress_mode")
    link.say_accepted()
    link.ops_until_pong()
    client = t.client(server)
    client.sub("down", 1)
    link.expect("LS+ down\r\n")
    payload = b"0123456789" * 1000
    link.lmsg("down", payload)
    client.expect_msg("down", 1, payload)
    link.add_interest("up")
    client.wait_interest("up")
    client.pub("up", payload)
    link.expect_lmsg("up", payload)
    check(s2.BLOCK in link.codec.kinds, "nothing was compressed")


@scenario(differs=OLD)
def modes_of_a_hub(t):
    """What the remote makes of each mode of a hub, by CONNECT at once or an INFO first."""
    for theirs, ours, wanted in (("off", "s2_fast", "off"), (None, "s2_fast", "not supported"),
                                 ("s2_fast", "off", "off"), ("accept", "accept", "off")):
        listener = t.hub()
        dialling(t, listener, f'compression: "{ours}"')
        link = t.accept(listener)
        link.say_info(compression=theirs)
        equal(link.read_connect().get("compress_mode"), wanted, f"{ours} with {theirs}")
    for theirs, ours, wanted in (("s2_auto", "accept", "s2_fast"), ("s2_best", "accept", "s2_best"),
                                 ("accept", "s2_better", "s2_better"),
                                 ("s2_best", "s2_fast", "s2_fast")):
        listener = t.hub()
        dialling(t, listener, f'compression: "{ours}"')
        link = t.accept(listener)
        link.compress(theirs)
        equal(link.read_connect().get("compress_mode"), wanted, f"{ours} with {theirs}")


@scenario(differs=OLD)
def unknown_mode_of_a_hub(t):
    """A hub's mode that does not exist ends the link with the same words."""
    listener = t.hub()
    dialling(t, listener)
    link = t.accept(listener)
    link.say_info(compression="gzip")
    link.expect_error_and_close('unsupported route compression mode "gzip"')


@scenario(differs=OLD)
def hub_that_does_not_confirm(t):
    """Both INFOs must come within first_info_timeout; then the remote tries again."""
    listener = t.hub()
    dialling(t, listener, "first_info_timeout: 300ms\ncompression: s2_fast")
    link = t.accept(listener)
    link.say_info(compression="s2_fast")
    link.expect_json("INFO")
    link.expect_closed()
    t.accept(listener)


# s2_auto.

def auto_link(t, thresholds):
    """A link to a hub that PINGs often, and a client of the hub; the raw side answers PINGs late
    while `delay` is set."""
    server = hub(t, f"compression: {{ mode: s2_auto, rtt_thresholds: [{thresholds}] }}",
                 'ping_interval: "100ms"\nping_max: 50\n')
    client = t.client(server)
    leaf = t.raw_leaf(server).compress("s2_auto").join()
    leaf.add_interest("down")
    client.wait_interest("down")
    return client, leaf


def until_kind(client, leaf, kind, delay_s):
    """Messages and late PONGs until a message comes in a chunk of that kind."""
    leaf.answers_pings = False
    message = lmsg_op("down", b"telemetry " * 100)
    deadline = Deadline(10)
    while not deadline.passed():
        leaf.codec.kinds.clear()
        client.pub("down", b"telemetry " * 100)
        came = False
        while not came:
            check(not deadline.passed(), "the message did not come")
            op = leaf.op(wanted="the message or a PING")
            came = op == message
            if op == b"PING\r\n":
                late = leaf.take_until(Deadline(delay_s).passed, "the time to pass")
                leaf.send("PONG\r\n")
                came = message in late
        if kind in leaf.codec.kinds[-2:]:
            return
    check(False, f"no chunk of type {kind} within 10 s of round trips of {delay_s * 1000:g} ms")


@scenario(differs=OLD)
def auto_follows_the_round_trip(t):
    """s2_auto stores over short round trips, compresses over long ones, and comes back."""
    client, leaf = auto_link(t, "20ms, 1s")
    until_kind(client, leaf, s2.STORED, 0)
    until_kind(client, leaf, s2.BLOCK, 0.05)
    until_kind(client, leaf, s2.STORED, 0)
