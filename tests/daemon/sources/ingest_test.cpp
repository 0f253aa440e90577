#include "daemon/sources/ingest.h"

#include <gtest/gtest.h>

#include "daemon/sources/webhook_signature.h"

namespace culprit {
namespace {

using Headers = std::map<std::string, std::string>;

IngestRequest request(std::string method, std::string target, Headers headers = {}) {
    headers.try_emplace("Host", "127.0.0.1:8781");
    return {std::move(method), std::move(target), [headers](std::string_view name) {
                const auto found = headers.find(std::string(name));
                return found == headers.end() ? std::string() : found->second;
            }};
}

HttpSourceSettings with_token() {
    HttpSourceSettings settings;
    settings.token = "secret";
    settings.webhook_secrets["github"] = "It's a Secret to Everybody";
    settings.labels = {{"environment", "production"}, {"service", "unknown"}};
    return settings;
}

struct Admission {
    const char* name;
    IngestRequest request;
    bool token, loopback_only;
    int status;  // 0: admitted
};

class Admissions : public testing::TestWithParam<Admission> {};

TEST_P(Admissions, AreDecidedBeforeTheBodyIsRead) {
    const auto& [name, request, token, loopback_only, status] = GetParam();
    const auto admitted = admit(request, token ? with_token() : HttpSourceSettings{}, loopback_only);
    const auto* refused = std::get_if<IngestAnswer>(&admitted);
    EXPECT_EQ(refused ? refused->status : 0, status) << name << (refused ? ": " + refused->body : "");
}

const Headers kToken{{"Authorization", "Bearer secret"}};
const Headers kJson{{"Content-Type", "application/json"}};
const Headers kForm{{"Content-Type", "application/x-www-form-urlencoded"}};

INSTANTIATE_TEST_SUITE_P(
    All, Admissions,
    testing::Values(
        Admission{"records without a token where there is none", request("POST", "/v1/records"), false, true, 0},
        Admission{"a token is asked for", request("POST", "/v1/records"), true, true, 401},
        Admission{"a wrong token", request("POST", "/v1/records", {{"Authorization", "Bearer secreT"}}), true, true, 401},
        Admission{"a part of the token", request("POST", "/v1/records", {{"Authorization", "Bearer secre"}}), true, true, 401},
        Admission{"the token", request("POST", "/v1/records?service=shop", kToken), true, false, 0},
        Admission{"a sender that signs needs no token", request("POST", "/v1/webhooks/github", kJson), true, false, 0},
        Admission{"one that does not sign needs it", request("POST", "/v1/webhooks/argocd", kJson), true, false, 401},
        Admission{"what is not there is not told to strangers", request("POST", "/v2"), true, false, 401},
        Admission{"another host's name on loopback: DNS rebinding", request("POST", "/v1/records", {{"Host", "evil.example"}}),
                  false, true, 421},
        Admission{"the same where other hosts are meant to reach it",
                  request("POST", "/v1/records", {{"Host", "culprit.example"}}), false, false, 0},
        Admission{"a page of another origin", request("POST", "/v1/records", {{"Origin", "https://evil.example"}}), false, true,
                  403},
        Admission{"a page's form, as browsers say", request("POST", "/v1/records", {{"Sec-Fetch-Site", "cross-site"}}), false,
                  true, 403},
        Admission{"nothing there", request("POST", "/v1/record"), false, true, 404},
        Admission{"GET", request("GET", "/v1/records"), false, true, 405},
        Admission{"OTLP in Protobuf", request("POST", "/v1/logs", {{"Content-Type", "application/x-protobuf"}}), false, true,
                  415},
        Admission{"OTLP in JSON", request("POST", "/v1/logs", kJson), false, true, 0},
        Admission{"GitHub's form", request("POST", "/v1/webhooks/github", kForm), false, true, 415},
        Admission{"gzip", request("POST", "/v1/records", {{"Content-Encoding", "gzip"}}), false, true, 0},
        Admission{"an unknown packing", request("POST", "/v1/records", {{"Content-Encoding", "br"}}), false, true, 415}),
    [](const auto& info) { return std::to_string(info.index); });

// The example in GitHub's documentation, https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
constexpr std::string_view kBody = "Hello, World!", kSecret = "It's a Secret to Everybody";
constexpr std::string_view kSignature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

TEST(WebhookSignatures, OfGitHubAreAsItsDocumentationShows) {
    const WebhookSignature& github = *signature_of("github");
    EXPECT_TRUE(signed_with(github, kSignature, kBody, kSecret));
    EXPECT_FALSE(signed_with(github, kSignature, "Hello, World?", kSecret));
    EXPECT_FALSE(signed_with(github, kSignature, kBody, "another secret"));
    EXPECT_FALSE(signed_with(github, kSignature.substr(7), kBody, kSecret));
    EXPECT_FALSE(signed_with(github, "", kBody, kSecret));
}

// printf '{"action":"created"}' | openssl dgst -sha256 -hmac secret, and -sha1
TEST(WebhookSignatures, OfSentryAndVercelAreBareDigests) {
    EXPECT_TRUE(signed_with(*signature_of("sentry"), "0031e94255b70a79704e0356204543768c078ca4f48b3ccc547edef03f4f338a",
                            R"({"action":"created"})", "secret"));
    EXPECT_TRUE(
        signed_with(*signature_of("vercel"), "9e566b8b73b892dcaed1f3bce7db783024dcd7a8", R"({"action":"created"})", "secret"));
    EXPECT_EQ(signature_of("argocd"), nullptr);
}

std::variant<IngestAnswer, Delivery> delivered(const IngestRequest& request, std::string_view body,
                                               const HttpSourceSettings& settings = with_token()) {
    const auto admitted = admit(request, settings, false);
    if (const auto* refused = std::get_if<IngestAnswer>(&admitted)) return *refused;
    return deliver(request, *std::get<const IngestRoute*>(admitted), body, body, settings);
}

int status_of(const std::variant<IngestAnswer, Delivery>& outcome) {
    const auto* refused = std::get_if<IngestAnswer>(&outcome);
    return refused ? refused->status : 0;
}

Headers with_key(const std::string& key) { return {{"Authorization", "Bearer secret"}, {"Idempotency-Key", key}}; }

TEST(Deliveries, TakeLabelsFromTheQueryOverTheSources) {
    const auto outcome = delivered(request("POST", "/v1/records?service=shop&database=orders%20db", kToken), "a");
    ASSERT_EQ(status_of(outcome), 0);
    EXPECT_EQ(
        std::get<Delivery>(outcome).labels,
        (std::map<std::string, std::string>{{"environment", "production"}, {"service", "shop"}, {"database", "orders db"}}));
    EXPECT_EQ(status_of(delivered(request("POST", "/v1/records?team=a", kToken), "a")), 400);
}

TEST(Deliveries, AreKnownByTheirKeyAndAddress) {
    const auto key = [](const std::string& target, const Headers& headers) {
        return std::get<Delivery>(delivered(request("POST", target, headers), "{}")).key;
    };
    EXPECT_EQ(key("/v1/records", kToken), "");
    const std::string first = key("/v1/records", with_key("a"));
    EXPECT_EQ(first.size(), 16U);
    EXPECT_EQ(key("/v1/records?service=shop", with_key("a")), first);
    EXPECT_NE(key("/v1/records", with_key("b")), first);
    EXPECT_NE(key("/v1/changes", with_key("a")), first);
    EXPECT_EQ(status_of(delivered(request("POST", "/v1/records", with_key(std::string(256, 'a'))), "a")), 400);
}

TEST(Deliveries, OfOneKeyDifferByTheirBodyAndTheirLabels) {
    const auto hash = [](const std::string& target, std::string_view body) {
        return std::get<Delivery>(delivered(request("POST", target, with_key("a")), body)).body_hash;
    };
    const std::uint64_t first = hash("/v1/records?service=shop&host=a", "x");
    EXPECT_EQ(hash("/v1/records?host=a&service=shop", "x"), first);
    EXPECT_NE(hash("/v1/records?service=shop&host=a", "y"), first);
    EXPECT_NE(hash("/v1/records?service=billing&host=a", "x"), first);
}

TEST(Deliveries, OfWebhooksAreKnownByTheirSendersOwnNames) {
    HttpSourceSettings settings;
    const auto key = [&](const std::string& sender, Headers headers, std::string_view body) {
        return std::get<Delivery>(delivered(request("POST", "/v1/webhooks/" + sender, std::move(headers)), body, settings)).key;
    };
    EXPECT_NE(key("github", {{"X-GitHub-Delivery", "72d3162e"}}, "{}"), "");
    EXPECT_NE(key("sentry", {{"Request-ID", "72d3162e"}}, "{}"), "");
    EXPECT_NE(key("vercel", {}, R"({"id":"e1","type":"deployment.created"})"), "");
    EXPECT_EQ(key("vercel", {}, "{}"), "");
}

TEST(Deliveries, OfASenderThatSignsAreRefusedWithoutItsSignature) {
    Headers headers{{"X-Hub-Signature-256", std::string(kSignature)}};
    EXPECT_EQ(status_of(delivered(request("POST", "/v1/webhooks/github", headers), kBody)), 0);
    EXPECT_EQ(status_of(delivered(request("POST", "/v1/webhooks/github", headers), "Hello")), 401);
    EXPECT_EQ(status_of(delivered(request("POST", "/v1/webhooks/github", kToken), kBody)), 401);
}

}  // namespace
}  // namespace culprit
