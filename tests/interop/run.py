#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Runs the interop and conformance scenarios against a server program:
#
#   run.py --server PATH [--peer PATH]... [--only SUBSTRING] [-j N] [--list]
#
# Scenarios know the server by its flags, files, log and sockets only, so any program that claims
# to be a nats-server can be put in. The last line is `N passed, N failed, N skipped`; the exit code
# is 1 if any failed.

import argparse
import concurrent.futures
import importlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from harness import checks, matrix, registry, server  # noqa: E402
from harness.stage import Stage  # noqa: E402

GENERATIONS = ("2.9", "2.10", "latest")
MISSING = "missing"  # in the place of a generation


def parsed_arguments():
    parser = argparse.ArgumentParser(description="interop and conformance scenarios")
    parser.add_argument("--server", default="leafnats-server", help="program under test")
    parser.add_argument("--peer", action="append", default=[],
                        help="server for the other side of leaf links; repeatable "
                             "(default: the program under test)")
    parser.add_argument("--peers-in", metavar="DIR", type=pathlib.Path,
                        help="folder of real servers (2.9/nats-server, 2.10/..., latest/...) as "
                             "further peers; what is not there is reported as skipped")
    parser.add_argument("--c-client", help="the built program of c_client/")
    parser.add_argument("--keystore-leaf", help="the built examples/keystore_leaf")
    parser.add_argument("--js-client", help="a copy of js_client/ with node_modules installed")
    parser.add_argument("--jwtmaker", help="the built program of tests/jwt")
    parser.add_argument("--only", action="append", default=[], metavar="SUBSTRING",
                        help="run scenarios whose name contains this; repeatable")
    parser.add_argument("--list", action="store_true", help="print the scenarios and their points")
    parser.add_argument("--differences", action="store_true",
                        help="print where older server generations are known to differ")
    parser.add_argument("--candidate", action="store_true",
                        help="the server is none of the real ones, whatever its -v says: what "
                             "they do otherwise is run on it")
    parser.add_argument("--all", action="store_true",
                        help="also run what is known to differ on this server")
    parser.add_argument("-j", type=int, default=6, dest="jobs", help="scenarios at a time")
    parser.add_argument("--slow", type=float, default=1.0, metavar="FACTOR",
                        help="stretch every deadline, for sanitizers and emulators")
    parser.add_argument("--keep", action="store_true", help="keep the folders of failed scenarios")
    parser.add_argument("-v", "--verbose", action="store_true", help="server logs of failures")
    return parser.parse_args()


def resolved(program):
    """An absolute path, so that scenarios can run the program from their own folder."""
    found = shutil.which(program)
    if not found:
        sys.exit(f"no such program: {program}")
    return str(pathlib.Path(found).resolve())


def generation_of(program):
    """The generation of a real nats-server such as "2.9", or "" for anything else: what claims to
    be one may print the same version."""
    if pathlib.Path(program).name != "nats-server":
        return ""
    try:
        done = subprocess.run([program, "-v"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired) as reason:
        sys.exit(f"cannot run {program}: {reason}")
    match = re.match(r"nats-server: v(\d+\.\d+)\.", done.stdout)
    return match[1] if match else ""


def peer_list(options):
    """(label, path, generation) of the servers for the other side."""
    peers = []
    for program in [resolved(peer) for peer in options.peer] or [options.server]:
        generation = generation_of(program)
        label = "self" if program == options.server else generation or pathlib.Path(program).name
        peers.append((label, program, generation))
    for name in GENERATIONS if options.peers_in else ():
        program = (options.peers_in / name / "nats-server").resolve()
        peers.append((name, str(program), generation_of(program) if program.exists() else MISSING))
    return peers


def why_skipped(entry, options):
    """A reason not to run the scenario at all, or ""."""
    if MISSING in entry.generations:
        return "there is no such nats-server"
    if options.generation in entry.differs and not options.all:
        return f"{options.generation} differs: {entry.differs[options.generation]}"
    return ""


class Result:
    def __init__(self, entry, outcome, reason, seconds, logs=()):
        self.entry, self.outcome, self.reason = entry, outcome, reason
        self.seconds, self.logs = seconds, logs


def run_one(entry, options):
    if why := why_skipped(entry, options):
        return Result(entry, "skip", why, 0.0)
    start = time.monotonic()
    stage = Stage(options)
    outcome, reason = "ok", ""
    try:
        entry.run(stage)
    except checks.Skip as skip:
        outcome, reason = "skip", str(skip)
    except checks.Failure as failure:
        outcome, reason = "FAIL", f"{failure}{place_of(failure)}"
    except Exception:
        outcome, reason = "FAIL", traceback.format_exc()
    complaints = stage.clean_up(keep=options.keep and outcome == "FAIL")
    if complaints:
        outcome, reason = "FAIL", "\n  ".join([reason, *complaints]).strip()
    logs = stage.logs() if outcome == "FAIL" else ()
    return Result(entry, outcome, reason, time.monotonic() - start, logs)


def place_of(failure):
    """Which line of the scenario failed."""
    frames = [frame for frame in traceback.extract_tb(failure.__traceback__)
              if "/scenarios/" in frame.filename]
    return f" ({pathlib.Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""


def report(result, options, lock):
    with lock:
        print(f"{result.outcome:4} {result.entry.name} ({result.seconds:.2f} s)"
              + (f": {result.reason.splitlines()[0]}" if result.reason else ""), flush=True)
        if options.verbose:
            for program, lines in result.logs:
                print(f"  log of {program}:", *lines, sep="\n    ", flush=True)


def second_try(result, run):
    """Real servers have races of their own: 2.9 sometimes does not announce a subscription that is
    made just while a link comes up. So a pairing with one that failed is tried once more, alone,
    and that is said; scenarios with our server only have one chance."""
    if result.outcome != "FAIL" or not result.entry.generations or ",self]" in result.entry.name:
        return result
    print(f"once more, alone: {result.entry.name}: {result.reason}", flush=True)
    return run(result.entry)


def run_all(entries, options):
    lock = threading.Lock()

    def run(entry):
        result = run_one(entry, options)
        report(result, options, lock)
        return result

    with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, options.jobs)) as pool:
        try:
            results = list(pool.map(run, entries))
            return [second_try(result, run) for result in results]
        except (KeyboardInterrupt, SystemExit):
            server.end_all()
            shutil.rmtree(options.folder, ignore_errors=True)
            os._exit(130)  # Without waiting for scenarios that are in the middle of something.


def summary(results):
    print(*matrix.lines(results), sep="\n")
    failed = [result for result in results if result.outcome == "FAIL"]
    if failed:
        print("\nfailed:")
        for result in failed:
            print(f"  {result.entry.name}: {result.entry.point}\n    {result.reason}")
    counts = {outcome: sum(1 for result in results if result.outcome == outcome)
              for outcome in ("ok", "FAIL", "skip")}
    print(f"{counts['ok']} passed, {counts['FAIL']} failed, {counts['skip']} skipped")
    return 1 if failed or not results else 0


def print_differences(entries):
    for entry in entries:
        for generation, what in entry.differs.items():
            print(f"{generation:6} {entry.name}: {what}")


def main():
    options = parsed_arguments()
    checks.set_slow_factor(options.slow)
    for file in sorted((HERE / "scenarios").glob("[a-z]*.py")):
        importlib.import_module(f"scenarios.{file.stem}")
    if options.list or options.differences:
        options.generation, peers = "", [("PEER", "peer", "")]
    else:
        options.server = resolved(options.server)
        options.generation = "" if options.candidate else generation_of(options.server)
        peers = peer_list(options)
    entries = [entry for entry in registry.entries(("", options.server, options.generation), peers)
               if not options.only or any(part in entry.name for part in options.only)]
    if options.differences:
        print_differences(entries)
        return 0
    if options.list:
        for entry in entries:
            print(f"{entry.name}: {entry.point}")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options.folder = tempfile.mkdtemp(prefix="interop-")
    results = run_all(entries, options)
    if not (options.keep and any(result.outcome == "FAIL" for result in results)):
        shutil.rmtree(options.folder, ignore_errors=True)
    return summary(results)


if __name__ == "__main__":
    sys.exit(main())
