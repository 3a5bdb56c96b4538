// SPDX-License-Identifier: Apache-2.0

#include "broker/local_publish.hpp"

#include "broker/account.hpp"
#include "broker/message.hpp"
#include "broker/shard.hpp"
#include "wire/encoder.hpp"

#include <utility>

namespace leafnats::broker {

bool publish_locally(Shard& shard, Account& account, base::ConnectionId publisher,
                     const LocalMessage& local) {
  // One slab holds headers, payload and line end together, as a parsed message has them; a large
  // one is shared by every outbox it goes to.
  const std::size_t size = local.headers.size() + local.payload.size();
  base::SlabRef slab = shard.pool().take(size + 2);
  char* body = slab->bytes().data();
  char* end = wire::write_piece(wire::write_piece(body, local.headers), local.payload);
  wire::write_piece(end, wire::crlf);

  const wire::Decimal size_digits(size);
  const wire::Decimal header_digits(local.headers.size());
  Message message;
  message.subject = local.subject;
  message.reply = local.reply;
  message.body = {body, size};
  message.size_digits = size_digits.view();
  message.header_digits = header_digits.view();
  message.header_size = static_cast<std::uint32_t>(local.headers.size());
  message.slab = &slab;
  Origin origin;
  origin.connection = publisher;
  const Shard::Publishing publishing(shard, publisher);
  const bool found = shard.router().publish(account, message, origin);
  shard.pool().give_back(std::move(slab));
  return found;
}

}  // namespace leafnats::broker
