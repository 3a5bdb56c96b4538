// SPDX-License-Identifier: Apache-2.0
//
// Reading typed values. Messages name the kind of what was found, never the value: it may be a
// password that slipped into the wrong line.
#include "config/field.hpp"

#include "config/duration.hpp"

namespace leafnats::config {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// Seconds from here on cannot be counted in nanoseconds any more.
constexpr std::int64_t seconds_max = 9'000'000'000;

/// nats-server warns above this, as `timeout: 1m` without quotes is a million seconds.
constexpr milliseconds timeout_warning{60'000};

}  // namespace

Field::Field(Diagnostics& diagnostics, std::string key, Position key_position, const Value& value,
             std::string option)
    : diagnostics_(diagnostics),
      key_(std::move(key)),
      key_position_(key_position),
      value_(value),
      option_(std::move(option)) {
  if (!option_.empty()) {
    diagnostics_.note_origin(option_, key_position_);
  }
}

void Field::invalid(const std::string& text) const { diagnostics_.invalid(key_position_, text); }

void Field::must_be(std::string_view kind) const {
  invalid("\"" + key_ + "\" must be " + std::string(kind) + ", but is " +
          std::string(kind_of(value_)));
}

void Field::not_supported(const std::string& text) const {
  diagnostics_.not_supported(key_position_, "\"" + key_ + "\" is not supported yet: " + text);
}

void Field::warn(const std::string& text) const { diagnostics_.warn(key_position_, text); }
void Field::remark(const std::string& text) const { diagnostics_.remark(key_position_, text); }

template <class T>
const T* Field::expect(std::string_view kind) const {
  const T* found = value_.as<T>();
  if (found == nullptr) {
    must_be(kind);
  }
  return found;
}

std::optional<bool> Field::boolean() const {
  const bool* found = expect<bool>("true or false");
  return found ? std::optional(*found) : std::nullopt;
}

std::optional<std::int64_t> Field::integer() const {
  const std::int64_t* found = expect<std::int64_t>("an integer");
  return found ? std::optional(*found) : std::nullopt;
}

std::optional<std::int64_t> Field::integer_between(std::int64_t low, std::int64_t high) const {
  const std::optional<std::int64_t> found = integer();
  if (found && (*found < low || *found > high)) {
    invalid("\"" + key_ + "\" must be between " + std::to_string(low) + " and " +
            std::to_string(high));
    return std::nullopt;
  }
  return found;
}

std::optional<std::string> Field::text() const {
  const std::string* found = expect<std::string>("a string");
  return found ? std::optional(*found) : std::nullopt;
}

const Map* Field::map() const { return expect<Map>("a map"); }

const Array* Field::array() const {
  const auto* found = value_.as<Array>();
  if (found == nullptr) {
    invalid("Expected " + key_ + " field to be an array, got " + std::string(kind_of(value_)));
  }
  return found;
}

/// The first element of the wrong type ends it: the rest would say the same again.
std::optional<std::vector<std::string>> Field::texts() const {
  std::vector<std::string> result;
  if (const auto* single = value_.as<std::string>()) {
    diagnostics_.note_origin(option_ + "[0]", key_position_);
    return std::vector<std::string>{*single};
  }
  const auto* array = value_.as<Array>();
  if (array == nullptr) {
    must_be("a string or an array of strings");
    return std::nullopt;
  }
  for (const Value& element : *array) {
    const auto* text = element.as<std::string>();
    if (text == nullptr) {
      part(element, option_).must_be("an array of strings only");
      return std::nullopt;
    }
    diagnostics_.note_origin(option_ + "[" + std::to_string(result.size()) + "]", element.position);
    result.push_back(*text);
  }
  return result;
}

std::optional<milliseconds> Field::signed_duration() const {
  const auto* text = value_.as<std::string>();
  const std::optional<nanoseconds> parsed = text ? parse_duration(*text) : std::nullopt;
  if (!parsed) {
    invalid("error parsing " + key_ + ": it must be a duration such as \"2s\" or \"1m30s\"");
    return std::nullopt;
  }
  return to_milliseconds(*parsed);
}

std::optional<milliseconds> Field::duration() const {
  const std::optional<milliseconds> found = signed_duration();
  if (found && found->count() < 0) {
    invalid("\"" + key_ + "\" must not be negative");
    return std::nullopt;
  }
  return found;
}

/// The warning matters most for `30m` without quotes: to the language that is 30 millions.
std::optional<milliseconds> Field::duration_or_seconds() const {
  if (!value_.as<std::int64_t>()) {
    return duration();
  }
  const std::optional<std::int64_t> seconds = integer_between(0, seconds_max);
  if (!seconds) {
    return std::nullopt;
  }
  warn("\"" + key_ + "\" is taken as " + std::to_string(*seconds) +
       " seconds, but should be converted to a duration in quotes, such as \"2s\"");
  return milliseconds(*seconds * 1000);
}

/// Here integers are as good as durations to nats-server, so that only a long one is suspicious.
std::optional<milliseconds> Field::timeout() const {
  std::optional<milliseconds> result;
  if (const auto* whole = value_.as<std::int64_t>()) {
    const std::optional<std::int64_t> seconds = integer_between(0, seconds_max);
    result = seconds ? std::optional(milliseconds(*whole * 1000)) : std::nullopt;
  } else if (const auto* fraction = value_.as<double>()) {
    if (*fraction >= 0 && *fraction < static_cast<double>(seconds_max)) {
      const std::chrono::duration<double> seconds(*fraction);
      result = to_milliseconds(std::chrono::duration_cast<nanoseconds>(seconds));
    } else {
      invalid("\"" + key_ + "\" must be between 0 and " + std::to_string(seconds_max));
    }
  } else {
    result = duration();
  }
  if (result && *result > timeout_warning) {
    warn("\"" + key_ + "\" is " + std::to_string(result->count() / 1000) +
         " seconds, which is long; a duration like 1m needs quotes");
  }
  return result;
}

void Field::into(bool& target) const {
  if (const auto found = boolean()) {
    target = *found;
  }
}

void Field::into(std::string& target) const {
  if (auto found = text()) {
    target = std::move(*found);
  }
}

void Field::into(milliseconds& target) const {
  const auto found = duration_or_seconds();
  if (found && found->count() > 0) {
    target = *found;
  }
}

}  // namespace leafnats::config
