# SPDX-License-Identifier: Apache-2.0
#
# Readers that do not keep up: they are cut off when max_pending or write_deadline is exceeded, the
# others are served on, and a reader that is merely late gets everything.
#
#   seen on the real servers: both close the slow reader without -ERR and log "Slow Consumer
#   Detected: MaxPending of N Exceeded" or "... WriteDeadline of T exceeded ...".

from harness import check, equal, leafnodes, scenario
from harness.client import msg_op

SLOW = r"Slow Consumer"
BODY = b"s" * 32768


def flood(writer, subject, count, body=BODY):
    for _ in range(count):
        writer.pub(subject, body)


@scenario
def max_pending_in_force(t):
    """A reader with more than max_pending bytes outstanding is cut off and the log says why."""
    server = t.server('max_pending: 2MB\nwrite_deadline: "500ms"\n')
    slow, writer = t.client(server, receive_bytes=4096), t.client(server)
    slow.sub("flood", 1)
    slow.flush()
    flood(writer, "flood", 600)
    server.wait_log(SLOW, wait_s=10)
    received = len(slow.rest(wait_s=10))
    check(received < 600, "the reader got all of it")
    writer.flush()


@scenario
def write_deadline_in_force(t):
    """A reader that takes nothing for write_deadline is cut off though max_pending is far."""
    server = t.server('write_deadline: "300ms"\n')
    slow, writer = t.client(server, receive_bytes=4096), t.client(server)
    slow.sub("flood", 1)
    slow.flush()
    flood(writer, "flood", 400)
    server.wait_log(SLOW, wait_s=10)
    slow.rest(wait_s=10)
    writer.flush()


@scenario
def others_are_served_meanwhile(t):
    """While one reader hangs, a second one gets every message in order."""
    server = t.server('max_pending: 2MB\nwrite_deadline: "500ms"\n')
    slow, good, writer = t.client(server, receive_bytes=4096), t.client(server), t.client(server)
    for reader in (slow, good):
        reader.sub("flood", 1)
        reader.flush()
    for start in range(0, 600, 20):
        for number in range(start, start + 20):
            writer.pub("flood", number.to_bytes(4, "big") + BODY)
        for number in range(start, start + 20):
            good.expect_msg("flood", 1, number.to_bytes(4, "big") + BODY, wait_s=10)
    server.wait_log(SLOW, wait_s=10)
    slow.rest(wait_s=10)


@scenario
def unrelated_traffic_is_not_touched(t):
    """A hanging reader of one subject does not delay requests on another."""
    server = t.server('write_deadline: "2s"\n')
    slow, writer = t.client(server, receive_bytes=4096), t.client(server)
    service, asker = t.client(server), t.client(server)
    slow.sub("flood", 1)
    slow.flush()
    flood(writer, "flood", 200)
    service.sub("echo", 1)
    service.flush()
    asker.sub("inbox", 1)
    for number in range(50):
        asker.pub("echo", str(number), "inbox")
        service.expect_msg("echo", 1, str(number), "inbox")
        service.pub("inbox", "yes")
        asker.expect_msg("inbox", 1, "yes")


@scenario
def late_reader_gets_everything(t):
    """A reader that pauses below the limits loses nothing."""
    server = t.server()
    late, writer = t.client(server, receive_bytes=4096), t.client(server)
    late.sub("s", 1)
    late.flush()
    for number in range(300):
        writer.pub("s", number.to_bytes(4, "big") + b"x" * 20000)
    for number in range(300):
        late.expect_msg("s", 1, number.to_bytes(4, "big") + b"x" * 20000)


@scenario
def slow_member_leaves_its_group(t):
    """After a slow group member is cut off the rest of the group takes all messages."""
    server = t.server('max_pending: 2MB\nwrite_deadline: "500ms"\n')
    slow, writer = t.client(server, receive_bytes=4096), t.client(server)
    slow.sub("flood", 1)
    slow.sub("job", 2, "q")
    slow.flush()
    flood(writer, "flood", 600)
    server.wait_log(SLOW, wait_s=10)
    slow.rest(wait_s=10)
    member = t.client(server)
    member.sub("job", 1, "q")
    member.send("PUB job 1\r\nx\r\n" * 100)
    equal(len(member.messages()), 100, "messages at the member that is left")


@scenario
def publisher_that_never_reads(t):
    """A client that reads nothing and subscribes to nothing may publish for ever."""
    server = t.server('write_deadline: "300ms"\n')
    reader, writer = t.client(server), t.client(server, receive_bytes=4096)
    reader.sub("s", 1)
    reader.flush()
    for number in range(2000):
        writer.pub("s", str(number))
    reader.expect(*(msg_op("s", 1, str(number)) for number in range(2000)))


@scenario
def slow_leaf_does_not_stop_the_hub(t):
    """A leaf that reads nothing is given up after write_deadline; clients are served meanwhile."""
    server = t.server('write_deadline: "300ms"\n' + leafnodes(listen=True))
    leaf, writer, reader = t.leaf(server), t.client(server), t.client(server)
    leaf.add_interest("flood")
    writer.wait_interest("flood")
    flood(writer, "flood", 400)
    reader.sub("a", 1)
    reader.flush()
    writer.pub("a", "still here")
    reader.expect_msg("a", 1, "still here")
    server.wait_log(SLOW, wait_s=10)
    t.leaf(server, name="next").ops_until_pong()


@scenario
def slow_hub_does_not_stop_the_leaf(t):
    """A hub that reads nothing does not keep the clients of the leaf from each other."""
    hub = t.hub()
    server = t.server('write_deadline: "300ms"\n' + leafnodes(hub.url()))
    link = t.accept(hub).welcome()
    writer, reader = t.client(server), t.client(server)
    link.add_interest("flood")
    writer.wait_interest("flood")
    flood(writer, "flood", 400)
    reader.sub("a", 1)
    reader.flush()
    writer.pub("a", "still here")
    reader.expect_msg("a", 1, "still here")
    server.wait_log(SLOW, wait_s=10)
    t.accept(hub).welcome()


@scenario
def answers_nobody_reads(t):
    """A client that sends PINGs without reading the PONGs harms only itself."""
    server = t.server('max_pending: 2MB\nwrite_deadline: "300ms"\n')
    deaf, good = t.client(server, receive_bytes=4096), t.client(server)
    deaf.sock.settimeout(0.5)
    try:
        for _ in range(100):
            deaf.sock.sendall(b"PING\r\n" * 20000)
    except OSError:
        pass
    good.sub("a", 1)
    good.pub("a", "x")
    good.expect_msg("a", 1, "x")
