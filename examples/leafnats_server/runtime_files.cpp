// SPDX-License-Identifier: Apache-2.0
//
// Writing the pid file and nats-server's ports file, <executable>_<pid>.ports.

#include "runtime_files.hpp"

#include <errno.h>  // program_invocation_short_name
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>

namespace daemon_example {
namespace {

/// `"name":["scheme://host:port"]`, or an empty text if there is no such listener.
std::string entry(const char* name, const char* scheme, const std::string& listen, int port) {
  if (port == 0) return {};
  std::string host = listen.substr(0, listen.rfind(':'));
  if (host.empty() || host == "0.0.0.0") host = "127.0.0.1";
  return "\"" + std::string(name) + "\":[\"" + scheme + "://" + host + ":" +
         std::to_string(port) + "\"]";
}

}  // namespace

RuntimeFiles::~RuntimeFiles() {
  for (const std::string& path : written_) std::remove(path.c_str());
}

leafnats::Result<void> RuntimeFiles::write(const leafnats::DaemonOptions& daemon,
                                           const leafnats::Options& options,
                                           const leafnats::Server& server) {
  if (!daemon.pid_file.empty()) {
    if (auto done = write_file(daemon.pid_file, std::to_string(getpid())); !done) return done;
  }
  if (daemon.ports_file_dir.empty()) return {};
  std::string entries = entry("nats", "nats", options.client_listen, server.client_port());
  const auto add = [&entries](const std::string& one) {
    entries += (entries.empty() || one.empty() ? "" : ",") + one;
  };
  add(entry("leafnodes", "nats", options.leaf.listen, server.leaf_port()));
  if (options.websocket) {
    add(entry("websocket", options.websocket->tls ? "wss" : "ws", options.websocket->listen,
              server.websocket_port()));
  }
  const std::string path = daemon.ports_file_dir + "/" + program_invocation_short_name + "_" +
                           std::to_string(getpid()) + ".ports";
  return write_file(path, "{" + entries + "}\n");
}

leafnats::Result<void> RuntimeFiles::write_file(const std::string& path, const std::string& text) {
  // Under another name first: whoever waits for the file must never read half of it.
  const std::string unfinished = path + ".tmp";
  std::ofstream file(unfinished, std::ios::trunc);
  file << text;
  file.close();
  if (!file || std::rename(unfinished.c_str(), path.c_str()) != 0) {
    return leafnats::Error{leafnats::Errc::io_error, path + ": " + std::strerror(errno)};
  }
  written_.push_back(path);
  return {};
}

}  // namespace daemon_example
