// SPDX-License-Identifier: Apache-2.0
//
// The frames of a WebSocket connection (RFC 6455, section 5):
//
//   byte 0   FIN, RSV1 (compressed), RSV2, RSV3, opcode (4 bits)
//   byte 1   MASK, length (7 bits): up to 125, or 126 and 2 bytes follow, or 127 and 8 do
//   key      4 bytes, if masked
//   payload
//
// As in nats-server a length may be written in more bytes than it needs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace leafnats::wire {

enum class WebSocketOpcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10,
};

using WebSocketKey = std::array<unsigned char, 4>;

struct WebSocketFrame {
  WebSocketOpcode opcode = WebSocketOpcode::binary;
  bool final = true;
  bool compressed = false;  ///< RSV1
  bool masked = false;
  WebSocketKey key{};       ///< if masked
  std::uint64_t payload_bytes = 0;
};

inline constexpr std::size_t websocket_header_bytes_max = 14;
inline constexpr std::size_t websocket_control_bytes_max = 125;

/// Reads frame headers out of a stream and judges them; the payloads are the caller's.
class WebSocketFrameReader {
 public:
  enum class Step : std::uint8_t { more, header, fault };
  enum class Masking : std::uint8_t { required, forbidden, either };

  WebSocketFrameReader(Masking masking, bool compression) noexcept
      : masking_(masking), compression_(compression) {}

  /// Takes bytes off the front of `in` until a header is complete; then the payload follows in
  /// `in`. What is wrong is a fault with the byte that shows it.
  Step take(std::string_view& in, WebSocketFrame& frame);

  /// What is wrong, in nats-server's words.
  [[nodiscard]] std::string_view fault() const noexcept { return fault_; }

 private:
  [[nodiscard]] std::size_t needed() const noexcept;
  [[nodiscard]] std::string_view judge_first() const noexcept;
  [[nodiscard]] std::string_view judge_second() const noexcept;
  [[nodiscard]] std::string_view judge_opcode() const noexcept;
  [[nodiscard]] std::uint64_t length() const noexcept;
  [[nodiscard]] std::size_t length_bytes() const noexcept;
  void complete(WebSocketFrame& frame) noexcept;
  [[nodiscard]] WebSocketOpcode opcode() const noexcept {
    return static_cast<WebSocketOpcode>(bytes_[0] & 0xf);
  }

  Masking masking_;
  bool compression_;
  bool in_message_ = false;  // between the first and the last frame of one
  std::uint8_t size_ = 0;
  std::array<unsigned char, websocket_header_bytes_max> bytes_{};
  std::string_view fault_;
};

/// Writes the header to `out`, which has room for websocket_header_bytes_max; returns its end.
char* write_websocket_header(char* out, const WebSocketFrame& frame) noexcept;

/// Masks or unmasks `size` bytes at `data`, which are those from `offset` on of their frame.
void apply_websocket_key(char* data, std::size_t size, const WebSocketKey& key,
                         std::uint64_t offset) noexcept;

[[nodiscard]] constexpr bool is_control(WebSocketOpcode opcode) noexcept {
  return static_cast<std::uint8_t>(opcode) >= static_cast<std::uint8_t>(WebSocketOpcode::close);
}

/// Whether a close frame may carry this code (RFC 6455, section 7.4).
[[nodiscard]] bool is_websocket_close_code(unsigned code) noexcept;

}  // namespace leafnats::wire
