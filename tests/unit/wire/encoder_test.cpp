// SPDX-License-Identifier: Apache-2.0
//
// What the encoder writes, byte for byte, that it stays within the size it announced, and that
// the parser of the other side reads the same things out of it.
#include "wire/encoder.hpp"

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

using Names = std::vector<std::string_view>;

/// Runs a write into a buffer of exactly the announced size, so that the sanitizer sees one byte
/// too many.
template <class Write>
std::string written(std::size_t size, Write write) {
  std::vector<char> buffer(size);
  const char* const end = write(buffer.data());
  REQUIRE(end >= buffer.data());
  REQUIRE(static_cast<std::size_t>(end - buffer.data()) <= size);
  return std::string(static_cast<const char*>(buffer.data()), end);
}

std::string msg(std::string_view subject, std::string_view sid, std::string_view reply,
                std::string_view size) {
  return written(msg_size(subject, sid, reply, size),
                 [&](char* out) { return write_msg(out, subject, sid, reply, size); });
}

std::string hmsg(std::string_view subject, std::string_view sid, std::string_view reply,
                 std::string_view headers, std::string_view size) {
  return written(hmsg_size(subject, sid, reply, headers, size),
                 [&](char* out) { return write_hmsg(out, subject, sid, reply, headers, size); });
}

std::string lmsg(std::string_view subject, std::string_view reply, const Names& queues,
                 std::string_view size) {
  return written(lmsg_size(subject, reply, queues, size),
                 [&](char* out) { return write_lmsg(out, subject, reply, queues, size); });
}

std::string leaf_hmsg(std::string_view subject, std::string_view reply, const Names& queues,
                      std::string_view headers, std::string_view size) {
  return written(leaf_hmsg_size(subject, reply, queues, headers, size), [&](char* out) {
    return write_leaf_hmsg(out, subject, reply, queues, headers, size);
  });
}

std::string leaf_sub(std::string_view subject, std::string_view queue, std::uint32_t weight) {
  return written(leaf_sub_size(subject, queue),
                 [&](char* out) { return write_leaf_sub(out, subject, queue, weight); });
}

std::string leaf_unsub(std::string_view subject, std::string_view queue) {
  return written(leaf_unsub_size(subject, queue),
                 [&](char* out) { return write_leaf_unsub(out, subject, queue); });
}

}  // namespace

TEST_CASE("Pieces of every length are copied exactly") {
  for (std::size_t length = 0; length < 80; ++length) {
    std::string piece;
    for (std::size_t i = 0; i < length; ++i) piece += static_cast<char>('!' + i);
    REQUIRE(written(length, [&](char* out) { return write_piece(out, piece); }) == piece);
  }
}

TEST_CASE("Decimal writes every magnitude without leading zeros") {
  CHECK(Decimal(0).view() == "0");
  std::uint64_t power = 1;
  for (int digits = 1; digits < 20; ++digits, power *= 10) {
    for (const std::uint64_t number : {power - 1, power, power + 1, power * 9}) {
      REQUIRE(Decimal(number).view() == std::to_string(number));
    }
  }
  const std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  CHECK(Decimal(largest).view() == std::to_string(largest));
}

TEST_CASE("Client deliveries are written as nats-server writes them") {
  CHECK(msg("foo", "1", "", "5") == "MSG foo 1 5\r\n");
  CHECK(msg("foo.bar", "90", "_INBOX.x", "005") == "MSG foo.bar 90 _INBOX.x 005\r\n");
  CHECK(hmsg("foo", "1", "", "12", "17") == "HMSG foo 1 12 17\r\n");
  CHECK(hmsg("foo", "1", "rep", "12", "17") == "HMSG foo 1 rep 12 17\r\n");
}

TEST_CASE("Leaf deliveries take the form that their reply and queue groups need") {
  CHECK(lmsg("foo", "", {}, "2") == "LMSG foo 2\r\n");
  CHECK(lmsg("foo", "rep", {}, "2") == "LMSG foo rep 2\r\n");
  CHECK(lmsg("foo", "", {"q1", "q2"}, "2") == "LMSG foo | q1 q2 2\r\n");
  CHECK(lmsg("foo", "rep", {"q1"}, "2") == "LMSG foo + rep q1 2\r\n");
  CHECK(leaf_hmsg("b", "", {"g1", "g2"}, "18", "20") == "HMSG b | g1 g2 18 20\r\n");
  CHECK(leaf_hmsg("b", "rp", {"g1", "g2"}, "18", "20") == "HMSG b + rp g1 g2 18 20\r\n");
  CHECK(leaf_hmsg("b", "rp", {}, "18", "20") == "HMSG b rp 18 20\r\n");
  CHECK(leaf_hmsg("b", "", {}, "18", "20") == "HMSG b 18 20\r\n");
}

TEST_CASE("Interest, errors, INFO and CONNECT are written as nats-server writes them") {
  CHECK(leaf_sub("foo", "", 1) == "LS+ foo\r\n");
  CHECK(leaf_sub("foo", "q", 4'294'967'295) == "LS+ foo q 4294967295\r\n");
  CHECK(leaf_unsub("foo", "") == "LS- foo\r\n");
  CHECK(leaf_unsub("foo", "q") == "LS- foo q\r\n");
  const std::string_view text = "Unknown Protocol Operation";
  CHECK(written(error_size(text), [&](char* out) { return write_error(out, text); }) ==
        "-ERR 'Unknown Protocol Operation'\r\n");
  CHECK(written(info_size("{}"), [](char* out) { return write_info(out, "{}"); }) ==
        "INFO {} \r\n");
  CHECK(written(connect_size("{}"), [](char* out) { return write_connect(out, "{}"); }) ==
        "CONNECT {}\r\n");
  CHECK(written(ping_line.size(), write_ping) == "PING\r\n");
  CHECK(written(pong_line.size(), write_pong) == "PONG\r\n");
  CHECK(written(ok_line.size(), write_ok) == "+OK\r\n");
}

TEST_CASE("The answer to a request without responders is 2.15's, byte for byte") {
  CHECK(written(no_responders_size("rep", "9", "nobody.here"), [](char* out) {
          return write_no_responders(out, "rep", "9", "nobody.here");
        }) == "HMSG rep 9 43 43\r\nNATS/1.0 503\r\nNats-Subject: nobody.here\r\n\r\n\r\n");
}

TEST_CASE("The leaf parser reads back what the encoder writes") {
  const Names queues{"q1", "a.longer.queue.name", "q3"};
  const std::string stream =
      leaf_sub("foo.*", "q", 3) + leaf_sub("foo.>", "", 1) + leaf_unsub("foo.*", "q") +
      lmsg("foo", "", {}, "2") + "hi\r\n" + lmsg("foo", "rep", queues, "2") + "hi\r\n" +
      leaf_hmsg("foo", "", queues, "12", "14") + "NATS/1.0\r\n\r\nhi\r\n";
  const Transcript read = parse_whole(Dialect::leaf, {}, stream);
  CHECK(read.ops ==
        std::vector<std::string>{
            "LS+ subject=[foo.*] queue=[q] number=3",
            "LS+ subject=[foo.>] queue=[] number=0",
            "LS- subject=[foo.*] queue=[q]",
            "LMSG subject=[foo] reply=[] queues= headers=[]=0 size=[2] body=[hi]",
            "LMSG subject=[foo] reply=[rep] queues=[q1][a.longer.queue.name][q3] headers=[]=0 "
            "size=[2] body=[hi]",
            "HMSG subject=[foo] reply=[] queues=[q1][a.longer.queue.name][q3] headers=[12]=12 "
            "size=[14] body=[NATS/1.0\r\n\r\nhi]"});
  CHECK(read.end == "rest: ");
}
