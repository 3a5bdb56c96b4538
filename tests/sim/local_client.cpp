// SPDX-License-Identifier: Apache-2.0
//
// Operations of a simulated in-process client.

#include "local_client.hpp"

namespace leafnats::sim {

LocalClient::LocalClient(Stage& stage, SimServer& server)
    : Client(stage, server, nullptr), shard_(server.place()) {
  record_.no_responders = true;
  stage_.tell("c{} is in process on s{} shard {}", record_.id, server.index(), shard_);
  server_.add_after_turn(shard_, [this] { answer_pings(); });
  ++tasks_;
  server_.post(shard_, [this] {
    --tasks_;
    session_ = &server_.shard(shard_).open_local(*this);
  });
  subscribe(record_.inbox + "*", {});
}

void LocalClient::post(std::function<void()> task) {
  ++tasks_;
  server_.post(shard_, [this, task = std::move(task)] {
    --tasks_;
    in_turn_ = true;
    if (session_ != nullptr && live()) task();
    in_turn_ = false;
  });
}

void LocalClient::subscribe(std::string pattern, std::string queue) {
  post([this, pattern = std::move(pattern), queue = std::move(queue)] {
    SubscriptionRecord& subscription = stage_.model.add_subscription(record_, pattern, queue);
    subscriptions_.push_back(&subscription);
    stage_.tell("SUB {}", describe(subscription));
    if (!session_->subscribe(subscription.sid, pattern, queue, 0)) {
      stage_.checker.fail("refused", describe(subscription));
    }
  });
}

void LocalClient::unsubscribe(SubscriptionRecord& subscription, std::uint32_t max) {
  post([this, &subscription, max] {
    if (subscription.over() || subscription.limit.sent != never) return;
    stage_.tell("UNSUB {} max {}", describe(subscription), max);
    stage_.model.end_subscription(subscription, max);
    session_->unsubscribe(subscription.sid, max);
  });
}

void LocalClient::publish(const Publication& publication) {
  if (!live()) return;
  // A callback publishes at once: that is what the turn's rounds of callbacks are for.
  if (in_turn_) {
    publish_now(publication);
  } else {
    post([this, publication] { publish_now(publication); });
  }
}

void LocalClient::publish_now(const Publication& publication) {
  MessageRecord& message = compose(publication);
  const Result<bool> found = session_->publish(message.subject, message.reply, message.headers,
                                               message.payload);
  if (!found) {
    stage_.checker.fail("refused", describe(message));
  } else if (message.request && !*found) {
    ++message.no_responders;
  }
}

void LocalClient::ping() {
  post([this] {
    pings_.push_back(stage_.model.tick());
    records_.push_back(session_->last_record());
  });
}

void LocalClient::answer_pings() {
  while (!pings_.empty() && server_.shard(shard_).await_settled(records_.front())) {
    const Moment ping = pings_.front();
    pings_.pop_front();
    records_.pop_front();
    take_pong(ping);
  }
}

void LocalClient::on_messages(std::vector<broker::LocalDelivery>& messages) {
  const bool before = std::exchange(in_turn_, true);
  for (const broker::LocalDelivery& message : messages) {
    if (!live()) break;
    take({message.sid, message.subject, message.reply, message.headers, message.payload});
  }
  in_turn_ = before;
}

void LocalClient::leave(bool) {
  if (!live()) return;
  stage_.tell("c{} leaves", record_.id);
  stage_.model.end_connection(record_);
  pings_.clear();
  records_.clear();
  ++tasks_;
  server_.post(shard_, [this] {
    --tasks_;
    if (session_ == nullptr) return;
    server_.shard(shard_).close_local(*std::exchange(session_, nullptr));
  });
}

void LocalClient::lose_server() {
  if (live()) stage_.model.end_connection(record_);
  pings_.clear();
  records_.clear();
  tasks_ = 0;  // they went with their shard
  session_ = nullptr;
}

}  // namespace leafnats::sim
