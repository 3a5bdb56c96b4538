// SPDX-License-Identifier: Apache-2.0

#include "broker/compression_agreement.hpp"

#include "base/limits.hpp"
#include "wire/zstd_filter.hpp"

#include <algorithm>
#include <utility>

namespace leafnats::broker {
namespace {

using Format = CompressionAgreement::Format;

/// Also "s2_uncompressed", which cannot be configured but is what a node with s2_auto may say.
struct PeerMode {
  std::string_view name;
  CompressionMode mode;
};
constexpr PeerMode peer_modes[] = {
    {"", CompressionMode::not_supported},  {"not supported", CompressionMode::not_supported},
    {"off", CompressionMode::off},         {"accept", CompressionMode::accept},
    {"s2_auto", CompressionMode::s2_auto}, {"s2_uncompressed", CompressionMode::s2_auto},
    {"s2_fast", CompressionMode::s2_fast}, {"s2_better", CompressionMode::s2_better},
    {"s2_best", CompressionMode::s2_best},
};

/// What a node that wants zstd says, and does, where the other cannot.
CompressionMode as_s2(CompressionMode mode) noexcept {
  return mode == CompressionMode::zstd ? CompressionMode::s2_auto : mode;
}

bool is_willing(CompressionMode mode) noexcept {
  return mode == CompressionMode::zstd || mode == CompressionMode::accept;
}

/// The one that accepts takes the other's level, but never the other's way of finding one.
CompressionMode accepted(CompressionMode theirs) noexcept {
  return theirs == CompressionMode::s2_auto ? CompressionMode::s2_fast : theirs;
}

}  // namespace

std::string_view to_string(CompressionMode mode) noexcept {
  switch (mode) {
    case CompressionMode::not_supported: return "not supported";
    case CompressionMode::off: return "off";
    case CompressionMode::accept: return "accept";
    case CompressionMode::s2_auto: return "s2_auto";
    case CompressionMode::s2_fast: return "s2_fast";
    case CompressionMode::s2_better: return "s2_better";
    case CompressionMode::s2_best: return "s2_best";
    case CompressionMode::zstd: return "zstd";
  }
  return "";
}

CompressionOffer offer_of(const CompressionOptions& ours) noexcept {
  CompressionOffer offer;
  if (ours.mode == CompressionMode::not_supported) return offer;
  offer.mode = to_string(as_s2(ours.mode));
  if (wire::has_zstd && is_willing(ours.mode)) {
    offer.zstd_window_log = ours.zstd_window_log;
    offer.zstd_dictionary = wire::zstd_dictionary_id(ours.zstd_dictionary);
  }
  return offer;
}

std::optional<CompressionAgreement> agree(const CompressionOptions& options,
                                          const CompressionOffer& theirs) noexcept {
  const auto* const named =
      std::find_if(std::begin(peer_modes), std::end(peer_modes),
                   [&](const PeerMode& known) { return known.name == theirs.mode; });
  if (named == std::end(peer_modes)) return std::nullopt;
  CompressionAgreement agreement;
  if (!negotiates(named->mode)) {
    agreement.mode = named->mode;
    return agreement;
  }
  const CompressionOffer ours = offer_of(options);
  const bool both_only_accept =
      options.mode == CompressionMode::accept && named->mode == CompressionMode::accept;
  if (both_only_accept) return agreement;
  if (ours.zstd_window_log > 0 && theirs.zstd_window_log >= limits::zstd_window_log_min) {
    agreement.format = Format::zstd;
    agreement.mode = CompressionMode::zstd;
    agreement.zstd_window_log =
        static_cast<int>(std::min(ours.zstd_window_log, theirs.zstd_window_log));
    agreement.with_dictionary =
        ours.zstd_dictionary != 0 && ours.zstd_dictionary == theirs.zstd_dictionary;
    return agreement;
  }
  agreement.format = Format::s2;
  agreement.mode =
      options.mode == CompressionMode::accept ? accepted(named->mode) : as_s2(options.mode);
  return agreement;
}

}  // namespace leafnats::broker
