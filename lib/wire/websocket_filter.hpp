// SPDX-License-Identifier: Apache-2.0
//
// WebSocket as a layer of a connection. Where messages begin and end carries no meaning: the
// payloads of all of them, text or binary, are one stream of bytes, handed on as they come.
//
// Both sides make their own handshake. Accepting: the request comes in and is answered; what is
// wrong fails with the HTTP answer as its last word, and who sends anything behind the request
// before the answer fails without one (nats-server). Dialling: the request goes out, the answer
// comes in and is judged.
//
// Memory: a header, a control frame, a handful of pongs; while a compressed message is read what
// MessageInflater needs, while a batch is written that batch. Nothing grows with a message.
// Thread: its connection's shard.
#pragma once

#include "base/limits.hpp"
#include "base/random.hpp"
#include "wire/http_head.hpp"
#include "wire/stream_filter.hpp"
#include "wire/websocket_deflate.hpp"
#include "wire/websocket_frame.hpp"
#include "wire/websocket_handshake.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace leafnats::wire {

class WebSocketFilter : public StreamFilter {
 public:
  /// The accepting side. `policy` must live until the filter is open.
  explicit WebSocketFilter(const UpgradePolicy& policy);

  /// The dialling side. `max_payload` bounds what a hub may compress into one message; `entropy`
  /// must outlive the filter.
  WebSocketFilter(const WebSocketRequest& request, std::size_t max_payload,
                  base::Entropy& entropy);

  ~WebSocketFilter() override;

  [[nodiscard]] Kind kind() const override { return Kind::websocket; }
  [[nodiscard]] State state() const override { return state_; }
  [[nodiscard]] std::string_view error() const override { return error_; }
  std::size_t decode(std::string_view& in, std::span<char> out) override;
  void encode(std::string_view plain, ByteSink& out) override;
  void flush(ByteSink& out) override;
  [[nodiscard]] bool has_output() const override;
  void close(StreamEnd end, ByteSink& out) override;

  /// Whether messages of more than a few bytes are compressed; known once open.
  [[nodiscard]] bool compression() const noexcept { return compression_; }
  [[nodiscard]] bool masks() const noexcept { return entropy_ != nullptr && !no_masking_; }

  /// The peer's max_payload, once it is known: nats-server refuses a compressed message that
  /// inflates to more, although it may hold several operations.
  void limit_messages(std::size_t max_payload) noexcept;

  /// The accepting side, once open: what the peer has become. May be called once.
  [[nodiscard]] Upgrade take_upgrade() noexcept { return std::move(upgrade_); }

 private:
  struct Opening;
  struct Sizes {
    std::size_t frame_bytes = limits::websocket_frame_bytes;
    bool fragment_compressed = true;  // else a compressed message is one frame, for Safari
    std::size_t inflated_bytes_max = 0;
  };

  void read_request(std::string_view& in);
  void open_accepted();
  void read_answer(std::string_view& in);
  void fail_opening(std::string_view error);
  bool read_header(std::string_view& in);
  std::size_t read_payload(std::string_view& in, std::span<char> out);
  std::size_t read_plain(std::string_view& in, std::span<char> out);
  std::size_t read_compressed(std::string_view& in, std::span<char> out);
  std::size_t end_compressed(std::span<char> out);
  void count_inflated(std::size_t bytes);
  void read_control(std::string_view& in);
  void on_control();
  void on_close();
  void queue_pong();
  void fail(unsigned code, std::string_view error);

  void write_message(ByteSink& out);
  void write_frame(WebSocketFrame frame, std::string_view first, std::string_view second,
                   ByteSink& out);
  void queue_control(WebSocketOpcode opcode, std::string_view payload);
  void queue_close(unsigned code, std::string_view text);
  void write_head(ByteSink& out);
  [[nodiscard]] WebSocketKey new_key();

  State state_;
  std::string error_;
  std::unique_ptr<Opening> opening_;      // the handshake, while it runs or if it failed
  Upgrade upgrade_;                       // the accepting side's
  base::Entropy* const entropy_;          // the dialling side's
  Sizes sizes_;
  WebSocketFrameReader reader_;
  bool compression_;
  bool no_masking_;

  // What is being read.
  WebSocketFrame frame_;                  // its header, while in_frame_
  std::uint64_t taken_ = 0;               // of the payload
  bool in_frame_ = false;
  bool inflating_ = false;                // inside a compressed message
  bool ending_ = false;                   // all of its payload is there
  std::uint64_t inflated_ = 0;            // bytes made of that message, and
  std::uint64_t deflated_ = 0;            // bytes that it took
  MessageInflater inflater_;
  std::string control_;                   // payload of a control frame

  // What is to be written.
  std::string pending_;                   // plain, until it is a frame or flush() comes
  std::string queued_;                    // control frames, whole
  std::string head_;                      // our part of the handshake
  bool closing_ = false;                  // a close frame was queued: nothing may follow it
  std::array<unsigned char, 64> key_bytes_{};
  std::size_t key_bytes_left_ = 0;
};

}  // namespace leafnats::wire
