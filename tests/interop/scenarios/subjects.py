# SPDX-License-Identifier: Apache-2.0
#
# Which subjects exist and which subscription takes which subject. One table, because the rule is
# one: tokens parted by dots; * stands for one token, > for one or more at the end; both are
# wildcards only if they are the whole token.
#
#   seen on the real servers: 2.9 and the newest agree on every row.

from harness import equal, scenario

MATCHES = (
    ("foo", ("foo",), ("foo.bar", "Foo", "fo", "fooo")),
    ("foo.bar", ("foo.bar",), ("foo", "foo.bar.baz", "foobar", "foo.ba")),
    ("*", ("foo", "x"), ("foo.bar",)),
    (">", ("foo", "foo.bar", "a.b.c.d.e"), ()),
    ("foo.*", ("foo.bar", "foo.x"), ("foo", "foo.bar.baz", "fo.bar")),
    ("*.bar", ("foo.bar", "x.bar"), ("bar", "foo.bar.baz", "foo.baz")),
    ("*.*", ("a.b",), ("a", "a.b.c")),
    ("foo.*.baz", ("foo.bar.baz",), ("foo.baz", "foo.bar.qux", "foo.a.b.baz")),
    ("foo.>", ("foo.bar", "foo.bar.baz", "foo.a.b.c.d"), ("foo", "fo.bar", "food.bar")),
    ("*.>", ("a.b", "a.b.c"), ("a",)),
    ("foo.*.>", ("foo.a.b", "foo.a.b.c"), ("foo", "foo.a")),
    ("*.*.c", ("a.b.c",), ("a.c", "a.b.d")),
)


@scenario
def matching_table(t):
    """Each pattern takes exactly the subjects it should."""
    client = t.client(t.server())
    for pattern, hits, misses in MATCHES:
        client.sub(pattern, 1)
        for subject in hits + misses:
            client.pub(subject, "x")
        equal([message.subject for message in client.messages()], list(hits), f"hits of {pattern}")
        client.unsub(1)


@scenario
def matching_table_in_queues(t):
    """The same table holds for queue subscriptions."""
    client = t.client(t.server())
    for pattern, hits, misses in MATCHES:
        client.sub(pattern, 1, "q")
        for subject in hits + misses:
            client.pub(subject, "x")
        equal([message.subject for message in client.messages()], list(hits), f"hits of {pattern}")
        client.unsub(1)


@scenario
def all_patterns_at_once(t):
    """With all patterns subscribed together each subject reaches exactly its patterns."""
    client = t.client(t.server())
    subjects = sorted({s for _, hits, misses in MATCHES for s in hits + misses})
    for number, (pattern, _, _) in enumerate(MATCHES):
        client.sub(pattern, number)
    for subject in subjects:
        client.pub(subject, "x")
        wanted = {str(number) for number, (pattern, _, _) in enumerate(MATCHES)
                  if takes(pattern, subject)}
        equal({message.sid for message in client.messages()}, wanted, f"takers of {subject}")


def takes(pattern, subject):
    """The naive matcher."""
    wanted, given = pattern.split("."), subject.split(".")
    for place, token in enumerate(wanted):
        if token == ">":
            return len(given) > place
        if place >= len(given) or token not in ("*", given[place]):
            return False
    return len(given) == len(wanted)


@scenario
def wildcard_characters_inside_tokens(t):
    """A * or > that is not the whole token is an ordinary character."""
    client = t.client(t.server())
    for subject in ("foo*", "f*o", "*foo", "foo>", ">foo", "a.b*", "a.*b.c", "a.>b", "**", ">>"):
        client.sub(subject, 1)
        client.pub(subject.replace("*", "x").replace(">", "y"), "wild")
        client.pub(subject, "literal")
        client.expect_msg(subject, 1, "literal")
        client.unsub(1)
        client.expect_nothing()


@scenario
def non_ascii_subjects(t):
    """Subjects are bytes: UTF-8 and bytes that are no UTF-8 match themselves."""
    client = t.client(t.server())
    for subject in ("gr\u00fc\u00dfe.\u4e16\u754c".encode(), b"raw.\xff\xfe", b"ctl.\x01\x7f",
                    b"!\"#$%&'()"):
        client.send(b"SUB " + subject + b" 1\r\nPUB " + subject + b" 1\r\nx\r\n")
        client.expect(b"MSG " + subject + b" 1 1\r\nx\r\n")
        client.send("UNSUB 1\r\n")
    client.expect_nothing()


@scenario
def long_subjects(t):
    """A subject may fill most of a control line, also in hundreds of tokens."""
    client = t.client(t.server())
    for subject in ("s" * 3000, ".".join("t" * 1 for _ in range(1000)), ".".join(["token"] * 300)):
        client.sub(subject, 1)
        client.pub(subject, "x")
        client.expect_msg(subject, 1, "x")
        client.unsub(1)


@scenario
def deep_wildcards(t):
    """Wildcards match in deep subjects too."""
    client = t.client(t.server())
    subject = ".".join(str(i) for i in range(60))
    client.sub(".".join("*" for _ in range(60)), 1)
    client.sub("0.>", 2)
    client.sub(".".join("*" for _ in range(59)), 3)
    client.pub(subject, "x")
    equal(sorted(message.sid for message in client.messages()), ["1", "2"], "takers")


@scenario
def many_wildcards_overlap(t):
    """All 2^8 patterns of stars over one subject take it, once each."""
    client = t.client(t.server())
    tokens = "a.b.c.d.e.f.g.h".split(".")
    for mask in range(256):
        pattern = ".".join("*" if mask >> i & 1 else token for i, token in enumerate(tokens))
        client.sub(pattern, mask)
    client.pub(".".join(tokens), "x")
    equal(sorted(int(message.sid) for message in client.messages()), list(range(256)), "sids")


@scenario
def thousands_of_subjects(t):
    """Ten thousand literal subscriptions each take their own subject and no other."""
    client = t.client(t.server())
    count = 10000
    client.send(*(f"SUB s.{i % 100}.{i} {i}\r\n" for i in range(count)))
    client.flush()
    for i in range(0, count, 97):
        client.pub(f"s.{i % 100}.{i}", "x")
        client.expect_msg(f"s.{i % 100}.{i}", i, "x")
    client.send(*(f"UNSUB {i}\r\n" for i in range(count)))
    client.pub("s.0.0", "x")
    client.expect_nothing()


@scenario
def malformed_published_subjects_reach_only_wildcards_or_nobody(t):
    """A published subject with empty tokens never reaches a well-formed literal subscription."""
    client = t.client(t.server())
    for number, subject in enumerate(("foo", "foo.bar", "a.b", "a"), 1):
        client.sub(subject, number)
    for subject in ("foo.", ".foo", "foo..bar", "a..b", "..", "a."):
        client.pub(subject, "x")
    client.expect_nothing()


@scenario
def system_like_subjects_are_ordinary(t):
    """Subjects beginning with $ or _ other than the server's own are ordinary subjects."""
    client = t.client(t.server())
    for subject in ("$foo", "_INBOX.a.b", "$MY.thing", "_"):
        client.sub(subject, 1)
        client.pub(subject, "x")
        client.expect_msg(subject, 1, "x")
        client.unsub(1)
