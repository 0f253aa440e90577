#include "daemon/sinks/file_sink.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "daemon/sinks/written_documents.h"

namespace culprit {
namespace {

IncidentDocument document(const std::string& id, std::int64_t version, const std::string& message) {
    IncidentDocument made;
    made.id = id;
    made.version = version;
    made.json = R"({"message":")" + message + R"(","culprit":{"id":")" + id + R"(","version":)" + std::to_string(version) + "}}";
    return made;
}

class FileSinkTest : public testing::Test {
   protected:
    FileSinkTest() : path_(std::filesystem::temp_directory_path() / ("culprit-file-sink-" + std::to_string(getpid()))) {
        std::filesystem::remove(path_);
    }
    ~FileSinkTest() override { std::filesystem::remove(path_); }
    std::unique_ptr<Sink> open(OutputFormat format = OutputFormat::ndjson) {
        auto made = make_file_sink({path_, format}, telemetry_);
        if (!made.ok()) throw std::runtime_error(made.error().message);
        return std::move(made).value();
    }
    std::string content() const {
        std::ifstream file(path_, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::filesystem::path path_;
    Telemetry telemetry_;
};

TEST_F(FileSinkTest, writes_a_line_for_each_revision_at_once) {
    auto sink = open();
    sink->offer({document("a", 1, "one"), document("b", 1, "two")});
    sink->offer({document("a", 2, "more")});
    EXPECT_EQ(content(),
              document("a", 1, "one").json + "\n" + document("b", 1, "two").json + "\n" + document("a", 2, "more").json + "\n");
    EXPECT_EQ(sink->pending(), 0U);
    EXPECT_EQ(sink->drain(std::chrono::milliseconds(0)), 0U);
    EXPECT_TRUE(sink->health().ready);
}

TEST_F(FileSinkTest, after_a_restart_what_stands_there_is_not_written_again) {
    open()->offer({document("a", 1, "one"), document("a", 2, "more"), document("b", 3, "two")});
    const std::string before = content();
    auto sink = open();
    sink->offer({document("a", 2, "more"), document("b", 9, "two")});
    EXPECT_EQ(content(), before) << "a new version of the same words says nothing new";
    sink->offer({document("b", 10, "three")});
    EXPECT_EQ(content(), before + document("b", 10, "three").json + "\n");
}

TEST_F(FileSinkTest, a_line_cut_by_a_crash_spoils_only_itself) {
    const std::string whole = document("a", 1, "one").json;
    std::ofstream(path_) << whole << "\n" << document("b", 1, "two").json.substr(0, 20);
    auto sink = open();
    sink->offer({document("a", 1, "one"), document("b", 1, "two")});
    EXPECT_EQ(content(), whole + "\n" + document("b", 1, "two").json.substr(0, 20) + "\n" + document("b", 1, "two").json + "\n");
}

TEST_F(FileSinkTest, text_for_people_has_no_colour_in_a_file) {
    auto sink = open(OutputFormat::text);
    sink->offer({document("a", 1, "one")});
    EXPECT_FALSE(content().empty());
    EXPECT_EQ(content().find('\x1b'), std::string::npos);
    const std::string once = content();
    sink->offer({document("a", 2, "one")});
    EXPECT_EQ(content(), once) << "a revision that says the same is not printed again";
}

TEST_F(FileSinkTest, a_folder_that_is_not_there_is_an_error_that_names_it) {
    const auto made = make_file_sink({"/nowhere/incidents.ndjson", OutputFormat::ndjson}, telemetry_);
    ASSERT_FALSE(made.ok());
    EXPECT_NE(made.error().message.find("cannot open '/nowhere/incidents.ndjson' for writing: No such file or directory"),
              std::string::npos);
}

TEST_F(FileSinkTest, on_a_full_disk_the_newest_documents_are_kept_and_said) {
    auto made = make_file_sink({"/dev/full", OutputFormat::ndjson}, telemetry_);
    ASSERT_TRUE(made.ok());
    Sink& sink = *made.value();
    sink.offer({document("a", 1, "one"), document("b", 1, "two")});
    sink.offer({document("a", 2, "more")});
    EXPECT_EQ(sink.pending(), 2U);
    EXPECT_FALSE(sink.health().ready);
    EXPECT_NE(sink.health().state.find("No space left on device; 2 documents wait"), std::string::npos) << sink.health().state;
    EXPECT_EQ(sink.drain(std::chrono::milliseconds(10)), 2U);
}

TEST(WrittenDocuments, beyond_the_limit_the_incidents_first_seen_are_forgotten) {
    WrittenDocuments written(2);
    for (const char* id : {"a", "b", "c"}) written.remember(*WrittenDocuments::content_of(document(id, 1, "x").json));
    EXPECT_EQ(written.size(), 2U);
    EXPECT_FALSE(written.holds(*WrittenDocuments::content_of(document("a", 1, "x").json)));
    EXPECT_TRUE(written.holds(*WrittenDocuments::content_of(document("c", 1, "x").json)));
}

TEST(WrittenDocuments, what_is_no_incident_has_no_content) {
    for (const char* json : {"", "{", "7", "{}", R"({"culprit":{}})", R"({"culprit":{"id":7}})"})
        EXPECT_FALSE(WrittenDocuments::content_of(json)) << json;
}

}  // namespace
}  // namespace culprit
