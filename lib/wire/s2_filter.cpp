// SPDX-License-Identifier: Apache-2.0
//
// A block is handed out only when its checksum was right. A stored chunk that lies whole in the
// input needs no buffer for that: it is checked there and then passed on, piece by piece.
#include "wire/s2_filter.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/assert.hpp"
#include "wire/s2_decoder.hpp"

namespace leafnats::wire {

namespace {

// Pieces from here on become stored chunks of their own, smaller ones are put together first: a
// chunk costs eight bytes here and a call of its reader there.
constexpr std::size_t stored_piece_bytes = 64;

/// The longest a block can be that decodes to `plain` bytes: Snappy's bound.
constexpr std::size_t compressed_bytes_max(std::size_t plain) { return 32 + plain + plain / 6; }

void release(std::string& buffer) { std::string().swap(buffer); }

std::size_t move_bytes(std::string_view from, std::span<char>& out) {
  const std::size_t count = std::min(from.size(), out.size());
  std::copy_n(from.data(), count, out.data());
  out = out.subspan(count);
  return count;
}

}  // namespace

S2Filter::S2Filter(S2Level level, std::size_t block_bytes_max) : level_(level) {
  set_block_bytes_max(block_bytes_max);
}

S2Filter::~S2Filter() = default;

void S2Filter::set_block_bytes_max(std::size_t bytes) noexcept {
  block_bytes_max_ = std::min(bytes, limits::s2_block_bytes_max);
}

std::size_t S2Filter::held_bytes() const noexcept {
  const auto heap = [](const std::string& buffer) {
    return buffer.capacity() < sizeof buffer ? 0 : buffer.capacity();
  };
  return heap(gathered_) + heap(chunk_) + heap(plain_);
}

StreamFilter::State S2Filter::state() const { return error_.empty() ? State::open : State::failed; }

void S2Filter::fail(std::string text) {
  error_ = "S2 stream of the peer: " + std::move(text);
  release(chunk_);
  release(plain_);
}

// ---- Decoding

std::size_t S2Filter::decode(std::string_view& in, std::span<char> out) {
  const std::size_t room = out.size();
  while (error_.empty()) {
    hand_out(out);
    if (out.empty() || in.empty()) break;
    switch (stage_) {
      case Stage::head: take_head(in); break;
      case Stage::body: take_body(in, out); break;
      case Stage::passing: {
        const std::size_t moved = move_bytes(in.substr(0, body_bytes_), out);
        in.remove_prefix(moved);
        body_bytes_ -= moved;
        if (body_bytes_ == 0) stage_ = Stage::head;
        break;
      }
      case Stage::skipping: {
        const std::size_t skipped = std::min(body_bytes_, in.size());
        in.remove_prefix(skipped);
        body_bytes_ -= skipped;
        if (body_bytes_ == 0) stage_ = Stage::head;
        break;
      }
    }
  }
  return room - out.size();
}

void S2Filter::hand_out(std::span<char>& out) {
  if (plain_.empty()) return;
  handed_out_ += move_bytes(std::string_view(plain_).substr(handed_out_), out);
  if (handed_out_ != plain_.size()) return;
  release(plain_);
  handed_out_ = 0;
}

void S2Filter::take_head(std::string_view& in) {
  const std::size_t count = std::min(head_.size() - head_bytes_, in.size());
  std::copy_n(in.data(), count, head_.data() + head_bytes_);
  in.remove_prefix(count);
  head_bytes_ += count;
  if (head_bytes_ != head_.size()) return;
  head_bytes_ = 0;
  body_bytes_ = s2::read_little(head_.data() + 1, 3);
  if (!is_acceptable_head()) return;
  const auto type = static_cast<std::uint8_t>(head_[0]);
  const bool skips = type >= static_cast<std::uint8_t>(s2::ChunkType::first_skippable) &&
                     type != static_cast<std::uint8_t>(s2::ChunkType::identifier);
  stage_ = !skips ? Stage::body : body_bytes_ != 0 ? Stage::skipping : Stage::head;
}

bool S2Filter::is_acceptable_head() {
  const auto refuse = [this](std::string text) {
    fail(std::move(text));
    return false;
  };
  const auto type = static_cast<std::uint8_t>(head_[0]);
  if (type == static_cast<std::uint8_t>(s2::ChunkType::identifier)) {
    return body_bytes_ == s2::s2_identifier.size() || refuse("not a stream identifier");
  }
  if (!identified_) return refuse("it does not begin with an identifier");
  if (type >= static_cast<std::uint8_t>(s2::ChunkType::first_skippable)) return true;
  if (type > static_cast<std::uint8_t>(s2::ChunkType::stored)) {
    return refuse(fmt::format("a chunk of unknown type 0x{:02x}", type));
  }
  if (body_bytes_ < s2::checksum_bytes) return refuse("a chunk without a checksum");
  const std::size_t body = body_bytes_ - s2::checksum_bytes;
  const bool is_stored = type == static_cast<std::uint8_t>(s2::ChunkType::stored);
  const std::size_t most = is_stored ? block_bytes_max_ : compressed_bytes_max(block_bytes_max_);
  if (body <= most) return true;
  return refuse(fmt::format("a chunk of {} bytes, more than the {} allowed", body, most));
}

void S2Filter::take_body(std::string_view& in, std::span<char>& out) {
  if (chunk_.empty() && in.size() >= body_bytes_) {
    const std::string_view body = in.substr(0, body_bytes_);
    in.remove_prefix(body_bytes_);
    take_chunk(body, in, out);
    return;
  }
  const std::size_t count = std::min(body_bytes_ - chunk_.size(), in.size());
  chunk_.append(in.substr(0, count));
  in.remove_prefix(count);
  if (chunk_.size() != body_bytes_) return;
  const std::string chunk = std::exchange(chunk_, {});
  std::string_view nothing;
  take_chunk(chunk, nothing, out);
}

void S2Filter::take_chunk(std::string_view body, std::string_view& in, std::span<char>& out) {
  stage_ = Stage::head;
  switch (static_cast<s2::ChunkType>(head_[0])) {
    case s2::ChunkType::stored: take_stored(body, in, out); return;
    case s2::ChunkType::compressed: take_compressed(body, out); return;
    default: break;
  }
  is_snappy_ = body == s2::snappy_identifier;
  identified_ = is_snappy_ || body == s2::s2_identifier;
  if (!identified_) fail("an identifier of some other format");
}

/// `in` is what follows the body in the input; without data if the body was gathered.
void S2Filter::take_stored(std::string_view body, std::string_view& in, std::span<char>& out) {
  const std::string_view plain = body.substr(s2::checksum_bytes);
  if (s2::masked_checksum(plain) != s2::read_little(body.data(), s2::checksum_bytes)) {
    fail("a checksum is wrong");
    return;
  }
  const std::string_view rest = plain.substr(move_bytes(plain, out));
  if (rest.empty()) return;
  if (in.data() == nullptr) {
    plain_ = rest;
    return;
  }
  // Checked already: give the rest back to the input, to be passed on from there.
  in = {rest.data(), rest.size() + in.size()};
  body_bytes_ = rest.size();
  stage_ = Stage::passing;
}

void S2Filter::take_compressed(std::string_view body, std::span<char>& out) {
  const std::string_view block = body.substr(s2::checksum_bytes);
  const auto head = s2::read_block_head(block);
  if (!head) return fail("a block without its length");
  const std::size_t most =
      is_snappy_ ? std::min<std::size_t>(block_bytes_max_, 65536) : block_bytes_max_;
  if (head->decoded_size > most) {
    return fail(
        fmt::format("a block of {} bytes, more than the {} allowed", head->decoded_size, most));
  }
  std::string held;
  std::span<char> space = out;
  if (head->decoded_size > out.size()) {
    held.resize(head->decoded_size);
    space = held;
  }
  space = space.first(head->decoded_size);
  if (!s2::decode_elements(block.substr(head->head_size), space)) return fail("a broken block");
  const std::string_view plain(space.data(), space.size());
  if (s2::masked_checksum(plain) != s2::read_little(body.data(), s2::checksum_bytes)) {
    return fail("a checksum is wrong");
  }
  if (held.empty()) {
    out = out.subspan(plain.size());
  } else {
    plain_ = std::move(held);
    hand_out(out);
  }
}

// ---- Encoding

std::size_t S2Filter::direct_bytes() const noexcept {
  return level_ == S2Level::uncompressed ? stored_piece_bytes : limits::s2_encoded_block_bytes;
}

void S2Filter::encode(std::string_view plain, ByteSink& out) {
  while (!plain.empty()) {
    const std::size_t room = limits::s2_encoded_block_bytes - gathered_.size();
    const std::string_view part = plain.substr(0, room);
    plain.remove_prefix(part.size());
    if (part.size() >= direct_bytes()) {
      flush(out);
      put_chunk(part, out);
      continue;
    }
    gathered_.append(part);
    if (gathered_.size() == limits::s2_encoded_block_bytes) flush(out);
  }
}

void S2Filter::flush(ByteSink& out) {
  if (gathered_.empty()) return;
  put_chunk(gathered_, out);
  release(gathered_);
}

void S2Filter::put_chunk(std::string_view plain, ByteSink& out) {
  if (!opened_) out.append(s2::stream_opening);
  opened_ = true;
  constexpr std::size_t head = s2::chunk_head_bytes + s2::checksum_bytes;
  const std::uint32_t checksum = s2::masked_checksum(plain);
  if (level_ != S2Level::uncompressed) {
    char* const space = out.reserve(head + s2::block_bytes_max(plain.size()));
    if (const std::size_t size = s2::encode_block(level_, plain, space + head); size != 0) {
      s2::write_chunk_head(space, s2::ChunkType::compressed, size, checksum);
      out.commit(head + size);
      return;
    }
  }
  s2::write_chunk_head(out.reserve(head), s2::ChunkType::stored, plain.size(), checksum);
  out.commit(head);
  out.append(plain);
}

void S2Filter::close(StreamEnd, ByteSink&) {}  // S2 has no word for the end

}  // namespace leafnats::wire
