// SPDX-License-Identifier: Apache-2.0
//
// websocket { }, and what a remote says about WebSocket and proxies: which configurations load
// here and on nats-server 2.15.1 (started with each), and what the keys set.
#include "support/catch.hpp"
#include "unit/config/reading.hpp"
#include "unit/config/verdict_table.hpp"

#include <leafnats/options.hpp>

#include <chrono>
#include <string>
#include <string_view>

using namespace leafnats;
using namespace leafnats::config;
using namespace leafnats::config::test;
using namespace std::chrono_literals;

namespace {

#ifdef LEAFNATS_HAVE_WEBSOCKET
constexpr Verdict if_built = loads;
#else
constexpr Verdict if_built = unsupported;
#endif

constexpr Case cases[] = {
    {"websocket { port: -1, no_tls: true }", if_built, true, ""},
    {"ws { listen: \"127.0.0.1:-1\", no_tls: true }", if_built, true, ""},
    {"WebSocket { PORT: -1, No_TLS: true }", if_built, true, ""},
    {"websocket { }", loads, true, ""},
    {"websocket { port: 0, same_origin: true }", loads, true, ""},
    {"websocket: true", refused, false, "must be a map"},
    {"websocket { port: -1 }", refused, false, "websocket requires TLS configuration"},
    {"websocket { port: -1, no_tls: false }", refused, false, "requires TLS"},
    {"websocket { port: -1, no_tls: yes }", if_built, true, ""},
    {"websocket { port: \"x\", no_tls: true }", refused, false, ""},
    {"websocket { port: -1, no_tls: true, color: red }", refused, false, "unknown field"},
    {"websocket { port: -1, no_tls: true, compress: true }", if_built, true, ""},
    {"websocket { port: -1, no_tls: true, handshake_timeout: 3 }", if_built, true, ""},
    {"websocket { port: -1, no_tls: true, handshake_timeout: \"3s\" }", if_built, true, ""},
    {"websocket { port: -1, no_tls: true, handshake_timeout: \"x\" }", refused, false, ""},
    {"websocket { port: -1, no_tls: true, origin: \"http://a.com\" }", if_built, true, ""},
#ifdef LEAFNATS_HAVE_WEBSOCKET
    {"websocket { port: -1, no_tls: true, origins: [\"https://a\", \"b.com\"] }", refused, false,
     "unable to parse allowed origin \"b.com\""},
    {"websocket { port: -1, no_tls: true, allowed_origins: \"ftp://a\" }", refused, false,
     "http or https scheme"},
#endif
    {"websocket { port: -1, no_tls: true, headers { X-A: b } }", if_built, true, ""},
    {"websocket { port: -1, no_tls: true, headers { Upgrade: b } }", refused, false,
     "invalid header \"Upgrade\" not allowed"},
    {"websocket { port: -1, no_tls: true, headers { sec-websocket-x: b } }", refused, false,
     "prefix not allowed"},
    {"websocket { port: -1, no_tls: true, headers { \"X A\": b } }", refused, true,
     "a header that no client could read"},
    {"websocket { port: -1, no_tls: true, jwt_cookie: j }", refused, false,
     "trusted operators"},
    {"websocket { port: -1, no_tls: true, no_auth_user: u }", refused, false,
     "not present as user or nkey in authorization block"},
    {"websocket { port: -1, no_tls: true, no_auth_user: u }\n"
     "authorization { users: [ {user: u, password: p} ] }",
     if_built, true, ""},
    {"websocket { port: -1, no_tls: true, authorization { user: u, pass: p, timeout: 1 } }",
     if_built, true, ""},
    {"websocket { port: -1, no_tls: true, authorization { users: [] } }", refused, false,
     "unknown field"},
    {"websocket { port: -1, no_tls: true, authorization { token: t } }\n"
     "authorization { users: [ {user: u, password: p} ] }",
     refused, false, "websocket authentication token not compatible"},
    {"websocket { port: -1, no_tls: true, ping_interval: \"30s\" }", if_built, true, ""},

    {"leafnodes { remotes: [ { url: \"ws://127.0.0.1:80\" } ] }", if_built, true, ""},
    {"leafnodes { remotes: [ { urls: [\"ws://127.0.0.1:1\", \"nats://127.0.0.1:1\"] } ] }",
     refused, false, "mix of websocket and non-websocket urls"},
    {"leafnodes { remotes: [ { url: \"ws://127.0.0.1:1\", ws_compress: true,\n"
     "websocket_no_masking: true } ] }",
     if_built, true, ""},
    {"leafnodes { remotes: [ { url: \"nats://127.0.0.1:1\", proxy { url: \"http://h:1\" } } ] }",
     loads, true, ""},
    {"leafnodes { remotes: [ { url: \"nats://127.0.0.1:1\", proxy { url: \"ftp://h:1\" } } ] }",
     refused, false, "proxy URL scheme must be http or https"},
    {"leafnodes { remotes: [ { url: \"nats://127.0.0.1:1\", proxy { url: \"http://:1\" } } ] }",
     refused, true, "a proxy without a host is dialled here, whatever answers"},
    {"leafnodes { remotes: [ { url: \"nats://127.0.0.1:1\",\n"
     "proxy { url: \"http://h:1\", username: u } } ] }",
     refused, false, "both be specified or both be empty"},
    {"leafnodes { remotes: [ { url: \"nats://127.0.0.1:1\", proxy { uri: \"http://h\" } } ] }",
     refused, false, "unknown field"},
};

}  // namespace

TEST_CASE("config: verdicts on WebSocket and proxies", "[config]") {
  for (const Case& entry : cases) {
    INFO(entry.text);
    const Result<Config> config = load(entry.text);
    INFO(error_of(config));
    CHECK(config.has_value() == (entry.ours == loads));
    if (config) continue;
    CHECK((config.error().code == Errc::not_supported) == (entry.ours == unsupported));
    CHECK(error_of(config).starts_with("t.conf:"));
    if (!entry.real_loads) CHECK(error_of(config).find(entry.note) != std::string::npos);
  }
}

#ifdef LEAFNATS_HAVE_WEBSOCKET

TEST_CASE("config: websocket keys set their options", "[config]") {
  const Result<Config> config = load(
      "authorization { users: [ {user: u, password: p} ] }\n"
      "websocket {\n host: \"::1\"\n port: 8080\n advertise: \"a.com:443\"\n no_tls: true\n"
      " same_origin: true\n allow_origin: [\"http://a\", \"https://b:1\"]\n"
      " handshake_timeout: 3\n compression: true\n no_auth_user: u\n user_cookie: cu\n"
      " pass_cookie: cp\n token_cookie: ct\n headers { X-A: b, X-C: \"d e\" }\n"
      " ping_interval: \"7s\"\n authentication { timeout: 0.5 }\n}\n");
  INFO(error_of(config));
  REQUIRE(config);
  REQUIRE(config->options.websocket);
  const WebSocketOptions& websocket = *config->options.websocket;
  CHECK(websocket.listen == "[::1]:8080");
  CHECK(websocket.advertise == "a.com:443");
  CHECK(websocket.no_tls);
  CHECK(websocket.same_origin);
  CHECK(websocket.allowed_origins == std::vector<std::string>{"http://a", "https://b:1"});
  CHECK(websocket.handshake_timeout == 3s);
  CHECK(websocket.compression);
  CHECK(websocket.no_auth_user == "u");
  CHECK(websocket.user_cookie == "cu");
  CHECK(websocket.pass_cookie == "cp");
  CHECK(websocket.token_cookie == "ct");
  CHECK(websocket.headers == std::map<std::string, std::string>{{"X-A", "b"}, {"X-C", "d e"}});
  CHECK(websocket.ping_interval == 7s);
  CHECK(websocket.auth_timeout == 500ms);
}

TEST_CASE("config: websocket keys of a remote set their options", "[config]") {
  const Result<Config> config = load(
      "leafnodes { remotes: [ { url: \"ws://u:p@h:80/x\", ws_compression: true,\n"
      "ws_no_masking: true, proxy { url: \"https://p:3128\", username: a, password: b,\n"
      "timeout: \"3s\" } } ] }");
  INFO(error_of(config));
  REQUIRE(config);
  const RemoteLeafOpts& remote = config->options.leaf.remotes.at(0);
  CHECK(remote.ws_compression);
  CHECK(remote.ws_no_masking);
  CHECK(remote.proxy.url == "https://p:3128");
  CHECK(remote.proxy.username == "a");
  CHECK(remote.proxy.password == "b");
  CHECK(remote.proxy.timeout == 3s);
  REQUIRE(config->warnings.size() == 1);
  CHECK(config->warnings[0].find("not encrypted") != std::string::npos);
}

#endif
