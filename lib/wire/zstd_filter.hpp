// SPDX-License-Identifier: Apache-2.0
//
// zstd on a connection: one frame for the life of the link, flushed with each batch, so that what
// a message shares with those before it is not said again. That is what S2 cannot do: its blocks
// know nothing of each other.
//
// Memory: the two contexts live as long as the link, each made when it is first needed. A peer's
// frame that wants a larger window than agreed on fails before the window is allocated; output is
// pulled into the caller's buffer, so a bomb unfolds only as fast as it is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "wire/stream_filter.hpp"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace leafnats::wire {

#if defined(LEAFNATS_HAVE_ZSTD)
inline constexpr bool has_zstd = true;
#else
inline constexpr bool has_zstd = false;
#endif

/// Both ends have the same window and dictionary; the level is each end's own.
struct ZstdSettings {
  int level = 1;
  int window_log = 14;
  std::string_view dictionary;  ///< not needed after the filter is made
};

/// Only in a build with zstd.
class ZstdFilter final : public StreamFilter {
 public:
  explicit ZstdFilter(const ZstdSettings& settings);
  ZstdFilter(const ZstdFilter&) = delete;
  ZstdFilter& operator=(const ZstdFilter&) = delete;
  ~ZstdFilter() override;

  /// Bytes of both contexts, for tests and statistics.
  [[nodiscard]] std::size_t held_bytes() const noexcept;

  [[nodiscard]] Kind kind() const override { return Kind::compression; }
  [[nodiscard]] State state() const override;
  [[nodiscard]] std::string_view error() const override { return error_; }
  std::size_t decode(std::string_view& in, std::span<char> out) override;
  void encode(std::string_view plain, ByteSink& out) override;
  void flush(ByteSink& out) override;
  [[nodiscard]] bool has_output() const override { return unflushed_; }
  void close(StreamEnd end, ByteSink& out) override;

 private:
  struct FreeEncoder {
    void operator()(ZSTD_CCtx_s* context) const noexcept;
  };
  struct FreeDecoder {
    void operator()(ZSTD_DCtx_s* context) const noexcept;
  };

  [[nodiscard]] ZSTD_CCtx_s* encoder();
  [[nodiscard]] ZSTD_DCtx_s* decoder();

  const int level_;
  const int window_log_;
  const std::string dictionary_;
  std::unique_ptr<ZSTD_CCtx_s, FreeEncoder> encoder_;
  std::unique_ptr<ZSTD_DCtx_s, FreeDecoder> decoder_;
  bool unflushed_ = false;
  std::string error_;
};

#if defined(LEAFNATS_HAVE_ZSTD)
/// Tells dictionaries apart; 0 for none.
[[nodiscard]] std::uint32_t zstd_dictionary_id(std::string_view dictionary) noexcept;

/// Whether zstd takes these bytes: anything but a dictionary in its own format that is broken.
[[nodiscard]] bool is_zstd_dictionary(std::string_view bytes);
#else
[[nodiscard]] inline std::uint32_t zstd_dictionary_id(std::string_view) noexcept { return 0; }
[[nodiscard]] inline bool is_zstd_dictionary(std::string_view) { return true; }
#endif

}  // namespace leafnats::wire
