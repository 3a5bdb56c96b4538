// SPDX-License-Identifier: Apache-2.0
//
// Random numbers, handed in: the shell gives the system's, the simulator a seeded sequence.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace leafnats::base {

/// A source of unpredictable bytes, for nonces and names that a peer must not guess.
class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual void fill(std::span<unsigned char> bytes) = 0;
};

/// A small fast generator (xoshiro256**) for choices that need no secrecy: queue members, jitter.
class Random {
 public:
  explicit Random(Entropy& entropy);
  explicit Random(std::uint64_t seed) noexcept;

  std::uint64_t next() noexcept;

  /// Uniform in [0, bound); bound must not be 0.
  std::uint32_t below(std::uint32_t bound) noexcept {
    return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
  }

 private:
  std::uint64_t state_[4];
};

/// 22 characters of base 62, unique for all practical purposes (the form of a NUID).
std::string make_nuid(Entropy& entropy);

/// 11 random bytes as 15 characters of URL-safe base64: the nonce of an INFO (nats-server).
std::string make_nonce(Entropy& entropy);

/// A server id: the text form of a public server nkey, 56 characters beginning with N.
std::string make_server_id(Entropy& entropy);

}  // namespace leafnats::base
