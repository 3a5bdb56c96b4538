// SPDX-License-Identifier: Apache-2.0
//
// Writing down who sent a request, and reading what was written one account earlier.

#include "broker/client_info.hpp"

#include "base/rfc3339.hpp"
#include "broker/account.hpp"
#include "broker/shard.hpp"
#include "wire/headers.hpp"
#include "wire/json.hpp"

#include <array>

namespace leafnats::broker {
namespace {

/// One list of fields for both directions; `Place` is where a value is read to or written from.
template <class Place, class Info>
auto fields_of(Info& info) {
  using Field = wire::JsonField<Place>;
  return std::array{
      Field{"start", &info.start},       Field{"host", &info.host},
      Field{"id", &info.id},             Field{"acc", &info.account},
      Field{"svc", &info.service},       Field{"user", &info.user},
      Field{"name", &info.name},         Field{"lang", &info.lang},
      Field{"ver", &info.version},       Field{"rtt", &info.rtt_ns},
      Field{"server", &info.server},     Field{"cluster", &info.cluster},
      Field{"issuer_key", &info.issuer_key}, Field{"name_tag", &info.name_tag},
      Field{"tags", &info.tags},         Field{"kind", &info.kind},
      Field{"client_type", &info.client_type},
  };
}

ClientInfo known_of(Shard& shard, const Session& session) {
  const ConnectionDescription known = session.describe();
  ClientInfo info;
  info.start = base::rfc3339(shard.context().clock->unix_ns() - (shard.now() - known.start_ns));
  info.host = known.ip;
  info.id = known.id;
  info.user = known.user;
  info.name = known.name;
  info.lang = known.lang;
  info.version = known.version;
  info.kind = known.is_leaf ? "Leafnode" : "Client";
  info.client_type = known.over_websocket ? "websocket" : "nats";
  if (const auth::Login* login = session.login()) {
    info.issuer_key = login->issuer_key;
    info.name_tag = login->user_name;
    info.tags = login->tags;
  }
  return info;
}

}  // namespace

std::string to_json(const ClientInfo& info) {
  return wire::format_json(fields_of<wire::JsonSource>(info));
}

std::string client_info(Shard& shard, base::ConnectionId connection, const Account& account,
                        Disclosure disclosure) {
  ClientInfo told;
  if (const Session* session = shard.find_session(connection.number)) {
    if (disclosure.everything) told = known_of(shard, *session);
    told.rtt_ns = session->rtt_ns();
  }
  told.account = account.name();
  if (disclosure.everything || disclosure.server) {
    told.server = shard.context().identity.server_name;
    told.cluster = shard.context().identity.cluster;
  }
  return to_json(told);
}

std::string forwarded_client_info(Shard& shard, std::string_view block, const Account& account) {
  ClientInfo info;
  const auto headers = wire::HeaderBlock::parse(block);
  const auto written = headers ? headers->find(request_info_header) : std::nullopt;
  // It is ours, so it reads well; nothing of it is believed should it not.
  if (written && !shard.json().read(*written, fields_of<wire::JsonTarget>(info))) info = {};
  info.service = account.name();
  return to_json(info);
}

}  // namespace leafnats::broker
