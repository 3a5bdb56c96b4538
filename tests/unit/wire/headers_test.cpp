// SPDX-License-Identifier: Apache-2.0
//
// Header blocks: what is one and what is not, how its parts are found, and that the builder makes
// blocks that parse.
#include "wire/headers.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace leafnats::wire;

namespace {

std::vector<Header> headers_of(std::string_view bytes) {
  const auto block = HeaderBlock::parse(bytes);
  REQUIRE(block);
  return {block->begin(), block->end()};
}

}  // namespace

TEST_CASE("Headers come in their order, duplicates included, with blanks trimmed") {
  CHECK(headers_of("NATS/1.0\r\n\r\n").empty());
  CHECK(headers_of("NATS/1.0\r\nA: 1\r\n\r\n") == std::vector<Header>{{"A", "1"}});
  CHECK(headers_of("NATS/1.0\r\nA:1\r\nb:\t x y \r\nA:\r\nC: a:b\r\n\r\n") ==
        std::vector<Header>{{"A", "1"}, {"b", "x y"}, {"A", ""}, {"C", "a:b"}});
}

TEST_CASE("A header is found by its exact name, the first of several") {
  const auto block = HeaderBlock::parse("NATS/1.0\r\nKey: 1\r\nkey: 2\r\nKey: 3\r\n\r\n");
  REQUIRE(block);
  CHECK(block->find("Key") == "1");
  CHECK(block->find("key") == "2");
  CHECK(!block->find("KEY"));
  CHECK(!block->find(""));
}

TEST_CASE("Status and description stand behind the version") {
  struct Row {
    std::string_view line;
    std::string_view status;
    std::string_view description;
  };
  for (const Row& row : {Row{"NATS/1.0", "", ""}, Row{"NATS/1.0 503", "503", ""},
                         Row{"NATS/1.0 503 No Responders", "503", "No Responders"},
                         Row{"NATS/1.0   100\tIdle  Heartbeat ", "100", "Idle  Heartbeat"},
                         Row{"NATS/1.0 ", "", ""}}) {
    CAPTURE(row.line);
    const std::string bytes = std::string(row.line) + "\r\nA: 1\r\n\r\n";
    const auto block = HeaderBlock::parse(bytes);
    REQUIRE(block);
    CHECK(block->status() == row.status);
    CHECK(block->description() == row.description);
    CHECK(block->find("A") == "1");
  }
  const auto none = HeaderBlock::parse(no_responders_block);
  REQUIRE(none);
  CHECK(none->status() == "503");
}

TEST_CASE("What is not exactly one header block is none") {
  for (const std::string_view bytes :
       {"", "NATS/1.0", "NATS/1.0\r\n", "NATS/1.0\r\nA: 1\r\n", "NATS/1.0\r\n\r\nx",
        "NATS/1.1\r\n\r\n",
        "nats/1.0\r\n\r\n", "NATS/1.0x\r\n\r\n", "HTTP/1.0\r\n\r\n", "NATS/1.0\n\n",
        "NATS/1.0\r\nA\r\n\r\n", "NATS/1.0\r\n: 1\r\n\r\n", "NATS/1.0\r\nA B: 1\r\n\r\n",
        "NATS/1.0\r\n A: 1\r\n\r\n", "NATS/1.0\r\nA: 1\nB: 2\r\n\r\n",
        "NATS/1.0\r\nA: 1\rB\r\n\r\n",
        "NATS/1.0 5\r03\r\n\r\n", "NATS/1.0\r\nA\x01: 1\r\n\r\n"}) {
    CAPTURE(bytes);
    CHECK(!HeaderBlock::parse(bytes));
  }
}

TEST_CASE("The builder makes blocks that parse, and refuses what would break them") {
  HeaderBuilder builder("503", "No Responders");
  CHECK(builder.add("A", "1"));
  CHECK(builder.add("Nats-Subject", "a b:c"));
  CHECK(builder.add("Empty", ""));
  for (const std::string_view name : {"", "a b", "a:", "a\r\nB", "\x01", "a\x7f"}) {
    CHECK(!builder.add(name, "x"));
  }
  for (const std::string_view value : {"a\r\nB: c", "\n", "\r"}) CHECK(!builder.add("A", value));
  const std::string bytes = std::move(builder).finish();
  CHECK(bytes ==
        "NATS/1.0 503 No Responders\r\nA: 1\r\nNats-Subject: a b:c\r\nEmpty: \r\n\r\n");
  CHECK(headers_of(bytes) ==
        std::vector<Header>{{"A", "1"}, {"Nats-Subject", "a b:c"}, {"Empty", ""}});
  CHECK(HeaderBuilder().finish() == "NATS/1.0\r\n\r\n");
}
