# SPDX-License-Identifier: Apache-2.0
#
# The server under test as remote, a raw hub against it: what it sends when, which port it takes for
# the wrong one, how it comes back. Interest and messages are in leaf_remote_traffic.py.
#
#   seen on the real servers      2.9                       newest
#   remote_account in CONNECT     absent                    local account
#   token@ of a URL               user only                 user and auth_token
#   wrong port                    client_id 0 or no         client_id 0, or neither leafnode_urls
#                                 leafnode_urls             nor info_on_connect (2.15.1)

import json
import time

from harness import check, equal, error, leafnodes, remote, scenario

LOOP = 'Loop detected for leafnode account="$G". Delaying attempt to reconnect for 30s'


def dialling(t, *urls, config="", extra=""):
    """A server named edge whose one remote has these URLs."""
    entry = remote(*urls, extra=extra)
    return t.server('server_name: "edge"\n' + leafnodes(entry) + config)


def linked(t, config="", extra="", **info):
    """The server, a client on it, and the welcomed link to a raw hub."""
    hub = t.hub()
    server = dialling(t, hub.url(), config=config, extra=extra)
    link = t.accept(hub).welcome(**info)
    return server, t.client(server), link


# The greeting.

@scenario
def waits_for_info(t):
    """The remote says nothing before it has the hub's INFO, then CONNECT with its identity."""
    hub = t.hub()
    server = dialling(t, hub.url())
    link = t.accept(hub)
    link.say_info()
    connect = link.read_connect()
    equal((connect["name"], connect["cluster"], connect["headers"]), ("edge", "edge", True),
          "name, cluster, headers")
    check(connect["server_id"] == t.raw(server).info["server_id"], "server_id")
    check(connect["version"][0].isdigit(), f"version {connect['version']}")
    for key in ("lang", "user", "pass", "auth_token", "account", "gateway"):
        check(key not in connect, f"{key} in CONNECT: {connect}")


@scenario
def no_negotiation_without_offer(t):
    """A hub that does not name a compression gets CONNECT at once and no INFO."""
    for mode in (None, "off", "not supported"):
        hub = t.hub()
        dialling(t, hub.url())
        link = t.accept(hub)
        link.say_info(compression=mode)
        link.read_connect()


@scenario(differs={"2.9": "does not name the account"})
def local_account_in_connect(t):
    """CONNECT names the local account, the key of the hub's test for duplicates."""
    _, _, link = linked(t)
    equal(link.connect["remote_account"], "$G", "remote_account")


@scenario
def credentials_of_the_url(t):
    """user:password@ and token@ of the URL go into CONNECT, decoded."""
    hub = t.hub()
    for userinfo, wanted in (("ivan:pw", {"user": "ivan", "pass": "pw"}),
                             ("a%40b:p%3Aw", {"user": "a@b", "pass": "p:w"})):
        server = dialling(t, hub.url(userinfo))
        link = t.accept(hub)
        link.say_info()
        connect = link.read_connect()
        equal({key: connect.get(key) for key in wanted}, wanted, "credentials")
        server.stop()


@scenario(differs={"2.9": "sends the token as user only"})
def token_of_the_url(t):
    """token@ goes into CONNECT as user and as auth_token."""
    hub = t.hub()
    dialling(t, hub.url("s3cr3t"))
    link = t.accept(hub)
    link.say_info()
    connect = link.read_connect()
    equal((connect.get("user"), connect.get("auth_token")), ("s3cr3t", "s3cr3t"), "user and token")


@scenario
def no_interest_before_acceptance(t):
    """LS+ comes only after the INFO that answers CONNECT."""
    hub = t.hub()
    server = dialling(t, hub.url())
    client = t.client(server)
    client.sub("a", 1)
    client.flush()
    link = t.accept(hub)
    link.say_info()
    link.read_connect()
    link.expect_nothing()
    link.say_accepted()
    link.expect("LS+ a\r\n")


@scenario
def greeting_bytewise(t):
    """The hub's INFO may trickle in and carry fields nobody knows."""
    hub = t.hub()
    dialling(t, hub.url())
    link = t.accept(hub)
    fields = {**link.hello, "future": {"a": [1, 2]}}
    link.send_bytewise(f"INFO {json.dumps(fields)}\r\n")
    link.read_connect()


@scenario
def info_and_acceptance_at_once(t):
    """Both INFOs and an LS+ in one segment are taken in order."""
    hub = t.hub()
    server = dialling(t, hub.url())
    link = t.accept(hub)
    link.say_info()
    link.read_connect()
    accepted = {**link.hello, "connect_info": True, "remote_account": "$G", "nonce": ""}
    link.send(f"INFO {json.dumps(accepted)}\r\nLS+ from.hub\r\n")
    client = t.client(server)
    client.wait_interest("from.hub")


@scenario
def link_is_logged(t):
    """A link that came up is logged."""
    server, _, _ = linked(t)
    server.wait_log(r"\[INF\] .*127\.0\.0\.1:\d+ - lid:\d+ - Leafnode connection created")


@scenario
def hub_that_is_not_there(t):
    """A server starts and serves its clients while its hub cannot be reached; it is logged."""
    hub = t.hub()
    port = hub.port
    hub.close()
    server = dialling(t, f"nats-leaf://127.0.0.1:{port}")
    client = t.client(server)
    client.sub("a", 1)
    client.pub("a", "x")
    client.expect_msg("a", 1, "x")
    server.wait_log(r"Error trying to connect as leafnode to remote server .*connection refused")


# What is not a leaf port.

@scenario
def wrong_port(t):
    """INFO as on a client port makes the remote close without CONNECT and log; it tries again."""
    hub = t.hub()
    server = dialling(t, hub.url())
    link = t.accept(hub)
    link.say_info(leafnode_urls=None, info_on_connect=None)
    link.expect_closed()
    server.wait_log(r"attempted to connect to wrong port")
    t.accept(hub).welcome()


@scenario
def wrong_port_without_client_id(t):
    """INFO without client_id is no leaf port either."""
    hub = t.hub()
    server = dialling(t, hub.url())
    link = t.accept(hub)
    link.say_info(client_id=0)
    link.expect_closed()
    server.wait_log(r"attempted to connect to wrong port")


@scenario
def real_client_port(t):
    """A remote that is pointed to a server's client port logs it and serves on."""
    other = t.server()
    server = dialling(t, f"nats-leaf://127.0.0.1:{other.port()}")
    server.wait_log(r"attempted to connect to wrong port")
    t.client(server).flush()
    t.client(other).flush()


@scenario
def silent_hub(t):
    """A hub that sends no INFO is given up after about a second, then dialled again."""
    hub = t.hub()
    dialling(t, hub.url())
    first = t.accept(hub)
    start = time.monotonic()
    first.expect_closed()
    check(0.5 < time.monotonic() - start < 3, f"gave up after {time.monotonic() - start:.1f} s")
    t.accept(hub).welcome()


@scenario
def hub_that_never_accepts(t):
    """A hub that does not answer CONNECT within two seconds is told and left."""
    hub = t.hub()
    dialling(t, hub.url())
    link = t.accept(hub)
    link.say_info()
    link.read_connect()
    link.expect_error_and_close("Stale Leaf Node Connection - Closing")


@scenario
def garbage_instead_of_info(t):
    """Bytes that are no INFO end the attempt; the next one is made."""
    hub = t.hub()
    server = dialling(t, hub.url())
    for junk in ("HTTP/1.1 400 Bad Request\r\n\r\n", "INFO {bad\r\n"):
        link = t.accept(hub)
        link.send_may_fail(junk)
        link.rest()
    t.accept(hub).welcome()
    t.client(server).flush()


# Coming back.

@scenario
def reconnects(t):
    """After the hub closed the link the remote dials again and announces its interest anew."""
    hub = t.hub()
    server = dialling(t, hub.url())
    client = t.client(server)
    client.send("SUB a 1\r\nSUB job q 2\r\nSUB job q 3\r\n")
    client.flush()
    for _ in range(2):
        link = t.accept(hub).welcome()
        equal(sorted(link.interest), ["LS+ a", "LS+ job q 2"], "interest after connecting")
        link.close()
    link = t.accept(hub).welcome()
    link.lmsg("a", "back again")
    client.expect_msg("a", 1, "back again")


@scenario
def reconnect_key(t):
    """leafnodes.reconnect sets the delay in seconds."""
    hub = t.hub()
    t.server("leafnodes { reconnect: 2, remotes = [ { url: \"" + hub.url() + "\" } ] }\n")
    link = t.accept(hub).welcome()
    start = time.monotonic()
    link.close()
    t.accept(hub, wait_s=8)
    took = time.monotonic() - start
    check(1.5 < took < 6, f"dialled again after {took:.1f} s")


@scenario
def hub_interest_ends_with_the_link(t):
    """When the link is lost, the hub's interest is gone: requests get a 503."""
    _, client, link = linked(t)
    link.add_interest("svc")
    client.wait_interest("svc")
    link.ops_until_pong()
    link.close()
    client.wait_no_interest("svc")


@scenario
def refused_login_is_retried(t):
    """Authorization Violation is logged and the remote tries again after the usual delay."""
    hub = t.hub()
    server = dialling(t, hub.url("u:wrong"))
    link = t.accept(hub)
    link.say_info()
    link.read_connect()
    link.send(error("Authorization Violation"))
    link.close()
    server.wait_log(r"\[ERR\] .*Authorization Violation")
    t.accept(hub).welcome()


@scenario
def loop_error_delays(t):
    """A hub that reports a loop is left at once; the delay of 30 s is logged, no dial follows."""
    server, client, link = linked(t)
    hub_port_is_quiet_from = time.monotonic()
    link.send(error(LOOP))
    link.expect_closed()
    server.wait_log(r"Loop detected")
    client.flush()
    check(time.monotonic() - hub_port_is_quiet_from < 5, "took too long")


@scenario
def own_loop_subject_from_the_hub(t):
    """A hub that announces the remote's own $LDS subject makes a loop: told and closed."""
    hub = t.hub()
    dialling(t, hub.url())
    link = t.accept(hub)
    link.shows_internal = True
    link.welcome()
    own = [line for line in link.interest if line.startswith("LS+ $LDS.")]
    equal(len(own), 1, "own loop subjects announced")
    link.send(own[0] + "\r\n")
    link.expect_error_and_close(LOOP)


@scenario
def same_cluster_error_is_logged(t):
    """The hub's refusal of the cluster name is logged."""
    server, _, link = linked(t)
    link.send(error("remote leafnode has same cluster name"))
    link.close()
    server.wait_log(r"remote leafnode has same cluster name")


@scenario
def ordinary_errors_keep_the_link(t):
    """Any other -ERR of the hub is logged and the link stays."""
    server, _, link = linked(t)
    link.send(error("Permissions Violation for Subscription to \"x\""), error("whatever"))
    server.wait_log(r"whatever")
    link.expect_nothing()


@scenario
def several_urls(t):
    """When one URL does not answer the next one is tried."""
    dead, alive = t.hub(), t.hub()
    dead.close()
    dialling(t, dead.url(), alive.url())
    t.accept(alive).welcome()


@scenario
def no_randomize_keeps_the_order(t):
    """With no_randomize every server dials the first of its URLs first."""
    hubs = [t.hub() for _ in range(4)]
    urls = [hub.url() for hub in hubs]
    for _ in range(5):
        server = dialling(t, *urls, extra="no_randomize: true")
        t.accept(hubs[0]).welcome()
        server.stop()


@scenario
def two_remotes(t):
    """Two remotes make two links: local interest goes to both, messages come from both."""
    first, second = t.hub(), t.hub()
    server = t.server('server_name: "edge"\n' + leafnodes(first.url(), second.url()))
    links = [t.accept(first).welcome(server_name="A", server_id="NA", cluster=None),
             t.accept(second).welcome(server_name="B", server_id="NB", cluster=None)]
    client = t.client(server)
    client.sub("a", 1)
    for number, link in enumerate(links):
        link.expect("LS+ a\r\n")
        link.lmsg("a", str(number))
        client.expect_msg("a", 1, str(number))


@scenario
def hub_interest_is_not_bridged(t):
    """Interest of one hub is not announced to the other."""
    first, second = t.hub(), t.hub()
    t.server('server_name: "edge"\n' + leafnodes(first.url(), second.url()))
    one = t.accept(first).welcome(server_name="A", server_id="NA", cluster=None)
    two = t.accept(second).welcome(server_name="B", server_id="NB", cluster=None)
    one.add_interest("only.at.one")
    one.expect_nothing()
    two.expect_nothing()


@scenario
def ping_pong(t):
    """The remote answers PING and sends its first PING after about a second."""
    _, _, link = linked(t)
    link.send("PING\r\nping\r\n")
    link.expect("PONG\r\nPONG\r\n")
    link.answers_pings = False
    link.expect("PING\r\n")


@scenario
def stale_hub(t):
    """A hub that answers no PING is told Stale Connection and left."""
    _, _, link = linked(t, config='ping_interval: "200ms"\nping_max: 2\n')
    link.answers_pings = False
    link.expect("PING\r\nPING\r\n", error("Stale Connection"))
    link.expect_closed()


@scenario
def unknown_verb_of_the_hub(t):
    """A hub that sends what is no verb is told and left."""
    _, _, link = linked(t)
    link.send("JUNK\r\n")
    link.expect_error_and_close("Unknown Protocol Operation")


@scenario
def later_info_is_taken(t):
    """An INFO in the middle of a link is no error."""
    _, client, link = linked(t)
    link.say_info(nonce=None)
    link.expect_nothing()
    client.sub("a", 1)
    link.expect("LS+ a\r\n")


@scenario
def stop_closes_the_link(t):
    """A remote that stops closes its link without a word."""
    server, _, link = linked(t)
    equal(server.stop(), 0, "exit code")
    link.expect_closed()
