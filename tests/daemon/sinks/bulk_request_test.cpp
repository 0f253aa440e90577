#include "daemon/sinks/bulk_request.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

using namespace std::chrono;

IncidentDocument document(const std::string& id, std::int64_t version, const std::string& json) {
    IncidentDocument made;
    made.id = id;
    made.version = version;
    made.bucket = EventTime{sys_days{year{2026} / February / 3}};
    made.json = json;
    return made;
}

TEST(BulkRequest, the_index_follows_from_the_ids_bucket_in_utc) {
    const struct {
        EventTime bucket;
        const char* index;
    } cases[] = {
        {EventTime{sys_days{year{2026} / January / 1}}, "culprit-incidents-2026.01"},
        {EventTime{sys_days{year{2026} / January / 1}} - microseconds{1}, "culprit-incidents-2025.12"},
        {EventTime{sys_days{year{2024} / February / 29}} + hours{23}, "culprit-incidents-2024.02"},
        {EventTime{}, "culprit-incidents-1970.01"},
        {EventTime{} - microseconds{1}, "culprit-incidents-1969.12"},
    };
    for (const auto& one : cases) EXPECT_EQ(monthly_index("culprit-incidents", one.bucket), one.index);
}

TEST(BulkRequest, holds_index_operations_with_id_and_external_version) {
    const std::vector<IncidentDocument> documents{document("a1", 1099511627783, R"({"culprit":{"id":"a1"}})"),
                                                  document("b2", 5, R"({})")};
    const BulkRequest request = bulk_request(documents, 0, "inc", 1'000'000);
    EXPECT_EQ(request.documents, 2U);
    EXPECT_EQ(request.body, R"({"index":{"_index":"inc-2026.02","_id":"a1","version":1099511627783,"version_type":"external"}})"
                            "\n"
                            R"({"culprit":{"id":"a1"}})"
                            "\n"
                            R"({"index":{"_index":"inc-2026.02","_id":"b2","version":5,"version_type":"external"}})"
                            "\n"
                            R"({})"
                            "\n");
}

TEST(BulkRequest, is_cut_before_the_document_that_would_pass_the_limit) {
    std::vector<IncidentDocument> documents;
    for (int at = 0; at < 10; ++at) documents.push_back(document("id" + std::to_string(at), 1, std::string(100, ' ')));
    const std::size_t one = bulk_request({documents[0]}, 0, "inc", 1).body.size();
    std::size_t from = 0;
    while (from < documents.size()) {
        const BulkRequest request = bulk_request(documents, from, "inc", 3 * one);
        EXPECT_EQ(request.documents, std::min<std::size_t>(3, documents.size() - from));
        EXPECT_LE(request.body.size(), 3 * one);
        from += request.documents;
    }
}

TEST(BulkRequest, a_document_above_the_limit_goes_alone) {
    const std::vector<IncidentDocument> documents{document("big", 1, std::string(500, ' ')), document("small", 1, "{}")};
    EXPECT_EQ(bulk_request(documents, 0, "inc", 10).documents, 1U);
}

TEST(BulkRequest, a_line_break_within_a_document_does_not_end_its_operation) {
    const BulkRequest request = bulk_request({document("a", 1, "{\n\"x\": 1\n}")}, 0, "inc", 1000);
    EXPECT_EQ(std::count(request.body.begin(), request.body.end(), '\n'), 2);
}

TEST(BulkRequest, an_id_with_quotes_stays_one_string) {
    EXPECT_NE(bulk_request({document("a\"},{\"", 1, "{}")}, 0, "inc", 1000).body.find(R"("_id":"a\"},{\"")"), std::string::npos);
}

}  // namespace
}  // namespace culprit
