// SPDX-License-Identifier: Apache-2.0
//
// Heads of HTTP messages: wherever a head is cut it reads the same, nothing behind it is taken,
// and what is too long or not HTTP is refused with the byte that shows it.
#include "base/limits.hpp"
#include "support/catch.hpp"
#include "wire/http_head.hpp"

#include <string>
#include <string_view>
#include <vector>

using namespace leafnats;
using namespace leafnats::wire;

namespace {

using Kind = HttpHead::Kind;
using State = HttpHead::State;

constexpr std::string_view request_text =
    "GET /a/leafnode?x=1 HTTP/1.1\r\nHost: h:80\r\nConnection: keep-alive,  Upgrade\r\n"
    "connection: other\r\nEmpty:\r\nTabbed:\t v \t\r\n\r\n";

State read(HttpHead& head, std::string_view text) { return head.take(text); }

State verdict(Kind kind, std::string_view text) {
  HttpHead head(kind);
  return read(head, text);
}

}  // namespace

TEST_CASE("A request head reads the same wherever it is cut") {
  for (std::size_t cut = 0; cut <= request_text.size(); ++cut) {
    HttpHead head(Kind::request);
    read(head, request_text.substr(0, cut));
    std::string rest(request_text.substr(cut));
    rest += "behind";
    std::string_view in(rest);
    CAPTURE(cut);
    REQUIRE(head.take(in) == State::complete);
    // A head that was complete before takes nothing more.
    CHECK(in == "behind");
    CHECK(head.method() == "GET");
    CHECK(head.target() == "/a/leafnode?x=1");
    CHECK(head.minor_version() == 1);
    CHECK(head.fields().size() == 5);
    CHECK(head.find("HOST") == "h:80");
    CHECK(head.find("tabbed") == "v");
    CHECK(head.find("empty") == "");
    CHECK_FALSE(head.find("none"));
    CHECK(head.count("Connection") == 2);
    CHECK(head.has_token("Connection", "upgrade"));
    CHECK(head.has_token("Connection", "OTHER"));
    CHECK_FALSE(head.has_token("Connection", "keep"));
  }
}

TEST_CASE("A response head gives status and reason") {
  for (const std::string_view text :
       {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\n\n"}) {
    HttpHead head(Kind::response);
    REQUIRE(read(head, text) == State::complete);
    CHECK(head.status() == 101);
    CHECK(head.reason() == "Switching Protocols");
    CHECK(head.find("upgrade") == "websocket");
  }
  HttpHead bare(Kind::response);
  REQUIRE(read(bare, "HTTP/1.0 200\r\n\r\n") == State::complete);
  CHECK(bare.status() == 200);
  CHECK(bare.reason().empty());
  CHECK(bare.minor_version() == 0);
}

TEST_CASE("What is no HTTP is refused with its first line") {
  for (const std::string_view line :
       {"CONNECT {}\r\n", "PING\r\n", "\r\n", "\n", "GET  HTTP/1.1\r\n", "GET / HTTP/2.0\r\n",
        "GET / HTTP/1.1 \r\n", "GET /\r\n", " GET / HTTP/1.1\r\n", "G(T / HTTP/1.1\r\n",
        "GET /\x01 HTTP/1.1\r\n", "GET / a HTTP/1.1\r\n", "GET / HTTP/1.1\r\r\n"}) {
    CAPTURE(line);
    CHECK(verdict(Kind::request, line) == State::malformed);
  }
  for (const std::string_view line :
       {"HTTP/1.1 1O1 x\r\n", "HTTP/1.1 20 x\r\n", "HTTP/1.1 2000 x\r\n", "HTTP/1.1\r\n",
        "INFO {}\r\n", "HTTP/2 200\r\n"}) {
    CAPTURE(line);
    CHECK(verdict(Kind::response, line) == State::malformed);
  }
}

TEST_CASE("A line that is no field makes the head malformed") {
  const std::string start = "GET / HTTP/1.1\r\n";
  for (const std::string_view line : {"no colon", ": nameless", "Name : v", "A: b\x01", "A: b\x7f",
                                      " folded: x", "\tfolded", "A:b\r", "N\xc3\xa4me: v"}) {
    CAPTURE(line);
    CHECK(verdict(Kind::request, start + "H: x\r\n" + std::string(line) + "\r\n\r\n") ==
          State::malformed);
  }
  using namespace std::string_view_literals;
  CHECK(verdict(Kind::request, start + std::string("A: b\0c\r\n\r\n"sv)) == State::malformed);
}

TEST_CASE("A head is no longer than its limits, however it comes") {
  const std::string start = "GET / HTTP/1.1\r\n";
  const auto sized = [&](std::size_t bytes) {
    std::string text = start + "A: ";
    text += std::string(bytes - text.size() - 4, 'x');
    return text + "\r\n\r\n";
  };
  CHECK(verdict(Kind::request, sized(limits::http_head_bytes_max)) == State::complete);
  CHECK(verdict(Kind::request, sized(limits::http_head_bytes_max + 1)) == State::too_large);

  // A line that never ends is cut off at the same byte.
  HttpHead endless(Kind::request);
  std::size_t taken = 0;
  while (endless.state() == State::incomplete && taken < 10 * limits::http_head_bytes_max) {
    read(endless, "x");
    ++taken;
  }
  CHECK(endless.state() == State::too_large);
  CHECK(taken == limits::http_head_bytes_max + 1);

  std::string fields;
  for (std::size_t i = 0; i < limits::http_head_fields_max; ++i) fields += "A: b\r\n";
  CHECK(verdict(Kind::request, start + fields + "\r\n") == State::complete);
  CHECK(verdict(Kind::request, start + fields + "A: b\r\n") == State::too_large);
}

TEST_CASE("What is written can be read again") {
  const std::string text = HttpWriter::response(404, http_reason(404))
                               .field("Connection", "close")
                               .finish("Not Found\n");
  HttpHead head(Kind::response);
  std::string_view in(text);
  REQUIRE(head.take(in) == State::complete);
  CHECK(head.status() == 404);
  CHECK(head.find("content-length") == "10");
  CHECK(in == "Not Found\n");
}
