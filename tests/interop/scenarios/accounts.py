# SPDX-License-Identifier: Apache-2.0
#
# Accounts as islands: who is in which, what does not cross, what an account may hold. What does
# cross, by export and import, is in imports_*.py.

from harness import Failure, check, equal, error, leafnodes, scenario
from harness.accounts import account, accounts, enter, refused, subscribed, user

TWO = accounts("A", "B")
REFUSED = "Authorization Violation"


def nothing_seen(*clients):
    for client in clients:
        client.expect_nothing()


@scenario
def isolation(t):
    """What one account publishes the other never sees, whatever it subscribes to."""
    server = t.server(TWO)
    a, b = enter(t, server, "a"), enter(t, server, "b")
    for sid, subject in enumerate((">", "x", "*", "x.>", "*.y"), 1):
        b.sub(subject, sid)
        b.sub(subject, sid + 10, "group")
    b.flush()
    subscribed(a, "x")
    for subject in ("x", "x.y", "x.y.z"):
        a.pub(subject, "secret", "reply")
        a.hpub(subject, "NATS/1.0\r\nK: v\r\n\r\n", "secret")
    equal(len(a.messages()), 2, "messages inside the account")
    nothing_seen(b)


@scenario
def same_subject_in_both(t):
    """The same subject, queue and sid live in both accounts at once."""
    server = t.server(TWO)
    clients = [enter(t, server, name) for name in ("a", "b")]
    for client in clients:
        subscribed(client, "same", queue="q")
    for client in clients:
        client.pub("same", client.name)
        client.expect_msg("same", 1, client.name)
    nothing_seen(*clients)


@scenario
def no_responders_across(t):
    """A responder of another account is none: 503."""
    server = t.server(TWO)
    subscribed(enter(t, server, "b"), "service")
    message = enter(t, server, "a").request("service", "x")
    check(b" 503" in message.headers, f"answer {message.headers}")


@scenario
def several_users_of_one_account(t):
    """Users of one account see each other."""
    server = t.server(accounts(account("A", users=[user("one"), user("two")]), "B"))
    one, two = enter(t, server, "one"), enter(t, server, "two")
    subscribed(one, "x")
    two.pub("x", "hi")
    one.expect_msg("x", 1, "hi")


@scenario
def passwords_are_of_the_user(t):
    """Users of accounts need their own password; no credentials, no entry."""
    server = t.server(TWO)
    for connect in ({}, {"user": "a"}, {"user": "a", "pass": "b"}, {"user": "A", "pass": "a"},
                    {"auth_token": "a"}, {"account": "A"}):
        client = t.raw(server)
        client.say_connect(**connect)
        client.expect_error_and_close(REFUSED)


@scenario
def users_outside_accounts_are_in_the_global_one(t):
    """Users of `authorization` are in $G, beside those of accounts and apart from them."""
    users = ", ".join((user("g"), user("h")))
    server = t.server(f"authorization {{ users: [ {users} ] }}\n" + TWO)
    g, h, a = (enter(t, server, name) for name in "gha")
    subscribed(a, ">")
    subscribed(h, "x")
    g.pub("x", "1")
    h.expect_msg("x", 1, "1")
    nothing_seen(a)


@scenario
def without_accounts_all_is_global(t):
    """No accounts, no authorization: everybody meets."""
    server = t.server()
    one, two = t.client(server), t.client(server)
    subscribed(one, "x")
    two.pub("x", "1")
    one.expect_msg("x", 1, "1")


@scenario
def empty_account(t):
    """An account without users is legal; nobody is in it, and a login is asked for or not as if
    it were not there."""
    server = t.server(accounts("A", "EMPTY: {}"))
    enter(t, server, "a")


@scenario
def no_auth_user_of_an_account(t):
    """no_auth_user may be a user of an account; who comes without credentials is there."""
    server = t.server(TWO + "no_auth_user: b\n")
    guest, b, a = t.client(server), enter(t, server, "b"), enter(t, server, "a")
    subscribed(a, ">")
    subscribed(b, "x")
    guest.pub("x", "1")
    b.expect_msg("x", 1, "1")
    nothing_seen(a)
    wrong = t.raw(server)
    wrong.say_connect(user="b")
    wrong.expect_error_and_close(REFUSED)


@scenario
def no_auth_user_without_connect(t):
    """The same for a client that never says CONNECT."""
    server = t.server(TWO + "no_auth_user: b\n")
    guest, b, a = t.raw(server), enter(t, server, "b"), enter(t, server, "a")
    subscribed(a, ">")
    subscribed(b, "x")
    guest.send("PUB x 1\r\n1\r\n")
    b.expect_msg("x", 1, "1")
    nothing_seen(a)


@scenario
def connect_does_not_choose_the_account(t):
    """CVE-2022-24450: no field of CONNECT moves a login into another account."""
    server = t.server(accounts("A", "B", "S") + "system_account: S\n")
    watchers = [subscribed(enter(t, server, name), "probe.>") for name in ("b", "s")]
    home = subscribed(enter(t, server, "a"), "probe.>")
    for number, name in enumerate(("B", "S", "$SYS", "$G", "NEW")):
        for more in ({}, {"new_account": True}, {"acc": name, "remote_account": name, "jwt": ""}):
            client = t.raw(server)
            client.say_connect(user="a", **{"pass": "a", "account": name, **more})
            client.send_may_fail(f"PUB probe.{number} 0\r\n\r\nPING\r\n")
            answer = client.op()
            if answer == b"PONG\r\n":
                home.expect_msg(f"probe.{number}", 1)
            else:
                check(answer is None or answer.startswith(b"-ERR"), f"answer {answer}")
    nothing_seen(*watchers)


@scenario
def leaf_connect_does_not_choose_the_account(t):
    """CVE-2022-24450, over a leaf link: CONNECT names an account and is refused or
    stays in its own."""
    server = t.server(accounts("A", "B") + leafnodes(
        listen=True, extra="authorization { users: [ {user: l, password: l, account: A} ] }"))
    watcher, home = (subscribed(enter(t, server, name), "x.>") for name in "ba")
    for number, name in enumerate(("B", "$SYS", "$G", "NEW")):
        leaf = t.raw_leaf(server, f"l{number}")
        leaf.say_connect(user="l", **{"pass": "l", "account": name, "remote_account": name,
                                      "acc": name})
        leaf.send_may_fail(f"LMSG x.{number} 0\r\n\r\n")
        if (answer := leaf.op()) and answer.startswith(b"INFO"):
            home.expect_msg(f"x.{number}", 1)
        else:
            equal(answer, error(REFUSED), "the answer")
    nothing_seen(watcher, home)


@scenario
def remote_account_is_told(t):
    """The INFO after a leaf's CONNECT names the account it is in."""
    server = t.server(accounts("A", "B") + leafnodes(
        listen=True, extra="authorization { users: [ {user: l, password: l, account: B} ] }"))
    equal(t.leaf(server, user="l", **{"pass": "l"}).accepted.get("remote_account"), "B",
          "remote_account")


@scenario
def leaf_listener_with_users_in_accounts(t):
    """leafnodes.authorization.users: each user is in the account that is named there."""
    server = t.server(accounts("A", "B") + leafnodes(listen=True, extra="""authorization { users: [
        { user: la, password: la, account: A }, { user: lb, password: lb, account: B } ] }"""))
    a, b = (subscribed(enter(t, server, name), "x") for name in "ab")
    for name, inside in (("la", a), ("lb", b)):
        leaf = t.leaf(server, name, user=name, **{"pass": name})
        check("LS+ x" in leaf.interest, f"interest {leaf.interest}")
        leaf.lmsg("x", name)
        inside.expect_msg("x", 1, name)
        a.expect_nothing()
        b.expect_nothing()


@scenario
def leaf_listener_bound_to_an_account(t):
    """leafnodes.authorization { user, password, account }: that account for the one user."""
    server = t.server(accounts("A", "B") + leafnodes(
        listen=True, extra="authorization { user: l, password: l, account: B }"))
    a, b = (subscribed(enter(t, server, name), "x") for name in "ab")
    t.leaf(server, user="l", **{"pass": "l"}).lmsg("x", "1")
    b.expect_msg("x", 1, "1")
    nothing_seen(a)


@scenario(differs={"2.9": "takes the leaf without credentials into $G",
                   "2.10": "takes the leaf without credentials into $G"})
def leaf_logs_in_with_users_of_accounts(t):
    """Without leafnodes.authorization the users of accounts are those of leafs too."""
    server = t.server(accounts("A", "B") + leafnodes(listen=True))
    a, b = (subscribed(enter(t, server, name), "x") for name in "ab")
    t.leaf(server, user="b", **{"pass": "b"}).lmsg("x", "1")
    b.expect_msg("x", 1, "1")
    nothing_seen(a)
    stranger = t.raw_leaf(server, "stranger")
    stranger.say_connect()
    stranger.expect_error_and_close(REFUSED)


@scenario
def leafs_of_two_accounts(t):
    """Messages of one account's leaf do not reach the leaf of the other."""
    server = t.server(TWO + leafnodes(listen=True))
    one = t.leaf(server, "one", user="a", **{"pass": "a"})
    two = t.leaf(server, "two", user="b", **{"pass": "b"})
    three = t.leaf(server, "three", user="a", **{"pass": "a"})
    two.add_interest(">")
    three.add_interest("x")
    two.flush()
    three.flush()
    one.expect("LS+ x\r\n")
    one.lmsg("x", "1")
    three.expect_lmsg("x", "1")
    two.expect_nothing()


@scenario
def system_account_is_apart(t):
    """system_account names an account: its users hear events of $SYS, others do not."""
    server = t.server(accounts("A", "S") + "system_account: S\n")
    watcher, outsider = enter(t, server, "s"), enter(t, server, "a")
    subscribed(watcher, "$SYS.ACCOUNT.A.CONNECT")
    subscribed(outsider, "$SYS.>", ">")
    enter(t, server, "a")
    check(watcher.op().startswith(b"MSG $SYS.ACCOUNT.A.CONNECT 1 "), "the event")
    nothing_seen(outsider)


@scenario
def system_account_may_be_named_sys(t):
    """accounts { $SYS { users } } puts users into the system account without naming it."""
    server = t.server("accounts { $SYS { users: [ {user: s, password: s} ] }, "
                      "A { users: [ {user: a, password: a} ] } }\n")
    watcher = enter(t, server, "s")
    subscribed(watcher, "$SYS.ACCOUNT.A.CONNECT")
    enter(t, server, "a")
    check(watcher.op().startswith(b"MSG $SYS.ACCOUNT.A.CONNECT 1 "), "the event")


@scenario
def ordinary_traffic_in_the_system_account(t):
    """The system account carries messages of its users as any other does."""
    server = t.server(accounts("A", account("S", users=[user("s"), user("r")]))
                      + "system_account: S\n")
    s, r, a = (enter(t, server, name) for name in "sra")
    subscribed(a, ">")
    subscribed(s, "mine")
    r.pub("mine", "1")
    s.expect_msg("mine", 1, "1")
    nothing_seen(a)


@scenario
def system_subjects_of_another_account(t):
    """Outside the system account $SYS subjects are ordinary: a forged event stays at home."""
    server = t.server(accounts("A", "S") + "system_account: S\n")
    watcher, forger = enter(t, server, "s"), enter(t, server, "a")
    subscribed(watcher, "$SYS.ACCOUNT.A.CONNECT")
    subscribed(forger, "$SYS.ACCOUNT.>")
    forger.pub("$SYS.ACCOUNT.A.CONNECT", "forged")
    forger.expect_msg("$SYS.ACCOUNT.A.CONNECT", 1, "forged")
    nothing_seen(watcher)


# Limits.


def limited(t, limits, extra=""):
    return t.server(accounts(account("A", f"limits {{ {limits} }}", users=[user("a"), user("a2")]),
                             "B") + extra)


@scenario
def max_connections_of_an_account(t):
    """limits.max_connections: the one too many is told and closed; others are not concerned."""
    for key in ("max_connections", "max_conn"):
        server = limited(t, f"{key}: 2")
        kept = [enter(t, server, "a"), enter(t, server, "a2")]
        extra = t.raw(server)
        extra.say_connect(user="a", **{"pass": "a"})
        extra.expect_error_and_close("maximum account active connections exceeded")
        nothing_seen(*kept)
        enter(t, server, "b")


@scenario
def a_closed_connection_makes_room(t):
    """The count of connections goes down when one goes."""
    server = limited(t, "max_connections: 1")
    for _ in range(5):
        client = enter(t, server, "a")
        extra = t.raw(server)
        extra.say_connect(user="a", **{"pass": "a"})
        extra.expect_error_and_close("maximum account active connections exceeded")
        client.send("PING\r\n")
        client.end_sending()
        client.rest()


@scenario
def max_subscriptions_of_an_account(t):
    """limits.max_subscriptions: a subscription too many is an error, not the end."""
    for key in ("max_subscriptions", "max_subs"):
        server = limited(t, f"{key}: 3")
        client = enter(t, server, "a")
        subscribed(client, "s1", "s2", "s3")
        client.sub("s4", 4)
        client.expect_error("maximum subscriptions exceeded")
        client.unsub(1)
        client.sub("s5", 5)
        client.pub("s5", "in")
        client.expect_msg("s5", 5, "in")
        subscribed(enter(t, server, "b"), *(f"s{i}" for i in range(10)))


@scenario
def max_payload_of_an_account(t):
    """limits.max_payload: INFO tells it after CONNECT, and what is longer is refused."""
    for key in ("max_payload", "max_pay"):
        server = limited(t, f"{key}: 100")
        client = subscribed(enter(t, server, "a"), "x")
        client.pub("x", b"y" * 100)
        client.expect_msg("x", 1, b"y" * 100)
        client.send("PUB x 101\r\n")
        client.expect_error_and_close("Maximum Payload Violation")
        other = subscribed(enter(t, server, "b"), "x")
        other.pub("x", b"y" * 5000)
        other.expect_msg("x", 1, b"y" * 5000)


@scenario
def max_payload_above_the_servers(t):
    """An account cannot raise max_payload of the server."""
    server = t.server("max_payload: 50\n" + accounts(account("A", "limits { max_payload: 100 }")))
    client = enter(t, server, "a")
    client.send("PUB x 51\r\n")
    client.expect_error_and_close("Maximum Payload Violation")


@scenario
def max_leafnodes_of_an_account(t):
    """limits.max_leafnodes: one leaf too many is told and closed."""
    for key in ("max_leafnodes", "max_leafs"):
        server = limited(t, f"{key}: 1", leafnodes(listen=True))
        t.leaf(server, "one", user="a", **{"pass": "a"})
        extra = t.raw_leaf(server, "two")
        extra.say_connect(user="a", **{"pass": "a"})
        extra.expect_error_and_close("maximum account active connections exceeded")
        t.leaf(server, "three", user="b", **{"pass": "b"})


@scenario
def bad_limits(t):
    """Limits that do not exist stop the start."""
    for limits, word in (("max_connectionz: 1", "max_connectionz"), ('max_subs: "many"', "")):
        refused(t, accounts(account("A", f"limits {{ {limits} }}")), *filter(None, [word]))


# Permissions of an account.


@scenario
def default_permissions_of_an_account(t):
    """default_permissions hold for users of the account without own permissions."""
    server = t.server(accounts(account(
        "A", 'default_permissions: { publish: "open", subscribe: "open" }',
        users=[user("plain"), user("own", 'permissions: { publish: "mine" }')]), "B"))
    plain, own, b = (enter(t, server, name) for name in ("plain", "own", "b"))
    plain.pub("open")
    plain.pub("mine")
    plain.expect_error('Permissions Violation for Publish to "mine"')
    plain.sub("mine", 1)
    plain.expect_error('Permissions Violation for Subscription to "mine"')
    own.pub("mine")
    own.sub("anything", 1)
    own.flush()
    own.pub("open")
    own.expect_error('Permissions Violation for Publish to "open"')
    b.pub("whatever")
    b.expect_nothing()


@scenario
def permissions_of_a_user_of_an_account(t):
    """Permissions, allow_responses included, work inside accounts as they do outside."""
    server = t.server(accounts(account("A", users=[
        user("a"), user("svc", 'permissions: { subscribe: "q", publish: { deny: ">" }, '
                               'allow_responses: true }')])))
    a, service = enter(t, server, "a"), enter(t, server, "svc")
    subscribed(service, "q")
    a.sub("inbox", 7)
    a.pub("q", "?", "inbox")
    service.expect_msg("q", 1, "?", "inbox")
    service.pub("inbox", "!")
    a.expect_msg("inbox", 7, "!")
    service.pub("inbox", "!")
    service.expect_error('Permissions Violation for Publish to "inbox"')


# Configurations that stop the start.


@scenario
def bad_accounts(t):
    """Mistakes in the block stop the start, and the message names the offender."""
    for config, word in (
            ("accounts { A { users: [ {user: u, password: p} ] }, "
             "B { users: [ {user: u, password: q} ] } }", "u"),
            ("accounts { A { usrs: [] } }", "usrs"),
            ("accounts { A { users: [ {user: u} ], exports: 5 } }", "exports"),
            ("accounts { A { users: [ {user: u, password: p, permissions: { publish: 5 }} ] } }",
             ""),
            ("accounts { A { nkey: UABC } }", "nkey"),
            ("accounts { $G {} }", "$G"),
            ("accounts { A { users: [ {user: u, password: p} ] } }\nno_auth_user: ghost", "ghost"),
            ("accounts { A {} }\nsystem_account: B", ""),
            ("accounts { A {} }\nleafnodes { listen: \"127.0.0.1:-1\"\n authorization { users: [ "
             "{user: l, password: l, account: NOWHERE} ] } }", "NOWHERE"),
            ("accounts { A {} }\nleafnodes { remotes: [ { url: \"nats-leaf://127.0.0.1:1\", "
             "account: NOWHERE } ] }", "NOWHERE")):
        refused(t, config, *filter(None, [word]))


@scenario
def users_twice(t):
    """A user name that is in authorization and in an account is refused."""
    refused(t, "authorization { users: [ {user: a, password: x} ] }\n" + accounts("A"), "a")


@scenario
def accounts_as_a_list_of_names(t):
    """accounts: [A, B] makes accounts without users; nobody can be in them by name."""
    server = t.server("accounts: [A, B]\n")
    client = t.client(server)
    subscribed(client, "x")
    t.client(server).pub("x", "1")
    client.expect_msg("x", 1, "1")


@scenario
def interest_stays_inside_at_scale(t):
    """Fifty accounts on one server, the same subject in each: each hears itself only."""
    names = [f"N{i}" for i in range(50)]
    server = t.server(accounts(*names))
    clients = [subscribed(enter(t, server, name.lower()), "x", "*") for name in names]
    for client in clients:
        client.pub("x", client.name)
    for client in clients:
        got = client.messages()
        if sorted((m.sid, m.payload.decode()) for m in got) != [("1", client.name),
                                                                ("2", client.name)]:
            raise Failure(f"{client.name} got {[(m.sid, m.payload) for m in got]}")
