// SPDX-License-Identifier: Apache-2.0
//
// HTTP heads from strangers, as request and as response: the same verdict and the same parts
// whole and byte by byte, every view inside the head, and an upgrade request or answer made of
// them is judged without harm.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "wire/http_head.hpp"
#ifdef LEAFNATS_HAVE_WEBSOCKET
#include "wire/websocket_handshake.hpp"
#endif

using namespace leafnats::wire;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

HttpHead::State read_bytewise(HttpHead& head, std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string_view one = bytes.substr(i, 1);
    const bool open = head.state() == HttpHead::State::incomplete;
    head.take(one);
    require(one.empty() == open || head.state() == HttpHead::State::too_large);
  }
  return head.state();
}

#ifdef LEAFNATS_HAVE_WEBSOCKET
void judge(const HttpHead& head, HttpHead::Kind kind) {
  if (kind == HttpHead::Kind::response) {
    const auto agreement = judge_upgrade_answer(head, {"h", "/leafnode", true, true}, "key");
    require(!agreement || head.status() == 101);
    return;
  }
  UpgradePolicy policy;
  policy.compression = policy.takes_leafs = policy.same_origin = true;
  policy.jwt_cookie = "j";
  policy.user_cookie = "u";
  const Upgrade upgrade = answer_upgrade(head, policy);
  require(upgrade.status == 101 || !upgrade.error.empty());
  // Whatever was asked, the answer is one head, with nothing of the request in it.
  HttpHead answer(HttpHead::Kind::response);
  std::string_view in(upgrade.bytes);
  require(answer.take(in) == HttpHead::State::complete);
  require(answer.status() == upgrade.status);
}
#else
void judge(const HttpHead&, HttpHead::Kind) {}
#endif

void check(std::string_view bytes, HttpHead::Kind kind) {
  HttpHead whole(kind);
  std::string_view in(bytes);
  const HttpHead::State state = whole.take(in);
  HttpHead bytewise(kind);
  require(read_bytewise(bytewise, bytes) == state);
  if (state != HttpHead::State::complete) return;
  require(whole.fields().size() <= leafnats::limits::http_head_fields_max);
  require(whole.fields().size() == bytewise.fields().size());
  for (std::size_t i = 0; i < whole.fields().size(); ++i) {
    const HttpField& field = whole.fields()[i];
    require(field.name == bytewise.fields()[i].name && field.value == bytewise.fields()[i].value);
    require(is_http_name(field.name) && is_http_value(field.value));
    require(whole.find(field.name).has_value());
  }
  require(whole.target() == bytewise.target() && whole.status() == bytewise.status());
  judge(whole, kind);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<char> bytes(data, data + size);
  check({bytes.data(), bytes.size()}, HttpHead::Kind::request);
  check({bytes.data(), bytes.size()}, HttpHead::Kind::response);
  return 0;
}
