# SPDX-License-Identifier: Apache-2.0
#
# Auth callout: logins that the configuration does not decide are put to a service on
# $SYS.REQ.USER.AUTH. The service here is the scenario itself; tokens are made by jwtmaker.
#
#   seen on the real servers   2.9        2.10                       newest
#   the block                  unknown    as here                    the same
#   leafs                      -          the same as clients        the same
#   types of the answer's user -          not looked at              not looked at

import base64
import json
import subprocess

from harness import check, equal, scenario
from harness.checks import Failure, Skip
from harness.client import Message

OLD = {"2.9": "has no auth_callout"}
SUBJECT = "$SYS.REQ.USER.AUTH"


def make(t, *steps):
    """Runs jwtmaker; returns what it made, by id."""
    maker = getattr(t.options, "jwtmaker", None)
    if not maker:
        raise Skip("no --jwtmaker")
    done = subprocess.run([maker], input=json.dumps(steps), capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise Failure(f"jwtmaker: {done.stderr}")
    return json.loads(done.stdout)["results"]


def payload_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class Service:
    """A server with auth callout, and the service that it asks."""

    def __init__(self, t, encrypted=False, more="", leafs=""):
        self.t = t
        self.keys = make(t, {"op": "nkey", "id": "I", "kind": "account"},
                         {"op": "nkey", "id": "J", "kind": "account"},
                         {"op": "nkey", "id": "X", "kind": "curve"})
        xkey = f"xkey: {self.keys['X']['public']}" if encrypted else ""
        self.server = t.server(f"""
accounts {{
  AUTH {{ users [ {{ user: auth, password: "secret-of-auth" }} ] }}
  A {{ users [ {{ user: known, password: "secret-of-known" }} ] }}
  B {{ }}
  SYS {{ users [ {{ user: sys, password: "secret-of-sys" }} ] }}
}}
system_account: SYS
authorization {{
  timeout: 2
  auth_callout {{
    issuer: {self.keys['I']['public']}
    account: AUTH
    auth_users: [auth, sys]
    {xkey}
    {more}
  }}
}}
leafnodes {{ listen: "127.0.0.1:-1" {leafs} }}
""")
        self.connection = t.raw(self.server).log_in(user="auth", **{"pass": "secret-of-auth"})
        self.connection.sub(SUBJECT, 1)
        self.connection.flush()

    def question(self):
        message = Message(self.connection.op(wanted="a question"))
        equal(message.subject, SUBJECT, "subject")
        self.reply, self.headers = message.reply, message.headers
        token = message.payload.decode(errors="replace")
        if message.headers:
            self.server_xkey = message.headers.decode().split("Nats-Server-Xkey: ")[1].split()[0]
            made = make(self.t, {"op": "nkey", "id": "X", "seed": self.keys["X"]["seed"],
                                 "kind": "curve"},
                        {"op": "open", "id": "O", "key": "X", "sender": self.server_xkey,
                         "data_base64": base64.b64encode(message.payload).decode()})
            token = base64.b64decode(made["O"]["data_base64"]).decode()
        return payload_of(token)

    def answer(self, question, account="A", name="", issuer="I", seal=False, error="", user=None,
               top=None, **claims):
        """Grants `account`; whatever is given beside makes the answer another one."""
        nats = question["nats"]
        steps = [{"op": "nkey", "id": "I", "seed": self.keys[issuer]["seed"]},
                 {"op": "user", "id": "U", "issuer": "I", "name": name or "granted",
                  "subject": user or nats["user_nkey"], "claims": claims,
                  "top": {"aud": account}}]
        body = {"error": error} if error else {"jwt": "@U.jwt"}
        steps.append({"op": "raw", "id": "R", "key": "I", "payload": {
            "aud": nats["server_id"]["id"], "sub": nats["user_nkey"], "iss": "@I", "iat": "@now",
            "nats": {**body, "type": "authorization_response", "version": 2}, **(top or {})}})
        payload = make(self.t, *steps)["R"]["jwt"].encode()
        if seal:
            made = make(self.t, {"op": "nkey", "id": "X", "seed": self.keys["X"]["seed"],
                                 "kind": "curve"},
                        {"op": "seal", "id": "S", "key": "X", "recipient": self.server_xkey,
                         "data": payload.decode()})
            payload = base64.b64decode(made["S"]["data_base64"])
        self.connection.pub(self.reply, payload)

    def client(self, **fields):
        client = self.t.raw(self.server)
        client.say_connect(**fields)
        client.send("PING\r\n")
        return client


def expect_refusal(client):
    client.expect_error_and_close("Authorization Violation")


@scenario(differs=OLD)
def question_and_answer(t):
    """The question has what the client offered; the answer says account, name and permissions."""
    service = Service(t)
    client = service.client(user="joe", name="joe's app", **{"pass": "joes-secret"})
    question = service.question()
    nats = question["nats"]
    equal((question["aud"], question["sub"], nats["type"]),
          ("nats-authorization-request", service.keys["I"]["public"], "authorization_request"),
          "question")
    equal(question["iss"], client.info["server_id"], "issuer")
    equal(nats["server_id"]["id"], client.info["server_id"], "server")
    check(question["exp"] - question["iat"] == 2, f"times {question}")
    equal({key: nats["connect_opts"][key] for key in ("user", "pass", "name", "lang", "version",
                                                      "protocol")},
          {"user": "joe", "pass": "joes-secret", "name": "joe's app", "lang": "python",
           "version": "1.0.0", "protocol": 1}, "connect_opts")
    equal({key: nats["client_info"][key] for key in ("host", "id", "user", "name", "kind", "type")},
          {"host": "127.0.0.1", "id": client.info["client_id"], "user": "joe",
           "name": "joe's app", "kind": "Client", "type": "nats"}, "client_info")
    service.answer(question, name="granted joe", pub={"deny": ["no.*"]})
    client.expect("PONG\r\n")
    client.pub("no.way", "x")
    client.expect_error('Permissions Violation for Publish to "no.way"')
    system = service.client(user="sys", **{"pass": "secret-of-sys"})
    system.expect("PONG\r\n")
    rows = json.loads(system.request("$SYS.REQ.SERVER.PING.CONNZ", '{"auth": true}').payload)
    row = [row for row in rows["data"]["connections"] if row["cid"] == client.info["client_id"]][0]
    equal((row["account"], row["authorized_user"]), ("A", "granted joe"), "connz")


@scenario(differs=OLD)
def encryption(t):
    """With xkey the question is sealed for the service; the answer may be sealed or not."""
    service = Service(t, encrypted=True)
    for seal in (True, False):
        client = service.client(user="joe", **{"pass": "x"})
        question = service.question()
        equal(question["nats"]["server_id"]["xkey"], service.server_xkey, "xkey")
        service.answer(question, seal=seal)
        client.expect("PONG\r\n")


@scenario(differs=OLD)
def bad_answers(t):
    """An answer that is not for this question, this server or by this issuer refuses."""
    service = Service(t)
    other = make(t, {"op": "nkey", "id": "U", "kind": "user"},
                 {"op": "nkey", "id": "N", "kind": "server"})
    for wrong in ({"error": "we do not know joe"}, {"issuer": "J"}, {"account": "nowhere"},
                  {"account": ""}, {"user": other["U"]["public"]},
                  {"top": {"sub": other["U"]["public"]}}, {"top": {"aud": other["N"]["public"]}},
                  {"issuer_account": service.keys["J"]["public"]}):
        client = service.client(user="joe", **{"pass": "joes-secret"})
        service.answer(service.question(), **wrong)
        expect_refusal(client)
    client = service.client(user="joe", **{"pass": "joes-secret"})
    service.question()
    service.connection.pub(service.reply, "")
    expect_refusal(client)
    client = service.client(user="joe", **{"pass": "joes-secret"})
    service.question()
    service.connection.pub(service.reply, "eyJ no token at all")
    expect_refusal(client)
    check("joes-secret" not in "\n".join(service.server.log()), "a password was logged")


@scenario(differs=OLD)
def no_answer(t):
    """A service that says nothing is a refusal when the time for logins is over."""
    service = Service(t)
    client = service.client(user="joe", **{"pass": "x"})
    service.question()
    expect_refusal(client)


@scenario(differs={**OLD, "2.10": "puts every user to the service"})
def who_is_asked_about(t):
    """auth_users log in without the service, all others with it, known ones too; with
    allowed_accounts users of other accounts are none of its business."""
    service = Service(t)
    client = service.client(user="known", **{"pass": "secret-of-known"})
    service.answer(service.question(), account="B")
    client.expect("PONG\r\n")
    expect_refusal(service.client(user="auth", **{"pass": "wrong"}))
    service.connection.expect_nothing()

    service = Service(t, more="allowed_accounts: [B]")
    client = service.client(user="known", **{"pass": "secret-of-known"})
    client.expect("PONG\r\n")
    client = service.client(user="known", **{"pass": "wrong"})
    service.answer(service.question(), account="B")
    client.expect("PONG\r\n")
    client = service.client()
    service.answer(service.question(), account="B")
    client.expect("PONG\r\n")


@scenario(differs=OLD)
def every_way_in(t):
    """A client that never says CONNECT is put to the service like any other; a user in the
    service's account may not ask its questions."""
    service = Service(t)
    client = t.raw(service.server)
    client.say_connect()
    client.send("PING\r\n")
    service.answer(service.question())
    client.expect("PONG\r\n")
    auth = service.client(user="auth", **{"pass": "secret-of-auth"})
    auth.expect("PONG\r\n")
    auth.pub(SUBJECT, "x")
    auth.expect_error(f'Permissions Violation for Publish to "{SUBJECT}"')
    token = service.client(auth_token="joes-token")
    question = service.question()
    equal(question["nats"]["connect_opts"]["auth_token"], "joes-token", "token")
    service.answer(question)
    token.expect("PONG\r\n")


@scenario(differs=OLD)
def leafs(t):
    """Leafs are put to the service as clients are."""
    service = Service(t)
    leaf = t.raw_leaf(service.server)
    leaf.say_connect(user="edge", **{"pass": "edges-secret"}, name="far", version="2.10.0")
    question = service.question()
    equal((question["nats"]["client_info"]["kind"], question["nats"]["connect_opts"]["user"]),
          ("Leafnode", "edge"), "question")
    service.answer(question)
    info = leaf.expect_json("INFO")
    equal(info["remote_account"], "A", "account")


@scenario(differs=OLD)
def expiry(t):
    """A login ends when the answer's user does."""
    service = Service(t)
    client = service.client(user="joe", **{"pass": "x"})
    question = service.question()
    nats = question["nats"]
    steps = [{"op": "nkey", "id": "I", "seed": service.keys["I"]["seed"]},
             {"op": "user", "id": "U", "issuer": "I", "name": "brief",
              "subject": nats["user_nkey"], "top": {"aud": "A", "exp": "@now+2"}},
             {"op": "raw", "id": "R", "key": "I", "payload": {
                 "aud": nats["server_id"]["id"], "sub": nats["user_nkey"], "iss": "@I",
                 "iat": "@now", "nats": {"jwt": "@U.jwt", "type": "authorization_response",
                                         "version": 2}}}]
    service.connection.pub(service.reply, make(t, *steps)["R"]["jwt"])
    client.expect("PONG\r\n")
    client.expect_error_and_close("User Authentication Expired")
