// Signal logs outlive versions. recorded_log/ was written by the version before (commit 8f91200), which is also the one to go
// back to: what it wrote is read here, and what is written here it reads.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "correlator/correlator.h"
#include "daemon/base64.h"
#include "daemon/signal_log/stored_snapshot.h"
#include "matchers/log_entry.h"
#include "tests/source_dir.h"

namespace culprit {
namespace {

using nlohmann::json;

std::vector<std::string> recorded(const char* name) {
    std::ifstream file(source_dir() / "tests/daemon/recorded_log" / name);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

/// As a later version might write it: with fields that this one has never heard of.
void add_unknown_fields(json& value) {
    if (value.is_array())
        for (json& item : value) add_unknown_fields(item);
    if (!value.is_object()) return;
    for (auto& [key, item] : value.items()) add_unknown_fields(item);
    value["of_a_later_version"] = {{"a", 1}};
}

std::vector<std::string> documents_of(const std::vector<LogEntry>& entries) {
    Correlator correlator({});
    std::int64_t position = 0;
    for (const LogEntry& entry : entries) correlator.apply(entry, LogPosition{++position});
    correlator.revisions();
    std::vector<std::string> documents;
    for (const IncidentDocument& incident : correlator.incidents()) documents.push_back(incident.json);
    return documents;
}

TEST(Upgrade, EveryEntryOfTheVersionBeforeIsReadAndWrittenAsThatVersionReadsIt) {
    const auto lines = recorded("entries.ndjson");
    ASSERT_EQ(lines.size(), 27U);
    for (const std::string& line : lines) {
        const auto entry = decode_log_entry(line);
        ASSERT_TRUE(entry.ok()) << entry.error().message << "\n" << line;
        const json before = json::parse(line), now = json::parse(encode(entry.value()));
        EXPECT_EQ(now["v"], before["v"]) << "a new number is refused by the version before: it has to be able to read it first";
        // Nothing that the version before needs may be missing. What it does not know it passes over.
        const json difference = json::diff(before, now);
        for (const json& step : difference) EXPECT_EQ(step["op"], "add") << step << "\n" << line;
    }
}

TEST(Upgrade, WhatALaterVersionAddsIsPassedOver) {
    std::vector<LogEntry> plain, extended;
    for (const std::string& line : recorded("entries.ndjson")) {
        json later = json::parse(line);
        add_unknown_fields(later);
        const auto entry = decode_log_entry(later.dump());
        ASSERT_TRUE(entry.ok()) << entry.error().message;
        extended.push_back(entry.value());
        plain.push_back(decode_log_entry(line).value());
    }
    EXPECT_EQ(documents_of(extended), documents_of(plain));
}

TEST(Upgrade, ASnapshotOfTheVersionBeforeIsTakenOverAndEqualsFoldingItsLog) {
    SnapshotPieces pieces;
    for (const std::string& line : recorded("snapshot.txt")) {
        const auto space = line.find(' ');
        const auto value = from_base64(line.substr(space + 1));
        ASSERT_TRUE(value);
        pieces.add(line.substr(0, space), *value);
    }
    const auto snapshot = pieces.newest();
    ASSERT_TRUE(snapshot) << "it would fold its whole log again, or begin anew where retention has deleted that";
    EXPECT_FALSE(snapshot->rules.empty());
    EXPECT_GT(snapshot->epoch, 0);
    Correlator restored({});
    restored.restore(snapshot->fold);
    restored.revisions();

    std::vector<LogEntry> entries;
    for (const std::string& line : recorded("entries.ndjson")) entries.push_back(decode_log_entry(line).value());
    const auto folded = documents_of(entries);
    const auto incidents = restored.incidents();
    ASSERT_EQ(incidents.size(), folded.size());
    ASSERT_FALSE(folded.empty());
    for (std::size_t i = 0; i < folded.size(); ++i) {
        json one = json::parse(incidents[i].json), other = json::parse(folded[i]);
        one["culprit"].erase("version");
        other["culprit"].erase("version");
        EXPECT_EQ(one, other);
    }
}

TEST(Upgrade, AnEntryOrASnapshotOfAFormatThatIsNotKnownStopsTheFoldInsteadOfBeingLost) {
    json entry = json::parse(recorded("entries.ndjson").front());
    entry["v"] = entry["v"].get<int>() + 1;
    const auto refused = decode_log_entry(entry.dump());
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().message.find("run the version that wrote it"), std::string::npos) << refused.error().message;
}

}  // namespace
}  // namespace culprit
