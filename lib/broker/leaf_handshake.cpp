// SPDX-License-Identifier: Apache-2.0
//
// How a leaf link comes up.
//
//   hub    INFO                                     (nonce, client_id, leafnode_urls)
//   spoke       CONNECT                             (name, cluster, credentials)
//   hub    INFO connect_info, permissions
//   both   LS+ of all they may tell, beginning with $LDS, the mark that finds loops
//
// If both want compression the spoke answers the first INFO with one of its own. Both take what
// follows it for compressed, each way, and the hub says its INFO again by that means:
//
//   hub    INFO            compression
//   spoke  INFO            compression      the last plain bytes of either side
//   hub    INFO            (nonce, client_id, leafnode_urls)
//   spoke  CONNECT         and so on
//
// A spoke that goes straight to CONNECT has negotiated "no compression" (nats-server 2.10 to 2.15).
// nats-server's reader switches at the end of a read, so a spoke sends nothing behind its INFO
// until the hub has answered. Each of these lines is legal once, in one state.

#include "base/assert.hpp"
#include "base/printable.hpp"
#include "base/version.hpp"
#include "broker/account.hpp"
#include "broker/context.hpp"
#include "broker/leaf_session.hpp"
#include "broker/link_reason.hpp"
#include "broker/loop_mark.hpp"
#include "broker/shard.hpp"
#include "subject/grammar.hpp"
#include "wire/encoder.hpp"
#ifdef LEAFNATS_HAVE_WEBSOCKET
#include "wire/websocket_filter.hpp"
#endif

#include <fmt/format.h>

#include <algorithm>

namespace leafnats::broker {
namespace {

// A hub that did not answer CONNECT by then is not a hub (nats-server's constant).
constexpr std::int64_t connect_reply_ns_max = 2'000'000'000;
constexpr std::int64_t first_ping_ns_max = 1'000'000'000;

// What never crosses a leaf link of an ordinary account, whether or not either side has
// JetStream: a hub closes the link over a literal of these (nats-server 2.9 to 2.15).
constexpr std::string_view jetstream_denies[] = {"$JS.API.>", "$KV.>", "$OBJ.>"};

/// A hub refuses larger messages of a compressed WebSocket.
void tell_max_payload([[maybe_unused]] Stream* stream, [[maybe_unused]] std::int64_t max_payload) {
#ifdef LEAFNATS_HAVE_WEBSOCKET
  if (stream == nullptr || max_payload <= 0) return;
  wire::StreamFilter* filter = stream->find(wire::StreamFilter::Kind::websocket);
  if (filter == nullptr) return;
  static_cast<wire::WebSocketFilter*>(filter)->limit_messages(
      static_cast<std::size_t>(max_payload));
#endif
}

/// Whether an entry is "subject queue".
bool has_queue(const SubjectPermissions& permissions) {
  const auto with_space = [](const std::string& entry) {
    return entry.find_first_of(" \t") != entry.npos;
  };
  return std::any_of(permissions.allow.begin(), permissions.allow.end(), with_space) ||
         std::any_of(permissions.deny.begin(), permissions.deny.end(), with_space);
}

bool version_at_least(std::string_view version, std::string_view minimum) {
  const auto offered = base::parse_version(version);
  return offered && *offered >= *base::parse_version(minimum);
}

wire::Parser make_parser(const Options& options) {
  return wire::Parser(wire::Dialect::leaf,
                      {limits::leaf_control_line_factor * options.max_control_line,
                       options.max_payload});
}

}  // namespace

LeafSession::LeafSession(Shard& shard, base::ConnectionId id, Transport& transport,
                         std::string address, RemoteLink* remote)
    : Session(shard, SubscriberKind::leaf, id, transport, std::move(address),
              make_parser(shard.context().options)),
      remote_(remote),
      role_(remote == nullptr || remote->options().hub ? LeafRole::hub : LeafRole::spoke),
      state_(remote == nullptr ? State::awaiting_connect : State::awaiting_info),
      compression_(remote == nullptr ? shard.context().options.leaf.compression
                                     : remote->options().compression),
      record_(remote == nullptr ? std::make_shared<LinkRecord>() : remote->record()) {
  if (remote != nullptr && !remote->options().account_mappings.empty()) {
    renaming_ = std::make_unique<LinkRenaming>(remote->options());
  }
  const LeafLinkStatus known = record_->snapshot();
  counted_in_ = known.in;
  counted_out_ = known.out;
}

LeafSession::~LeafSession() = default;

void LeafSession::open() {
  Context& context = shard_.context();
  opened_ns_ = shard_.now();
  if (remote_ != nullptr) {
    open_solicited();
  } else if (over_websocket()) {
    compression_.forbid();
    greet();
    on_ready();
  } else {
    open_accepted(context.options.leaf.tls,
                  context.tls != nullptr ? context.tls->leaf_listener() : nullptr, false);
  }
}

/// The filters that the way to the hub takes; TLS comes below WebSocket, and above a tunnel.
void LeafSession::open_solicited() {
  describe_handshake();
  const RemoteLeafOpts& options = remote_->options();
  for (auto& filter : remote_->make_filters()) {
    const bool websocket = filter->kind() == wire::StreamFilter::Kind::websocket;
    if (websocket && remote_->requires_tls() && !start_remote_tls()) return;
    push_filter(std::move(filter));
  }
  if (over_websocket()) compression_.forbid();
  if (tls() != nullptr) return;
  if (options.tls && options.tls->handshake_first) {
    start_remote_tls();  // first_info_timeout begins when it is done
    return;
  }
  // Through a proxy there is one more answer to wait for.
  const auto tunnel = options.proxy.url.empty() ? std::chrono::milliseconds(0)
                      : options.proxy.timeout.count() > 0
                          ? options.proxy.timeout
                          : shard_.context().options.leaf.dial_timeout;
  deadline_ns_ = shard_.now() + to_ns(options.first_info_timeout + tunnel);
  update_deadline();
}

void LeafSession::greet() {
  nonce_ = base::make_nonce(*shard_.context().entropy);
  wire::ServerInfo info = shard_.context().identity.leaf_info;
  info.client_id = id().number;
  info.nonce = nonce_;
  compression_.offer(info);
  if (compression_.offered()) state_ = State::negotiating;
  send_info(info);
}

void LeafSession::on_ready() {
  deadline_ns_ = shard_.now() + to_ns(shard_.context().options.leaf.authorization.timeout);
  update_deadline();
}

// ---- TLS ----

bool LeafSession::start_remote_tls() {
  auto filter = remote_->make_tls();
  if (!filter) {
    shard_.log(LogLevel::error, *this, filter.error().message());
    peer_closed(CloseReason::tls_handshake_error, filter.error().message());
    return false;
  }
  deadline_ns_ = never;  // the handshake has its own
  const std::optional<TlsOptions>& tls = remote_->options().tls;
  start_tls(std::move(*filter), tls ? tls->timeout : TlsOptions().timeout);
  return true;
}

void LeafSession::on_tls(bool open) {
  if (remote_ == nullptr) return;
  if (tls() != nullptr) remote_->on_tls(*tls());
  if (!open || closing()) return;
  deadline_ns_ = shard_.now() + to_ns(remote_->options().first_info_timeout);
  update_deadline();
  if (const auto info = std::exchange(pending_info_, nullptr)) on_hub_known(*info);
}

std::string LeafSession::tls_advice(wire::TlsFault fault, wire::PlainPeer peer) const {
  if (remote_ != nullptr) {
    if (peer == wire::PlainPeer::nats_info) {
      return "the hub sends INFO before TLS; remove handshake_first from this remote's tls{}, or "
             "set it in the hub's";
    }
    return {};
  }
  const std::optional<TlsOptions>& options = shard_.context().options.leaf.tls;
  const bool first = options && options->handshake_first;
  if (fault == wire::TlsFault::none && first) {
    return "this hub has handshake_first; the remote's tls{} needs it too, or set it to \"auto\" "
           "here";
  }
  if (peer == wire::PlainPeer::nats_client) {
    return "this hub requires TLS on its leafnode port; the remote needs a tls{} block or a tls:// "
           "URL";
  }
  return {};
}

/// INFO is waited for anew once TLS, WebSocket and proxy are behind us: each takes round trips.
void LeafSession::on_stream_open() {
  if (remote_ == nullptr || state_ != State::awaiting_info || pending_info_ != nullptr) return;
  opened_ns_ = shard_.now();
  deadline_ns_ = shard_.now() + to_ns(remote_->options().first_info_timeout);
  update_deadline();
}

bool LeafSession::admits_first_byte(char first) {
  if (remote_ != nullptr || wire::starts_connect(first)) return true;
  if (state_ == State::negotiating && wire::starts_info(first)) return true;
  refuse_login({}, CloseReason::authentication_violation);
  return false;
}

// ---- Accepting ----

void LeafSession::on_connect(std::string_view json) {
  if (remote_ != nullptr) return;
  if (state_ != State::negotiating && state_ != State::awaiting_connect) return;
  Result<wire::LeafConnect> parsed = wire::parse_leaf_connect(shard_.json(), json);
  if (!parsed) {
    refuse(CloseReason::protocol_violation, LinkReason::protocol_error,
           std::string(parsed.error().message()), {});
    return;
  }
  pending_connect_ = std::move(*parsed);
  words_ = PeerWords({pending_connect_.name, {}, pending_connect_.version,
                      shown_user({}, {pending_connect_.nkey, pending_connect_.user,
                                      !pending_connect_.auth_token.empty()})});
  if (!pending_connect_.account.empty() || pending_connect_.new_account) {
    refuse_login(pending_connect_.user, CloseReason::authentication_violation);
    return;
  }
  auth::LoginRequest request;
  request.connection = id();
  request.entrance =
      over_websocket() ? auth::Entrance::leaf_websocket : auth::Entrance::leaf;
  request.address = address();
  request.user = pending_connect_.user;
  request.password = pending_connect_.pass;
  request.token = pending_connect_.auth_token;
  request.jwt = pending_connect_.jwt;
  request.nkey = pending_connect_.nkey;
  request.signature = pending_connect_.sig;
  request.nonce = nonce_;
  request.name = pending_connect_.name;
  request.version = pending_connect_.version;
  request.protocol = static_cast<int>(pending_connect_.protocol);
  if (const wire::TlsFilter* filter = tls()) {
    request.tls = std::make_shared<const wire::TlsPeer>(filter->peer());
  }
  state_ = State::logging_in;
  if (const auto login = shard_.context().authenticator->login(request)) {
    apply_login(*login);
  } else {
    hold_parsing();
  }
}

void LeafSession::finish_login(const auth::Login& login) {
  if (closing() || state_ != State::logging_in) return;
  apply_login(login);
  continue_parsing();
}

void LeafSession::apply_login(const auth::Login& login) {
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
  compression_.logged_in();
  user_permissions_ = login.permissions;
  if (acceptable(pending_connect_)) accept(pending_connect_);
  pending_connect_ = {};
}

void LeafSession::refuse_login(std::string_view user, CloseReason reason) {
  shard_.tell(EventKind::authentication_failed, *this, user, "Authorization Violation",
              LinkReason::authentication_refused);
  if (Advisories* advisories = shard_.context().advisories) {
    advisories->on_login_refused(shard_, *this, to_string(reason));
  }
  refuse(reason, LinkReason::authentication_refused,
         user.empty() ? std::string("authentication error")
                      : fmt::format("authentication error - User \"{}\"", base::printable(user)),
         "Authorization Violation");
}

bool LeafSession::acceptable(const wire::LeafConnect& connect) {
  const Context& context = shard_.context();
  const auto refused = [&](CloseReason reason, const std::string& text) {
    refuse(reason, reason_of_close(reason), text, text);
    return false;
  };
  if (!connect.lang.empty()) {
    return refused(CloseReason::wrong_port, "attempted to connect to leaf node port");
  }
  if (connect.cluster.find(' ') != std::string::npos) {
    return refused(CloseReason::cluster_name_has_spaces, "cluster name cannot contain spaces");
  }
  if (!connect.cluster.empty() && connect.cluster == context.identity.cluster) {
    return refused(CloseReason::same_cluster, "remote leafnode has same cluster name");
  }
  if (!connect.gateway.empty()) {
    return refused(CloseReason::gateway_rejected,
                  fmt::format("Rejecting connection from gateway \"{}\" on the leafnode port",
                              connect.gateway));
  }
  const std::string& minimum = context.options.leaf.min_version;
  if (!minimum.empty() && !version_at_least(connect.version, minimum)) {
    send_connect_info();
    return refused(CloseReason::minimum_version,
                  fmt::format("connection rejected since minimum version required is \"{}\"",
                              minimum));
  }
  return true;
}

void LeafSession::accept(const wire::LeafConnect& connect) {
  headers_ = connect.headers && !shard_.context().options.no_header_support;
  cluster_ = shard_.cluster_id(connect.cluster);
  isolated_ = shard_.context().options.leaf.isolate_leafnode_interest || connect.isolate;
  if (connect.is_hub) role_ = LeafRole::spoke;
  identity_ = {connect.name, connect.is_hub ? std::string() : connect.cluster, account_->id(),
               connect.remote_account};

  // The user's permissions speak from the leaf's side: what it may subscribe to is what we may
  // send. Its own denies come on top.
  SubjectPermissions outgoing;
  SubjectPermissions incoming;
  if (user_permissions_) {
    outgoing = user_permissions_->subscribe;
    incoming = user_permissions_->publish;
  }
  inbound_ = subject::PermissionSet(incoming, {});
  allowed_replies_ = AllowedReplies::make(user_permissions_.get());
  if (allowed_replies_) {
    allowed_replies_->on_forgotten([this](std::string_view reply) {
      if (!closing()) announce_allowed(reply, {}, 0);
    });
  }
  outgoing.deny.insert(outgoing.deny.end(), connect.deny_pub.begin(), connect.deny_pub.end());
  set_permissions(outgoing, incoming);

  const auto older = shard_.context().leaf_registry.enter(identity_, id());
  entered_ = true;
  if (older) shard_.evict_leaf(*older);
  send_connect_info();
  come_up();
}

void LeafSession::send_connect_info() {
  wire::ServerInfo info = shard_.context().identity.leaf_info;
  info.client_id = id().number;
  info.connect_info = true;
  info.remote_account = account_->name();
  if (user_permissions_) {
    info.import_permissions = user_permissions_->subscribe;
    // allow_responses has no place in INFO, and a leaf that knows only the rest would not answer.
    // So it is not told what it may publish; we drop what it may not.
    if (!user_permissions_->allow_responses) {
      info.export_permissions = user_permissions_->publish;
    }
  }
  send_info(info);
}

// ---- Soliciting ----

void LeafSession::on_info(std::string_view json) {
  if (remote_ == nullptr && state_ != State::negotiating) {
    if (state_ != State::up) refuse_login({}, CloseReason::authentication_violation);
    return;
  }
  const Result<wire::ServerInfo> parsed = wire::parse_info(shard_.json(), json);
  if (!parsed) {
    refuse(CloseReason::protocol_violation, LinkReason::protocol_error,
           std::string(parsed.error().message()), {});
    return;
  }
  const wire::ServerInfo& info = *parsed;
  if (state_ == State::negotiating) {
    on_negotiation(info);
  } else if (state_ == State::awaiting_info) {
    on_first_info(info);
  } else if (state_ == State::awaiting_confirmation) {
    compression_.logged_in();  // the hub may answer CONNECT with all its interest in one block
    if (leads_to_hub(info)) introduce(info);
  } else if (state_ == State::awaiting_connect_info && info.connect_info) {
    on_connect_info(info);
  } else {
    gossip(info);
  }
}

/// The answer goes through the filter already: it is the first that the remote gets by it.
void LeafSession::on_negotiation(const wire::ServerInfo& info) {
  state_ = State::awaiting_connect;
  if (!settle_compression(info) || !compression_.agreed()) return;
  push_filter(compression_.make_filter());
  wire::ServerInfo answer = shard_.context().identity.leaf_info;
  answer.client_id = id().number;
  answer.nonce = nonce_;
  compression_.confirm(answer);
  send_info(answer);
}

bool LeafSession::settle_compression(const wire::ServerInfo& info) {
  if (!compression_.settle(info, shard_.now() - opened_ns_)) {
    const std::string text = fmt::format("unsupported route compression mode \"{}\"",
                                         base::printable(info.compression));
    refuse(CloseReason::protocol_violation, LinkReason::protocol_error, text, text);
    return false;
  }
  if (compression_.dictionaries_differ()) {
    shard_.log(LogLevel::warning, *this,
               "the dictionaries for zstd differ, so none is used: give both ends the same");
  }
  return true;
}

/// A link keeps to its kind of URL.
void LeafSession::gossip(const wire::ServerInfo& info) {
  const auto& urls = over_websocket() ? info.ws_connect_urls : info.leafnode_urls;
  if (!urls.empty()) remote_->on_gossip(urls);
}

void LeafSession::on_first_info(const wire::ServerInfo& info) {
  if (!leads_to_hub(info)) return;
  // Over WebSocket INFO speaks of the hub's leaf port: what is needed here has happened already.
  if (tls() == nullptr && !over_websocket() &&
      (info.tls_required || remote_->requires_tls())) {
    if (!info.tls_required && !info.tls_available) {
      const std::string text =
          "TLS configuration mismatch: this remote requires TLS (tls:// URL, tls{} block or an "
          "earlier link with it) and the hub offers none; give the hub a tls{} block in "
          "leafnodes{}";
      complain(LinkReason::tls_not_offered, text);
      reason_ = LinkReason::tls_not_offered;
      shard_.tell(EventKind::tls_failed, *this, info.server_name, text, reason_);
      peer_closed(CloseReason::tls_handshake_error, text);
      return;
    }
    pending_info_ = std::make_unique<wire::ServerInfo>(info);
    start_remote_tls();
    return;
  }
  on_hub_known(info);
}

/// The first INFO, once what follows is as secure as it has to be.
void LeafSession::on_hub_known(const wire::ServerInfo& info) {
  if (!settle_compression(info)) return;
  if (!compression_.agreed()) {
    introduce(info);
    return;
  }
  wire::ServerInfo ours = shard_.context().identity.leaf_info;
  ours.client_id = id().number;
  compression_.offer(ours);
  send_info(ours);
  push_filter(compression_.make_filter());
  state_ = State::awaiting_confirmation;
}

bool LeafSession::leads_to_hub(const wire::ServerInfo& info) {
  if (info.client_id == 0 || info.leafnode_urls.empty()) {
    // A client port names no leafnode_urls: the URL leads to the wrong one.
    refuse(CloseReason::wrong_port, LinkReason::wrong_port, "attempted to connect to wrong port",
           {});
    return false;
  }
  return true;
}

/// Says who we are to the hub that has said who it is.
void LeafSession::introduce(const wire::ServerInfo& info) {
  if (info.max_payload > 0) peer_payload_max_ = static_cast<std::size_t>(info.max_payload);
  nonce_ = info.nonce;
  headers_ = info.headers && !shard_.context().options.no_header_support;
  identity_.name = info.server_name.empty() ? info.server_id : info.server_name;
  identity_.cluster = info.cluster;
  cluster_ = shard_.cluster_id(info.cluster);
  gossip(info);
  tell_max_payload(stream(), info.max_payload);
  if (!remote_->proves()) {
    send_connect({});
    await_answer(info);
    return;
  }
  // Who signs may take longer than any deadline of ours: the hub's ends the wait, with an error
  // that is read meanwhile.
  state_ = State::proving;
  deadline_ns_ = never;
  update_deadline();
  pending_info_ = std::make_unique<wire::ServerInfo>(info);
  remote_->prove(id(), nonce_);
}

void LeafSession::finish_proof(const Result<LeafProof>& proof) {
  if (closing() || state_ != State::proving) return;
  const auto info = std::exchange(pending_info_, nullptr);
  if (!proof) {
    const std::string text = fmt::format("no signature for the hub: {}", proof.error().message());
    complain(LinkReason::no_signature, text);
    reason_ = LinkReason::no_signature;
    peer_closed(CloseReason::authentication_failure, text);
    return;
  }
  send_connect(*proof);
  await_answer(*info);
}

/// CONNECT is out.
void LeafSession::await_answer(const wire::ServerInfo& info) {
  if (info.info_on_connect) {
    state_ = State::awaiting_connect_info;
    deadline_ns_ = shard_.now() + connect_reply_ns_max;
    update_deadline();
  } else {
    on_connect_info(info);  // a hub older than 2.2.2 answers nothing
  }
}

void LeafSession::send_connect(const LeafProof& proof) {
  const Identity& us = shard_.context().identity;
  const RemoteLink::UserInfo user = remote_->user_info();
  wire::LeafConnect connect;
  connect.version = us.leaf_info.version;
  connect.jwt = proof.jwt;
  connect.nkey = proof.nkey;
  connect.sig = proof.signature;
  connect.user = user.user;
  connect.pass = user.password;
  // nats-server sends a token both ways; a 2.9 hub reads it as the user.
  if (user.is_token) connect.auth_token = user.user;
  connect.server_id = us.server_id;
  connect.name = us.server_name;
  connect.cluster = us.cluster;
  connect.headers = !shard_.context().options.no_header_support;
  connect.is_hub = remote_->options().hub;
  connect.deny_pub = renaming_ ? renaming_->unwanted() : remote_->options().deny_imports;
  connect.isolate = remote_->options().request_isolation;
  connect.compress_mode = compression_.name();
  connect.remote_account =
      remote_->options().account.empty() ? default_account : remote_->options().account;
  connect.protocol = 1;
  const std::string json = wire::format_connect(connect);
  char* out = outbox().reserve(wire::connect_size(json));
  outbox().commit(wire::write_connect(out, json));
  appended();
}

void LeafSession::on_connect_info(const wire::ServerInfo& info) {
  Account* account = shard_.find_account(remote_->options().account);
  if (account == nullptr) {  // a JWT account that has not come yet, or is gone
    refuse(CloseReason::authentication_failure, LinkReason::account_unavailable,
           fmt::format("no such account: \"{}\"", remote_->options().account), {});
    return;
  }
  if (!join(*account, {})) return;
  const RemoteLeafOpts& options = remote_->options();
  isolated_ = shard_.context().options.leaf.isolate_leafnode_interest ||
              options.isolate_leafnode_interest;
  if (shard_.context().leaf_registry.is_leaf_cluster(identity_.cluster, account_->id())) {
    detect_loop();
    return;
  }
  SubjectPermissions outgoing = info.export_permissions.value_or(SubjectPermissions{});
  SubjectPermissions incoming = info.import_permissions.value_or(SubjectPermissions{});
  if (!renaming_) {
    outgoing.deny.insert(outgoing.deny.end(), options.deny_exports.begin(),
                         options.deny_exports.end());
    incoming.deny.insert(incoming.deny.end(), options.deny_imports.begin(),
                         options.deny_imports.end());
  }
  set_permissions(outgoing, incoming);
  come_up();
}

// ---- Both ----

void LeafSession::set_permissions(const SubjectPermissions& outgoing,
                                  const SubjectPermissions& incoming) {
  permissions_ = subject::PermissionSet(outgoing, incoming);
  if (has_queue(outgoing)) {
    outgoing_with_queues_ =
        std::make_unique<subject::PermissionSet>(SubjectPermissions{}, outgoing);
  }
  incoming_has_queues_ = has_queue(incoming);
  for (const std::string_view denied : jetstream_denies) {
    permissions_.deny_publish(denied);
    permissions_.deny_subscribe(denied);
    if (outgoing_with_queues_) outgoing_with_queues_->deny_subscribe(denied);
  }
}

void LeafSession::describe_handshake() {
  record_->change([&](LeafLinkStatus& link) {
    link.state = LinkState::handshake;
    link.connection_id = id().number;
  });
}

void LeafSession::come_up() {
  state_ = State::up;
  up_since_ns_ = shard_.now();
  shard_.context().links.settle(peer_key());
  if (remote_ == nullptr) shard_.context().links.add(record_);
  record_->change([&](LeafLinkStatus& link) {
    link.state = LinkState::up;
    link.connection_id = id().number;
    link.name = identity_.name;
    link.cluster = shard_.cluster_name(cluster_);
    link.account = account_->name();
    link.is_hub = role_ == LeafRole::hub;
    link.is_isolated = isolated_;
    link.solicited = remote_ != nullptr;
    if (remote_ == nullptr) link.endpoint = address();
    link.compression = compression_.name();
    link.failures = 0;
    ++link.connects;
  });
  shard_.log(LogLevel::info, *this,
             fmt::format("Leafnode connection created for account: {} {}", account_->name(),
                         identity_.name));
  if (remote_ != nullptr) {
    shard_.log(LogLevel::info, *this,
               fmt::format("Connected leafnode to \"{}\"", remote_->host()));
    remote_->on_up();
  }
  shard_.tell(EventKind::leaf_connected, *this, identity_.name, {});
  // The mark that comes back only if there is a second way round.
  mark_ = loop_mark(shard_.context().identity.loop_detection_subject, id());
  announce(mark_, {}, 1);
  account_->attach(*this);
  if (Advisories* advisories = shard_.context().advisories) {
    advisories->on_connect(shard_, *this);
  }

  const std::int64_t interval = ping_interval_ns();
  const std::int64_t first = std::min(interval, first_ping_ns_max);
  deadline_ns_ = shard_.now() + first +
                 static_cast<std::int64_t>(
                     shard_.random().below(static_cast<std::uint32_t>(1 + first / 5)));
  update_deadline();
}

}  // namespace leafnats::broker
