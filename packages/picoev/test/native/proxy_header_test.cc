// Headers of PROXY protocol: what is one, what is none, and that of what follows nothing is taken.
#include "net/proxy_header.h"

#include <sys/socket.h>

#include <string>
#include <string_view>
#include <vector>

#include "check.h"
#include "net/networks.h"
#include "base/unique_fd.h"
#include "net/proxy_reader.h"

namespace picoev {
namespace {

using Kind = ProxyHeader::Kind;

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
const std::string kIpv4("\xcb\x00\x71\x07\x0a\x00\x00\x01\xab\xcd\x00\x50", 12);
const std::string kIpv6 = std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + "\1" + std::string(16, '\0') +
                          std::string("\x12\x34\x00\x50", 4);

ProxyHeader Parse(std::string_view text) {
  // In memory of its exact size, for AddressSanitizer.
  const std::vector<uint8_t> bytes(text.begin(), text.end());
  return ParseProxyHeader(bytes);
}

std::string Word(size_t number) {
  return {static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
}

std::string Binary(uint8_t command, uint8_t family, const std::string& rest) {
  return kSignature + static_cast<char>(0x20 | command) + static_cast<char>(family) + Word(rest.size()) + rest;
}

std::string Tlv(uint8_t kind, const std::string& value) { return static_cast<char>(kind) + Word(value.size()) + value; }

/// `address port`, `itself` where there is none, or why it is refused.
std::string Told(std::string_view text) {
  const ProxyHeader header = Parse(text);
  if (header.kind == Kind::kPartial) return "partial";
  if (header.kind == Kind::kRefused) return header.reason;
  return header.client ? header.client->Text() + " " + std::to_string(header.client->port) : "itself";
}

TEST("a line tells an address of its family, or none") {
  const auto line = [](const std::string& text) { return Told("PROXY " + text + "\r\n"); };
  CHECK_EQUAL(line("TCP4 203.0.113.7 10.0.0.1 4711 80"), "203.0.113.7 4711");
  CHECK_EQUAL(line("TCP4 255.255.255.255 255.255.255.255 65535 65535"), "255.255.255.255 65535");
  CHECK_EQUAL(line("TCP6 2001:db8::1 ::1 0 80"), "2001:db8::1 0");
  CHECK_EQUAL(line("TCP6 ::ffff:203.0.113.7 ::1 1 80"), "::ffff:203.0.113.7 1");
  CHECK_EQUAL(line("UNKNOWN"), "itself");
  CHECK_EQUAL(line("UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535"), "itself");
}

TEST("a line that is none is refused") {
  const auto is_refused = [](const std::string& text) { return Parse("PROXY " + text).kind == Kind::kRefused; };
  for (const char* text :
       {"TCP4 203.0.113.7 10.0.0.1 4711 80\n", "TCP4 203.0.113.7 10.0.0.1 4711 80\r \n", "TCP5 1.1.1.1 2.2.2.2 1 2\r\n",
        "TCP4 ::1 ::1 1 2\r\n", "TCP6 1.1.1.1 2.2.2.2 1 2\r\n", "TCP4 1.1.1 2.2.2.2 1 2\r\n", "TCP4 1.1.1.1 2.2.2.2 1\r\n",
        "TCP4 1.1.1.1 2.2.2.2 1 65536\r\n", "TCP4 1.1.1.1 2.2.2.2 -1 2\r\n", "TCP4 1.1.1.1 2.2.2.2 01 2\r\n",
        "TCP4 1.1.1.1 2.2.2.2 1 2 \r\n", "TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n", "TCP4  1.1.1.1 2.2.2.2 1 2\r\n",
        "TCP4 1.1.1.1 2.2.2.2 1 \r\n", "tcp4 1.1.1.1 2.2.2.2 1 2\r\n", "UNKNOWN\n", "UNKNOWNS\r\n", "\r\n"}) {
    if (!is_refused(text)) CHECK_EQUAL(Told(std::string("PROXY ") + text), "refused", text);
  }
  CHECK_EQUAL(Told("GET / HTTP/1.1\r\n"), "it does not begin with a PROXY header");
  CHECK_EQUAL(Told("PROXZ"), "it does not begin with a PROXY header");
  CHECK(is_refused("TCP4 1.1.1.1" + std::string(1, '\0') + " 2.2.2.2 1 2\r\n"));
}

TEST("a line of 107 bytes is the longest one") {
  const std::string longest = "PROXY UNKNOWN " + std::string(91, 'x') + "\r\n";
  CHECK_EQUAL(longest.size(), size_t{107});
  CHECK_EQUAL(Parse(longest).size, size_t{107});
  CHECK_EQUAL(Told(longest.substr(0, 106)), "partial");
  const std::string longer = "PROXY UNKNOWN " + std::string(92, 'x') + "\r\n";
  CHECK_EQUAL(Told(longer), "the line of its PROXY header is longer than 107 bytes");
  CHECK_EQUAL(Told(longer.substr(0, 107)), "the line of its PROXY header is longer than 107 bytes");
}

TEST("the binary form tells an address of its family, or none") {
  CHECK_EQUAL(Told(Binary(1, 0x11, kIpv4)), "203.0.113.7 43981");
  CHECK_EQUAL(Told(Binary(1, 0x21, kIpv6)), "2001:db8::1 4660");
  CHECK_EQUAL(Told(Binary(1, 0x12, kIpv4)), "203.0.113.7 43981");
  CHECK_EQUAL(Told(Binary(1, 0x31, std::string(216, 'a'))), "itself");
  CHECK_EQUAL(Told(Binary(1, 0x00, "")), "itself");
  CHECK_EQUAL(Told(Binary(1, 0x00, "anything")), "itself");
  CHECK_EQUAL(Told(Binary(0, 0x00, "")), "itself");
  CHECK_EQUAL(Told(Binary(0, 0x11, kIpv4)), "itself");
  CHECK_EQUAL(Told(Binary(0, 0xff, "")), "itself");
}

TEST("a binary header that lies is refused") {
  CHECK_EQUAL(Told(Binary(1, 0x11, kIpv4.substr(1))), "its PROXY header is shorter than its addresses");
  CHECK_EQUAL(Told(Binary(1, 0x21, kIpv4)), "its PROXY header is shorter than its addresses");
  CHECK_EQUAL(Told(Binary(1, 0x31, kIpv6)), "its PROXY header is shorter than its addresses");
  CHECK_EQUAL(Told(Binary(1, 0x41, kIpv4)), "the family of its PROXY header does not exist");
  CHECK_EQUAL(Told(Binary(1, 0x13, kIpv4)), "the family of its PROXY header does not exist");
  CHECK_EQUAL(Told(Binary(2, 0x11, kIpv4)), "the version or command of its PROXY header does not exist");
  CHECK_EQUAL(Told(kSignature + std::string("\x11\x11\0\x0c", 4) + kIpv4),
              "the version or command of its PROXY header does not exist");
  CHECK_EQUAL(Told(kSignature + std::string("\x21\x11\xff\xff", 4)), "its PROXY header is longer than 4096 bytes");
  CHECK_EQUAL(Told(kSignature + std::string("\x20\x00\x0f\xf1", 4)), "its PROXY header is longer than 4096 bytes");
}

TEST("what proxies append is skipped within the header, and a checksum is looked at") {
  const std::string tlvs = Tlv(0x01, "h2") + Tlv(0x04, "") + Tlv(0xee, std::string(1000, 'x'));
  CHECK_EQUAL(Told(Binary(1, 0x11, kIpv4 + tlvs)), "203.0.113.7 43981");
  CHECK_EQUAL(Parse(Binary(1, 0x11, kIpv4 + tlvs) + "GET /").size, 28 + tlvs.size());
  CHECK_EQUAL(Told(Binary(1, 0x11, kIpv4 + "\x01")), "the last TLV of its PROXY header is cut");
  CHECK_EQUAL(Told(Binary(1, 0x11, kIpv4 + "\x01" + Word(3) + "h2")), "a TLV of its PROXY header is longer than that");
  CHECK_EQUAL(Told(Binary(1, 0x11, kIpv4 + Tlv(0x03, "abc"))), "the checksum of its PROXY header has not 4 bytes");
  CHECK_EQUAL(Told(Binary(1, 0x11, kIpv4 + Tlv(0x03, "abcd"))), "the checksum of its PROXY header is wrong");
  // The sum is another implementation's.
  CHECK_EQUAL(Told(Binary(1, 0x11, kIpv4 + Tlv(0x03, std::string("\x02\xa4\x06\xae", 4)))), "203.0.113.7 43981");
}

TEST("a header in pieces is not complete before its last byte, whatever follows") {
  for (const std::string& header :
       {std::string("PROXY TCP4 203.0.113.7 10.0.0.1 4711 80\r\n"), Binary(1, 0x21, kIpv6 + Tlv(0x04, "abc")),
        Binary(0, 0, "")}) {
    for (size_t size = 0; size < header.size(); ++size) CHECK_EQUAL(Told(header.substr(0, size)), "partial");
    CHECK_EQUAL(Parse(header).size, header.size());
    CHECK_EQUAL(Parse(header + header).size, header.size());
  }
}

TEST("a reader takes the header off a socket, and not a byte behind it") {
  const std::string header = Binary(1, 0x11, kIpv4 + Tlv(0x04, "abc"));
  for (const size_t step : {size_t{1}, size_t{7}, size_t{1000}}) {
    int fds[2];
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    const UniqueFd ours(fds[0]);
    const UniqueFd theirs(fds[1]);
    ProxyReader reader;
    const std::string sent = header + "GET /";
    for (size_t at = 0; at < sent.size(); at += step) {
      const std::string piece = sent.substr(at, step);
      CHECK_EQUAL(send(theirs.Get(), piece.data(), piece.size(), 0), static_cast<ssize_t>(piece.size()));
      if (at >= header.size()) continue;
      const ProxyHeader read = reader.Read(ours.Get());
      CHECK_EQUAL(read.kind == Kind::kComplete, at + step >= header.size());
    }
    char rest[16] = {};
    CHECK_EQUAL(recv(ours.Get(), rest, sizeof rest, 0), 5);
    CHECK_EQUAL(std::string(rest), "GET /");
  }
}

TEST("a reader tells a header that is cut from a connection that has ended without a word") {
  for (const std::string sent : {"", "PRO"}) {
    int fds[2];
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    const UniqueFd ours(fds[0]);
    ProxyReader reader;
    {
      const UniqueFd theirs(fds[1]);
      CHECK_EQUAL(send(theirs.Get(), sent.data(), sent.size(), 0), static_cast<ssize_t>(sent.size()));
      CHECK(reader.Read(ours.Get()).kind == Kind::kPartial);
    }
    const ProxyHeader read = reader.Read(ours.Get());
    CHECK(read.kind == Kind::kRefused);
    CHECK_EQUAL(read.reason != nullptr, !sent.empty());
  }
}

TEST("blocks of addresses hold what is within them, of their own family") {
  const auto has = [](const std::string& block, const std::string& line) {
    Networks networks;
    CHECK(networks.Add(block));
    return networks.Has(*Parse("PROXY " + line + " 1 2\r\n").client);
  };
  const auto v4 = [](const std::string& address) { return "TCP4 " + address + " 1.1.1.1"; };
  const auto v6 = [](const std::string& address) { return "TCP6 " + address + " ::1"; };
  CHECK(has("127.0.0.1", v4("127.0.0.1")));
  CHECK(!has("127.0.0.1", v4("127.0.0.2")));
  CHECK(has("10.1.0.0/15", v4("10.0.255.255")));
  CHECK(!has("10.2.0.0/15", v4("10.1.255.255")));
  CHECK(has("0.0.0.0/0", v4("1.2.3.4")));
  CHECK(!has("0.0.0.0/0", v6("2001:db8::1")));
  CHECK(has("2001:db8::/33", v6("2001:db8:7fff::1")));
  CHECK(!has("2001:db8::/33", v6("2001:db8:8000::1")));
  CHECK(has("::/0", v6("2001:db8::1")));
  CHECK(!has("::/0", v4("1.2.3.4")));
  // Of a socket that takes both families.
  CHECK(has("127.0.0.0/8", v6("::ffff:127.9.9.9")));
  CHECK(has("::ffff:10.0.0.0/104", v4("10.9.9.9")));
  CHECK(has("*", v4("1.2.3.4")) && has("*", v6("::1")));
  Networks networks;
  for (const char* bad : {"", "a", "1.2.3.4/33", "::1/129", "1.2.3.4/", "1.2.3.4/-1", "1.2.3.4/8x", "1.2.3"}) {
    CHECK(!networks.Add(bad));
  }
  CHECK(!networks.Trust({}));
  CHECK(networks.Trust({.is_unix = true, .endpoint = std::nullopt}));
}

}  // namespace
}  // namespace picoev
