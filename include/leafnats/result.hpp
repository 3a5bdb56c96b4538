// SPDX-License-Identifier: Apache-2.0
//
// How every call of the library reports failure: a Result holds either a value or an Error.
// Nothing in the public API throws. The spelling follows std::expected, but the type is our own,
// so that the ABI does not change with the language version.
#pragma once

#include <leafnats/export.hpp>

#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

namespace leafnats {

/// What went wrong, coarse enough to decide what to do next; Error::context has the particulars.
enum class Errc {
  invalid_argument = 1,  ///< the caller passed something that can never work
  invalid_config,        ///< a configuration text or option is wrong; context has file:line:column
  not_supported,         ///< known to nats-server, but not to this build
  not_running,           ///< the server was not started, or has stopped
  already_running,       ///< start() was called twice
  address_in_use,        ///< a listener's endpoint could not be bound
  io_error,              ///< the operating system refused; context has its words
  timeout,               ///< the time given by the caller has passed
  no_responders,         ///< a request found nobody subscribed
  permission_denied,     ///< the permissions in force forbid the subject
  authorization,         ///< credentials are missing or wrong
  limit_exceeded,        ///< a configured limit (payload, subscriptions, queue) was hit
  would_deadlock,        ///< a blocking call was made on the server's own thread
  closed,                ///< the client, subscription or server is closed
};

/// The category of Errc values; its name is "leafnats".
LEAFNATS_EXPORT const std::error_category& error_category() noexcept;
inline std::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), error_category()};
}

/// A failure: the code for programs, the context for people ("hub.conf:3:7: unknown key 'prot'").
struct [[nodiscard]] Error {
  Errc code;
  std::string context;

  /// One line for a log: the context if there is one, else the text of the code.
  [[nodiscard]] std::string message() const {
    return context.empty() ? make_error_code(code).message() : context;
  }
};

/// Either a value or an Error. Reading the side that is not there is a bug in the caller.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] T& value() & { return *std::get_if<0>(&state_); }
  [[nodiscard]] const T& value() const& { return *std::get_if<0>(&state_); }
  [[nodiscard]] T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const& { return *std::get_if<1>(&state_); }
  [[nodiscard]] Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : failed_(true), error_(std::move(error)) {}

  [[nodiscard]] bool has_value() const noexcept { return !failed_; }
  explicit operator bool() const noexcept { return has_value(); }
  [[nodiscard]] const Error& error() const& { return error_; }
  [[nodiscard]] Error&& error() && { return std::move(error_); }

 private:
  bool failed_ = false;
  Error error_{Errc::invalid_argument, {}};
};

}  // namespace leafnats

template <>
struct std::is_error_code_enum<leafnats::Errc> : std::true_type {};
