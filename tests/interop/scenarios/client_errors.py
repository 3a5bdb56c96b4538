# SPDX-License-Identifier: Apache-2.0
#
# Wrong input from clients: which -ERR comes, whether the connection ends, and that nobody else
# notices. "Silently" below means that the real servers close without any -ERR.
#
#   seen on the real servers: 2.9 and the newest answer each of these lines in the same way.

import socket

from harness import scenario
from harness.client import hpub_op

UNKNOWN = "Unknown Protocol Operation"
BARE_HEADERS = "NATS/1.0\r\n\r\n"


def each_ends(t, lines, text=None, **connect):
    """Every line, on a connection of its own, ends it: with this -ERR, or silently."""
    server = t.server()
    for line in lines:
        client = t.client(server, name=repr(line[:60]), **connect)
        client.send_may_fail(line)
        if text:
            client.expect_error_and_close(text)
        else:
            client.expect_closed()
    t.client(server).flush()


@scenario
def unknown_operations(t):
    """What is no operation is answered with Unknown Protocol Operation, then closed."""
    each_ends(t, ["FOO\r\n", "\r\n", "   \r\n", " PING\r\n", "PUBX foo 1\r\n", "\0\1\r\n", "A",
                  "GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"\xff\xfe"],
              UNKNOWN)


@scenario
def verbs_without_arguments(t):
    """PUB, SUB, UNSUB without any argument are unknown operations."""
    each_ends(t, ["PUB\r\n", "SUB\r\n", "UNSUB\r\n", "HPUB\r\n"], UNKNOWN)


@scenario
def verbs_of_servers(t):
    """Verbs of other kinds of connection are unknown on the client port."""
    each_ends(t, ["MSG foo 1 1\r\nx\r\n", "LS+ foo\r\n", "LS- foo\r\n", "LMSG foo 1\r\nx\r\n",
                  "RS+ $G foo\r\n", "RMSG $G foo 1\r\nx\r\n", "A+ foo\r\n"], UNKNOWN)


@scenario
def pub_argument_errors(t):
    """PUB with a wrong number of words or a size that is no number is closed silently."""
    each_ends(t, ["PUB foo\r\n", "PUB foo 1 2 3\r\nx\r\n", "PUB foo abc\r\nx\r\n",
                  "PUB foo 1.\r\nx\r\n", "PUB foo +1\r\nx\r\n", "PUB foo 0x1\r\nx\r\n"])


@scenario
def pub_negative_and_huge_sizes(t):
    """Negative sizes and sizes of more than nine digits are closed silently."""
    each_ends(t, ["PUB foo -1\r\nx\r\n", "PUB foo -9223372036854775808\r\n",
                  "PUB foo 1000000000\r\n", "PUB foo 99999999999999999999\r\n",
                  "PUB foo 18446744073709551617\r\nx\r\n", "HPUB foo 12 99999999999999999999\r\n"])


@scenario
def pub_size_too_small(t):
    """A payload longer than its size is told at the place where CRLF was due."""
    each_ends(t, ["PUB foo 2\r\nhello\r\n", "PUB foo 0\r\nx\r\n"], UNKNOWN)
    each_ends(t, ["PUB foo 2\r\nhello\r\n"], UNKNOWN, pedantic=True)


@scenario
def pub_size_wrong_delivers_nothing(t):
    """A message whose size does not fit is not delivered."""
    server = t.server()
    listener, client = t.client(server), t.client(server)
    listener.sub("foo", 1)
    listener.flush()
    client.send("PUB foo 2\r\nhello\r\n")
    client.expect_error_and_close(UNKNOWN)
    listener.expect_nothing()


@scenario
def hpub_argument_errors(t):
    """HPUB with missing, wrong, negative or contradicting sizes is closed silently."""
    each_ends(t, ["HPUB foo 12\r\n", "HPUB foo 12 x\r\n", "HPUB foo x 12\r\n",
                  "HPUB foo -1 12\r\n", "HPUB foo 12 -1\r\n", "HPUB foo a 1 2 3\r\n",
                  "HPUB foo 13 12\r\nNATS/1.0\r\n\r\n\r\n"])


@scenario
def hpub_without_headers_option(t):
    """HPUB of a client that did not ask for headers is closed silently."""
    each_ends(t, [hpub_op("foo", BARE_HEADERS, "x")], headers=False, no_responders=False)


@scenario
def hpub_without_connect(t):
    """HPUB before CONNECT is closed: headers were not agreed."""
    client = t.raw(t.server())
    client.send_may_fail(hpub_op("foo", BARE_HEADERS, "x"))
    client.expect_closed()


@scenario
def sub_and_unsub_argument_errors(t):
    """SUB and UNSUB with a wrong number of words are closed silently."""
    each_ends(t, ["SUB foo\r\n", "SUB foo q 1 2\r\n", "UNSUB 1 2 3\r\n"])


@scenario
def connect_errors(t):
    """CONNECT without an object or with bad JSON is closed silently."""
    server = t.server()
    for line in ("CONNECT\r\n", "CONNECT {bad}\r\n", 'CONNECT {"verbose":\r\n', "CONNECT []\r\n",
                 'CONNECT {"verbose":"yes"}\r\n'):
        client = t.raw(server, name=repr(line))
        client.send_may_fail(line)
        client.expect_closed()


@scenario
def err_from_a_client(t):
    """A client that sends -ERR is closed silently."""
    each_ends(t, ["-ERR 'x'\r\n"])


@scenario
def harmless_lines(t):
    """+OK and INFO from a client are ignored."""
    client = t.client(t.server())
    client.send("+OK\r\nINFO {}\r\n")
    client.expect_nothing()


@scenario
def invalid_subjects_of_sub(t):
    """SUB with an empty token or a > that is not last: Invalid Subject, the connection stays."""
    client = t.client(t.server())
    for subject in ("foo.", ".foo", "a..b", ".", "a.>.b", ">.a", "a.", "..", "*..*"):
        client.sub(subject, 1)
        client.expect_error("Invalid Subject")
    client.expect_nothing()


@scenario
def invalid_subject_with_queue(t):
    """The queue form of SUB is checked alike; a refused SUB takes no message."""
    client = t.client(t.server())
    client.sub("a..b", 1, "q")
    client.expect_error("Invalid Subject")
    client.pub("a..b", "x")
    client.expect_nothing()


@scenario
def pedantic_publish_subjects(t):
    """pedantic: a wildcard or malformed subject of PUB is told; the connection stays."""
    client = t.client(t.server(), pedantic=True)
    for subject in ("foo.*", "foo.", "a..b", ".a", "foo.>", ">", "*"):
        client.pub(subject, "x")
        client.expect_error("Invalid Publish Subject")
    client.expect_nothing()


@scenario
def publish_subjects_unchecked_by_default(t):
    """Without pedantic a malformed subject of PUB is dropped without a word or passed on."""
    client = t.client(t.server())
    for subject in ("foo.*", "foo.", "a..b", ".a", "foo.>", ">"):
        client.pub(subject, "x")
    client.expect_nothing()


@scenario
def wildcard_publish_is_a_literal(t):
    """PUB to foo.* does not reach foo.bar: published wildcards are not expanded."""
    client = t.client(t.server())
    client.sub("foo.bar", 1)
    client.pub("foo.*", "x")
    client.pub("foo.>", "x")
    client.expect_nothing()


@scenario
def payload_beyond_limit(t):
    """One byte above max_payload is refused when the control line is read, then closed."""
    server = t.server("max_payload: 100\n")
    for line in ("PUB foo 101\r\n", "PUB foo 101\r\n" + "x" * 101 + "\r\n", "PUB foo 999999999\r\n",
                 "HPUB foo 12 101\r\n"):
        client = t.client(server)
        client.send_may_fail(line)
        client.expect_error_and_close("Maximum Payload Violation")


@scenario
def payload_limit_before_login(t):
    """Before CONNECT the payload limit counts as well."""
    client = t.raw(t.server("max_payload: 100\n"))
    client.send_may_fail("PUB foo 101\r\n")
    client.expect_error_and_close("Maximum Payload Violation")


@scenario
def control_line_beyond_limit(t):
    """A control line above 4096 bytes is refused and closed, finished or not."""
    server = t.server()
    for line in ("PUB " + "s" * 5000 + " 1\r\nx\r\n", "SUB " + "s" * 5000, "UNSUB " + "1" * 5000,
                 "HPUB " + "s" * 5000 + " 12 12\r\n"):
        client = t.client(server)
        client.send_may_fail(line)
        client.expect_error_and_close("maximum control line exceeded")


@scenario
def control_line_limit_spans_segments(t):
    """The limit counts the whole line, also when it trickles in."""
    client = t.client(t.server("max_control_line: 256\n"))
    client.sock.settimeout(5)
    for _ in range(40):
        client.send_may_fail("PUB " if _ == 0 else "sssssssss.")
    client.expect_error_and_close("maximum control line exceeded")


@scenario
def control_line_limit_before_login(t):
    """Nobody may grow the buffers of the server before logging in."""
    client = t.raw(t.server("authorization { token: t }\n"))
    client.send_may_fail("CONNECT {" + " " * 100000)
    client.expect_error_and_close("maximum control line exceeded")


@scenario
def first_op_with_authorization(t):
    """With authorization any operation before CONNECT is an Authorization Violation."""
    server = t.server("authorization { token: t }\n")
    for line in ("PING\r\n", "SUB foo 1\r\n", "PUB foo 1\r\nx\r\n", "PONG\r\n", "FOO\r\n"):
        client = t.raw(server, name=repr(line))
        client.send_may_fail(line)
        client.expect_error_and_close("Authorization Violation")


@scenario
def garbage_before_login(t):
    """Random bytes end the connection and nothing else."""
    server = t.server()
    for seed in range(20):
        client = t.raw(server)
        client.send_may_fail(bytes((seed * 37 + i * i) % 251 + 1 for i in range(300)))
        client.end_sending()
        client.rest()
    t.client(server).flush()


@scenario
def bad_client_does_not_disturb(t):
    """While one client is refused, messages between others go on."""
    server = t.server()
    good, bad = t.client(server), t.client(server)
    good.sub("a", 1)
    good.flush()
    bad.send("PUB a 1\r\nx\r\nJUNK\r\n")
    bad.expect_error_and_close(UNKNOWN)
    good.expect_msg("a", 1, "x")
    good.pub("a", "y")
    good.expect_msg("a", 1, "y")


@scenario
def operations_before_the_error_count(t):
    """What stood before the wrong operation in the same segment has been done."""
    server = t.server()
    listener, client = t.client(server), t.client(server)
    listener.sub("a", 1)
    listener.flush()
    client.send("PUB a 1\r\n1\r\nPUB a 1\r\n2\r\nJUNK\r\nPUB a 1\r\n3\r\n")
    client.expect_error_and_close(UNKNOWN)
    listener.expect_msg("a", 1, "1")
    listener.expect_msg("a", 1, "2")
    listener.expect_nothing()


@scenario
def reset_in_the_middle_of_a_payload(t):
    """A client that dies inside a payload leaves no message and no interest behind."""
    server = t.server()
    listener, client, asker = t.client(server), t.client(server), t.client(server)
    listener.sub("a", 1)
    listener.flush()
    client.sub("gone", 1)
    client.flush()
    client.send("PUB a 10\r\n12345")
    client.reset()
    asker.wait_no_interest("gone")
    listener.expect_nothing()


@scenario
def many_connections_come_and_go(t):
    """Hundreds of short connections, in good and bad manner, leave the server as it was."""
    server = t.server()
    for i in range(300):
        sock = socket.create_connection(("127.0.0.1", server.port()), 5)
        if i % 3 == 0:
            sock.sendall(b'CONNECT {"verbose":false}\r\nSUB a 1\r\n')
        sock.close()
    client = t.client(server)
    client.sub("a", 1)
    client.pub("a", "x")
    client.expect_msg("a", 1, "x")
    client.expect_nothing()
