// SPDX-License-Identifier: Apache-2.0
//
// What wire clients and in-process clients share.

#include "client.hpp"

#include "message_text.hpp"

#include <algorithm>

namespace leafnats::sim {
namespace {
// Answers to requests are themselves traffic; a client gives no more than this.
constexpr int answers_max = 50;
}  // namespace

SubscriptionRecord* Client::draw_subscription() {
  std::erase_if(subscriptions_, [](const auto* subscription) { return subscription->over(); });
  if (subscriptions_.size() < 2) return nullptr;  // the first one is the inbox
  const auto count = static_cast<std::uint32_t>(subscriptions_.size() - 1);
  return subscriptions_[1 + stage_.random.below(count)];
}

void Client::settle() {
  if (live() && pings_.empty() && stage_.model.has_unconfirmed(record_)) ping();
}

MessageRecord& Client::compose(const Publication& publication) {
  MessageRecord& message = stage_.model.add_message(record_, publication.subject,
                                                    stage_.scheduler.now());
  // A payload too short to name the message leaves it to the reply subject.
  if (publication.with_reply || publication.size < named_payload_bytes_min) {
    message.reply = fmt::format("{}{}", record_.inbox, message.id);
    message.request = record_.no_responders;
  }
  if (publication.with_headers && record_.headers) message.headers = headers_of(message.id);
  message.payload = payload_of(message.id, publication.size);
  stage_.tell("c{} publishes {}{}{}{}", record_.id, describe(message),
              message.reply.empty() ? "" : " reply ", message.reply,
              message.verdict == Verdict::refused ? ", which is denied" : "");
  return message;
}

void Client::take(const Delivery& delivery) {
  stage_.tell("c{} sid {} gets '{}' of {} bytes, reply '{}'", record_.id, delivery.sid,
              delivery.subject, delivery.payload.size(), delivery.reply);
  const MessageRecord* message = stage_.checker.on_delivery(record_, delivery);
  if (message != nullptr) stage_.model.allow_response(record_, *message, stage_.scheduler.now());
  if (message == nullptr || message->reply.empty() || answers_ >= answers_max) return;
  if (!one_in(stage_.random, 4)) return;
  // Whoever may only answer tries how often, and for how long.
  const bool curious = record_.rules && record_.rules->allow_responses;
  for (std::uint32_t i = curious ? 1 + stage_.random.below(3) : 1; i > 0; --i) {
    if (curious && one_in(stage_.random, 3)) {
      stage_.scheduler.after(stage_.random.below(100) * ms,
                             [this, subject = message->reply] { answer(subject); });
    } else {
      answer(message->reply);
    }
  }
}

void Client::answer(std::string subject) {
  ++answers_;
  publish({std::move(subject), named_payload_bytes_min + stage_.random.below(100), false, false});
}

void Client::take_pong(Moment ping) {
  stage_.tell("c{} gets PONG", record_.id);
  stage_.checker.on_pong(record_, ping);
  stage_.model.confirm(record_, ping);
  if (stage_.on_pong) stage_.on_pong(record_);
}

}  // namespace leafnats::sim
