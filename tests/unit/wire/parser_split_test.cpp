// SPDX-License-Identifier: Apache-2.0
//
// A stream arrives in pieces, and where it is cut must not matter: same operations, same fault.
// Also the limits, because they decide when an incomplete operation is refused, and needed(),
// because callers size their buffers by it.
#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "unit/wire/op_text.hpp"
#include "wire/parser.hpp"

using namespace leafnats::wire;
using namespace leafnats::wire::test;

namespace {

constexpr ParserLimits small_limits{64, 32};

std::string a(std::size_t count) { return std::string(count, 'a'); }

/// Every verb, every length class of line (within one block, one word, the map, beyond it).
std::string client_stream() {
  return "CONNECT {\"verbose\":false,\"name\":\"" + a(300) + "\"}\r\nPING\r\nSUB foo.> 1\r\n" +
         "SUB " + a(70) + " workers 2\r\nPUB foo 15\r\n0123456789\r\nPUB\r\nPUB " + a(120) +
         " _INBOX." + a(60) + " 3\r\nabc\r\nHPUB foo rep 12 14\r\nNATS/1.0\r\n\r\nhi\r\nPUB " +
         a(600) + " 0\r\n\r\nUNSUB 1 5\r\nPONG\r\n+OK\r\n-ERR 'x'\r\nINFO {}\r\n";
}

std::string leaf_stream() {
  return "INFO {\"a\":1} \r\nCONNECT {}\r\nLS+ foo\r\nLS+ foo q 3\r\nLMSG foo 2\r\nhi\r\n"
         "LMSG foo rep 2\r\nhi\r\nLMSG foo + rep q1 q2 2\r\nhi\r\nLMSG foo | " +
         a(250) + " " + a(30) + " 2\r\nhi\r\nHMSG foo | q1 12 14\r\nNATS/1.0\r\n\r\nhi\r\n" +
         "LS- foo q\r\nHMSG " + a(100) + " + rep " + a(300) + " 1 2\r\nhi\r\n" +
         "PING\r\nPONG\r\n+OK\r\n-ERR 'x'\r\n";
}

void check_all_cuts(Dialect dialect, ParserLimits limits, const std::string& stream) {
  const Transcript whole = parse_whole(dialect, limits, stream);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    const Transcript cut_once = parse_in_pieces(dialect, limits, stream, {cut});
    if (!(cut_once == whole)) FAIL("cut at " << cut << ": " << cut_once.end);
  }
  for (const std::size_t stride : {1, 2, 3, 7, 16, 64}) {
    std::vector<std::size_t> ends;
    for (std::size_t end = stride; end < stream.size(); end += stride) ends.push_back(end);
    CAPTURE(stride);
    CHECK(parse_in_pieces(dialect, limits, stream, ends) == whole);
  }
}

}  // namespace

TEST_CASE("A client's stream gives the same operations wherever it is cut") {
  const std::string stream = client_stream();
  const Transcript whole = parse_whole(Dialect::client, {}, stream);
  REQUIRE(whole.ops.size() == 13);
  REQUIRE(whole.end == "rest: ");
  check_all_cuts(Dialect::client, {}, stream);
}

TEST_CASE("A leaf link's stream gives the same operations wherever it is cut") {
  const std::string stream = leaf_stream();
  const Transcript whole = parse_whole(Dialect::leaf, {}, stream);
  REQUIRE(whole.ops.size() == 15);
  REQUIRE(whole.end == "rest: ");
  check_all_cuts(Dialect::leaf, {}, stream);
}

TEST_CASE("A stream that goes wrong goes wrong in the same way wherever it is cut") {
  const std::string start = "PING\r\nPUB foo 3\r\nabc\r\n";
  for (const std::string& wrong :
       {std::string("XYZ\r\n"), std::string("PUB foo 3\r\nabcd\r\n"), std::string("PUB foo x\r\n"),
        std::string("PUB foo 33\r\n"), "SUB " + a(70) + " 1\r\n", "PUB" + std::string(90, ' '),
        "PING" + a(80), std::string("CONNECT") + a(65) + "\r\n"}) {
    CAPTURE(wrong);
    const Transcript whole = parse_whole(Dialect::client, small_limits, start + wrong);
    CHECK(whole.ops.size() == 2);
    CHECK(whole.end.starts_with("fault: "));
    check_all_cuts(Dialect::client, small_limits, start + wrong);
  }
}

TEST_CASE("The control line limit counts the arguments, not the verb, its blank and the line end") {
  const auto end_of = [](const std::string& stream) {
    return parse_whole(Dialect::client, small_limits, stream).end;
  };
  for (const std::string_view line_end : {"\r\n", "\n"}) {
    CAPTURE(line_end);
    CHECK(end_of("SUB " + a(62) + " 1" + std::string(line_end)) == "rest: ");
    CHECK(end_of("SUB " + a(63) + " 1" + std::string(line_end)) == "fault: control_line_too_long");
    CHECK(end_of("PING" + a(64) + std::string(line_end)) == "rest: ");
    CHECK(end_of("PING" + a(65) + std::string(line_end)) == "fault: control_line_too_long");
  }
  // Without a line end: refused as soon as no line end can come in time.
  CHECK(end_of("SUB " + a(64)) == "rest: SUB " + a(64));
  CHECK(end_of("SUB " + a(64) + "\r") == "rest: SUB " + a(64) + "\r");
  CHECK(end_of("SUB " + a(65)) == "fault: control_line_too_long");
  CHECK(end_of("SUB " + a(65) + "\r") == "fault: control_line_too_long");
}

TEST_CASE("The payload limit is checked when the control line is complete, before the payload") {
  const auto end_of = [](Dialect dialect, const std::string& stream) {
    return parse_whole(dialect, small_limits, stream).end;
  };
  CHECK(end_of(Dialect::client, "PUB foo 32\r\n") == "rest: PUB foo 32\r\n");
  CHECK(end_of(Dialect::client, "PUB foo 33\r\n") == "fault: payload_too_large");
  CHECK(end_of(Dialect::client, "HPUB foo 12 33\r\n") == "fault: payload_too_large");
  CHECK(end_of(Dialect::leaf, "LMSG foo | q 33\r\n") == "fault: payload_too_large");
}

TEST_CASE("The largest limits are no limits") {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  const Transcript got = parse_whole(Dialect::client, {most, most},
                                     "PING\r\nSUB " + a(9000) + " 1\r\nPUB foo 999999999\r\n");
  CHECK(got.ops.size() == 2);
  CHECK(got.end == "rest: PUB foo 999999999\r\n");
}

TEST_CASE("Limits that are set in the middle of an operation hold from the next call on") {
  const std::string bytes = "PUB foo 20\r\n01234567890123456789\r\n";
  Parser parser(Dialect::client, small_limits);
  const char* cursor = bytes.data();
  Op op;
  REQUIRE(parser.next(cursor, cursor + 20, op) == Step::need_more);
  parser.set_limits({64, 10});
  CHECK(parser.next(cursor, cursor + bytes.size(), op) == Step::fault);
  CHECK(parser.fault() == Fault::payload_too_large);
}

TEST_CASE("needed() is exact once the control line is complete, and never too much before") {
  const std::string bytes = "HPUB foo rep 12 17\r\nNATS/1.0\r\n\r\nhello\r\n";
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    Parser parser(Dialect::client, {});
    const char* cursor = bytes.data();
    Op op;
    REQUIRE(parser.next(cursor, bytes.data() + size, op) == Step::need_more);
    CHECK(cursor == bytes.data());
    CHECK(parser.needed() == (size < 20 ? size + 1 : bytes.size()));
  }
}

TEST_CASE("reset() forgets a half-seen operation") {
  const std::string half = "PUB foo 5\r\nhe";
  const std::string fresh = "PING\r\n";
  Parser parser(Dialect::client, {});
  Op op;
  const char* cursor = half.data();
  REQUIRE(parser.next(cursor, half.data() + half.size(), op) == Step::need_more);
  parser.reset();
  CHECK(parser.needed() == 0);
  cursor = fresh.data();
  REQUIRE(parser.next(cursor, fresh.data() + fresh.size(), op) == Step::op);
  CHECK(op.verb == Verb::ping);
}

TEST_CASE("QueueNames walks a list whatever blanks are between the names") {
  using Names = std::vector<std::string_view>;
  const auto names = [](std::string_view list) {
    const QueueNames all(list);
    return Names(all.begin(), all.end());
  };
  CHECK(names("").empty());
  CHECK(names(" \t ").empty());
  CHECK(names("q") == Names{"q"});
  CHECK(names("q1 q2\tq3") == Names{"q1", "q2", "q3"});
  CHECK(names("  q1 \t q1  ") == Names{"q1", "q1"});
}
