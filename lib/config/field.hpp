// SPDX-License-Identifier: Apache-2.0
//
// One key of a section on its way into Options: its value, read as the type that the key wants.
// A value of the wrong type is reported here, once, and nothing is set.
#pragma once

#include "config/diagnostics.hpp"
#include "config/value.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::config {

/// Lifetime: refers to the document and the diagnostics.
class Field {
 public:
  /// `option` is the path of what the key sets in Options, such as "leaf.dial_timeout"; empty if
  /// it sets nothing there.
  Field(Diagnostics& diagnostics, const Entry& entry, std::string option)
      : Field(diagnostics, entry.key, entry.key_position, entry.value, std::move(option)) {}

  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] const std::string& option() const { return option_; }
  [[nodiscard]] const Value& value() const { return value_; }
  [[nodiscard]] Position key_position() const { return key_position_; }
  [[nodiscard]] Diagnostics& diagnostics() const { return diagnostics_; }

  /// A part of this field's value as a field of its own: an element of an array, for example.
  [[nodiscard]] Field part(const Value& value, std::string option) const {
    return Field(diagnostics_, key_, value.position, value, std::move(option));
  }

  // Findings stand at the key, as nats-server has it; in an array, at the element.
  void invalid(const std::string& text) const;        ///< just the text
  void must_be(std::string_view kind) const;          ///< the value has the wrong type
  void not_supported(const std::string& text) const;  ///< the text says what is missing
  void warn(const std::string& text) const;           ///< see Diagnostics
  void remark(const std::string& text) const;

  [[nodiscard]] std::optional<bool> boolean() const;
  [[nodiscard]] std::optional<std::int64_t> integer() const;
  [[nodiscard]] std::optional<std::int64_t> integer_between(std::int64_t low,
                                                            std::int64_t high) const;
  [[nodiscard]] std::optional<std::string> text() const;
  [[nodiscard]] const Array* array() const;
  [[nodiscard]] const Map* map() const;

  /// A string or an array of strings; the origin of each is noted.
  [[nodiscard]] std::optional<std::vector<std::string>> texts() const;

  /// A duration string.
  [[nodiscard]] std::optional<std::chrono::milliseconds> signed_duration() const;

  /// One that is not negative.
  [[nodiscard]] std::optional<std::chrono::milliseconds> duration() const;

  /// The same, or an integer of seconds, which nats-server still takes with a warning.
  [[nodiscard]] std::optional<std::chrono::milliseconds> duration_or_seconds() const;

  /// Seconds, whole or not, or a duration string: the timeouts of authorization blocks.
  [[nodiscard]] std::optional<std::chrono::milliseconds> timeout() const;

  /// Set `target` if the value has the type that the target tells.
  void into(bool& target) const;
  void into(std::string& target) const;

  /// 0 leaves the default, which is what it means in nats-server.
  void into(std::chrono::milliseconds& target) const;

 private:
  Field(Diagnostics& diagnostics, std::string key, Position key_position, const Value& value,
        std::string option);

  template <class T>
  [[nodiscard]] const T* expect(std::string_view kind) const;

  Diagnostics& diagnostics_;
  std::string key_;
  Position key_position_;
  const Value& value_;
  std::string option_;
};

}  // namespace leafnats::config
