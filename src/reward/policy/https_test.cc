// HTTPS against a server with a certificate that the test makes.
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "policy/http.h"

#if HRM_HTTP
#include <httplib.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <thread>

namespace hrm::policy {
namespace {

namespace fs = std::filesystem;

template <typename T>
std::string pem_of(T* what, int (*write)(BIO*, const T*)) {
  BIO* bio = BIO_new(BIO_s_mem());
  write(bio, what);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<size_t>(size));
  BIO_free(bio);
  return pem;
}

// A self-signed certificate for the address, and its key.
void write_certificate(const fs::path& folder, const char* address, long valid_from = -3600, long valid_to = 3600) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), valid_from);
  X509_gmtime_adj(X509_getm_notAfter(certificate), valid_to);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("hrm test"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, address);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  ASSERT_GT(X509_sign(certificate, key, EVP_sha256()), 0);
  write_file_atomic(folder / "cert.pem", pem_of<X509>(certificate, PEM_write_bio_X509));
  BIO* bio = BIO_new_file((folder / "key.pem").c_str(), "w");
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  BIO_free(bio);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

class SecureServer {
 public:
  explicit SecureServer(const fs::path& folder) : server_((folder / "cert.pem").c_str(), (folder / "key.pem").c_str()) {
    server_.Post("/v1/completions", [](const httplib::Request&, httplib::Response& response) {
      response.set_content(R"({"choices":[{"text":"four","finish_reason":"stop"}]})", "application/json");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ~SecureServer() {
    server_.stop();
    thread_.join();
  }
  SecureServer(const SecureServer&) = delete;
  SecureServer& operator=(const SecureServer&) = delete;
  std::string url() const { return fmt::format("https://127.0.0.1:{}/v1", port_); }

 private:
  httplib::SSLServer server_;
  int port_ = 0;
  std::thread thread_;
};

std::string ask(TransportOptions options) {
  options.total_seconds = 20;
  HttpPolicy policy({.transport = std::move(options)});
  const Reply reply = policy.complete({.prompt = "2+2"});
  if (const auto* fault = std::get_if<PolicyFault>(&reply)) return fault->message;
  return std::get<Response>(reply).choices.at(0).text;
}

TEST(Https, CertificatesAreChecked) {
  const TemporaryFolder folder;
  write_certificate(folder.path(), "IP:127.0.0.1");
  const SecureServer server(folder.path());
  EXPECT_NE(ask({.url = server.url()}).find("certificate"), std::string::npos) << ask({.url = server.url()});
  EXPECT_EQ(ask({.url = server.url(), .ca_file = (folder.path() / "cert.pem").string()}), "four");
  EXPECT_EQ(ask({.url = server.url(), .verify_certificate = false}), "four");
  EXPECT_THROW(ask({.url = server.url(), .ca_file = "/no/such/file.pem"}), Error);
}

TEST(Https, ACertificateOfAnotherHostIsRefused) {
  const TemporaryFolder folder;
  write_certificate(folder.path(), "IP:127.0.0.2");
  const SecureServer server(folder.path());
  const std::string message = ask({.url = server.url(), .ca_file = (folder.path() / "cert.pem").string()});
  EXPECT_NE(message.find("checking the certificate failed"), std::string::npos) << message;
  EXPECT_NE(message.find("does not name this host"), std::string::npos) << message;
}

TEST(Https, WhatIsWrongWithACertificateIsSaidAndNotTriedAgain) {
  const TemporaryFolder folder;
  write_certificate(folder.path(), "IP:127.0.0.1", -7200, -3600);
  {
    const SecureServer server(folder.path());
    const std::string message = ask({.url = server.url(), .ca_file = (folder.path() / "cert.pem").string()});
    EXPECT_NE(message.find("expired"), std::string::npos) << message;
  }
  write_certificate(folder.path(), "IP:127.0.0.1", 3600, 7200);
  {
    const SecureServer server(folder.path());
    const std::string message = ask({.url = server.url(), .ca_file = (folder.path() / "cert.pem").string()});
    EXPECT_NE(message.find("not yet valid"), std::string::npos) << message;
  }
  write_certificate(folder.path(), "IP:127.0.0.1");
  const SecureServer server(folder.path());
  HttpPolicy policy({.transport = {.url = server.url(), .total_seconds = 20}});
  const PolicyFault fault = std::get<PolicyFault>(policy.complete({.prompt = "2+2"}));
  EXPECT_NE(fault.message.find("self"), std::string::npos) << fault.message;
  EXPECT_NE(fault.message.find("--ca-file"), std::string::npos) << fault.message;
  EXPECT_FALSE(fault.temporary);
}

}  // namespace
}  // namespace hrm::policy
#endif
