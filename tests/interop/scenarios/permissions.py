# SPDX-License-Identifier: Apache-2.0
#
# What a logged-in user may publish and subscribe to, with the exact text of every refusal. No
# refusal ends the connection.
#
#   seen on the real servers            2.9              newest
#   allow a.*, SUB a.>                  taken, delivers  taken, delivers a.b.c: stricter is right
#   deny *.closed, SUB shop.*           delivers         filters shop.closed
#   plain deny beside a queue deny      queue form taken refused
#   log lines of violations             User "u"         $G/user:u before the text

import time

from harness import check, equal, error, scenario
from harness.checks import Deadline
from harness.wire import WAIT_S


def user(name, permissions):
    return f"{{ user: {name}, password: {name}, permissions: {{ {permissions} }} }}\n"


def server_of(t, *users, extra=""):
    """Users are made by `user`; the password is the name. `root` may do everything."""
    every = "".join((*users, "{ user: root, password: root }\n"))
    return t.server(f"authorization {{ users = [\n{every}]\n{extra} }}\n")


def enter(t, server, name):
    return t.client(server, name=name, user=name, **{"pass": name})


def single(t, permissions):
    """One server, one user with these permissions, logged in."""
    return enter(t, server_of(t, user("u", permissions)), "u")


def pub_refused(subject):
    return error(f'Permissions Violation for Publish to "{subject}"')


def sub_refused(subject, queue=""):
    group = f' using queue "{queue}"' if queue else ""
    return error(f'Permissions Violation for Subscription to "{subject}"{group}')


def may_publish(client, subjects, allowed):
    for subject in subjects:
        client.pub(subject, "x")
        client.expect(*([] if allowed else [pub_refused(subject)]))
        client.expect_nothing()


def may_subscribe(client, entries, allowed):
    """Entries are "subject" or "subject queue"."""
    for sid, entry in enumerate(entries):
        subject, _, queue = entry.partition(" ")
        client.sub(subject, sid, queue)
        client.expect(*([] if allowed else [sub_refused(subject, queue)]))
        client.expect_nothing()
        client.unsub(sid)


@scenario
def publish_single_subject(t):
    """publish as one string allows that subject only; subscribing stays free."""
    client = single(t, 'publish: "a.b"')
    may_publish(client, ["a.b"], True)
    may_publish(client, ["a", "a.b.c", "b", "a.*", ">"], False)
    may_subscribe(client, [">", "a", "a.*"], True)


@scenario
def subscribe_single_subject(t):
    """subscribe as one string allows that subject only; publishing stays free."""
    client = single(t, 'subscribe: "a.b"')
    may_subscribe(client, ["a.b", "a.b q"], True)
    may_subscribe(client, ["a", "a.*", ">", "b", "a.b.c", "c q"], False)
    may_publish(client, ["a", "a.b", "x.y.z"], True)


@scenario
def lists_and_wildcards(t):
    """Lists of patterns allow what any of them covers."""
    client = single(t, 'publish: ["a.*", "b.>"], subscribe: ["a.*", "b.>"]')
    may_publish(client, ["a.x", "b.x", "b.x.y"], True)
    may_publish(client, ["a", "b", "a.x.y", "c"], False)
    may_subscribe(client, ["a.x", "a.*", "b.*", "b.>", "b.*.c", "b.x.>"], True)
    may_subscribe(client, ["a", "b", "*.x", ">", "*", "*.*", "a.*.>"], False)


@scenario(differs=dict.fromkeys(
    ("2.9", "2.10", "2.15"), "takes SUB a.> as covered by a.*, delivers a.b.c"))
def star_does_not_allow_deeper_subjects(t):
    """With a.* allowed, SUB a.> brings nothing from below: refused, or taken and filtered."""
    server = server_of(t, user("u", 'subscribe: "a.*"'))
    client, root = enter(t, server, "u"), enter(t, server, "root")
    client.sub("a.>", 1)
    client.ops_until_pong()
    root.pub("a.b.c", "secret")
    root.flush()
    client.expect_nothing()


@scenario
def empty_lists_allow_all(t):
    """Empty lists say nothing, so everything is allowed."""
    client = single(t, "publish: [], subscribe: []")
    may_publish(client, ["a", "b.c"], True)
    may_subscribe(client, [">", "a q"], True)


@scenario
def deny_alone(t):
    """deny without allow: everything but that."""
    client = single(t, 'publish: { deny: "no.>" }, subscribe: { deny: ["no.*", "never"] }')
    may_publish(client, ["a", "no", "x.no"], True)
    may_publish(client, ["no.a", "no.a.b"], False)
    may_subscribe(client, ["a", "no.a.b"], True)
    may_subscribe(client, ["no.a", "no.*", "never", "never q"], False)


@scenario
def allow_and_deny(t):
    """deny wins over allow."""
    client = single(t, 'publish: { allow: "a.>", deny: "a.no" }, '
                       'subscribe: { allow: "a.>", deny: "a.no" }')
    may_publish(client, ["a.yes", "a.no.more"], True)
    may_publish(client, ["a.no", "b"], False)
    may_subscribe(client, ["a.yes", "a.>", "a.*"], True)
    may_subscribe(client, ["a.no", "b", ">"], False)


@scenario
def deny_filters_wildcard_subscriptions(t):
    """A wildcard subscription over a denied subject is taken, but the denied messages are not."""
    server = server_of(t, user("u", 'subscribe: { deny: ["a.no", "deep.*.no"] }'))
    client, root = enter(t, server, "u"), enter(t, server, "root")
    client.sub("a.*", 1)
    client.sub("deep.>", 2)
    client.flush()
    for subject in ("a.no", "a.yes", "deep.x.no", "deep.x.yes", "deep.no"):
        root.pub(subject, "x")
    root.flush()
    equal([message.subject for message in client.messages()], ["a.yes", "deep.x.yes", "deep.no"],
          "delivered")


@scenario(differs=dict.fromkeys(
    ("2.9", "2.10"), "delivers: it filters only if the deny lies inside the subscription"))
def deny_that_crosses_a_subscription(t):
    """Deny *.closed and subscription shop.* cross without one holding the other: filtered too."""
    server = server_of(t, user("u", 'subscribe: { deny: "*.closed" }'))
    client, root = enter(t, server, "u"), enter(t, server, "root")
    client.sub("shop.*", 1)
    client.flush()
    root.pub("shop.closed", "x")
    root.pub("shop.open", "x")
    root.flush()
    equal([message.subject for message in client.messages()], ["shop.open"], "delivered")


@scenario
def deny_filters_queue_members(t):
    """A denied member of a group is passed over; an allowed one gets every message."""
    server = server_of(t, user("u", 'subscribe: { deny: "job.no" }'))
    client, root = enter(t, server, "u"), enter(t, server, "root")
    client.sub("job.*", 1, "q")
    client.flush()
    root.sub("job.*", 2, "q")
    root.send("PUB job.no 1\r\nx\r\n" * 100)
    got = len(root.messages())
    equal(len(client.messages()), 0, "denied messages at the restricted member")
    equal(got, 100, "messages at the free member")


@scenario
def queue_allow(t):
    """An entry "subject queue" allows that group only, "subject pattern.*" groups by pattern."""
    client = single(t, 'subscribe: ["plain", "jobs workers", "jobs dev.*", "w.> *.prod"]')
    may_subscribe(client, ["plain", "plain any", "jobs workers", "jobs dev.1", "w.a x.prod"], True)
    may_subscribe(client, ["jobs", "jobs other", "jobs dev", "w.a", "w.a prod", "x workers"], False)


@scenario
def queue_deny(t):
    """A deny entry with a queue refuses that group and leaves the plain form alone."""
    client = single(t, 'subscribe: { allow: ">", deny: ["jobs night", "vault.> *"] }')
    may_subscribe(client, ["jobs", "jobs day", "vault.x"], True)
    may_subscribe(client, ["jobs night", "vault.x any"], False)


@scenario(differs=dict.fromkeys(
    ("2.9", "2.10"), "accepts the queue form: the queue verdict replaces the plain one"))
def queue_deny_adds_to_plain_deny(t):
    """A plain deny holds for every queue, whatever queue denies stand beside it."""
    client = single(t, 'subscribe: { deny: ["vault.>", "> night"] }')
    may_subscribe(client, ["vault.key", "vault.key day", "vault.key night", "open night"], False)
    may_subscribe(client, ["open", "open day"], True)


@scenario
def permission_lost_message_is_not_delivered(t):
    """A refused PUB reaches nobody, a refused SUB gets nothing."""
    server = server_of(t, user("u", 'publish: "yes", subscribe: "yes"'))
    client, root = enter(t, server, "u"), enter(t, server, "root")
    root.sub(">", 1)
    root.flush()
    client.sub("no", 1)
    client.expect(sub_refused("no"))
    client.pub("no", "x")
    client.expect(pub_refused("no"))
    client.expect_nothing()
    root.expect_nothing()
    root.pub("no", "y")
    root.expect_msg("no", 1, "y")
    client.expect_nothing()


@scenario
def hpub_is_checked(t):
    """HPUB is checked as PUB is."""
    client = single(t, 'publish: "yes"')
    client.hpub("no", "NATS/1.0\r\n\r\n", "x")
    client.expect(pub_refused("no"))
    client.expect_nothing()


@scenario
def verbose_refusals(t):
    """verbose: a refused PUB or SUB is answered by -ERR in place of +OK."""
    server = server_of(t, user("u", 'publish: "yes", subscribe: "yes"'))
    client = t.client(server, user="u", verbose=True, **{"pass": "u"})
    client.send("PUB no 0\r\n\r\nPUB yes 0\r\n\r\nSUB no 1\r\nSUB yes 2\r\n")
    client.expect(pub_refused("no"), "+OK\r\n", sub_refused("no"), "+OK\r\n")


@scenario
def refused_sid_is_free(t):
    """A sid whose SUB was refused may be used again."""
    client = single(t, 'subscribe: "yes"')
    client.sub("no", 1)
    client.expect(sub_refused("no"))
    client.sub("yes", 1)
    client.pub("yes", "x")
    client.expect_msg("yes", 1, "x")


@scenario
def reply_subject_is_not_checked(t):
    """An ordinary reply subject needs no publish permission."""
    server = server_of(t, user("u", 'publish: "ask"'))
    client, root = enter(t, server, "u"), enter(t, server, "root")
    root.sub("ask", 1)
    root.flush()
    client.pub("ask", "x", "anything.goes")
    root.expect_msg("ask", 1, "x", "anything.goes")


@scenario
def reserved_reply_subject(t):
    """A reply subject in the server's own space is refused with its own text."""
    client = t.client(t.server())
    client.pub("a", "x", "_R_.abc")
    client.expect_error('Permissions Violation for Publish with Reply of "_R_.abc"')
    client.expect_nothing()


@scenario
def default_permissions(t):
    """default_permissions count for users without permissions of their own, and only for those."""
    server = server_of(t, user("own", 'publish: "mine"'),
                       extra='default_permissions: { publish: "dp", subscribe: "ds" }')
    plain, own = enter(t, server, "root"), enter(t, server, "own")
    may_publish(plain, ["dp"], True)
    may_publish(plain, ["mine", "x"], False)
    may_subscribe(plain, ["ds"], True)
    may_subscribe(plain, ["x"], False)
    may_publish(own, ["mine"], True)
    may_publish(own, ["dp"], False)
    may_subscribe(own, ["x"], True)


@scenario
def permission_key_spellings(t):
    """pub, sub, import, export, permission are other names."""
    client = single(t, 'pub: "p", sub: "s"')
    may_publish(client, ["p"], True)
    may_publish(client, ["s"], False)
    may_subscribe(client, ["s"], True)
    may_subscribe(client, ["p"], False)


def responder(t, allow_responses):
    """A service that may subscribe to svc and publish nothing but responses, and an asker."""
    server = server_of(t, user("svc", f'subscribe: "svc", {allow_responses}'))
    service, asker = enter(t, server, "svc"), enter(t, server, "root")
    service.sub("svc", 1)
    service.flush()
    asker.sub("inbox.>", 1)
    asker.flush()
    return service, asker


def ask(service, asker, reply):
    asker.pub("svc", "?", reply)
    service.expect_msg("svc", 1, "?", reply)


@scenario
def allow_responses_once(t):
    """allow_responses: true permits one answer to the reply subject of a received message."""
    service, asker = responder(t, "allow_responses: true")
    service.pub("inbox.a", "early")
    service.expect(pub_refused("inbox.a"))
    ask(service, asker, "inbox.a")
    service.pub("inbox.b", "other")
    service.expect(pub_refused("inbox.b"))
    service.pub("inbox.a", "!")
    asker.expect_msg("inbox.a", 1, "!")
    service.pub("inbox.a", "again")
    service.expect(pub_refused("inbox.a"))


@scenario
def allow_responses_max(t):
    """allow_responses.max permits that many answers to each request."""
    service, asker = responder(t, "allow_responses: { max: 3 }")
    for reply in ("inbox.a", "inbox.b"):
        ask(service, asker, reply)
        for number in range(3):
            service.pub(reply, str(number))
            asker.expect_msg(reply, 1, str(number))
        service.pub(reply, "too many")
        service.expect(pub_refused(reply))


@scenario
def allow_responses_expires(t):
    """allow_responses.expires ends the permission after that time."""
    service, asker = responder(t, 'allow_responses: { max: -1, expires: "300ms" }')
    ask(service, asker, "inbox.a")
    start, deadline = time.monotonic(), Deadline(WAIT_S)
    while not (service.pub("inbox.a", "tick") or service.ops_until_pong()):
        check(not deadline.passed(), "still permitted after 5 s")
    lasted = time.monotonic() - start
    check(lasted >= 0.25, f"refused after {lasted:.2f} s")


@scenario
def allow_responses_denies_the_rest(t):
    """allow_responses alone means that nothing else may be published."""
    service, _ = responder(t, "allow_responses: true")
    may_publish(service, ["anything", "svc"], False)


@scenario
def allow_responses_beside_publish(t):
    """allow_responses adds to an allow list."""
    service, asker = responder(t, 'publish: "log", allow_responses: true')
    may_publish(service, ["log"], True)
    ask(service, asker, "inbox.a")
    service.pub("inbox.a", "!")
    asker.expect_msg("inbox.a", 1, "!")


@scenario
def violations_are_logged(t):
    """Refusals appear in the log with the subject."""
    server = server_of(t, user("u", 'publish: "yes", subscribe: "yes"'))
    client = enter(t, server, "u")
    client.pub("no.pub", "x")
    client.sub("no.sub", 1)
    server.wait_log(r'\[ERR\] .*Publish Violation.*Subject "no\.pub"')
    server.wait_log(r'\[ERR\] .*Subscription Violation.*Subject "no\.sub"')
