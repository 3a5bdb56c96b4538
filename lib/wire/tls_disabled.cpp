// SPDX-License-Identifier: Apache-2.0
//
// A build without TLS: every use of TlsOptions is an error, so that no context and no filter is
// ever made.

#include "base/assert.hpp"
#include "wire/tls_context.hpp"
#include "wire/tls_filter.hpp"

namespace leafnats::wire {

struct TlsContext::Body {};

namespace {

Error not_there() {
  return {Errc::not_supported, "TLS is not part of this build (meson option tls)"};
}

}  // namespace

bool TlsContext::supported() noexcept { return false; }
Result<void> TlsContext::check(TlsRole, const TlsOptions&) { return not_there(); }
Result<std::shared_ptr<const TlsContext>> TlsContext::make(TlsRole, const TlsOptions&,
                                                           const TlsMaterial&) {
  return not_there();
}
TlsContext::~TlsContext() = default;
TlsRole TlsContext::role() const noexcept { return TlsRole::server; }
bool TlsContext::wants_certificate() const noexcept { return false; }

void TlsFilter::Release::operator()(ssl_st*) const noexcept {}
TlsFilter::~TlsFilter() = default;

std::unique_ptr<TlsFilter> TlsFilter::accept(std::shared_ptr<const TlsContext>, std::int64_t) {
  LEAFNATS_ASSERT(TlsContext::supported());
  return nullptr;
}
std::unique_ptr<TlsFilter> TlsFilter::connect(std::shared_ptr<const TlsContext>, std::string,
                                              std::int64_t, const TlsSession&) {
  LEAFNATS_ASSERT(TlsContext::supported());
  return nullptr;
}
std::size_t TlsFilter::decode(std::string_view&, std::span<char>) { return 0; }
void TlsFilter::encode(std::string_view, ByteSink&) {}
void TlsFilter::flush(ByteSink&) {}
void TlsFilter::close(StreamEnd, ByteSink&) {}
TlsPeer TlsFilter::peer() const { return {}; }
TlsSession TlsFilter::session() const { return {}; }

}  // namespace leafnats::wire
