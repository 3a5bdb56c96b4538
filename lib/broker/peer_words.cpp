// SPDX-License-Identifier: Apache-2.0

#include "broker/peer_words.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace leafnats::broker {
namespace {

using Sizes = std::array<std::uint16_t, 4>;

std::uint16_t kept_size(std::string_view word) noexcept {
  return static_cast<std::uint16_t>(std::min<std::size_t>(word.size(), UINT16_MAX));
}

}  // namespace

PeerWords::PeerWords(const Words& words) {
  const std::array<std::string_view, 4> all{words.name, words.lang, words.version, words.user};
  Sizes sizes;
  std::size_t total = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    sizes[i] = kept_size(all[i]);
    total += sizes[i];
  }
  if (total == 0) return;
  bytes_ = std::make_unique<char[]>(sizeof sizes + total);
  std::memcpy(bytes_.get(), sizes.data(), sizeof sizes);
  char* out = bytes_.get() + sizeof sizes;
  for (std::size_t i = 0; i < all.size(); ++i) out = std::copy_n(all[i].data(), sizes[i], out);
}

PeerWords::Words PeerWords::get() const noexcept {
  if (bytes_ == nullptr) return {};
  Sizes sizes;
  std::memcpy(sizes.data(), bytes_.get(), sizeof sizes);
  const char* at = bytes_.get() + sizeof sizes;
  const auto take = [&](std::size_t i) {
    const std::string_view word(at, sizes[i]);
    at += sizes[i];
    return word;
  };
  Words words;
  words.name = take(0);
  words.lang = take(1);
  words.version = take(2);
  words.user = take(3);
  return words;
}

std::string_view shown_user(std::string_view login, const OfferedIdentity& offered) noexcept {
  if (!login.empty()) return login;
  if (!offered.nkey.empty()) return offered.nkey;
  if (!offered.user.empty()) return offered.user;
  return offered.has_token ? "[REDACTED]" : "";
}

}  // namespace leafnats::broker
