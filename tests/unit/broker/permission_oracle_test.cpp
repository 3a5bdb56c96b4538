// SPDX-License-Identifier: Apache-2.0
//
// Random permissions against a brute-force oracle, over every way that a message may take to a
// subscriber: plain, queue group, leaf link, stream import, mapping; with one, two and four
// shards. The oracle knows patterns and lists and nothing of indexes, caches or filters.
//
// Advisories: CVE-2026-58252 and CVE-2022-29946 (no denied message by any way, and a refused
// queue member costs the group nothing), CVE-2026-58251 (denies only add up).

#include "broker_world.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;

namespace {

// ---- The oracle ----

std::vector<std::string> tokens_of(const std::string& subject) {
  std::vector<std::string> tokens(1);
  for (const char c : subject) {
    if (c == '.') {
      tokens.emplace_back();
    } else {
      tokens.back() += c;
    }
  }
  return tokens;
}

bool covers(const std::string& pattern, const std::string& literal) {
  const auto wanted = tokens_of(pattern);
  const auto given = tokens_of(literal);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (i >= given.size()) return false;
    if (wanted[i] == ">") return true;
    if (wanted[i] != "*" && wanted[i] != given[i]) return false;
  }
  return wanted.size() == given.size();
}

bool any_covers(const std::vector<std::string>& patterns, const std::string& literal) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return covers(pattern, literal); });
}

bool permits(const SubjectPermissions& lists, const std::string& literal) {
  return (lists.allow.empty() || any_covers(lists.allow, literal)) &&
         !any_covers(lists.deny, literal);
}

// ---- Random cases ----

class Cases {
 public:
  explicit Cases(std::uint64_t seed) : random_(seed) {}

  std::string literal(const std::string& first) {
    std::string subject = first;
    for (unsigned more = random_.below(3) + 1; more > 0; --more) subject += "." + token();
    return subject;
  }
  std::string pattern(const std::string& first) {
    std::string subject = random_.below(4) == 0 ? "*" : first;
    for (unsigned more = random_.below(3) + 1; more > 0; --more) {
      subject += random_.below(3) == 0 ? ".*" : "." + token();
    }
    return random_.below(3) == 0 ? subject + ".>" : subject;
  }
  SubjectPermissions permissions(const std::string& first) {
    SubjectPermissions lists;
    for (unsigned more = random_.below(3); more > 0; --more) lists.allow.push_back(pattern(first));
    for (unsigned more = random_.below(3); more > 0; --more) lists.deny.push_back(pattern(first));
    return lists;
  }
  unsigned below(unsigned bound) { return random_.below(bound); }

 private:
  std::string token() { return std::string(1, static_cast<char>('a' + random_.below(3))); }
  base::Random random_;
};

/// How many messages of this payload, and for this sid, are in what a client got.
std::size_t deliveries(std::string_view got, const std::string& sid, const std::string& payload) {
  std::size_t found = 0;
  std::size_t at = 0;
  while (at < got.size()) {
    const std::size_t line_end = got.find("\r\n", at);
    const std::string line(got.substr(at, line_end - at));
    at = line_end + 2;
    if (!line.starts_with("MSG ")) continue;
    const std::size_t size = std::stoul(line.substr(line.rfind(' ') + 1));
    const bool ours = line.find(" " + sid + " ") != line.npos;
    if (ours && got.substr(at, size) == payload) ++found;
    at += size + 2;
  }
  return found;
}

struct Reader {
  Peer* peer;
  SubjectPermissions lists;
  std::vector<std::string> patterns;  // by sid, from 1

  /// Subscribes to `pattern` if that is permitted.
  void subscribe(const std::string& pattern, const std::string& queue = {}) {
    const std::string sid = std::to_string(patterns.size() + 1);
    const std::string answer = peer->ask("SUB " + pattern + (queue.empty() ? "" : " " + queue) +
                                         " " + sid + "\r\n");
    patterns.push_back(answer.empty() ? pattern : std::string());
  }
};

std::string connect_as(const std::string& user) {
  return R"({"user":")" + user + R"(","pass":"p","verbose":false,"pedantic":false})";
}

/// A publishes under x, B imports that as y, and what is published under m is mapped to x.
Options two_accounts(const Permissions& here, const Permissions& there) {
  Options options;
  options.accounts.resize(2);
  options.accounts[0].name = "A";
  options.accounts[0].exports.resize(1);
  options.accounts[0].exports[0].subject = "x.>";
  options.accounts[0].mappings = {{"m.*", {{"x.$1", 100, {}}}},
                                  {"m.*.*", {{"x.$1.$2", 100, {}}}}};
  options.accounts[1].name = "B";
  options.accounts[1].imports.resize(1);
  options.accounts[1].imports[0].account = "A";
  options.accounts[1].imports[0].subject = "x.>";
  options.accounts[1].imports[0].to = "y.>";
  options.authorization.users = {{"admin", "p", std::nullopt, "A"},
                                 {"here", "p", here, "A"},
                                 {"there", "p", there, "B"}};
  return options;
}

/// One server with everybody on it, and what each of them must get.
class Trial {
 public:
  Trial(std::uint64_t seed, unsigned shards)
      : cases_(seed * 4 + shards),
        here_{cases_.permissions("x"), cases_.permissions("x"), std::nullopt},
        there_{{}, cases_.permissions("y"), std::nullopt},
        server_(world_.server(two_accounts(here_, there_), shards)),
        admin_(log_in("admin")),
        all_(log_in("admin")),
        member_(log_in("here")),
        leaf_(server_.leaf(cases_.below(shards))) {
    all_.send("SUB > 1\r\nSUB > both 2\r\n");
    readers_.push_back({&log_in("here"), here_.subscribe, {}});
    readers_.push_back({&log_in("there"), there_.subscribe, {}});
    for (Reader& reader : readers_) {
      const std::string first = &reader == readers_.data() ? "x" : "y";
      for (int i = 0; i < 4; ++i) reader.subscribe(cases_.pattern(first));
      reader.subscribe(first + ".>", "own_" + first);  // an import shares groups by name
      reader.subscribe(">");
    }
    is_member_ = member_.ask("SUB > both 1\r\n").empty();
    leaf_.send(R"(CONNECT {"user":"here","pass":"p","name":"edge"})" "\r\nLS+ >\r\n");
    world_.settle();
    leaf_.take();
  }

  /// Publishes one message as everybody who may, and one as who may not everything.
  void publish(int round) {
    const std::string sent = cases_.literal(cases_.below(3) == 0 ? "m" : "x");
    const bool mapped = sent[0] == 'm' && tokens_of(sent).size() <= 3;
    const std::string subject = mapped ? "x" + sent.substr(1) : sent;
    const std::string payload = std::to_string(round) + "!";
    CAPTURE(sent, subject, payload);
    say(admin_, sent, payload);
    check_readers(subject, payload);
    check_group(subject, payload);
    const bool over_link = leaf_.take().find("LMSG " + subject + " ") != std::string::npos;
    CHECK(over_link == permits(here_.subscribe, subject));

    // The other direction: publishing, judged by what the message becomes.
    say(*readers_[0].peer, sent, "own" + payload);
    CHECK(deliveries(all_.take(), "1", "own" + payload) ==
          (permits(here_.publish, subject) ? 1 : 0));
    for (Reader& reader : readers_) reader.peer->take();
    member_.take();
    leaf_.take();
  }

 private:
  Peer& log_in(const std::string& user) {
    return server_.login(connect_as(user), cases_.below(server_.shards()));
  }

  static void say(Peer& peer, const std::string& subject, const std::string& payload) {
    peer.send("PUB " + subject + " " + std::to_string(payload.size()) + "\r\n" + payload +
              "\r\n");
  }

  void check_readers(const std::string& subject, const std::string& payload) {
    for (Reader& reader : readers_) {
      const bool is_here = &reader == readers_.data();
      const std::string got = reader.peer->take();
      const std::string name = is_here ? subject : "y" + subject.substr(1);
      const bool reaches = is_here || subject[0] == 'x';
      for (std::size_t i = 0; i < reader.patterns.size(); ++i) {
        const std::string& pattern = reader.patterns[i];
        CAPTURE(is_here, pattern, got);
        const bool wanted = reaches && !pattern.empty() && covers(pattern, name) &&
                            permits(reader.lists, name);
        CHECK(deliveries(got, std::to_string(i + 1), payload) == (wanted ? 1 : 0));
      }
    }
  }

  void check_group(const std::string& subject, const std::string& payload) {
    const std::string everything = all_.take();
    const std::size_t at_member = deliveries(member_.take(), "1", payload);
    CHECK(deliveries(everything, "1", payload) == 1);
    CHECK(at_member + deliveries(everything, "2", payload) == 1);
    CHECK((at_member == 0 || (is_member_ && permits(here_.subscribe, subject))));
  }

  Cases cases_;
  const Permissions here_;
  const Permissions there_;
  World world_;
  TestServer& server_;
  Peer& admin_;
  Peer& all_;
  Peer& member_;
  Peer& leaf_;
  std::vector<Reader> readers_;
  bool is_member_ = false;
};

}  // namespace

TEST_CASE("broker: permissions hold on every way", "[broker][permissions][advisory]") {
  const unsigned shards = GENERATE(1U, 2U, 4U);
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(shards, seed);
    Trial trial(seed, shards);
    for (int round = 0; round < 25; ++round) trial.publish(round);
  }
}
