// SPDX-License-Identifier: Apache-2.0
//
// The bodies of the public Message and OwnedMessage.

#include <leafnats/message.hpp>

#include "server/client_core.hpp"
#include "wire/headers.hpp"

#include <cstring>
#include <utility>

namespace leafnats {

std::optional<std::string_view> Message::header(std::string_view name) const noexcept {
  const auto block = wire::HeaderBlock::parse(header_block_);
  return block ? block->find(name) : std::nullopt;
}

Headers Message::headers() const {
  Result<Headers> parsed = Headers::parse(header_block_);
  return parsed ? *std::move(parsed) : Headers();
}

Result<void> Message::respond(std::string_view payload, const Headers& headers) const {
  if (reply_.empty()) return Error{Errc::invalid_argument, "the message asks for no answer"};
  const Result<std::string> block = headers.encode();
  if (!block) return block.error();
  return client_->publish({reply_, {}, *block, payload});
}

OwnedMessage::OwnedMessage(const Message& message)
    : Message(message),
      keep_(message.client_ == nullptr ? nullptr : message.client_->shared_from_this()) {
  const std::size_t size = subject_.size() + reply_.size() + header_block_.size() + payload_.size();
  bytes_ = std::make_unique_for_overwrite<char[]>(size);
  char* out = bytes_.get();
  for (std::string_view* view : {&subject_, &reply_, &header_block_, &payload_}) {
    const std::string_view copied(out, view->size());
    out = std::copy(view->begin(), view->end(), out);
    *view = copied;
  }
}

OwnedMessage::OwnedMessage(const OwnedMessage& other)
    : OwnedMessage(static_cast<const Message&>(other)) {}

OwnedMessage::OwnedMessage(OwnedMessage&& other) noexcept
    : Message(std::exchange(static_cast<Message&>(other), Message())),
      bytes_(std::move(other.bytes_)),
      keep_(std::move(other.keep_)) {}

OwnedMessage& OwnedMessage::operator=(OwnedMessage other) noexcept {
  swap(other);
  return *this;
}

OwnedMessage::~OwnedMessage() = default;

void OwnedMessage::swap(OwnedMessage& other) noexcept {
  std::swap(static_cast<Message&>(*this), static_cast<Message&>(other));
  bytes_.swap(other.bytes_);
  keep_.swap(other.keep_);
}

}  // namespace leafnats
