// SPDX-License-Identifier: Apache-2.0
//
// A header is collected in its own few bytes, so that it may be cut anywhere. Lengths are
// unsigned and never added to anything before they are bounded.

#include "wire/websocket_frame.hpp"

#include <algorithm>
#include <cstring>

namespace leafnats::wire {
namespace {

constexpr unsigned final_bit = 0x80;
constexpr unsigned compressed_bit = 0x40;
constexpr unsigned reserved_bits = 0x30;
constexpr unsigned mask_bit = 0x80;
constexpr unsigned length_16 = 126;
constexpr unsigned length_64 = 127;

}  // namespace

// ---- Reading ----

std::size_t WebSocketFrameReader::length_bytes() const noexcept {
  const unsigned code = bytes_[1] & 0x7f;
  if (code == length_64) return 8;
  return code == length_16 ? 2 : 0;
}

/// As far as can be told from the bytes that are there.
std::size_t WebSocketFrameReader::needed() const noexcept {
  if (size_ < 2) return size_ + std::size_t{1};
  return 2 + length_bytes() + ((bytes_[1] & mask_bit) != 0 ? 4 : 0);
}

std::uint64_t WebSocketFrameReader::length() const noexcept {
  if (length_bytes() == 0) return bytes_[1] & 0x7f;
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < length_bytes(); ++i) length = length << 8 | bytes_[2 + i];
  return length;
}

WebSocketFrameReader::Step WebSocketFrameReader::take(std::string_view& in, WebSocketFrame& frame) {
  while (fault_.empty() && !in.empty()) {
    bytes_[size_++] = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    if (size_ == 1) fault_ = judge_first();
    if (size_ == 2) fault_ = judge_second();
    if (size_ == 2 + length_bytes() && size_ > 2 && length() >> 63 != 0) {
      fault_ = "invalid 64-bit payload length";
    }
    if (fault_.empty() && size_ >= 2 && size_ == needed()) {
      complete(frame);
      return Step::header;
    }
  }
  return fault_.empty() ? Step::more : Step::fault;
}

std::string_view WebSocketFrameReader::judge_first() const noexcept {
  if ((bytes_[0] & reserved_bits) != 0) return "RSV2 and RSV3 must be clear";
  if ((bytes_[0] & compressed_bit) != 0 && !compression_) {
    return "compressed frame received without negotiated permessage-deflate";
  }
  return {};
}

std::string_view WebSocketFrameReader::judge_second() const noexcept {
  const bool masked = (bytes_[1] & mask_bit) != 0;
  if (masking_ == Masking::required && !masked) return "mask bit missing";
  if (masking_ == Masking::forbidden && masked) return "frame of a server has the mask bit set";
  return judge_opcode();
}

std::string_view WebSocketFrameReader::judge_opcode() const noexcept {
  const bool final = (bytes_[0] & final_bit) != 0;
  const bool compressed = (bytes_[0] & compressed_bit) != 0;
  switch (opcode()) {
    case WebSocketOpcode::close:
    case WebSocketOpcode::ping:
    case WebSocketOpcode::pong:
      if ((bytes_[1] & 0x7fU) > websocket_control_bytes_max) {
        return "control frame length bigger than maximum allowed of 125 bytes";
      }
      if (!final) return "control frame does not have final bit set";
      return compressed ? "control frame must not be compressed" : std::string_view{};
    case WebSocketOpcode::text:
    case WebSocketOpcode::binary:
      if (!in_message_) return {};
      return "new message started before final frame for previous message was received";
    case WebSocketOpcode::continuation:
      return in_message_ && !compressed ? std::string_view{} : "invalid continuation frame";
  }
  return "unknown opcode";
}

void WebSocketFrameReader::complete(WebSocketFrame& frame) noexcept {
  frame.opcode = opcode();
  frame.final = (bytes_[0] & final_bit) != 0;
  frame.compressed = (bytes_[0] & compressed_bit) != 0;
  frame.masked = (bytes_[1] & mask_bit) != 0;
  frame.payload_bytes = length();
  if (frame.masked) std::copy_n(bytes_.begin() + size_ - 4, 4, frame.key.begin());
  if (!is_control(frame.opcode)) in_message_ = !frame.final;
  size_ = 0;
}

// ---- Writing ----

char* write_websocket_header(char* out, const WebSocketFrame& frame) noexcept {
  const auto put = [&out](std::uint64_t value) {
    *out++ = static_cast<char>(static_cast<unsigned char>(value & 0xff));
  };
  put(static_cast<unsigned>(frame.opcode) | (frame.final ? final_bit : 0) |
      (frame.compressed ? compressed_bit : 0));
  const unsigned mask = frame.masked ? mask_bit : 0;
  if (frame.payload_bytes <= websocket_control_bytes_max) {
    put(mask | frame.payload_bytes);
  } else {
    const bool is_short = frame.payload_bytes <= 0xffff;
    put(mask | (is_short ? length_16 : length_64));
    for (int shift = is_short ? 8 : 56; shift >= 0; shift -= 8) put(frame.payload_bytes >> shift);
  }
  if (frame.masked) {
    for (const unsigned char byte : frame.key) put(byte);
  }
  return out;
}

// ---- Payloads ----

void apply_websocket_key(char* data, std::size_t size, const WebSocketKey& key,
                         std::uint64_t offset) noexcept {
  std::array<unsigned char, 8> turned{};
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = key[(offset + i) & 3];
  std::uint64_t wide = 0;
  std::memcpy(&wide, turned.data(), sizeof wide);
  std::size_t at = 0;
  for (; size - at >= sizeof wide; at += sizeof wide) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + at, sizeof word);
    word ^= wide;
    std::memcpy(data + at, &word, sizeof word);
  }
  for (; at < size; ++at) {
    data[at] = static_cast<char>(static_cast<unsigned char>(data[at]) ^ turned[at & 7]);
  }
}

bool is_websocket_close_code(unsigned code) noexcept {
  switch (code) {
    case 1004:
    case 1005:
    case 1006:
    case 1015: return false;
    default: return (code >= 1000 && code < 1016) || (code >= 3000 && code < 5000);
  }
}

}  // namespace leafnats::wire
