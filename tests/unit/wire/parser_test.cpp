// SPDX-License-Identifier: Apache-2.0
//
// What the parser makes of each operation and of each way to get one wrong. Every row of the
// client tables was tried against nats-server 2.15.1 with a raw socket, and those of the leaf
// tables against its leaf port; where we differ on purpose the row says so.
#include "wire/parser.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "unit/wire/op_text.hpp"

using namespace leafnats::wire;
using namespace leafnats::wire::test;

namespace {

constexpr ParserLimits client_limits{4096, 1024 * 1024};
constexpr ParserLimits leaf_limits{65536, 1024 * 1024};

struct Accepted {
  std::string_view bytes;
  std::string_view op;
};

struct Refused {
  std::string_view bytes;
  Fault fault;
};

void check_accepted(Dialect dialect, ParserLimits limits, const std::vector<Accepted>& rows) {
  for (const Accepted& row : rows) {
    CAPTURE(row.bytes);
    // A PING behind it shows that exactly the operation's bytes were taken.
    const Transcript got = parse_whole(dialect, limits, std::string(row.bytes) + "PING\r\n");
    CHECK(got.ops == std::vector<std::string>{std::string(row.op), "PING"});
    CHECK(got.end == "rest: ");
  }
}

void check_refused(Dialect dialect, ParserLimits limits, const std::vector<Refused>& rows) {
  for (const Refused& row : rows) {
    CAPTURE(row.bytes);
    const Transcript got = parse_whole(dialect, limits, row.bytes);
    CHECK(got.ops.empty());
    CHECK(got.end == "fault: " + fault_text(row.fault));
  }
}

}  // namespace

TEST_CASE("A client's operations are taken apart in every form nats-server accepts") {
  check_accepted(
      Dialect::client, client_limits,
      {
          {"PUB foo 5\r\nhello\r\n",
           "PUB subject=[foo] reply=[] headers=[]=0 size=[5] body=[hello]"},
          {"PUB foo bar 5\r\nhello\r\n",
           "PUB subject=[foo] reply=[bar] headers=[]=0 size=[5] body=[hello]"},
          {"PUB foo 0\r\n\r\n", "PUB subject=[foo] reply=[] headers=[]=0 size=[0] body=[]"},
          {"pub foo 005\r\nhello\r\n",
           "PUB subject=[foo] reply=[] headers=[]=0 size=[005] body=[hello]"},
          {"pUb foo 5\nhello\r\n", "PUB subject=[foo] reply=[] headers=[]=0 size=[5] body=[hello]"},
          {"PUB\tfoo\t\tbar \t5 \r\nhello\r\n",
           "PUB subject=[foo] reply=[bar] headers=[]=0 size=[5] body=[hello]"},
          {"PUB    foo 2\r\n\r\n\r\n",
           "PUB subject=[foo] reply=[] headers=[]=0 size=[2] body=[\r\n]"},
          // nats-server publishes on "fo\ro", which its leaf parser reads as we do.
          {"PUB fo\ro 5\r\nhello\r\n",
           "PUB subject=[fo] reply=[o] headers=[]=0 size=[5] body=[hello]"},
          {"HPUB foo 12 17\r\nNATS/1.0\r\n\r\nhello\r\n",
           "HPUB subject=[foo] reply=[] headers=[12]=12 size=[17] body=[NATS/1.0\r\n\r\nhello]"},
          {"hpub foo rep 12 12\r\nNATS/1.0\r\n\r\n\r\n",
           "HPUB subject=[foo] reply=[rep] headers=[12]=12 size=[12] body=[NATS/1.0\r\n\r\n]"},
          {"HPUB foo 0 5\r\nhello\r\n",
           "HPUB subject=[foo] reply=[] headers=[0]=0 size=[5] body=[hello]"},
          {"HPUB\tfoo 3 5\r\nhello\r\n",
           "HPUB subject=[foo] reply=[] headers=[3]=3 size=[5] body=[hello]"},
          {"SUB foo 1\r\n", "SUB subject=[foo] queue=[] sid=[1]"},
          {"SUB foo.* workers 12\r\n", "SUB subject=[foo.*] queue=[workers] sid=[12]"},
          {"sub foo\t2\n", "SUB subject=[foo] queue=[] sid=[2]"},
          {"SUB foo\r3\r\n", "SUB subject=[foo] queue=[] sid=[3]"},
          {"UNSUB 1\r\n", "UNSUB sid=[1] number=0"},
          {"UNSUB 1 10\r\n", "UNSUB sid=[1] number=10"},
          {"UNSUB 1 x\r\n", "UNSUB sid=[1] number=0"},
          {"UNSUB 1 12345678901\r\n", "UNSUB sid=[1] number=0"},
          {"CONNECT {\"verbose\":false}\r\n", "CONNECT text=[{\"verbose\":false}]"},
          {"connect\t {} \r\n", "CONNECT text=[{} ]"},
          {"CONNECT{}\r\n", "CONNECT text=[{}]"},
          {"CONNECT\r\n", "CONNECT text=[]"},
          {"CONNECT \n", "CONNECT text=[]"},
          {"INFO {}\r\n", "INFO text=[{}]"},
          {"PING\r\n", "PING"},
          {"ping\n", "PING"},
          {"PINGxyz \r\n", "PING"},
          {"PONG\r\n", "PONG"},
          {"+OK\r\n", "+OK"},
          {"+ok whatever\r\n", "+OK"},
          {"-ERR 'Stale Connection'\r\n", "-ERR text=['Stale Connection']"},
          {"-err \t x\n", "-ERR text=[x]"},
      });
}

TEST_CASE("A leaf link's operations are taken apart in every form nats-server accepts") {
  check_accepted(
      Dialect::leaf, leaf_limits,
      {
          {"LS+ foo\r\n", "LS+ subject=[foo] queue=[] number=0"},
          {"ls+ foo q 3\r\n", "LS+ subject=[foo] queue=[q] number=3"},
          {"LS+ foo q 0\n", "LS+ subject=[foo] queue=[q] number=0"},
          {"LS+ foo q x\r\n", "LS+ subject=[foo] queue=[q] number=0"},
          {"LS- foo\r\n", "LS- subject=[foo] queue=[]"},
          {"LS- foo q \r\n", "LS- subject=[foo] queue=[q]"},
          {"LS- foo q 1\r\n", "LS- subject=[foo] queue=[q 1]"},
          {"LMSG foo 2\r\nhi\r\n",
           "LMSG subject=[foo] reply=[] queues= headers=[]=0 size=[2] body=[hi]"},
          {"lmsg foo rep 2\r\nhi\r\n",
           "LMSG subject=[foo] reply=[rep] queues= headers=[]=0 size=[2] body=[hi]"},
          {"LMSG foo | 2\r\nhi\r\n",
           "LMSG subject=[foo] reply=[|] queues= headers=[]=0 size=[2] body=[hi]"},
          {"LMSG foo + rep 2\r\nhi\r\n",
           "LMSG subject=[foo] reply=[rep] queues= headers=[]=0 size=[2] body=[hi]"},
          {"LMSG foo + rep q1 2\r\nhi\r\n",
           "LMSG subject=[foo] reply=[rep] queues=[q1] headers=[]=0 size=[2] body=[hi]"},
          {"LMSG foo + rep q1\tq2  q3 2\r\nhi\r\n",
           "LMSG subject=[foo] reply=[rep] queues=[q1][q2][q3] headers=[]=0 size=[2] body=[hi]"},
          {"LMSG foo | q1 2\r\nhi\r\n",
           "LMSG subject=[foo] reply=[] queues=[q1] headers=[]=0 size=[2] body=[hi]"},
          {"LMSG foo | q1 q2 0\r\n\r\n",
           "LMSG subject=[foo] reply=[] queues=[q1][q2] headers=[]=0 size=[0] body=[]"},
          {"HMSG foo 12 14\r\nNATS/1.0\r\n\r\nhi\r\n",
           "HMSG subject=[foo] reply=[] queues= headers=[12]=12 size=[14] "
           "body=[NATS/1.0\r\n\r\nhi]"},
          {"HMSG foo rep 1 2\r\nhi\r\n",
           "HMSG subject=[foo] reply=[rep] queues= headers=[1]=1 size=[2] body=[hi]"},
          {"HMSG foo + rep 1 2\r\nhi\r\n",
           "HMSG subject=[foo] reply=[rep] queues= headers=[1]=1 size=[2] body=[hi]"},
          {"HMSG b + rp g1 g2 1 2\r\nhi\r\n",
           "HMSG subject=[b] reply=[rp] queues=[g1][g2] headers=[1]=1 size=[2] body=[hi]"},
          {"HMSG b | g1 g2 1 2\r\nhi\r\n",
           "HMSG subject=[b] reply=[] queues=[g1][g2] headers=[1]=1 size=[2] body=[hi]"},
          {"INFO {\"a\":1} \r\n", "INFO text=[{\"a\":1} ]"},
          {"CONNECT {}\r\n", "CONNECT text=[{}]"},
          {"PING\r\n", "PING"},
          {"pong\r\n", "PONG"},
          {"+OK\r\n", "+OK"},
          {"-ERR 'Authorization Violation'\r\n", "-ERR text=['Authorization Violation']"},
      });
}

TEST_CASE("A client's wrong bytes are refused with the fault that nats-server names") {
  check_refused(Dialect::client, client_limits,
                {
                    {"\r\n", Fault::unknown_operation},
                    {"\n", Fault::unknown_operation},
                    {" PING\r\n", Fault::unknown_operation},
                    {"PIN\r\n", Fault::unknown_operation},
                    {"PUB\r\n", Fault::unknown_operation},
                    {"PUBfoo 1\r\n", Fault::unknown_operation},
                    {"P\n", Fault::unknown_operation},
                    {"UNSUB\r\n", Fault::unknown_operation},
                    {"-ERR\r\n", Fault::unknown_operation},
                    {"MSG foo 1 0\r\n\r\n", Fault::unknown_operation},
                    {"HMSG foo 1 2 3\r\n", Fault::unknown_operation},
                    {"LS+ foo\r\n", Fault::unknown_operation},
                    {"LMSG foo 0\r\n\r\n", Fault::unknown_operation},
                    {"RS+ foo\r\n", Fault::unknown_operation},
                    {"A+ foo\r\n", Fault::unknown_operation},
                    {"GET / HTTP/1.1\r\n", Fault::unknown_operation},
                    // Without a line end: refused at the first byte that fits no verb.
                    {"X", Fault::unknown_operation},
                    {"PUX", Fault::unknown_operation},
                    {"PUBX", Fault::unknown_operation},
                    {"CONNECU", Fault::unknown_operation},
                    {"PUB foo 5\r\nhelloX\n", Fault::payload_not_terminated},
                    {"PUB foo 5\r\nhello\nP", Fault::payload_not_terminated},
                    {"PUB foo 5\r\nhello\rX", Fault::payload_not_terminated},
                    {"PUB foo 0\r\nX\n", Fault::payload_not_terminated},
                    {"PUB \r\n", Fault::bad_arguments},
                    {"PUB foo\r\n", Fault::bad_arguments},
                    {"PUB a b c 5\r\nhello\r\n", Fault::bad_arguments},
                    {"PUB foo +5\r\nhello\r\n", Fault::bad_arguments},
                    {"PUB foo -5\r\n", Fault::bad_arguments},
                    {"PUB foo 5x\r\n", Fault::bad_arguments},
                    {"PUB foo 1234567890\r\n", Fault::bad_arguments},
                    {"PUB foo 0000000001\r\nx\r\n", Fault::bad_arguments},
                    {"PUB foo 1048577\r\n", Fault::payload_too_large},
                    {"PUB foo 999999999\r\n", Fault::payload_too_large},
                    {"HPUB foo 5\r\n", Fault::bad_arguments},
                    {"HPUB foo 12 10\r\n", Fault::bad_arguments},
                    {"HPUB foo x 5\r\n", Fault::bad_arguments},
                    {"HPUB foo 5 x\r\n", Fault::bad_arguments},
                    {"HPUB a b c 1 2\r\n", Fault::bad_arguments},
                    {"HPUB foo 1048577 1048577\r\n", Fault::payload_too_large},
                    {"HPUB foo 999999999 1\r\n", Fault::bad_arguments},
                    {"SUB foo\r\n", Fault::bad_arguments},
                    {"SUB \r\n", Fault::bad_arguments},
                    {"SUB a b c d\r\n", Fault::bad_arguments},
                    {"UNSUB \r\n", Fault::bad_arguments},
                    {"UNSUB 1 2 3\r\n", Fault::bad_arguments},
                });
}

TEST_CASE("A leaf link's wrong bytes are refused with the fault that nats-server names") {
  check_refused(Dialect::leaf, leaf_limits,
                {
                    {"LS+\r\n", Fault::unknown_operation},
                    {"LS+ \r\n", Fault::bad_arguments},
                    {"LS+ foo q\r\n", Fault::bad_arguments},
                    {"LS+ foo q 1 2\r\n", Fault::bad_arguments},
                    {"LS* foo\r\n", Fault::unknown_operation},
                    {"LS- \r\n", Fault::bad_arguments},  // nats-server ignores it
                    {"LMSG foo\r\n", Fault::bad_arguments},
                    {"LMSG foo x\r\n", Fault::bad_arguments},
                    {"LMSG foo x q1 2\r\nhi\r\n", Fault::bad_arguments},
                    {"LMSG foo ++ rep q1 2\r\nhi\r\n", Fault::bad_arguments},
                    {"LMSG foo | q1 x\r\n", Fault::bad_arguments},
                    {"LMSG foo 1048577\r\n", Fault::payload_too_large},
                    {"LMSG foo 2\r\nhiX\r\n", Fault::payload_not_terminated},
                    {"HMSG foo 2\r\n", Fault::bad_arguments},
                    {"HMSG foo 14 12\r\n", Fault::bad_arguments},
                    {"HMSG foo x q 1 2\r\n", Fault::bad_arguments},
                    {"HMSG foo | q 1 1048577\r\n", Fault::payload_too_large},
                    {"XYZ\r\n", Fault::unknown_operation},
                    // nats-server takes these two for LMSG and LS+.
                    {"PUB foo 2\r\nhi\r\n", Fault::unknown_operation},
                    {"SUB foo\r\n", Fault::unknown_operation},
                });
}

TEST_CASE("Faults carry the -ERR text of nats-server, or none where it closes silently") {
  CHECK(error_text(Fault::unknown_operation) == "Unknown Protocol Operation");
  CHECK(error_text(Fault::payload_not_terminated) == "Unknown Protocol Operation");
  CHECK(error_text(Fault::control_line_too_long) == "maximum control line exceeded");
  CHECK(error_text(Fault::payload_too_large) == "Maximum Payload Violation");
  CHECK(error_text(Fault::bad_arguments).empty());
}

TEST_CASE("A fault leaves the cursor at the operation and shows its beginning") {
  const std::string bytes = "PING\r\nPUB foo " + std::string(100, 'x') + "\r\n";
  Parser parser(Dialect::client, client_limits);
  const char* cursor = bytes.data();
  const char* const end = cursor + bytes.size();
  Op op;
  REQUIRE(parser.next(cursor, end, op) == Step::op);
  REQUIRE(parser.next(cursor, end, op) == Step::fault);
  CHECK(cursor == bytes.data() + 6);
  CHECK(parser.fault() == Fault::bad_arguments);
  CHECK(parser.fault_text().starts_with("PUB foo xxx"));
  CHECK(parser.fault_text().size() < 80);
}

TEST_CASE("Only CONNECT starts like CONNECT, and only INFO like INFO") {
  std::string connects;
  std::string infos;
  for (int byte = 0; byte < 256; ++byte) {
    if (starts_connect(static_cast<char>(byte))) connects += static_cast<char>(byte);
    if (starts_info(static_cast<char>(byte))) infos += static_cast<char>(byte);
  }
  CHECK(connects == "Cc");
  CHECK(infos == "Ii");
}
