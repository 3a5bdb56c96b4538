// SPDX-License-Identifier: Apache-2.0
//
// The tunnel opens with 200 and with nothing else, wherever the answer is cut, and is transparent
// from the next byte on.
#include "support/catch.hpp"
#include "unit/wire/filter_end.hpp"
#include "wire/proxy_tunnel.hpp"

#include <string>
#include <string_view>

using namespace leafnats::wire;
using namespace leafnats::wire::test;

using State = StreamFilter::State;

TEST_CASE("A tunnel asks for the hub and shows its credentials") {
  ProxyTunnel plain("hub:7422", "", "");
  CHECK(plain.has_output());
  CHECK(flushed(plain) == "CONNECT hub:7422 HTTP/1.1\r\nHost: hub:7422\r\n\r\n");
  CHECK_FALSE(plain.has_output());
  ProxyTunnel known("hub:7422", "user", "pass");
  CHECK(flushed(known) ==
        "CONNECT hub:7422 HTTP/1.1\r\nHost: hub:7422\r\n"
        "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n");
}

TEST_CASE("A tunnel is open behind the answer, wherever that is cut") {
  const std::string stream = "HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\nINFO {}\r\n";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    ProxyTunnel tunnel("hub:7422", "", "");
    const std::string head = feed(tunnel, std::string_view(stream).substr(0, cut));
    CHECK(head + feed(tunnel, std::string_view(stream).substr(cut), 3, 2) == "INFO {}\r\n");
    REQUIRE(tunnel.state() == State::open);
    StringSink sink;
    tunnel.encode("PING\r\n", sink);
    CHECK(sink.text == "PING\r\n");
  }
}

TEST_CASE("Any other answer fails with its words") {
  const auto error = [](std::string_view answer) {
    ProxyTunnel tunnel("hub:7422", "", "");
    CHECK(feed(tunnel, answer).empty());
    CHECK(tunnel.state() == State::failed);
    return std::string(tunnel.error());
  };
  CHECK(error("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n") ==
        "proxy CONNECT failed: 407 Proxy Authentication Required");
  CHECK(error("HTTP/1.1 201 Created\r\n\r\n") == "proxy CONNECT failed: 201 Created");
  CHECK(error("SSH-2.0-x\r\n") ==
        "failed to read proxy response: the start line is not one of HTTP/1");
  CHECK(error("HTTP/1.1 200 OK\r\nA: " + std::string(100000, 'x')) ==
        "failed to read proxy response: the HTTP head is too long");
}
