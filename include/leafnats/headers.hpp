// SPDX-License-Identifier: Apache-2.0
//
// Headers of a message: names with values, in order, names possibly repeated. A plain value type;
// what it holds is checked when it is sent, so that filling it cannot fail.
//
//   client.publish("orders.new", body, {{"Trace-Id", "7f3a"}, {"Nats-Msg-Id", "42"}});
#pragma once

#include <leafnats/export.hpp>
#include <leafnats/result.hpp>

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats {

/// One header. To be sendable, the name must have no blank, colon or control character, and the
/// value no line end; blanks around the value are lost on the way.
struct Header {
  std::string name;
  std::string value;
};

/// Names are case-sensitive, as in all NATS clients. Views that are returned are good until the
/// Headers change or end. Thread: none of its own; a constant one may be read from many.
class LEAFNATS_EXPORT Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> headers) : headers_(headers) {}

  /// Reads a header block, "NATS/1.0 ... CRLF CRLF". Error: invalid_argument.
  static Result<Headers> parse(std::string_view block);

  /// Appends a header, also if there is one of that name. For chains: `h.add(..).add(..)`.
  Headers& add(std::string_view name, std::string_view value);
  /// The same, but the name has this one value afterwards.
  Headers& set(std::string_view name, std::string_view value);
  /// Removes all headers of that name and returns how many there were.
  std::size_t remove(std::string_view name);

  /// The first value of that name, if any.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  /// All values of that name, in order.
  [[nodiscard]] std::vector<std::string_view> values(std::string_view name) const;

  [[nodiscard]] bool empty() const noexcept { return headers_.empty() && status_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return headers_.size(); }
  [[nodiscard]] auto begin() const noexcept { return headers_.begin(); }
  [[nodiscard]] auto end() const noexcept { return headers_.end(); }

  /// Servers answer with a status line now and then: "503" and "No Responders". Empty: none.
  [[nodiscard]] std::string_view status() const noexcept { return status_; }
  [[nodiscard]] std::string_view description() const noexcept { return description_; }

  /// The header block as it goes over the wire; empty if there is nothing in it. Error:
  /// invalid_argument, naming the header that cannot be sent.
  [[nodiscard]] Result<std::string> encode() const;

 private:
  std::vector<Header> headers_;
  std::string status_;
  std::string description_;
};

}  // namespace leafnats
