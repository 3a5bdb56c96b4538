// SPDX-License-Identifier: Apache-2.0

#include "broker/leaf_compression.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "wire/zstd_filter.hpp"

namespace leafnats::broker {
namespace {

using Format = CompressionAgreement::Format;
using wire::S2Level;

S2Level fixed_level(CompressionMode mode) noexcept {
  switch (mode) {
    case CompressionMode::s2_better: return S2Level::better;
    case CompressionMode::s2_best: return S2Level::best;
    default: return S2Level::fast;
  }
}

std::string_view to_string(S2Level level) noexcept {
  switch (level) {
    case S2Level::uncompressed: return "s2_uncompressed";
    case S2Level::fast: return "s2_fast";
    case S2Level::better: return "s2_better";
    case S2Level::best: return "s2_best";
  }
  return "";
}

}  // namespace

void LeafCompression::offer(wire::ServerInfo& info) const {
  if (forbidden_) return;
  const CompressionOffer offer = offer_of(options_);
  info.compression = offer.mode;
  info.zstd_window = offer.zstd_window_log;
  info.zstd_dictionary = offer.zstd_dictionary;
}

bool LeafCompression::settle(const wire::ServerInfo& info, std::int64_t elapsed_ns) {
  if (!offered()) {
    // A peer that knows of none has none in common with us, whatever the reason (nats-server).
    const bool unknown =
        info.compression.empty() || options_.mode == CompressionMode::not_supported;
    agreement_.mode = unknown ? CompressionMode::not_supported : CompressionMode::off;
    return true;
  }
  const auto agreement =
      agree(options_, {info.compression, info.zstd_window, info.zstd_dictionary});
  if (!agreement) return false;
  agreement_ = *agreement;
  dictionaries_differ_ = agreement_.format == Format::zstd && !agreement_.with_dictionary &&
                         (info.zstd_dictionary != 0 || !options_.zstd_dictionary.empty());
  if (agreement_.mode == CompressionMode::s2_auto) {
    automatic_.emplace(options_.rtt_thresholds, elapsed_ns);
  }
  return true;
}

void LeafCompression::confirm(wire::ServerInfo& info) const {
  info.compression = broker::to_string(agreement_.mode);
}

std::unique_ptr<wire::StreamFilter> LeafCompression::make_filter() {
  LEAFNATS_ASSERT(agreed());
  if constexpr (wire::has_zstd) {
    if (agreement_.format == Format::zstd) {
      wire::ZstdSettings settings;
      settings.level = options_.zstd_level;
      settings.window_log = agreement_.zstd_window_log;
      if (agreement_.with_dictionary) settings.dictionary = options_.zstd_dictionary;
      return std::make_unique<wire::ZstdFilter>(settings);
    }
  }
  auto filter = std::make_unique<wire::S2Filter>(
      automatic_ ? automatic_->level() : fixed_level(agreement_.mode),
      limits::s2_login_block_bytes_max);
  s2_ = filter.get();
  return filter;
}

void LeafCompression::logged_in() {
  if (s2_ != nullptr) s2_->set_block_bytes_max(limits::s2_block_bytes_max);
}

void LeafCompression::measured(std::int64_t rtt_ns, bool behind) {
  if (automatic_ && s2_ != nullptr) s2_->set_level(automatic_->measured(rtt_ns, behind));
}

std::string_view LeafCompression::name() const noexcept {
  return s2_ != nullptr ? to_string(s2_->level()) : broker::to_string(agreement_.mode);
}

}  // namespace leafnats::broker
