// SPDX-License-Identifier: Apache-2.0

#include "server/auth_callout.hpp"

#include "auth/sealed_box.hpp"
#include "base/limits.hpp"
#include "broker/shard.hpp"
#include "wire/headers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <utility>

namespace leafnats::server {
namespace {

constexpr std::string_view question_subject = "$SYS.REQ.USER.AUTH";
constexpr std::string_view key_header = "Nats-Server-Xkey";

// How every token begins; what begins otherwise is encrypted.
constexpr std::string_view token_begin = "eyJ";

/// Whether leafs have users of their own, who are none of the service's business.
bool has_own_leaf_logins(const Options& options) {
  const Authorization& leaf = options.leaf.authorization;
  return !leaf.username.empty() || !leaf.users.empty() || !leaf.nkey.empty() ||
         !leaf.token.empty();
}

bool names(const std::vector<std::string>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

Result<std::unique_ptr<AuthCallout>> AuthCallout::make(const AuthCalloutOptions& options,
                                                       Parts parts) {
  std::optional<auth::KeyPair> box_key;
  if (!options.xkey.empty()) {
    Result<auth::KeyPair> made =
        auth::KeyPair::generate(auth::NkeyKind::curve_key, *parts.context.entropy);
    if (!made) return made.error();
    box_key = std::move(*made);
  }
  return std::unique_ptr<AuthCallout>(
      new AuthCallout(options, std::move(parts), std::move(box_key)));
}

AuthCallout::AuthCallout(const AuthCalloutOptions& options, Parts parts,
                         std::optional<auth::KeyPair> box_key)
    : options_(options),
      context_(parts.context),
      worker_(parts.worker),
      answer_(std::move(parts.answer)),
      server_key_(parts.server_key),
      zones_(parts.zones),
      box_key_(std::move(box_key)) {}

void AuthCallout::start(net::Engine& engine) {
  engine_ = &engine;
  std::promise<void> done;
  const bool posted = engine.first_reactor()->post([&] {
    broker::Shard& shard = engine.first_reactor()->shard();
    const auto account = context_.accounts.find(options_.account);
    if (account != nullptr) {
      session_ = &shard.open_local(*this, account->id);
      inbox_ = "$SYS._INBOX." + base::make_nuid(*context_.entropy) + ".";
      if (auto made = session_->subscribe(1, inbox_ + "*", {}, 0); !made) {
        context_.log(LogLevel::error, made.error().message());
      }
    }
    done.set_value();
  });
  if (posted) done.get_future().wait();
}

bool AuthCallout::required(auth::Entrance entrance) const {
  return first_->required(entrance) || !auth::is_leaf(entrance);
}

// ---- Whose decision it is ----

std::optional<auth::Login> AuthCallout::login(const auth::LoginRequest& request) {
  {
    // Before asking: the late answer may be quicker than we are.
    const std::lock_guard lock(mutex_);
    first_asked_.insert_or_assign(request.connection.number, request);
  }
  const std::optional<auth::Login> first = first_->login(request);
  if (!first) return std::nullopt;
  {
    const std::lock_guard lock(mutex_);
    first_asked_.erase(request.connection.number);
  }
  return decide(request, *first);
}

void AuthCallout::on_first_answer(base::ConnectionId connection, const auth::Login& login) {
  std::optional<auth::LoginRequest> request;
  {
    const std::lock_guard lock(mutex_);
    const auto found = first_asked_.find(connection.number);
    if (found == first_asked_.end()) return;
    request = std::move(found->second);
    first_asked_.erase(found);
  }
  if (const auto decided = decide(*request, login)) answer_(connection, *decided);
}

std::optional<auth::Login> AuthCallout::decide(const auth::LoginRequest& request,
                                               const auth::Login& first) {
  if (!is_up_to_the_service(request, first)) return confined(first);
  ask(request);
  return std::nullopt;
}

bool AuthCallout::is_up_to_the_service(const auth::LoginRequest& request,
                                       const auth::Login& first) const {
  if (auth::is_leaf(request.entrance)) {
    if (has_own_leaf_logins(context_.options)) return false;
  } else if (first.accepted && !first.account.empty() &&
             first.account != broker::default_account && !options_.allowed_accounts.empty() &&
             !names(options_.allowed_accounts, first.account)) {
    // A user of an account that was not given to the service.
    return false;
  }
  return !names(options_.auth_users, auth::offered_user(request));
}

/// Nobody in the service's account may ask its questions.
auth::Login AuthCallout::confined(auth::Login login) const {
  const std::string_view own =
      options_.account.empty() ? broker::default_account : std::string_view(options_.account);
  const std::string_view account =
      login.account.empty() ? broker::default_account : std::string_view(login.account);
  if (!login.accepted || account != own) return login;
  Permissions permissions = login.permissions ? *login.permissions : Permissions{};
  permissions.publish.deny.emplace_back(question_subject);
  login.permissions = std::make_shared<const Permissions>(std::move(permissions));
  return login;
}

// ---- Question and answer ----

void AuthCallout::ask(const auth::LoginRequest& request) {
  const bool taken = worker_.submit([this, request] {
    Result<Question> question = make_question(request);
    if (!question) {
      refuse(request, question.error().message());
      return;
    }
    auto made = std::make_shared<Question>(std::move(*question));
    engine_->first_reactor()->post([this, made] { publish(std::move(*made)); });
  });
  if (!taken) refuse(request, "too many logins wait for the auth callout service");
}

Result<AuthCallout::Question> AuthCallout::make_question(const auth::LoginRequest& request) const {
  const Result<auth::KeyPair> user =
      auth::KeyPair::generate(auth::NkeyKind::user_key, *context_.entropy);
  if (!user) return user.error();
  Question question;
  question.pending = {request, user->public_key().text()};
  const broker::Identity& identity = context_.identity;
  auth::CalloutServer server;
  server.name = identity.server_name;
  server.host = identity.client_info.host;
  server.id = identity.server_id;
  server.version = identity.client_info.version;
  server.cluster = identity.cluster;
  if (box_key_) server.xkey = box_key_->public_key().text();
  const std::int64_t now = context_.clock->unix_seconds();
  const auto patience = std::chrono::ceil<std::chrono::seconds>(
      context_.options.authorization.timeout);
  const auth::CalloutQuestion asked{request, options_.issuer, question.pending.user_key, now,
                                    now + patience.count()};
  Result<std::string> token = encode(make_callout_request(std::move(server), asked), server_key_);
  if (!token) return token.error();
  question.payload = std::move(*token);
  if (!box_key_) return question;

  const auto recipient = auth::PublicKey::parse(options_.xkey, auth::NkeyKind::curve_key);
  if (!recipient) return Error{Errc::invalid_config, "auth_callout: xkey is no curve key"};
  Result<std::string> sealed =
      auth::seal_box(*box_key_, *recipient, question.payload, *context_.entropy);
  if (!sealed) return sealed.error();
  question.payload = std::move(*sealed);
  wire::HeaderBuilder headers;
  if (headers.add(key_header, box_key_->public_key().text())) {
    question.headers = std::move(headers).finish();
  }
  return question;
}

void AuthCallout::publish(Question question) {
  if (session_ == nullptr || pending_.size() >= limits::callout_logins_max) {
    refuse(question.pending.request, session_ == nullptr
                                         ? "there is no account for the auth callout service"
                                         : "too many logins wait for the auth callout service");
    return;
  }
  broker::Shard& shard = engine_->first_reactor()->shard();
  const std::string token = base::make_nuid(*context_.entropy);
  question.pending.deadline_ns =
      shard.now() + broker::to_ns(context_.options.authorization.timeout);
  shard.timers().set(*this, std::min(question.pending.deadline_ns, shard.now() + 1'000'000'000));
  const auto published = session_->publish(question_subject, inbox_ + token, question.headers,
                                           question.payload);
  if (!published) {
    refuse(question.pending.request, published.error().message());
    return;
  }
  pending_.emplace(token, std::move(question.pending));
}

void AuthCallout::on_messages(std::vector<broker::LocalDelivery>& messages) {
  for (const broker::LocalDelivery& message : messages) {
    const auto found = pending_.find(std::string(message.subject.substr(inbox_.size())));
    if (found == pending_.end()) continue;
    auto pending = std::make_shared<Pending>(std::move(found->second));
    pending_.erase(found);
    const std::string payload(message.payload);
    if (!worker_.submit([this, pending, payload] { judge(*pending, payload); })) {
      refuse(pending->request, "too many logins wait for the auth callout service");
    }
  }
}

void AuthCallout::judge(const Pending& pending, const std::string& payload) const {
  Result<auth::Login> login = read_answer(pending, payload);
  if (!login) {
    refuse(pending.request, login.error().message());
    return;
  }
  answer_(pending.request.connection, confined(std::move(*login)));
}

Result<auth::Login> AuthCallout::read_answer(const Pending& pending,
                                             const std::string& payload) const {
  if (payload.empty()) return Error{Errc::authorization, "no reason supplied"};
  std::string token = payload;
  if (box_key_ && !payload.starts_with(token_begin)) {
    const auto sender = auth::PublicKey::parse(options_.xkey, auth::NkeyKind::curve_key);
    if (!sender) return Error{Errc::invalid_config, "auth_callout: xkey is no curve key"};
    Result<std::string> opened = auth::open_box(*box_key_, *sender, payload);
    if (!opened) return opened.error();
    token = std::move(*opened);
  }
  const std::int64_t now = context_.clock->unix_seconds();
  const auth::CalloutQuestion asked{pending.request, options_.issuer, pending.user_key, now, 0};
  Result<auth::Login> login =
      auth::read_callout_answer(token, context_.identity.server_id, asked, zones_);
  if (!login) return login;
  const auto account = context_.accounts.find(login->account);
  if (account == nullptr) {
    return Error{Errc::authorization,
                 fmt::format("no valid account \"{}\" for auth callout response", login->account)};
  }
  if (!login->permissions) {
    if (const auto options = context_.accounts.options(login->account);
        options && options->default_permissions) {
      login->permissions = std::make_shared<const Permissions>(*options->default_permissions);
    }
  }
  return login;
}

void AuthCallout::refuse(const auth::LoginRequest& request, const std::string& why) const {
  context_.log(LogLevel::warning, fmt::format("Auth callout for {} - cid:{} - {}", request.address,
                                              request.connection.number, why));
  auth::Login login;
  login.refusal = why;
  answer_(request.connection, login);
}

/// The connection's own deadline tells the peer; here only the memory is freed.
void AuthCallout::on_deadline(std::int64_t now_ns) {
  std::int64_t next = never;
  std::erase_if(pending_, [&](const auto& entry) {
    const Pending& pending = entry.second;
    if (pending.deadline_ns > now_ns) {
      next = std::min(next, pending.deadline_ns);
      return false;
    }
    refuse(pending.request, "the auth callout service did not answer in time");
    return true;
  });
  engine_->first_reactor()->shard().timers().set(*this, next);
}

}  // namespace leafnats::server
