// SPDX-License-Identifier: Apache-2.0
//
// A run of the C client (libnats) against a server: smoke URL. Each check prints `ok <what>` or
// `FAIL <what>: <status>`; the exit code is 0 only if all of them passed. It knows nothing of the
// server but the URL, so it runs against any NATS server.

#include <nats/nats.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace {

constexpr int64_t wait_ms = 5000;

template <class T, void (*destroy)(T*)>
struct Destroy {
    void operator()(T* object) const { destroy(object); }
};
using Options = std::unique_ptr<natsOptions, Destroy<natsOptions, natsOptions_Destroy>>;
using Connection =
    std::unique_ptr<natsConnection, Destroy<natsConnection, natsConnection_Destroy>>;
using Subscription =
    std::unique_ptr<natsSubscription, Destroy<natsSubscription, natsSubscription_Destroy>>;
using Message = std::unique_ptr<natsMsg, Destroy<natsMsg, natsMsg_Destroy>>;

// Ends a check; the text says what was wrong.
struct Failed {
    std::string text;
};

void must(natsStatus status, const char* what)
{
    if (status != NATS_OK) throw Failed{std::string(what) + ": " + natsStatus_GetText(status)};
}

void must_be(bool condition, const char* what)
{
    if (!condition) throw Failed{what};
}

Connection connect(const char* url)
{
    natsOptions* made = nullptr;
    must(natsOptions_Create(&made), "options");
    const Options options{made};
    must(natsOptions_SetURL(options.get(), url), "url");
    must(natsOptions_SetAllowReconnect(options.get(), false), "no reconnect");
    must(natsOptions_SetTimeout(options.get(), wait_ms), "timeout");
    natsConnection* connection = nullptr;
    must(natsConnection_Connect(&connection, options.get()), "connect");
    return Connection{connection};
}

Subscription subscribe(const Connection& connection, const char* subject)
{
    natsSubscription* subscription = nullptr;
    must(natsConnection_SubscribeSync(&subscription, connection.get(), subject), "subscribe");
    return Subscription{subscription};
}

Subscription join(const Connection& connection, const char* subject, const char* queue)
{
    natsSubscription* subscription = nullptr;
    must(natsConnection_QueueSubscribeSync(&subscription, connection.get(), subject, queue),
         "queue subscribe");
    return Subscription{subscription};
}

Message next(const Subscription& subscription, int64_t timeout_ms = wait_ms)
{
    natsMsg* message = nullptr;
    must(natsSubscription_NextMsg(&message, subscription.get(), timeout_ms), "next message");
    return Message{message};
}

std::string payload(const Message& message)
{
    const int size = natsMsg_GetDataLength(message.get());
    return {natsMsg_GetData(message.get()), static_cast<size_t>(size)};
}

uint64_t pending(const Subscription& subscription)
{
    int messages = 0;
    must(natsSubscription_GetPending(subscription.get(), &messages, nullptr), "pending");
    return static_cast<uint64_t>(messages);
}

void publish_and_subscribe(const char* url)
{
    const Connection connection = connect(url);
    const Subscription subscription = subscribe(connection, "c.pubsub.*");
    for (int i = 0; i < 1000; ++i) {
        const std::string text = std::to_string(i);
        must(natsConnection_PublishString(connection.get(), "c.pubsub.x", text.c_str()), "publish");
    }
    for (int i = 0; i < 1000; ++i) {
        must_be(payload(next(subscription)) == std::to_string(i), "order or content");
    }
}

void payload_sizes(const char* url)
{
    const Connection connection = connect(url);
    const Subscription subscription = subscribe(connection, "c.size");
    for (const size_t size : {size_t{0}, size_t{1}, size_t{4096}, size_t{65536}, size_t{1048576}}) {
        const std::string body(size, static_cast<char>('a' + size % 23));
        must(natsConnection_Publish(connection.get(), "c.size", body.data(),
                                    static_cast<int>(body.size())), "publish");
        must_be(payload(next(subscription)) == body, "content");
    }
}

void queue_group(const char* url)
{
    const Connection connection = connect(url);
    const Connection other = connect(url);
    const Subscription first = join(connection, "c.job", "workers");
    const Subscription second = join(other, "c.job", "workers");
    must(natsConnection_Flush(connection.get()), "flush");
    must(natsConnection_Flush(other.get()), "flush");
    for (int i = 0; i < 400; ++i) {
        must(natsConnection_PublishString(connection.get(), "c.job", "x"), "publish");
    }
    must(natsConnection_Flush(connection.get()), "flush");
    must(natsConnection_Flush(other.get()), "flush");
    must_be(pending(first) + pending(second) == 400, "each message once");
    must_be(pending(first) > 50 && pending(second) > 50, "both members work");
}

void answer(natsConnection* connection, natsSubscription*, natsMsg* request, void*)
{
    const Message owned{request};
    natsConnection_PublishString(connection, natsMsg_GetReply(request), "42");
}

void request_and_reply(const char* url)
{
    const Connection service = connect(url);
    const Connection asker = connect(url);
    natsSubscription* made = nullptr;
    must(natsConnection_Subscribe(&made, service.get(), "c.q", answer, nullptr), "subscribe");
    const Subscription subscription{made};
    must(natsConnection_Flush(service.get()), "flush");
    for (int i = 0; i < 100; ++i) {
        natsMsg* reply = nullptr;
        must(natsConnection_RequestString(&reply, asker.get(), "c.q", "?", wait_ms), "request");
        must_be(payload(Message{reply}) == "42", "answer");
    }
}

void no_responders(const char* url)
{
    const Connection connection = connect(url);
    natsMsg* reply = nullptr;
    const natsStatus status =
        natsConnection_RequestString(&reply, connection.get(), "c.nobody", "?", wait_ms);
    natsMsg_Destroy(reply);
    must_be(status == NATS_NO_RESPONDERS, "status of a request that nobody takes");
}

void headers(const char* url)
{
    const Connection connection = connect(url);
    must(natsConnection_HasHeaderSupport(connection.get()), "header support");
    const Subscription subscription = subscribe(connection, "c.headers");
    natsMsg* made = nullptr;
    must(natsMsg_Create(&made, "c.headers", "re.ply", "body", 4), "message");
    const Message message{made};
    must(natsMsgHeader_Set(message.get(), "Key", "value"), "header");
    must(natsMsgHeader_Add(message.get(), "Key", "second"), "header");
    must(natsConnection_PublishMsg(connection.get(), message.get()), "publish");
    const Message received = next(subscription);
    const char** values = nullptr;
    int count = 0;
    must(natsMsgHeader_Values(received.get(), "Key", &values, &count), "values");
    const bool same = count == 2 && std::strcmp(values[0], "value") == 0
        && std::strcmp(values[1], "second") == 0;
    std::free(static_cast<void*>(values));
    must_be(same, "header values");
    must_be(payload(received) == "body", "payload");
    must_be(std::strcmp(natsMsg_GetReply(received.get()), "re.ply") == 0, "reply");
}

void unsubscribe(const char* url)
{
    const Connection connection = connect(url);
    const Subscription limited = subscribe(connection, "c.auto");
    must(natsSubscription_AutoUnsubscribe(limited.get(), 3), "auto unsubscribe");
    const Subscription steady = subscribe(connection, "c.auto");
    for (int i = 0; i < 10; ++i) {
        must(natsConnection_PublishString(connection.get(), "c.auto", "x"), "publish");
    }
    must(natsConnection_Flush(connection.get()), "flush");
    must_be(pending(limited) == 3 && pending(steady) == 10, "messages after auto unsubscribe");
    must(natsSubscription_Unsubscribe(steady.get()), "unsubscribe");
}

void drain(const char* url)
{
    const Connection connection = connect(url);
    const Connection publisher = connect(url);
    std::vector<std::string> seen;
    const auto collect = [](natsConnection*, natsSubscription*, natsMsg* message, void* closure) {
        const Message owned{message};
        static_cast<std::vector<std::string>*>(closure)->push_back(payload(owned));
    };
    natsSubscription* made = nullptr;
    must(natsConnection_Subscribe(&made, connection.get(), "c.drain", collect, &seen), "subscribe");
    const Subscription subscription{made};
    must(natsConnection_Flush(connection.get()), "flush");
    for (int i = 0; i < 100; ++i) {
        must(natsConnection_PublishString(publisher.get(), "c.drain", "x"), "publish");
    }
    must(natsConnection_Flush(publisher.get()), "flush");
    must(natsSubscription_Drain(subscription.get()), "drain");
    must(natsSubscription_WaitForDrainCompletion(subscription.get(), wait_ms), "end of the drain");
    must_be(seen.size() == 100, "messages before the end of the drain");
    must(natsConnection_Drain(connection.get()), "drain of the connection");
}

void round_trip(const char* url)
{
    const Connection connection = connect(url);
    int64_t nanoseconds = 0;
    must(natsConnection_GetRTT(connection.get(), &nanoseconds), "round trip");
    must_be(nanoseconds > 0, "time of the round trip");
    must_be(natsConnection_GetMaxPayload(connection.get()) > 0, "max_payload");
}

bool run(const char* what, const std::function<void(const char*)>& check, const char* url)
{
    try {
        check(url);
        std::printf("ok %s\n", what);
        return true;
    } catch (const Failed& failed) {
        std::printf("FAIL %s: %s\n", what, failed.text.c_str());
        return false;
    }
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: smoke URL\n");
        return 2;
    }
    const struct {
        const char* what;
        void (*check)(const char*);
    } checks[] = {
        {"publish and subscribe", publish_and_subscribe},
        {"payload sizes", payload_sizes},
        {"queue group", queue_group},
        {"request and reply", request_and_reply},
        {"no responders", no_responders},
        {"headers", headers},
        {"unsubscribe", unsubscribe},
        {"drain", drain},
        {"round trip", round_trip},
    };
    bool all = true;
    for (const auto& entry : checks) all = run(entry.what, entry.check, argv[1]) && all;
    nats_Close();
    return all ? 0 : 1;
}
