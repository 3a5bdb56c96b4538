// SPDX-License-Identifier: Apache-2.0
//
// The client protocol as nats-server answers it: which -ERR comes when, and which of them close.

#include "broker/client_session.hpp"

#include "base/assert.hpp"
#include "base/printable.hpp"
#include "broker/account.hpp"
#include "broker/allowed_replies.hpp"
#include "broker/context.hpp"
#include "broker/shard.hpp"
#include "broker/trace.hpp"
#include "subject/grammar.hpp"
#include "wire/encoder.hpp"
#include "wire/info.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace leafnats::broker {
namespace {

// The first PING comes early, so that a round trip time is known soon (nats-server).
constexpr std::int64_t first_ping_ns_max = 2'000'000'000;

/// Reply subjects of the servers' own making, which no client may name (nats-server).
bool is_reserved_reply(std::string_view reply) {
  return reply.starts_with("_R_.") || reply.starts_with("_GR_.") || reply.starts_with("$GR.");
}

CloseReason reason_for(wire::Fault fault) {
  switch (fault) {
    case wire::Fault::payload_too_large:
      return CloseReason::max_payload_exceeded;
    case wire::Fault::control_line_too_long:
      return CloseReason::max_control_line_exceeded;
    default:
      return CloseReason::protocol_violation;
  }
}

/// A cookie counts where CONNECT has nothing of its kind.
wire::ClientConnect with_cookies(wire::ClientConnect connect,
                                 const wire::WebSocketCookies& cookies) {
  if (connect.jwt.empty()) connect.jwt = cookies.jwt;
  if (connect.user.empty()) connect.user = cookies.user;
  if (connect.pass.empty()) connect.pass = cookies.password;
  if (connect.auth_token.empty()) connect.auth_token = cookies.token;
  return connect;
}

}  // namespace

ClientSession::ClientSession(Shard& shard, base::ConnectionId id, Transport& transport,
                             std::string address)
    : Session(shard, SubscriberKind::client, id, transport, std::move(address),
              wire::Parser(wire::Dialect::client, {shard.context().options.max_control_line,
                                                   shard.context().options.max_payload})),
      deadline_ns_(never) {}

ClientSession::~ClientSession() { LEAFNATS_ASSERT(sids_.size() == 0); }

// ---- Login ----

void ClientSession::open() {
  Context& context = shard_.context();
  if (over_websocket()) {
    greet();
    on_ready();
    return;
  }
  open_accepted(context.options.tls,
                context.tls != nullptr ? context.tls->client_listener() : nullptr,
                context.options.allow_non_tls);
}

void ClientSession::greet() {
  const Context& context = shard_.context();
  if (context.authenticator->wants_nonce(entrance())) nonce_ = base::make_nonce(*context.entropy);
  wire::ServerInfo info = own_info();
  info.client_ip = client_ip();
  // Inside TLS it is required, whatever the others may do (nats-server).
  if (tls() != nullptr && !over_websocket()) {
    info.tls_required = true;
    info.tls_available = false;
  }
  send_info(info);
}

void ClientSession::on_ready() {
  const Context& context = shard_.context();
  if (context.authenticator->required(entrance())) {
    const bool own = over_websocket() && context.options.websocket->auth_timeout.count() > 0;
    deadline_ns_ = shard_.now() + to_ns(own ? context.options.websocket->auth_timeout
                                            : context.options.authorization.timeout);
  } else {
    if (!join(shard_.account(AccountId::global), {})) return;
    stranger_ = false;
    schedule_first_ping();
  }
  update_deadline();
}

std::string ClientSession::tls_advice(wire::TlsFault fault, wire::PlainPeer peer) const {
  const std::optional<TlsOptions>& options = shard_.context().options.tls;
  const bool first = options && options->handshake_first;
  if (fault == wire::TlsFault::none && first) {
    return "this listener has handshake_first; clients that wait for INFO need it to be \"auto\"";
  }
  if (peer == wire::PlainPeer::nats_client) {
    return "this listener requires TLS; the client needs a tls:// URL, or set allow_non_tls here";
  }
  return {};
}

auth::Entrance ClientSession::entrance() const noexcept {
  return over_websocket() ? auth::Entrance::websocket : auth::Entrance::client;
}

/// INFO as this client sees it.
wire::ServerInfo ClientSession::own_info() const {
  const Identity& identity = shard_.context().identity;
  wire::ServerInfo info = over_websocket() ? identity.websocket_info : identity.client_info;
  info.client_id = id().number;
  info.nonce = nonce_;
  return info;
}

void ClientSession::set_cookies(wire::WebSocketCookies cookies) {
  cookies_ = std::make_unique<wire::WebSocketCookies>(std::move(cookies));
}

void ClientSession::schedule_first_ping() {
  const std::int64_t interval = ping_interval_ns();
  const bool early = !shard_.context().options.disable_short_first_ping;
  const std::int64_t first = early ? std::min(interval, first_ping_ns_max) : interval;
  // Up to a fifth more, so that connections that came together do not ping together.
  const auto jitter = static_cast<std::int64_t>(shard_.random().below(1 + first / 5'000'000));
  deadline_ns_ = shard_.now() + first + jitter * 1'000'000;
}

bool ClientSession::admits_first_byte(char first) {
  if (wire::starts_connect(first)) return true;
  // A client that does not introduce itself is logged in as the default user at once.
  if (shard_.context().authenticator->has_default_login(entrance())) log_in({});
  if (account_ != nullptr) return true;
  if (logging_in_) return false;  // its byte is looked at again when the answer is there
  if (!closing()) refuse_login({}, CloseReason::authentication_violation);
  return false;
}

void ClientSession::on_connect(std::string_view json) {
  // What a second CONNECT does not mention stays as the first one said.
  wire::ClientConnect previous;
  previous.verbose = verbose_;
  previous.pedantic = pedantic_;
  previous.echo = echo_;
  const Result<wire::ClientConnect> parsed =
      wire::parse_client_connect(shard_.json(), json, std::move(previous));
  if (!parsed) {
    shard_.log(LogLevel::error, *this, parsed.error().message());
    close(CloseReason::protocol_violation);
    return;
  }
  const wire::ClientConnect& connect = *parsed;
  // A second CONNECT may change the user: what was subscribed under the first one goes.
  if (connect_received_) drop_subscriptions();
  // An estimate, until a PONG tells better (nats-server).
  if (!connect_received_) rtt_ns_ = std::max<std::int64_t>(1, shard_.now() - started_ns());
  connect_received_ = true;
  verbose_ = connect.verbose;
  pedantic_ = connect.pedantic;
  echo_ = connect.echo;
  headers_ = connect.headers && !shard_.context().options.no_header_support;
  no_responders_ = connect.no_responders;
  knows_async_info_ = connect.protocol >= 1;
  owes_connect_info_ = knows_async_info_;
  bad_protocol_ = connect.protocol < 0 || connect.protocol > 1;
  log_in(cookies_ ? with_cookies(connect, *cookies_) : connect);
}

void ClientSession::log_in(const wire::ClientConnect& connect) {
  auth::LoginRequest request;
  request.connection = id();
  request.entrance = entrance();
  request.address = address();
  request.user = connect.user;
  request.password = connect.pass;
  request.token = connect.auth_token;
  request.jwt = connect.jwt;
  request.nkey = connect.nkey;
  request.signature = connect.sig;
  request.nonce = nonce_;
  request.name = connect.name;
  request.lang = connect.lang;
  request.version = connect.version;
  request.protocol = static_cast<int>(connect.protocol);
  if (const wire::TlsFilter* filter = tls()) {
    request.tls = std::make_shared<const wire::TlsPeer>(filter->peer());
  }
  words_ = PeerWords({connect.name, connect.lang, connect.version,
                      shown_user({}, {connect.nkey, connect.user, !connect.auth_token.empty()})});
  if (!connect.account.empty() || connect.new_account) {
    // A leftover of an experiment in nats-server; obeying it was CVE-2022-24450.
    refuse_login(connect.user, CloseReason::authentication_violation);
    return;
  }
  const std::optional<auth::Login> login = shard_.context().authenticator->login(request);
  if (login) {
    apply_login(*login);
  } else {
    logging_in_ = true;
    // Whoever thinks has a time limit of its own, and says better what was wrong (nats-server);
    // this is for one that has none.
    deadline_ns_ += to_ns(shard_.context().options.authorization.timeout);
    update_deadline();
    hold_parsing();
  }
}

void ClientSession::finish_login(const auth::Login& login) {
  if (closing() || !logging_in_) return;
  logging_in_ = false;
  apply_login(login);
  continue_parsing();
}

void ClientSession::apply_login(const auth::Login& login) {
  if (!login.accepted) {
    shard_.log(LogLevel::debug, *this, "login refused: " + login.refusal);
    refuse_login(login.user, CloseReason::authentication_violation);
    return;
  }
  Account* account = shard_.find_account(login.account);
  if (account == nullptr) {
    refuse_login(login.user, CloseReason::authentication_failure);
    return;
  }
  if (!join(*account, login)) return;
  stranger_ = false;
  name_user(login.user);
  granted_ = login.permissions;
  permissions_ = shard_.permission_set(login.permissions);
  allowed_replies_ = AllowedReplies::make(login.permissions.get());
  schedule_first_ping();
  update_deadline();
  if (Advisories* advisories = shard_.context().advisories) {
    advisories->on_connect(shard_, *this);
  }
  if (!connect_received_) return;  // a default user who has not said CONNECT
  if (bad_protocol_) {
    close(CloseReason::protocol_violation, "invalid client protocol");
  } else if (no_responders_ && !headers_) {
    close(CloseReason::protocol_violation, "no responders requires headers support");
  } else if (verbose_) {
    send_line(wire::ok_line);
  }
}

void ClientSession::refuse_login(std::string_view user, CloseReason reason) {
  shard_.log(LogLevel::error, *this,
             user.empty() ? std::string("authentication error")
                          : fmt::format("authentication error - User \"{}\"", user));
  shard_.tell(EventKind::authentication_failed, *this, user, "Authorization Violation");
  if (Advisories* advisories = shard_.context().advisories) {
    advisories->on_login_refused(shard_, *this, to_string(reason));
  }
  close(reason, "Authorization Violation");
}

// ---- Operations ----

void ClientSession::on_operation(const wire::Op& op) {
  switch (op.verb) {
    case wire::Verb::pub:
    case wire::Verb::hpub:
      on_publish(op);
      break;
    case wire::Verb::sub:
      on_subscribe(op);
      break;
    case wire::Verb::unsub:
      on_unsubscribe(op);
      break;
    case wire::Verb::ping:
      promise_pong();
      break;
    case wire::Verb::pong:
      on_pong();
      break;
    case wire::Verb::connect:
      on_connect(op.text);
      break;
    case wire::Verb::err:
      // A client has nothing to report; nats-server closes without a word.
      shard_.log(LogLevel::error, *this,
                 fmt::format("Client Error {}", base::printable(op.text)));
      close(CloseReason::parse_error);
      break;
    default:  // +OK and INFO from a client mean nothing
      break;
  }
}

void ClientSession::on_fault(wire::Fault fault, std::string_view text) {
  shard_.log(LogLevel::error, *this,
             fmt::format("Client parse error: {}", base::printable(text)));
  close(reason_for(fault), wire::error_text(fault));
}

void ClientSession::on_publish(const wire::Op& op) {
  shard_.statistics().in_messages += 1;
  shard_.statistics().in_bytes += op.body.size();
  traffic_.count_in(op.body.size());
  if (op.verb == wire::Verb::hpub && !headers_) {
    // As nats-server: who did not agree on headers is not told why.
    shard_.log(LogLevel::error, *this, "message headers not supported");
    close(CloseReason::protocol_violation);
    return;
  }
  if (pedantic_ && !subject::is_valid_literal_subject(op.subject)) {
    send_error("Invalid Publish Subject");
  }
  // A client needs the permission for what its message becomes (nats-server).
  std::string_view subject = op.subject;
  if (account_->map(subject, shard_.random(), shard_.mapped())) subject = shard_.mapped();
  if (permissions_ && !subject.empty() && !may_publish(subject)) return;
  if (is_reserved_reply(op.reply)) {
    send_error(fmt::format("Permissions Violation for Publish with Reply of \"{}\"", op.reply));
    return;
  }
  if (verbose_) send_line(wire::ok_line);

  Message message;
  message.subject = subject;
  message.reply = op.reply;
  message.body = op.body;
  message.size_digits = op.size_digits;
  message.header_digits = op.header_digits;
  message.header_size = op.header_size;
  message.slab = &input_slab();
  Origin origin;
  origin.connection = id();
  const bool found = shard_.router().publish(*account_, message, origin);
  if (!found && no_responders_ && !op.reply.empty()) send_no_responders(op);
}

bool ClientSession::may_publish(std::string_view subject) {
  if (permissions_->can_publish(subject)) return true;
  if (allowed_replies_ && allowed_replies_->take(subject, shard_.now())) return true;
  send_error(fmt::format("Permissions Violation for Publish to \"{}\"", subject));
  shard_.log(LogLevel::error, *this,
             fmt::format("Publish Violation - Subject \"{}\"", subject));
  return false;
}

void ClientSession::send_no_responders(const wire::Op& op) {
  // Only the requester itself is told, through its own subscription to the reply subject.
  const subject::Match match = account_->index().match(op.reply);
  for (const subject::MatchSet* set : {match.literal, match.wildcard}) {
    if (set == nullptr) continue;
    for (subject::Interest* entry : set->plain()) {
      auto& subscription = static_cast<Subscription&>(*entry);
      if (subscription.owner != this) continue;
      const auto& own = static_cast<ClientSubscription&>(subscription);
      char* out = outbox().reserve(wire::no_responders_size(op.reply, own.sid(), op.subject));
      outbox().commit(wire::write_no_responders(out, op.reply, own.sid(), op.subject));
      appended();
      return;
    }
  }
}

void ClientSession::on_subscribe(const wire::Op& op) {
  bool filtered = false;
  if (!subscribable(op, filtered)) return;
  if (sids_.find(op.sid) == nullptr) {
    if (!subject::is_valid_subject(op.subject)) {
      send_error("Invalid Subject");
      return;
    }
    ClientSubscription& subscription = sids_.add(*this, op.sid);
    subscription.filtered = filtered;
    account_->subscribe(op.subject, op.queue, subscription);
    rely_on_records();
    shard_.statistics().subscriptions += 1;
  }
  if (verbose_) send_line(wire::ok_line);
}

bool ClientSession::subscribable(const wire::Op& op, bool& filtered) {
  const Options& options = shard_.context().options;
  if (permissions_) {
    const auto verdict = permissions_->can_subscribe(op.subject, op.queue);
    if (verdict == subject::PermissionSet::Subscribe::denied) {
      send_subscribe_violation(op);
      return false;
    }
    filtered = verdict == subject::PermissionSet::Subscribe::filtered;
  }
  const auto tokens = 1 + std::count(op.subject.begin(), op.subject.end(), '.');
  if (options.max_subscription_tokens > 0 && tokens > options.max_subscription_tokens) {
    send_error(fmt::format(
        "Permissions Violation for Subscription to \"{}\", too many tokens", op.subject));
    return false;
  }
  const auto limit = max_subscriptions();
  if (limit >= 0 && static_cast<std::int64_t>(sids_.size()) >= limit) {
    shard_.log(LogLevel::error, *this, "maximum subscriptions exceeded");
    send_error("maximum subscriptions exceeded");
    return false;
  }
  if (op.sid.size() > UINT16_MAX) {
    close(CloseReason::protocol_violation, "Unknown Protocol Operation");
    return false;
  }
  return true;
}

void ClientSession::send_subscribe_violation(const wire::Op& op) {
  const std::string text =
      op.queue.empty()
          ? fmt::format("Permissions Violation for Subscription to \"{}\"", op.subject)
          : fmt::format("Permissions Violation for Subscription to \"{}\" using queue \"{}\"",
                        op.subject, op.queue);
  send_error(text);
  shard_.log(LogLevel::error, *this,
             fmt::format("Subscription Violation - Subject \"{}\", SID {}", op.subject, op.sid));
}

void ClientSession::on_unsubscribe(const wire::Op& op) {
  if (ClientSubscription* subscription = sids_.find(op.sid)) {
    const auto max = static_cast<std::uint32_t>(std::clamp<std::int64_t>(op.number, 0, UINT32_MAX));
    if (max > subscription->delivered) {
      subscription->max = max;
    } else {
      remove(*subscription);
    }
  }
  if (verbose_) send_line(wire::ok_line);
}

void ClientSession::remove(ClientSubscription& subscription) {
  account_->unsubscribe(subscription);
  sids_.remove(subscription);
  shard_.statistics().subscriptions -= 1;
}

void ClientSession::drop_subscriptions() {
  std::vector<ClientSubscription*> all;
  all.reserve(sids_.size());
  sids_.for_each([&](ClientSubscription& subscription) { all.push_back(&subscription); });
  for (ClientSubscription* subscription : all) remove(*subscription);
}

// ---- Deliveries ----

bool ClientSession::deliver(ClientSubscription& subscription, const Message& message,
                            const Origin& origin, std::vector<ClientSubscription*>& finished) {
  if (closing() || subscription.finished) return false;
  if (!echo_ && origin.connection == id()) return false;
  if (subscription.filtered &&
      !permissions_->can_deliver(message.subject, account_->index().queue_of(subscription))) {
    return false;
  }
  ++subscription.delivered;
  if (subscription.max != 0 && subscription.delivered >= subscription.max) {
    subscription.finished = true;
    finished.push_back(&subscription);
  }
  const Shown shown = shown_to_clients(message, origin);
  if (allowed_replies_ && !shown.reply.empty()) {
    allowed_replies_->allow(shown.reply, shard_.now());
  }
  append_message(subscription, message, shown);
  return true;
}

void ClientSession::append_message(const ClientSubscription& subscription, const Message& message,
                                   const Shown& shown) {
  shard_.statistics().out_messages += 1;
  shard_.statistics().out_bytes += message.body.size();
  traffic_.count_out(message.body.size());
  // A client without header support gets the payload alone.
  if (message.header_size != 0 && !headers_) {
    const wire::Decimal digits(message.payload().size());
    append_parts(subscription, message, shown, {}, digits.view(),
                 message.body_and_line_end().substr(message.header_size));
  } else {
    append_parts(subscription, message, shown,
                 message.header_size == 0 ? std::string_view() : message.header_digits,
                 message.size_digits, message.body_and_line_end());
  }
}

void ClientSession::append_parts(const ClientSubscription& subscription, const Message& message,
                                 const Shown& shown, std::string_view header_digits,
                                 std::string_view digits, std::string_view body) {
  const bool slice = message.slab != nullptr && body.size() >= limits::slice_payload_bytes_min;
  const std::string_view sid = subscription.sid();
  Outbox& out = outbox();
  const std::size_t head =
      wire::hmsg_size(shown.subject, sid, shown.reply, header_digits, digits);
  char* const line = out.reserve(head + (slice ? 0 : body.size()));
  char* cursor =
      header_digits.empty()
          ? wire::write_msg(line, shown.subject, sid, shown.reply, digits)
          : wire::write_hmsg(line, shown.subject, sid, shown.reply, header_digits, digits);
  if (shard_.traces()) {
    trace_out(shard_, *this, {line, static_cast<std::size_t>(cursor - line)});
    trace_body_out(shard_, *this, body.substr(0, body.size() - 2));
  }
  if (!slice) {
    std::memcpy(cursor, body.data(), body.size());
    cursor += body.size();
  }
  out.commit(cursor);
  if (slice) out.append_slice(*message.slab, body);
  appended();
}

// ---- Liveness ----

void ClientSession::on_input() { last_input_ns_ = shard_.now(); }

void ClientSession::on_pong() {
  pings_out_ = 0;
  if (ping_sent_ns_ != 0) {
    rtt_ns_ = shard_.now() - ping_sent_ns_;
    rtt_measured_ = true;
  }
  ping_sent_ns_ = 0;
}

void ClientSession::on_timer(std::int64_t now_ns) {
  if (now_ns < deadline_ns_) return;
  if (account_ == nullptr) {
    shard_.log(LogLevel::error, *this, "authentication timeout");
    shard_.tell(EventKind::authentication_failed, *this, {}, "Authentication Timeout");
    close(CloseReason::authentication_timeout, "Authentication Timeout");
    return;
  }
  const Options& options = shard_.context().options;
  const std::int64_t interval = ping_interval_ns();
  deadline_ns_ = now_ns + interval;
  // Data is as good a sign of life as a PONG.
  const bool quiet = now_ns - last_input_ns_ >= interval;
  if (rtt_measured_ && !quiet) return;
  if (pings_out_ >= options.ping_max) {
    shard_.log(LogLevel::debug, *this, "Stale Client Connection - Closing");
    shard_.statistics().stale_clients += 1;
    close(CloseReason::stale_connection, "Stale Connection");
    return;
  }
  ++pings_out_;
  ping_sent_ns_ = now_ns;
  send_line(wire::ping_line);
}

std::int64_t ClientSession::next_timer() const noexcept { return deadline_ns_; }

void ClientSession::write_pong() {
  Session::write_pong();
  // The first PONG after CONNECT brings the account along, for clients that take INFO at any
  // time (nats-server 2.11).
  if (!std::exchange(owes_connect_info_, false)) return;
  wire::ServerInfo info = own_info();
  info.client_ip = client_ip();
  info.connect_info = true;
  info.remote_account = account_->name();
  send_info(info);
}

/// The address may begin with that of a client behind a proxy, and a slash.
std::string ClientSession::client_ip() const {
  const std::string own = address().substr(address().find('/') + 1);
  return own.substr(0, own.rfind(':'));
}

void ClientSession::announce_lame_duck() {
  if (!knows_async_info_ || closing()) return;
  wire::ServerInfo info = own_info();
  info.lame_duck_mode = true;
  send_info(info);
}

// ---- For monitoring ----

void ClientSession::for_each_subscription(const SubscriptionVisit& visit) const {
  sids_.for_each([&](const ClientSubscription& subscription) {
    visit({account_->index().subject_of(subscription), account_->index().queue_of(subscription),
           subscription.sid(), subscription.delivered, subscription.max});
  });
}

// ---- The end ----

void ClientSession::on_close(CloseReason reason, std::string_view) {
  drop_subscriptions();
  shard_.context().client_connections.fetch_sub(1, std::memory_order_relaxed);
  shard_.log(LogLevel::debug, *this,
             fmt::format("Client connection closed: {}", to_string(reason)));
}

}  // namespace leafnats::broker
