// Cases of the connection that fuzzing found, or that no plain reading shows.
#include "loop/connection.h"

#include <string>
#include <string_view>
#include <vector>

#include "check.h"
#include "http1/octets.h"

namespace picoev {
namespace {

class Recorder final : public RequestSink {
 public:
  void OnRequest(Connection&, const RequestView&) override { ++requests; }
  void OnBody(Connection&, const BodyView&) override {}
  void OnRefusal(Connection&, const Refusal& refused) override { refusal = refused.fault.status; }

  void OnProxyHeader(Connection&, const ProxyHeader& header) override {
    CHECK_EQUAL(requests, 0);
    proxied = header.kind;
  }

  int requests = 0;
  ProxyHeader::Kind proxied = ProxyHeader::Kind::kPartial;
  uint32_t refusal = 0;
};

void Receive(Connection& connection, Recorder& recorder, std::string_view text) {
  std::vector<uint8_t> bytes(connection.CarriedSize());
  connection.TakeCarry(bytes.data());
  bytes.insert(bytes.end(), text.begin(), text.end());
  connection.Receive(bytes, {}, recorder);
}

TEST("an answer that was held in part has begun when its turn comes, so that no refusal takes its place") {
  Connection connection;
  Recorder recorder;
  Receive(connection, recorder,
          "GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  CHECK_EQUAL(recorder.requests, 2);
  connection.Out().Hold(1).Append("half an answer");
  connection.Out().Begin(1);
  ByteBuffer out;
  connection.Complete(0, false, out);
  CHECK_EQUAL(AsText(out.Bytes()), "half an answer");
  connection.SetReader(Connection::BodyReader::kFlowing);
  Receive(connection, recorder, "no chunk");
  CHECK_EQUAL(recorder.refusal, 400u);
  CHECK(connection.Out().HasBegun(1));
}

TEST("a PROXY header comes before the first request, in one piece with it or byte by byte, and behind a bad one comes nothing") {
  const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string header = "PROXY TCP4 203.0.113.7 10.0.0.1 4711 80\r\n";
  {
    Connection connection;
    connection.ExpectProxyHeader();
    Recorder recorder;
    Receive(connection, recorder, header + request + request);
    CHECK(recorder.proxied == ProxyHeader::Kind::kComplete);
    CHECK_EQUAL(recorder.requests, 2);
  }
  {
    Connection connection;
    connection.ExpectProxyHeader();
    Recorder recorder;
    for (const char byte : header + request) Receive(connection, recorder, {&byte, 1});
    CHECK(recorder.proxied == ProxyHeader::Kind::kComplete);
    CHECK_EQUAL(recorder.requests, 1);
  }
  for (const std::string& bytes : {request, header.substr(1) + request}) {
    Connection connection;
    connection.ExpectProxyHeader();
    Recorder recorder;
    Receive(connection, recorder, bytes);
    Receive(connection, recorder, request);
    CHECK(recorder.proxied == ProxyHeader::Kind::kRefused);
    CHECK_EQUAL(recorder.requests, 0);
    CHECK_EQUAL(recorder.refusal, 0u);
  }
  Connection connection;
  Recorder recorder;
  Receive(connection, recorder, header);
  CHECK_EQUAL(recorder.refusal, 400u);
}

TEST("whether a body ends in bytes that nobody has read: by its length, and by its chunks, which are not taken for it") {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
  const auto ends = [](Connection& connection, std::string_view unread) {
    std::vector<uint8_t> bytes(unread.begin(), unread.end());
    return connection.BodyEndsIn(bytes, {});
  };
  Recorder recorder;
  Connection by_length;
  Receive(by_length, recorder, head + "Content-Length: 5\r\n\r\nab");
  CHECK(!ends(by_length, ""));
  CHECK(!ends(by_length, "cd"));
  CHECK(ends(by_length, "cde"));
  CHECK(ends(by_length, "cdeGET /"));
  Connection by_chunks;
  Receive(by_chunks, recorder, head + "Transfer-Encoding: chunked\r\n\r\n5\r\nab");
  CHECK(!ends(by_chunks, ""));
  CHECK(!ends(by_chunks, "cde\r\n"));
  CHECK(!ends(by_chunks, "cde\r\n0\r\n"));
  CHECK(!ends(by_chunks, "cdenonsense"));
  for (int i = 0; i < 2; ++i) CHECK(ends(by_chunks, "cde\r\n0\r\n\r\n"));
}

}  // namespace
}  // namespace picoev
