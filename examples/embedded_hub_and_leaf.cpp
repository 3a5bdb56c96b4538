// SPDX-License-Identifier: Apache-2.0
//
// A hub and a leaf node inside one process, without a port for clients: who answers is at the hub,
// who asks is at the leaf, and question and answer cross the leaf link between them.

#include <leafnats/server.hpp>

#include <chrono>
#include <cstdio>
#include <semaphore>
#include <string>

using namespace std::chrono_literals;

/// Says what failed and why, if it did.
static bool failed(const char* what, const auto& result) {
  if (!result) std::fprintf(stderr, "%s: %s\n", what, result.error().message().c_str());
  return !result;
}

/// Interest follows a new link within moments; until it is there nobody seems to listen.
static leafnats::Result<leafnats::OwnedMessage> ask(leafnats::Client& client) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  for (;;) {
    auto answer = client.request("q", "", 5s);
    const bool nobody = !answer && answer.error().code == leafnats::Errc::no_responders;
    if (!nobody || std::chrono::steady_clock::now() > deadline) return answer;
  }
}

int main() {
  leafnats::Options at_hub;
  at_hub.leaf.listen = "127.0.0.1:0";
  at_hub.authorization.token = "s3cr3t";
  leafnats::Server hub(at_hub);
  if (failed("hub", hub.start())) return 1;

  leafnats::Client replier = hub.connect();
  auto replies = replier.subscribe("q", [](const leafnats::Message& question) {
    failed("answer", question.respond("42"));
  });
  if (failed("subscribe", replies)) return 1;

  leafnats::RemoteLeafOpts remote;
  remote.urls = {"nats://s3cr3t@127.0.0.1:" + std::to_string(hub.leaf_port())};
  std::counting_semaphore<> links(0);
  leafnats::Options at_leaf;
  at_leaf.leaf.remotes = {remote};
  at_leaf.on_event = [&links](const leafnats::Event& event) {
    if (event.kind == leafnats::EventKind::leaf_connected) links.release();
  };
  leafnats::Server leaf(at_leaf);
  if (failed("leaf", leaf.start()) || !links.try_acquire_for(10s)) return 1;

  leafnats::Client client = leaf.connect();
  auto answer = ask(client);
  if (failed("request", answer)) return 1;
  std::printf("Received  [%s] : '%s'\n", std::string(answer->subject()).c_str(),
              std::string(answer->payload()).c_str());
  return 0;
}
