// SPDX-License-Identifier: Apache-2.0
//
// How a client's bytes are cut into reads must not matter: a conversation whole, cut in two at
// every byte, and byte by byte gives the same answers.

#include "broker_world.hpp"

#include "support/catch.hpp"

#include "base/limits.hpp"

using namespace leafnats;
using namespace leafnats::broker;
using namespace leafnats::broker::test;

namespace {

const std::string conversation =
    "CONNECT {\"verbose\":true,\"headers\":true,\"no_responders\":true}\r\n"
    "PING\r\nSUB a.> 1\r\nsub job q 22\r\nPUB a.b reply 5\r\nhel\r\n\r\n"
    "HPUB a.c 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\nPUB job 0\r\n\r\n"
    "UNSUB 1 3\r\nPUB a.d 3\r\nxyz\r\nPUB a.e 1\r\n.\r\nUNSUB 22\r\n"
    "PUB nobody in.box 0\r\n\r\nPUB a..b 1\r\n!\r\nPONG\r\n+OK\r\nJUNK\r\nPING\r\n";

/// The answers to the conversation if it comes in pieces that end at `ends`.
std::string answers(TestServer& server, const std::vector<std::size_t>& ends) {
  Peer& client = server.client();
  client.take();
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    client.send(std::string_view(conversation).substr(begin, end - begin));
    begin = end;
  }
  client.send(std::string_view(conversation).substr(begin));
  CHECK(client.closed());
  return client.take();
}

}  // namespace

// The whole conversation, against a text written by hand, and each way to cut it.
TEST_CASE("broker: reads may end anywhere", "[broker][client]") {
  World world;
  TestServer& server = world.server();
  const std::string whole = answers(server, {});
  CHECK(whole ==
        "+OK\r\nPONG\r\n+OK\r\n+OK\r\n+OK\r\nMSG a.b 1 reply 5\r\nhel\r\n\r\n"
        "+OK\r\nHMSG a.c 1 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n+OK\r\nMSG job 22 0\r\n\r\n"
        "+OK\r\n+OK\r\nMSG a.d 1 3\r\nxyz\r\n+OK\r\n+OK\r\n"
        "+OK\r\n-ERR 'Invalid Publish Subject'\r\n+OK\r\n"
        "-ERR 'Unknown Protocol Operation'\r\n");
  for (std::size_t cut = 1; cut < conversation.size(); ++cut) {
    CAPTURE(cut);
    REQUIRE(answers(server, {cut}) == whole);
  }
  std::vector<std::size_t> every;
  for (std::size_t cut = 1; cut < conversation.size(); ++cut) every.push_back(cut);
  CHECK(answers(server, every) == whole);
}

// Bodies around the sizes where buffers change: sent whole and in uneven pieces, to one that
// copies and one that references, and both get them unchanged.
TEST_CASE("broker: bodies of all sizes arrive unchanged", "[broker][client]") {
  Options options;
  options.max_payload = 4 * 1024 * 1024;
  World world;
  TestServer& server = world.server(options);
  Peer& reader = server.login();
  Peer& writer = server.login();
  reader.send("SUB a 1\r\n");
  for (const std::size_t around :
       {std::size_t{16}, limits::slice_payload_bytes_min, limits::large_body_bytes,
        limits::slab_bytes, limits::large_slab_bytes, std::size_t{1'000'000}}) {
    for (const std::size_t size : {around - 3, around - 2, around - 1, around, around + 1}) {
      const std::string message = publication("a", size);
      const std::string expected =
          "MSG a 1 " + std::to_string(size) + "\r\n" + body_of(size) + "\r\n";
      CAPTURE(size);
      writer.send(message);
      REQUIRE((reader.take() == expected));
      for (std::size_t begin = 0; begin < message.size(); begin += 10'007) {
        writer.send(std::string_view(message).substr(begin, 10'007));
      }
      REQUIRE((reader.take() == expected));
    }
  }
}
