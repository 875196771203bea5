#include "http/message.h"

#include <gtest/gtest.h>

namespace hrm::http {
namespace {

constexpr std::string_view kPost =
    "POST /v1/solve?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nX-Odd:\t a b \r\n\r\nhello";

RequestReader reader_of(std::string_view bytes, const ReadLimits& limits = {}) {
  RequestReader reader(limits);
  reader.add(bytes);
  return reader;
}

int status_of(std::string_view bytes, const ReadLimits& limits = {}) {
  RequestReader reader = reader_of(bytes, limits);
  const auto request = reader.take();
  return reader.fault() ? reader.fault()->status : request ? 200 : 0;
}

std::string get(std::string_view header) { return "GET / HTTP/1.1\r\nHost: x\r\n" + std::string(header) + "\r\n\r\n"; }

TEST(RequestReader, ReadsAWholeRequest) {
  RequestReader reader = reader_of(kPost);
  const auto request = reader.take();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->method, "POST");
  EXPECT_EQ(request->path, "/v1/solve");
  EXPECT_EQ(request->query, "a=b");
  EXPECT_EQ(request->header("x-odd"), "a b");
  EXPECT_EQ(request->body, "hello");
  EXPECT_TRUE(request->keep_alive);
  EXPECT_FALSE(reader.begun());
}

TEST(RequestReader, ReadsByteByByteAndInARow) {
  RequestReader reader({});
  std::vector<Request> found;
  const std::string bytes = std::string(kPost) + "\r\n" + std::string(kPost) + get("Connection: close");
  for (const char c : bytes) {
    reader.add({&c, 1});
    while (auto request = reader.take()) found.push_back(std::move(*request));
  }
  ASSERT_FALSE(reader.fault());
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].body, "hello");
  EXPECT_EQ(found[1].body, "hello");
  EXPECT_EQ(found[2].method, "GET");
  EXPECT_FALSE(found[2].keep_alive);
}

TEST(RequestReader, ReadsChunks) {
  const std::string bytes =
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n5;note=1\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: y\r\n\r\n";
  RequestReader whole = reader_of(bytes + get(""));
  const auto request = whole.take();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->body, "hello0123456789");
  EXPECT_TRUE(whole.take());  // what follows the trailer is the next request
  RequestReader slow({});
  std::optional<Request> found;
  for (const char c : bytes) {
    slow.add({&c, 1});
    if (auto next = slow.take()) found = std::move(next);
  }
  ASSERT_TRUE(found);
  EXPECT_EQ(found->body, "hello0123456789");
}

TEST(RequestReader, RefusesWhatCanBeReadTwoWays) {
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na"), 400);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na"), 400);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na"), 400);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1,1\r\n\r\na"), 400);
  EXPECT_EQ(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n"), 501);
  EXPECT_EQ(status_of(get("A : b")), 400);
  EXPECT_EQ(status_of(get("A: b\r\n folded")), 400);
  EXPECT_EQ(status_of(get(std::string("A: b") + '\x01')), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);  // no Host
  EXPECT_EQ(status_of(get("Host: y")), 400);
  EXPECT_EQ(status_of("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), 505);
  EXPECT_EQ(status_of("GET  / HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(status_of("\x16\x03\x01 this is TLS\r\n\r\n"), 400);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n"), 400);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n"), 400);
}

TEST(RequestReader, KeepsNothingOfTheChunksThatItHasRead) {
  RequestReader reader({});
  reader.add("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "1;" + std::string(200, 'e') + "\r\na\r\n";
  std::string stream;
  for (int i = 0; i < 5000; ++i) stream += chunk;
  constexpr size_t kBlock = 1000;  // so that every block ends within a chunk
  size_t most = 0;
  for (size_t at = 0; at < stream.size(); at += kBlock) {
    reader.add(std::string_view(stream).substr(at, kBlock));
    EXPECT_FALSE(reader.take());
    most = std::max(most, reader.held());
  }
  EXPECT_LE(most, 2 * kBlock);
  reader.add("0\r\n\r\n");
  const auto request = reader.take();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->body, std::string(5000, 'a'));
}

TEST(RequestReader, KeepsItsLimits) {
  const ReadLimits limits{.head_bytes = 200, .headers = 3, .body_bytes = 10};
  EXPECT_EQ(status_of(get("A: b\r\nB: c"), limits), 200);
  EXPECT_EQ(status_of(get("A: b\r\nB: c\r\nC: d"), limits), 431);
  EXPECT_EQ(status_of(get("A: " + std::string(300, 'x')), limits), 431);
  EXPECT_EQ(status_of(std::string(300, 'x'), limits), 431);  // before the head has an end
  EXPECT_EQ(status_of("GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n"), 414);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n", limits), 413);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", limits), 413);
  // Chunks count together.
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\n", limits),
            413);
  EXPECT_EQ(
      status_of("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(300, '0'), limits),
      400);
}

TEST(RequestReader, SaysWhenTheClientWaitsToBeToldToGoOn) {
  RequestReader reader = reader_of("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_FALSE(reader.take());
  EXPECT_TRUE(reader.take_continue());
  EXPECT_FALSE(reader.take_continue());
  reader.add("ab");
  EXPECT_TRUE(reader.take());
  EXPECT_FALSE(reader_of(kPost).take_continue());
}

TEST(Message, WritesHeads) {
  EXPECT_EQ(
      write_head({.status = 404, .type = "text/plain", .headers = {{"A", "b"}}}, 3, false, false),
      "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nA: b\r\nContent-Length: 3\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(write_chunk("hello world, yes"), "10\r\nhello world, yes\r\n");
  EXPECT_EQ(percent_decode("a%20b%C3%A9"), "a b\xC3\xA9");
  EXPECT_FALSE(percent_decode("a%2"));
}

}  // namespace
}  // namespace hrm::http
