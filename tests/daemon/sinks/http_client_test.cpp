#include "daemon/sinks/http_client.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <filesystem>
#include <future>

#include "scripted_server.h"

// As in scripted_server.cpp.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace culprit {
namespace {

using namespace std::chrono_literals;
using test::ReceivedRequest;
using test::ScriptedAnswer;
using test::ScriptedServer;

class HttpClientTest : public testing::Test {
   protected:
    static HttpClientSettings to(const std::vector<std::string>& urls) {
        HttpClientSettings settings;
        for (const auto& url : urls) settings.urls.push_back(parse_http_url(url).value());
        settings.connect_timeout = 2s;
        settings.request_timeout = 2s;
        return settings;
    }
    Result<HttpResponse> send(HttpClient& client, const HttpRequest& request) {
        std::optional<Result<HttpResponse>> answer;
        const auto ask = [&]() -> boost::asio::awaitable<void> {
            Result<HttpResponse> got = co_await client.send(request);
            answer.emplace(std::move(got));
        };
        boost::asio::co_spawn(io_, ask, [](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
        });
        io_.restart();
        io_.run();
        return std::move(*answer);
    }
    static HttpRequest post(const std::string& target, const std::string& body = "{}") {
        HttpRequest request;
        request.target = target;
        request.body = body;
        return request;
    }
    boost::asio::io_context io_;
};

ScriptedAnswer echo(const ReceivedRequest& request) { return {200, request.method + " " + request.target + " " + request.body}; }

TEST_F(HttpClientTest, keeps_its_connection_alive) {
    ScriptedServer server(echo);
    HttpClient client(to({server.url()}));
    for (int at = 0; at < 3; ++at) EXPECT_EQ(send(client, post("/a", "x")).value().body, "POST /a x");
    ASSERT_EQ(server.received().size(), 3U);
    EXPECT_EQ(server.received().back().connection, 1);
}

TEST_F(HttpClientTest, a_kept_connection_that_the_server_closed_meanwhile_is_no_failure) {
    ScriptedServer server([](const ReceivedRequest&) { return ScriptedAnswer{.body = "ok", .close_after = true}; });
    HttpClient client(to({server.url()}));
    EXPECT_EQ(send(client, post("/")).value().body, "ok");
    EXPECT_EQ(send(client, post("/")).value().body, "ok");
    EXPECT_EQ(server.received().back().connection, 2);
}

TEST_F(HttpClientTest, a_compressed_body_says_so_and_arrives_whole) {
    ScriptedServer server(echo);
    HttpClient client(to({server.url() + "/prefix"}));
    HttpRequest request = post("/_bulk", std::string(300'000, 'a') + "\n\"end\"");
    request.compress = true;
    request.content_type = "application/x-ndjson";
    ASSERT_TRUE(send(client, request).ok());
    const ReceivedRequest got = server.received().at(0);
    EXPECT_EQ(got.body, request.body);
    EXPECT_EQ(got.headers.at("content-encoding"), "gzip");
    EXPECT_EQ(got.headers.at("content-type"), "application/x-ndjson");
    EXPECT_EQ(got.headers.at("host"), "127.0.0.1:" + std::to_string(server.port()));
    EXPECT_LT(std::stoul(got.headers.at("content-length")), 10'000U);
    EXPECT_EQ(got.target, "/prefix/_bulk");
}

TEST_F(HttpClientTest, an_api_key_wins_over_a_password) {
    ScriptedServer server(echo);
    HttpClientSettings settings = to({server.url()});
    HttpClient nobody(settings);
    settings.login.username = "elastic";
    settings.login.password = "pä:ss";
    HttpClient somebody(settings);
    settings.login.api_key = "a2V5";
    HttpClient key(settings);
    for (HttpClient* client : {&nobody, &somebody, &key}) ASSERT_TRUE(send(*client, post("/")).ok());
    EXPECT_EQ(server.received().at(0).headers.count("authorization"), 0U);
    EXPECT_EQ(server.received().at(1).headers.at("authorization"), "Basic ZWxhc3RpYzpww6Q6c3M=");
    EXPECT_EQ(server.received().at(2).headers.at("authorization"), "ApiKey a2V5");
}

TEST_F(HttpClientTest, a_server_that_refuses_the_connection_gives_way_to_the_next_which_is_kept) {
    ScriptedServer server(echo);
    const std::string dead = "http://127.0.0.1:" + std::to_string(test::free_port());
    HttpClient client(to({dead, server.url()}));
    EXPECT_TRUE(send(client, post("/1")).ok());
    EXPECT_TRUE(send(client, post("/2")).ok());
    EXPECT_EQ(server.received().back().connection, 1);
}

TEST_F(HttpClientTest, after_prefer_next_another_server_is_asked) {
    ScriptedServer one(echo), two(echo);
    HttpClient client(to({one.url(), two.url()}));
    for (int at = 0; at < 3; ++at) {
        ASSERT_TRUE(send(client, post("/")).ok());
        client.prefer_next();
    }
    EXPECT_EQ(one.received().size(), 2U);
    EXPECT_EQ(two.received().size(), 1U);
}

TEST_F(HttpClientTest, says_whom_it_cannot_reach_and_why) {
    const std::string dead = "http://127.0.0.1:" + std::to_string(test::free_port());
    HttpClient client(to({dead}));
    const auto answer = send(client, post("/"));
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().message, "cannot connect to " + dead + ": Connection refused");
}

TEST_F(HttpClientTest, a_server_that_never_answers_is_given_up_in_time_and_not_asked_twice) {
    ScriptedServer server([](const ReceivedRequest&) { return ScriptedAnswer{.delay = 1min}; });
    HttpClientSettings settings = to({server.url()});
    settings.request_timeout = 200ms;
    HttpClient client(settings);
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = send(client, post("/"));
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().message, "no answer from " + server.url() + " within 200 ms");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
    EXPECT_LE(server.received().size(), 1U);
}

TEST_F(HttpClientTest, a_server_that_hangs_up_is_an_error_that_names_it) {
    ScriptedServer server([](const ReceivedRequest&) { return ScriptedAnswer{.hang_up = true}; });
    HttpClient client(to({server.url()}));
    const auto answer = send(client, post("/"));
    ASSERT_FALSE(answer.ok());
    EXPECT_NE(answer.error().message.find("the connection to " + server.url() + " broke"), std::string::npos);
}

TEST_F(HttpClientTest, an_answer_above_the_limit_is_an_error) {
    ScriptedServer server([](const ReceivedRequest&) { return ScriptedAnswer{.body = std::string(10'000, 'x')}; });
    HttpClientSettings settings = to({server.url()});
    settings.max_response_bytes = 1'000;
    HttpClient client(settings);
    EXPECT_FALSE(send(client, post("/")).ok());
}

/// A self-signed certificate for the given subject alternative name, made for this run.
class Certificate {
   public:
    explicit Certificate(const std::string& alternative_name) : context_(boost::asio::ssl::context::tls_server) {
        EVP_PKEY* key = EVP_EC_gen("P-256");
        X509* certificate = X509_new();
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
        X509_set_version(certificate, 2);
        X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
        X509_set_pubkey(certificate, key);
        X509_NAME* name = X509_get_subject_name(certificate);
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("culprit test"), -1, -1, 0);
        X509_set_issuer_name(certificate, name);
        X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative_name.c_str());
        X509_add_ext(certificate, extension, -1);
        X509_sign(certificate, key, EVP_sha256());
        SSL_CTX_use_certificate(context_.native_handle(), certificate);
        SSL_CTX_use_PrivateKey(context_.native_handle(), key);
        file_ = std::filesystem::temp_directory_path() /
                ("culprit-" + std::to_string(getpid()) + "-" + alternative_name.substr(0, 2) + ".pem");
        std::FILE* pem = std::fopen(file_.c_str(), "w");
        PEM_write_X509(pem, certificate);
        std::fclose(pem);
        X509_EXTENSION_free(extension);
        X509_free(certificate);
        EVP_PKEY_free(key);
    }
    ~Certificate() { std::filesystem::remove(file_); }
    boost::asio::ssl::context& context() { return context_; }
    std::string file() const { return file_; }

   private:
    boost::asio::ssl::context context_;
    std::filesystem::path file_;
};

TEST_F(HttpClientTest, speaks_tls_to_a_server_whose_certificate_the_ca_file_holds) {
    Certificate certificate("IP:127.0.0.1");
    ScriptedServer server(echo, 0, &certificate.context());
    HttpClientSettings settings = to({server.url()});
    settings.login.ca_file = certificate.file();
    HttpClient client(settings);
    for (int at = 0; at < 2; ++at) {
        const auto answer = send(client, post("/a", "x"));
        ASSERT_TRUE(answer.ok()) << answer.error().message;
        EXPECT_EQ(answer.value().body, "POST /a x");
    }
    EXPECT_EQ(server.received().back().connection, 1);
}

TEST_F(HttpClientTest, refuses_a_certificate_that_nobody_vouches_for) {
    Certificate certificate("IP:127.0.0.1");
    ScriptedServer server(echo, 0, &certificate.context());
    HttpClient client(to({server.url()}));
    const auto answer = send(client, post("/"));
    ASSERT_FALSE(answer.ok());
    EXPECT_NE(answer.error().message.find("TLS"), std::string::npos) << answer.error().message;
    EXPECT_TRUE(server.received().empty());
}

TEST_F(HttpClientTest, refuses_a_certificate_made_for_another_host) {
    Certificate certificate("DNS:elsewhere.example.org");
    ScriptedServer server(echo, 0, &certificate.context());
    HttpClientSettings settings = to({server.url()});
    settings.login.ca_file = certificate.file();
    HttpClient client(settings);
    EXPECT_FALSE(send(client, post("/")).ok());
    EXPECT_TRUE(server.received().empty());
}

TEST_F(HttpClientTest, a_ca_file_that_is_not_there_is_said_at_start_up) {
    HttpClientSettings settings = to({"https://es"});
    settings.login.ca_file = "/nowhere/ca.pem";
    try {
        HttpClient client(settings);
        FAIL();
    } catch (const std::runtime_error& failure) {
        EXPECT_NE(std::string(failure.what()).find("/nowhere/ca.pem"), std::string::npos);
    }
}

}  // namespace
}  // namespace culprit
