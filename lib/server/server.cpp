// SPDX-License-Identifier: Apache-2.0
//
// The body of Server: checks options, makes the identity that peers see, and runs the engine.

#include <leafnats/server.hpp>
#include <leafnats/version.hpp>

#include "auth/authenticator.hpp"
#include "base/limits.hpp"
#include "broker/context.hpp"
#include "broker/websocket_upgrade.hpp"
#include "config/endpoint.hpp"
#include "config/validation.hpp"
#include "monitor/system_services.hpp"
#include "net/engine.hpp"
#include "net/entropy.hpp"
#include "net/interface.hpp"
#include "net/system_clock.hpp"
#include "net/worker.hpp"
#include "server/auth_callout.hpp"
#include "server/client_core.hpp"
#include "server/dictionary_files.hpp"
#include "server/operator_accounts.hpp"
#include "server/operator_claims.hpp"

#include <fmt/format.h>

#include <optional>

namespace leafnats {
namespace {

// INFO.proto: 1 says that INFO may come at any time. 3 would promise message tracing.
constexpr std::int64_t info_protocol = 1;

/// host:port that others should use: what was advertised, else where we listen.
config::Endpoint advertised(const std::string& advertise,
                            const asio::ip::tcp::endpoint& listening) {
  config::Endpoint endpoint{net::reachable_host(listening.address()), listening.port()};
  if (advertise.empty()) return endpoint;
  const Result<config::Endpoint> told = config::parse_advertise(advertise, endpoint.port);
  return told ? *told : endpoint;
}

}  // namespace

class Server::Body {
 public:
  explicit Body(Options options) { context_.options = std::move(options); }
  ~Body() { stop(); }

  Result<void> start() {
    if (engine_ != nullptr) return Error{Errc::already_running, "the server was started before"};
    if (auto valid = config::validate(context_.options); !valid) return valid;
    if (auto read = read_dictionaries(context_.options); !read) return read;
    context_.entropy = &entropy_;
    context_.clock = &clock_;
    if (auto made = make_authenticator(); !made) return made;
    context_.authenticator = operators_ != nullptr ? &operators_->mode() : authenticator_.get();
    context_.callbacks = &callbacks_;
#ifdef LEAFNATS_HAVE_WEBSOCKET
    if (context_.options.websocket) {
      context_.upgrade_policy = broker::make_upgrade_policy(context_.options);
    }
#endif
    introduce();
    context_.accounts.set_cluster(context_.identity.cluster);
    context_.accounts.set_common_imports(
        [this](const std::string& account) { return monitor::common_imports(context_, account); });
    const std::string& system_account = context_.options.system_account;
    monitor::add_system_exports(context_.options, system_account.empty()
                                                      ? std::string(broker::default_system_account)
                                                      : system_account);
    if (auto linked = context_.accounts.configure(context_.options); !linked) return linked;
    if (operators_ != nullptr) operators_->load();
    auto engine = std::make_unique<net::Engine>(context_);
    if (auto opened = engine->open(); !opened) return opened;
    describe_listeners(*engine);
    engine_ = std::move(engine);
    services_ = std::make_unique<monitor::SystemServices>(*engine_, context_);
    context_.advisories = &services_->advisories();
    if (operators_ != nullptr) {
      const bool may_delete = context_.options.operator_mode.resolver.allow_delete;
      claims_ = std::make_unique<server::OperatorClaims>(operators_->mode(), may_delete);
      services_->keep_claims(*claims_, callbacks_);
    }
    engine_->start([this] {
      services_->start();
      if (callout_ != nullptr) callout_->start(*engine_);
      if (operators_ != nullptr) operators_->attach(*engine_);
    });
    running_ = true;
    log(LogLevel::info, "Server is ready");
    return {};
  }

  void stop() {
    if (!std::exchange(running_, false)) return;
    log(LogLevel::info, "Initiating Shutdown...");
    services_->stop();
    worker_.stop();  // first: what they answer goes through the engine
    callbacks_.stop();
    if (operators_ != nullptr) operators_->detach();
    engine_->stop();
    log(LogLevel::info, "Server Exiting..");
  }

  Result<void> drain(std::chrono::milliseconds timeout) {
    if (!running_) return Error{Errc::not_running, "the server does not run"};
    log(LogLevel::info, "Entering lame duck mode, stop accepting new clients");
    context_.tell({EventKind::lame_duck, 0, {}, {}, {}});
    services_->announce_lame_duck();
    const bool written = engine_->drain(timeout);
    stop();
    if (!written) return Error{Errc::timeout, "bytes were left unwritten"};
    return {};
  }

  Client connect(const ClientOptions& options) {
    const auto account = context_.accounts.find(options.account);
    if (!running_ || account == nullptr) return server::make_client(nullptr);
    return server::make_client(engine_->first_reactor(), options, account->id);
  }

  [[nodiscard]] std::uint16_t client_port() const {
    return running_ ? engine_->client_endpoint().port() : std::uint16_t{0};
  }
  [[nodiscard]] std::uint16_t leaf_port() const {
    return running_ ? engine_->leaf_endpoint().port() : std::uint16_t{0};
  }
  [[nodiscard]] std::uint16_t websocket_port() const {
    return running_ ? engine_->websocket_endpoint().port() : std::uint16_t{0};
  }
  [[nodiscard]] const broker::Identity& identity() const { return context_.identity; }

  Result<void> set_credentials(std::size_t remote, RemoteCredentials credentials) {
    if (!running_) return Error{Errc::not_running, "the server does not run"};
    if (remote >= context_.options.leaf.remotes.size()) {
      return Error{Errc::invalid_argument, "there is no such remote"};
    }
    if (auto valid = config::validate(credentials); !valid) return valid;
    return engine_->set_credentials(remote, std::move(credentials));
  }

  [[nodiscard]] std::vector<LeafLinkStatus> leaf_links() const { return context_.links.snapshot(); }

  [[nodiscard]] Statistics statistics() const {
    Statistics total;
    if (engine_ == nullptr) return total;
    const broker::ShardStatistics sum = engine_->statistics();
    total.in_messages = sum.in_messages;
    total.in_bytes = sum.in_bytes;
    total.out_messages = sum.out_messages;
    total.out_bytes = sum.out_bytes;
    total.slow_consumers = sum.slow_consumers;
    total.subscriptions = sum.subscriptions;
    total.connections = context_.client_connections.load(std::memory_order_relaxed);
    total.leaf_connections = context_.leaf_connections.load(std::memory_order_relaxed);
    total.shards_at_work = running_ ? engine_->shards_at_work() : 0;
    return total;
  }

 private:
  void log(LogLevel level, std::string_view line) const { context_.log(level, line); }

  Result<void> make_authenticator() {
    const std::optional<AuthCalloutOptions>& options = context_.options.authorization.auth_callout;
    // A build without key operations has a server id that nobody holds the secret of.
    auto key = auth::KeyPair::generate(auth::NkeyKind::server_key, entropy_);
    if (key) server_key_ = std::move(*key);
    const auth::LateAnswer answer = [this](base::ConnectionId connection,
                                           const auth::Login& login) {
      engine_->finish_login(connection, login);
    };
    const OperatorOptions& operators = context_.options.operator_mode;
    const bool has_operators = !operators.operators.empty() || !operators.trusted_keys.empty();
    if (has_operators && !context_.options.authentication_cb) return trust_operators(answer);
    // A host that decides about logins decides about all of them.
    if (!options || context_.options.authentication_cb) {
      authenticator_ = make_first_authenticator(answer);
      return {};
    }
    if (!server_key_) return key.error();
    auto made = server::AuthCallout::make(
        *options, {context_, callbacks_, answer, *server_key_, &zones_});
    if (!made) return made.error();
    callout_ = made->get();
    callout_->ask_first(make_first_authenticator(
        [this](base::ConnectionId connection, const auth::Login& login) {
          callout_->on_first_answer(connection, login);
        }));
    authenticator_ = std::move(*made);
    return {};
  }

  /// Operator mode; look-ups of accounts wait where the host's callbacks do.
  Result<void> trust_operators(const auth::LateAnswer& answer) {
    auto made = server::OperatorAccounts::make(context_, callbacks_, answer);
    if (!made) return made.error();
    operators_ = std::move(*made);
    context_.options.system_account = operators_->system_account();
    return {};
  }

  /// By what the host or the configuration says.
  std::unique_ptr<auth::Authenticator> make_first_authenticator(auth::LateAnswer answer) {
    const Options& options = context_.options;
    if (options.authentication_cb) {
      return auth::make_host_authenticator(options.authentication_cb, callbacks_,
                                           std::move(answer));
    }
    return auth::make_option_authenticator(options, worker_, std::move(answer));
  }

  void introduce() {
    const Options& options = context_.options;
    broker::Identity& identity = context_.identity;
    identity.server_id = server_key_ ? server_key_->public_key().text()
                                     : base::make_server_id(entropy_);
    identity.server_name =
        options.server_name.empty() ? identity.server_id : options.server_name;
    // A server with remotes has a cluster name even if it is alone: its own (nats-server).
    identity.cluster = options.leaf.remotes.empty() ? std::string() : identity.server_name;
    identity.loop_detection_subject = "$LDS." + base::make_nuid(entropy_);

    wire::ServerInfo info;
    info.server_id = identity.server_id;
    info.server_name = identity.server_name;
    info.version = protocol_version();
    info.proto = info_protocol;
    info.headers = !options.no_header_support;
    info.max_payload = static_cast<std::int64_t>(options.max_payload);
    identity.client_info = info;
    identity.client_info.auth_required =
        context_.authenticator->required(auth::Entrance::client) && options.no_auth_user.empty();
    if (options.tls) {
      identity.client_info.tls_required = !options.allow_non_tls;
      identity.client_info.tls_available = options.allow_non_tls;
      identity.client_info.tls_verify = options.tls->verify || options.tls->verify_and_map;
    }
    identity.websocket_info = info;
    identity.websocket_info.auth_required =
        context_.authenticator->required(auth::Entrance::websocket);
    if (options.websocket && options.websocket->tls) {
      identity.websocket_info.tls_required = identity.websocket_info.tls_available = true;
    }
    identity.leaf_info = info;
    if (options.leaf.tls) {
      identity.leaf_info.tls_required = true;
      identity.leaf_info.tls_verify =
          options.leaf.tls->verify || options.leaf.tls->verify_and_map;
    }
    identity.leaf_info.auth_required = true;
    identity.leaf_info.cluster = identity.cluster;
    identity.leaf_info.info_on_connect = true;

    log(LogLevel::info, "Starting leafnats-server");
    log(LogLevel::info, fmt::format("  Version:  {}", library_version()));
    log(LogLevel::info, fmt::format("  Name:     {}", identity.server_name));
    log(LogLevel::info, fmt::format("  ID:       {}", identity.server_id));
  }

  void describe_listeners(const net::Engine& engine) {
    broker::Identity& identity = context_.identity;
    if (const auto leaf = engine.leaf_endpoint(); leaf.port() != 0) {
      const config::Endpoint told = advertised(context_.options.leaf.advertise, leaf);
      identity.leaf_info.host = context_.options.leaf.advertise.empty()
                                    ? leaf.address().to_string()
                                    : told.host;
      identity.leaf_info.port = told.port;
      identity.leaf_info.ip = config::to_string(told);
      identity.leaf_info.leafnode_urls = {config::to_string(told)};
      announce("leafnode", leaf);
    }
    if (const auto client = engine.client_endpoint(); client.port() != 0) {
      identity.client_info.host = client.address().to_string();
      identity.client_info.port = client.port();
      if (!context_.options.client_advertise.empty()) {
        const config::Endpoint told = advertised(context_.options.client_advertise, client);
        identity.client_info.host = told.host;
        identity.client_info.port = told.port;
        identity.client_info.connect_urls = {config::to_string(told)};
      }
      announce("client", client);
    }
    if (const auto websocket = engine.websocket_endpoint(); websocket.port() != 0) {
      describe_websocket(websocket);
    }
  }

  /// Its clients are told this listener where others are told the clients'.
  void describe_websocket(const asio::ip::tcp::endpoint& endpoint) {
    wire::ServerInfo& info = context_.identity.websocket_info;
    info.host = endpoint.address().to_string();
    info.port = endpoint.port();
    if (const std::string& told = context_.options.websocket->advertise; !told.empty()) {
      info.connect_urls = {config::to_string(advertised(told, endpoint))};
    }
    const std::string address = config::to_string({info.host, endpoint.port()});
    const bool tls = context_.options.websocket->tls.has_value();
    log(LogLevel::info, fmt::format("Listening for websocket clients on {}://{}",
                                    tls ? "wss" : "ws", address));
    if (!tls) {
      log(LogLevel::warning, "Websocket not configured with TLS. DO NOT USE IN PRODUCTION!");
    }
    context_.tell({EventKind::listening, 0, address, "websocket", {}});
  }

  void announce(std::string_view kind, const asio::ip::tcp::endpoint& endpoint) const {
    const std::string address =
        config::to_string({endpoint.address().to_string(), endpoint.port()});
    log(LogLevel::info, fmt::format("Listening for {} connections on {}", kind, address));
    context_.tell({EventKind::listening, 0, address, kind, {}});
  }

  net::SystemEntropy entropy_;
  net::SystemClock clock_;
  broker::Context context_;
  net::Worker worker_;                                     // password hashes
  net::Worker callbacks_{limits::callback_threads_max};    // what the host decides or signs
  std::optional<auth::KeyPair> server_key_;                // its public key is the server's id
  const net::ZoneFiles zones_;
  std::unique_ptr<server::OperatorAccounts> operators_;    // in operator mode
  std::unique_ptr<server::OperatorClaims> claims_;         // with operators_
  std::unique_ptr<auth::Authenticator> authenticator_;
  server::AuthCallout* callout_ = nullptr;   // the authenticator, if there is auth callout
  std::unique_ptr<monitor::SystemServices> services_;  // the engine's shards refer to it
  std::unique_ptr<net::Engine> engine_;  // kept after stop(): clients may still refer to it
  bool running_ = false;
};

Server::Server(Options options) : body_(std::make_unique<Body>(std::move(options))) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

Result<void> Server::start() { return body_->start(); }
void Server::stop() { body_->stop(); }
Result<void> Server::drain(std::chrono::milliseconds timeout) { return body_->drain(timeout); }
Client Server::connect(const ClientOptions& options) { return body_->connect(options); }
std::uint16_t Server::client_port() const { return body_->client_port(); }
std::uint16_t Server::leaf_port() const { return body_->leaf_port(); }
std::uint16_t Server::websocket_port() const { return body_->websocket_port(); }
std::string Server::id() const { return body_->identity().server_id; }
std::string Server::name() const { return body_->identity().server_name; }
Result<void> Server::set_credentials(std::size_t remote, RemoteCredentials credentials) {
  return body_->set_credentials(remote, std::move(credentials));
}
std::vector<LeafLinkStatus> Server::leaf_links() const { return body_->leaf_links(); }
Statistics Server::statistics() const { return body_->statistics(); }

}  // namespace leafnats
