// SPDX-License-Identifier: Apache-2.0
//
// NaCl's box: the shared secret of X25519 goes through HSalsa20 once for the pair of keys, and once
// more with the first 16 bytes of the nonce for the message; Salsa20 with the other 8 makes the
// stream. Its first 32 bytes are the key of the tag, the message is encrypted with what follows.
// The tag is checked before anything is decrypted.

#include "auth/sealed_box.hpp"

#include "base/random.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <utility>

namespace leafnats::auth {
namespace {

constexpr std::string_view version = "xkv1";
constexpr std::size_t nonce_bytes = 24;
constexpr std::size_t tag_at = version.size() + nonce_bytes;

using Words = std::array<std::uint32_t, 16>;
using Nonce = std::array<unsigned char, nonce_bytes>;

std::uint32_t load(const unsigned char* bytes) noexcept {
  return static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8 |
         static_cast<std::uint32_t>(bytes[2]) << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
}

void store(std::uint32_t word, unsigned char* bytes) noexcept {
  for (int i = 0; i < 4; ++i) bytes[i] = static_cast<unsigned char>(word >> (8 * i) & 0xff);
}

/// The 20 rounds of Salsa20, each four quarter rounds, on columns and rows in turn.
void mix(Words& x) noexcept {
  const auto quarter = [&x](int a, int b, int c, int d) noexcept {
    x[b] ^= std::rotl(x[a] + x[d], 7);
    x[c] ^= std::rotl(x[b] + x[a], 9);
    x[d] ^= std::rotl(x[c] + x[b], 13);
    x[a] ^= std::rotl(x[d] + x[c], 18);
  };
  for (int round = 0; round < 20; round += 2) {
    quarter(0, 4, 8, 12);
    quarter(5, 9, 13, 1);
    quarter(10, 14, 2, 6);
    quarter(15, 3, 7, 11);
    quarter(0, 1, 2, 3);
    quarter(5, 6, 7, 4);
    quarter(10, 11, 8, 9);
    quarter(15, 12, 13, 14);
  }
}

/// Constants, key and sixteen bytes of input in the places that Salsa20 gives them.
Words arrange(const KeyBytes& key, const unsigned char* input) noexcept {
  static constexpr std::array<std::uint32_t, 4> constants{0x61707865, 0x3320646e, 0x79622d32,
                                                          0x6b206574};
  Words words{};
  for (std::size_t i = 0; i < 4; ++i) {
    words[5 * i] = constants[i];
    words[1 + i] = load(key.data() + 4 * i);
    words[11 + i] = load(key.data() + 16 + 4 * i);
    words[6 + i] = load(input + 4 * i);
  }
  return words;
}

KeyBytes hsalsa20(const KeyBytes& key, const unsigned char* input) noexcept {
  Words words = arrange(key, input);
  mix(words);
  KeyBytes derived{};
  for (std::size_t i = 0; i < 4; ++i) {
    store(words[5 * i], derived.data() + 4 * i);
    store(words[6 + i], derived.data() + 16 + 4 * i);
  }
  return derived;
}

using Block = std::array<unsigned char, 64>;

Block salsa20_block(const KeyBytes& key, const unsigned char* nonce,
                    std::uint64_t counter) noexcept {
  std::array<unsigned char, 16> input{};
  std::copy_n(nonce, 8, input.begin());
  store(static_cast<std::uint32_t>(counter), input.data() + 8);
  store(static_cast<std::uint32_t>(counter >> 32), input.data() + 12);
  const Words begin = arrange(key, input.data());
  Words words = begin;
  mix(words);
  Block block{};
  for (std::size_t i = 0; i < words.size(); ++i) store(words[i] + begin[i], &block[4 * i]);
  return block;
}

/// Encrypts or decrypts: adds the stream from its 33rd byte on.
void apply_stream(const KeyBytes& key, const unsigned char* nonce, std::span<char> text) noexcept {
  std::size_t place = 32;
  Block block{};
  for (std::size_t i = 0; i < text.size(); ++i, ++place) {
    if (i == 0 || place % block.size() == 0) {
      block = salsa20_block(key, nonce, place / block.size());
    }
    text[i] = static_cast<char>(static_cast<unsigned char>(text[i]) ^ block[place % block.size()]);
  }
  wipe(block);
}

/// The key of one message between two keys.
Result<KeyBytes> message_key(const KeyPair& own, const PublicKey& other, const Nonce& nonce) {
  if (own.kind() != NkeyKind::curve_key || other.kind() != NkeyKind::curve_key) {
    return Error{Errc::invalid_argument, "sealed boxes need curve keys"};
  }
  KeyBytes shared{};
  if (!x25519(own.reveal(), other.bytes(), shared)) {
    return Error{Errc::invalid_argument, "this curve key keeps no secret"};
  }
  static constexpr std::array<unsigned char, 16> zero{};
  const KeyBytes pair_key = hsalsa20(shared, zero.data());
  wipe(shared);
  return hsalsa20(pair_key, nonce.data());
}

Result<PolyTag> tag_of(const KeyBytes& key, const Nonce& nonce, std::string_view encrypted) {
  Block block = salsa20_block(key, nonce.data() + 16, 0);
  KeyBytes tag_key{};
  std::copy_n(block.begin(), tag_key.size(), tag_key.begin());
  wipe(block);
  PolyTag tag{};
  const std::span bytes(reinterpret_cast<const unsigned char*>(encrypted.data()),
                        encrypted.size());
  const bool made = poly1305(tag_key, bytes, tag);
  wipe(tag_key);
  if (!made) return Error{Errc::not_supported, "no Poly1305 in this build"};
  return tag;
}

}  // namespace

Result<std::string> seal_box(const KeyPair& sender, const PublicKey& recipient,
                             std::string_view message, base::Entropy& entropy) {
  Nonce nonce{};
  entropy.fill(nonce);
  Result<KeyBytes> key = message_key(sender, recipient, nonce);
  if (!key) return std::move(key).error();
  std::string encrypted(message);
  apply_stream(*key, nonce.data() + 16, encrypted);
  const Result<PolyTag> tag = tag_of(*key, nonce, encrypted);
  wipe(*key);
  if (!tag) return tag.error();
  std::string box(version);
  box.append(nonce.begin(), nonce.end());
  box.append(tag->begin(), tag->end());
  return box + encrypted;
}

Result<std::string> open_box(const KeyPair& recipient, const PublicKey& sender,
                             std::string_view box) {
  const Error closed{Errc::invalid_argument, "the sealed box does not open"};
  if (box.size() < sealed_box_overhead_bytes || !box.starts_with(version)) return closed;
  Nonce nonce{};
  std::copy_n(box.begin() + version.size(), nonce.size(), nonce.begin());
  Result<KeyBytes> key = message_key(recipient, sender, nonce);
  if (!key) return std::move(key).error();
  PolyTag sent{};
  std::copy_n(box.begin() + tag_at, sent.size(), sent.begin());
  std::string text(box.substr(sealed_box_overhead_bytes));
  const Result<PolyTag> tag = tag_of(*key, nonce, text);
  const bool genuine = tag && tags_equal(*tag, sent);
  if (genuine) apply_stream(*key, nonce.data() + 16, text);
  wipe(*key);
  if (!genuine) return closed;
  return text;
}

}  // namespace leafnats::auth
