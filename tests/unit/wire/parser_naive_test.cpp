// SPDX-License-Identifier: Apache-2.0
//
// The parser against its naive twin on random streams: well-formed operations with a few bytes
// changed, cut at random places. Seeds are fixed, and a failure names its seed.
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "unit/wire/naive_parser.hpp"

using namespace leafnats::wire;
using namespace leafnats::wire::test;

namespace {

constexpr ParserLimits limits{300, 40};

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  std::size_t below(std::size_t bound) { return random_() % bound; }

  std::string stream(Dialect dialect) {
    std::string text;
    for (std::size_t count = 1 + below(8); count != 0; --count) text += operation(dialect);
    for (std::size_t count = below(3); count != 0 && !text.empty(); --count) mutate(text);
    return text;
  }

  std::vector<std::size_t> cuts(std::size_t size) {
    std::vector<std::size_t> ends;
    for (std::size_t at = 0; at < size; ends.push_back(at)) {
      at = std::min(size, at + 1 + below(below(2) == 0 ? 4 : 60));
    }
    return ends;
  }

 private:
  std::string pick(const std::vector<std::string>& choices) {
    return choices[below(choices.size())];
  }

  std::string word() { return std::string(1 + below(below(8) == 0 ? 120 : 12), 'w'); }
  std::string blank() { return pick({" ", " ", " ", "\t", "  ", " \r "}); }
  std::string line_end() { return pick({"\r\n", "\r\n", "\r\n", "\n"}); }

  std::string words(std::size_t most) {
    std::string text;
    for (std::size_t count = below(most + 1); count != 0; --count) text += blank() + word();
    return text;
  }

  std::string message(const std::string& verb, bool headers) {
    const std::string body(below(44), 'b');
    std::string line = verb + blank() + word() + words(2);
    if (verb.find("MSG") != verb.npos && below(2) == 0) {
      line = verb + blank() + word() + blank() + pick({"+", "|", "x"}) + words(4);
    }
    if (headers) line += blank() + std::to_string(below(body.size() + 2));
    return line + blank() + std::to_string(body.size()) + line_end() + body + "\r\n";
  }

  std::string operation(Dialect dialect) {
    const bool client = dialect == Dialect::client;
    switch (below(6)) {
      case 0:
        return pick({"PING", "pong", "+OK", "INFO {}", "CONNECT {}", "-ERR 'x'"}) + line_end();
      case 1:
        return (client ? "SUB" : "LS+") + words(4) + line_end();
      case 2:
        return (client ? "UNSUB" : "LS-") + words(3) + pick({"", " 12"}) + line_end();
      case 3:
        return message(client ? "HPUB" : "HMSG", true);
      default:
        return message(client ? "PUB" : "LMSG", false);
    }
  }

  void mutate(std::string& text) {
    const std::size_t at = below(text.size());
    const std::string byte = pick({"\n", "\r", " ", "9", "x", std::string(1, '\0'), "\xff"});
    if (below(2) == 0) {
      text.replace(at, 1, byte);
    } else {
      text.insert(at, byte);
    }
  }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("The parser and its naive twin read random streams alike, however they are cut") {
  std::size_t operations = 0;
  for (std::uint32_t seed = 1; seed <= 4000; ++seed) {
    Generator generator(seed);
    const Dialect dialect = seed % 2 == 0 ? Dialect::client : Dialect::leaf;
    const std::string stream = generator.stream(dialect);
    const Transcript expected = NaiveParser(dialect, limits).parse(stream);
    const Transcript whole = parse_whole(dialect, limits, stream);
    const Transcript pieces =
        parse_in_pieces(dialect, limits, stream, generator.cuts(stream.size()));
    operations += expected.ops.size();
    if (!(whole == expected) || !(pieces == expected)) {
      CAPTURE(seed, stream);
      CHECK(whole.ops == expected.ops);
      CHECK(pieces.ops == expected.ops);
      CHECK(whole.end == expected.end);
      CHECK(pieces.end == expected.end);
      FAIL("seed " << seed);
    }
  }
  // The generator must not have degenerated to streams that fail at once.
  CHECK(operations > 4000);
}
