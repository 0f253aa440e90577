#include "daemon/web/http_server.h"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

namespace culprit {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Response = http::response<http::string_body>;

class HttpServerTest : public testing::Test {
   protected:
    HttpServerTest() : work_(io_.get_executor()), thread_([this] { io_.run(); }) {}
    ~HttpServerTest() override {
        server_.reset();
        work_.reset();
        thread_.join();  // ends only when every connection has ended too
    }
    void serve(const std::string& token = {}) {
        HttpSettings settings;
        settings.listen = "127.0.0.1:0";
        settings.token = token;
        server_.emplace(io_, settings, parts());
        const auto listening = server_->listen();
        ASSERT_TRUE(listening.ok()) << listening.error().message;
        IncidentDocument incident;
        incident.id = "a1";
        incident.status = "open";
        incident.json = R"({"message":"duplicate keys","culprit":{"id":"a1"}})";
        incidents_.put({incident});
    }
    HttpServer::Parts parts() {
        return {telemetry_, incidents_, maintenance_,
                [this] {
                    return Readiness{ready_, ready_ ? "all is well\n" : "elasticsearch: no\n"};
                },
                [this](OperatorNote note, NoteInbox::Told told) {
                    notes_.push_back(std::move(note));
                    told(problem_);
                }};
    }
    tcp::socket connect() {
        tcp::socket socket(client_);
        socket.connect({asio::ip::make_address("127.0.0.1"), server_->port()});
        return socket;
    }
    /// Sends the bytes as they are and reads one answer.
    Response exchange(tcp::socket& socket, const std::string& bytes, bool head = false) {
        boost::system::error_code ignored;
        asio::write(socket, asio::buffer(bytes), ignored);  // the server may hang up before it has read all
        boost::beast::flat_buffer buffer;
        http::response_parser<http::string_body> parser;
        parser.skip(head);
        http::read(socket, buffer, parser);
        return parser.release();
    }
    Response get(const std::string& target, const std::string& headers = {}, const std::string& method = "GET") {
        tcp::socket socket = connect();
        return exchange(socket, method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n", method == "HEAD");
    }

    std::atomic<bool> ready_ = true;
    Telemetry telemetry_;
    IncidentStore incidents_;
    AnnouncedMaintenance maintenance_;
    std::vector<OperatorNote> notes_;
    std::string problem_;  // what becomes of them
    asio::io_context io_, client_;
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::thread thread_;
    std::optional<HttpServer> server_;
};

TEST_F(HttpServerTest, each_address_answers_what_it_is_for) {
    serve();
    const struct {
        const char *method, *target;
        unsigned status;
        const char *type, *body_holds;
    } cases[] = {
        {"GET", "/healthz", 200, "text/plain", "ok"},
        {"GET", "/readyz", 200, "text/plain", "all is well"},
        {"GET", "/metrics", 200, "text/plain; version=0.0.4", "culprit_state_size{state=\"incident_store\"} 1"},
        {"GET", "/api/v1/incidents", 200, "application/json",
         R"({"incidents":[{"message":"duplicate keys","culprit":{"id":"a1"}}],"total":1})"},
        {"GET", "/api/v1/incidents?status=open", 200, "application/json", "duplicate keys"},
        {"GET", "/api/v1/incidents/a1", 200, "application/json", R"({"message":"duplicate keys","culprit":{"id":"a1"}})"},
        {"GET", "/api/v1/incidents/none", 404, "application/json", "no incident has the id 'none'"},
        {"GET", "/", 200, "text/html", "duplicate keys"},
        {"GET", "/incidents/a1", 200, "text/html", "duplicate keys"},
        {"GET", "/incidents/none", 404, "text/html", "No such incident"},
        {"GET", "/changes", 200, "text/html", "No change has been named"},
        {"GET", "/pipeline", 200, "text/html", "The pipeline is ready"},
        {"GET", "/assets/culprit.css", 404, "text/plain", "no such file"},
        {"GET", "/nothing", 404, "application/json", "nothing at this address"},
        {"GET", "/../etc/passwd", 404, "application/json", "nothing at this address"},
        {"POST", "/nothing", 404, "application/json", "nothing at this address"},
        {"POST", "/api/v1/incidents", 405, "application/json", "takes GET, HEAD only"},
        {"DELETE", "/healthz", 405, "application/json", "takes GET, HEAD only"},
        {"BREW", "/", 405, "application/json", "takes GET, HEAD only"},
    };
    for (const auto& one : cases) {
        const Response response = get(one.target, "", one.method);
        EXPECT_EQ(response.result_int(), one.status) << one.method << one.target;
        EXPECT_TRUE(response[http::field::content_type].starts_with(one.type))
            << one.target << response[http::field::content_type];
        EXPECT_NE(response.body().find(one.body_holds), std::string::npos) << one.target << response.body();
        if (one.status == 405) {
            EXPECT_EQ(response[http::field::allow], "GET, HEAD");
        }
    }
}

TEST_F(HttpServerTest, a_page_may_load_nothing_from_elsewhere_and_run_nothing_of_its_text) {
    serve();
    const Response response = get("/");
    EXPECT_EQ(
        response["Content-Security-Policy"],
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'");
    EXPECT_EQ(response["X-Content-Type-Options"], "nosniff");
}

TEST_F(HttpServerTest, not_ready_is_503_with_the_reason) {
    serve();
    ready_ = false;
    const Response response = get("/readyz");
    EXPECT_EQ(response.result_int(), 503U);
    EXPECT_EQ(response.body(), "elasticsearch: no\n");
    EXPECT_EQ(get("/healthz").result_int(), 200U) << "alive all the same";
}

TEST_F(HttpServerTest, with_a_token_only_who_knows_it_reads) {
    serve("s3cret");
    const struct {
        const char *headers, *name;
        unsigned status;
    } cases[] = {
        {"", "nothing", 401},
        {"Authorization: Bearer s3cret\r\n", "the token", 200},
        {"authorization: bearer s3cret\r\n", "schemes have no case", 200},
        {"Authorization: Bearer s3cre\r\n", "a part of it", 401},
        {"Authorization: Bearer s3crets\r\n", "more than it", 401},
        {"Authorization: Bearer \r\n", "an empty one", 401},
        {"Authorization: s3cret\r\n", "no scheme", 401},
        {"Authorization: Basic YW55Ym9keTpzM2NyZXQ=\r\n", "a browser: anybody:s3cret", 200},
        {"Authorization: Basic OnMzY3JldA==\r\n", "a browser: :s3cret", 200},
        {"Authorization: Basic YW55Ym9keTp3cm9uZw==\r\n", "a browser: anybody:wrong", 401},
        {"Authorization: Basic s3cret\r\n", "no base64", 401},
        {"Authorization: Basic !!!!\r\n", "no base64 either", 401},
    };
    for (const auto& one : cases)
        for (const char* target : {"/", "/metrics", "/api/v1/incidents", "/nothing"}) {
            const unsigned wanted = one.status == 200 && target == std::string("/nothing") ? 404 : one.status;
            const Response response = get(target, one.headers);
            EXPECT_EQ(response.result_int(), wanted) << one.name << " " << target;
            if (wanted == 401) {
                EXPECT_TRUE(response[http::field::www_authenticate].starts_with("Bearer")) << one.name;
                EXPECT_EQ(response.body().find("duplicate keys"), std::string::npos);
            }
        }
    EXPECT_EQ(get("/healthz").result_int(), 200U) << "probes send no token";
    EXPECT_EQ(get("/readyz").body(), "ready\n") << "and are told no more than whether";
}

TEST_F(HttpServerTest, without_a_token_it_answers_to_loopbacks_names_only) {
    serve();
    const struct {
        const char* host;
        unsigned status;
    } cases[] = {{"localhost", 200},
                 {"127.0.0.1:8780", 200},
                 {"[::1]:8780", 200},
                 {"evil.example.org", 421},
                 {"evil.example.org:8780", 421},
                 {"127.0.0.1.evil.example.org", 421},
                 {"localhost.evil.example.org", 421}};
    for (const auto& one : cases) {
        tcp::socket socket = connect();
        EXPECT_EQ(exchange(socket, std::string("GET / HTTP/1.1\r\nHost: ") + one.host + "\r\n\r\n").result_int(), one.status)
            << one.host;
    }
}

TEST_F(HttpServerTest, head_is_get_without_the_body) {
    serve();
    const Response response = get("/api/v1/incidents/a1", "", "HEAD");
    EXPECT_EQ(response.result_int(), 200U);
    EXPECT_EQ(response[http::field::content_length], std::to_string(incidents_.find("a1")->document.json.size()));
    EXPECT_TRUE(response.body().empty());
}

TEST_F(HttpServerTest, one_connection_serves_many_requests) {
    serve();
    tcp::socket socket = connect();
    for (int at = 0; at < 5; ++at)
        EXPECT_EQ(
            exchange(socket,
                     at % 2 ? "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n" : "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
                     at % 2)
                .result_int(),
            200U);
}

TEST_F(HttpServerTest, what_is_too_large_or_no_http_is_refused) {
    serve();
    const struct {
        const char* name;
        std::string bytes;
        unsigned status;
    } cases[] = {
        {"a header of 20 KB", "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", 431},
        {"a body of 1 MB that is announced",
         "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + std::string(100, 'x'), 413},
        {"a body in too many chunks",
         "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n" + std::string(0x20000, 'x') +
             "\r\n0\r\n\r\n",
         413},
        {"no HTTP", "\x16\x03\x01\x02 TLS to a plain port\r\n\r\n", 400},
    };
    for (const auto& one : cases) {
        tcp::socket socket = connect();
        try {
            EXPECT_EQ(exchange(socket, one.bytes).result_int(), one.status) << one.name;
        } catch (const std::exception& failure) {
            ADD_FAILURE() << one.name << ": " << failure.what();
        }
    }
    EXPECT_EQ(get("/healthz").result_int(), 200U) << "the others are not disturbed";
}

TEST_F(HttpServerTest, a_port_in_use_is_said_with_what_to_do) {
    serve();
    HttpSettings settings;
    settings.listen = "127.0.0.1:" + std::to_string(server_->port());
    HttpServer second(io_, settings, parts());
    const auto listening = second.listen();
    ASSERT_FALSE(listening.ok());
    EXPECT_EQ(listening.error().message,
              "cannot listen on " + settings.listen + ": Address already in use; free the port or change http.listen");
    for (const char* none : {"8780", ":8780", "127.0.0.1:", "127.0.0.1:http!"}) {
        settings.listen = none;
        HttpServer third(io_, settings, parts());
        EXPECT_FALSE(third.listen().ok()) << none;
    }
}

TEST_F(HttpServerTest, what_a_person_says_is_answered_when_it_is_in_the_log) {
    serve();
    const auto post = [&] {
        tcp::socket socket = connect();
        return exchange(socket,
                        "POST /api/v1/incidents/a1/acknowledge HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                        "application/json\r\nContent-Length: 12\r\n\r\n{\"by\":\"ann\"}");
    };
    EXPECT_EQ(post().result_int(), 200U);
    ASSERT_EQ(notes_.size(), 1U);
    EXPECT_EQ(notes_[0].author, "ann");
    problem_ = "the disk is full";
    const Response refused = post();
    EXPECT_EQ(refused.result_int(), 503U);
    EXPECT_NE(refused.body().find("not recorded: the disk is full"), std::string::npos) << refused.body();
}

TEST_F(HttpServerTest, a_stream_tells_of_each_change_and_ends_with_the_server) {
    serve();
    tcp::socket socket = connect();
    asio::write(socket, asio::buffer(std::string("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")));
    std::string seen;
    const auto wait_for = [&](std::string_view text) {
        boost::system::error_code failure;
        while (seen.find(text) == std::string::npos && !failure) {
            char bytes[512];
            seen.append(bytes, socket.read_some(asio::buffer(bytes), failure));
        }
        return seen.find(text) != std::string::npos;
    };
    ASSERT_TRUE(wait_for("\"all\":true")) << seen;
    EXPECT_NE(seen.find("Content-Type: text/event-stream"), std::string::npos);
    IncidentDocument fresh;
    fresh.id = "b2";
    fresh.json = "{}";
    incidents_.put({fresh});
    EXPECT_TRUE(wait_for(R"("ids":["b2"])")) << seen;
    server_->stop();
    EXPECT_FALSE(wait_for("never")) << "the stream ends";
}

TEST_F(HttpServerTest, stop_ends_connections_that_wait) {
    serve();
    tcp::socket idle = connect();
    ASSERT_EQ(exchange(idle, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").result_int(), 200U);
    server_->stop();
    char byte = 0;
    boost::system::error_code failure;
    asio::read(idle, asio::buffer(&byte, 1), failure);
    EXPECT_TRUE(failure == asio::error::eof || failure == asio::error::connection_reset) << failure.message();
}

}  // namespace
}  // namespace culprit
