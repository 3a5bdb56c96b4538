# SPDX-License-Identifier: Apache-2.0
#
# The client protocol where all goes well: INFO and CONNECT, each verb in each accepted spelling,
# headers, and how bytes may be cut into segments. Wrong input is in client_errors.py.
#
#   seen on the real servers   2.9                  newest
#   INFO after the first PONG  none                 one, with connect_info, if CONNECT.protocol >= 1
#   no responders              bare "NATS/1.0 503"  the same with a Nats-Subject header
#   second CONNECT             keeps subscriptions  earlier subscriptions get nothing any more
#                                                   (so their fate is not asserted)

import json

from harness import check, equal, scenario
from harness.client import Message, hmsg_op, hpub_op, msg_op

HEADERS = "NATS/1.0\r\nKey: value\r\n\r\n"


def expect_503(client, inbox, sid, subject):
    """A 503 without payload; if it names the subject of the request, then the right one."""
    message = Message(client.op(wanted="a 503"))
    equal((message.subject, message.sid, message.reply, message.payload), (inbox, sid, "", b""),
          "subject, sid, reply, payload of the 503")
    bare, named = b"NATS/1.0 503\r\n\r\n", f"NATS/1.0 503\r\nNats-Subject: {subject}\r\n\r\n"
    check(message.headers in (bare, named.encode()), f"headers of the 503: {message.headers}")


@scenario
def info_fields(t):
    """INFO comes first, unasked, with the fields clients rely on."""
    server = t.server('server_name: "info-test"\n')
    info = t.raw(server).info
    wanted = {"server_name": "info-test", "proto": 1, "host": "127.0.0.1", "port": server.port(),
              "headers": True, "max_payload": 1048576, "client_ip": "127.0.0.1"}
    equal({key: info.get(key) for key in wanted}, wanted, "INFO")
    check(info["server_id"] and info["version"][0].isdigit(), f"id or version in {info}")
    check(isinstance(info["client_id"], int) and info["client_id"] > 0, f"client_id in {info}")
    check(not info.get("auth_required") and not info.get("tls_required"), f"auth in {info}")


@scenario
def info_client_ids_differ(t):
    """Every connection has its own client_id; the server_id stays."""
    server = t.server()
    infos = [t.raw(server).info for _ in range(5)]
    equal(len({info["client_id"] for info in infos}), 5, "different client ids")
    equal(len({info["server_id"] for info in infos}), 1, "different server ids")


@scenario
def connect_minimal(t):
    """CONNECT {} is enough to log in; verbose is on unless it is switched off."""
    client = t.raw(t.server())
    client.send("CONNECT {}\r\n")
    client.expect("+OK\r\n")
    client.send('CONNECT {"verbose":false}\r\nPING\r\n')
    client.expect("PONG\r\n")


@scenario
def connect_unknown_fields(t):
    """Unknown fields of CONNECT are ignored, also nested ones."""
    client = t.raw(t.server())
    client.log_in(future_field=True, nested={"a": [1, {"b": None}]}, lang="x\u00fc\"\\")


@scenario
def connect_lower_case_and_spaces(t):
    """CONNECT is found in any case, with tabs and several spaces before the object."""
    server = t.server()
    for line in ('connect {"verbose":false}\r\n', 'CoNnEcT   {"verbose":false}\r\n',
                 'CONNECT\t{"verbose":false}\r\n', 'CONNECT {"verbose" : false }  \r\n'):
        client = t.raw(server)
        client.send(line, "PING\r\n")
        client.expect("PONG\r\n")


@scenario
def no_connect_at_all(t):
    """Without authorization a client may skip CONNECT; it is verbose then."""
    client = t.raw(t.server())
    client.send("SUB foo 1\r\nPUB foo 1\r\nx\r\nPING\r\n")
    client.expect("+OK\r\n+OK\r\n", msg_op("foo", 1, "x"), "PONG\r\n")


@scenario
def second_connect(t):
    """A second CONNECT is taken and changes the options."""
    client = t.client(t.server(), echo=False)
    client.say_connect(echo=True, pedantic=True)
    client.sub("a", 1)
    client.pub("a", "kept")
    client.expect_msg("a", 1, "kept")
    client.pub("a.*", "told")
    client.expect_error("Invalid Publish Subject")


@scenario
def verbose_answers_each_op(t):
    """verbose: +OK for CONNECT, SUB, UNSUB, PUB and HPUB, none for PING and PONG."""
    client = t.raw(t.server())
    client.send('CONNECT {"verbose":true,"headers":true}\r\n')
    client.expect("+OK\r\n")
    for op in ("SUB foo 1\r\n", "UNSUB 1\r\n", "UNSUB 99\r\n", "PUB foo 2\r\nok\r\n",
               hpub_op("foo", HEADERS, "x")):
        client.send(op)
        client.expect("+OK\r\n")
    client.send("PONG\r\nPING\r\n")
    client.expect("PONG\r\n")


@scenario
def verbose_ok_comes_before_the_message(t):
    """Of an echoed PUB the sender sees +OK first."""
    client = t.client(t.server(), verbose=True)
    client.send("SUB a 1\r\n")
    client.expect("+OK\r\n")
    client.pub("a", "x")
    client.expect("+OK\r\n", msg_op("a", 1, "x"))


@scenario
def verbose_error_replaces_ok(t):
    """verbose: a refused SUB is answered with -ERR and no +OK."""
    client = t.client(t.server(), verbose=True)
    client.send("SUB foo. 1\r\nPING\r\n")
    client.expect("-ERR 'Invalid Subject'\r\n", "PONG\r\n")


@scenario
def echo_off(t):
    """echo: false keeps own messages away from own subscriptions, and only those."""
    server = t.server()
    quiet, other = t.client(server, echo=False), t.client(server)
    quiet.sub("a", 1)
    quiet.flush()
    quiet.pub("a", "own")
    quiet.flush()
    other.pub("a", "foreign")
    quiet.expect_msg("a", 1, "foreign")
    quiet.expect_nothing()


@scenario
def ping_pong(t):
    """Each PING gets its PONG, also many in one segment; a PONG unasked is ignored."""
    client = t.client(t.server())
    client.send("PING\r\n" * 100)
    client.expect("PONG\r\n" * 100)
    client.send("PONG\r\nPONG\r\n")
    client.expect_nothing()


@scenario
def ping_spellings(t):
    """PING in lower case, with blanks behind, with a bare line feed."""
    client = t.client(t.server())
    for line in ("ping\r\n", "PiNg\r\n", "PING \r\n", "PING\t\r\n", "PING\n", "PONG\n"):
        client.send(line)
        if "i" in line.lower().replace("\r", ""):
            client.expect("PONG\r\n")
    client.expect_nothing()


@scenario
def pub_sub_bytes(t):
    """PUB without and with reply reaches SUB as MSG, byte for byte."""
    client = t.client(t.server())
    client.send("SUB foo.bar 9\r\nPUB foo.bar 5\r\nhello\r\nPUB foo.bar INBOX.7 0\r\n\r\n")
    client.expect("MSG foo.bar 9 5\r\nhello\r\n", "MSG foo.bar 9 INBOX.7 0\r\n\r\n")


@scenario
def verbs_in_any_case(t):
    """Verbs are case-insensitive, subjects are not."""
    client = t.client(t.server())
    client.send("sub Foo 1\r\npub Foo 1\r\na\r\npUb foo 1\r\nb\r\nPuB Foo 1\r\nc\r\n")
    client.expect(msg_op("Foo", 1, "a"), msg_op("Foo", 1, "c"))
    client.send("unsub 1\r\nPUB Foo 1\r\nd\r\n")
    client.expect_nothing()


@scenario
def blanks_between_words(t):
    """Words may be parted by tabs and by several blanks, and blanks may trail."""
    client = t.client(t.server())
    client.send("SUB\tfoo\t1\r\nSUB  foo   q\t 2 \r\nPUB \t foo \t 2\t\r\nab\r\n")
    client.expect_any_order(msg_op("foo", 1, "ab"), msg_op("foo", 2, "ab"))
    client.send("HPUB  foo\t r  12   13 \r\nNATS/1.0\r\n\r\nx\r\n")
    client.expect_any_order(hmsg_op("foo", 1, "NATS/1.0\r\n\r\n", "x", "r"),
                            hmsg_op("foo", 2, "NATS/1.0\r\n\r\n", "x", "r"))
    client.send("UNSUB \t 1 \r\nUNSUB\t2\r\nPUB foo 1\r\nx\r\n")
    client.expect_nothing()


@scenario
def line_feed_alone(t):
    """A control line may end with a line feed alone."""
    client = t.client(t.server())
    client.send("SUB foo 1\nPUB foo 2\nhi\r\n")
    client.expect_msg("foo", 1, "hi")


@scenario
def size_with_leading_zeros(t):
    """A size may have leading zeros; MSG carries the plain number or the same digits."""
    client = t.client(t.server())
    client.send("SUB foo 1\r\nPUB foo 0003\r\nabc\r\n")
    op = client.op()
    check(op in (b"MSG foo 1 3\r\nabc\r\n", b"MSG foo 1 0003\r\nabc\r\n"), f"got {op!r}")


@scenario
def sid_may_be_any_word(t):
    """A sid is an opaque word of the client and comes back unchanged."""
    client = t.client(t.server())
    for sid in ("0", "a-b_c", "99999999999999999999", "\u00e4\u00f6", "x" * 100):
        client.send(f"SUB foo {sid}\r\nPUB foo 1\r\nx\r\n".encode())
        client.expect(f"MSG foo {sid} 1\r\nx\r\n".encode())
        client.send(f"UNSUB {sid}\r\n".encode())


@scenario
def split_at_every_byte(t):
    """All operations sent one byte a segment mean the same."""
    client = t.client(t.server())
    client.send_bytewise("SUB foo q 1\r\nSUB bar 22\r\nPUB foo rep.ly 3\r\na\r\n\r\n")
    client.expect("MSG foo 1 rep.ly 3\r\na\r\n\r\n")
    client.send_bytewise(hpub_op("bar", HEADERS, "xyz", "r"))
    client.expect_hmsg("bar", 22, HEADERS, "xyz", "r")
    client.send_bytewise("UNSUB 22\r\nPUB bar 0\r\n\r\nPING\r\n")
    client.expect("PONG\r\n")


@scenario
def split_in_two_at_every_place(t):
    """A stream of operations cut in two segments at each place means the same."""
    client = t.client(t.server())
    stream = (b"SUB s 1\r\nPUB s 4\r\n\r\n\r\n\r\n" + hpub_op("s", HEADERS, "p")
              + b"UNSUB 1\r\nPING\r\n")
    for place in range(1, len(stream)):
        client.send(stream[:place])
        client.send(stream[place:])
        client.expect(msg_op("s", 1, "\r\n\r\n"), hmsg_op("s", 1, HEADERS, "p"), "PONG\r\n")


@scenario
def split_connect(t):
    """CONNECT may come one byte a segment."""
    client = t.raw(t.server())
    client.send_bytewise('CONNECT {"verbose":true,"lang":"x"}\r\nPING\r\n')
    client.expect("+OK\r\nPONG\r\n")


@scenario
def many_ops_in_one_segment(t):
    """Thousands of operations in one write are all done, in order."""
    client = t.client(t.server())
    count = 5000
    client.send("SUB s 1\r\n", *(f"PUB s {len(str(i))}\r\n{i}\r\n" for i in range(count)))
    client.expect(*(msg_op("s", 1, str(i)) for i in range(count)))


@scenario
def payload_may_hold_anything(t):
    """Payload bytes are opaque: CRLF, verbs, NUL and high bytes come through."""
    client = t.client(t.server())
    client.sub("s", 1)
    for payload in (b"\r\n", b"PUB s 1\r\nx\r\n", bytes(range(256)), b"-ERR 'x'\r\n", b"\0" * 50):
        client.pub("s", payload)
        client.expect_msg("s", 1, payload)


@scenario
def hpub_bytes(t):
    """HPUB reaches a client with headers as HMSG, with and without reply and payload."""
    client = t.client(t.server())
    client.sub("h", 1)
    for payload, reply in (("body", ""), ("", ""), ("body", "re.ply"), ("", "re.ply")):
        client.hpub("h", HEADERS, payload, reply)
        client.expect_hmsg("h", 1, HEADERS, payload, reply)


@scenario
def header_block_is_not_looked_into(t):
    """The header block travels byte for byte, whatever it holds."""
    client = t.client(t.server())
    client.sub("h", 1)
    for headers in ("NATS/1.0\r\n\r\n", "NATS/1.0\r\nA:1\r\nA: 2\r\nb:\r\n\r\n", "hello",
                    "NATS/1.0\r\nno colon\r\n\r\n"):
        client.hpub("h", headers, "p")
        client.expect_hmsg("h", 1, headers, "p")


@scenario
def headers_stripped_for_old_clients(t):
    """A client that did not ask for headers gets the payload alone as MSG."""
    server = t.server()
    old, new = t.client(server, headers=False, no_responders=False), t.client(server)
    old.sub("h", 1)
    old.flush()
    new.hpub("h", HEADERS, "body", "r")
    old.expect_msg("h", 1, "body", "r")


@scenario
def pub_reaches_header_client_as_msg(t):
    """A message without headers stays MSG for a client with headers."""
    client = t.client(t.server())
    client.sub("h", 1)
    client.pub("h", "x")
    client.expect("MSG h 1 1\r\nx\r\n")


@scenario
def no_responders(t):
    """A request that nobody takes is answered at once with a bare 503 header."""
    client = t.client(t.server())
    client.sub("inbox.1", 7)
    client.pub("nobody.home", "x", "inbox.1")
    expect_503(client, "inbox.1", "7", "nobody.home")


@scenario
def no_responders_needs_a_reply(t):
    """Without reply subject, with a taker, or without the option there is no 503."""
    server = t.server()
    client = t.client(server)
    client.sub("inbox.*", 7)
    client.sub("taken", 8)
    client.pub("nobody", "x")
    client.pub("taken", "y", "inbox.1")
    client.expect_msg("taken", 8, "y", "inbox.1")
    client.expect_nothing()
    plain = t.client(server, no_responders=False)
    plain.sub("inbox.*", 7)
    plain.pub("nobody", "x", "inbox.2")
    plain.expect_nothing()


@scenario
def no_responders_reaches_the_requester_only(t):
    """Others that listen on the reply subject do not see the 503."""
    server = t.server()
    client, other = t.client(server), t.client(server)
    other.sub("inbox.>", 1)
    other.flush()
    client.sub("inbox.a", 2)
    client.pub("nobody", "x", "inbox.a")
    expect_503(client, "inbox.a", "2", "nobody")
    other.expect_nothing()


@scenario
def no_responders_needs_headers(t):
    """no_responders without headers is refused at CONNECT."""
    client = t.raw(t.server())
    client.say_connect(headers=False, no_responders=True)
    client.expect_error_and_close("no responders requires headers support")


@scenario
def own_subscription_counts_as_responder(t):
    """A request to an own subscription is no 503 with echo, and one without."""
    server = t.server()
    client = t.client(server)
    client.sub("svc", 1)
    client.sub("inbox", 2)
    client.pub("svc", "x", "inbox")
    client.expect_msg("svc", 1, "x", "inbox")
    client.expect_nothing()


@scenario
def unsub_at_once(t):
    """After UNSUB nothing is delivered, also of a PUB in the same segment."""
    client = t.client(t.server())
    client.send("SUB a 1\r\nPUB a 1\r\n1\r\nUNSUB 1\r\nPUB a 1\r\n2\r\nPING\r\n")
    client.expect(msg_op("a", 1, "1"), "PONG\r\n")


@scenario
def unsub_after_max(t):
    """UNSUB with a maximum ends the subscription after that many messages."""
    client = t.client(t.server())
    client.send("SUB a 1\r\nUNSUB 1 2\r\n", "PUB a 1\r\nx\r\n" * 4)
    client.expect(msg_op("a", 1, "x") * 2)
    client.expect_nothing()


@scenario
def unsub_max_counts_delivered(t):
    """Messages delivered before UNSUB count towards its maximum."""
    client = t.client(t.server())
    client.send("SUB a 1\r\n", "PUB a 1\r\nx\r\n" * 2, "UNSUB 1 3\r\n", "PUB a 1\r\ny\r\n" * 3)
    client.expect(msg_op("a", 1, "x") * 2, msg_op("a", 1, "y"))
    client.expect_nothing()


@scenario
def unsub_max_below_delivered(t):
    """A maximum that was reached already ends the subscription at once."""
    client = t.client(t.server())
    client.send("SUB a 1\r\n", "PUB a 1\r\nx\r\n" * 3, "UNSUB 1 2\r\n", "PUB a 1\r\ny\r\n")
    client.expect(msg_op("a", 1, "x") * 3)
    client.expect_nothing()


@scenario
def unsub_max_replaced(t):
    """A later UNSUB replaces the maximum of an earlier one."""
    client = t.client(t.server())
    client.send("SUB a 1\r\nUNSUB 1 1\r\nUNSUB 1 3\r\n", "PUB a 1\r\nx\r\n" * 5)
    client.expect(msg_op("a", 1, "x") * 3)
    client.expect_nothing()


@scenario
def unsub_of_unknown_sid(t):
    """UNSUB of a sid that is not there is no error."""
    client = t.client(t.server())
    client.unsub(99)
    client.unsub(98, 5)
    client.expect_nothing()


@scenario
def unsub_odd_maximum(t):
    """A maximum that is no number ends the subscription at once, as without one."""
    client = t.client(t.server())
    for most in ("x", "-1", "0"):
        client.send(f"SUB a 1\r\nUNSUB 1 {most}\r\nPUB a 1\r\nx\r\n")
        client.expect_nothing()


@scenario(differs=dict.fromkeys(("2.9", "2.10"), "sends no INFO after CONNECT"))
def info_after_connect(t):
    """A client of protocol 1 gets a second INFO with connect_info; one of protocol 0 does not."""
    server = t.server()
    client = t.client(server)
    client.flush()
    equal([info.get("connect_info") for info in client.later_infos], [True], "connect_info")
    old = t.client(server, protocol=0)
    old.flush()
    equal(old.later_infos, [], "INFO for protocol 0")


@scenario
def json_escapes_in_connect(t):
    """Strings in CONNECT may use JSON escapes."""
    server = t.server("", "--user", "us\"er", "--pass", "p\u00e4ss")
    client = t.raw(server)
    client.send('CONNECT {"verbose":false,"user":"us\\u0022er","pass":"p\\u00e4ss"}\r\nPING\r\n')
    client.expect("PONG\r\n")


@scenario
def large_connect(t):
    """CONNECT may be as long as a control line, far beyond the usual size."""
    client = t.raw(t.server())
    client.send(f"CONNECT {json.dumps({'verbose': False, 'name': 'n' * 4000})}\r\nPING\r\n")
    client.expect("PONG\r\n")


@scenario
def half_closed_client(t):
    """What a client sent before it shut down its sending side is still done."""
    server = t.server()
    listener, speaker = t.client(server), t.client(server)
    listener.sub("bye", 1)
    listener.flush()
    speaker.pub("bye", "last words")
    speaker.end_sending()
    listener.expect_msg("bye", 1, "last words")
    speaker.expect_closed()
