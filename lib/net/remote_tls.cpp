// SPDX-License-Identifier: Apache-2.0
//
// Decisions about a remote's TLS.

#include "net/remote_tls.hpp"

#include <asio/ip/address.hpp>

#include <utility>

namespace leafnats::net {
namespace {

bool is_address(const std::string& host) {
  asio::error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

TlsOptions effective(const broker::Context& context, const RemoteLeafOpts& options) {
  TlsOptions tls = options.tls.value_or(TlsOptions());
  // The pins of leafnodes{} are for both directions (nats-server).
  if (tls.pinned_certs.empty() && context.options.leaf.tls) {
    tls.pinned_certs = context.options.leaf.tls->pinned_certs;
  }
  return tls;
}

}  // namespace

RemoteTls::RemoteTls(broker::Context& context, const RemoteLeafOpts& options,
                     const std::vector<config::RemoteUrl>& urls)
    : context_(context),
      configured_(options.tls.has_value()),
      files_("leafnodes remote", wire::TlsRole::client, effective(context, options),
             [&context](LogLevel level, const std::string& line) { context.log(level, line); }) {
  for (const config::RemoteUrl& url : urls) {
    if (host_name_.empty() && !is_address(url.host)) host_name_ = url.host;
  }
}

Result<void> RemoteTls::load() {
  if (!configured_) return {};
  if (files_.options().insecure) {
    context_.log(LogLevel::warning,
                 "TLS certificate chain and hostname of solicited leafnodes will not be verified. "
                 "DO NOT USE IN PRODUCTION!");
  }
  return files_.load();
}

bool RemoteTls::required(const config::RemoteUrl& url) const {
  return configured_ || seen_ || url.scheme == "tls" || url.scheme == "wss";
}

Result<std::unique_ptr<wire::TlsFilter>> RemoteTls::make(const config::RemoteUrl& url) {
  auto keys = files_.current();
  if (!keys) return std::move(keys).error();
  used_host_name_ = !host_name_.empty() && is_address(url.host);
  return wire::TlsFilter::connect(*keys, used_host_name_ ? host_name_ : url.host,
                                  context_.clock->unix_seconds(), session_);
}

void RemoteTls::on_handshake(const wire::TlsFilter& filter) {
  if (filter.state() == wire::StreamFilter::State::open) {
    seen_ = true;
    last_fault_.reset();
    return;
  }
  session_ = {};
  // The address may be in the certificate after all.
  if (used_host_name_ && filter.fault() == wire::TlsFault::certificate_name) host_name_.clear();
}

}  // namespace leafnats::net
