// SPDX-License-Identifier: Apache-2.0
//
// The upgrade: what is asked, what is answered, and each reason to refuse, on both sides.
#include "support/catch.hpp"
#include "unit/wire/websocket_text.hpp"
#include "wire/http_head.hpp"
#include "wire/sha1.hpp"
#include "wire/websocket_handshake.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace leafnats;
using namespace leafnats::wire;
using namespace leafnats::wire::test;

namespace {

// The example of RFC 6455, section 1.3.
constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view accept_text = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

using Fields = std::vector<std::pair<std::string, std::string>>;

Fields good_request() {
  return {{"Host", "example.com:8080"},
          {"Upgrade", "websocket"},
          {"Connection", "keep-alive, Upgrade"},
          {"Sec-WebSocket-Key", std::string(key)},
          {"Sec-WebSocket-Version", "13"}};
}

void replace(Fields& fields, std::string_view name, std::string_view value) {
  for (auto& [known, old] : fields) {
    if (known == name) old = value;
  }
}

Fields without(std::string_view name) {
  Fields fields = good_request();
  std::erase_if(fields, [&](const auto& field) { return field.first == name; });
  return fields;
}

Fields with(std::string_view name, std::string_view value) {
  Fields fields = good_request();
  fields.emplace_back(name, value);
  return fields;
}

Fields changed(std::string_view name, std::string_view value) {
  Fields fields = good_request();
  replace(fields, name, value);
  return fields;
}

Upgrade answer(const Fields& fields, const UpgradePolicy& policy, std::string_view target = "/",
               std::string_view method = "GET") {
  std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\n";
  for (const auto& [name, value] : fields) text += name + ": " + value + "\r\n";
  text += "\r\n";
  HttpHead head(HttpHead::Kind::request);
  std::string_view in(text);
  REQUIRE(head.take(in) == HttpHead::State::complete);
  return answer_upgrade(head, policy);
}

Result<WebSocketAgreement> judge(const std::string& text, const WebSocketRequest& request) {
  HttpHead head(HttpHead::Kind::response);
  std::string_view in(text);
  REQUIRE(head.take(in) == HttpHead::State::complete);
  return judge_upgrade_answer(head, request, key);
}

std::string answer_text(std::string_view extra = {}) {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         std::string(accept_text) + "\r\n" + std::string(extra) + "\r\n";
}

}  // namespace

TEST_CASE("SHA-1 and the accept key are those of the standards") {
  const auto digest = sha1("abc");
  CHECK(digest[0] == 0xa9);
  CHECK(digest[19] == 0x9d);
  CHECK(sha1("")[0] == 0xda);
  // One byte around each block end takes its own way through the padding.
  CHECK(sha1(std::string(55, 'a'))[0] == 0xc1);
  CHECK(sha1(std::string(56, 'a'))[0] == 0xc2);
  CHECK(sha1(std::string(64, 'a'))[0] == 0x00);
  CHECK(websocket_accept(key) == accept_text);
}

TEST_CASE("A remote asks below the path of its URL") {
  CHECK(websocket_leaf_target("") == "/leafnode");
  CHECK(websocket_leaf_target("/") == "/leafnode");
  CHECK(websocket_leaf_target("/a/b") == "/a/b/leafnode");
  CHECK(websocket_leaf_target("/a//b/./../c/?q=1") == "/a/c/leafnode");
  CHECK(websocket_leaf_target("/../..") == "/leafnode");
  CHECK(websocket_leaf_target("/a%2Fb") == "/a%2Fb/leafnode");

  CountingEntropy entropy;
  CHECK(make_websocket_key(entropy) == "AQIDBAUGBwgJCgsMDQ4PEA==");
  const std::string text =
      format_upgrade_request({"h:80", "/x/leafnode", true, true}, "AQIDBAUGBwgJCgsMDQ4PEA==");
  CHECK(text ==
        "GET /x/leafnode HTTP/1.1\r\nHost: h:80\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
        "client_no_context_takeover\r\nNats-No-Masking: true\r\n\r\n");
}

TEST_CASE("An answer is judged as nats-server judges it") {
  const WebSocketRequest plain{"h", "/leafnode", false, false};
  const WebSocketRequest all{"h", "/leafnode", true, true};
  const std::string both =
      "Sec-WebSocket-Extensions: other, permessage-deflate; server_no_context_takeover; "
      "client_no_context_takeover\r\n";

  REQUIRE(judge(answer_text(), plain));
  // What was not asked for is not agreed.
  const auto unasked = judge(answer_text(both + "Nats-No-Masking: true\r\n"), plain);
  REQUIRE(unasked);
  CHECK_FALSE(unasked->compression);
  CHECK_FALSE(unasked->no_masking);

  const auto agreed = judge(answer_text(both + "Nats-No-Masking: true\r\n"), all);
  REQUIRE(agreed);
  CHECK(agreed->compression);
  CHECK(agreed->no_masking);
  const auto declined = judge(answer_text(), all);
  REQUIRE(declined);
  CHECK_FALSE(declined->compression);
  CHECK_FALSE(declined->no_masking);

  CHECK_FALSE(judge(answer_text("Sec-WebSocket-Extensions: permessage-deflate; "
                                "server_no_context_takeover\r\n"),
                    all));
  const std::string good = answer_text();
  const auto broken = [&](std::string_view part, std::string_view other) {
    std::string text = good;
    text.replace(text.find(part), part.size(), other);
    return !judge(text, plain).has_value();
  };
  CHECK(broken("101 Switching Protocols", "200 OK"));
  CHECK(broken("Upgrade: WebSocket", "Upgrade: h2c"));
  CHECK(broken("Connection: upgrade", "Connection: keep-alive, Upgrade"));
  CHECK(broken(accept_text, "AAAAAAAAAAAAAAAAAAAAAAAAAAA="));
  CHECK(broken("Sec-WebSocket-Accept", "Sec-WebSocket-Protocol"));
}

TEST_CASE("A good request is agreed to with the words of nats-server") {
  const Upgrade upgrade = answer(good_request(), {});
  CHECK(upgrade.status == 101);
  CHECK(upgrade.bytes ==
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  CHECK_FALSE(upgrade.is_leaf);

  UpgradePolicy policy;
  policy.compression = true;
  policy.headers = "X-A: b\r\n";
  Fields fields = with("Sec-WebSocket-Extensions", "x, permessage-deflate; client_max_window_bits");
  fields.emplace_back("Nats-No-Masking", "true");
  const Upgrade all = answer(fields, policy);
  CHECK(all.compression);
  CHECK(all.no_masking);
  CHECK(all.bytes.ends_with(
      "=\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
      "client_no_context_takeover\r\nNats-No-Masking: true\r\nX-A: b\r\n\r\n"));
}

TEST_CASE("Each fault of a request has its status") {
  const UpgradePolicy open;
  const auto status = [&](const Fields& fields) { return answer(fields, open).status; };
  CHECK(answer(good_request(), open, "/", "POST").status == 405);
  CHECK(status(without("Host")) == 400);
  CHECK(status(with("Host", "other")) == 400);
  CHECK(status(without("Upgrade")) == 400);
  CHECK(status(changed("Upgrade", "h2c")) == 400);
  CHECK(status(changed("Connection", "keep-alive")) == 400);
  CHECK(status(without("Sec-WebSocket-Key")) == 400);
  CHECK(status(changed("Sec-WebSocket-Key", "not base64")) == 400);
  CHECK(status(changed("Sec-WebSocket-Key", "AAAA")) == 400);
  CHECK(status(changed("Sec-WebSocket-Version", "8")) == 400);
  const Upgrade refused = answer(without("Upgrade"), open);
  CHECK(refused.error == "websocket handshake error: invalid value for header 'Upgrade'");
  CHECK(refused.bytes.starts_with("HTTP/1.1 400 Bad Request\r\n"));
  CHECK(refused.bytes.find("Sec-Websocket-Version: 13\r\n") != std::string::npos);
  CHECK(refused.bytes.ends_with("\r\n\r\nBad Request\n"));
}

TEST_CASE("CVE-2026-58208: the path of a feature that is off is not found") {
  UpgradePolicy policy;
  for (const bool leafs : {false, true}) {
    policy.takes_leafs = leafs;
    CHECK(answer(good_request(), policy, "/mqtt").status == 404);
    CHECK(answer(good_request(), policy, "/x/mqtt").status == 404);
    CHECK(answer(good_request(), policy, "/mqtt?x=1").status == 404);
    for (const std::string_view path :
         {"/leafnode", "/x/leafnode", "/x/leafnode?a=/b", "http://h:1/leafnode"}) {
      CAPTURE(path, leafs);
      const Upgrade upgrade = answer(good_request(), policy, path);
      CHECK(upgrade.status == (leafs ? 101 : 404));
      CHECK(upgrade.is_leaf == leafs);
    }
    // These are other paths: clients.
    for (const std::string_view path :
         {"/leafnode/", "/leafnodes", "/leafnod%65", "/mqtt/", "/x"}) {
      CAPTURE(path);
      CHECK(answer(good_request(), policy, path).status == 101);
      CHECK_FALSE(answer(good_request(), policy, path).is_leaf);
    }
  }
}

TEST_CASE("An origin is compared as scheme, host and port against all entries") {
  UpgradePolicy policy;
  for (const char* text : {"https://a.com", "http://a.com:81", "http://B.com"}) {
    policy.allowed_origins.push_back(*parse_web_origin(text));
  }
  const auto status = [&](std::string_view origin) {
    return answer(with("Origin", origin), policy).status;
  };
  CHECK(answer(good_request(), policy).status == 101);  // no browser
  CHECK(status("https://a.com") == 101);
  CHECK(status("HTTPS://A.com:443") == 101);
  CHECK(status("http://a.com:81") == 101);
  CHECK(status("http://b.com") == 101);
  CHECK(status("http://a.com") == 403);
  CHECK(status("http://a.com:443") == 403);
  CHECK(status("https://a.com.evil.org") == 403);
  CHECK(status("https://a.com@evil.org") == 403);
  CHECK(status("null") == 403);
  CHECK(status("/") == 403);
  CHECK(status("ftp://a.com") == 403);
  CHECK(answer(with("Sec-WebSocket-Origin", "http://c.com"), policy).status == 403);
}

TEST_CASE("The same origin is that of the Host and of the listener's TLS") {
  UpgradePolicy policy;
  policy.same_origin = true;
  const auto status = [&](std::string_view origin) {
    return answer(with("Origin", origin), policy).status;
  };
  CHECK(status("http://example.com:8080") == 101);
  CHECK(status("http://EXAMPLE.com:8080") == 101);
  CHECK(status("http://example.com") == 403);
  CHECK(status("https://example.com:8080") == 403);
  policy.tls = true;
  CHECK(status("https://example.com:8080") == 101);
  // Both rules must hold when both are set.
  policy.allowed_origins.push_back(*parse_web_origin("https://other.com"));
  CHECK(status("https://example.com:8080") == 403);
}

TEST_CASE("A nonsensical origin in the list is an error") {
  for (const char* text : {"", "a.com", "ftp://a.com", "http://", "http://a:b", "http://[::1",
                           "http://a b"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_web_origin(text));
  }
  CHECK(parse_web_origin("http://[::1]:80/x")->host == "::1");
}

TEST_CASE("Cookies and the browser are noticed for clients only") {
  UpgradePolicy policy;
  policy.takes_leafs = true;
  policy.compression = true;
  policy.jwt_cookie = "j";
  policy.user_cookie = "u";
  policy.password_cookie = "p";
  policy.token_cookie = "t";
  Fields fields = with("Cookie", "a=b; u=me; p=\"se cret\"; t=x;j=y");
  fields.emplace_back("Cookie", "j=later; u=bad\\value");
  fields.emplace_back("User-Agent", "Mozilla/5.0 (Mac) Version/17.1 Safari/605.1");
  fields.emplace_back("X-Forwarded-For", "10.1.2.3");
  const Upgrade client = answer(fields, policy);
  CHECK(client.cookies.user == "me");
  CHECK(client.cookies.password == "se cret");
  CHECK(client.cookies.token == "x");
  CHECK(client.cookies.jwt == "later");
  CHECK(client.is_browser);
  CHECK_FALSE(client.fragments_compressed);
  CHECK(client.forwarded_for == "10.1.2.3");

  const Upgrade leaf = answer(fields, policy, "/leafnode");
  CHECK(leaf.cookies.user.empty());
  CHECK_FALSE(leaf.is_browser);

  CHECK(answer(with("X-Forwarded-For", "a, b"), policy).forwarded_for.empty());
}
