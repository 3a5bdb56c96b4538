// SPDX-License-Identifier: Apache-2.0
//
// Passwords kept as bcrypt hashes. Checking one costs a tenth of a second and more, on purpose:
// it belongs on a worker, never on a shard.
#pragma once

#include <string>
#include <string_view>

namespace leafnats::auth {

/// Whether a configured password is a hash: `$2a$`, `$2b$`, `$2x$` or `$2y$`, two digits of cost,
/// `$` (nats-server's test).
[[nodiscard]] bool is_bcrypt(std::string_view configured) noexcept;

/// Whether `offered` is the password behind `hash`. Slow. Thread: any.
[[nodiscard]] bool bcrypt_matches(const std::string& offered, const std::string& hash);

}  // namespace leafnats::auth
