#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# The rules of the house as a test: tidy.py [RULE]... [--root FOLDER]. Prints file:line of every
# finding; the exit code is 1 if there is one.

import argparse
import pathlib
import sys

sys.dont_write_bytecode = True

import builds  # noqa: E402
import docs  # noqa: E402
import headers  # noqa: E402
import layers  # noqa: E402
import sizes  # noqa: E402
import text  # noqa: E402
from tree import Tree  # noqa: E402

RULES = {"builds": builds.check, "docs": docs.check, "headers": headers.check,
         "layers": layers.check, "sizes": sizes.check, "text": text.check}


def main():
    parser = argparse.ArgumentParser(description="the rules of the house")
    parser.add_argument("rules", nargs="*", metavar="RULE", help=f"of {', '.join(RULES)}")
    parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parents[2])
    arguments = parser.parse_args()
    for name in set(arguments.rules) - set(RULES):
        parser.error(f"no rule {name}")
    tree = Tree(arguments.root)
    findings = sorted({finding for name in arguments.rules or RULES
                       for finding in RULES[name](tree)})
    for finding in findings:
        print(finding)
    print(f"{len(tree.files)} files, {len(findings)} findings")
    return 1 if findings or not tree.files else 0


if __name__ == "__main__":
    sys.exit(main())
