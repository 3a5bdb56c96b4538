# SPDX-License-Identifier: Apache-2.0
#
# What must not leave a server: secrets that were offered or configured, in its log at the highest
# verbosity, in events, in answers of the system account and in what goes over the wire
# (CVE-2026-33216, CVE-2026-33247, CVE-2020-26149); and what an ordinary account must not reach
# (CVE-2025-30215, CVE-2026-33217, CVE-2026-58214, CVE-2026-58207).

import json

from harness import check, equal, leafnodes, remote, scenario
from harness.accounts import (account, accounts, enter, exports, imports, service_of, subscribed,
                              user)
from harness.client import Message
from harness.nkeys import NKey

KEY = NKey("U", bytes(range(32)))
REQUESTS = ("VARZ", "CONNZ", "SUBSZ", "LEAFZ", "ACCOUNTZ", "STATSZ", "HEALTHZ", "PROFILEZ", "IDZ",
            "RELOAD", "ROUTEZ", "GATEWAYZ", "JSZ", "EXPVARZ", "IPQUEUESZ")


def texts(client):
    """All bytes that were delivered by the time of a barrier."""
    return b"".join(client.ops_until_pong()).decode(errors="replace")


def everything_asked(client, server_id):
    """What the system account's services answer, as text."""
    client.sub("_INBOX.all", 70)
    options = json.dumps({"auth": True, "subscriptions": True, "subscriptions_detail": True})
    for name in REQUESTS:
        if name not in ("RELOAD", "PROFILEZ"):
            client.pub(f"$SYS.REQ.SERVER.{server_id}.{name}", options, "_INBOX.all")
            client.pub(f"$SYS.REQ.SERVER.PING.{name}", options, "_INBOX.all")
    for name in ("CONNZ", "SUBSZ", "LEAFZ", "INFO", "STATZ"):
        client.pub(f"$SYS.REQ.ACCOUNT.A.{name}", options, "_INBOX.all")
    client.pub("$SYS.REQ.USER.INFO", "", "_INBOX.all")
    # The services answer on a queue of their own: the last one's answer shows that all are there.
    answers, seen = "", 0
    while seen < 8:
        op = client.op(wanted="answers")
        answers += op.decode(errors="replace")
        seen += b" 70 " in op
    return answers + texts(client)


@scenario(differs={"2.9": "not looked at", "2.10": "not looked at"})
def no_secret_in_any_output(t):
    """CVE-2026-33216, CVE-2026-33247: passwords, tokens, signatures and the credentials of URLs, in
    honest and refused logins and in remotes, are in no log line, event or answer."""
    hub = t.hub()
    config = (accounts(account("A", users=[user("a"), "{user: plain, password: MARKcfgpass}",
                                           f"{{nkey: {KEY.public}}}"]), "S")
              + "system_account: S\n"
              + leafnodes(remote(hub.url("MARKurluser:MARKurlpass"), extra="account: A"),
                          listen=True, extra='authorization { users: [ '
                          '{user: l, password: MARKleafpass, account: A} ] }'))
    server = t.server(config, "-DV")
    admin = enter(t, server, "s")
    subscribed(admin, "$SYS.ACCOUNT.>", "$SYS.SERVER.>")
    t.accept(hub).welcome()
    for fields in ({"user": "plain", "pass": "MARKcfgpass"}, {"user": "a", "pass": "MARKwrong"},
                   {"auth_token": "MARKtoken"}, {"jwt": "MARKjwt.MARKa.MARKb"},
                   {"user": "x", "pass": "MARKx", "auth_token": "MARKboth"},
                   {"nkey": KEY.public, "sig": "MARKsig"}, {"user": "a", "pass": ["MARKlist"]}):
        client = t.raw(server)
        client.say_connect(**fields)
        client.send_may_fail("PING\r\n")
        client.op()
    client = t.raw(server)
    signature = KEY.answer(client.info["nonce"])
    client.log_in(nkey=KEY.public, sig=signature)
    t.leaf(server, user="l", **{"pass": "MARKleafpass"})
    wrong = t.raw_leaf(server, "wrong")
    wrong.say_connect(user="l", **{"pass": "MARKleafwrong"}, auth_token="MARKleaftoken")
    wrong.rest()
    told = texts(admin) + everything_asked(admin, admin.info["server_id"])
    server.wait_log(r"authentication error", times=3)
    log = "\n".join(server.log())
    for mark in ("cfgpass", "wrong", "token", "jwt", "both", "sig", "list", "urlpass", "leafpass",
                 "leafwrong", "leaftoken"):
        # Real servers trace tokens (a bearer's is a secret) and passwords that are no strings.
        if mark not in ("jwt", "list") or not t.options.generation:
            check("MARK" + mark not in log, f"MARK{mark} in the log")
        check("MARK" + mark not in told, f"MARK{mark} in an event or answer")
    for secret in (signature, KEY.seed):
        check(secret not in log and secret not in told, "a signature or seed shows")
    check("nonce" not in told or client.info["nonce"] not in told, "a nonce shows")


@scenario(differs={"2.9": "traces tokens"})
def no_secret_on_the_command_line_shows(t):
    """CVE-2026-33247: credentials given by flags are in no log line and no answer."""
    server = t.server("", "-DV", "--user", "flaguser", "--pass", "MARKflagpass")
    client = t.client(server, user="flaguser", **{"pass": "MARKflagpass"})
    client.flush()
    check("MARKflagpass" not in "\n".join(server.log()), "in the log")
    token = t.server("", "-DV", "--auth", "MARKflagtoken")
    t.client(token, auth_token="MARKflagtoken")
    check("MARKflagtoken" not in "\n".join(token.log()), "the token is in the log")


@scenario
def connect_of_a_remote_is_a_fixed_list(t):
    """CVE-2020-26149: what a remote says of itself has nothing of the configuration but what a
    login needs: no other user's password, no path, no key."""
    hub = t.hub()
    server = t.server(accounts(account("A", users=["{user: u, password: MARKother}"]))
                      + leafnodes(remote(hub.url("l:lpass"), extra="account: A")))
    link = t.accept(hub).welcome()
    text = json.dumps(link.connect)
    check(link.connect["user"] == "l" and link.connect["pass"] == "lpass", f"{link.connect}")
    check("MARKother" not in text and str(t.folder) not in text, f"CONNECT {text}")
    known = {"version", "nkey", "jwt", "sig", "user", "pass", "auth_token", "server_id", "domain",
             "name", "is_hub", "cluster", "headers", "jetstream", "deny_pub", "isolate",
             "compression", "compress_mode", "gateway", "remote_account", "protocol", "hub",
             "proto", "tls_required"}
    equal(set(link.connect) - known, set(), "other fields")
    server.stop()


@scenario
def administration_by_ordinary_accounts(t):
    """CVE-2025-30215: requests of administration from an ordinary account act on nothing and tell
    nothing, about existing names and others alike."""
    server = t.server(accounts("A", "B", "S") + "system_account: S\n")
    a, b = enter(t, server, "a"), enter(t, server, "b")
    subscribed(b, "x")
    server_id = a.info["server_id"]
    subjects = [f"$SYS.REQ.SERVER.{whom}.{name}" for whom in ("PING", server_id)
                for name in (*REQUESTS, "KICK", "LDM", "SHUTDOWN")]
    subjects += [f"$SYS.REQ.ACCOUNT.{name}.{what}" for name in ("B", "S", "NONE")
                 for what in ("CONNZ", "SUBSZ", "LEAFZ", "JSZ", "INFO", "CONNS", "CLAIMS.UPDATE")]
    subjects += ["$SYS.REQ.CLAIMS.LIST", "$SYS.REQ.CLAIMS.UPDATE", "$SYS.REQ.CLAIMS.DELETE",
                 "$SYS.REQ.SERVER.PING", "$SYS.REQ.ACCOUNT.NSUBS"]
    for subject in subjects:
        message = a.request(subject, '{"cid": 1, "account": "B", "acc_name": "B"}')
        text = (message.headers + message.payload).decode(errors="replace")
        # Its own connections an account may ask for; the answer must be of itself alone.
        check(b" 503" in message.headers or '"B"' not in text and '"user":"b"' not in text,
              f"{subject}: {text[:300]}")
    b.pub("x", "alive")
    b.expect_msg("x", 1, "alive")


@scenario
def reserved_prefixes_are_no_way_around(t):
    """CVE-2026-33217, CVE-2026-58214: reserved prefixes are not exempt from permissions, nor one
    level below."""
    server = t.server(accounts(account("A", users=[
        user("a"),
        user("none", 'permissions: { publish: { deny: ">" }, subscribe: { deny: ">" } }'),
        user("one", 'permissions: { publish: "ok", subscribe: "ok" }')])))
    watcher = subscribed(enter(t, server, "a"), ">")
    for name in ("none", "one"):
        client = enter(t, server, name)
        for prefix in ("$SYS", "$JS", "$JS.API", "$LDS", "_R_", "_GR_", "$GR", "$MQTT",
                       "$MQTT.sub", "$MQTT.deliver", "$NRG", "_INBOX", "$KV", "$G", "$SRV"):
            for subject in (f"{prefix}.x", f"{prefix}.x.y"):
                client.pub(subject, "x")
                op = client.op()
                check(op.startswith(b"-ERR 'Permissions Violation for Publish"), f"{subject}: {op}")
            for sid, subject in enumerate((f"{prefix}.x", f"{prefix}.>", f"{prefix}.*.y"), 100):
                client.sub(subject, sid)
                op = client.op()
                check(op.startswith(b"-ERR 'Permissions Violation for Subscription"),
                      f"{subject}: {op}")
        client.expect_nothing()
    watcher.expect_nothing()


@scenario
def reserved_replies(t):
    """A reply subject of the kind that imports make may not be forged by a client as its own reply,
    and nobody hears answers of others by subscribing to it."""
    server = t.server(accounts(account("A", exports('service: "svc"')),
                               account("B", imports(service_of("A", "svc")))))
    a, spy, b = enter(t, server, "a"), enter(t, server, "b"), enter(t, server, "b")
    subscribed(a, "svc")
    subscribed(spy, "_R_.>", "_R_.*", "_R_.*.*")
    b.sub("in", 5)
    b.pub("svc", "?", "in")
    request = Message(a.op())
    a.pub(request.reply, "!")
    b.expect_msg("in", 5, "!")
    spy.expect_nothing()
    b.pub("svc", "x", "_R_.abc.def")
    op = b.op()
    check(op.startswith(b"-ERR 'Permissions Violation for Publish with Reply of"), f"{op}")


@scenario(differs=dict.fromkeys(("2.9", "2.10"), "crash over it"))
def windows_of_paged_answers(t):
    """CVE-2026-58207: offset and limit at every edge, for every paged request: an answer or an
    error, and the server lives."""
    server = t.server(accounts("A", "S") + "system_account: S\n" + leafnodes(listen=True))
    admin, a = enter(t, server, "s"), enter(t, server, "a")
    edges = (-2**63, -2**31, -1, 0, 1, 2, 2**31 - 1, 2**31, 2**63 - 1)
    for subject, client in (("$SYS.REQ.SERVER.PING.CONNZ", admin),
                            ("$SYS.REQ.SERVER.PING.SUBSZ", admin),
                            ("$SYS.REQ.ACCOUNT.PING.CONNZ", a)):
        for offset in edges:
            for limit in edges:
                client.request(subject, json.dumps({"offset": offset, "limit": limit}))
        for odd in ('{"offset": 1.5}', '{"limit": "x"}', '{"limit": 1e400}',
                    '{"offset": 99999999999999999999999}', "null", "[]", "{", '"x"'):
            client.request(subject, odd)
    a.flush()


@scenario
def separators_in_names(t):
    """CVE-2026-58213: bytes that separate tokens do not get into what is written to a leaf by way
    of a client's name, an account's mapping or import."""
    server = t.server(accounts(account("A", users=[user("a")])) + leafnodes(
        listen=True, extra="authorization { users: [ {user: l, password: l, account: A} ] }"))
    leaf = t.leaf(server, user="l", **{"pass": "l"})
    for odd in ("x\r\nLS+ evil", "x\tevil", "x\0evil", "x LS+ evil", "x\x7fevil"):
        client = t.raw(server)
        client.say_connect(user="a", name=odd, lang=odd, version=odd, **{"pass": "a"})
        client.send_may_fail("SUB good 1\r\nPING\r\n")
        client.op()
        client.close()
    for op in leaf.ops_until_pong():
        check(op in (b"LS+ good\r\n", b"LS- good\r\n"), f"the leaf got {op}")
