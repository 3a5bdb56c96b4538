# SPDX-License-Identifier: Apache-2.0
#
# The results of the pairing scenarios as a table: a line for each scenario, a column for each pair
# of programs. `ours` is the program under test; each column is named by who plays the hub and who
# the leaf.

MARKS = {"ok": "ok", "FAIL": "FAIL", "skip": "-"}


def _column(result):
    """"topology.loop[hub,2.9]" -> ("topology.loop", "ours<-2.9"): the arrow is who dials."""
    name, _, label = result.entry.name.rstrip("]").partition("[")
    role, _, peer = label.partition(",")
    peer = "ours" if peer == "self" else peer
    return name, f"ours<-{peer}" if role == "hub" else f"{peer}<-ours"


def lines(results):
    """The table's lines; none if no pairing ran."""
    rows, columns = {}, {}
    for result in results:
        if "[" in result.entry.name:
            name, column = _column(result)
            rows.setdefault(name, {})[column] = MARKS[result.outcome]
            columns[column] = max(len(column), 4)
    if not rows:
        return
    width = max(map(len, rows))
    yield f"{'hub<-leaf':{width}}  " + "  ".join(f"{c:{w}}" for c, w in columns.items())
    for name, marks in rows.items():
        yield f"{name:{width}}  " + "  ".join(f"{marks.get(c, ''):{w}}" for c, w in columns.items())
