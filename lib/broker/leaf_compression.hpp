// SPDX-License-Identifier: Apache-2.0
//
// Compression of one leaf link, from what INFO offers to the level that a PONG asks for. The
// session keeps the order of the handshake (leaf_handshake.cpp) and puts the filter in.
//
// Thread: the shard of its session.
#pragma once

#include "broker/compression_agreement.hpp"
#include "broker/s2_auto_level.hpp"
#include "wire/info.hpp"
#include "wire/s2_filter.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace leafnats::broker {

class LeafCompression {
 public:
  /// `options` must outlive it.
  explicit LeafCompression(const CompressionOptions& options) : options_(options) {}

  /// Over WebSocket nothing is offered: compressed frames would be framed again, which no
  /// intermediary understands (seen on the wire, nats-server 2.10 to 2.15).
  void forbid() noexcept { forbidden_ = true; }

  /// Whether this end negotiates: an accepting side takes an INFO of the peer only then.
  [[nodiscard]] bool offered() const noexcept { return !forbidden_ && negotiates(options_.mode); }

  /// Says in the INFO that opens the handshake what this end wants.
  void offer(wire::ServerInfo& info) const;

  /// Takes what the peer's INFO says; once. `elapsed_ns` since the connection is there stands in
  /// for a round trip. False if the peer names a mode that does not exist.
  [[nodiscard]] bool settle(const wire::ServerInfo& info, std::int64_t elapsed_ns);

  /// Whether the link goes on compressed.
  [[nodiscard]] bool agreed() const noexcept {
    return agreement_.format != CompressionAgreement::Format::plain;
  }

  /// Whether both ends have a dictionary, and not the same.
  [[nodiscard]] bool dictionaries_differ() const noexcept { return dictionaries_differ_; }

  /// Says in the INFO that the hub sends once both compress what was chosen.
  void confirm(wire::ServerInfo& info) const;

  /// The filter to put in, if agreed(). Until logged_in() it takes small blocks only.
  [[nodiscard]] std::unique_ptr<wire::StreamFilter> make_filter();
  void logged_in();

  /// A PONG came. `behind`: bytes waited for the peer meanwhile.
  void measured(std::int64_t rtt_ns, bool behind);

  /// What is in use on our writer, as CONNECT says it: "s2_uncompressed", "off".
  [[nodiscard]] std::string_view name() const noexcept;

 private:
  const CompressionOptions& options_;
  bool forbidden_ = false;
  bool dictionaries_differ_ = false;
  CompressionAgreement agreement_;
  std::optional<S2AutoLevel> automatic_;
  wire::S2Filter* s2_ = nullptr;  // owned by the session's stream, which goes after us
};

}  // namespace leafnats::broker
