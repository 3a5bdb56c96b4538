# SPDX-License-Identifier: Apache-2.0
#
# Time limits of client connections: liveness by PING, and what is counted as life.
#
#   seen on the real servers: 2.9 and the newest agree.

import time

from harness import check, equal, error, scenario


@scenario
def ping_interval_in_force(t):
    """The server PINGs at ping_interval; a client that answers stays connected."""
    client = t.client(t.server('ping_interval: "100ms"\nping_max: 2\n'))
    client.sub("a", 1)
    client.take_until(lambda: client.pings_answered >= 6, "six PINGs")
    client.pub("a", "alive")
    client.expect_msg("a", 1, "alive")


@scenario
def ping_max_in_force(t):
    """A client that answers no PING gets ping_max of them, then Stale Connection and the end."""
    for most in (1, 3):
        client = t.client(t.server(f'ping_interval: "100ms"\nping_max: {most}\n'))
        client.answers_pings = False
        client.expect("PING\r\n" * most, error("Stale Connection"))
        client.expect_closed()


@scenario
def stale_counts_unanswered_in_a_row(t):
    """A PONG starts the count of unanswered PINGs anew."""
    client = t.client(t.server('ping_interval: "100ms"\nping_max: 2\n'))
    client.answers_pings = False
    for _ in range(4):
        client.expect("PING\r\n")
        client.send("PONG\r\n")
    client.expect("PING\r\nPING\r\n", error("Stale Connection"))
    client.expect_closed()


@scenario
def first_ping_comes_within_two_seconds(t):
    """With the default interval of two minutes the first PING still comes after about a second."""
    client = t.client(t.server())
    client.answers_pings = False
    start = time.monotonic()
    client.expect("PING\r\n")
    check(0.5 < time.monotonic() - start < 3, f"after {time.monotonic() - start:.2f} s")


@scenario
def authentication_timeout(t):
    """Who says nothing is told Authentication Timeout and closed when the time is over."""
    for timeout in ("0.2", '"200ms"'):
        server = t.server(f"authorization {{ token: x, timeout: {timeout} }}\n")
        start = time.monotonic()
        client = t.raw(server)
        client.expect_error_and_close("Authentication Timeout")
        check(0.15 < time.monotonic() - start < 3, f"after {time.monotonic() - start:.2f} s")


@scenario
def authentication_timeout_counts_half_a_connect(t):
    """A CONNECT that is never finished does not stop the authentication timer."""
    client = t.raw(t.server('authorization { token: x, timeout: 0.2 }\n'))
    client.send('CONNECT {"verb')
    client.expect_error_and_close("Authentication Timeout")


@scenario
def no_timeout_after_login(t):
    """Who logged in is left alone when the authentication time is over."""
    server = t.server("authorization { token: x, timeout: 0.2 }\n")
    inside, outside = t.client(server, auth_token="x"), t.raw(server)
    outside.expect_error_and_close("Authentication Timeout")
    inside.expect_nothing()


@scenario
def payload_above_pending_is_refused(t):
    """max_payload above max_pending is refused at start with both numbers."""
    t.write("bad.conf", 'listen: "127.0.0.1:-1"\nmax_payload: 2000\nmax_pending: 1000\n')
    done = t.run("-c", "bad.conf")
    equal(done.returncode, 1, "exit code")
    check("max_payload (2000) cannot be higher than max_pending (1000)" in done.stderr,
          repr(done.stderr))
