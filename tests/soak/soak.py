#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# A soak of leaf links: two embedded leafs (leaf_end) send each other numbered payloads over a hub,
# everything over TLS and compressed, and notice a single byte that is wrong, doubled or out of
# order. The hub is leafnats-server or a real nats-server.
#
#   soak.py --hub PROGRAM --end PATH_OF_LEAF_END [--bytes N] [--compression MODE]... [--kill]
#
# With --kill the hub is killed in the middle and comes back, then one of the leafs; messages on
# their way at that moment may be lost and are counted, but nothing else.
#
# The certificates are made with the openssl command for this one run.

import argparse
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

SUMMARY = re.compile(r"sent (\d+) lost (\d+) received (\d+) gaps (\d+) links (\d+)")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=soak", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True)


class Hub:
    def __init__(self, program, folder, compression):
        self.program, self.folder = program, folder
        self.port = free_port()
        (folder / "hub.conf").write_text(f"""
            listen: "127.0.0.1:-1"
            server_name: hub
            leafnodes {{
              listen: "127.0.0.1:{self.port}"
              compression: {compression}
              tls {{ cert_file: "{folder}/cert.pem", key_file: "{folder}/key.pem" }}
            }}
            """)
        self.start()

    def start(self):
        self.log = open(self.folder / "hub.log", "ab")
        self.process = subprocess.Popen([self.program, "-c", self.folder / "hub.conf"],
                                        stderr=self.log, stdout=self.log)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


class End:
    """A leaf_end process. Thread: the reader's fills `lines`, under `news`."""

    def __init__(self, options, folder, name, peer, hub, compression, news):
        self.name, self.lines, self.news = name, [], news
        config = folder / f"{name}.conf"
        config.write_text(f"""
            leafnodes {{
              reconnect: "100ms"
              remotes: [ {{
                url: "tls://127.0.0.1:{hub.port}"
                compression: {compression}
                tls {{ ca_file: "{folder}/cert.pem" }}
              }} ]
            }}
            """)
        self.command = [options.end, config, name, peer, str(options.bytes)]
        self.start()

    def start(self):
        self.lines = []
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        threading.Thread(target=self._read, args=(self.process, self.lines), daemon=True).start()

    def _read(self, process, lines):
        for line in process.stdout:
            with self.news:
                lines.append(line.rstrip("\n"))
                self.news.notify()
        process.wait()
        with self.news:
            self.news.notify()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def summary(self):
        found = [match for line in self.lines if (match := SUMMARY.search(line))]
        return tuple(map(int, found[-1].groups())) if found else None

    def failed(self):
        return self.process.poll() is not None and self.summary() is None


def wait_for(condition, ends, news, wait_s):
    deadline = time.monotonic() + wait_s
    with news:
        while not condition():
            for end in ends:
                if end.failed():
                    sys.exit(f"FAIL: {end.name} ended with {end.process.returncode}: "
                             + "\n".join(end.lines[-5:]))
            if not news.wait(deadline - time.monotonic()):
                sys.exit("FAIL: not done in time: " + "; ".join(
                    f"{end.name}: {end.lines[-3:]}" for end in ends))


def check(options, ends):
    for end in ends:
        sent, lost, received, gaps, links = end.summary()
        print(f"  {end.name}: sent {sent}, lost {lost}, received {received}, gaps {gaps}, "
              f"links lost {links}", flush=True)
        if not options.kill and (lost or gaps or links):
            sys.exit("FAIL: messages or links were lost although nothing was killed")


def run(options, compression):
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = pathlib.Path(name)
        make_certificate(folder)
        hub = Hub(options.hub, folder, compression)
        ends, news = [], threading.Condition()
        try:
            start = time.monotonic()
            for own, peer in (("alpha", "beta"), ("beta", "alpha")):
                ends.append(End(options, folder, own, peer, hub, compression, news))
            if options.kill:
                stir(options, hub, ends, news)
            wait_for(lambda: all(end.summary() for end in ends), ends, news, options.wait)
            seconds = time.monotonic() - start
            print(f"{compression}: {options.bytes / 1e6:.0f} MB each way in {seconds:.1f} s")
            check(options, ends)
        finally:
            for process in [*ends, hub]:
                process.kill()


def stir(options, hub, ends, news):
    """Kills the hub, then a leaf, each in the middle of traffic."""
    wait_for(lambda: "received 2/8" in ends[0].lines, ends, news, options.wait)
    hub.kill()
    hub.start()
    wait_for(lambda: "received 5/8" in ends[0].lines, ends, news, options.wait)
    ends[1].kill()
    ends[1].start()


def main():
    parser = argparse.ArgumentParser(description="numbered payloads over TLS and compression")
    parser.add_argument("--hub", required=True, help="leafnats-server or nats-server")
    parser.add_argument("--end", required=True, help="the built leaf_end")
    parser.add_argument("--bytes", type=int, default=16_000_000, help="payload bytes each way")
    parser.add_argument("--compression", action="append", help="modes to go through")
    parser.add_argument("--kill", action="store_true", help="kill the hub and a leaf in between")
    parser.add_argument("--wait", type=float, default=100.0, metavar="SECONDS",
                        help="give up after so long")
    options = parser.parse_args()
    for compression in options.compression or ["s2_auto"]:
        run(options, compression)


if __name__ == "__main__":
    main()
