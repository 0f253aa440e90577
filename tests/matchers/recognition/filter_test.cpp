#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "matchers/catalogue.h"
#include "matchers/decoding/json_record.h"
#include "matchers/decoding/plain_text.h"
#include "matchers/decoding/postgresql_csvlog.h"
#include "matchers/literal_filter.h"
#include "matchers/log_entry.h"
#include "matchers/recognition.h"
#include "matchers/required_literals.h"
#include "matchers/rules.h"
#include "tests/source_dir.h"

namespace culprit {
namespace {

std::unique_ptr<const Recognition> recognition() {
    auto loaded = Recognition::load({}, {RedactedValues::hash, "secret"});
    EXPECT_TRUE(loaded.ok()) << (loaded.ok() ? "" : loaded.error().message);
    return std::move(loaded).value();
}

/// Lines of real logs (tests/corpus/README.md), unpacked by the system's gzip.
std::vector<std::string> corpus_lines() {
    std::vector<std::string> lines(1);
    FILE* pipe = popen(("gzip -dc '" + (source_dir() / "tests/corpus/recognition/lines.gz").string() + "'").c_str(), "r");
    if (pipe == nullptr) return lines;
    std::array<char, 65536> buffer{};
    for (std::size_t read = 0; (read = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
        for (std::size_t index = 0; index < read; ++index) {
            if (buffer[index] == '\n') {
                lines.emplace_back();
            } else {
                lines.back() += buffer[index];
            }
        }
    }
    pclose(pipe);
    return lines;
}

std::optional<Record> decoded(const std::string& line) {
    if (line.empty()) return std::nullopt;
    if (line.front() == '{') {
        JsonDecoder decoder;
        if (auto json = decoder.decode(line, std::nullopt)) return json->record;
        return std::nullopt;
    }
    if (auto record = decode_csvlog(line)) return record;
    return decode_plain_text({line}, std::nullopt);
}

TEST(LiteralFilter, lets_every_line_pass_that_the_full_path_makes_a_signal_of) {
    const auto known = recognition();
    auto scratch = known->filter().make_scratch();
    std::size_t signals = 0;
    for (const auto& line : corpus_lines()) {
        const auto record = decoded(line);
        if (!record) continue;
        const auto found = known->recognise(*record);
        if (found.empty()) continue;
        ++signals;
        EXPECT_TRUE(known->filter().passes(line, scratch)) << found.front().rule << ": " << line.substr(0, 400);
    }
    EXPECT_GT(signals, 1'000u);
}

std::string as_text(const std::vector<Signal>& signals) {
    std::string text;
    for (const auto& signal : signals) text += encode(signal) + '\n';
    return text;
}

TEST(LiteralFilter, leads_to_every_pattern_that_finds_something_when_all_are_tried) {
    const auto known = recognition();
    Candidates all(known->catalogue().patterns().size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    std::size_t symptoms = 0;
    const auto compare = [&](const Record& record) {
        const auto wanted = recognise(record, all, {known->catalogue(), known->redactor()});
        EXPECT_EQ(as_text(known->recognise(record)), as_text(wanted)) << record.message;
        symptoms += wanted.empty() ? 0 : 1;
    };
    const auto catalogue = Catalogue::load({});
    for (const auto& pattern : catalogue.value()->patterns()) {
        for (const auto& example : pattern.examples) {
            auto record = example.record;
            record.side = Side::server;
            record.level = "error";
            compare(record);
            record.sqlstate.clear();
            compare(record);
        }
    }
    EXPECT_GT(symptoms, 50u);
}

/// What services and servers write all day when nothing is wrong.
std::vector<std::string> ordinary_lines() {
    std::mt19937 random(7);
    const auto number = [&](int below) { return std::to_string(random() % static_cast<unsigned>(below)); };
    const auto one_of = [&](std::initializer_list<const char*> words) {
        return std::string(*(words.begin() + random() % words.size()));
    };
    std::vector<std::string> lines;
    for (int index = 0; index < 20'000; ++index) {
        const auto path = "/api/v1/" +
                          one_of({"orders", "users", "tables", "search?q=relation", "imports", "sessions", "schema"}) + "/" +
                          number(100'000);
        const auto time = "2026-11-20T12:" + number(60) + ":" + number(60) + "." + number(1000) + "Z";
        switch (random() % 6) {
            case 0:
                lines.push_back(R"({"time":")" + time + R"(","level":"INFO","msg":")" +
                                one_of({"request completed", "cache hit", "user logged in", "job started", "order created",
                                        "payment captured", "table view rendered"}) +
                                R"(","path":")" + path + R"(","status":200,"duration_ms":)" + number(5000) + R"(,"trace_id":")" +
                                number(1'000'000'000) + number(1'000'000'000) + R"("})");
                break;
            case 1:
                lines.push_back("10.0." + number(255) + "." + number(255) + " - - [20/Nov/2026:12:00:00 +0000] \"GET " + path +
                                " HTTP/1.1\" 200 " + number(90'000));
                break;
            case 2:
                lines.push_back("2026-11-20 12:00:00." + number(999) + " UTC [" + number(30'000) + "] LOG:  " +
                                one_of({"checkpoint starting: time", "connection received: host=10.0.0.1 port=5",
                                        "connection authorized: user=app database=shop", "disconnection: session time: 0:00:01.2",
                                        "automatic vacuum of table \"shop.public.orders\": index scans: 1"}));
                break;
            case 3:
                lines.push_back(time + "  INFO 1 --- [main] o.s.b.w.Tomcat : Tomcat " +
                                one_of({"started on port 8080", "initialized", "deployment finished in 12 ms", "copying files",
                                        "creating table cache"}));
                break;
            case 4:
                lines.push_back(
                    R"({"@timestamp":")" + time + R"(","log.level":"info","message":"GET )" + path +
                    R"( ok","kubernetes":{"deployment":{"name":"shop"},"labels":{"app":"shop"}},"host":{"name":"node-)" +
                    number(50) + R"("}})");
                break;
            default:
                lines.push_back(
                    "[" + time + "] DEBUG worker-" + number(16) + " " +
                    one_of({"polling queue", "made 3 retries", "file does not exist, using default", "failed to copy object",
                            "connection pool: 5 idle", "error rate 0.1%", "flushed 12 metrics", "created 3 tables of contents",
                            "key rotated", "null value skipped", "constraint solver ran", "migrating session 4",
                            "batch of 7 done", "unique visitors: 9", "duplicate request ignored", "foreign exchange rates loaded",
                            "deployment id read", "import finished", "sequence 4 acknowledged"}) +
                    " id=" + number(10'000'000));
        }
    }
    return lines;
}

TEST(LiteralFilter, holds_back_98_of_100_ordinary_lines) {
    const auto known = recognition();
    auto scratch = known->filter().make_scratch();
    const auto lines = ordinary_lines();
    std::size_t passed = 0;
    for (const auto& line : lines) passed += known->filter().passes(line, scratch) ? 1 : 0;
    EXPECT_LE(passed * 100, lines.size() * 2) << passed << " of " << lines.size();
}

TEST(LiteralFilter, finds_a_literal_in_any_case_and_place) {
    const auto filter = LiteralFilter::compile({"violates", "ОШИБКА"});
    ASSERT_TRUE(filter.ok());
    auto scratch = filter.value()->make_scratch();
    EXPECT_TRUE(filter.value()->passes("it VIOLATES the rules", scratch));
    EXPECT_TRUE(filter.value()->passes("x ОШИБКА", scratch));
    EXPECT_FALSE(filter.value()->passes("", scratch));
    EXPECT_FALSE(filter.value()->passes("violate s", scratch));
    EXPECT_FALSE(LiteralFilter::compile({}).ok());
    EXPECT_FALSE(LiteralFilter::compile({"ab"}).ok());
    EXPECT_FALSE(LiteralFilter::compile({"a\nb"}).ok());
}

TEST(LiteralFilter, asks_for_the_digits_behind_a_literal_at_each_of_its_places) {
    const auto filter = LiteralFilter::compile({"duration: 12[0-9][0-9]", "took 3[0-9]"});
    ASSERT_TRUE(filter.ok());
    auto scratch = filter.value()->make_scratch();
    EXPECT_TRUE(filter.value()->passes("LOG:  duration: 1200.5 ms", scratch));
    EXPECT_TRUE(filter.value()->passes("duration: 12345 ms", scratch));
    EXPECT_FALSE(filter.value()->passes("duration: 12.345 ms", scratch));
    EXPECT_FALSE(filter.value()->passes("duration: 120 ms", scratch));
    EXPECT_FALSE(filter.value()->passes("duration: 120", scratch));
    EXPECT_TRUE(filter.value()->passes("duration: 12 ms, then DURATION: 1200", scratch));
    std::vector<unsigned> found;
    filter.value()->matches("took 31 took 3 took 32, duration: 12.1, duration: 1234", scratch, found);
    EXPECT_EQ(found, (std::vector<unsigned>{0, 1}));
    EXPECT_FALSE(LiteralFilter::compile({"ab[0-9]"}).ok());
}

TEST(LiteralFilter, lets_a_logged_statement_pass_when_it_may_have_been_slow) {
    const auto known = recognition();
    auto scratch = known->filter().make_scratch();
    const auto line = [](const std::string& milliseconds) {
        return "2026-03-01 10:00:00.000 UTC [7] app@shop LOG:  duration: " + milliseconds +
               " ms  statement: SELECT 1 FROM orders";
    };
    for (const auto* slow : {"1000.000", "1234", "99999.9", "9999.123"})
        EXPECT_TRUE(known->filter().passes(line(slow), scratch)) << slow;
    for (const auto* quick : {"0.5", "9.123", "12.000", "999.999"})
        EXPECT_FALSE(known->filter().passes(line(quick), scratch)) << quick;
}

TEST(RequiredLiterals, are_in_every_match_and_survive_every_json_encoder) {
    const auto of = [](const char* expression) {
        const auto literals = required_literals(expression);
        return literals.ok() ? literals.value() : std::vector<std::string>{};
    };
    EXPECT_EQ(of("relation \"x\" does not exist"), (std::vector<std::string>{" does not exist"}));
    EXPECT_EQ(of("(?:apples|pears) here"), (std::vector<std::string>{"pears here", "apples here"}));
    EXPECT_EQ(of("\\d+ [a-z]+"), (std::vector<std::string>{}));
    EXPECT_EQ(literals_of_text("can't do <this> thing"), (std::vector<std::string>{" thing"}));
    EXPECT_EQ(literals_of_text("\" does not exist"), (std::vector<std::string>{"\" does not exist", "0022 does not exist"}));
    EXPECT_EQ(literals_of_text("ОШИБКА"), (std::vector<std::string>{"ОШИБКА", "\\u041e\\u0428\\u0418\\u0411\\u041a\\u0410"}));
}

}  // namespace
}  // namespace culprit
