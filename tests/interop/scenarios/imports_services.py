# SPDX-License-Identifier: Apache-2.0
#
# Service exports and imports: requests of the importer's account that a responder in the exporter's
# account answers. The responder sees a reply subject of the server's own making and, in the header
# Nats-Request-Info, who asked.

import json

from harness import Failure, Skip, check, equal, fail, scenario
from harness.accounts import (account, accounts, enter, exports, imports, refused, service_of,
                              subscribed, user)
from harness.checks import Deadline
from harness.client import Message

FORGED = "NATS/1.0\r\nNats-Request-Info: {\"acc\":\"FORGED\",\"user\":\"forged\"}\r\nK: v\r\n\r\n"


def service(t, import_entry, export_entry='service: ">"', *args, importer=(), exporter=()):
    """A exports, B imports: a client of each."""
    server = t.server(accounts(account("A", exports(export_entry), *exporter),
                               account("B", imports(import_entry), *importer), "C"), *args)
    return enter(t, server, "a"), enter(t, server, "b")


def ask(client, subject, payload="?", inbox="_INBOX.ask", headers=None):
    """The request only. The inbox has sid 9."""
    client.sub(inbox, 9)
    client.unsub(9, 1)
    if headers:
        client.hpub(subject, headers, payload, inbox)
    else:
        client.pub(subject, payload, inbox)


def take(responder, subject, payload="?"):
    """The next operation must be this request; returns it. Empty requests are those of
    wait_interest, whose inbox an import hides."""
    message = Message(responder.op(wanted=f"the request {subject}"))
    while payload and not message.payload:
        message = Message(responder.op(wanted=f"the request {subject}"))
    equal((message.subject, message.payload), (subject, payload.encode()), "request")
    return message


def answered(asker, responder, subject, seen, payload="?"):
    """One whole request; returns what the responder saw."""
    ask(asker, subject, payload)
    request = take(responder, seen, payload)
    responder.pub(request.reply, "!")
    asker.expect_msg("_INBOX.ask", 9, "!")
    return request


def info_of(message):
    """Nats-Request-Info of a message, or None. More than one is a failure."""
    lines = [line for line in message.headers.decode().split("\r\n")
             if line.lower().replace(" ", "").startswith("nats-request-info:")]
    check(len(lines) < 2, f"headers {message.headers}")
    return json.loads(lines[0].partition(":")[2]) if lines else None


def unavailable(asker, subject):
    message = asker.request(subject)
    check(b" 503" in message.headers, f"answer {message.headers} {message.payload}")


# What the import says, the subject asked for, the subject the responder sees.
NAMES = (
    ("svc.one", "", "svc.one", "svc.one"),
    ("svc.*", "", "svc.x", "svc.x"),
    ("svc.>", "", "svc.x.y", "svc.x.y"),
    ("svc.one", 'to: "local"', "local", "svc.one"),
    ("svc.one", 'to: "deep.er.local"', "deep.er.local", "svc.one"),
    ("svc.*", 'to: "local.$1"', "local.x", "svc.x"),
    ("svc.*", 'to: "local.*"', "local.x", "svc.x"),
    ("svc.*.*", 'to: "l.$2.$1"', "l.a.b", "svc.b.a"),
    ("svc.>", 'to: "local.>"', "local.x.y", "svc.x.y"),
)


@scenario
def names(t):
    """Plain, to, wildcards and $1: the responder gets the exporter's subject, the asker the answer
    on its own inbox."""
    for subject, extra, asked, seen in NAMES:
        a, b = service(t, service_of("A", subject, extra))
        subscribed(a, "svc.>")
        request = answered(b, a, asked, seen)
        check(request.reply.startswith("_R_.") and "ask" not in request.reply,
              f"reply {request.reply}")
        b.expect_nothing()
        a.expect_nothing()


@scenario
def prefix_of_a_service(t):
    """prefix is for streams; on a service nothing is done by halves: refused, or ignored."""
    config = accounts(account("A", exports('service: "svc.one"')),
                      account("B", imports(service_of("A", "svc.one", 'prefix: "p"'))))
    t.write("prefix.conf", 'listen: "127.0.0.1:-1"\n' + config)
    server = t.launch("-c", "prefix.conf")
    try:
        server.wait_ready()
    except Failure:
        server.wait_exit()
        return
    a, b = enter(t, server, "a"), enter(t, server, "b")
    subscribed(a, ">")
    answered(b, a, "svc.one", "svc.one")


@scenario
def requests_of_others(t):
    """Only accounts that import reach the service, only under the imported name."""
    server = t.server(accounts(account("A", exports('service: "svc.>"')),
                               account("B", imports(service_of("A", "svc.x", 'to: "mine"'))), "C"))
    a, b, c = (enter(t, server, name) for name in "abc")
    subscribed(a, ">")
    for client, subject in ((c, "svc.x"), (c, "mine"), (b, "svc.x"), (b, "svc.y")):
        unavailable(client, subject)
    a.expect_nothing()
    answered(b, a, "mine", "svc.x")


@scenario(differs={"2.9": "no 503 through an import once there was a responder"})
def no_responders(t):
    """A service nobody serves is 503 to the importer, and again when the responder has gone."""
    a, b = service(t, service_of("A", "svc.x", 'to: "mine"'))
    unavailable(b, "mine")
    subscribed(a, "svc.x")
    answered(b, a, "mine", "svc.x")
    a.unsub(1)
    a.flush()
    unavailable(b, "mine")


@scenario
def without_reply(t):
    """A message without reply goes through a service import as well."""
    a, b = service(t, service_of("A", "svc.x"))
    subscribed(a, "svc.x")
    b.pub("svc.x", "tell")
    message = take(a, "svc.x", "tell")
    equal(message.reply, "", "reply")


@scenario
def headers_go_both_ways(t):
    """Headers of request and answer arrive."""
    a, b = service(t, service_of("A", "svc.x"))
    subscribed(a, "svc.x")
    ask(b, "svc.x", headers="NATS/1.0\r\nK: v\r\n\r\n")
    request = take(a, "svc.x")
    check(b"K: v\r\n" in request.headers, f"headers {request.headers}")
    a.hpub(request.reply, "NATS/1.0\r\nR: w\r\n\r\n", "!")
    b.expect_hmsg("_INBOX.ask", 9, "NATS/1.0\r\nR: w\r\n\r\n", "!")


@scenario
def local_responders_count_too(t):
    """A subscriber in the importer's own account gets the request beside the service."""
    server = t.server(accounts(account("A", exports('service: "svc.x"')),
                               account("B", imports(service_of("A", "svc.x")))))
    a, b, own = enter(t, server, "a"), enter(t, server, "b"), enter(t, server, "b")
    subscribed(a, "svc.x")
    subscribed(own, "svc.x")
    b.pub("svc.x", "?", "r")
    take(a, "svc.x")
    own.expect_msg("svc.x", 1, "?", "r")


@scenario
def responders_in_a_group(t):
    """A queue group of responders: each request goes to one."""
    server = t.server(accounts(account("A", exports('service: "svc"')),
                               account("B", imports(service_of("A", "svc")))))
    responders = [subscribed(enter(t, server, "a"), "svc", queue="q") for _ in range(3)]
    asker = enter(t, server, "b")
    for number in range(150):
        asker.pub("svc", str(number), "in.box")
    asker.flush()
    shares = [[m.payload.decode() for m in client.messages()] for client in responders]
    equal(sorted(sum(shares, []), key=int), [str(i) for i in range(150)], "each once")
    check(min(map(len, shares)) > 10, f"shares {[len(share) for share in shares]}")


@scenario
def many_responders(t):
    """Without a group every responder gets the request; the asker gets the first answer only."""
    server = t.server(accounts(account("A", exports('service: "svc"')),
                               account("B", imports(service_of("A", "svc")))))
    responders = [subscribed(enter(t, server, "a"), "svc") for _ in range(3)]
    asker = enter(t, server, "b")
    asker.sub("in.box", 1)
    asker.pub("svc", "?", "in.box")
    for number, responder in enumerate(responders):
        responder.pub(take(responder, "svc").reply, str(number))
        responder.flush()
    asker.expect_msg("in.box", 1, "0")
    asker.expect_nothing()


# Response types.


def replies_through(t, response, count=3):
    """How many of `count` answers reach the asker."""
    extra = f", response_type: {response}" if response else ""
    a, b = service(t, service_of("A", "svc"), f'service: "svc"{extra}')
    subscribed(a, "svc")
    b.sub("in.box", 1)
    b.pub("svc", "?", "in.box")
    request = take(a, "svc")
    for number in range(count):
        a.pub(request.reply, str(number))
    a.flush()
    return [m.payload.decode() for m in b.messages()]


@scenario
def response_types(t):
    """singleton (the default) lets one answer through, stream and chunked all."""
    for response, wanted in (("", ["0"]), ("singleton", ["0"]), ("single", ["0"]),
                             ("stream", ["0", "1", "2"]), ("chunked", ["0", "1", "2"]),
                             ("chunk", ["0", "1", "2"])):
        equal(replies_through(t, response), wanted, f"answers with {response or 'no type'}")


@scenario
def chunked_ends_with_an_empty_message(t):
    """The empty message that ends a chunked answer reaches the asker, as does each chunk."""
    a, b = service(t, service_of("A", "svc"), 'service: "svc", response_type: chunked')
    subscribed(a, "svc")
    b.sub("in.box", 1)
    b.pub("svc", "?", "in.box")
    reply = take(a, "svc").reply
    for payload in ("one", "two", ""):
        a.pub(reply, payload)
    a.flush()
    equal([m.payload for m in b.messages()], [b"one", b"two", b""], "answers")


@scenario
def second_answer_finds_nobody(t):
    """After the one answer of a singleton the reply subject is dead, also for the same asker."""
    a, b = service(t, service_of("A", "svc"))
    subscribed(a, "svc")
    request = answered(b, a, "svc", "svc")
    b.sub("_INBOX.ask", 8)
    b.flush()
    a.pub(request.reply, "again")
    a.flush()
    b.expect_nothing()


@scenario
def reply_subjects_are_not_reused(t):
    """Every request gets a reply subject of its own, and it says nothing about the asker."""
    a, b = service(t, service_of("A", "svc"))
    subscribed(a, "svc")
    b.send(*(f"PUB svc in.box.{i} 0\r\n\r\n" for i in range(500)))
    b.flush()
    replies = [Message(a.op()).reply for _ in range(500)]
    equal(len(set(replies)), 500, "different reply subjects")
    check(not any("in.box" in reply for reply in replies), "the asker's inbox shows")


@scenario
def answers_of_a_stranger(t):
    """A reply subject works from the exporter's account only."""
    server = t.server(accounts(account("A", exports('service: "svc"')),
                               account("B", imports(service_of("A", "svc"))), "C"))
    a, b, c, other = (enter(t, server, name) for name in ("a", "b", "c", "b"))
    subscribed(a, "svc")
    b.sub("in.box", 1)
    b.pub("svc", "?", "in.box")
    reply = take(a, "svc").reply
    for client in (c, other):
        client.pub(reply, "forged")
        client.flush()
    b.expect_nothing()
    a.pub(reply, "true")
    b.expect_msg("in.box", 1, "true")


@scenario
def response_threshold(t):
    """response_threshold: an answer after that time finds nobody."""
    for key in ("response_threshold", "threshold"):
        a, b = service(t, service_of("A", "svc"), f'service: "svc", {key}: "200ms"')
        subscribed(a, "svc")
        b.sub("in.box", 1)
        b.pub("svc", "quick", "in.box")
        a.pub(take(a, "svc", "quick").reply, "in time")
        b.expect_msg("in.box", 1, "in time")
        b.pub("svc", "slow", "in.box")
        reply = take(a, "svc", "slow").reply
        over = Deadline(2)
        a.take_until(over.passed, "the threshold")
        a.pub(reply, "late")
        a.flush()
        b.expect_nothing()


# Chains.


def chain(*names_):
    """The last one serves svc; each before it imports from the next and exports again."""
    blocks = [account(names_[-1], exports('service: "svc.>"'))]
    blocks += [account(name, imports(service_of(after, "svc.>")), exports('service: "svc.>"'))
               for name, after in zip(names_, names_[1:])]
    return accounts(*blocks)


@scenario
def chain_of_two(t):
    """A request through two imports, and the answer back through both."""
    server = t.server(chain("C", "B", "A"))
    a, b, c = (enter(t, server, name) for name in "abc")
    subscribed(a, "svc.>")
    answered(c, a, "svc.x", "svc.x")
    answered(b, a, "svc.x", "svc.x")
    a.unsub(1)
    a.flush()
    if t.options.generation != "2.9":
        unavailable(c, "svc.x")


@scenario
def chain_of_five(t):
    """The same through four imports, with another name at each."""
    names_ = "ABCDE"
    blocks = [account("A", exports('service: "svc.A.*"'))]
    blocks += [account(name, exports(f'service: "svc.{name}.*"'),
                       imports(service_of(before, f"svc.{before}.*", f'to: "svc.{name}.$1"')))
               for before, name in zip(names_, names_[1:])]
    server = t.server(accounts(*blocks))
    a, e = enter(t, server, "a"), enter(t, server, "e")
    subscribed(a, ">")
    answered(e, a, "svc.E.x", "svc.A.x")


@scenario
def service_that_asks_a_service(t):
    """The responder of one service asks another one before it answers."""
    server = t.server(accounts(
        account("A", exports('service: "base"')),
        account("B", exports('service: "front"'), imports(service_of("A", "base"))),
        account("C", imports(service_of("B", "front")))))
    a, b, c = (enter(t, server, name) for name in "abc")
    subscribed(a, "base")
    subscribed(b, "front")
    ask(c, "front")
    outer = take(b, "front")
    ask(b, "base", "inner", "_INBOX.b")
    inner = take(a, "base", "inner")
    a.pub(inner.reply, "basics")
    b.expect_msg("_INBOX.b", 9, "basics")
    b.pub(outer.reply, "whole")
    c.expect_msg("_INBOX.ask", 9, "whole")


@scenario
def service_and_mapping_of_requests(t):
    """Two services of one exporter under names of the importer's choice do not mix."""
    server = t.server(accounts(
        account("A", exports('service: "one"', 'service: "two"')),
        account("B", imports(service_of("A", "one", 'to: "two"'),
                             service_of("A", "two", 'to: "one"')))))
    a, b = enter(t, server, "a"), enter(t, server, "b")
    subscribed(a, "one", "two")
    answered(b, a, "one", "two")
    answered(b, a, "two", "one")


# Who may import.


@scenario
def private_export(t):
    """accounts: [B]: B may import, another account stops the start."""
    blocks = [account("A", exports('service: "svc", accounts: [B]')),
              account("B", imports(service_of("A", "svc")))]
    server = t.server(accounts(*blocks, "C"))
    a, b = enter(t, server, "a"), enter(t, server, "b")
    subscribed(a, "svc")
    answered(b, a, "svc", "svc")
    refused(t, accounts(*blocks, account("C", imports(service_of("A", "svc")))), "C")


@scenario
def account_token(t):
    """account_token_position: the importer's own name must stand there."""
    def block(subject):
        return accounts(account("A", exports('service: "svc.*.x", account_token_position: 2')),
                        account("B", imports(service_of("A", subject, 'to: "mine"'))))
    server = t.server(block("svc.B.x"))
    a, b = enter(t, server, "a"), enter(t, server, "b")
    subscribed(a, ">")
    answered(b, a, "mine", "svc.B.x")
    refused(t, block("svc.C.x"))


@scenario
def bad_services(t):
    """Imports that nothing exports and broken entries stop the start."""
    exporter = account("A", exports('service: "svc.>"'))
    for entry in (service_of("A", "other"), service_of("NOBODY", "svc.x"), service_of("A", ">"),
                  'stream: { account: A, subject: "svc.x" }', "service: { account: A }",
                  service_of("A", "svc.*", 'to: "x.$2"'), service_of("A", "svc.*", 'to: "x"'),
                  service_of("A", "svc.x", "share: maybe")):
        refused(t, accounts(exporter, account("B", imports(entry))))
    for entry in ('service: 5', 'service: "a", response_type: sometimes',
                  'service: "a", accounts: [NOBODY]', 'service: "a", threshold: "soon"',
                  'service: "a", response_type: stream, stream: "b"',
                  'stream: "a", response_type: stream'):
        refused(t, accounts(account("A", exports(entry))))


@scenario
def cycles_are_refused(t):
    """CVE-2022-42709, CVE-2020-28466: service imports in a ring do not start, and are named."""
    for size in (2, 3, 8):
        names_ = [f"N{i}" for i in range(size)]
        refused(t, accounts(*(
            account(name, exports('service: "s.>"'), imports(service_of(names_[i - 1], "s.>")))
            for i, name in enumerate(names_))), "cycle")
    refused(t, accounts(
        account("A", exports('service: "s.*"'), imports(service_of("B", "s.x"))),
        account("B", exports('service: "s.>"'), imports(service_of("A", "s.*")))), "cycle")


@scenario(differs=dict.fromkeys(("2.9", "2.10", "2.15"), "starts"))
def own_export_is_refused(t):
    """CVE-2022-42709: an account that imports its own service does not start; nor does an export
    that is no subject."""
    refused(t, accounts(account("A", exports('service: "s.>"'), imports(service_of("A", "s.>")))))
    refused(t, accounts(account("A", exports('service: "a..b"'))))


@scenario
def own_export_is_harmless(t):
    """CVE-2022-42709: where it does start, one request brings a bounded number of deliveries."""
    started_ring(t, account("A", exports('service: "s.>"'), imports(service_of("A", "s.>"))), "s.x")


def started_ring(t, *blocks_and_subject):
    """A configuration that is refused, or in which one request by user a does no harm."""
    *blocks, subject = blocks_and_subject
    t.write("ring.conf", 'listen: "127.0.0.1:-1"\n' + accounts(*blocks))
    server = t.launch("-c", "ring.conf")
    try:
        server.wait_ready()
    except Failure:
        equal(server.wait_exit(), 1, "exit code")
        return
    client = subscribed(enter(t, server, "a"), subject)
    client.pub(subject, "?", "re")
    check(len(client.ops_until_pong()) <= 3, "many deliveries")
    client.expect_nothing()


@scenario
def renamed_ring(t):
    """CVE-2022-42709: a ring whose names differ at each step is refused or harmless: one request
    brings a bounded number of deliveries, and the server goes on."""
    started_ring(
        t, account("A", exports('service: "a.>"'), imports(service_of("B", "b.>", 'to: "a.>"'))),
        account("B", exports('service: "b.>"'), imports(service_of("A", "a.>", 'to: "b.>"'))),
        "a.x")


# Who asked.


@scenario
def request_info(t):
    """Nats-Request-Info tells the account, and with share: true the client as well."""
    for extra, detailed in (("", False), ("share: true", True), ("share: false", False)):
        server = t.server(accounts(account("A", exports('service: "svc"')),
                                   account("B", imports(service_of("A", "svc", extra)))))
        a = subscribed(enter(t, server, "a"), "svc")
        b = enter(t, server, "b", **{"lang": "py", "version": "9.8"})
        ask(b, "svc")
        info = info_of(take(a, "svc"))
        equal(info["acc"], "B", f"acc in {info}")
        check(isinstance(info["rtt"], int), f"rtt in {info}")
        shown = {"user", "host", "id", "lang", "ver", "start", "kind"} & set(info)
        if detailed:
            equal((info["user"], info["host"], info["lang"], info["ver"]),
                  ("b", "127.0.0.1", "py", "9.8"), "details")
            check(isinstance(info["id"], int) and info["start"], f"details {info}")
        else:
            equal(shown, set(), f"details without share in {info}")


@scenario
def request_info_beside_other_headers(t):
    """The header is added to those of the request; these stay."""
    a, b = service(t, service_of("A", "svc", "share: true"))
    subscribed(a, "svc")
    ask(b, "svc", headers="NATS/1.0\r\nK: v\r\nL: w\r\n\r\n")
    request = take(a, "svc")
    check(b"K: v\r\n" in request.headers and b"L: w\r\n" in request.headers, f"{request.headers}")
    equal(info_of(request)["user"], "b", "user")


@scenario(differs=dict.fromkeys(("2.9", "2.10"), "strips the first copy only"))
def forged_request_info(t):
    """CVE-2026-33223: what a client sends as Nats-Request-Info is gone, however often and however
    spelled; the responder sees the server's own or none."""
    name = "Nats-Request-Info"
    value = '{"acc":"FORGED","user":"forged"}'
    kinds = [[f"{name}: {value}"] * n for n in range(1, 6)]
    kinds += [["K: v", f"{name}: {value}"], [f"{name}: {value}", "K: v"],
              [f"{name}:{value}"], [f"{name}: {value}", "K: Nats-Request-Info: x"]]
    for extra in ("", "share: true"):
        a, b = service(t, service_of("A", "svc", extra))
        subscribed(a, "svc")
        for lines in kinds:
            headers = "NATS/1.0\r\n" + "".join(f"{line}\r\n" for line in lines) + "\r\n"
            ask(b, "svc", headers=headers)
            request = take(a, "svc")
            check(b"FORGED" not in request.headers, f"{lines}: {request.headers}")
            info = info_of(request)
            equal(info and info["acc"], "B", f"acc, for {lines}")
            check((b"K: v" in request.headers) == ("K: v" in lines), f"{lines}: {request.headers}")


@scenario(differs=dict.fromkeys(("2.9", "2.10", "2.15"), "knows the exact spelling only"))
def forged_request_info_misspelled(t):
    """CVE-2026-33223: other spellings, which a reader that ignores case takes for it, go too."""
    a, b = service(t, service_of("A", "svc"))
    subscribed(a, "svc")
    for spelled in ("nats-request-info", "NATS-REQUEST-INFO", "Nats-Request-Info ",
                    " Nats-Request-Info"):
        ask(b, "svc", headers=f'NATS/1.0\r\n{spelled}: {{"acc":"FORGED"}}\r\n\r\n')
        request = take(a, "svc")
        check(b"FORGED" not in request.headers, f"{spelled!r}: {request.headers}")
        equal(info_of(request)["acc"], "B", "acc")


@scenario
def request_info_through_a_chain(t):
    """Through two imports the header names the first asker's account, and the service between."""
    server = t.server(chain("C", "B", "A"))
    a, c = enter(t, server, "a"), enter(t, server, "c")
    subscribed(a, "svc.x")
    ask(c, "svc.x", headers=FORGED)
    info = info_of(take(a, "svc.x"))
    equal((info["acc"], info.get("svc")), ("C", "B"), f"acc and svc of {info}")


# Permissions.


@scenario
def permissions_of_the_asker(t):
    """The asker is held to the subject as it sends it, not to the exporter's."""
    server = t.server(accounts(
        account("A", exports('service: "svc.>"')),
        account("B", imports(service_of("A", "svc.x", 'to: "mine.x"'),
                             service_of("A", "svc.y", 'to: "mine.y"')),
                users=[user("b", 'permissions: { publish: "mine.x", subscribe: "_INBOX.>" }')])))
    a, b = enter(t, server, "a"), enter(t, server, "b")
    subscribed(a, "svc.>")
    answered(b, a, "mine.x", "svc.x")
    b.pub("mine.y", "?")
    b.expect_error('Permissions Violation for Publish to "mine.y"')
    a.expect_nothing()


@scenario
def responder_with_allow_responses(t):
    """allow_responses of the responder covers the reply subject the server made."""
    server = t.server(accounts(
        account("A", exports('service: "svc"'),
                users=[user("a", 'permissions: { subscribe: "svc", publish: { deny: ">" }, '
                                 'allow_responses: { max: 1, expires: "1m" } }')]),
        account("B", imports(service_of("A", "svc")))))
    a, b = enter(t, server, "a"), enter(t, server, "b")
    subscribed(a, "svc")
    request = answered(b, a, "svc", "svc")
    a.pub(request.reply, "again")
    a.expect_error(f'Permissions Violation for Publish to "{request.reply}"')


@scenario
def responder_without_permission(t):
    """A responder that may not publish there is refused, and nothing reaches the asker."""
    server = t.server(accounts(
        account("A", exports('service: "svc"'),
                users=[user("a", 'permissions: { publish: "other" }')]),
        account("B", imports(service_of("A", "svc")))))
    a, b = enter(t, server, "a"), enter(t, server, "b")
    subscribed(a, "svc")
    ask(b, "svc")
    reply = take(a, "svc").reply
    a.pub(reply, "!")
    a.expect_error(f'Permissions Violation for Publish to "{reply}"')
    b.expect_nothing()


@scenario
def asker_denied_its_inbox(t):
    """Who may not subscribe the reply subject gets no answer by way of an import either."""
    server = t.server(accounts(
        account("A", exports('service: "svc"')),
        account("B", imports(service_of("A", "svc")),
                users=[user("b", 'permissions: { subscribe: { deny: "secret.>" } }'), user("d")])))
    a, b, other = enter(t, server, "a"), enter(t, server, "b"), enter(t, server, "d")
    subscribed(a, "svc")
    subscribed(b, ">")
    subscribed(other, "secret.in")
    b.pub("svc", "?", "secret.in")
    request = [m for m in (Message(a.op()),)][0]
    a.pub(request.reply, "!")
    other.expect_msg("secret.in", 1, "!")
    for message in b.messages():
        check(not message.subject.startswith("secret."), f"{message.subject} reached the asker")


# More than one thread.


@scenario
def over_shards(t):
    """Requests of many clients on 1, 2 and 4 shards all find their own answer."""
    if t.options.generation:
        raise Skip("shards are ours")
    for shards in (1, 2, 4):
        server = t.server(chain("C", "B", "A"), "--shards", shards)
        responders = [subscribed(enter(t, server, "a"), "svc.*", queue="q") for _ in range(4)]
        askers = [enter(t, server, name) for name in "bc" * 6]
        for asker in askers:
            asker.wait_interest("svc.x")
        for number, asker in enumerate(askers):
            asker.sub(f"in.{number}.*", 1)
            asker.send(*(f"PUB svc.x in.{number}.{i} {len(f'{number} {i}')}\r\n{number} {i}\r\n"
                         for i in range(50)))
        echo_all(responders, 50 * len(askers))
        for number, asker in enumerate(askers):
            got = [Message(asker.op()) for _ in range(50)]
            for message in got:
                equal(message.payload.decode(), " ".join(message.subject.split(".")[1:]), "answer")
            equal(len({message.subject for message in got}), 50, "answers")
            asker.expect_nothing()


def echo_all(responders, wanted):
    """Answers each request with its payload until `wanted` have come."""
    seen, deadline = 0, Deadline(10)
    while seen < wanted:
        if deadline.passed():
            fail(f"{seen} of {wanted} requests")
        for responder in responders:
            for message in responder.messages():
                if message.reply and message.payload:
                    responder.pub(message.reply, message.payload)
                    seen += 1
