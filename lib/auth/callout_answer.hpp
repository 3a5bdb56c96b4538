// SPDX-License-Identifier: Apache-2.0
//
// What a server asks an auth callout service, and what its answer is worth. The answer has to be
// for this server and this question, and the user in it signed by the configured issuer; all else
// in it is the service's to say. Source: nats-server 2.15, auth_callout.go, configuration mode.
//
// Thread: any.
#pragma once

#include "auth/authenticator.hpp"
#include "auth/authorization_claims.hpp"
#include "auth/login_times.hpp"
#include "auth/nkey.hpp"

#include <leafnats/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leafnats::auth {

/// One question.
struct CalloutQuestion {
  const LoginRequest& request;
  std::string_view issuer;             ///< what the configuration says
  std::string_view user_key;           ///< made for this question
  std::int64_t now;                    ///< seconds since 1970
  std::int64_t expires;
};
[[nodiscard]] AuthorizationRequest make_callout_request(CalloutServer server,
                                                        const CalloutQuestion& question);

/// The login that the answer grants; account and permissions are its, the account's own default
/// permissions are not in it. Error: why the answer is no good, or what the service says.
[[nodiscard]] Result<Login> read_callout_answer(std::string_view answer,
                                                std::string_view server_id,
                                                const CalloutQuestion& question,
                                                const TimeZones* zones);

/// How a login is called before anybody has verified it: nkey, user name, JWT's subject, or a
/// token that is not shown. What `auth_users` is compared with.
[[nodiscard]] std::string offered_user(const LoginRequest& request);

}  // namespace leafnats::auth
