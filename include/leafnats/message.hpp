// SPDX-License-Identifier: Apache-2.0
//
// A message that an in-process client received: a view while a callback runs, and a copy that
// may be kept. Both can be answered.
#pragma once

#include <leafnats/export.hpp>
#include <leafnats/headers.hpp>
#include <leafnats/result.hpp>

#include <memory>
#include <optional>
#include <string_view>

namespace leafnats {

namespace server {
class ClientCore;
}

/// A received message. Copies of it are views of the same bytes; OwnedMessage makes them last.
/// Lifetime: as long as the callback that was given it runs, or as the OwnedMessage that it is.
class LEAFNATS_EXPORT Message {
 public:
  /// The subject it was published to: without wildcards, whatever the subscription has.
  [[nodiscard]] std::string_view subject() const noexcept { return subject_; }
  /// Where the sender wants answers; empty if it wants none.
  [[nodiscard]] std::string_view reply() const noexcept { return reply_; }
  /// The bytes that were sent; they may be any.
  [[nodiscard]] std::string_view payload() const noexcept { return payload_; }

  /// The header block as it came, empty if there is none. It may be malformed: servers pass on
  /// what publishers wrote.
  [[nodiscard]] std::string_view header_block() const noexcept { return header_block_; }
  /// The first value of a header, if it is there and the block is well-formed. Allocates nothing.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
  /// All headers, copied; empty if there are none or the block is malformed.
  [[nodiscard]] Headers headers() const;

  /// Publishes an answer to reply(). Errors: invalid_argument if the sender wants none; the rest
  /// as Client::publish(). Thread: that of the callback for a view, any for an OwnedMessage.
  Result<void> respond(std::string_view payload, const Headers& headers = {}) const;

 private:
  friend class OwnedMessage;
  friend class server::ClientCore;
  Message() = default;

  std::string_view subject_;
  std::string_view reply_;
  std::string_view header_block_;
  std::string_view payload_;
  server::ClientCore* client_ = nullptr;
};

/// A message with bytes of its own: what a request or PullSubscription::next() returns, and what
/// a callback makes to keep one. It may outlive the client; answering then fails with `closed`.
/// A moved-from one is empty. Thread: none of its own; a constant one may be read from many.
class LEAFNATS_EXPORT OwnedMessage : public Message {
 public:
  explicit OwnedMessage(const Message& message);
  OwnedMessage(const OwnedMessage& other);
  OwnedMessage(OwnedMessage&& other) noexcept;
  OwnedMessage& operator=(OwnedMessage other) noexcept;
  ~OwnedMessage();

 private:
  void swap(OwnedMessage& other) noexcept;

  std::unique_ptr<char[]> bytes_;
  std::shared_ptr<server::ClientCore> keep_;
};

}  // namespace leafnats
