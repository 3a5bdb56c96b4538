// SPDX-License-Identifier: Apache-2.0
//
// The request is nats-server's (2.12.1). Bytes behind the answer are the hub's first.

#include "wire/proxy_tunnel.hpp"

#include "base/base64.hpp"

#include <algorithm>

namespace leafnats::wire {

ProxyTunnel::ProxyTunnel(std::string_view target, std::string_view username,
                         std::string_view password)
    : answer_(std::make_unique<HttpHead>(HttpHead::Kind::response)) {
  HttpWriter writer = HttpWriter::request("CONNECT", target);
  writer.field("Host", target);
  if (!username.empty()) {
    const std::string pair = std::string(username).append(":").append(password);
    writer.field("Proxy-Authorization", "Basic " + base::encode_base64(pair));
  }
  request_ = writer.finish();
}

ProxyTunnel::~ProxyTunnel() = default;

std::size_t ProxyTunnel::decode(std::string_view& in, std::span<char> out) {
  if (state_ == State::opening) read_answer(in);
  if (state_ != State::open) return 0;
  const std::size_t bytes = std::min(in.size(), out.size());
  std::copy_n(in.begin(), bytes, out.begin());
  in.remove_prefix(bytes);
  return bytes;
}

void ProxyTunnel::read_answer(std::string_view& in) {
  const HttpHead::State head = answer_->take(in);
  if (head == HttpHead::State::incomplete) return;
  state_ = State::failed;
  if (head != HttpHead::State::complete) {
    error_ = "failed to read proxy response: " + std::string(answer_->error());
  } else if (answer_->status() != 200) {
    error_ = "proxy CONNECT failed: " + std::to_string(answer_->status()) + " " +
             std::string(answer_->reason());
  } else {
    state_ = State::open;
  }
  answer_.reset();
}

void ProxyTunnel::flush(ByteSink& out) {
  if (request_.empty()) return;
  out.append(request_);
  request_ = {};
}

}  // namespace leafnats::wire
