// SPDX-License-Identifier: Apache-2.0
//
// A simulated client: says what the world's workload wants, writes it into the model, and hands
// what it gets to the checker. How it speaks to its server is up to the derived class.
#pragma once

#include "sim_server.hpp"
#include "stage.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::sim {

class Client {
 public:
  virtual ~Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] ConnectionRecord& record() noexcept { return record_; }
  [[nodiscard]] bool live() const noexcept { return record_.ended == never; }

  // ---- Operations ----

  virtual void subscribe(std::string pattern, std::string queue) = 0;
  /// `max` 0: at once.
  virtual void unsubscribe(SubscriptionRecord& subscription, std::uint32_t max) = 0;
  struct Publication {
    std::string subject;
    std::size_t size = 0;
    bool with_reply = false;
    bool with_headers = false;
  };
  virtual void publish(const Publication& publication) = 0;
  virtual void ping() = 0;

  /// A subscription of its own that was not ended yet, but for the inbox; null if there is none.
  [[nodiscard]] SubscriptionRecord* draw_subscription();

  // ---- Faults ----

  virtual void stall(std::int64_t duration_ns) = 0;
  /// Leaves in an orderly way, or is cut off.
  virtual void leave(bool orderly) = 0;
  /// Its server dies at this moment.
  virtual void lose_server() = 0;

  // ---- At rest ----

  /// Nothing is under way in either direction, and no PONG is owed.
  [[nodiscard]] virtual bool idle() const = 0;
  /// Makes certain what is not: a PING, if there is something that no PING covers.
  void settle();

 protected:
  Client(Stage& stage, SimServer& server, std::shared_ptr<const Permissions> rules)
      : stage_(stage),
        server_(server),
        record_(stage.model.add_connection(server.index(), std::move(rules))) {}

  /// Enters the message into the model.
  MessageRecord& compose(const Publication& publication);
  /// Checks what came, and now and then answers it.
  void take(const Delivery& delivery);
  void take_pong(Moment ping);
  void answer(std::string subject);

  Stage& stage_;
  SimServer& server_;
  ConnectionRecord& record_;
  std::vector<SubscriptionRecord*> subscriptions_;
  std::deque<Moment> pings_;  // unanswered

 private:
  int answers_ = 0;
};

}  // namespace leafnats::sim
