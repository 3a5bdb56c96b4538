// SPDX-License-Identifier: Apache-2.0
//
// Auth callout: logins that the configuration does not decide are put to a service in an account,
// as a signed token on `$SYS.REQ.USER.AUTH`, and its answer decides. An Authenticator around the
// others: they are asked first, because who is bound to an account, or listed in `auth_users`, may
// not need the service.
//
// Signing, encryption and checks run on the worker, messages on the first shard.
//
// Thread: login() and on_first_answer() from any; start() from the server's owner; the rest on the
// first shard's or the worker's.
// Lifetime: must outlive the engine, whose shard keeps it as a sink.
#pragma once

#include "auth/authenticator.hpp"
#include "auth/callout_answer.hpp"
#include "auth/nkey.hpp"
#include "broker/context.hpp"
#include "broker/local_session.hpp"
#include "broker/timer_queue.hpp"
#include "net/engine.hpp"

#include <leafnats/authentication.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace leafnats::server {

class AuthCallout final : public auth::Authenticator,
                          private broker::LocalSink,
                          private broker::Timed {
 public:
  struct Parts {
    broker::Context& context;
    auth::Worker& worker;
    auth::LateAnswer answer;
    const auth::KeyPair& server_key;   ///< signs the questions; its public key is the server's id
    const auth::TimeZones* zones;      ///< null: users with daily windows are refused
  };
  /// `options` were validated. Error: no key operations in this build.
  static Result<std::unique_ptr<AuthCallout>> make(const AuthCalloutOptions& options,
                                                   Parts parts);

  /// Who is asked first; its late answers come to on_first_answer().
  void ask_first(std::unique_ptr<auth::Authenticator> first) { first_ = std::move(first); }
  void on_first_answer(base::ConnectionId connection, const auth::Login& login);

  /// Begins to take answers. The engine runs already, its listeners need not.
  void start(net::Engine& engine);

  [[nodiscard]] bool required(auth::Entrance entrance) const override;
  [[nodiscard]] bool has_default_login(auth::Entrance entrance) const override {
    return first_->has_default_login(entrance);
  }
  [[nodiscard]] bool wants_nonce(auth::Entrance entrance) const override {
    return first_->wants_nonce(entrance);
  }
  std::optional<auth::Login> login(const auth::LoginRequest& request) override;

 private:
  AuthCallout(const AuthCalloutOptions& options, Parts parts,
              std::optional<auth::KeyPair> box_key);

  /// A question that waits for its answer.
  struct Pending {
    auth::LoginRequest request;
    std::string user_key;
    std::int64_t deadline_ns = 0;
  };
  struct Question {
    Pending pending;
    std::string payload;
    std::string headers;
  };

  void on_messages(std::vector<broker::LocalDelivery>& messages) override;
  void on_closed() override { session_ = nullptr; }
  void on_deadline(std::int64_t now_ns) override;

  [[nodiscard]] bool is_up_to_the_service(const auth::LoginRequest& request,
                                          const auth::Login& first) const;
  std::optional<auth::Login> decide(const auth::LoginRequest& request, const auth::Login& first);
  [[nodiscard]] auth::Login confined(auth::Login login) const;
  void ask(const auth::LoginRequest& request);
  [[nodiscard]] Result<Question> make_question(const auth::LoginRequest& request) const;
  void publish(Question question);
  void judge(const Pending& pending, const std::string& payload) const;
  [[nodiscard]] Result<auth::Login> read_answer(const Pending& pending,
                                                const std::string& payload) const;
  void refuse(const auth::LoginRequest& request, const std::string& why) const;

  const AuthCalloutOptions options_;
  broker::Context& context_;
  auth::Worker& worker_;
  const auth::LateAnswer answer_;
  const auth::KeyPair& server_key_;
  const auth::TimeZones* const zones_;
  const std::optional<auth::KeyPair> box_key_;  // ours, if the configuration wants encryption
  std::unique_ptr<auth::Authenticator> first_;
  net::Engine* engine_ = nullptr;

  // Logins that the first one has not answered yet, by connection. A mutex: any shard, any worker.
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, auth::LoginRequest> first_asked_;

  // The first shard's alone:
  broker::LocalSession* session_ = nullptr;
  std::string inbox_;                           // with a dot at its end
  std::unordered_map<std::string, Pending> pending_;  // by the last token of the reply subject
};

}  // namespace leafnats::server
