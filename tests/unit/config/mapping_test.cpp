// SPDX-License-Identifier: Apache-2.0
//
// What a configuration sets in Options, and how it says what it cannot set.

#include "support/catch.hpp"
#include "unit/config/reading.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace leafnats;
using namespace leafnats::config;
using namespace leafnats::config::test;
using namespace std::chrono_literals;

namespace {

using Texts = std::vector<std::string>;

Config must_load(std::string_view text) {
  INFO(text);
  Result<Config> config = load(text);
  INFO(error_of(config));
  REQUIRE(config);
  return std::move(*config);
}

/// The configuration of the leaf node guide's tutorial, hub and leaf.
constexpr std::string_view tutorial_hub = R"(
leafnodes {
    port: 7422
}
authorization {
    token: "s3cr3t"
}
)";
constexpr std::string_view tutorial_leaf = R"(
listen: "127.0.0.1:4111"
leafnodes {
    remotes = [
        {
          url: "nats://s3cr3t@localhost"
        },
    ]
}
)";

}  // namespace

// An empty file is nats-server's defaults, and those are the defaults of Options.
TEST_CASE("config: defaults", "[config]") {
  const Config config = must_load("");
  const Options defaults;
  const Options& options = config.options;
  CHECK(config.warnings == Texts{"t.conf:1:1: config has no values or is empty"});
  CHECK(options.client_listen == "0.0.0.0:4222");
  CHECK(options.leaf.listen.empty());
  CHECK(options.max_payload == 1048576);
  CHECK(options.max_control_line == 4096);
  CHECK(options.max_pending == 64 * 1048576);
  CHECK(options.max_connections == 65536);
  CHECK(options.ping_interval == 2min);
  CHECK(options.ping_max == 2);
  CHECK(options.write_deadline == 10s);
  CHECK(options.lame_duck_duration == 2min);
  CHECK(options.lame_duck_grace_period == 10s);
  CHECK(options.authorization.timeout == 2s);
  CHECK(options.leaf.reconnect == 1s);
  CHECK(options.leaf.dial_timeout == 1s);
  CHECK(options.leaf.authorization.timeout == 2s);
  CHECK(options.leaf.compression.mode == CompressionMode::s2_auto);
  CHECK(options.shards == defaults.shards);
  CHECK(config.daemon.logtime);
}

// Each key of the top level lands in its field.
TEST_CASE("config: general keys", "[config]") {
  const Config config = must_load(R"(
    server_name: hub-1, client_advertise: "hub.example.com:4222"
    max_payload: 2MB, max_control_line: 8KB, max_pending: 32MB
    max_connections: 100, max_subscriptions: 50, max_subscription_tokens: 16
    ping_interval: "30s", ping_max: 5, write_deadline: "3s"
    lame_duck_duration: "60s", lame_duck_grace_period: "5s"
    no_header_support: true
    debug: true, trace: true, trace_verbose: true, logtime: false, logtime_utc: true
    log_file: "/var/log/x", log_size_limit: 1MB, pid_file: "/run/x", ports_file_dir: "/run"
    syslog: true
  )");
  const Options& options = config.options;
  CHECK(options.server_name == "hub-1");
  CHECK(options.client_advertise == "hub.example.com:4222");
  CHECK(options.max_payload == 2 * 1048576);
  CHECK(options.max_control_line == 8192);
  CHECK(options.max_pending == 32 * 1048576);
  CHECK(options.max_connections == 100);
  CHECK(options.max_subscriptions == 50);
  CHECK(options.max_subscription_tokens == 16);
  CHECK(options.ping_interval == 30s);
  CHECK(options.ping_max == 5);
  CHECK(options.write_deadline == 3s);
  CHECK(options.lame_duck_duration == 60s);
  CHECK(options.lame_duck_grace_period == 5s);
  CHECK(options.no_header_support);
  const DaemonOptions& daemon = config.daemon;
  CHECK((daemon.debug && daemon.trace && daemon.trace_verbose && daemon.logtime_utc));
  CHECK_FALSE(daemon.logtime);
  CHECK(daemon.syslog);
  CHECK(daemon.log_file == "/var/log/x");
  CHECK(daemon.log_size_limit == 1048576);
  CHECK(daemon.pid_file == "/run/x");
  CHECK(daemon.ports_file_dir == "/run");
  CHECK(config.warnings.empty());
}

// 0 stands for the default wherever nats-server has it so, and only there.
TEST_CASE("config: zeros", "[config]") {
  const Options options = must_load(R"(
    port: 0, max_payload: 0, max_control_line: 0, max_pending: 0, max_connections: 0
    max_subscriptions: 0, ping_interval: "0s", ping_max: 0, write_deadline: "0s"
    lame_duck_duration: "30s", lame_duck_grace_period: "0s"
    authorization { token: t, timeout: 0 }
    leafnodes { port: 0, reconnect: "0s", dial_timeout: 0
      remotes: [ { url: "nats://h", first_info_timeout: "0s" } ] }
  )")
                              .options;
  CHECK(options.client_listen == "0.0.0.0:4222");
  CHECK(options.max_payload == 1048576);
  CHECK(options.max_control_line == 4096);
  CHECK(options.max_pending == 64 * 1048576);
  CHECK(options.max_connections == 0);
  CHECK(options.max_subscriptions == 0);
  CHECK(options.ping_interval == 2min);
  CHECK(options.ping_max == 2);
  CHECK(options.write_deadline == 10s);
  CHECK(options.lame_duck_grace_period == 10s);
  CHECK(options.authorization.timeout == 2s);
  CHECK(options.leaf.listen.empty());
  CHECK(options.leaf.reconnect == 1s);
  CHECK(options.leaf.dial_timeout == 1s);
  CHECK(options.leaf.remotes.at(0).first_info_timeout == 1s);
}

// Host and port come in one key or two, in any order; -1 is any free port.
TEST_CASE("config: listeners", "[config]") {
  struct {
    std::string_view text;
    std::string_view client;
    std::string_view leaf;
  } const cases[] = {
      {"port: 4333", "0.0.0.0:4333", ""},
      {"port: -1", "0.0.0.0:0", ""},
      {"host: localhost", "localhost:4222", ""},
      {"net: \"::1\"\nport: 5", "[::1]:5", ""},
      {"port: 5\nhost: h", "h:5", ""},
      {"listen: 5", "0.0.0.0:5", ""},
      {"listen: h:5", "h:5", ""},
      {"listen: \":5\"", "0.0.0.0:5", ""},
      {"listen: \"[::1]:-1\"", "[::1]:0", ""},
      {"host: h\nlisten: 5", "h:5", ""},
      {"listen: 5\nhost: h", "h:5", ""},
      {"leafnodes { port: 7422 }", "0.0.0.0:4222", "0.0.0.0:7422"},
      {"leafnodes { listen: \"h:-1\" }", "0.0.0.0:4222", "h:0"},
      {"leafnodes { host: h }", "0.0.0.0:4222", ""},
      {"leafnodes { host: h, port: 7 }", "0.0.0.0:4222", "h:7"},
      {"leafnodes { listen: \"h:0\" }", "0.0.0.0:4222", ""},
  };
  for (const auto& entry : cases) {
    const Options options = must_load(entry.text).options;
    INFO(entry.text);
    CHECK(options.client_listen == entry.client);
    CHECK(options.leaf.listen == entry.leaf);
  }
}

// Durations are strings, or seconds with a warning.
TEST_CASE("config: durations as seconds", "[config]") {
  const Config config =
      must_load("ping_interval: 30\nwrite_deadline: 2s\nleafnodes { reconnect: 5 }");
  CHECK(config.options.ping_interval == 30s);
  CHECK(config.options.leaf.reconnect == 5s);
  CHECK(config.warnings ==
        Texts{"t.conf:1:1: \"ping_interval\" is taken as 30 seconds, but should be converted to a "
              "duration in quotes, such as \"2s\"",
              "t.conf:3:13: \"reconnect\" is taken as 5 seconds, but should be converted to a "
              "duration in quotes, such as \"2s\""});
  CHECK(config.is_doubtful);
  CHECK(must_load("authorization { token: t, timeout: 0.25 }").options.authorization.timeout ==
        250ms);
  CHECK(must_load("authorization { token: t, timeout: 3 }").options.authorization.timeout == 3s);
  CHECK(must_load("authorization { token: t, timeout: 90ms }").options.authorization.timeout ==
        90ms);
}

// One user, a token, or a list of users with permissions of their own.
TEST_CASE("config: authorization", "[config]") {
  const Authorization single =
      must_load("authorization { username: u, pass: 'p w' }").options.authorization;
  CHECK(single.username == "u");
  CHECK(single.password == "p w");
  CHECK(must_load("authorization { token: t }").options.authorization.token == "t");

  const Options options = must_load(R"(
    no_auth_user: b
    authorization {
      default_permissions { publish: "d.>", subscribe: { deny: "x" } }
      users = [
        { user: a, password: pa, permissions: {
            publish: { allow: [ "p.*", q ], deny: "p.no" }
            subscribe: "s queue"
            allow_responses: { max: 3, expires: "5s" } } }
        { username: b, pass: pb }
        { user: c, password: pc, permissions: { subscribe: c, allow_responses: true } }
        { user: d, permissions: { publish: [], allow_responses: false } }
        { user: e, permissions: { publish: f, allow_responses: { max: -5, ttl: "-3s" } } }
      ]
    }
  )")
                              .options;
  const Authorization& list = options.authorization;
  CHECK(options.no_auth_user == "b");
  REQUIRE(list.users.size() == 5);
  REQUIRE(list.default_permissions);
  CHECK(list.default_permissions->publish.allow == Texts{"d.>"});
  CHECK(list.default_permissions->subscribe.deny == Texts{"x"});
  const Permissions& a = *list.users[0].permissions;
  CHECK(list.users[0].username == "a");
  CHECK(list.users[0].password == "pa");
  CHECK(a.publish.allow == Texts{"p.*", "q"});
  CHECK(a.publish.deny == Texts{"p.no"});
  CHECK(a.subscribe.allow == Texts{"s queue"});
  REQUIRE(a.allow_responses);
  CHECK(a.allow_responses->max_messages == 3);
  CHECK(a.allow_responses->expires == 5s);
  CHECK(list.users[1].username == "b");
  CHECK_FALSE(list.users[1].permissions);
  // Who may answer and has no allow list may publish nothing else.
  const Permissions& c = *list.users[2].permissions;
  CHECK(c.publish.allow.empty());
  CHECK(c.publish.deny == Texts{">"});
  CHECK(c.allow_responses->max_messages == 1);
  CHECK(c.allow_responses->expires == 2min);
  const Permissions& d = *list.users[3].permissions;
  CHECK((d.publish.allow.empty() && d.publish.deny.empty() && !d.allow_responses));
  CHECK(list.users[4].permissions->allow_responses->max_messages == -1);
  CHECK(list.users[4].permissions->allow_responses->expires == -1ms);
}

// Settings that protect nothing are said to.
TEST_CASE("config: authorization without effect", "[config]") {
  CHECK(must_load("authorization { password: p }").warnings ==
        Texts{"t.conf:1:1: a password without a user protects nothing"});
  const Config config = must_load("authorization { user: u, permissions: { publish: a } }");
  CHECK(config.warnings.size() == 1);
  CHECK_FALSE(config.options.authorization.default_permissions);
}

// The leaf listener, its users, and remotes with everything they can have.
TEST_CASE("config: leafnodes", "[config]") {
  const LeafOptions leaf = must_load(R"(
    leafnodes {
      listen: "h:7422", advertise: "hub.example.com", no_advertise: true
      min_version: "2.9.0", reconnect: "3s", dial_timeout: "4s", write_deadline: "5s"
      compression: { mode: s2_auto, rtt_thresholds: [5ms, 20ms] }
      authorization { timeout: 3, users: [ { user: l1, password: p1, account: "$G" } ] }
      remotes: [
        { urls: [ "nats-leaf://a:1", "nats://b" ], account: "$G", no_randomize: true
          deny_imports: [ "i.>", j ], deny_exports: e, first_info_timeout: "6s"
          dial_timeout: "7s", ignore_discovered_servers: true, compression: s2_best
          account_mappings: { events: { to: "site-a.events" }, "m.x": site-a.m } },
        { url: "nats://t@c", compression: off }
      ]
    }
  )")
                               .options.leaf;
  CHECK(leaf.listen == "h:7422");
  CHECK(leaf.advertise == "hub.example.com");
  CHECK(leaf.no_advertise);
  CHECK(leaf.min_version == "2.9.0");
  CHECK(leaf.reconnect == 3s);
  CHECK(leaf.dial_timeout == 4s);
  CHECK(leaf.write_deadline == 5s);
  CHECK(leaf.compression.mode == CompressionMode::s2_auto);
  CHECK(leaf.compression.rtt_thresholds == std::vector<std::chrono::milliseconds>{5ms, 20ms});
  CHECK(leaf.authorization.timeout == 3s);
  REQUIRE(leaf.authorization.users.size() == 1);
  CHECK(leaf.authorization.users[0].username == "l1");
  CHECK(leaf.authorization.users[0].password == "p1");
  REQUIRE(leaf.remotes.size() == 2);
  const RemoteLeafOpts& remote = leaf.remotes[0];
  CHECK(remote.urls == Texts{"nats-leaf://a:1", "nats://b"});
  CHECK(remote.no_randomize);
  CHECK(remote.deny_imports == Texts{"i.>", "j"});
  CHECK(remote.deny_exports == Texts{"e"});
  CHECK(remote.first_info_timeout == 6s);
  CHECK(remote.dial_timeout == 7s);
  REQUIRE(remote.account_mappings.size() == 2);
  CHECK(remote.account_mappings[0].from == "events");
  CHECK(remote.account_mappings[0].to == "site-a.events");
  CHECK(remote.account_mappings[1].from == "m.x");
  CHECK(remote.account_mappings[1].to == "site-a.m");
  CHECK(remote.ignore_discovered_servers);
  CHECK(remote.compression.mode == CompressionMode::s2_best);
  CHECK(leaf.remotes[1].urls == Texts{"nats://t@c"});
  CHECK(leaf.remotes[1].compression.mode == CompressionMode::off);
  CHECK(leaf.remotes[1].dial_timeout == 0ms);
}

// Every spelling of a compression mode.
TEST_CASE("config: compression modes", "[config]") {
  struct {
    std::string_view text;
    CompressionMode mode;
  } const cases[] = {
      {"true", CompressionMode::s2_auto},
      {"false", CompressionMode::off},
      {"on", CompressionMode::s2_auto},
      {"\"on\"", CompressionMode::s2_auto},
      {"enabled", CompressionMode::s2_auto},
      {"disabled", CompressionMode::off},
      {"auto", CompressionMode::s2_auto},
      {"S2_AUTO", CompressionMode::s2_auto},
      {"fast", CompressionMode::s2_fast},
      {"s2_fast", CompressionMode::s2_fast},
      {"better", CompressionMode::s2_better},
      {"s2_better", CompressionMode::s2_better},
      {"best", CompressionMode::s2_best},
      {"zstd", CompressionMode::zstd},
      {"{ mode: ZSTD }", CompressionMode::zstd},
      {"accept", CompressionMode::accept},
      {"{}", CompressionMode::s2_auto},
      {"{ mode: accept }", CompressionMode::accept},
      {"not_supported", CompressionMode::not_supported},
      {"\"not supported\"", CompressionMode::not_supported},
  };
  for (const auto& entry : cases) {
    INFO(entry.text);
    const std::string text = "leafnodes { compression: " + std::string(entry.text) + " }";
    CHECK((must_load(text).options.leaf.compression.mode == entry.mode));
  }
}

// Thresholds by all their names, and what belongs to zstd.
TEST_CASE("config: compression settings", "[config]") {
  for (const char* key : {"rtt_thresholds", "thresholds", "rtts", "RTT"}) {
    const std::string text =
        "leafnodes { compression: { mode: auto, " + std::string(key) + ": [\"-1s\", 5ms, 1s] } }";
    CHECK(must_load(text).options.leaf.compression.rtt_thresholds ==
          std::vector<std::chrono::milliseconds>{0ms, 5ms, 1000ms});
  }
  const CompressionOptions defaults;
  CHECK(defaults.mode == CompressionMode::s2_auto);
  CHECK(defaults.zstd_level == 1);
  CHECK(defaults.zstd_window_log == 14);
  const CompressionOptions found =
      must_load("leafnodes { remotes: [ { url: \"nats://a\", compression: { mode: zstd, level: -2,"
                " window_log: 17, dictionary: \"telemetry.dict\" } } ] }")
          .options.leaf.remotes[0]
          .compression;
  CHECK(found.mode == CompressionMode::zstd);
  CHECK(found.zstd_level == -2);
  CHECK(found.zstd_window_log == 17);
  CHECK(found.zstd_dictionary_file == "telemetry.dict");
}

// A remote that is switched off is kept for those who look, and said to be off.
TEST_CASE("config: disabled remotes", "[config]") {
  const Config config = must_load(
      "leafnodes { remotes: [ { url: \"nats://a\", disabled: true }, { url: \"nats://b\" } ] }");
  REQUIRE(config.options.leaf.remotes.size() == 2);
  CHECK(config.options.leaf.remotes[0].disabled);
  CHECK_FALSE(config.options.leaf.remotes[1].disabled);
  CHECK(config.warnings ==
        Texts{"t.conf:1:24: this remote is disabled and will not be dialled"});
  CHECK(error_of(load("leafnodes { remotes: [\n { url: \"nats://a\", disabled: true }\n"
                      " { url: \"nats://:1\" } ] }")) ==
        "t.conf:3:4: error parsing leafnode url: the URL has no host");
}

// Isolation, the queue of links, and how often a remote is dialled: all keys and spellings.
TEST_CASE("config: the manners of leaf links", "[config]") {
  const LeafOptions leaf = must_load(R"(
    leafnodes {
      isolate: true, write_timeout: close, link_queue_size: 1MB, link_queue_full: drop_newest
      reconnect_max: "1m"
      remotes: [
        { url: "nats://a", isolate_leafnode_interest: true, request_isolation: true
          reconnect: false, reconnect_interval: 5, connect_timeout: "9s", failback_interval: "7s"
          js_cluster_migrate: { leader_migrate_delay: "4s" } },
        { url: "nats://b", isolate: true, reconnect_delay: "3s", jetstream_cluster_migrate: true }
      ]
    }
  )")
                               .options.leaf;
  CHECK(leaf.isolate_leafnode_interest);
  CHECK((leaf.write_timeout == WriteTimeout::close));
  CHECK(leaf.link_queue_bytes == 1024 * 1024);
  CHECK((leaf.link_queue_full == QueueFull::drop_newest));
  CHECK(leaf.reconnect_max == 60s);
  const RemoteLeafOpts& a = leaf.remotes[0];
  CHECK(a.isolate_leafnode_interest);
  CHECK(a.request_isolation);
  CHECK_FALSE(a.reconnect);
  CHECK(a.reconnect_interval == 5s);
  CHECK(a.dial_timeout == 9s);
  CHECK(a.failback_interval == 7s);
  CHECK(a.jetstream_cluster_migrate);
  CHECK(a.jetstream_leader_migrate_delay == 4s);
  const RemoteLeafOpts& b = leaf.remotes[1];
  CHECK(b.isolate_leafnode_interest);
  CHECK_FALSE(b.request_isolation);
  CHECK(b.reconnect);
  CHECK(b.reconnect_interval == 3s);
  CHECK(b.jetstream_cluster_migrate);
}

// What cannot change the delivery of messages is taken, with a line that says so.
TEST_CASE("config: keys without effect", "[config]") {
  CHECK(must_load("port: -1\nhttp_port: 8222\nserver_tags: [a]").warnings ==
        Texts{"t.conf:2:1: monitoring is not part of this version: http_port is ignored",
              "t.conf:3:1: monitoring is not part of this version: server_tags is ignored"});
  CHECK_FALSE(must_load("port: -1\nhttp_port: 8222").is_doubtful);
}

// What is not there yet says where it stands; it is invalid_config only if something is wrong too.
TEST_CASE("config: keys that are not supported", "[config]") {
  const Result<Config> config = load("port: -1\ncluster {\n name: c\n}\njetstream: enabled\n");
  REQUIRE_FALSE(config);
  CHECK(config.error().code == Errc::not_supported);
  CHECK(config.error().context ==
        "t.conf:2:1: \"cluster\" is not supported yet: clusters are not part of this version\n"
        "t.conf:5:1: \"jetstream\" is not supported yet: JetStream is not part of this version");
  const Result<Config> mixed = load("jetstream: enabled\nprot: 4\n");
  REQUIRE_FALSE(mixed);
  CHECK(mixed.error().code == Errc::invalid_config);
  CHECK(mixed.error().context.find("did you mean \"port\"?") != std::string::npos);
}

// A rule about several options names the line of the option that breaks it.
TEST_CASE("config: positions of broken rules", "[config]") {
  CHECK(error_of(load("port: -1\nmax_payload:  65MB")) ==
        "t.conf:2:1: max_payload (68157440) cannot be higher than max_pending (67108864)");
  CHECK(error_of(load(
            "leafnodes {\n remotes: [\n {\n urls: [ \"nats://a\",\n \"wss://b\" ]\n}\n]\n}")) ==
        "t.conf:3:2: remote leaf node configuration cannot have a mix of websocket and "
        "non-websocket urls");
  CHECK(error_of(load("authorization {\n users: [\n {user: a}\n {user: b, permissions: {\n"
                      " subscribe: { deny: [ ok,\n  \"a..b\" ]}}}]}")) ==
        "t.conf:6:3: subject \"a..b\" is not a valid subject");
  CHECK(error_of(load("authorization {\n users: [\n {user: a}\n {user:  a}]}")) ==
        "t.conf:1:1: Duplicate user \"a\" detected");
  CHECK(error_of(load("X = \"a..b\"\nauthorization {\n users: [ {user: a, permissions: {\n"
                      " publish: $X}}]}")) ==
        "t.conf:4:11: subject \"a..b\" is not a valid subject");
}

// All errors are told in file order, up to a bound.
TEST_CASE("config: several errors", "[config]") {
  CHECK(error_of(load("port: x\ndebug: 5\nprot: 1")) ==
        "t.conf:1:1: \"port\" must be an integer, but is a string\n"
        "t.conf:2:1: \"debug\" must be true or false, but is an integer\n"
        "t.conf:3:1: unknown field \"prot\" in the top level: did you mean \"port\"?");
  std::string many;
  for (int i = 0; i < 50; ++i) many += "key" + std::to_string(i) + ": 1\n";
  CHECK(error_of(load(many)).ends_with("\nand 30 more errors"));
}

// Messages never repeat a password, token or URL.
TEST_CASE("config: secrets stay out of messages", "[config]") {
  const std::string_view texts[] = {
      "authorization { user: u, password: [hunter2] }",
      "authorization { user: u, password: hunter2, token: hunter2 }",
      "authorization { users: [ {password: hunter2} ] }",
      "authorization { users: [ hunter2 ] }",
      "authorization { timeout: hunter2 }",
      "authorization { password: 123456789123456789hunter2 5 }",
      "leafnodes { remotes: [ { url: \"nats://u:hunter2{@h\" } ] }",
      "leafnodes { remotes: [ { url: \"nats://hunter2@h:x\" } ] }",
      "leafnodes { remotes: [ { url: \"wss://hunter2@h:x\" } ] }",
      "leafnodes { remotes: [ { url: \"nats://hunter2@h\" }, { url: \"nats://hunter2@h\" } ] }",
      "leafnodes { compression: hunter2 }",
  };
  for (const std::string_view text : texts) {
    INFO(text);
    const Result<Config> config = load(text);
    REQUIRE_FALSE(config);
    CHECK(config.error().context.find("hunter2") == std::string::npos);
  }
}

// Nor a number, which may be one without quotes.
TEST_CASE("config: numbers stay out of messages", "[config]") {
  const std::string_view texts[] = {
      "authorization { password: 31337313373133731337 }",
      "authorization { token: 31337kbb }",
      "authorization { token: 3133-7 }",
      "authorization { token: 31337. }",
      "authorization { token: 31337, user: 31337 }",
  };
  for (const std::string_view text : texts) {
    INFO(text);
    const Result<Config> config = load(text);
    REQUIRE_FALSE(config);
    CHECK(config.error().context.find("313") == std::string::npos);
  }
}

// The tutorial of the leaf node guide: a hub with a token, and a leaf that has it in its URL.
TEST_CASE("config: the leaf node guide's tutorial", "[config]") {
  const Options hub = must_load(tutorial_hub).options;
  CHECK(hub.leaf.listen == "0.0.0.0:7422");
  CHECK(hub.authorization.token == "s3cr3t");
  const Options leaf = must_load(tutorial_leaf).options;
  CHECK(leaf.client_listen == "127.0.0.1:4111");
  REQUIRE(leaf.leaf.remotes.size() == 1);
  CHECK(leaf.leaf.remotes[0].urls == Texts{"nats://s3cr3t@localhost"});
}
