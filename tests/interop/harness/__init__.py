# SPDX-License-Identifier: Apache-2.0
#
# What scenarios import. A scenario needs the decorator, the checks and the protocol peers;
# everything else reaches it through its first argument, a Stage.

from .checks import Failure, Skip, check, equal, fail
from .config import leafnodes, remote
from .registry import pairing, scenario
from .wire import error

__all__ = [
    "Failure", "Skip", "check", "equal", "error", "fail", "leafnodes",
    "pairing", "remote", "scenario",
]
