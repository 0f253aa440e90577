#include "daemon/sources/record_bodies.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

#include "daemon/sources/announced_changes.h"

namespace culprit {
namespace {

using Texts = std::vector<std::string>;

Texts texts_of(const Result<BodyRecords>& records) {
    if (!records) return {"error: " + records.error().message};
    return {records.value().views.begin(), records.value().views.end()};
}

struct Body {
    const char* name;
    std::string content_type, body;
    Texts records;
};

class RecordBodies : public testing::TestWithParam<Body> {};

TEST_P(RecordBodies, GiveTheirRecords) {
    const auto& [name, content_type, body, records] = GetParam();
    EXPECT_EQ(texts_of(records_of(body, content_type)), records) << name;
}

const std::string kLaravel = "[2026-11-20 12:00:00] production.ERROR: a\n[2026-11-20 12:00:01] production.ERROR: b";

INSTANTIATE_TEST_SUITE_P(
    All, RecordBodies,
    testing::Values(
        Body{"nothing", "", "", {}}, Body{"blank lines", "text/plain", "\n \r\n\n", {}},
        Body{"lines keep all but their line break", "text/plain", " a\r\n\tb \nc", {" a\r", "\tb ", "c"}},
        Body{"a line is a line though it is JSON",
             "application/x-ndjson",
             "{\"a\":1}\n[{\"b\":2}]\n",
             {"{\"a\":1}", "[{\"b\":2}]"}},
        Body{"lines of JSON under JSON's type", "application/json", "{\"a\":1}\n{\"b\":2}\n", {"{\"a\":1}", "{\"b\":2}"}},
        Body{"one object over several lines",
             "application/json; charset=utf-8",
             "{\n  \"a\": \"}\\\"\"\n}\n",
             {"{\n  \"a\": \"}\\\"\"\n}"}},
        Body{"an array",
             "application/json",
             "[{\"a\":[1,{}]}, \"a \\\"text\\\"\\nof two lines\" ,7]",
             {"{\"a\":[1,{}]}", "a \"text\"\nof two lines", "7"}},
        Body{"an empty array", "application/json", " [ ] ", {}},
        Body{"an array of an unknown type, as curl sends it", "application/x-www-form-urlencoded", "[{\"a\":1}]", {"{\"a\":1}"}},
        Body{"lines that begin with a bracket",
             "application/x-www-form-urlencoded",
             kLaravel,
             {kLaravel.substr(0, 41), kLaravel.substr(42)}},
        Body{"a broken object is its line, for the dead letters",
             "application/json",
             "{\"a\":1}\n{\"b\":",
             {"{\"a\":1}", "{\"b\":"}},
        Body{"an array that does not end",
             "application/json",
             "[{\"a\":1}",
             {"error: the JSON array is not whole: it does not end, or lacks a comma"}},
        Body{"an array without a comma",
             "application/json",
             "[{\"a\":1} {\"b\":1}]",
             {"error: the JSON array is not whole: it does not end, or lacks a comma"}}),
    [](const auto& info) { return std::to_string(info.index); });

TEST(RecordBodies, AreRefusedBeyondAHundredThousandRecords) {
    std::string lines;
    for (std::size_t i = 0; i < kMostRecords; ++i) lines += "a\n";
    EXPECT_TRUE(records_of(lines, "text/plain").ok());
    EXPECT_EQ(records_of(lines + "a\n", "text/plain").error().message, "more than 100000 records; send them in several requests");
}

RC_GTEST_PROP(RecordBodies, OfAnArrayAreItsElementsWhateverTheyHold, ()) {
    const auto texts = *rc::gen::arbitrary<std::vector<std::string>>();
    nlohmann::json array = nlohmann::json::array();
    for (const std::string& text : texts) array.push_back({{text, {{"inner", {text, 1, nullptr}}}}});
    const std::string body = array.dump(*rc::gen::inRange(-1, 3), ' ', false, nlohmann::json::error_handler_t::replace);
    const auto records = records_of(body, "application/json");
    RC_ASSERT(records.ok());
    RC_ASSERT(records.value().views.size() == array.size());
    for (const std::string_view record : records.value().views) RC_ASSERT(nlohmann::json::accept(record));
}

RC_GTEST_PROP(RecordBodies, OfAnyBytesLieWithinThemOrAreRefused, ()) {
    const auto body = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("[]{}\",\\ \n1a")));
    const auto type = *rc::gen::element<std::string>("application/json", "text/plain", "");
    const auto records = records_of(body, type);
    if (!records.ok()) return;
    std::size_t bytes = 0;
    for (const std::string_view record : records.value().views) bytes += record.size();
    RC_ASSERT(bytes <= body.size());
}

TEST(OtlpBodies, GiveOneRecordALogRecordWithItsResource) {
    const std::string body =
        R"({"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeLogs":[{"logRecords":[)"
        R"({"timeUnixNano":"1795176000000000000","severityText":"ERROR","body":{"stringValue":"one"}},)"
        R"({"timeUnixNano":"1795176001000000000","severityText":"ERROR","body":{"stringValue":"two"}}]}]}]})";
    const auto records = texts_of(otlp_records_of(body));
    ASSERT_EQ(records.size(), 2U);
    EXPECT_NE(records[1].find("\"service.name\":\"shop\""), std::string::npos) << records[1];
    EXPECT_NE(records[1].find("\"message\":\"two\""), std::string::npos) << records[1];
    EXPECT_EQ(texts_of(otlp_records_of("{}")), Texts{"error: expected OTLP's logs as JSON: {\"resourceLogs\": […]}"});
}

TEST(AnnouncedChanges, ArePutInAFrameWhenTheyNameOneOfCulpritsKinds) {
    EXPECT_EQ(
        texts_of(announced_changes_of(R"({"kind":"deployment","service":"shop","time":"2026-11-20T12:00:00Z"})")),
        Texts{R"({"culprit_change":{"kind":"deployment","phase":"succeeded","service":"shop","time":"2026-11-20T12:00:00Z"},)"
              R"("service":"shop","time":"2026-11-20T12:00:00Z"})"});
    const std::string event = R"({"kind":"Event","reason":"ScalingReplicaSet"})";
    EXPECT_EQ(texts_of(announced_changes_of(event)), Texts{event});
    EXPECT_EQ(texts_of(announced_changes_of("[" + event + "," + event + "]")), (Texts{event, event}));
}

TEST(AnnouncedChanges, SayWhatIsExpectedOfWhatIsNoObject) {
    const auto refused = texts_of(announced_changes_of("deployed shop"));
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_EQ(refused[0].substr(0, 50), "error: record 1 is no JSON object; expected kind (");
}

}  // namespace
}  // namespace culprit
