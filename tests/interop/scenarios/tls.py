# SPDX-License-Identifier: Apache-2.0
#
# The client port under TLS, seen by Python's own TLS: INFO and handshake in every order, who is
# let in, and what is said to those who are not. Lines that tell what to change are ours alone.

import ssl

from harness import check, equal, leafnodes, remote, scenario
from harness.certificates import Authority

OURS = {"2.9": "says it in other words", "2.10": "says it in other words",
        "latest": "says it in other words"}


def serving(t, ca, keys="", config="", names="DNS:localhost,IP:127.0.0.1"):
    return t.server(f"tls {{ {ca.issue('server', names=names)}\n {keys} }}\n{config}")


def context_for(t, ca, name="", version=None):
    context = ssl.create_default_context(cafile=str(t.folder / ca.file))
    if name:
        context.load_cert_chain(str(t.folder / f"{name}.pem"), str(t.folder / f"{name}.key"))
    if version:
        context.minimum_version = context.maximum_version = version
    return context


def upgrade(client, context):
    """What a client does that has read an INFO with tls_required."""
    client.sock = context.wrap_socket(client.sock, server_hostname="localhost")
    return client


def echoes(client):
    client.sub("echo", 1)
    client.pub("echo", b"x" * 100_000)
    client.expect_msg("echo", 1, b"x" * 100_000)
    return client


@scenario
def upgrade_after_info(t):
    """INFO says tls_required, then TLS 1.2 or 1.3 as the client likes."""
    ca = Authority(t.folder)
    server = serving(t, ca)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        client = t.raw(server)
        check(client.info["tls_required"] is True, f"INFO {client.info}")
        check("tls_available" not in client.info, "tls_available")
        echoes(upgrade(client, context_for(t, ca, version=version)).log_in())


@scenario
def plain_client_is_refused(t):
    """A client that goes on in the clear is cut off and no bytes of it act."""
    server = serving(t, Authority(t.folder))
    client = t.raw(server)
    client.say_connect()
    client.rest()
    server.wait_log(r"TLS handshake error")


@scenario(differs=OURS)
def plain_client_says_what_to_change(t):
    """The line names the remedy, once, and no secret."""
    server = serving(t, Authority(t.folder))
    t.raw(server).say_connect(**{"pass": "hunter2"})
    server.wait_log(r"TLS handshake error: the peer speaks NATS without TLS: this listener "
                    r"requires TLS; the client needs a tls:// URL, or set allow_non_tls here")
    check(not [line for line in server.log() if "hunter2" in line], "a password in the log")


@scenario
def allow_non_tls(t):
    """Both kinds of client on one port; INFO says tls_available."""
    ca = Authority(t.folder)
    server = serving(t, ca, config="allow_non_tls: true\n")
    client = t.raw(server)
    check(client.info.get("tls_available") is True, f"INFO {client.info}")
    check(not client.info.get("tls_required"), f"INFO {client.info}")
    echoes(client.log_in())
    echoes(upgrade(t.raw(server), context_for(t, ca)).log_in())


def dial_tls(t, server, context):
    wire = t.wire(server.port())
    wire.sock = context.wrap_socket(wire.sock, server_hostname="localhost")
    return wire


@scenario(differs={"2.9": "does not know handshake_first"})
def handshake_first(t):
    """No byte before the handshake, INFO inside."""
    ca = Authority(t.folder)
    server = serving(t, ca, "handshake_first: true")
    info = dial_tls(t, server, context_for(t, ca)).expect_json("INFO")
    check(info["tls_required"] is True, f"INFO {info}")


@scenario(differs={"2.9": "does not know handshake_first"})
def handshake_first_auto(t):
    """Whoever speaks TLS at once gets INFO inside; whoever waits gets it in the clear."""
    ca = Authority(t.folder)
    server = serving(t, ca, 'handshake_first: "150ms"')
    check(dial_tls(t, server, context_for(t, ca)).expect_json("INFO")["tls_required"], "INFO")
    client = t.raw(server)
    check(client.info["tls_required"] is True, f"INFO {client.info}")
    echoes(upgrade(client, context_for(t, ca)).log_in())


@scenario
def verify(t):
    """verify: a certificate of ca_file lets in, none and a stranger's do not."""
    ca, other = Authority(t.folder), Authority(t.folder, "other")
    server = serving(t, ca, f'ca_file: "{ca.file}", verify: true')
    ca.issue("client")
    other.issue("stranger")
    raw = t.raw(server)
    check(raw.info["tls_verify"] is True, f"INFO {raw.info}")
    echoes(upgrade(raw, context_for(t, ca, "client")).log_in())
    for name in ("", "stranger"):
        client = t.raw(server)
        try:
            upgrade(client, context_for(t, ca, name))
            client.say_connect()
            client.rest()
        except (ssl.SSLError, OSError):
            pass
    server.wait_log(r"TLS handshake error", times=2)


@scenario
def verify_and_map(t):
    """The certificate names the user: e-mail, DNS name, then the subject in any order."""
    ca = Authority(t.folder)
    server = serving(t, ca, f'ca_file: "{ca.file}", verify_and_map: true', """
authorization { users: [
  { user: "a@example.com", permissions: { publish: { deny: "mail.>" } } }
  { user: "b.example.com", permissions: { publish: { deny: "dns.>" } } }
  { user: "O=acme,CN=third", permissions: { publish: { deny: "dn.>" } } } ] }
""")
    ca.issue("mail", names="email:a@example.com,DNS:b.example.com")
    ca.issue("dns", names="DNS:unknown.example.com,DNS:b.example.com")
    ca.issue("dn", "/O=acme/CN=third", names="DNS:unknown.example.com")
    for name in ("mail", "dns", "dn"):
        client = upgrade(t.raw(server), context_for(t, ca, name)).log_in()
        client.pub(f"{name}.x")
        client.expect_error(f'Permissions Violation for Publish to "{name}.x"')
    ca.issue("nobody", names="DNS:nobody.example.com")
    client = upgrade(t.raw(server), context_for(t, ca, "nobody"))
    client.say_connect()
    client.expect_error_and_close("Authorization Violation")


@scenario(differs=OURS)
def changed_files(t):
    """A new certificate is used for new connections; a broken one is logged and the old stays."""
    ca = Authority(t.folder)
    server = serving(t, ca)

    def serial():
        client = upgrade(t.raw(server), context_for(t, ca))
        return client.sock.getpeercert()["serialNumber"]

    def until(condition, wanted):
        for _ in range(100):
            if condition():
                return
            t._pause.wait(0.05)
        check(False, wanted)

    first = serial()
    ca.issue("server")
    until(lambda: serial() != first, "the new certificate is not used")
    second = serial()
    key = (t.folder / "server.key").read_text()
    (t.folder / "server.key").write_text("broken")
    until(lambda: serial() == second and
          any("what was read before stays in use" in line for line in server.log()),
          "the broken key was not noticed")
    (t.folder / "server.key").write_text(key)


@scenario(differs=OURS)
def tls_scheme_is_tls_or_failure(t):
    """tls:// against a hub without TLS: CONNECT is not sent, and one line says what to change."""
    hub = t.hub()
    edge = t.server(leafnodes(remote(hub.url("u:secret").replace("nats-leaf", "tls"))))
    link = t.accept(hub)
    link.say_info()
    equal(link.rest(), [], "operations in the clear")
    edge.wait_log(r"TLS configuration mismatch: this remote requires TLS .* give the hub a tls{} "
                  r"block")


@scenario(differs=OURS)
def clock_in_the_line(t):
    """An expired certificate: the line has both times and mentions the clock."""
    ca = Authority(t.folder)
    hub = t.server(leafnodes(listen=True, extra=f"tls {{ {ca.issue('hub', days='-1')} }}"))
    edge = t.server(leafnodes(remote(hub.leaf_url(), extra=f'tls {{ ca_file: "{ca.file}" }}')))
    edge.wait_log(r"TLS handshake error: .*has expired on .* GMT, and the clock here says .* GMT: "
                  r"renew it, or set the clock")
    hub.wait_log(r"TLS handshake error: the peer refused: our certificate has expired or .* clock")


@scenario(differs=OURS)
def stranger_on_the_leaf_port(t):
    """Plain bytes where the hub wants TLS: one line says what to change."""
    ca = Authority(t.folder)
    hub = t.server(leafnodes(listen=True, extra=f"tls {{ {ca.issue('hub')} }}"))
    leaf = t.raw_leaf(hub)
    check(leaf.info["tls_required"] is True, f"INFO {leaf.info}")
    leaf.say_connect()
    leaf.rest()
    hub.wait_log(r"this hub requires TLS on its leafnode port; the remote needs a tls{} block or a "
                 r"tls:// URL")


@scenario
def flags(t):
    """--tls, --tlscert, --tlskey, --tlsverify, --tlscacert."""
    ca = Authority(t.folder)
    ca.issue("server")
    ca.issue("client")
    server = t.launch("-a", "127.0.0.1", "-p", "-1", "--tlsverify", "--tlscert", "server.pem",
                      "--tlskey", "server.key", "--tlscacert", ca.file).wait_ready()
    client = t.raw(server)
    check(client.info["tls_verify"] is True, f"INFO {client.info}")
    echoes(upgrade(client, context_for(t, ca, "client")).log_in())


@scenario
def missing_file(t):
    """A certificate that is not there: the server does not start, and says which."""
    path = t.write("bad.conf", 'port: -1\ntls { cert_file: "no.pem", key_file: "no.key" }\n')
    done = t.run("-c", path)
    check(done.returncode != 0 and "no.pem" in done.stderr + done.stdout, done.stderr + done.stdout)
