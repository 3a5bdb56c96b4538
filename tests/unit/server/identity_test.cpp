// SPDX-License-Identifier: Apache-2.0
//
// Whole servers, hub and leaf, and the host's callbacks between them: who signs, who decides, what
// is changed while it runs. Every wait is for an event, with a deadline that only a failure
// reaches.

#include "auth/nkey.hpp"

#include "support/catch.hpp"

#include <leafnats/server.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace leafnats;
using namespace std::chrono_literals;

namespace {

constexpr auto deadline = 60s;
constexpr const char* seed = "SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y";

/// What a server told, from any thread.
class Log {
 public:
  struct Entry {
    EventKind kind;
    LinkReason cause;
    std::string reason;
  };

  [[nodiscard]] EventHandler handler() {
    return [this](const Event& event) {
      const std::lock_guard lock(mutex_);
      entries_.push_back({event.kind, event.link_reason, std::string(event.reason)});
      changed_.notify_all();
    };
  }
  /// The `times`-th event of this kind; fails the test if it does not come.
  Entry wait_for(EventKind kind, std::size_t times = 1) {
    std::unique_lock lock(mutex_);
    const Entry* found = nullptr;
    const bool came = changed_.wait_for(lock, deadline, [&] {
      std::size_t missing = times;
      const auto entry = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& each) {
        return each.kind == kind && --missing == 0;
      });
      found = entry == entries_.end() ? nullptr : &*entry;
      return found != nullptr;
    });
    REQUIRE(came);
    return *found;
  }
  std::size_t count(EventKind kind) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count_if(
        entries_.begin(), entries_.end(), [&](const Entry& each) { return each.kind == kind; }));
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Entry> entries_;
};

Result<Signature> sign(std::span<const std::byte> nonce) {
  const auto pair = auth::KeyPair::from_seed(seed);
  const auto raw = pair->sign({reinterpret_cast<const char*>(nonce.data()), nonce.size()});
  Signature signature;
  signature.nkey = pair->public_key().text();
  std::transform(raw->begin(), raw->end(), signature.ed25519.begin(),
                 [](unsigned char byte) { return std::byte{byte}; });
  return signature;
}

std::string public_key() { return auth::KeyPair::from_seed(seed)->public_key().text(); }

AccountOptions account(std::string name, std::string key = {}) {
  AccountOptions options;
  options.name = std::move(name);
  if (!key.empty()) options.users.emplace_back().nkey = std::move(key);
  return options;
}

Options hub_options(Log& log) {
  Options options;
  options.server_name = "hub";
  options.leaf.listen = "127.0.0.1:0";
  options.accounts = {account("A")};
  options.on_event = log.handler();
  return options;
}

/// A leaf that would wait for an hour before it dials again by itself.
Options leaf_options(const Server& hub, Log& log) {
  Options options;
  options.server_name = "leaf";
  options.leaf.remotes.resize(1);
  options.leaf.remotes[0].urls = {"nats-leaf://127.0.0.1:" + std::to_string(hub.leaf_port())};
  options.leaf.reconnect = 1h;
  options.leaf.reconnect_max = 1h;
  options.on_event = log.handler();
  return options;
}

/// A request at the leaf that somebody answers in this account of the hub.
void check_request(Server& hub, Server& leaf, const std::string& account_name) {
  ClientOptions where;
  where.account = account_name;
  Client service = hub.connect(where);
  const auto answers = service.subscribe("q", [](const Message& question) {
    static_cast<void>(question.respond("yes"));
  });
  REQUIRE(answers);
  Client asker = leaf.connect();
  const auto until = std::chrono::steady_clock::now() + deadline;
  auto answer = asker.request("q", "", deadline);
  while (!answer && answer.error().code == Errc::no_responders &&
         std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
    answer = asker.request("q", "", deadline);
  }
  REQUIRE(answer);
  CHECK(answer->payload() == "yes");
}

}  // namespace

// The key stays with one host, the decision with the other, and both take their time.
TEST_CASE("server: a keystore at the leaf and a callback at the hub", "[server]") {
  Log at_hub;
  Log at_leaf;
  LoginOffer seen;
  Options options = hub_options(at_hub);
  options.authentication_cb = [&](const LoginOffer& offer) -> Result<LoginVerdict> {
    seen = offer;
    if (!offer.signature_matches_nkey) return Error{Errc::authorization, "who is that?"};
    LoginVerdict verdict;
    verdict.user = offer.nkey;
    verdict.account = "A";
    return verdict;
  };
  Server hub(options);
  REQUIRE(hub.start());
  options = leaf_options(hub, at_leaf);
  std::atomic<int> calls{0};
  options.leaf.remotes[0].signature_cb = [&](std::span<const std::byte> nonce) {
    ++calls;
    return sign(nonce);
  };
  Server leaf(options);
  REQUIRE(leaf.start());
  at_leaf.wait_for(EventKind::leaf_connected);
  at_hub.wait_for(EventKind::leaf_connected);
  CHECK(calls == 1);
  CHECK(seen.kind == LoginOffer::Kind::leaf);
  CHECK(seen.name == "leaf");
  CHECK(seen.nkey == public_key());
  CHECK(seen.nonce.size() == 15);
  check_request(hub, leaf, "A");
}

// What the keystore says is an event, and the remote tries again by itself.
TEST_CASE("server: a keystore that fails", "[server]") {
  Log at_hub;
  Log at_leaf;
  Options options = hub_options(at_hub);
  options.accounts = {account("A", public_key())};
  Server hub(options);
  REQUIRE(hub.start());
  options = leaf_options(hub, at_leaf);
  options.leaf.reconnect = 1ms;
  options.leaf.reconnect_max = 1ms;
  std::atomic<int> calls{0};
  options.leaf.remotes[0].signature_cb =
      [&](std::span<const std::byte> nonce) -> Result<Signature> {
    switch (++calls) {
      case 1:
        return Error{Errc::io_error, "the token is not plugged in"};
      case 2:
        return Signature{};  // neither a token nor a key
      case 3: {
        auto wrong = sign(nonce);
        wrong->ed25519[0] ^= std::byte{1};
        return wrong;
      }
      default:
        return sign(nonce);
    }
  };
  Server leaf(options);
  REQUIRE(leaf.start());
  const auto first = at_leaf.wait_for(EventKind::leaf_refused);
  CHECK(first.cause == LinkReason::no_signature);
  CHECK(first.reason.find("the token is not plugged in") != std::string::npos);
  CHECK(at_leaf.wait_for(EventKind::leaf_refused, 2).cause == LinkReason::no_signature);
  CHECK(at_leaf.wait_for(EventKind::leaf_refused, 3).cause == LinkReason::no_signature);
  at_leaf.wait_for(EventKind::leaf_connected);
  CHECK(calls == 4);
  CHECK(at_hub.count(EventKind::authentication_failed) == 0);  // nothing wrong was ever sent
  check_request(hub, leaf, "A");
}

// New credentials hold from the next connection on: a remote that waits dials at once, a link that
// is up stays up.
TEST_CASE("server: credentials are changed at run time", "[server]") {
  Log at_hub;
  Log at_leaf;
  Options options = hub_options(at_hub);
  options.accounts = {account("A", public_key())};
  Server hub(options);
  REQUIRE(hub.start());
  options = leaf_options(hub, at_leaf);
  Server leaf(options);
  RemoteCredentials good;
  good.nkey = seed;
  CHECK(leaf.set_credentials(0, good).error().code == Errc::not_running);
  REQUIRE(leaf.start());
  CHECK(at_leaf.wait_for(EventKind::leaf_refused).cause == LinkReason::authentication_refused);
  at_leaf.wait_for(EventKind::leaf_backing_off);

  CHECK(leaf.set_credentials(1, good).error().code == Errc::invalid_argument);
  RemoteCredentials bad;
  bad.nkey = "SUNONE";
  const auto refused = leaf.set_credentials(0, bad);
  CHECK(refused.error().code == Errc::invalid_config);
  CHECK(refused.error().context.find("SUNONE") == std::string::npos);
  REQUIRE(leaf.set_credentials(0, good));
  at_leaf.wait_for(EventKind::leaf_connected);
  check_request(hub, leaf, "A");

  RemoteCredentials other;
  other.username = "nobody";
  REQUIRE(leaf.set_credentials(0, other));
  check_request(hub, leaf, "A");
  CHECK(at_leaf.count(EventKind::leaf_lost) == 0);
}

// A login has an end, if the callback says so.
TEST_CASE("server: a verdict expires", "[server]") {
  Log at_hub;
  Log at_leaf;
  Options options = hub_options(at_hub);
  options.authentication_cb = [](const LoginOffer&) -> Result<LoginVerdict> {
    LoginVerdict verdict;
    verdict.expires = std::chrono::system_clock::now() + 2s;
    return verdict;
  };
  Server hub(options);
  REQUIRE(hub.start());
  Server leaf(leaf_options(hub, at_leaf));
  REQUIRE(leaf.start());
  at_leaf.wait_for(EventKind::leaf_connected);
  const auto lost = at_leaf.wait_for(EventKind::leaf_lost);
  INFO(lost.reason);
  CHECK(lost.reason.find("Authentication Expired") != std::string::npos);
}

// A refusal of the callback, and an account that is not there, are refusals like any other; its
// words stay here.
TEST_CASE("server: a callback that refuses", "[server]") {
  const bool names_account = GENERATE(false, true);
  Log at_hub;
  Log at_leaf;
  Options options = hub_options(at_hub);
  options.authentication_cb = [&](const LoginOffer&) -> Result<LoginVerdict> {
    if (!names_account) return Error{Errc::authorization, "not on the list"};
    LoginVerdict verdict;
    verdict.account = "NOWHERE";
    return verdict;
  };
  Server hub(options);
  REQUIRE(hub.start());
  Server leaf(leaf_options(hub, at_leaf));
  REQUIRE(leaf.start());
  const auto refused = at_leaf.wait_for(EventKind::leaf_refused);
  CHECK(refused.cause == LinkReason::authentication_refused);
  CHECK(refused.reason.find("not on the list") == std::string::npos);
  at_hub.wait_for(EventKind::authentication_failed);
}
