# SPDX-License-Identifier: Apache-2.0
#
# Every public header compiles alone, and without a warning: a host may include it first, or only
# it. The compiler is the one given as $CXX, as the build does.

import concurrent.futures
import os
import shlex
import subprocess

FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-fsyntax-only", "-x", "c++"]


def _compile(root, file):
    source = f"#include <{file.path.removeprefix('include/')}>\n"
    command = [*shlex.split(os.environ.get("CXX", "c++")), *FLAGS, f"-I{root / 'include'}", "-"]
    done = subprocess.run(command, input=source, text=True, capture_output=True)
    return done.returncode, done.stderr


def check(tree):
    headers = tree.cpp("include/")
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(lambda file: _compile(tree.root, file), headers))
    for file, (status, output) in zip(headers, results):
        if status != 0:
            first = next((line for line in output.splitlines() if "error" in line), output.strip())
            yield file.finding(1, f"does not compile alone: {first}")
