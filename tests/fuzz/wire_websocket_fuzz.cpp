// SPDX-License-Identifier: Apache-2.0
//
// WebSocket bytes from strangers, to both roles, with and without compression: whole and in
// small pieces they mean the same and end the same, what comes out is within its bound, and a
// filter that has ended gives nothing more.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "unit/wire/filter_end.hpp"
#include "unit/wire/websocket_text.hpp"
#include "wire/websocket_filter.hpp"

using namespace leafnats;
using namespace leafnats::wire;
using namespace leafnats::wire::test;

namespace {

using State = StreamFilter::State;

constexpr std::size_t max_payload = 32 * 1024;
constexpr std::size_t inflated_bytes_max = max_payload * limits::websocket_message_factor;

void require(bool holds) {
  if (!holds) std::abort();
}

struct End {
  std::string plain;
  std::string answer;
  std::string error;
  State state;
  friend bool operator==(const End&, const End&) = default;
};

End run(WebSocketFilter& filter, std::string_view bytes, std::size_t in_step,
        std::size_t out_step) {
  End end;
  end.plain = feed(filter, bytes, in_step, out_step);
  end.answer = flushed(filter);
  end.error = filter.error();
  end.state = filter.state();
  require(end.error.empty() == (end.state != State::failed));
  require(end.answer.size() <= limits::websocket_pongs_bytes_max + 256);
  if (end.state == State::ended || end.state == State::failed) {
    require(feed(filter, bytes).empty());
    require(!filter.has_output());
  }
  return end;
}

/// The request of a leaf, which the accepting side is given first.
std::string request(bool compression, bool no_masking) {
  return format_upgrade_request({"h", "/leafnode", compression, no_masking},
                                "AQIDBAUGBwgJCgsMDQ4PEA==");
}

void check_server(std::string_view bytes, bool compression, bool no_masking) {
  UpgradePolicy policy;
  policy.takes_leafs = true;
  policy.compression = compression;
  policy.max_payload = max_payload;
  const auto open = [&](WebSocketFilter& filter) {
    require(feed(filter, request(compression, no_masking)).empty());
    require(flushed(filter).starts_with("HTTP/1.1 101 "));
  };
  WebSocketFilter whole(policy);
  open(whole);
  const End expected = run(whole, bytes, bytes.size() + 1, inflated_bytes_max * 2);
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}}) {
    WebSocketFilter pieces(policy);
    open(pieces);
    const End end = run(pieces, bytes, step, 13);
    // Where a bomb is cut off depends on the room that there was.
    if (expected.plain.size() < inflated_bytes_max) require(end == expected);
    require(end.plain.size() <= inflated_bytes_max + bytes.size() + 13);
  }
}

/// As the request itself. Cut elsewhere, something behind it may count as sent too early.
void check_request(std::string_view bytes) {
  UpgradePolicy policy;
  WebSocketFilter filter(policy);
  feed(filter, bytes);
  const std::string answer = flushed(filter);
  require(answer.empty() || answer.starts_with("HTTP/1.1 "));
  require(filter.state() != State::open || answer.starts_with("HTTP/1.1 101 "));
}

void check_client(std::string_view bytes, bool answered) {
  const std::string answer =
      "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Extensions: "
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"
      "Nats-No-Masking: true\r\nSec-WebSocket-Accept: " +
      websocket_accept("AQIDBAUGBwgJCgsMDQ4PEA==") + "\r\n\r\n";
  std::string stream = answered ? answer : std::string();
  stream += bytes;
  End ends[2];
  for (int i = 0; i < 2; ++i) {
    CountingEntropy entropy;
    WebSocketFilter filter({"h", "/leafnode", true, true}, max_payload, entropy);
    require(!flushed(filter).empty());
    ends[i] = run(filter, stream, i == 0 ? stream.size() + 1 : 3,
                  i == 0 ? inflated_bytes_max * 2 : 11);
  }
  if (ends[0].plain.size() < inflated_bytes_max) require(ends[0] == ends[1]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 6) {
    case 0: check_server(bytes, false, false); break;
    case 1: check_server(bytes, true, false); break;
    case 2: check_server(bytes, true, true); break;
    case 3: check_client(bytes, true); break;
    case 4: check_client(bytes, false); break;
    default: check_request(bytes); break;
  }
  return 0;
}
