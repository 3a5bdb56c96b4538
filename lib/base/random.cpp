// SPDX-License-Identifier: Apache-2.0
//
// xoshiro256** and the names made of random bytes.

#include "base/random.hpp"

#include "base/base32.hpp"
#include "base/base64.hpp"

#include <array>
#include <bit>
#include <string_view>

namespace leafnats::base {
namespace {

std::uint64_t split_mix(std::uint64_t& state) noexcept {
  std::uint64_t mixed = (state += 0x9e3779b97f4a7c15);
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

}  // namespace

Random::Random(std::uint64_t seed) noexcept {
  for (std::uint64_t& word : state_) word = split_mix(seed);
}

Random::Random(Entropy& entropy) : Random(std::uint64_t{0}) {
  std::array<unsigned char, 8> bytes{};
  entropy.fill(bytes);
  std::uint64_t seed = std::bit_cast<std::uint64_t>(bytes);
  for (std::uint64_t& word : state_) word = split_mix(seed);
}

std::uint64_t Random::next() noexcept {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::string make_nuid(Entropy& entropy) {
  static constexpr std::string_view alphabet =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string text;
  while (text.size() < 22) {
    std::array<unsigned char, 32> bytes{};
    entropy.fill(bytes);
    for (const unsigned char byte : bytes) {
      // 248 = 4 * 62: rejecting the rest keeps every character equally likely.
      if (byte < 248 && text.size() < 22) text += alphabet[byte % 62];
    }
  }
  return text;
}

std::string make_nonce(Entropy& entropy) {
  std::array<unsigned char, 11> bytes{};
  entropy.fill(bytes);
  return encode_base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string make_server_id(Entropy& entropy) {
  static constexpr unsigned char server_prefix = 13 << 3;  // 'N'
  std::array<unsigned char, 35> bytes{};
  entropy.fill(std::span(bytes).subspan(1, 32));
  bytes[0] = server_prefix;
  const std::uint16_t crc = crc16(std::span(bytes).first(33));
  bytes[33] = static_cast<unsigned char>(crc & 0xff);
  bytes[34] = static_cast<unsigned char>(crc >> 8);
  return encode_base32(bytes);
}

}  // namespace leafnats::base
