// SPDX-License-Identifier: Apache-2.0
//
// The system account of a running server: what is answered, to whom, and what is told of logins.

#include "support/catch.hpp"
#include "unit/monitor/plain_client.hpp"
#include "wire/json.hpp"

#include <leafnats/server.hpp>

#include <array>
#include <mutex>
#include <string>
#include <string_view>

using namespace leafnats;
using test::PlainClient;

namespace {

constexpr std::string_view system_login = R"("user":"sys","pass":"system-secret","name":"boss")";
constexpr std::string_view login_a = R"("user":"a","pass":"secret-of-a","name":"app a")";
constexpr std::string_view login_b = R"("user":"b","pass":"secret-of-b","name":"app b")";

User user(std::string name, std::string password, std::string account) {
  User made;
  made.username = std::move(name);
  made.password = std::move(password);
  made.account = std::move(account);
  return made;
}

/// A server with the accounts SYS, A and B, and clients for each.
class Host {
 public:
  explicit Host(unsigned shards = 1) : server_(make(shards)) { REQUIRE(server_.start()); }

  [[nodiscard]] std::uint16_t port() const { return server_.client_port(); }
  [[nodiscard]] std::string id() const { return server_.id(); }
  void stop() { server_.stop(); }
  std::string log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }

 private:
  Options make(unsigned shards) {
    Options options;
    options.server_name = "hub";
    options.client_listen = "127.0.0.1:0";
    options.shards = shards;
    options.shard_placement = ShardPlacement::round_robin;
    options.system_account = "SYS";
    for (const char* name : {"SYS", "A", "B"}) {
      AccountOptions account;
      account.name = name;
      options.accounts.push_back(std::move(account));
    }
    options.authorization.users = {user("sys", "system-secret", "SYS"),
                                   user("a", "secret-of-a", "A"), user("b", "secret-of-b", "B")};
    options.log_level = LogLevel::debug;
    options.log = [this](LogLevel, std::string_view line) {
      const std::lock_guard lock(mutex_);
      log_.append(line).append("\n");
    };
    return options;
  }

  std::mutex mutex_;
  std::string log_;
  Server server_;
};

/// A client that is logged in and hears its inboxes.
struct Member : PlainClient {
  Member(const Host& host, std::string_view login) : PlainClient(host.port()) {
    log_in(login);
    subscribe("_INBOX.>", "1");
  }
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

/// A document that any reader takes.
void check_json(const std::string& text) {
  wire::JsonReader reader;
  INFO(text);
  CHECK(reader.read(text, {}));
}

}  // namespace

TEST_CASE("every server service answers in the envelope, by name of the server and to all",
          "[monitor]") {
  const unsigned shards = GENERATE(1U, 2U);
  Host host(shards);
  Member system(host, system_login);
  for (const std::string name :
       {"STATSZ", "VARZ", "CONNZ", "SUBSZ", "LEAFZ", "ACCOUNTZ", "ROUTEZ", "GATEWAYZ", "JSZ",
        "HEALTHZ"}) {
    INFO(name);
    for (const std::string& whom : {std::string("PING"), host.id()}) {
      const std::string answer = system.request("$SYS.REQ.SERVER." + whom + "." + name);
      check_json(answer);
      CHECK(answer.starts_with(R"({"server":{"name":"hub","host":"127.0.0.1","id":")" + host.id()));
      CHECK(has(answer, name == "STATSZ" ? R"("statsz":{)" : R"("data":{)"));
    }
  }
  // The one without an envelope.
  CHECK(system.request("$SYS.REQ.SERVER.PING.IDZ") ==
        R"({"name":"hub","host":"127.0.0.1","id":")" + host.id() + "\"}");
  CHECK(has(system.request("$SYS.REQ.SERVER.PING"), R"("statsz":{"start":")"));
}

TEST_CASE("a request for other servers is not answered, a broken one with an error", "[monitor]") {
  Host host;
  Member system(host, system_login);
  CHECK(has(system.request("$SYS.REQ.SERVER.PING.VARZ", "{x"), R"("error":{"code":400,)"));
  CHECK(has(system.request("$SYS.REQ.SERVER.PING.CONNZ", R"({"sort":"x"})"),
            R"("error":{"code":500,"description":"invalid sorting option: x"}})"));
  CHECK(has(system.request("$SYS.REQ.SERVER.PING.ACCOUNTZ", R"({"account":"X"})"),
            R"("description":"Account X does not exist")"));
  CHECK(has(system.request("$SYS.REQ.SERVER." + host.id() + ".KICK", R"({"cid":999})"),
            R"("description":"no such client or leafnode id")"));
  // The first is for somebody else, so the second one's answer comes first.
  system.say("PUB $SYS.REQ.SERVER.PING.VARZ _INBOX.none 23\r\n{\"server_name\":\"other\"}\r\n");
  CHECK(has(system.request("$SYS.REQ.SERVER.PING.VARZ",
                           R"({"server_name":"hub","exact_match":true})"),
            R"("server_name":"hub")"));
  CHECK_FALSE(has(system.heard(), "MSG _INBOX.none"));
}

TEST_CASE("connz puts the shards' connections together, sorted and in pages", "[monitor]") {
  Host host(2);
  Member system(host, system_login);
  Member a(host, login_a);
  Member b(host, login_b);
  a.say("PUB x 5\r\nhello\r\n");
  a.flush();
  const std::string all = system.request("$SYS.REQ.SERVER.PING.CONNZ", R"({"auth":true})");
  CHECK(has(all, R"("num_connections":3,"total":3,"offset":0,"limit":1024)"));
  CHECK(all.find(R"("cid":)" + system.id() + ",") < all.find(R"("cid":)" + a.id() + ","));
  CHECK(all.find(R"("cid":)" + a.id() + ",") < all.find(R"("cid":)" + b.id() + ","));
  CHECK(has(all, R"("name":"app a","lang":"test","version":"1.2.3","authorized_user":"a",)"
                 R"("account":"A")"));
  CHECK_FALSE(has(system.request("$SYS.REQ.SERVER.PING.CONNZ"), "authorized_user"));

  const std::string busiest =
      system.request("$SYS.REQ.SERVER.PING.CONNZ", R"({"sort":"msgs_from","limit":1,"offset":1})");
  CHECK(has(busiest, R"("num_connections":1,"total":3,"offset":1,"limit":1)"));
  CHECK(has(busiest, R"("name":"app a")"));
  const std::string details = system.request(
      "$SYS.REQ.SERVER.PING.CONNZ", R"({"acc":"A","subscriptions_detail":true})");
  INFO(details);
  CHECK(has(details, R"("subscriptions_list_detail":[{"subject":"_INBOX.\u003e","sid":"1")"));
  CHECK(has(details, R"("total":1)"));
}

TEST_CASE("users ask for their own account, whatever they say", "[monitor]") {
  const unsigned shards = GENERATE(1U, 2U);
  Host host(shards);
  Member system(host, system_login);
  Member a(host, login_a);
  Member b(host, login_b);
  for (const std::string subject : {"$SYS.REQ.ACCOUNT.PING.CONNZ", "$SYS.REQ.SERVER.PING.CONNZ"}) {
    const std::string own = a.request(subject, R"({"acc":"B","auth":true})");
    CHECK(has(own, R"("authorized_user":"a")"));
    CHECK_FALSE(has(own, R"("authorized_user":"b")"));
  }
  const std::string statz =
      a.request("$SYS.REQ.ACCOUNT.PING.STATZ", R"({"accounts":["B"],"include_unused":true})");
  CHECK(has(statz, R"("account_statz":[{"acc":"A","name":"A","conns":1,"leafnodes":0)"));
  CHECK_FALSE(has(statz, R"("acc":"B")"));
  CHECK(has(a.request("$SYS.REQ.USER.INFO"),
            R"("data":{"user":"a","account":"A","account_name":"A"}})"));
  CHECK(has(b.request("$SYS.REQ.USER.INFO"), R"("data":{"user":"b","account":"B")"));
  CHECK(has(system.request("$SYS.REQ.USER.INFO"), R"("data":{"user":"sys","account":"SYS")"));

  // A header that claims to be somebody else's changes nothing.
  const std::string header =
      "NATS/1.0\r\nNats-Request-Info: {\"acc\":\"B\",\"user\":\"b\",\"id\":" + b.id() + "}\r\n\r\n";
  const std::size_t from = a.heard().size();
  a.say("HPUB $SYS.REQ.USER.INFO _INBOX.forged " + std::to_string(header.size()) + " " +
        std::to_string(header.size()) + "\r\n" + header + "\r\n");
  CHECK(has(a.message("_INBOX.forged", from), R"("user":"a","account":"A")"));

  // Nothing else of the system account is there for them.
  a.say("PUB $SYS.REQ.SERVER.PING.VARZ _INBOX.v 0\r\n\r\n"
        "PUB $SYS.REQ.ACCOUNT.B.CONNZ _INBOX.v 0\r\n\r\n"
        "PUB $SYS.REQ.USER.B.INFO _INBOX.v 0\r\n\r\n");
  CHECK(has(a.request("$SYS.REQ.USER.INFO"), R"("user":"a")"));
  CHECK_FALSE(has(a.heard(), "MSG _INBOX.v "));
}

TEST_CASE("logins and their ends are events in the system account", "[monitor]") {
  const unsigned shards = GENERATE(1U, 2U);
  Host host(shards);
  Member system(host, system_login);
  system.subscribe("$SYS.ACCOUNT.>", "2");
  system.subscribe("$SYS.SERVER.>", "3");
  PlainClient a(host.port());
  a.log_in(login_a);
  const std::string connect = system.message("$SYS.ACCOUNT.A.CONNECT");
  check_json(connect);
  CHECK(connect.starts_with(R"({"type":"io.nats.server.advisory.v1.client_connect","id":")"));
  CHECK(has(connect, R"("id":)" + a.id() + R"(,"acc":"A","user":"a","name":"app a","lang":"test",)"
                     R"("ver":"1.2.3","name_tag":"A","kind":"Client","client_type":"nats"})"));
  const std::string conns = system.message("$SYS.ACCOUNT.A.SERVER.CONNS");
  CHECK(conns.starts_with(R"({"type":"io.nats.server.advisory.v1.account_connections")"));
  CHECK(has(conns, R"("acc":"A","name":"A","conns":1,"leafnodes":0,"total_conns":1)"));
  CHECK(has(system.message("$SYS.SERVER.ACCOUNT.A.CONNS"), R"("conns":1)"));

  a.say("PUB x 5\r\nhello\r\n");
  a.flush();
  a.close();
  const std::string disconnect = system.message("$SYS.ACCOUNT.A.DISCONNECT");
  check_json(disconnect);
  CHECK(has(disconnect, R"("sent":{"msgs":1,"bytes":5},"received":{"msgs":0,"bytes":0},)"
                        R"("reason":"Client Closed"})"));
  CHECK(has(disconnect, R"("stop":")"));

  PlainClient stranger(host.port());
  stranger.say("CONNECT {\"user\":\"a\",\"pass\":\"wrong\",\"name\":\"x\"}\r\n");
  const std::string refused =
      system.message("$SYS.SERVER." + host.id() + ".CLIENT.AUTH.ERR");
  CHECK(has(refused, R"("acc":"$G","user":"a","name":"x")"));
  CHECK(has(refused, R"("reason":"Authentication Failure"})"));
  CHECK(has(system.message("$SYS.ACCOUNT.$G.DISCONNECT"), R"("reason":"Authentication Failure"})"));

  Member b(host, login_b);
  CHECK(has(system.request("$SYS.REQ.SERVER." + host.id() + ".KICK", "{\"cid\":" + b.id() + "}"),
            R"("server":{)"));
  CHECK(has(system.message("$SYS.ACCOUNT.B.DISCONNECT"), R"("reason":"Kicked"})"));
  CHECK(has(system.message("$SYS.SERVER." + host.id() + ".STATSZ"), R"("statsz":{"start":")"));
}

TEST_CASE("the server says that it goes", "[monitor]") {
  Host host;
  Member system(host, system_login);
  system.subscribe("$SYS.SERVER.*.SHUTDOWN", "2");
  host.stop();
  CHECK(has(system.message("$SYS.SERVER." + host.id() + ".SHUTDOWN"), R"({"name":"hub",)"));
}

TEST_CASE("no secret is in an event, an answer or the log", "[monitor]") {
  Host host;
  Member system(host, system_login);
  system.subscribe("$SYS.>", "2");
  PlainClient a(host.port());
  a.log_in(login_a);
  for (const char* fields :
       {R"("user":"b","pass":"marker-1")", R"("auth_token":"marker-2")",
        R"("jwt":"eyJ.marker-3","sig":"marker-4")", R"("nkey":"UAMARKER","sig":"marker-5")"}) {
    PlainClient stranger(host.port());
    stranger.say("CONNECT {" + std::string(fields) + "}\r\n");
    while (stranger.hear()) {
    }
  }
  for (const std::string subject :
       {"$SYS.REQ.SERVER.PING.VARZ", "$SYS.REQ.ACCOUNT.A.INFO", "$SYS.REQ.ACCOUNT.A.SUBSZ",
        "$SYS.REQ.SERVER.PING.SUBSZ", "$SYS.REQ.USER.INFO"}) {
    check_json(system.request(subject));
  }
  check_json(system.request("$SYS.REQ.SERVER.PING.CONNZ", R"({"auth":true,"subscriptions":true})"));
  system.message("$SYS.ACCOUNT.A.CONNECT");
  CHECK(has(system.heard(), R"("user":"[REDACTED]")"));
  for (const std::string& place : {system.heard(), host.log()}) {
    for (const char* secret : {"system-secret", "secret-of-a", "secret-of-b", "marker-"}) {
      INFO(secret);
      CHECK_FALSE(has(place, secret));
    }
  }
}
