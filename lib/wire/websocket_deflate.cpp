// SPDX-License-Identifier: Apache-2.0
//
// zlib in raw mode. The deflater uses a window of 8 KiB: any inflater reads it, it needs a third
// of the memory of the largest, and operations of a batch resemble their neighbours.

#include "wire/websocket_deflate.hpp"

#include <algorithm>
#include <climits>

#include <zlib.h>

namespace leafnats::wire {

namespace {

constexpr int deflate_window_bits = -13;  // negative: raw
constexpr int deflate_memory_level = 7;
constexpr int inflate_window_bits = -15;
constexpr std::string_view message_tail("\x00\x00\xff\xff", 4);

// zlib's flag in z_stream::data_type: between two blocks.
constexpr int at_block_end = 128;

Bytef* bytes_of(const char* text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text));  // zlib reads through non-const
}

uInt clamp(std::size_t size) { return static_cast<uInt>(std::min<std::size_t>(size, UINT_MAX)); }

}  // namespace

bool deflate_message(std::string_view plain, std::string& out) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, deflate_window_bits, deflate_memory_level,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return false;
  }
  // Room for what is smaller than `plain`, and for the tail that is cut off again.
  const std::size_t before = out.size();
  out.resize(before + plain.size() + message_tail.size());
  stream.next_in = bytes_of(plain.data());
  stream.avail_in = clamp(plain.size());
  stream.next_out = bytes_of(out.data() + before);
  stream.avail_out = clamp(out.size() - before);
  const int result = deflate(&stream, Z_SYNC_FLUSH);
  const bool complete = result == Z_OK && stream.avail_in == 0 && stream.avail_out > 0;
  const std::size_t made = out.size() - before - stream.avail_out;
  deflateEnd(&stream);
  const bool smaller = complete && made >= message_tail.size() &&
                       made - message_tail.size() < plain.size();
  out.resize(smaller ? before + made - message_tail.size() : before);
  return smaller;
}

struct MessageInflater::Stream {
  Stream() : good(inflateInit2(&z, inflate_window_bits) == Z_OK) {}
  ~Stream() {
    if (good) inflateEnd(&z);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream z{};
  const bool good;
};

std::size_t MessageInflater::step(std::string_view& in, std::span<char> out) {
  if (!stream_) stream_ = std::make_unique<Stream>();
  if (!stream_->good) {
    state_ = State::broken;
    return 0;
  }
  z_stream& z = stream_->z;
  const uInt given = clamp(in.size());
  const uInt room = clamp(out.size());
  z.next_in = bytes_of(in.data());
  z.avail_in = given;
  z.next_out = bytes_of(out.data());
  z.avail_out = room;
  const int result = ::inflate(&z, Z_NO_FLUSH);
  in.remove_prefix(given - z.avail_in);
  if (result == Z_STREAM_END) {
    state_ = State::ended;
  } else if (result != Z_OK && result != Z_BUF_ERROR) {  // the latter: no progress this time
    state_ = State::broken;
  }
  return room - z.avail_out;
}

std::size_t MessageInflater::inflate(std::string_view& in, std::span<char> out) {
  std::size_t made = 0;
  if (state_ == State::payload && !out.empty()) made = step(in, out);
  if (state_ == State::ended) in = {};
  return made;
}

std::size_t MessageInflater::finish(std::span<char> out) {
  if (state_ == State::payload) {
    state_ = State::tail;
    tail_ = message_tail;
  }
  std::size_t made = 0;
  if (state_ == State::tail) {
    made = step(tail_, out);
    // Room left means that zlib holds nothing back: everything came out, or a block lacks its
    // end.
    if (state_ == State::tail && made < out.size()) {
      const bool whole = tail_.empty() && (stream_->z.data_type & at_block_end) != 0;
      state_ = whole ? State::finished : State::broken;
    }
  }
  if (state_ == State::ended) state_ = State::finished;
  return made;
}

MessageInflater::MessageInflater() = default;
MessageInflater::~MessageInflater() = default;

void MessageInflater::reset() {
  stream_.reset();
  state_ = State::payload;
}

}  // namespace leafnats::wire
