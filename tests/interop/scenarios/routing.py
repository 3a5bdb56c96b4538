# SPDX-License-Identifier: Apache-2.0
#
# Who gets a published message, how often and in which order, inside one server.
#
#   seen on the real servers: 2.9 and the newest agree on all of it.

import collections

from harness import check, equal, scenario
from harness.client import msg_op


@scenario
def each_subscription_gets_a_copy(t):
    """Overlapping subscriptions of one connection each get the message."""
    client = t.client(t.server())
    for sid, pattern in enumerate(("a.b", "a.*", "*.b", "a.>", ">"), 1):
        client.sub(pattern, sid)
    client.pub("a.b", "x")
    client.expect_any_order(*(msg_op("a.b", sid, "x") for sid in range(1, 6)))
    client.expect_nothing()


@scenario
def same_subject_twice(t):
    """Two subscriptions to one subject with different sids are two."""
    client = t.client(t.server())
    client.sub("a", 1)
    client.sub("a", 2)
    client.pub("a", "x")
    client.expect_any_order(msg_op("a", 1, "x"), msg_op("a", 2, "x"))
    client.unsub(1)
    client.pub("a", "y")
    client.expect_msg("a", 2, "y")
    client.expect_nothing()


@scenario
def sid_in_use_keeps_first_subject(t):
    """A SUB with a sid in use changes nothing: the first subscription stays."""
    client = t.client(t.server())
    client.send("SUB a 1\r\nSUB a 1\r\nSUB b 1\r\nPUB a 1\r\nx\r\nPUB b 1\r\ny\r\n")
    client.expect_msg("a", 1, "x")
    client.expect_nothing()


@scenario
def sid_free_after_unsub(t):
    """After UNSUB the sid may be used for another subject."""
    client = t.client(t.server())
    client.send("SUB a 1\r\nUNSUB 1\r\nSUB b 1\r\nPUB a 1\r\nx\r\nPUB b 1\r\ny\r\n")
    client.expect_msg("b", 1, "y")
    client.expect_nothing()


@scenario
def sids_are_per_connection(t):
    """Two connections may use the same sid."""
    server = t.server()
    first, second = t.client(server), t.client(server)
    first.sub("a", 1)
    second.sub("b", 1)
    second.flush()
    first.flush()
    first.pub("b", "x")
    second.pub("a", "y")
    second.expect_msg("b", 1, "x")
    first.expect_msg("a", 1, "y")


@scenario
def fan_out(t):
    """One message reaches fifty connections once each."""
    server = t.server()
    readers = [t.client(server) for _ in range(50)]
    for reader in readers:
        reader.sub("news", 1)
        reader.flush()
    writer = t.client(server)
    for number in range(20):
        writer.pub("news", str(number))
    writer.flush()
    for reader in readers:
        reader.expect(*(msg_op("news", 1, str(number)) for number in range(20)))
        reader.expect_nothing()


@scenario
def fan_in_keeps_order_of_each(t):
    """Messages of one publisher arrive in its order, however many publish at once."""
    server = t.server()
    reader = t.client(server)
    reader.sub("in.*", 1)
    reader.flush()
    writers = [t.client(server) for _ in range(8)]
    for number, writer in enumerate(writers):
        writer.send(*(f"PUB in.{number} {len(str(i))}\r\n{i}\r\n" for i in range(500)))
    seen = collections.defaultdict(list)
    for _ in range(8 * 500):
        line, payload, _ = reader.op().split(b"\r\n")
        seen[line.split()[1]].append(int(payload))
    check(all(numbers == list(range(500)) for numbers in seen.values()), "order or count is wrong")
    equal(len(seen), 8, "publishers seen")


@scenario
def order_across_subjects(t):
    """One publisher's messages to several subjects reach one subscriber in order."""
    server = t.server()
    reader, writer = t.client(server), t.client(server)
    for sid in range(10):
        reader.sub(f"s.{sid}", sid)
    reader.flush()
    writer.send(*(f"PUB s.{i * 7 % 10} {len(str(i))}\r\n{i}\r\n" for i in range(1000)))
    reader.expect(*(msg_op(f"s.{i * 7 % 10}", i * 7 % 10, str(i)) for i in range(1000)))


@scenario
def queue_group_takes_once(t):
    """Of a queue group exactly one member gets each message."""
    server = t.server()
    members = [t.client(server) for _ in range(3)]
    for member in members:
        member.sub("job", 1, "workers")
        member.flush()
    writer = t.client(server)
    for number in range(300):
        writer.pub("job", str(number))
    writer.flush()
    got = [[int(message.payload) for message in member.messages()] for member in members]
    equal(sorted(sum(got, [])), list(range(300)), "messages taken by the group")
    check(all(numbers == sorted(numbers) for numbers in got), "a member saw them out of order")


@scenario
def queue_group_shares_evenly(t):
    """Over many messages each member of a group gets about its share."""
    server = t.server()
    members = [t.client(server) for _ in range(4)]
    for member in members:
        member.sub("job", 1, "workers")
        member.flush()
    writer = t.client(server)
    writer.send("PUB job 1\r\nx\r\n" * 4000)
    writer.flush()
    counts = [len(member.messages()) for member in members]
    equal(sum(counts), 4000, "messages in all")
    check(all(700 <= count <= 1300 for count in counts), f"shares of 4000: {counts}")


@scenario
def queue_members_on_one_connection(t):
    """Several members on one connection share as well."""
    client = t.client(t.server())
    for sid in (1, 2, 3):
        client.sub("job", sid, "q")
    client.send("PUB job 1\r\nx\r\n" * 600)
    counts = collections.Counter(message.sid for message in client.messages())
    equal(sum(counts.values()), 600, "messages in all")
    check(all(counts[sid] > 100 for sid in "123"), f"shares: {counts}")


@scenario
def queue_groups_are_independent(t):
    """Each group gets the message once, and a plain subscription gets it too."""
    client = t.client(t.server())
    client.send("SUB a q1 1\r\nSUB a q1 2\r\nSUB a q2 3\r\nSUB a q2 4\r\nSUB a 5\r\nSUB > 6\r\n")
    for _ in range(50):
        client.pub("a", "x")
        sids = {message.sid for message in client.messages()}
        equal((len(sids & {"1", "2"}), len(sids & {"3", "4"}), sids & {"5", "6"}),
              (1, 1, {"5", "6"}), "deliveries by group")


@scenario
def queue_name_joins_patterns(t):
    """All members of a queue name that match a message are one group, whatever their pattern."""
    client = t.client(t.server())
    client.send("SUB a.b q 1\r\nSUB a.* q 2\r\nSUB a.> q 3\r\nSUB a.b r 4\r\n",
                "PUB a.b 1\r\nx\r\n" * 300)
    counts = collections.Counter(message.sid for message in client.messages())
    equal((counts["4"], counts["1"] + counts["2"] + counts["3"]), (300, 300), "taken by r and by q")
    check(min(counts["1"], counts["2"], counts["3"]) > 30, f"shares of the patterns: {counts}")


@scenario
def queue_member_leaves(t):
    """A member that leaves by UNSUB or by closing takes no share any more."""
    server = t.server()
    stays, leaves, dies = (t.client(server) for _ in range(3))
    for member in (stays, leaves, dies):
        member.sub("job", 1, "q")
        member.flush()
    leaves.unsub(1)
    leaves.flush()
    dies.sub("canary", 2)
    dies.flush()
    dies.close()
    t.client(server).wait_no_interest("canary")
    stays.send("PUB job 1\r\nx\r\n" * 100)
    equal(len(stays.messages()), 100, "messages at the last member")
    leaves.expect_nothing()


@scenario
def queue_auto_unsub(t):
    """UNSUB with a maximum works for queue members; the rest of the group goes on."""
    client = t.client(t.server())
    client.send("SUB job q 1\r\nSUB job q 2\r\nUNSUB 1 5\r\n", "PUB job 1\r\nx\r\n" * 200)
    counts = collections.Counter(message.sid for message in client.messages())
    equal((counts["1"], sum(counts.values())), (5, 200), "share of the limited member, and all")


@scenario
def queue_with_echo_off(t):
    """A group member that may not see its own message does not swallow it."""
    server = t.server()
    silent, other = t.client(server, echo=False), t.client(server)
    silent.sub("job", 1, "q")
    silent.flush()
    other.sub("job", 2, "q")
    other.flush()
    silent.send("PUB job 1\r\nx\r\n" * 50)
    silent.flush()
    equal(len(other.messages()), 50, "messages at the member that may see them")


@scenario
def unsub_during_delivery(t):
    """Messages that were under way may still come after UNSUB was sent; after PONG none do."""
    server = t.server()
    reader, writer = t.client(server), t.client(server)
    reader.sub("s", 1)
    reader.flush()
    writer.send("PUB s 1\r\nx\r\n" * 3000)
    reader.unsub(1)
    reader.messages()
    writer.send("PUB s 1\r\ny\r\n" * 100)
    writer.flush()
    reader.expect_nothing()


@scenario
def sub_is_in_force_at_pong(t):
    """A SUB answered by PONG takes messages that others publish afterwards."""
    server = t.server()
    writer = t.client(server)
    for number in range(100):
        reader = t.client(server)
        reader.sub(f"now.{number}", 1)
        reader.flush()
        writer.pub(f"now.{number}", "x")
        reader.expect_msg(f"now.{number}", 1, "x")
        reader.close()


@scenario
def unsub_is_in_force_at_pong(t):
    """After UNSUB and PONG nothing published by others arrives."""
    server = t.server()
    reader, writer = t.client(server), t.client(server)
    for number in range(100):
        reader.send(f"SUB s {number}\r\nUNSUB {number}\r\n")
        reader.flush()
        writer.pub("s", "x")
        writer.flush()
    reader.expect_nothing()


@scenario
def interest_ends_with_the_connection(t):
    """A closed subscriber is no responder any more."""
    server = t.server()
    reader = t.client(server)
    reader.sub("svc", 1)
    reader.flush()
    reader.close()
    t.client(server).wait_no_interest("svc")


@scenario
def payload_sizes(t):
    """Payloads of every size class from nothing to max_payload come through unchanged."""
    server = t.server()
    reader, writer = t.client(server), t.client(server)
    reader.sub("p", 1)
    reader.flush()
    for size in (0, 1, 2, 15, 16, 127, 128, 511, 512, 4095, 4096, 4097, 8192, 32767, 32768, 65535,
                 65536, 65537, 131072, 262144, 1048575, 1048576):
        payload = bytes((i * 31 + size) & 255 for i in range(997)) * (size // 997 + 1)
        writer.pub("p", payload[:size])
        reader.expect_msg("p", 1, payload[:size])


@scenario
def many_large_payloads(t):
    """A thousand payloads of 64 KiB arrive complete and in order."""
    server = t.server()
    reader, writer = t.client(server), t.client(server)
    reader.sub("big", 1)
    reader.flush()
    body = bytes(range(256)) * 256
    for start in range(0, 1000, 20):
        for number in range(start, start + 20):
            writer.pub("big", number.to_bytes(4, "big") + body[4:])
        for number in range(start, start + 20):
            reader.expect_msg("big", 1, number.to_bytes(4, "big") + body[4:])


@scenario
def mixed_sizes_in_a_stream(t):
    """Small and large payloads in turn keep order and content."""
    server = t.server()
    reader, writer = t.client(server), t.client(server)
    reader.sub("mix", 1)
    reader.flush()
    payloads = [bytes([i & 255]) * (i * 7919 % 20000) for i in range(400)]
    for start in range(0, 400, 50):
        for payload in payloads[start:start + 50]:
            writer.pub("mix", payload)
        for payload in payloads[start:start + 50]:
            reader.expect_msg("mix", 1, payload)


@scenario
def large_payload_to_many(t):
    """A message of max_payload reaches ten readers."""
    server = t.server()
    readers = [t.client(server) for _ in range(10)]
    for reader in readers:
        reader.sub("big", 1)
        reader.flush()
    body = b"0123456789abcdef" * 65536
    t.client(server).pub("big", body)
    for reader in readers:
        reader.expect_msg("big", 1, body)


@scenario
def request_reply(t):
    """A request reaches the service with its reply subject, the answer comes back."""
    server = t.server()
    service, asker = t.client(server), t.client(server)
    service.sub("q", 1)
    service.flush()
    asker.sub("_INBOX.1", 5)
    asker.pub("q", "how many?", "_INBOX.1")
    service.expect_msg("q", 1, "how many?", "_INBOX.1")
    service.pub("_INBOX.1", "42")
    asker.expect_msg("_INBOX.1", 5, "42")


@scenario
def many_requests_at_once(t):
    """A thousand requests on one connection each get their own answer."""
    server = t.server()
    service, asker = t.client(server), t.client(server)
    service.sub("echo", 1)
    service.flush()
    asker.sub("_INBOX.*", 1)
    for number in range(1000):
        asker.pub("echo", str(number), f"_INBOX.{number}")
    for number in range(1000):
        service.expect_msg("echo", 1, str(number), f"_INBOX.{number}")
        service.pub(f"_INBOX.{number}", str(number))
    asker.expect(*(msg_op(f"_INBOX.{number}", 1, str(number)) for number in range(1000)))


@scenario
def many_connections(t):
    """Three hundred connections at once all work."""
    server = t.server()
    clients = [t.client(server) for _ in range(300)]
    for number, client in enumerate(clients):
        client.sub(f"to.{number}", 1)
    for client in clients:
        client.flush()
    for number, client in enumerate(clients):
        client.pub(f"to.{(number + 1) % 300}", str(number))
    for number, client in enumerate(clients):
        client.expect_msg(f"to.{number}", 1, str((number - 1) % 300))


@scenario
def interest_churn(t):
    """Subscriptions that come and go by the thousand do not disturb a steady one."""
    server = t.server()
    steady, churn = t.client(server), t.client(server)
    steady.sub("a.*.c", 1)
    steady.flush()
    for round_number in range(20):
        churn.send(*(f"SUB a.{i}.c {i}\r\n" for i in range(200)),
                   *(f"UNSUB {i}\r\n" for i in range(200)))
        churn.flush()
        churn.pub(f"a.{round_number}.c", "x")
        steady.expect_msg(f"a.{round_number}.c", 1, "x")
    churn.expect_nothing()
