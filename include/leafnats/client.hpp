// SPDX-License-Identifier: Apache-2.0
//
// A client inside the server's process: publishes, subscribes and asks without a socket, from any
// thread. Server::connect() makes one.
//
//   auto commands = client.subscribe("cmd.>", [](const Message& m) { (void)m.respond("ok"); });
//   auto sensors = client.subscribe("sensors.*");               // asked with sensors->next(1s)
//   auto published = client.publish("sensors.temp", "21.5");
//   auto answer = client.request("q", "", 2s);
//
// Order: what one client is told to do is done in that order, from whichever threads it is told,
// as far as they agree on an order themselves. Messages of one publisher arrive in order at each
// subscription.
#pragma once

#include <leafnats/export.hpp>
#include <leafnats/headers.hpp>
#include <leafnats/message.hpp>
#include <leafnats/result.hpp>
#include <leafnats/subscription.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

namespace leafnats {

namespace server {
struct ClientAccess;
}

struct ClientOptions {
  /// The account that the client is in; empty: the default one. One that is not there: the client
  /// is closed from the start.
  std::string account;
  /// Limit: what publish() and request() of foreign threads may have handed over and the server's
  /// thread not yet taken, counted with some 60 bytes for each. 8 MiB are milliseconds of work.
  std::size_t outgoing_bytes_max = 8 * 1024 * 1024;
  /// How long those calls wait for room; zero: limit_exceeded at once. Never waits on the
  /// server's own threads.
  std::chrono::milliseconds publish_wait{0};
};

/// Takes the answer to a request, or why there is none. Runs like a MessageHandler.
using AnswerHandler = std::function<void(const Result<Message>& answer)>;

/// The one handle of a client: moved, not copied, so that its end is the client's end.
/// Thread: any, also several at once; it must not be moved or destroyed while others use it.
/// Errors: `closed` from every call once close() was called or the server has stopped.
class LEAFNATS_EXPORT Client {
 public:
  /// No client; every call answers Errc::closed.
  Client() noexcept;
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  /// close(), and waits for a callback that is just under way on the server's thread (not within
  /// that callback). Only handlers of request_async() may still be called, with `closed`.
  ~Client();

  /// Publishes. On a foreign thread the message is queued for the server's thread and the call
  /// returns; within a callback it is routed at once. Errors: invalid_argument (a subject with
  /// wildcards or blanks, headers that cannot be sent), limit_exceeded (larger than max_payload
  /// or max_control_line allow, or ClientOptions::outgoing_bytes_max is reached).
  Result<void> publish(std::string_view subject, std::string_view payload,
                       const Headers& headers = {});
  /// The same with a subject for answers, which the caller has subscribed to itself.
  Result<void> publish_request(std::string_view subject, std::string_view reply,
                               std::string_view payload, const Headers& headers = {});

  /// Subscribes. The subscription is in force for everything that this client does afterwards;
  /// after a flush() it is for all others. Errors: invalid_argument, limit_exceeded (the subject
  /// is longer than max_control_line allows).
  Result<Subscription> subscribe(std::string_view subject, MessageHandler handler,
                                 const SubscribeOptions& options = {});
  /// The pull form.
  Result<PullSubscription> subscribe(std::string_view subject,
                                     const SubscribeOptions& options = {});
  /// Both forms within a queue group, of which one member gets each message.
  Result<Subscription> queue_subscribe(std::string_view subject, std::string_view queue,
                                       MessageHandler handler);
  Result<PullSubscription> queue_subscribe(std::string_view subject, std::string_view queue);

  /// Publishes and waits for the first answer. Errors: no_responders if nobody is subscribed,
  /// timeout, would_deadlock on the server's own thread; the rest as publish().
  Result<OwnedMessage> request(std::string_view subject, std::string_view payload,
                               std::chrono::milliseconds timeout, const Headers& headers = {});
  /// The same without waiting, allowed everywhere. If no error is returned, `handler` is called
  /// exactly once: on the server's thread, never within this call; with `closed` it may be any
  /// thread that uses or ends the client or the server, and within the call.
  Result<void> request_async(std::string_view subject, std::string_view payload,
                             std::chrono::milliseconds timeout, AnswerHandler handler,
                             const Headers& headers = {});

  /// Waits until everything before it is done: publications routed, callbacks for them on the
  /// server's thread of this client run, subscriptions in force for all. Errors: timeout,
  /// would_deadlock.
  Result<void> flush(std::chrono::milliseconds timeout);

  /// Unsubscribes everything, waits until what was delivered has been handled (by callbacks, or
  /// by next()) and requests have ended, then closes; callbacks may publish meanwhile. Closed
  /// afterwards in any case. Errors: timeout, would_deadlock (then nothing has happened).
  Result<void> drain(std::chrono::milliseconds timeout);

  /// Ends the client: what was published before is still sent; no callback begins any more, and
  /// messages not handled yet are discarded. Idempotent, does not block.
  void close();

  [[nodiscard]] bool closed() const noexcept;

 private:
  friend struct server::ClientAccess;
  std::shared_ptr<server::ClientCore> core_;
};

}  // namespace leafnats
