# SPDX-License-Identifier: Apache-2.0
#
# How remotes log in and into which local account their link goes: keys, credentials files, several
# remotes at once. Users and passwords are in leaf_remote.py; account_mappings are ours alone.

from harness import Failure, Skip, check, equal, error, leafnodes, pairing, remote, scenario
from harness.accounts import account, accounts, enter, refused, subscribed
from harness.nkeys import NKey, credentials
from harness.operator import World, user
from harness.operator import account as account_token

LINK_UP = r"Leafnode connection created"
KEY = NKey("U", bytes(range(32)))
JWT = "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.e30.c2ln"


def connect_of(t, extra, nonce="0yJYG91UBwB6TrI"):
    """What a remote with these keys says to a hub with this nonce."""
    hub = t.hub()
    t.server(leafnodes(remote(hub.url(), extra=extra)))
    link = t.accept(hub)
    link.say_info(nonce=nonce)
    return link.read_connect()


@scenario(differs={"2.9": "does not know nkey"})
def nkey_of_a_remote(t):
    """nkey: the seed that is given there signs the hub's nonce; no token is sent."""
    said = connect_of(t, f'nkey: "{KEY.seed}"', "a-nonce")
    equal((said.get("nkey"), said.get("sig")), (KEY.public, KEY.answer("a-nonce")), "login")
    check(not said.get("jwt"), f"{said}")
    check(KEY.seed not in str(said), "the seed is sent")


@scenario
def credentials_of_a_remote(t):
    """credentials: the token goes as it is, with the nonce signed by the seed beside it."""
    path = t.write("user.creds", credentials(JWT, KEY.seed))
    for name in ("credentials", "creds"):
        said = connect_of(t, f'{name}: "{path}"', "b-nonce")
        equal((said.get("jwt"), said.get("sig")), (JWT, KEY.answer("b-nonce")), "login")
        check(KEY.seed not in str(said), "the seed is sent")


@scenario(differs={"2.9": "does not take CRLF"})
def credentials_in_every_shape(t):
    """fa50c751a: line ends, other texts and marks of order do not matter."""
    plain = credentials(JWT, KEY.seed)
    for number, text in enumerate((
            plain.replace("\n", "\r\n"), plain.replace("------END", "-----END"),
            "some words before\n\n" + plain + "\nand after\n", "\ufeff" + plain,
            plain.rstrip("\n"))):
        path = t.write(f"{number}.creds", text)
        try:
            said = connect_of(t, f'credentials: "{path}"', "c")
        except Failure as failure:
            raise Failure(f"shape {number}: {failure}") from None
        equal((said.get("jwt"), said.get("sig")), (JWT, KEY.answer("c")), f"shape {number}")


@scenario
def credentials_that_are_none(t):
    """A file without token or seed, or none at all, gets no link, and the log says why without
    showing what was in it."""
    for number, text in enumerate(("nothing", credentials("", KEY.seed), credentials(JWT, ""),
                                   credentials(JWT, KEY.public))):
        hub = t.hub()
        path = t.write(f"bad{number}.creds", text)
        t.write("x.conf", 'listen: "127.0.0.1:-1"\n'
                + leafnodes(remote(hub.url(), extra=f'credentials: "{path}"')))
        server = t.launch("-c", "x.conf", "-DV")
        server.wait_log(r"(?i)\[ERR\]|credential|nkey|seed|jwt")
        check(KEY.seed not in "\n".join(server.log()), "the seed is in the log")
        if server.process.poll() is not None:
            server.wait_exit()


@scenario
def credentials_read_anew(t):
    """A file that is replaced is used at the next attempt."""
    hub = t.hub()
    path = t.write("user.creds", credentials(JWT, KEY.seed))
    t.server(leafnodes(remote(hub.url(), extra=f'credentials: "{path}"'), extra="reconnect: 1"))
    link = t.accept(hub)
    link.say_info(nonce="one")
    equal(link.read_connect()["sig"], KEY.answer("one"), "first")
    other = NKey("U", bytes(range(1, 33)))
    t.write("user.creds", credentials(JWT, other.seed))
    link.send(error("Authorization Violation"))
    link.close()
    link = t.accept(hub, wait_s=10)
    link.say_info(nonce="two")
    equal(link.read_connect()["sig"], other.answer("two"), "second")


@pairing
def nkey_of_a_leaf(t, pair):
    """A leaf logs in with an nkey of the hub's users."""
    if pair.hub_generation in ("2.9", "2.10") or pair.leaf_generation == "2.9":
        raise Skip("the hub does not ask leafs for users' keys, or the leaf knows none")
    hub = t.server(accounts(account("A", users=["{user: a, password: a}",
                                                f"{{nkey: {KEY.public}}}"]), "B")
                   + leafnodes(listen=True), program=pair.hub_program)
    leaf = t.server(leafnodes(remote(hub.leaf_url(), extra=f'nkey: "{KEY.seed}"')),
                    program=pair.leaf_program)
    leaf.wait_log(LINK_UP)
    a, b, edge = enter(t, hub, "a"), enter(t, hub, "b"), t.client(leaf)
    subscribed(b, ">")
    subscribed(a, "x")
    edge.wait_interest("x")
    edge.pub("x", "1")
    a.expect_msg("x", 1, "1")
    b.expect_nothing()


# Which account.


@scenario
def bound_to_an_account(t):
    """account: the link carries interest and messages of that local account and no other."""
    for key in ("account", "local"):
        hub = t.hub()
        server = t.server(accounts("A", "B") + leafnodes(remote(hub.url(), extra=f"{key}: B")))
        link = t.accept(hub).welcome()
        a, b = enter(t, server, "a"), enter(t, server, "b")
        a.sub("x", 1)
        a.flush()
        b.sub("y", 1)
        link.expect("LS+ y\r\n")
        link.lmsg("y", "1")
        b.expect_msg("y", 1, "1")
        link.lmsg("x", "2")
        link.flush()
        a.expect_nothing()
        link.add_interest(">")
        link.flush()
        a.pub("z", "3")
        a.flush()
        b.pub("z", "4")
        link.expect_lmsg("z", "4")
        link.expect_nothing()


@scenario
def unknown_account(t):
    """An account that is not there stops the start."""
    refused(t, accounts("A") + leafnodes(remote("nats-leaf://127.0.0.1:1", extra="account: NONE")),
            "NONE")


@pairing
def two_remotes_two_accounts(t, pair):
    """Two links of one leaf into two accounts of one hub: neither account hears the other."""
    hub = t.server('server_name: "hub"\n' + accounts("A", "B") + leafnodes(
        listen=True, extra="authorization { users: [ {user: la, password: pw, account: A}, "
                           "{user: lb, password: pw, account: B} ] }"), program=pair.hub_program)
    leaf = t.server('server_name: "leaf"\n' + accounts("X", "Y") + leafnodes(
        remote(hub.leaf_url("la:pw"), extra="account: X"),
        remote(hub.leaf_url("lb:pw"), extra="account: Y")), program=pair.leaf_program)
    leaf.wait_log(LINK_UP, times=2)
    a, b = enter(t, hub, "a"), enter(t, hub, "b")
    x, y = enter(t, leaf, "x"), enter(t, leaf, "y")
    for client in (a, b):
        subscribed(client, "up")
    for client, home, away in ((x, a, b), (y, b, a)):
        client.wait_interest("up")
        client.pub("up", client.name)
        home.expect_msg("up", 1, client.name)
        away.expect_nothing()
    for client in (x, y):
        subscribed(client, "down")
    for client, home, away in ((a, x, y), (b, y, x)):
        client.wait_interest("down")
        client.pub("down", client.name)
        home.expect_msg("down", 1, client.name)
        away.expect_nothing()


@pairing
def imports_beside_remotes(t, pair):
    """A leaf with an account for each of two hubs: what one imports from the other goes to local
    clients (on to the second hub it went until 2.10), and nothing else goes anywhere."""
    hubs = [t.server(f'server_name: "hub{i}"\n' + leafnodes(listen=True), program=pair.hub_program)
            for i in range(2)]
    leaf = t.server('server_name: "leaf"\n' + accounts(
        account("X", 'exports: [ {stream: "shared.>"} ]'),
        account("Y", 'imports: [ {stream: {account: X, subject: "shared.>"}} ]'))
        + leafnodes(remote(hubs[0].leaf_url(), extra="account: X"),
                    remote(hubs[1].leaf_url(), extra="account: Y")), program=pair.leaf_program)
    leaf.wait_log(LINK_UP, times=2)
    first, second, y = t.client(hubs[0]), t.client(hubs[1]), enter(t, leaf, "y")
    subscribed(second, "shared.>", "private")
    subscribed(y, "shared.>", "private")
    first.wait_interest("shared.x")
    first.pub("shared.x", "1")
    first.pub("private", "2")
    first.flush()
    y.expect_msg("shared.x", 1, "1")
    y.expect_nothing()
    equal({m.subject for m in second.messages()} - {"shared.x"}, set(), "at the second hub")


@pairing
def one_account_of_several_by_token(t, pair):
    """Two remotes with credentials of two accounts: each link is in the account of its token."""
    world = World(t, account_token("A"), account_token("B"), user("UA"), user("UB", "B"),
                  user("CA"), user("CB", "B"))
    hub = t.server('server_name: "hub"\n' + world.config("A", "B") + leafnodes(listen=True),
                   program=pair.hub_program)
    remotes = [remote(hub.leaf_url(), extra=f"account: {local}\n credentials: "
                      f'"{world.credentials_file(id_)}"')
               for local, id_ in (("X", "UA"), ("Y", "UB"))]
    leaf = t.server('server_name: "leaf"\n' + accounts("X", "Y") + leafnodes(*remotes),
                    program=pair.leaf_program)
    leaf.wait_log(LINK_UP, times=2)
    a, b = world.client(hub, "CA"), world.client(hub, "CB")
    for client in (a, b):
        subscribed(client, "up")
    for name, home, away in (("x", a, b), ("y", b, a)):
        client = enter(t, leaf, name)
        client.wait_interest("up")
        client.pub("up", name)
        home.expect_msg("up", 1, name)
        away.expect_nothing()
