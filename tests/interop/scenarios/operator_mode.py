# SPDX-License-Identifier: Apache-2.0
#
# Operator mode: accounts and users exist by tokens that the operator's keys vouch for. The tokens
# are made by tests/jwt with the library of the NATS tools; those it would not make are signed raw.

import base64
import json

from harness import check, equal, error, leafnodes, pairing, remote, scenario
from harness.accounts import subscribed
from harness.nkeys import NKey, public_text, token
from harness.operator import World, account, key, raw, user
from scenarios.imports_services import answered
from scenarios.nkey_logins import let_in

REFUSED = "Authorization Violation"
A_AND_B = (account("A"), account("B"), user("UA"), user("UB", "B"))


def gets_in(world, server, id_, **more):
    peer = world.t.raw(server)
    peer.say_connect(**world.login(peer, id_, **more))
    return let_in(peer, id_)


def table(t, world, server, *rows):
    """Rows of a user and whether it gets in."""
    for id_, wanted in rows:
        equal(gets_in(world, server, id_), wanted, f"{id_} let in")


@scenario
def users_of_two_accounts(t):
    """Users with tokens get into the account that issued them, and only there."""
    world = World(t, *A_AND_B, user("UA2"))
    server = t.server(world.config("A", "B"))
    info = t.raw(server).info
    check(info["auth_required"] and info["nonce"], f"INFO {info}")
    a, a2, b = (world.client(server, id_) for id_ in ("UA", "UA2", "UB"))
    subscribed(b, ">")
    subscribed(a, "x")
    a2.pub("x", "1")
    a.expect_msg("x", 1, "1")
    b.expect_nothing()


@scenario
def operator_in_a_file(t):
    """operator may name a file that holds the token, alone or between dashes."""
    world = World(t, *A_AND_B)
    inline = world.config("A")
    for name, text in (("o.jwt", world.jwt("O")),
                       ("d.jwt", "-----BEGIN NATS OPERATOR JWT-----\n" + world.jwt("O")
                        + "\n------END NATS OPERATOR JWT------\n")):
        path = t.write(name, text)
        server = t.server(inline.replace(f"operator: {world.jwt('O')}", f'operator: "{path}"'))
        world.client(server, "UA")


@scenario
def refusals(t):
    """Everything that is not quite a user's token with the user's signature is refused alike."""
    world = World(t, *A_AND_B, account("GONE"), user("UGONE", "GONE"),
                  key("X"), user("UX", "X"), user("UCLAIM", "X", {"issuer_account": "@A"}),
                  user("OLD", top={"exp": "@now-1"}), user("EARLY", top={"nbf": "@now+3600"}),
                  key("K", "user"),
                  raw("BYOP", "O", {"sub": "@K", "iss": "@O", "iat": "@now",
                                    "nats": {"type": "user", "version": 2}}),
                  raw("ASACC", "A", {"sub": "@K", "iss": "@A", "iat": "@now",
                                     "nats": {"type": "account", "version": 2}}),
                  raw("LIES", "X", {"sub": "@K", "iss": "@A", "iat": "@now",
                                    "nats": {"type": "user", "version": 2}}),
                  raw("ALG", "A", {"sub": "@K", "iss": "@A", "iat": "@now",
                                   "nats": {"type": "user", "version": 2}},
                      header={"typ": "JWT", "alg": "none"}))
    server = t.server(world.config("A", "B"))
    for id_ in ("BYOP", "ASACC", "LIES", "ALG"):
        world.results[id_]["seed"] = world.results["K"]["seed"]
    table(t, world, server, ("UA", True), ("UGONE", False), ("UX", False), ("UCLAIM", False),
          ("OLD", False), ("EARLY", False), ("BYOP", False), ("ASACC", False), ("LIES", False),
          ("ALG", False))
    check(not gets_in(world, server, "UA", key="UB"), "another's signature")
    for change in ({"sig": ""}, {"sig": None}, {"jwt": ""}, {"jwt": "a.b.c"}, {"jwt": "A" * 500},
                   {"jwt": world.jwt("A")}, {"jwt": world.jwt("O")}, {"jwt": world.jwt("UA")[:-4]},
                   {"jwt": None, "nkey": world.public("UA")}, {"jwt": None, "user": "UA"}):
        peer = t.raw(server)
        peer.say_connect(**{**world.login(peer, "UA"), **change})
        check(not let_in(peer, change), f"{change} got in")
    table(t, world, server, ("UA", True))


@scenario
def permissions_in_claims(t):
    """Permissions of the token hold; without, default_permissions of the account do."""
    world = World(t, account("A", {"default_permissions": {"pub": {"allow": ["open"]}}}),
                  user("U", claims={"pub": {"allow": ["mine"]}, "sub": {"deny": ["no.>"]}}),
                  user("D"))
    server = t.server(world.config("A"))
    client, plain = world.client(server, "U"), world.client(server, "D")
    client.pub("mine")
    client.pub("open")
    client.expect_error('Permissions Violation for Publish to "open"')
    client.sub("no.x", 1)
    client.expect_error('Permissions Violation for Subscription to "no.x"')
    plain.pub("open")
    plain.pub("mine")
    plain.expect_error('Permissions Violation for Publish to "mine"')


@scenario
def signing_keys(t):
    """Signing keys of operator and account vouch as the main keys do; others do not."""
    world = World(t, key("OK", "operator"), key("AK"), key("NOT"),
                  {"op": "operator", "id": "O2", "key": "O", "name": "O",
                   "claims": {"signing_keys": ["@OK"], "system_account": "@SYSK"}},
                  account("A", {"signing_keys": ["@AK"]}, issuer="OK"),
                  user("U", "AK", {"issuer_account": "@A"}),
                  user("V", "NOT", {"issuer_account": "@A"}), user("W", "AK"))
    world.results["O"]["jwt"] = world.jwt("O2")
    server = t.server(world.config("A"))
    table(t, world, server, ("U", True), ("V", False), ("W", False))


@scenario
def scoped_signers(t):
    """A scoped signing key gives its users its template, names and tags put in; a user of it that
    brings permissions of its own is refused."""
    template = {"pub": {"allow": ["{{name()}}.>", "team.{{tag(team)}}.*"]}, "sub": {}}
    world = World(t, key("AK"), account("A", {"signing_keys": [
        {"kind": "user_scope", "key": "@AK", "role": "r", "template": template}]}),
        user("joe", "AK", {"issuer_account": "@A", "tags": ["team:red"]}, scoped=True),
        user("own", "AK", {"issuer_account": "@A", "pub": {"allow": [">"]}}))
    server = t.server(world.config("A"))
    joe = world.client(server, "joe")
    for subject, allowed in (("joe.x", True), ("team.red.x", True), ("jim.x", False),
                             ("team.blue.x", False)):
        joe.pub(subject)
        refusal = error(f'Permissions Violation for Publish to "{subject}"')
        joe.expect(*([] if allowed else [refusal]))
        joe.expect_nothing()
    check(not gets_in(world, server, "own"), "permissions beyond the scope")


@scenario
def revocation_and_issue_time(t):
    """CVE-2020-26892: revoked is what was issued at or before the revocation, of the key or of all;
    what came later is not."""
    for who in ("@K", "*"):
        world = World(t, key("K", "user"), account("A", {"revocations": {who: "@now-100"}}),
                      *(user(f"U{name}", key="K", top={"iat": f"@now{at}"})
                        for name, at in (("before", "-101"), ("at", "-100"), ("after", "-99"))))
        server = t.server(world.config("A"))
        table(t, world, server, ("Ubefore", False), ("Uat", False), ("Uafter", True))


@scenario
def expiry_of_a_live_connection(t):
    """CVE-2020-26892: a token that expires ends its connection, and is said."""
    world = World(t, account("A"), user("U", top={"exp": "@now+3"}), user("V"))
    server = t.server(world.config("A"))
    client, other = world.client(server, "U"), world.client(server, "V")
    client.expect_error_and_close("User Authentication Expired", wait_s=8)
    other.expect_nothing()


@scenario
def bearer(t):
    """bearer_token needs no signature; an account may forbid it."""
    world = World(t, account("A"), account("B", {"limits": {"disallow_bearer": True}}),
                  user("U", claims={"bearer_token": True}), user("N"),
                  user("V", "B", {"bearer_token": True}))
    server = t.server(world.config("A", "B"))
    for id_, wanted in (("U", True), ("N", False), ("V", False)):
        peer = t.raw(server)
        peer.say_connect(jwt=world.jwt(id_))
        equal(let_in(peer, id_), wanted, f"{id_} let in")


@scenario
def sources_and_times(t):
    """src and times: from where and when a user may come."""
    world = World(t, account("A"), user("here", claims={"src": ["127.0.0.0/8"]}),
                  user("list", claims={"src": ["10.0.0.0/8", "127.0.0.1/32"]}),
                  user("there", claims={"src": ["10.0.0.0/8"]}),
                  user("v6", claims={"src": ["::1/128"]}),
                  user("day", claims={"times": [{"start": "00:00:00", "end": "12:00:00"},
                                                {"start": "12:00:00", "end": "23:59:59"}]}))
    server = t.server(world.config("A"))
    table(t, world, server, ("here", True), ("list", True), ("there", False), ("v6", False),
          ("day", True))


@scenario(differs={"2.9": "does not ask the scope"})
def connection_types(t):
    """allowed_connection_types of a token, also after a scope has replaced its limits."""
    world = World(t, key("AK"), account("A", {"signing_keys": [
        {"kind": "user_scope", "key": "@AK", "role": "r",
         "template": {"allowed_connection_types": ["WEBSOCKET"]}}]}),
        user("ws", claims={"allowed_connection_types": ["WEBSOCKET"]}),
        user("tcp", claims={"allowed_connection_types": ["STANDARD"]}),
        user("scoped", "AK", {"issuer_account": "@A"}, scoped=True))
    server = t.server(world.config("A"))
    table(t, world, server, ("ws", False), ("tcp", True), ("scoped", False))


@scenario(differs={"2.9": "cuts limits to 32 bits", "2.10": "cuts limits to 32 bits"})
def limits_of_claims(t):
    """Limits of account and user claims: connections, subscriptions, payload; numbers beyond 32
    bits are no small ones (daeabd2fc)."""
    world = World(t, account("A", {"limits": {"conn": 1}}),
                  account("B", {"limits": {"subs": 2, "payload": 10}}),
                  account("C", {"limits": {"subs": 2**33, "payload": 2**33, "conn": 2**33}}),
                  user("UA"), user("UB", "B"), user("UC", "C"),
                  user("UL", "C", {"subs": 1, "payload": 5}))
    server = t.server(world.config("A", "B", "C"))
    keep = world.client(server, "UA")
    peer = t.raw(server)
    peer.say_connect(**world.login(peer, "UA"))
    peer.expect_error_and_close("maximum account active connections exceeded")
    keep.expect_nothing()
    b = subscribed(world.client(server, "UB"), "x", "y")
    b.sub("z", 3)
    b.expect_error("maximum subscriptions exceeded")
    b.send("PUB x 11\r\n")
    b.expect_error_and_close("Maximum Payload Violation")
    c = subscribed(world.client(server, "UC"), "x", "y", "z")
    c.pub("x", "y" * 5000)
    c.expect_msg("x", 1, "y" * 5000)
    limited = subscribed(world.client(server, "UL"), "x")
    limited.sub("y", 2)
    limited.expect_error("maximum subscriptions exceeded")
    limited.send("PUB x 6\r\n")
    limited.expect_error_and_close("Maximum Payload Violation")


# Exports and imports.


def export(subject, kind="stream", **more):
    return {"name": subject, "subject": subject, "type": kind, **more}


def imported(subject, kind="stream", exporter="@A", **more):
    return {"name": subject, "subject": subject, "type": kind, "account": exporter, **more}


@scenario
def public_exports(t):
    """Streams and services between accounts by their claims."""
    world = World(t, account("A", {"exports": [export("e.>"), export("svc", "service")]}),
                  account("B", {"imports": [imported("e.>", local_subject="p.e.>"),
                                            imported("svc", "service", local_subject="mine")]}),
                  user("UA"), user("UB", "B"))
    server = t.server(world.config("A", "B"))
    a, b = world.client(server, "UA"), world.client(server, "UB")
    subscribed(b, ">")
    a.pub("e.x", "1")
    b.expect_msg("p.e.x", 1, "1")
    b.unsub(1)
    subscribed(a, "svc")
    answered(b, a, "mine", "svc")


def private(t, activation, revocations=None):
    """The subjects that reach the importer with this activation step (None: no token)."""
    proof = {"token": "@ACT.jwt"} if activation else {}
    world = World(
        t, key("AK"), key("BK"), key("CK"), key("STRANGER"),
        account("A", {"exports": [export("e.>", token_req=True,
                                         **({"revocations": revocations} if revocations else {}))],
                      "signing_keys": ["@AK"]}),
        *([activation] if activation else []),
        account("B", {"imports": [imported("e.>", **proof)]}, key="BK"),
        user("UA"), user("UB", "B"))
    server = t.server(world.config("A", "B"))
    a = world.client(server, "UA")
    if not gets_in(world, server, "UB"):
        return []  # The whole account does not stand.
    b = world.client(server, "UB")
    subscribed(b, ">")
    for subject in ("e.x", "e.y"):
        a.pub(subject, "1")
    a.flush()
    seen = [m.subject for m in b.messages()]
    b.pub("e.x", "back")
    b.messages()
    a.expect_nothing()
    return seen


def activation(claims=None, issuer="A", subject="@BK", **more):
    return {"op": "activation", "id": "ACT", "issuer": issuer, "key": subject.lstrip("@"),
            "name": "ACT", "claims": {"subject": "e.>", "kind": "stream", **(claims or {})}, **more}


@scenario
def activation_tokens(t):
    """CVE-2021-3127: an activation that holds carries; break one of its conditions, and the import
    carries nothing either way."""
    both = ["e.x", "e.y"]
    equal(private(t, activation()), both, "an honest token")
    equal(private(t, activation({"issuer_account": "@A"}, issuer="AK")), both, "by a signing key")
    equal(private(t, None), [], "no token")
    for what, step, more in (
            ("signed by a stranger", activation(issuer="STRANGER"), {}),
            ("by a stranger that claims to be a signing key",
             activation({"issuer_account": "@A"}, issuer="STRANGER"), {}),
            ("for another account", activation(subject="@CK"), {}),
            ("of the wrong kind", activation({"kind": "service"}), {}),
            ("for another subject", activation({"subject": "f.>"}), {}),
            ("for less than is imported", activation({"subject": "e.x"}), {}),
            ("expired", activation(top={"exp": "@now-10"}), {}),
            ("not yet good", activation(top={"nbf": "@now+3600"}), {}),
            ("revoked", activation(top={"iat": "@now-200"}),
             {"revocations": {"@BK": "@now-100"}}),
            ("revoked with all", activation(top={"iat": "@now-200"}),
             {"revocations": {"*": "@now-100"}}),
            ("no activation", {"op": "account", "id": "ACT", "issuer": "O", "key": "CK",
                               "name": "ACT", "claims": {}}, {})):
        equal(private(t, step, **more), [], f"a token {what}")


# Broken tokens.


BROKEN = (None, "", 0, [], {}, [None], {"x": None}, [[[[[[[[[[]]]]]]]]]], 10**30, "A" * 400)


def nodes(value, path=()):
    """The paths of all nodes of a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else \
        enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield from nodes(inner, (*path, name))


def replaced(value, path, new):
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


def payload_of(jwt):
    body = jwt.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


@scenario(differs={"2.9": "crashes", "2.10": "hangs"})
def broken_user_claims(t):
    """CVE-2020-26521: each node of a user's claims replaced by null, "", 0, [], {} and worse: let
    in or refused, but the server lives and the next honest login works."""
    world = World(t, account("A"), user("U", claims={
        "pub": {"allow": ["a"], "deny": ["b"]}, "sub": {"allow": ["c"]},
        "resp": {"max": 1, "ttl": 1000}, "src": ["127.0.0.1/32"], "tags": ["x:y"],
        "times": [{"start": "00:00:00", "end": "23:59:59"}]}))
    server = t.server(world.config("A"))
    signer, owner = (NKey.of_seed(world.results[id_]["seed"]) for id_ in ("A", "U"))
    claims = payload_of(world.jwt("U"))
    paths = list(nodes(claims))
    for number, path in enumerate(paths):
        for new in BROKEN[number % 2::2]:  # Signing is slow here: half of them each.
            peer = t.raw(server)
            peer.say_connect(jwt=token(signer, replaced(claims, path, new)),
                             sig=owner.answer(peer.info["nonce"]))
            peer.send_may_fail("PING\r\n")
            peer.op()
            peer.close()
    check(gets_in(world, server, "U"), "the honest one")


@scenario(differs={"2.9": "crashes", "2.10": "hangs"})
def keys_of_a_wrong_length(t):
    """GHSA-g33f-6538-grxh: keys of 0 to 40 bytes with a right checksum as iss, sub and
    issuer_account: refused, and the next honest login works."""
    world = World(t, account("A"), user("U"))
    server = t.server(world.config("A"))
    signer, owner = (NKey.of_seed(world.results[id_]["seed"]) for id_ in ("A", "U"))
    claims = payload_of(world.jwt("U"))
    for size in (0, 1, 2, 16, 30, 31, 33, 34, 35, 40):
        for kind, bytes_, place in (("A", signer.bytes, ("iss",)), ("U", owner.bytes, ("sub",)),
                                    ("A", signer.bytes, ("nats", "issuer_account"))):
            broken = json.loads(json.dumps(claims))
            inner = broken
            for name in place[:-1]:
                inner = inner[name]
            inner[place[-1]] = public_text(kind, (bytes_ * 2)[:size])
            peer = t.raw(server)
            peer.say_connect(jwt=token(signer, broken), sig=owner.answer(peer.info["nonce"]))
            check(not let_in(peer, place), f"{place} of {size} bytes got in")
    check(gets_in(world, server, "U"), "the honest one")


# The directory.


FULL = '{ type: full, dir: "%s", allow_delete: true, interval: "1m" }'


def full(t, world, *preloaded):
    folder = t.folder / "jwts"
    folder.mkdir(exist_ok=True)
    return t.server(world.config(*preloaded, resolver=FULL % folder))


def update(admin, jwt, public, wanted=200):
    """Pushes an account's token; the answer's code must be this, 0 for any
    refusal, None for whatever it is."""
    subject = f"$SYS.REQ.ACCOUNT.{public}.CLAIMS.UPDATE" if public else "$SYS.REQ.CLAIMS.UPDATE"
    answer = json.loads(admin.request(subject, jwt).payload)
    if wanted is None:
        return answer
    code = answer.get("data", {}).get("code") or answer.get("error", {}).get("code")
    check(code == wanted or (not wanted and code != 200),
          f"code {code} to {jwt[:20]} for {public}: {answer}")
    return answer


@scenario
def full_resolver(t):
    """An account that is pushed over $SYS.REQ.CLAIMS.UPDATE exists from then on, can be looked up
    and listed."""
    world = World(t, account("A"), account("B"), user("UA"), user("UB", "B"))
    server = full(t, world, "A")
    admin = world.client(server, "SU")
    world.client(server, "UA")
    check(not gets_in(world, server, "UB"), "not known yet")
    for public in ("", world.public("B")):
        update(admin, world.jwt("B"), public)
    world.client(server, "UB")
    found = admin.request(f"$SYS.REQ.ACCOUNT.{world.public('B')}.CLAIMS.LOOKUP")
    equal(found.payload.decode(), world.jwt("B"), "what is looked up")
    listed = json.loads(admin.request("$SYS.REQ.CLAIMS.LIST").payload)
    equal(sorted(listed["data"]), sorted(world.public(id_) for id_ in ("A", "B", "SYSK")), "list")


@scenario
def pushed_claims_must_be_honest(t):
    """CVE-2026-33222: updates that are no token of a trusted operator, or of another account than
    the subject says, change nothing."""
    world = World(t, account("A"), user("UA"), key("OX", "operator"),
                  account("EVIL", issuer="OX"), user("UEVIL", "EVIL"),
                  account("B"), user("UB", "B"))
    server = full(t, world, "A")
    admin = world.client(server, "SU")
    for jwt, public in ((world.jwt("B"), world.public("A")), ("nonsense", world.public("A")),
                        (world.jwt("UA"), world.public("A")), (world.jwt("UA"), "")):
        update(admin, jwt, public, 0)
    for public in ("", world.public("EVIL")):  # Real servers store it and never take it.
        update(admin, world.jwt("EVIL"), public, None)
    check(not gets_in(world, server, "UEVIL"), "an account of another operator")
    for name in ("UPDATE", "LIST"):
        outsider = world.client(server, "UA")
        subject = f"$SYS.REQ.CLAIMS.{name}"
        message = outsider.request(subject, world.jwt("B"))
        check(b" 503" in message.headers, f"an answer to an outsider: {message.payload}")
    check(not gets_in(world, server, "UB"), "B got in")
    world.client(server, "UA")


@scenario
def names_of_files(t):
    """CVE-2022-28357: keys in requests that would be paths write and read nothing outside."""
    world = World(t, account("A"), user("UA"))
    server = full(t, world, "A")
    admin = world.client(server, "SU")
    before = sorted(str(path) for path in t.folder.rglob("*"))
    for name in ("../x", "/tmp/leafnats-x", "a/b", "..\\x", "x" * 300, world.public("UA")):
        for verb in ("UPDATE", "LOOKUP"):
            admin.sub("in", 5)
            admin.pub(f"$SYS.REQ.ACCOUNT.{name}.CLAIMS.{verb}", world.jwt("A"), "in")
            admin.ops_until_pong()
            admin.unsub(5)
    equal([path for path in sorted(str(path) for path in t.folder.rglob("*"))
           if not path.endswith(world.public("A") + ".jwt")],
          [path for path in before if not path.endswith(world.public("A") + ".jwt")], "files")
    world.client(server, "UA")


@scenario
def revocation_of_a_live_connection(t):
    """CVE-2020-26892: a revocation that is pushed ends the live connection of that user and no
    other's."""
    world = World(t, account("A"), user("U"), user("V"))
    server = full(t, world, "A")
    admin = world.client(server, "SU")
    gone, kept = world.client(server, "U"), world.client(server, "V")
    world.add({**account("A2", {"revocations": {"@U": "@now+1"}}), "key": "A", "name": "A"})
    update(admin, world.jwt("A2"), world.public("A"))
    gone.expect_error_and_close("User Authentication Revoked")
    kept.expect_nothing()
    check(not gets_in(world, server, "U"), "a revoked user")


@scenario
def second_version_alone_counts(t):
    """a6fdfddc0: after an update an account is as the new claims say: exports, permissions and
    limits of the old are gone, for live connections too."""
    world = World(t, account("A", {"exports": [export("e.>")]}),
                  account("B", {"imports": [imported("e.>")],
                                "default_permissions": {"pub": {"allow": ["old"]}}}),
                  user("UA"), user("UB", "B"))
    server = full(t, world, "A", "B")
    admin, a, b = (world.client(server, id_) for id_ in ("SU", "UA", "UB"))
    subscribed(b, "e.x")
    a.pub("e.x", "1")
    b.expect_msg("e.x", 1, "1")
    world.add({**account("B2", {}), "key": "B", "name": "B"})
    update(admin, world.jwt("B2"), world.public("B"))
    a.wait_no_interest("e.x")
    fresh = subscribed(world.client(server, "UB"), "e.x")
    a.pub("e.x", "2")
    a.flush()
    fresh.expect_nothing()
    fresh.pub("anything")
    fresh.expect_nothing()


# Links.


@pairing
def leaf_with_credentials(t, pair):
    """A leaf with a credentials file joins its account on a hub in operator mode; a user of another
    account on the hub sees nothing."""
    world = World(t, *A_AND_B)
    hub = t.server('server_name: "hub"\n' + world.config("A", "B") + leafnodes(listen=True),
                   program=pair.hub_program)
    path = world.credentials_file("UA")
    leaf = t.server('server_name: "leaf"\n' + leafnodes(
        remote(hub.leaf_url(), extra=f'credentials: "{path}"')), program=pair.leaf_program)
    leaf.wait_log(r"Leafnode connection created")
    a, b, edge = world.client(hub, "UA"), world.client(hub, "UB"), t.client(leaf)
    subscribed(b, ">")
    subscribed(a, "up")
    edge.wait_interest("up")
    edge.pub("up", "1")
    a.expect_msg("up", 1, "1")
    subscribed(edge, "down")
    a.wait_interest("down")
    a.pub("down", "2")
    edge.expect_msg("down", 1, "2")
    b.expect_nothing()


@pairing
def leaf_with_wrong_credentials(t, pair):
    """Credentials of an account the hub does not know do not get a leaf in."""
    world = World(t, *A_AND_B)
    hub = t.server('server_name: "hub"\n' + world.config("A") + leafnodes(listen=True),
                   program=pair.hub_program)
    path = world.credentials_file("UB")
    leaf = t.server('server_name: "leaf"\n' + leafnodes(
        remote(hub.leaf_url(), extra=f'credentials: "{path}"')), program=pair.leaf_program)
    leaf.wait_log(r"Authorization Violation")
    world.client(hub, "UA").wait_no_interest("x")


@scenario
def leaf_of_a_permitted_user(t):
    """Permissions of a token hold for a leaf: what it may not publish does not arrive."""
    world = World(t, account("A"), user("UA"), user("L", claims={
        "pub": {"allow": ["ok.>"]}, "sub": {"allow": ["in.>"]}}))
    server = t.server(world.config("A") + leafnodes(listen=True))
    watcher = subscribed(world.client(server, "UA"), "ok.x", "no.x")
    leaf = world.leaf(server, "L")
    leaf.lmsg("ok.x", "1")
    watcher.expect_msg("ok.x", 1, "1")
    leaf.send_may_fail("LMSG no.x 1\r\n2\r\n")
    leaf.send_may_fail("PING\r\n")
    leaf.op()
    if t.options.generation not in ("2.9", "2.10"):
        watcher.expect_nothing()
