# SPDX-License-Identifier: Apache-2.0
"""Our codecs beside Go's.

agree: what either S2 encodes, the other decodes to the same bytes; and our ratio is nowhere more
       than 5 % below Go's at the same level.
bench: a table of ratio and MB/s of one core, encoding and decoding; run it on a quiet machine.
"""
import argparse
import filecmp
import os
import subprocess
import sys
import tempfile
from pathlib import Path

LEVELS = ["uncompressed", "fast", "better", "best"]
# One thread, so that CPU time is that of the work.
ENVIRONMENT = {**os.environ, "GOMAXPROCS": "1"}


def run(*command):
    finished = subprocess.run([str(word) for word in command], env=ENVIRONMENT,
                              stdout=subprocess.PIPE, check=True, text=True)
    return finished.stdout


def plain_bytes(batches):
    """What the batches of a corpus are in a row."""
    data, plain, at = batches.read_bytes(), bytearray(), 0
    while at < len(data):
        size = int.from_bytes(data[at:at + 4], "little")
        plain += data[at + 4:at + 4 + size]
        at += 4 + size
    return bytes(plain)


def agree(codec, go_codec, corpora, folder):
    failures = 0
    ours, theirs, decoded, plain = (folder / name for name in ("ours", "theirs", "back", "plain"))
    for corpus in corpora:
        plain.write_bytes(plain_bytes(corpus))
        for level in LEVELS:
            run(codec, "encode", level, corpus, ours)
            run(go_codec, "encode", level, corpus, theirs)
            for decoder, stream in ((go_codec, ours), (codec, theirs), (codec, ours)):
                run(decoder, "decode", stream, decoded)
                if not filecmp.cmp(plain, decoded, shallow=False):
                    print(f"{corpus.name} {level}: {decoder} decodes {stream.name} otherwise")
                    failures += 1
            share = theirs.stat().st_size / ours.stat().st_size
            if share < 0.95:
                print(f"{corpus.name} {level}: ratio is {share:.3f} of Go's")
                failures += 1
    return failures


def bench(codec, go_codec, corpora, levels):
    print(f"{'level':13} {'corpus':15} {'ratio':>7} {'encode':>7} {'decode':>7} MB/s"
          f" | {'Go':>7} {'encode':>7} {'decode':>7} | ratio encode decode")
    for level in levels:
        for corpus in corpora:
            numbers = []
            for program in (codec, go_codec if level in LEVELS else None):
                if program:
                    plain, stream, encode, decode = map(
                        float, run(program, "bench", level, corpus).split())
                    numbers.append((plain / stream, plain / encode / 1e6, plain / decode / 1e6))
            line = f"{level:13} {corpus.name:15}"
            line += " {:7.3f} {:7.0f} {:7.0f}     ".format(*numbers[0])
            if len(numbers) == 2:
                line += " | {:7.3f} {:7.0f} {:7.0f} |".format(*numbers[1])
                line += " {:5.3f} {:6.2f} {:6.2f}".format(
                    *(mine / other for mine, other in zip(*numbers)))
            print(line, flush=True)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=["agree", "bench"])
    parser.add_argument("--codec", required=True)
    parser.add_argument("--go-codec")
    parser.add_argument("--sources", required=True, help="folder that the text corpora come from")
    parser.add_argument("--levels", nargs="*", default=LEVELS, help="or zstd, if it is built in")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="codec-") as name:
        folder = Path(name)
        (folder / "corpora").mkdir()
        run(arguments.codec, "corpora", folder / "corpora", arguments.sources)
        corpora = sorted((folder / "corpora").iterdir())
        if arguments.verb == "agree":
            return 1 if agree(arguments.codec, arguments.go_codec, corpora, folder) else 0
        return bench(arguments.codec, arguments.go_codec, corpora, arguments.levels)


if __name__ == "__main__":
    sys.exit(main())
