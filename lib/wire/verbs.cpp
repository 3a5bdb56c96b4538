// SPDX-License-Identifier: Apache-2.0
//
// The spellings of all verbs, and the comparison with them. It runs once for an operation other
// than a message, so a walk through ten spellings is good enough.
#include "wire/verbs.hpp"

#include <algorithm>

namespace leafnats::wire {

namespace {

/// How a verb is told from its arguments.
enum class Rest : std::uint8_t {
  after_blank,  // a blank must follow
  anything,     // arguments may follow at once
};

struct VerbSpelling {
  std::string_view name;  // lower case
  Verb verb;
  Rest rest;
};

constexpr VerbSpelling client_verbs[] = {
    {"pub", Verb::pub, Rest::after_blank},       {"hpub", Verb::hpub, Rest::after_blank},
    {"sub", Verb::sub, Rest::after_blank},       {"unsub", Verb::unsub, Rest::after_blank},
    {"ping", Verb::ping, Rest::anything},        {"pong", Verb::pong, Rest::anything},
    {"connect", Verb::connect, Rest::anything},  {"info", Verb::info, Rest::anything},
    {"+ok", Verb::ok, Rest::anything},           {"-err", Verb::err, Rest::after_blank},
};

constexpr VerbSpelling leaf_verbs[] = {
    {"lmsg", Verb::leaf_msg, Rest::after_blank}, {"hmsg", Verb::leaf_hmsg, Rest::after_blank},
    {"ls+", Verb::leaf_sub, Rest::after_blank},  {"ls-", Verb::leaf_unsub, Rest::after_blank},
    {"ping", Verb::ping, Rest::anything},        {"pong", Verb::pong, Rest::anything},
    {"connect", Verb::connect, Rest::anything},  {"info", Verb::info, Rest::anything},
    {"+ok", Verb::ok, Rest::anything},           {"-err", Verb::err, Rest::after_blank},
};

constexpr char lower(char byte) noexcept {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte;
}

constexpr bool is_space_or_tab(char byte) noexcept { return byte == ' ' || byte == '\t'; }

Recognized compare(const VerbSpelling& spelling, std::string_view bytes) noexcept {
  const std::size_t length = spelling.name.size();
  const std::size_t common = std::min(length, bytes.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (lower(bytes[i]) != spelling.name[i]) return {};
  }
  const bool more = bytes.size() > length;
  const bool blank = more && is_space_or_tab(bytes[length]);
  if (bytes.size() < length || (!more && spelling.rest == Rest::after_blank)) {
    return {Recognition::incomplete, spelling.verb, 0};
  }
  if (!blank && spelling.rest == Rest::after_blank) return {};
  return {Recognition::known, spelling.verb, length + (blank ? 1 : 0)};
}

}  // namespace

// No verb is a prefix of another one of its dialect, so the first that fits is the answer, and
// `incomplete` means that more bytes can still decide it.
Recognized recognize(Dialect dialect, std::string_view bytes) noexcept {
  const auto among = [bytes](const auto& spellings) noexcept {
    for (const VerbSpelling& spelling : spellings) {
      const Recognized found = compare(spelling, bytes);
      if (found.state != Recognition::unknown) return found;
    }
    return Recognized{};
  };
  return dialect == Dialect::client ? among(client_verbs) : among(leaf_verbs);
}

}  // namespace leafnats::wire
