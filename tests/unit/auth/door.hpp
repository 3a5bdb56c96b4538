// SPDX-License-Identifier: Apache-2.0
//
// Authenticators behind a door that waits for late answers: every question has its answer at once.
#pragma once

#include "auth/authenticator.hpp"

#include "support/catch.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leafnats::auth::test {

class QueueWorker final : public Worker {
 public:
  bool submit(std::function<void()> task) override {
    if (full_) return false;
    tasks_.push_back(std::move(task));
    return true;
  }
  bool full_ = false;
  std::vector<std::function<void()>> tasks_;
};

/// An authenticator whose late answers are awaited at once.
class AnyDoor {
 public:

  Login ask(LoginRequest request) {
    request.connection = {base::ShardId{3}, 17};
    late_.reset();
    const std::optional<Login> login = authenticator_->login(request);
    if (login) return *login;
    for (auto& task : std::exchange(worker_.tasks_, {})) task();
    REQUIRE(late_.has_value());
    REQUIRE(answered_ == request.connection);
    return *late_;
  }
  bool lets_in(Entrance entrance, const std::string& user, const std::string& password,
               const std::string& token = {}) {
    LoginRequest request;
    request.entrance = entrance;
    request.user = user;
    request.password = password;
    request.token = token;
    return ask(request).accepted;
  }
  [[nodiscard]] bool has_default(Entrance entrance) const {
    return authenticator_->has_default_login(entrance);
  }
  [[nodiscard]] bool wants_nonce(Entrance entrance) const {
    return authenticator_->wants_nonce(entrance);
  }
  [[nodiscard]] bool required(Entrance entrance) const {
    return authenticator_->required(entrance);
  }

  QueueWorker worker_;
  std::optional<Login> late_;

 protected:
  [[nodiscard]] LateAnswer answer() {
    return [this](base::ConnectionId connection, const Login& login) {
      answered_ = connection;
      late_ = login;
    };
  }
  std::unique_ptr<Authenticator> authenticator_;

 private:
  base::ConnectionId answered_;
};

/// The logins of options.
class Door : public AnyDoor {
 public:
  explicit Door(const Options& options) {
    authenticator_ = make_option_authenticator(options, worker_, answer());
  }
};

/// A host's callback.
class HostDoor : public AnyDoor {
 public:
  explicit HostDoor(AuthenticationHandler handler) {
    authenticator_ = make_host_authenticator(std::move(handler), worker_, answer());
  }
};

}  // namespace leafnats::auth::test
