// SPDX-License-Identifier: Apache-2.0
//
// The way to a hub through an HTTP proxy: CONNECT goes out, and with the answer 200 the
// connection is one to the hub. The lowest filter of a connection; once open it passes bytes on.
//
// Thread: its connection's shard.
#pragma once

#include "wire/http_head.hpp"
#include "wire/stream_filter.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace leafnats::wire {

class ProxyTunnel final : public StreamFilter {
 public:
  /// `target` is the hub's "host:port". With a user name the proxy is told both (Basic).
  ProxyTunnel(std::string_view target, std::string_view username, std::string_view password);
  ~ProxyTunnel() override;

  [[nodiscard]] Kind kind() const override { return Kind::tunnel; }
  [[nodiscard]] State state() const override { return state_; }
  [[nodiscard]] std::string_view error() const override { return error_; }
  std::size_t decode(std::string_view& in, std::span<char> out) override;
  void encode(std::string_view plain, ByteSink& out) override { out.append(plain); }
  void flush(ByteSink& out) override;
  [[nodiscard]] bool has_output() const override { return !request_.empty(); }
  void close(StreamEnd, ByteSink&) override {}

 private:
  void read_answer(std::string_view& in);

  State state_ = State::opening;
  std::string error_;
  std::string request_;               // until it was written
  std::unique_ptr<HttpHead> answer_;  // while opening
};

}  // namespace leafnats::wire
