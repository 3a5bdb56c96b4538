# SPDX-License-Identifier: Apache-2.0
#
# Logins that a service decides: the server asks on $SYS.REQ.USER.AUTH in the account of the
# callout, and takes a user's token signed by the issuer of the configuration for an answer. The
# service is played here, so that it can also answer what no honest one would.
#
#   seen on the real servers: 2.9 knows no callout. The others do not hold users of
# a configuration's callout to sources, connection types and limits of the token.

import base64
import json
import time

from harness import check, equal, scenario
from harness.accounts import refused as start_refused, subscribed
from harness.client import Message
from harness.nkeys import NKey, public_text, token
from harness.operator import World, key
from scenarios.nkey_logins import let_in

UNKNOWN = {"2.9": "knows no auth callout"}
ISSUER = NKey("A", bytes(range(7, 39)))
STRANGER = NKey("A", bytes(range(8, 40)))
ASKED = "$SYS.REQ.USER.AUTH"


def config(extra="", callout="", users=""):
    return f"""accounts {{
  AUTH: {{ users: [ {{user: auth, password: auth}} ] }}
  A: {{ users: [ {{user: own, password: own}} ] }}
  B: {{}}
  SYS: {{ users: [ {{user: sys, password: sys}} ] }}
}}
system_account: SYS
authorization {{
  timeout: 5
  {users}
  auth_callout {{ issuer: {ISSUER.public}, account: AUTH, auth_users: [auth, own, sys] {callout} }}
}}
{extra}
"""


def claims_of(jwt):
    body = jwt.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


class Service:
    """The service, logged in as `auth`."""

    def __init__(self, t, server):
        self.client = t.client(server, name="service", user="auth", **{"pass": "auth"})
        subscribed(self.client, ASKED)

    def question(self):
        """The next question: claims and the subject of the answer."""
        message = Message(self.client.op(wanted="a question"))
        self.reply, self.headers = message.reply, message.headers
        self.payload = message.payload
        return message.payload

    def asked(self):
        return claims_of(self.question().decode())

    def user_jwt(self, asked, account="A", signer=ISSUER, claims=None, **top):
        return token(signer, {
            "jti": "j", "iat": int(time.time()), "iss": signer.public, "name": "called",
            "sub": asked["nats"]["user_nkey"], "aud": account,
            "nats": {"type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1,
                     **(claims or {})}, **top})

    def response(self, asked, jwt="", error="", signer=ISSUER, **top):
        answer = {"type": "authorization_response", "version": 2}
        answer |= {"jwt": jwt} if jwt else {}
        answer |= {"error": error} if error else {}
        return token(signer, {"jti": "k", "iat": int(time.time()), "iss": signer.public,
                              "sub": asked["nats"]["user_nkey"],
                              "aud": asked["nats"]["server_id"]["id"], "nats": answer, **top})

    def answer(self, text):
        self.client.pub(self.reply, text)

    def grant(self, account="A", claims=None, **top):
        asked = self.asked()
        self.answer(self.response(asked, self.user_jwt(asked, account, claims=claims, **top)))
        return asked


def start(t, **how):
    server = t.server(config(**how))
    return server, Service(t, server)


def knocks(t, server, **connect):
    client = t.raw(server)
    client.say_connect(**connect)
    return client


JOE = {"user": "joe", "pass": "secret"}


@scenario(differs=UNKNOWN)
def granted(t):
    """The service names account and permissions, and they hold."""
    server, service = start(t)
    client = knocks(t, server, **JOE)
    service.grant(claims={"pub": {"allow": ["open"]}})
    check(let_in(client, "joe"), "refused")
    own = t.client(server, user="own", **{"pass": "own"})
    subscribed(own, ">")
    client.pub("open", "1")
    own.expect_msg("open", 1, "1")
    client.pub("closed")
    client.expect_error('Permissions Violation for Publish to "closed"')


@scenario(differs=UNKNOWN)
def into_an_account_without_users(t):
    """The account may be any of the configuration; two clients may get two."""
    server, service = start(t)
    clients = []
    for account in ("A", "B"):
        client = knocks(t, server, **JOE)
        service.grant(account)
        check(let_in(client, account), "refused")
        clients.append(subscribed(client, "x"))
    clients[0].pub("x", "1")
    clients[0].expect_msg("x", 1, "1")
    clients[1].expect_nothing()


@scenario(differs=UNKNOWN)
def what_is_asked(t):
    """The question says who asks: server, key of the user to be, connection, and what CONNECT
    offered."""
    server, service = start(t)
    client = knocks(t, server, **JOE, auth_token="tok", name="my app", lang="py", version="9")
    asked = service.grant()
    check(let_in(client, "joe"), "refused")
    nats = asked["nats"]
    equal((asked["aud"], nats["type"]), ("nats-authorization-request", "authorization_request"),
          "kind")
    equal(asked["iss"], nats["server_id"]["id"], "issuer")
    check(nats["user_nkey"].startswith("U") and nats["server_id"]["version"], f"{nats}")
    options = nats["connect_opts"]
    equal((options["user"], options["pass"], options["auth_token"], options["name"],
           options["lang"]), ("joe", "secret", "tok", "my app", "py"), "connect_opts")
    info = nats["client_info"]
    equal((info["host"], info["kind"], info["type"], info["user"]),
          ("127.0.0.1", "Client", "nats", "joe"), "client_info")
    other = knocks(t, server, **JOE)
    check(service.grant()["nats"]["user_nkey"] != nats["user_nkey"], "the same user key twice")
    let_in(other, "joe")


@scenario(differs=UNKNOWN)
def refused(t):
    """An error refuses; so does an answer without token or error, and no answer at all."""
    server, service = start(t)
    for how in ({"error": "not you"}, {}):
        client = knocks(t, server, **JOE)
        service.answer(service.response(service.asked(), **how))
        check(not let_in(client, how), f"{how} got in")
    client = knocks(t, server, **JOE)
    service.question()
    check(b"-ERR" in b"".join(client.rest(12)), "no error for who waited in vain")


@scenario(differs=UNKNOWN)
def without_a_service(t):
    """Nobody answers: refused, and those whom the configuration lets in still get in."""
    server = t.server(config())
    client = knocks(t, server, **JOE)
    check(b"-ERR" in b"".join(client.rest(12)), "let in")
    t.client(server, user="own", **{"pass": "own"})


@scenario(differs={**UNKNOWN, "2.10": "hangs over keys of a wrong length"})
def dishonest_answers(t):
    """Answers by another key, to another server, for another user, of a wrong kind, or no tokens
    at all refuse; the server goes on."""
    server, service = start(t)
    def answers(asked):
        jwt = service.user_jwt(asked)
        yield service.response(asked, jwt, signer=STRANGER)
        yield service.response(asked, service.user_jwt(asked, signer=STRANGER))
        yield service.response(asked, jwt, aud="N" + "A" * 55)
        yield service.response(asked, jwt, sub=NKey("U").public)
        yield service.response(asked, service.user_jwt(asked, sub=NKey("U").public))
        yield service.response(asked, service.user_jwt(asked, "NOWHERE"))
        yield service.response(asked, service.user_jwt(asked, exp=int(time.time()) - 10))
        yield service.response(asked, jwt, nats=None)
        yield service.response(asked, jwt, nats={"type": "user", "version": 2})
        yield jwt
        yield service.response(asked, jwt)[:-6]
        yield service.response(asked, jwt).replace(".", "..")
        yield "{}"
        yield "null"
        yield ""
        yield "A" * 20000
        for size in (0, 1, 31, 33, 40):
            short = public_text("A", (ISSUER.bytes * 2)[:size])
            yield service.response(asked, jwt, iss=short)
            yield service.response(asked, service.user_jwt(asked, iss=short))
    count = len(list(answers({"nats": {"user_nkey": "U", "server_id": {"id": "N"}}})))
    for number in range(count):
        client = knocks(t, server, **JOE)
        text = list(answers(service.asked()))[number]
        service.answer(text)
        check(b"-ERR" in b"".join(client.rest(12)), f"answer {number} got in: {text[:60]}")
    client = knocks(t, server, **JOE)
    service.grant()
    check(let_in(client, "joe"), "the honest one")


@scenario(differs=UNKNOWN)
def auth_users_are_not_asked_about(t):
    """auth_users log in by the configuration; the service hears nothing of them, with a wrong
    password neither."""
    server, service = start(t)
    t.client(server, user="own", **{"pass": "own"})
    client = knocks(t, server, user="own", **{"pass": "wrong"})
    check(not let_in(client, "own"), "got in")
    service.client.expect_nothing()


@scenario(differs=UNKNOWN)
def expiry(t):
    """exp of the user's token ends the connection."""
    server, service = start(t)
    client = knocks(t, server, **JOE)
    service.grant(exp=int(time.time()) + 2)
    check(let_in(client, "joe"), "refused")
    client.expect_error_and_close("User Authentication Expired", wait_s=8)


@scenario(differs=UNKNOWN)
def nobody_else_may_ask(t):
    """Users of the callout's account may not publish questions of their own."""
    server, service = start(t)
    client = knocks(t, server, **JOE)
    service.grant("AUTH")
    check(let_in(client, "joe"), "refused")
    client.pub(ASKED, "forged")
    client.expect_error(f'Permissions Violation for Publish to "{ASKED}"')
    service.client.expect_nothing()


@scenario(differs=UNKNOWN)
def client_that_leaves(t):
    """8353a690b: who leaves before the verdict leaves nothing behind; the late answer is
    dropped."""
    server, service = start(t)
    for _ in range(5):
        client = knocks(t, server, **JOE)
        asked = service.asked()
        client.reset()
        service.answer(service.response(asked, service.user_jwt(asked)))
    client = knocks(t, server, **JOE)
    service.grant()
    check(let_in(client, "joe"), "the next one")
    client.wait_no_interest("x")


@scenario(differs=UNKNOWN)
def many_at_once(t):
    """Twenty logins at a time, answered in reverse: each gets its own verdict."""
    server, service = start(t)
    clients = [knocks(t, server, user=f"u{i}", **{"pass": "p"}) for i in range(20)]
    asked = []
    for _ in clients:
        claims = service.asked()
        asked.append((service.reply, claims))
    for reply, claims in reversed(asked):
        odd = int(claims["nats"]["connect_opts"]["user"][1:]) % 2
        service.client.pub(reply, service.response(claims, service.user_jwt(claims)) if odd else
                           service.response(claims, error="even"))
    for number, client in enumerate(clients):
        equal(let_in(client, number), number % 2 == 1, f"client {number}")


@scenario(differs={"2.9": "knows no auth callout", "2.10": "does not ask"})
def default_user_is_asked_about(t):
    """544a1ec0d: a client without CONNECT that would get the default user goes through the callout
    as any other."""
    server, service = start(t, users="users: [ {user: guest, password: guest} ]",
                            extra="no_auth_user: guest\n")
    for first in ("", "PING\r\n", "SUB x 1\r\n"):
        client = t.raw(server)
        if first:
            client.send(first)
        else:
            client.say_connect()
        asked = service.asked()
        service.answer(service.response(asked, error="no guests"))
        check(b"-ERR" in b"".join(client.rest(12)), f"{first!r} got in")


@scenario(differs=UNKNOWN)
def encrypted(t):
    """CVE-2023-46129: with xkey the question is sealed: it opens with the service's secret, not
    with a stranger's; the answer is sealed for the server's key."""
    world = World(t, key("SERVICE", "curve"), key("OTHER", "curve"), base=())
    server, service = start(t, callout=f", xkey: {world.public('SERVICE')}")
    client = knocks(t, server, **JOE)
    sealed = service.question()
    check(not sealed.startswith(b"eyJ"), "the question is in the clear")
    lines = service.headers.decode().split("\r\n")
    sender = next(line.split(":")[1].strip() for line in lines
                  if line.startswith("Nats-Server-Xkey"))

    def opened(id_):
        return world.made({"op": "nkey", "id": "K", "kind": "curve",
                           "seed": world.results[id_]["seed"]},
                          {"op": "open", "id": "out", "key": "K", "sender": sender,
                           "data_base64": base64.b64encode(sealed).decode()})["out"]
    check("refused" in opened("OTHER"), "a stranger opens it")
    text = base64.b64decode(opened("SERVICE")["data_base64"]).decode()
    asked = claims_of(text)
    equal(asked["nats"]["connect_opts"]["pass"], "secret", "password")
    equal(asked["nats"]["server_id"]["xkey"], sender, "server's xkey")
    answer = service.response(asked, service.user_jwt(asked))
    made = world.made({"op": "nkey", "id": "K", "kind": "curve",
                       "seed": world.results["SERVICE"]["seed"]},
                      {"op": "seal", "id": "out", "key": "K", "recipient": sender, "data": answer})
    service.answer(base64.b64decode(made["out"]["data_base64"]))
    check(let_in(client, "joe"), "refused")


@scenario(differs=UNKNOWN)
def bad_configuration(t):
    """Issuers that are no account keys, and unknown or missing keys, stop the start."""
    good = config()
    for old, new in ((ISSUER.public, "AXXX"), (ISSUER.public, NKey("U", bytes(32)).public),
                     ("auth_users:", "auth_userz:"),
                     (f"issuer: {ISSUER.public},", "")):
        start_refused(t, good.replace(old, new))
