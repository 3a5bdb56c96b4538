// SPDX-License-Identifier: Apache-2.0
//
// S2 on a connection: StreamFilter over the framing of s2_frame.hpp. Open from the first byte, for
// what was to be agreed on has been agreed on before it is made.
//
// Memory: encoding gathers at most one block of ours until flush(). Decoding reads a chunk where
// it lies if all of it is there, and straight into the caller's buffer if it fits; only otherwise
// it gathers the chunk, as it arrives, or holds the plain block until it is fetched. Both are
// bounded by the limit for blocks and given back as soon as they are empty.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "base/limits.hpp"
#include "wire/s2_encoder.hpp"
#include "wire/s2_frame.hpp"
#include "wire/stream_filter.hpp"

namespace leafnats::wire {

class S2Filter final : public StreamFilter {
 public:
  /// A peer's block may decode to `block_bytes_max`, at most limits::s2_block_bytes_max.
  explicit S2Filter(S2Level level, std::size_t block_bytes_max = limits::s2_block_bytes_max);
  ~S2Filter() override;

  /// For what is flushed next. Costs nothing; the peer need not know.
  void set_level(S2Level level) noexcept { level_ = level; }
  [[nodiscard]] S2Level level() const noexcept { return level_; }

  /// For the chunks that begin from now on.
  void set_block_bytes_max(std::size_t bytes) noexcept;

  /// Bytes of buffers, for tests and statistics.
  [[nodiscard]] std::size_t held_bytes() const noexcept;

  [[nodiscard]] Kind kind() const override { return Kind::compression; }
  [[nodiscard]] State state() const override;
  [[nodiscard]] std::string_view error() const override { return error_; }
  std::size_t decode(std::string_view& in, std::span<char> out) override;
  void encode(std::string_view plain, ByteSink& out) override;
  void flush(ByteSink& out) override;
  [[nodiscard]] bool has_output() const override { return !gathered_.empty(); }
  void close(StreamEnd end, ByteSink& out) override;

 private:
  /// Where in a chunk the next byte of the peer belongs.
  enum class Stage : std::uint8_t { head, body, skipping, passing };

  // Decoding, one stage each; `out` shrinks by what was written to it.
  void take_head(std::string_view& in);
  void take_body(std::string_view& in, std::span<char>& out);
  void take_chunk(std::string_view body, std::string_view& in, std::span<char>& out);
  void take_stored(std::string_view body, std::string_view& in, std::span<char>& out);
  void take_compressed(std::string_view body, std::span<char>& out);
  void hand_out(std::span<char>& out);
  [[nodiscard]] bool is_acceptable_head();
  void fail(std::string text);

  // Encoding.
  void put_chunk(std::string_view plain, ByteSink& out);
  [[nodiscard]] std::size_t direct_bytes() const noexcept;

  S2Level level_;
  bool opened_ = false;   // our identifier is out
  std::string gathered_;  // plain bytes for the next block of ours

  std::size_t block_bytes_max_;
  Stage stage_ = Stage::head;
  bool identified_ = false;  // the peer's identifier has come
  bool is_snappy_ = false;
  std::array<char, s2::chunk_head_bytes> head_{};
  std::size_t head_bytes_ = 0;  // of it there are
  std::size_t body_bytes_ = 0;  // of the chunk: its length; skipping and passing: what is left
  std::string chunk_;           // the body, if it came in pieces
  std::string plain_;           // a block that did not fit
  std::size_t handed_out_ = 0;  // of plain_
  std::string error_;
};

}  // namespace leafnats::wire
