// SPDX-License-Identifier: Apache-2.0
//
// The naive model: every connection, subscription and message of a world with the moments that
// bound when it took effect. An operation of a client takes effect at some moment between the one
// it was sent and the one its PONG arrived; what the model says about a message depends only on
// which of these spans lie wholly before which others, and on what the rules permit.
#pragma once

#include "moment.hpp"
#include "plan.hpp"
#include "refusals.hpp"
#include "topology.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::sim {

struct ConnectionRecord {
  int id = 0;
  int server = 0;
  bool echo = true;
  bool headers = true;
  bool no_responders = false;
  bool troubled = false;       ///< may be a slow consumer: it stopped reading, or its wire is slow
  Moment ended = never;        ///< the client's end is closed or cut
  std::string inbox;           ///< prefix of its reply subjects, with the dot
  bool inbox_open = true;      ///< it may subscribe to them
  std::shared_ptr<const Permissions> rules;  ///< null: everything is allowed
  Refusals refusals;
  /// By reply subject: requests it got that a rule lets it answer.
  struct Allowance {
    int deliveries_max = 0;    ///< as often as it can be delivered to it at most
    int used = 0;
    std::int64_t seen_ns = 0;
  };
  std::map<std::string, Allowance> allowances;
};

struct SubscriptionRecord {
  ConnectionRecord* connection = nullptr;
  std::uint64_t sid = 0;
  std::string pattern;
  std::string queue;
  bool refused = false;        ///< the rules forbid it
  Span begin;
  Span end;                    ///< of UNSUB without a number
  Span limit;                  ///< of UNSUB with one
  std::uint32_t max = 0;
  std::uint32_t received = 0;
  Moment finished = never;     ///< when the limit was seen to be reached
  std::set<std::uint32_t> messages;         ///< ids of what was received
  std::map<int, std::uint32_t> last_seen;   ///< by publishing connection: its last message here

  /// Over for the client: it ended, or left, or the limit was reached.
  [[nodiscard]] bool over() const noexcept {
    return refused || connection->ended != never || end.sent != never ||
           (limit.sent != never && received >= max);
  }
  /// Certainly without any effect since before `moment`, all servers having come to rest then.
  [[nodiscard]] bool gone_before(Moment moment) const noexcept {
    return refused || connection->ended < moment || end.confirmed < moment ||
           (limit.confirmed < moment && finished < moment);
  }
  /// Its client did nothing to end it.
  [[nodiscard]] bool stable() const noexcept {
    return !refused && connection->ended == never && end.sent == never && limit.sent == never;
  }
};

struct MessageRecord {
  std::uint32_t id = 0;        ///< counts on, so it is also the order of publication
  ConnectionRecord* publisher = nullptr;
  std::string subject;
  std::string reply;
  std::string headers;         ///< the whole block, or empty
  std::string payload;
  Span span;
  Verdict verdict = Verdict::accepted;
  int round = 0;
  bool request = false;        ///< its publisher is to be told if nobody is there
  int no_responders = 0;       ///< how often it was told so
  std::map<std::string, std::vector<int>> queue_servers;  ///< by group: servers that delivered
};

class Model {
 public:
  explicit Model(const Plan& plan) : topology_(plan) {
    for (const ServerPlan& server : plan.servers) shards_.push_back(server.shards);
  }

  Moment tick() noexcept { return ++moment_; }
  [[nodiscard]] Moment now() const noexcept { return moment_; }

  ConnectionRecord& add_connection(int server, std::shared_ptr<const Permissions> rules);
  SubscriptionRecord& add_subscription(ConnectionRecord& connection, std::string_view pattern,
                                       std::string_view queue);
  MessageRecord& add_message(ConnectionRecord& publisher, std::string_view subject,
                             std::int64_t now_ns);
  /// The connection got a request that it may have to answer.
  void allow_response(ConnectionRecord& connection, const MessageRecord& request,
                      std::int64_t now_ns);

  /// UNSUB is sent: at once if `max` is 0, else after so many messages in all.
  void end_subscription(SubscriptionRecord& subscription, std::uint32_t max);

  [[nodiscard]] SubscriptionRecord* find_subscription(const ConnectionRecord& connection,
                                                      std::uint64_t sid);
  /// Null: no such message was ever published.
  [[nodiscard]] MessageRecord* find_message(std::uint32_t id) noexcept {
    return id < messages_.size() ? messages_[id].get() : nullptr;
  }

  /// The connection's PONG for a PING of `ping` came: what was sent before is in effect.
  void confirm(ConnectionRecord& connection, Moment ping);
  [[nodiscard]] bool has_unconfirmed(const ConnectionRecord& connection) const;
  void end_connection(ConnectionRecord& connection);

  // ---- Rounds: between them every server is at rest ----

  void begin_round();
  [[nodiscard]] Moment round_start() const noexcept { return round_start_; }
  [[nodiscard]] int round() const noexcept { return round_; }
  /// Subscriptions that were not certainly gone when the round began.
  [[nodiscard]] const std::vector<SubscriptionRecord*>& subscriptions() const noexcept {
    return recent_;
  }
  [[nodiscard]] std::vector<MessageRecord*> messages_of_round() const;
  [[nodiscard]] std::uint32_t first_of_round() const noexcept { return first_message_; }
  [[nodiscard]] std::uint32_t message_count() const noexcept {
    return static_cast<std::uint32_t>(messages_.size());
  }

  /// A server joins; returns its number.
  int add_server(const ServerPlan& server) {
    shards_.push_back(server.shards);
    return topology_.add_server(server);
  }
  [[nodiscard]] unsigned shards(int server) const {
    return shards_[static_cast<std::size_t>(server)];
  }
  [[nodiscard]] Topology& topology() noexcept { return topology_; }
  [[nodiscard]] const Topology& topology() const noexcept { return topology_; }

 private:
  [[nodiscard]] Verdict judge(ConnectionRecord& publisher, std::string_view subject,
                              std::int64_t now_ns) const;

  Topology topology_;
  std::vector<unsigned> shards_;  // by server
  Moment moment_ = 0;
  Moment round_start_ = 0;
  int round_ = 0;
  std::uint32_t first_message_ = 0;
  std::vector<std::unique_ptr<ConnectionRecord>> connections_;
  std::vector<std::unique_ptr<SubscriptionRecord>> subscriptions_;
  std::vector<SubscriptionRecord*> recent_;
  std::map<std::pair<int, std::uint64_t>, SubscriptionRecord*> by_sid_;
  std::vector<std::unique_ptr<MessageRecord>> messages_;
  std::map<int, std::vector<Span*>> unconfirmed_;  // by connection, in the order they were sent
};

}  // namespace leafnats::sim
