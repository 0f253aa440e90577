#include "daemon/sinks/incident_record.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

IncidentDocument incident() {
    return {"3f2a", (std::int64_t{7} << 40) + 12, from_micros(1'769'940'000'000'000), "open", "SEV2", R"({"culprit":{}})"};
}

TEST(IncidentRecord, comes_back_as_the_document_that_was_written) {
    for (const DocumentKind kind : {DocumentKind::incident, DocumentKind::change}) {
        IncidentDocument written = incident();
        written.kind = kind;
        const KafkaRecord record = to_record(written);
        EXPECT_EQ(record.key, "3f2a") << "the id: what the topic is compacted by";
        const auto read = to_document(record.key, *record.value, record.headers);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->id, written.id);
        EXPECT_EQ(read->version, written.version);
        EXPECT_EQ(read->bucket, written.bucket);
        EXPECT_EQ(read->status, written.status);
        EXPECT_EQ(read->severity, written.severity);
        EXPECT_EQ(read->json, written.json);
        EXPECT_EQ(read->kind, kind);
    }
}

TEST(IncidentRecord, a_note_is_read_back_and_taken_for_no_document) {
    OperatorNote note;
    note.kind = NoteKind::maintenance;
    note.time = from_micros(1'795'000'000'000'000);
    note.id = "m-1";
    note.database = "shop";
    note.from = note.time;
    note.until = note.time + std::chrono::hours{1};
    const KafkaRecord record = to_record(note);
    EXPECT_EQ(to_note(*record.value, record.headers), note);
    EXPECT_FALSE(to_document(record.key, *record.value, record.headers));
    EXPECT_FALSE(to_note("", record.headers)) << "a tombstone";
    EXPECT_FALSE(to_note(*to_record(incident()).value, to_record(incident()).headers));
}

TEST(IncidentRecord, what_is_none_of_culprits_is_passed_over) {
    const KafkaRecord record = to_record(incident());
    EXPECT_FALSE(to_document("3f2a", "", record.headers)) << "a tombstone";
    EXPECT_FALSE(to_document("", *record.value, record.headers));
    EXPECT_FALSE(to_document("3f2a", *record.value, {})) << "without headers";
    for (const char* name : {"kind", "version", "bucket", "status", "severity"}) {
        auto headers = record.headers;
        headers.erase(name);
        EXPECT_FALSE(to_document("3f2a", *record.value, headers)) << name;
    }
    auto headers = record.headers;
    headers["version"] = "12 or so";
    EXPECT_FALSE(to_document("3f2a", *record.value, headers));
    headers = record.headers;
    headers["kind"] = "order";
    EXPECT_FALSE(to_document("3f2a", *record.value, headers));
}

}  // namespace
}  // namespace culprit
