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

TEST_F(FileSinkTest, a_long_history_does_not_hold_the_start_up) {
    const std::string filling(3'000, 'x');
    {
        std::ofstream file(path_);
        for (int i = 0; i < 50'000; ++i)
            file << document("i" + std::to_string(i % 1'000), i, filling + std::to_string(i)).json << '\n';
    }
    const auto begin = std::chrono::steady_clock::now();
    auto sink = open();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3)) << "150 MB";
    const auto before = std::filesystem::file_size(path_);
    sink->offer({document("i7", 99'999, filling + "49007")});
    EXPECT_EQ(std::filesystem::file_size(path_), before);
    sink->offer({document("i7", 99'999, filling + "48007")});
    EXPECT_GT(std::filesystem::file_size(path_), before) << "an earlier revision of it is not what stands there";
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

TEST(WrittenDocuments, the_version_alone_makes_no_other_content) {
    const auto content = [](const std::string& json) { return WrittenDocuments::content_of(json).value(); };
    // As the correlator writes it, in another order, with words that look like the document's own, without anything behind.
    for (const char* json :
         {R"({"message":"m","culprit":{"id":"a","version":7,"status":"open"}})",
          R"({"culprit":{"status":"open","version":7,"id":"a"}})",
          R"({"message":"\"culprit\":{\"id\":\"b\",\"version\":8","culprit":{"id":"a","version":7,"status":"open"}})",
          R"({"culprit":{"id":"a","version":7}})"}) {
        std::string other = json;
        other.replace(other.rfind(":7") + 1, 1, "1099511627776");
        EXPECT_EQ(content(json).id, "a") << json;
        EXPECT_EQ(content(json).hash, content(other).hash) << json;
        std::string said = json;
        said.replace(said.rfind("\"a\"") + 1, 1, "c");
        EXPECT_EQ(content(said).id, "c") << said;
        EXPECT_NE(content(json).hash, content(said).hash) << json;
    }
    EXPECT_NE(content(R"({"culprit":{"id":"a","version":7,"status":"open"}})").hash,
              content(R"({"culprit":{"id":"a","version":7,"status":"resolved"}})").hash);
}

TEST(WrittenDocuments, what_is_no_incident_has_no_content) {
    for (const char* json : {"", "{", "7", "{}", R"({"culprit":{}})", R"({"culprit":{"id":7}})"})
        EXPECT_FALSE(WrittenDocuments::content_of(json)) << json;
}

}  // namespace
}  // namespace culprit
