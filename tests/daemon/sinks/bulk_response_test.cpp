#include "daemon/sinks/bulk_response.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

constexpr std::int64_t kEpoch = std::int64_t{1} << 40;

TEST(BulkResponse, each_item_says_what_becomes_of_its_document) {
    const struct {
        const char* name;
        std::string item;  // as Elasticsearch 8.11 answers
        Verdict verdict;
        const char* reason_holds;
    } cases[] = {
        {"created", R"({"index":{"status":201}})", Verdict::written, ""},
        {"replaced an older version", R"({"index":{"status":200}})", Verdict::written, ""},
        {"the same version is there already",
         R"({"index":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"[a]: version conflict, current version [2199023255562] is higher or equal to the one provided [2199023255562]"}}})",
         Verdict::unchanged, ""},
        {"a newer version of our own epoch, from before the restart",
         R"({"index":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"[a]: version conflict, current version [2199023255999] is higher or equal to the one provided [2199023255562]"}}})",
         Verdict::unchanged, ""},
        {"a version of a later epoch: somebody else writes",
         R"({"index":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"[a]: version conflict, current version [3298534883329] is higher or equal to the one provided [2199023255562]"}}})",
         Verdict::stop, "epoch 3"},
        {"an id that looks like the sentence does not change the verdict",
         R"({"index":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"[current version [9999999999999999]]: version conflict, current version [2199023255999] is higher or equal to the one provided [2199023255562]"}}})",
         Verdict::unchanged, ""},
        {"a conflict that does not say with what",
         R"({"index":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"conflict"}}})",
         Verdict::dead_letter, "does not say"},
        {"a version cut off", R"({"index":{"status":409,"error":{"reason":"current version [21990"}}})", Verdict::dead_letter,
         "does not say"},
        {"a conflict without an error", R"({"index":{"status":409}})", Verdict::dead_letter, "does not say"},
        {"the write queue is full",
         R"({"index":{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"rejected execution of coordinating operation"}}})",
         Verdict::retry, "rejected execution"},
        {"the primary shard is missing",
         R"({"index":{"status":503,"error":{"type":"unavailable_shards_exception","reason":"primary shard is not active"}}})",
         Verdict::retry, "not active"},
        {"a server's own fault", R"({"index":{"status":500,"error":{"type":"x","reason":"y"}}})", Verdict::retry, "500 x: y"},
        {"a field of the wrong type, the sentence that helps is the cause's",
         R"({"index":{"status":400,"error":{"type":"document_parsing_exception","reason":"[1:32] failed to parse field [culprit.onset] of type [date] in document with id 'a'","caused_by":{"type":"illegal_argument_exception","reason":"failed to parse date field [x]"}}}})",
         Verdict::dead_letter, "failed to parse date field"},
        {"a mapping error of 7.17",
         R"({"index":{"status":400,"error":{"type":"mapper_parsing_exception","reason":"failed to parse"}}})",
         Verdict::dead_letter, "mapper_parsing_exception"},
        {"no room for another shard: the document is not to blame",
         R"({"index":{"status":400,"error":{"type":"validation_exception","reason":"Validation Failed: 1: this action would add [2] shards, but this cluster currently has [1000]/[1000] maximum normal shards open;"}}})",
         Verdict::retry_slowly, "maximum normal shards"},
        {"no right to write this index",
         R"({"index":{"status":403,"error":{"type":"security_exception","reason":"action [indices:data/write/bulk[s]] is unauthorized"}}})",
         Verdict::retry_slowly, "unauthorized"},
        {"a read-only index",
         R"({"index":{"status":403,"error":{"type":"cluster_block_exception","reason":"index [i] blocked by: [FORBIDDEN/8/index write (api)];"}}})",
         Verdict::retry_slowly, "blocked by"},
        {"indices are not created by themselves",
         R"({"index":{"status":404,"error":{"type":"index_not_found_exception","reason":"no such index [i]"}}})",
         Verdict::retry_slowly, "no such index"},
        {"too large for the server alone", R"({"index":{"status":413,"error":{"type":"x","reason":"too large"}}})",
         Verdict::dead_letter, "too large"},
        {"an item without a status", R"({"index":{}})", Verdict::retry, "no status"},
        {"an item that is none", R"(7)", Verdict::retry, "no status"},
    };
    for (const auto& one : cases) {
        const BulkVerdict verdict = judge_bulk_response(200, R"({"errors":true,"items":[)" + one.item + "]}", {2 * kEpoch + 10});
        ASSERT_EQ(verdict.outcome, BulkOutcome::items) << one.name;
        ASSERT_EQ(verdict.items.size(), 1U) << one.name;
        EXPECT_EQ(to_string(verdict.items[0].verdict), to_string(one.verdict)) << one.name;
        EXPECT_NE(verdict.items[0].reason.find(one.reason_holds), std::string::npos)
            << one.name << ": " << verdict.items[0].reason;
    }
}

TEST(BulkResponse, items_are_judged_in_the_order_of_the_documents) {
    const BulkVerdict verdict = judge_bulk_response(
        200,
        R"({"errors":true,"items":[{"index":{"status":201}},{"index":{"status":429,"error":{"type":"t","reason":"r"}}},{"index":{"status":409,"error":{"reason":"current version [1099511627780] is higher"}}}]})",
        {kEpoch + 1, kEpoch + 2, 5});
    ASSERT_EQ(verdict.items.size(), 3U);
    EXPECT_EQ(verdict.items[0].verdict, Verdict::written);
    EXPECT_EQ(verdict.items[1].verdict, Verdict::retry);
    EXPECT_EQ(verdict.items[2].verdict, Verdict::stop) << "this document's own epoch is 0";
}

TEST(BulkResponse, an_answer_as_a_whole_says_what_to_do_with_all_documents) {
    const struct {
        const char* name;
        int status;
        const char* body;
        BulkOutcome outcome;
        const char* reason_holds;
    } cases[] = {
        {"a gateway in between", 502, "<html>Bad Gateway</html>", BulkOutcome::retry, "502 <html>"},
        {"no master", 503, R"({"error":{"type":"master_not_discovered_exception","reason":null},"status":503})",
         BulkOutcome::retry, "master_not_discovered"},
        {"too many requests", 429,
         R"({"error":{"type":"circuit_breaking_exception","reason":"[parent] Data too large"},"status":429})", BulkOutcome::retry,
         "Data too large"},
        {"wrong password", 401,
         R"({"error":{"type":"security_exception","reason":"unable to authenticate user [x]"},"status":401})",
         BulkOutcome::retry_slowly, "unable to authenticate"},
        {"no right", 403, R"({"error":{"type":"security_exception","reason":"unauthorized"},"status":403})",
         BulkOutcome::retry_slowly, "unauthorized"},
        {"a wrong path", 404, "not here", BulkOutcome::retry_slowly, "404 not here"},
        {"a login page", 302, "", BulkOutcome::retry_slowly, "302"},
        {"larger than http.max_content_length", 413, "", BulkOutcome::split, "413"},
        {"not understood as a whole", 400,
         R"({"error":{"type":"illegal_argument_exception","reason":"Malformed action/metadata line [3]"},"status":400})",
         BulkOutcome::split, "Malformed action"},
        {"a proxy's 400 blames no document", 400, "<html>The plain HTTP request was sent to HTTPS port</html>",
         BulkOutcome::retry_slowly, "plain HTTP"},
        {"200 from somebody who is not Elasticsearch", 200, "<html>hello</html>", BulkOutcome::retry, "not Elasticsearch's"},
        {"200 for another number of documents", 200, R"({"items":[]})", BulkOutcome::retry, "of 1 documents speaks of 0"},
        {"an empty 200", 200, "", BulkOutcome::retry, "not Elasticsearch's"},
    };
    for (const auto& one : cases) {
        const BulkVerdict verdict = judge_bulk_response(one.status, one.body, {kEpoch});
        EXPECT_EQ(static_cast<int>(verdict.outcome), static_cast<int>(one.outcome)) << one.name;
        EXPECT_NE(verdict.reason.find(one.reason_holds), std::string::npos) << one.name << ": " << verdict.reason;
    }
}

TEST(BulkResponse, a_reason_is_one_line_of_bounded_length) {
    const std::string reason = error_reason("a\nb\r" + std::string(10'000, 'x'));
    EXPECT_EQ(reason.find('\n'), std::string::npos);
    EXPECT_LE(reason.size(), 500U);
}

}  // namespace
}  // namespace culprit
