// SPDX-License-Identifier: Apache-2.0
//
// URLs of hubs: which part is which, and that no message gives a password away.

#include "config/remote_url.hpp"
#include "wire/tls_context.hpp"

#include "support/catch.hpp"

#include <string>
#include <string_view>

using namespace leafnats::config;

namespace {

std::string show(const RemoteUrl& url) {
  return url.scheme + "|" + url.user + "|" + url.password + "|" + url.token + "|" + url.host + "|" +
         std::to_string(url.port);
}

}  // namespace

// Userinfo with ':' is user and password, without it is a token; the port has a default.
TEST_CASE("config: parts of remote URLs", "[config]") {
  struct {
    std::string_view text;
    std::string_view parts;
  } const good[] = {
      {"nats://h", "nats||||h|7422"},
      {"nats-leaf://h:1", "nats-leaf||||h|1"},
      {"NATS-LEAF://H:1", "nats-leaf||||H|1"},
      {"tls://h", "tls||||h|7422"},
      {"ws://h:80/path", "ws||||h|80"},
      {"wss://h", "wss||||h|7422"},
      {"nats://s3cr3t@localhost", "nats|||s3cr3t|localhost|7422"},
      {"nats://u:p@h:2", "nats|u|p||h|2"},
      {"nats://u:@h", "nats|u|||h|7422"},
      {"nats://:p@h", "nats||p||h|7422"},
      {"nats://u:p:q@h", "nats|u|p:q||h|7422"},
      {"nats://u:p@q@h", "nats|u|p@q||h|7422"},
      {"nats://u%3a:p%2F%40%20@h", "nats|u:|p/@ ||h|7422"},
      {"nats://t%41@h", "nats|||tA|h|7422"},
      {"nats://h?x=1@2", "nats||||h|7422"},
      {"nats://h#f", "nats||||h|7422"},
      {"nats://[::1]", "nats||||::1|7422"},
      {"nats://u:p@[::1]:9/", "nats|u|p||::1|9"},
      {"  nats://h:1\n", "nats||||h|1"},
      {"nats://-._~!$&'()*+,;=@h", "nats|||-._~!$&'()*+,;=|h|7422"},
  };
  for (const auto& entry : good) {
    INFO(entry.text);
    const auto url = parse_remote_url(entry.text);
    REQUIRE(url);
    CHECK(show(*url) == entry.parts);
  }
}

// Refusals say what is wrong without quoting the text.
TEST_CASE("config: remote URLs that are none", "[config]") {
  const std::string_view bad[] = {"",
                                  "h:7422",
                                  "://hunter2@h",
                                  "http://hunter2@h",
                                  "nats:hunter2@h",
                                  "nats://",
                                  "nats://hunter2@",
                                  "nats://hunter2@:7422",
                                  "nats://hunter2@h:0",
                                  "nats://hunter2@h:-1",
                                  "nats://hunter2@h:65536",
                                  "nats://hunter2@h:x",
                                  "nats://hunter2@h:",
                                  "nats://hunter2@::1",
                                  "nats://hunter2@[::1",
                                  "nats://u:hunter2%@h",
                                  "nats://u:hunter2%4@h",
                                  "nats://u:hunter2%zz@h",
                                  "nats://u:hunter2 @h",
                                  "nats://u:hunter2{@h",
                                  "nats://u:hunter2/x@h",
                                  "nats://hunter2@h h"};
  for (const std::string_view text : bad) {
    INFO(text);
    const auto url = parse_remote_url(text);
    REQUIRE_FALSE(url);
    CHECK_FALSE(url.error().context.empty());
    CHECK(url.error().context.find("hunter2") == std::string::npos);
  }
}

// For logs.
TEST_CASE("config: redacted remote URLs", "[config]") {
  CHECK(redacted(*parse_remote_url("nats://u:hunter2@h")) == "nats://xxxxx@h:7422");
  CHECK(redacted(*parse_remote_url("nats://hunter2@[::1]:1")) == "nats://xxxxx@[::1]:1");
  CHECK(redacted(*parse_remote_url("nats://h:1")) == "nats://h:1");
  CHECK(missing_transport(*parse_remote_url("nats-leaf://h")).empty());
  CHECK(missing_transport(*parse_remote_url("tls://h")) ==
        (leafnats::wire::TlsContext::supported() ? "" : "TLS"));
  CHECK(missing_transport(*parse_remote_url("wss://h")) ==
        (leafnats::wire::TlsContext::supported() ? "" : "TLS"));
}

// The path counts for WebSocket, and goes into an HTTP request as it is.
TEST_CASE("config: paths of remote URLs", "[config]") {
  CHECK(parse_remote_url("ws://h:80")->path.empty());
  CHECK(parse_remote_url("ws://h:80/")->path == "/");
  CHECK(parse_remote_url("ws://h:80/a%20b/c?x#y")->path == "/a%20b/c");
  CHECK(parse_remote_url("ws://h?x=/")->path.empty());
  for (const std::string_view text : {"ws://h/a b", "ws://h/\r\nHost: x", "ws://h/\xc3\xa4"}) {
    CHECK_FALSE(parse_remote_url(text));
  }
}

// A proxy's URL has http or https, a host, and port 80 if none is given.
TEST_CASE("config: proxy URLs", "[config]") {
  CHECK(*parse_proxy_url("http://p") == Endpoint{"p", 80});
  CHECK(*parse_proxy_url("https://p:3128/x") == Endpoint{"p", 3128});
  CHECK(*parse_proxy_url("http://u:w@[::1]:1") == Endpoint{"::1", 1});
  for (const std::string_view text :
       {"", "p:80", "ftp://p", "http://", "http://:80", "http://p:x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_proxy_url(text));
  }
}
