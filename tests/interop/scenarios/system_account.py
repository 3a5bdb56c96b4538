# SPDX-License-Identifier: Apache-2.0
#
# The system account: what monitoring tools ask there, and what it hears of logins.
#
#   seen on the real servers   2.9                2.10                   newest
#   $SYS.REQ.USER.INFO         not answered       without account_name   in full
#   connect events             no client_type     no name_tag            in full
#   KICK, is_spoke, connz type no                 yes                    yes
#   the rest                   the same but for younger keys

import itertools
import json

from harness import check, equal, scenario
from harness.client import Message

CONFIG = """server_name: hub
accounts {
  SYS { users [ { user: sys, password: "secret-of-sys" } ] }
  A { users [ { user: a, password: "secret-of-a",
                permissions { publish { deny: "no.*" }, subscribe: ["a.>", "_INBOX.>"] } } ] }
  B { users [ { user: b, password: "secret-of-b" } ] }
}
system_account: SYS
leafnodes { listen: "127.0.0.1:-1" }
"""
# What every document has in every generation, by name: keys of "data".
DOCUMENTS = {
    "VARZ": {"server_id", "server_name", "version", "proto", "host", "port", "max_connections",
             "ping_interval", "ping_max", "auth_timeout", "max_control_line", "max_payload",
             "max_pending", "cluster", "gateway", "leaf", "mqtt", "websocket", "jetstream",
             "tls_timeout", "write_deadline", "start", "now", "uptime", "mem", "cores", "cpu",
             "connections", "total_connections", "routes", "remotes", "leafnodes", "in_msgs",
             "out_msgs", "in_bytes", "out_bytes", "slow_consumers", "subscriptions",
             "http_req_stats", "config_load_time", "system_account", "slow_consumer_stats"},
    "CONNZ": {"server_id", "now", "num_connections", "total", "offset", "limit", "connections"},
    "SUBSZ": {"server_id", "now", "num_subscriptions", "num_cache", "num_inserts", "num_removes",
              "total", "offset", "limit"},
    "LEAFZ": {"server_id", "now", "leafnodes", "leafs"},
    "ROUTEZ": {"server_id", "server_name", "now", "num_routes", "routes"},
    "GATEWAYZ": {"server_id", "now", "outbound_gateways", "inbound_gateways"},
    "ACCOUNTZ": {"server_id", "now", "system_account", "accounts"},
    "HEALTHZ": {"status"},
}
CONNECTION = {"cid", "kind", "type", "ip", "port", "start", "last_activity", "rtt", "uptime",
              "idle", "pending_bytes", "in_msgs", "out_msgs", "in_bytes", "out_bytes",
              "subscriptions", "name", "lang", "version"}
STATSZ = {"start", "mem", "cores", "cpu", "connections", "total_connections", "active_accounts",
          "subscriptions", "sent", "received", "slow_consumers"}
_inboxes = itertools.count(1)
SERVER = {"name", "host", "id", "ver", "jetstream", "seq", "time"}


def login(t, server, name):
    user = {"user": name, "pass": f"secret-of-{name}", "name": f"app {name}"}
    client = t.raw(server).log_in(**user)
    return client


def wait_message(client, subject):
    """The next message to this subject; others are passed over."""
    while True:
        message = Message(client.op(wanted=subject))
        if message.subject == subject:
            return message


def wait_event(client, subject):
    return json.loads(wait_message(client, subject).payload)


def request(client, subject, payload=""):
    """Like client.request(), but events may come before the answer."""
    number = next(_inboxes)
    inbox = f"_INBOX.sys.{number}"
    client.sub(inbox, f"q{number}")
    client.unsub(f"q{number}", 1)
    client.pub(subject, payload, inbox)
    return wait_message(client, inbox)


def ask(client, subject, payload=""):
    return json.loads(request(client, subject, payload).payload)


@scenario(differs={"2.9": "some keys are younger"})
def server_documents(t):
    """Each document of $SYS.REQ.SERVER.PING.* has the keys that tools read, in the envelope."""
    server = t.server(CONFIG)
    system = login(t, server, "sys")
    for name, keys in DOCUMENTS.items():
        for whom in ("PING", system.info["server_id"]):
            document = ask(system, f"$SYS.REQ.SERVER.{whom}.{name}")
            check(SERVER <= set(document["server"]), f"{name}: server {document['server']}")
            check(keys <= set(document["data"]), f"{name} lacks {keys - set(document['data'])}")
    equal(set(ask(system, "$SYS.REQ.SERVER.PING.IDZ")), {"name", "host", "id"}, "IDZ")
    for subject in ("$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.PING.STATSZ"):
        statsz = ask(system, subject)["statsz"]
        check(STATSZ <= set(statsz), f"statsz lacks {STATSZ - set(statsz)}")


@scenario(differs={"2.9": "connz has no type"})
def connections(t):
    """CONNZ tells of connections, and of users only when asked for."""
    server = t.server(CONFIG)
    system, a = login(t, server, "sys"), login(t, server, "a")
    a.sub("a.x", 1)
    a.flush()
    rows = ask(system, "$SYS.REQ.SERVER.PING.CONNZ")["data"]["connections"]
    equal(len(rows), 2, "connections")
    check(CONNECTION <= set(rows[0]), f"lacks {CONNECTION - set(rows[0])}")
    check("authorized_user" not in rows[1], "user without being asked")
    rows = ask(system, "$SYS.REQ.ACCOUNT.A.CONNZ",
               '{"auth": true, "subscriptions": true}')["data"]["connections"]
    equal([(row["authorized_user"], row["account"], row["subscriptions_list"]) for row in rows],
          [("a", "A", ["a.x"])], "connections of A")
    page = ask(system, "$SYS.REQ.SERVER.PING.CONNZ", '{"limit": 1, "offset": 1}')["data"]
    equal((page["num_connections"], page["total"], page["connections"][0]["name"]),
          (1, 2, "app a"), "second page")


@scenario(differs={"2.9": "words of errors"})
def errors(t):
    """What cannot be answered is answered with code and words."""
    system = login(t, t.server(CONFIG), "sys")
    equal(ask(system, "$SYS.REQ.SERVER.PING.VARZ", "{x")["error"]["code"], 400, "broken JSON")
    for subject, payload, words in (
            ("SERVER.PING.CONNZ", '{"sort": "x"}', "invalid sorting option: x"),
            ("SERVER.PING.ACCOUNTZ", '{"account": "X"}', "Account X does not exist"),
            ("ACCOUNT.X.INFO", "", "Account X does not exist"),
            ("SERVER.PING.SUBSZ", '{"test": "a.*"}',
             "invalid test subject, must be valid publish subject: a.*"),
            (f"SERVER.{system.info['server_id']}.KICK", '{"cid": 999}',
             "no such client or leafnode id")):
        answer = ask(system, f"$SYS.REQ.{subject}", payload)
        equal(answer["error"], {"code": 500, "description": words}, subject)


@scenario(differs={"2.9": "no USER.INFO", "2.10": "USER.INFO without account_name"})
def own_account(t):
    """Users learn of themselves and of their own account, and of nothing else."""
    server = t.server(CONFIG)
    a = login(t, server, "a")
    login(t, server, "b")
    a.sub("_INBOX.>", 1)
    info = ask(a, "$SYS.REQ.USER.INFO")
    equal(info["data"], {"user": "a", "account": "A", "account_name": "A",
                         "permissions": {"publish": {"deny": ["no.*"]},
                                         "subscribe": {"allow": ["a.>", "_INBOX.>"]}}}, "info")


@scenario
def own_numbers(t):
    """$SYS.REQ.ACCOUNT.PING.* answers for the account of who asks, whatever the request says."""
    server = t.server(CONFIG)
    a = login(t, server, "a")
    login(t, server, "b")
    for subject in ("$SYS.REQ.ACCOUNT.PING.CONNZ", "$SYS.REQ.SERVER.PING.CONNZ"):
        rows = ask(a, subject, '{"acc": "B", "auth": true}')["data"]["connections"]
        equal([row["authorized_user"] for row in rows], ["a"], subject)
    rows = ask(a, "$SYS.REQ.ACCOUNT.PING.STATZ", '{"accounts": ["B"]}')["data"]["account_statz"]
    equal([(row["acc"], row["conns"]) for row in rows], [("A", 1)], "STATZ")
    for subject in ("SERVER.PING.VARZ", "ACCOUNT.B.CONNZ", "ACCOUNT.A.CONNZ", "USER.B.INFO"):
        answer = request(a, f"$SYS.REQ.{subject}")
        check(answer.headers.startswith(b"NATS/1.0 503"), f"{subject}: {answer.payload}")


@scenario(differs={"2.9": "no client_type, other keys", "2.10": "no name_tag"})
def login_events(t):
    """Logins, their ends and refusals are events."""
    server = t.server(CONFIG)
    system = login(t, server, "sys")
    system.sub("$SYS.ACCOUNT.>", 1)
    system.sub("$SYS.SERVER.>", 2)
    system.flush()
    a = login(t, server, "a")
    event = wait_event(system, "$SYS.ACCOUNT.A.CONNECT")
    equal(event["type"], "io.nats.server.advisory.v1.client_connect", "type")
    client = {key: event["client"][key] for key in event["client"] if key not in ("start", "id")}
    equal(client, {"host": "127.0.0.1", "acc": "A", "user": "a", "name": "app a",
                   "lang": "python", "ver": "1.0.0", "name_tag": "A", "kind": "Client",
                   "client_type": "nats"}, "client")
    a.pub("x", "hello")
    a.flush()
    a.close()
    event = wait_event(system, "$SYS.ACCOUNT.A.DISCONNECT")
    equal((event["type"], event["sent"], event["received"], event["reason"]),
          ("io.nats.server.advisory.v1.client_disconnect", {"msgs": 1, "bytes": 5},
           {"msgs": 0, "bytes": 0}, "Client Closed"), "disconnect")
    bad = t.raw(server)
    bad.say_connect(user="a", **{"pass": "wrong"})
    event = wait_event(system, f"$SYS.SERVER.{system.info['server_id']}.CLIENT.AUTH.ERR")
    equal((event["client"]["user"], event["client"]["acc"], event["reason"]),
          ("a", "$G", "Authentication Failure"), "refusal")


@scenario
def account_connection_events(t):
    """The number of an account's connections is told on the old and the new subject."""
    server = t.server(CONFIG)
    system = login(t, server, "sys")
    system.sub("$SYS.ACCOUNT.A.SERVER.CONNS", 1)
    system.sub("$SYS.SERVER.ACCOUNT.A.CONNS", 2)
    system.flush()
    a = login(t, server, "a")
    for wanted in (1, 0):
        messages = [json.loads(Message(system.op()).payload) for _ in range(2)]
        equal([(one["acc"], one["conns"], one["total_conns"]) for one in messages],
              [("A", wanted, wanted)] * 2, "connections")
        a.close()


@scenario(differs={"2.9": "no is_spoke"})
def leaf_events(t):
    """A leaf link is a connection of its account: event, CONNS and LEAFZ."""
    server = t.server(CONFIG.replace(
        'listen: "127.0.0.1:-1"',
        'listen: "127.0.0.1:-1", authorization { user: l, password: "secret-of-l", account: A }'))
    system = login(t, server, "sys")
    system.sub("$SYS.ACCOUNT.>", 1)
    system.flush()
    leaf = t.raw_leaf(server)
    leaf.say_connect(user="l", **{"pass": "secret-of-l"}, name="far", version="2.10.0")
    event = wait_event(system, "$SYS.ACCOUNT.A.SERVER.CONNS")
    equal((event["conns"], event["leafnodes"], event["total_conns"]), (0, 1, 1), "CONNS")
    leafs = ask(system, "$SYS.REQ.ACCOUNT.A.LEAFZ")["data"]
    equal((leafs["leafnodes"], leafs["leafs"][0]["account"], leafs["leafs"][0]["is_spoke"]),
          (1, "A", False), "LEAFZ")


@scenario(differs={"2.9": "no KICK"})
def kick_and_good_bye(t):
    """KICK ends a connection; SHUTDOWN is told before the server goes."""
    server = t.server(CONFIG)
    system, a = login(t, server, "sys"), login(t, server, "a")
    us = system.info["server_id"]
    system.sub("$SYS.SERVER.*.SHUTDOWN", 1)
    system.flush()
    ask(system, f"$SYS.REQ.SERVER.{us}.KICK", json.dumps({"cid": a.info["client_id"]}))
    a.expect_closed()
    server.stop()
    equal(wait_event(system, f"$SYS.SERVER.{us}.SHUTDOWN")["id"], us, "SHUTDOWN")


@scenario
def no_secrets(t):
    """No password is in any event or document, nor where a login went wrong."""
    server = t.server(CONFIG)
    system = login(t, server, "sys")
    system.sub("$SYS.>", 1)
    system.flush()
    a = login(t, server, "a")
    a.close()
    for fields in ({"user": "b", "pass": "marker-1"}, {"auth_token": "marker-2"}):
        bad = t.raw(server)
        bad.say_connect(**fields)
        bad.expect("-ERR 'Authorization Violation'\r\n")
    wait_event(system, "$SYS.ACCOUNT.A.DISCONNECT")
    texts = [request(system, f"$SYS.REQ.{subject}", '{"auth": true}').payload for subject in (
        "SERVER.PING.VARZ", "SERVER.PING.CONNZ", "ACCOUNT.A.INFO", "SERVER.PING.ACCOUNTZ")]
    for secret in (b"secret-of", b"marker-"):
        check(not any(secret in text for text in texts), f"{secret} was told")
        check(secret.decode() not in "\n".join(server.log()), f"{secret} was logged")
