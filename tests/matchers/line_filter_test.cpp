// Lines that are filtered in blocks give what they give one by one: the same lines pass, and the matcher says the same of them.
#include "matchers/line_filter.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "matchers/decoding/envelope.h"
#include "matchers/log_entry.h"
#include "matchers/retold_errors.h"
#include "tests/matchers/corpus_files.h"
#include "tests/matchers/recognised_lines.h"

namespace culprit {
namespace {

using namespace testing_lines;

SourceProfile file() { return {{SourceType::file, "app.log", 0}, {}, {}}; }

AssemblyLimits patient(std::size_t records = AssemblyLimits{}.records) {
    AssemblyLimits limits;
    limits.records = records;
    limits.patient = true;
    return limits;
}

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += line + '\n';
    return text;
}

/// Everything a batch says.
struct Said {
    std::vector<std::string> batches;
    bool operator==(const Said&) const = default;
    void add(const MatchedBatch& batch) {
        std::string text = "next " + std::to_string(batch.next.value);
        const MatcherCounters& counters = batch.counters;
        for (const auto count : {counters.records, counters.bytes, counters.filter_passes, counters.decoded, counters.undecodable,
                                 counters.repaired_utf8, counters.unmatched, counters.assemblies_cut})
            text += ' ' + std::to_string(count);
        for (const auto& signal : batch.signals) text += '\n' + to_json_line(signal);
        for (const auto& letter : batch.dead_letters)
            text += '\n' + letter.reason + ' ' + std::to_string(letter.source.offset.value) + ' ' +
                    std::to_string(letter.source.line.value_or(0));
        text += '\n' + encode(LogEntry{batch.watermark});
        batches.push_back(std::move(text));
    }
};

/// Both ways over the same text, with the batches taken behind the same lines. `cuts`: how many lines each block has.
std::pair<Said, Said> both_ways(const std::string& text, const std::vector<std::size_t>& cuts, const AssemblyLimits& limits) {
    Matcher by_blocks{recognition(), file(), {0}, limits}, by_lines{recognition(), file(), {0}, limits};
    LineFilter filter{recognition().filter()};
    Said blocks, lines;
    std::size_t begin = 0, cut = 0;
    std::uint64_t number = 1;
    while (begin < text.size()) {
        std::size_t end = begin;
        for (std::size_t left = cuts.empty() ? SIZE_MAX : cuts[cut++ % cuts.size()]; left > 0 && end < text.size(); --left)
            end = std::min(text.find('\n', end), text.size() - 1) + 1;
        FilteredLines block;
        block.bytes = std::string_view(text).substr(begin, end - begin);
        block.offset = Offset{static_cast<std::int64_t>(begin)};
        block.line = number;
        block.written = from_micros(1795177520200000);
        filter.filter(block);
        by_blocks.accept(block);
        std::vector<RawRecord> records;
        for (std::size_t i = 0; i < block.ends.size(); ++i) records.push_back(block.at(i));
        by_lines.accept(records);
        blocks.add(by_blocks.take());
        lines.add(by_lines.take());
        number += block.ends.size();
        begin = end;
    }
    by_blocks.close_open_entries();
    by_lines.close_open_entries();
    blocks.add(by_blocks.take());
    lines.add(by_lines.take());
    return {blocks, lines};
}

std::vector<std::vector<std::string>> corpus_texts() {
    std::vector<std::vector<std::string>> texts;
    for (const auto* folder : {"ordinary", "other_software", "recognition"}) {
        for (const auto& gz : corpus_files(folder, ".gz")) texts.push_back(unpacked(gz));
    }
    for (const auto& archive : corpus_files("scenarios", ".tar.zst"))
        texts.push_back(lines_of_command("zstd -dc '" + archive.string() + "' | tar -xO"));
    for (auto& text : texts) text.resize(std::min<std::size_t>(text.size(), 5'000));
    return texts;
}

TEST(LineFilter, ALinePassesInABlockIfAndOnlyIfItPassesAlone) {
    auto scratch = recognition().filter().make_scratch();
    LineFilter filter{recognition().filter()};
    std::size_t passed = 0, lines = 0;
    auto texts = corpus_texts();
    texts.push_back(
        {"", "ERROR:  ", "", "2026-11-20T12:25:20.150Z stdout P begins", std::string(20'000, 'x'), "duration: 1", "000 ms"});
    for (const auto& text : texts) {
        const std::string bytes = joined(text);
        FilteredLines block;
        block.bytes = bytes;
        filter.filter(block);
        ASSERT_EQ(block.ends.size(), text.size());
        std::vector<std::uint32_t> alone;
        for (std::size_t i = 0; i < text.size(); ++i) {
            ASSERT_EQ(block.at(i).bytes, text[i]);
            if (recognition().filter().passes(text[i], scratch) || may_be_cut(text[i]))
                alone.push_back(static_cast<std::uint32_t>(i));
        }
        EXPECT_EQ(block.passed, alone) << text.front();
        passed += alone.size();
        lines += text.size();
    }
    EXPECT_GT(passed, 500U);
    EXPECT_GT(lines, 10'000U);
}

TEST(LineFilter, ALastLineWithoutALineBreakIsALine) {
    LineFilter filter{recognition().filter()};
    FilteredLines block;
    block.bytes = "fine\nERROR:  x";
    filter.filter(block);
    EXPECT_EQ(block.ends, (std::vector<std::uint32_t>{4, 14}));
    EXPECT_EQ(block.passed, std::vector<std::uint32_t>{1});
    EXPECT_EQ(block.at(1).bytes, "ERROR:  x");
    EXPECT_EQ(block.at(1).offset.value, 5);
    EXPECT_EQ(block.at(1).line, 2U);
    block.bytes = "";
    filter.filter(block);
    EXPECT_TRUE(block.ends.empty());
}

TEST(LineFilter, BlocksOfRecordedLogsSayWhatTheirLinesSay) {
    std::size_t signals = 0;
    for (const auto& text : corpus_texts()) {
        const std::string bytes = joined(text);
        for (const std::vector<std::size_t>& cuts : {std::vector<std::size_t>{}, {3, 700, 1, 40}}) {
            const auto [blocks, lines] = both_ways(bytes, cuts, patient());
            ASSERT_EQ(blocks.batches, lines.batches) << text.front();
            for (const auto& batch : blocks.batches) signals += batch.find("\n{\"") != std::string::npos ? 1 : 0;
        }
    }
    EXPECT_GT(signals, 20U);
}

TEST(LineFilter, AnyLinesInAnyBlocksSayTheSame) {
    std::vector<std::string> pool;
    for (const auto& text : corpus_texts()) {
        for (std::size_t i = 0; i < text.size(); i += 97) pool.push_back(text[i]);
    }
    // Entries of several lines, and errors that are told again.
    for (const int pid : {7, 8}) {
        pool.insert(pool.end(), 20, pg(pid, "ERROR:  duplicate key value violates unique constraint \"a_pkey\""));
        pool.insert(pool.end(), 20, pg(pid, "DETAIL:  Key (id)=(4) already exists."));
        pool.insert(pool.end(), 20, pg(pid, "STATEMENT:  INSERT INTO a VALUES ($1)"));
        pool.insert(pool.end(), 20, pg(pid, "LOG:  duration: 3 ms  statement: SELECT 1"));
    }
    pool.insert(pool.end(), 30, "\tcontinued, violates unique constraint");
    pool.insert(pool.end(), 30, json_error("j_pkey"));
    pool.insert(
        pool.end(), 20,
        R"({"@timestamp":"2026-11-20T12:25:20.151Z","level":"ERROR","logger_name":"org.hibernate.engine.jdbc.spi.SqlExceptionHelper","message":"ERROR: duplicate key value violates unique constraint \"j_pkey\""})");
    pool.insert(pool.end(), 200, "nothing of interest");
    const bool holds = rc::check("any cuts", [&] {
        const auto size = *rc::gen::inRange<std::size_t>(1, 900);
        const auto choices = *rc::gen::container<std::vector<std::size_t>>(size, rc::gen::inRange<std::size_t>(0, pool.size()));
        const auto cuts = *rc::gen::container<std::vector<std::size_t>>(4, rc::gen::inRange<std::size_t>(1, 400));
        const auto records = *rc::gen::element<std::size_t>(12, 2'000);
        std::string text;
        for (const auto choice : choices) text += pool[choice] + '\n';
        if (*rc::gen::arbitrary<bool>()) text.pop_back();
        const auto [blocks, lines] = both_ways(text, cuts, patient(records));
        RC_ASSERT(blocks.batches == lines.batches);
    });
    EXPECT_TRUE(holds);
}

TEST(LineFilter, AnErrorIsToldAgainWithin2000RecordsHoweverTheyAreRead) {
    const std::string first =
        R"({"level":"ERROR","logger_name":"org.hibernate.engine.jdbc.spi.SqlExceptionHelper","message":"ERROR: duplicate key value violates unique constraint \"h_pkey\"","time":"2026-11-20T12:25:20.100Z"})";
    const std::string again =
        R"({"level":"ERROR","logger_name":"com.acme.Wallet","message":"failed: duplicate key value violates unique constraint \"h_pkey\"","time":"2026-11-20T12:25:20.190Z"})";
    for (const std::size_t between : {1'998, 1'999, 2'000, 2'001}) {
        std::vector<std::string> lines{first};
        lines.insert(lines.end(), between, "nothing of interest");
        lines.push_back(again);
        const auto [blocks, records] = both_ways(joined(lines), {}, patient());
        EXPECT_EQ(blocks.batches, records.batches) << between;
        std::size_t signals = 0;
        for (const auto& batch : blocks.batches) {
            const std::string_view kind = R"("kind":"unique_violation")";
            for (auto at = batch.find(kind); at != std::string::npos; at = batch.find(kind, at + 1)) ++signals;
        }
        EXPECT_EQ(signals, between < RetoldErrors::kRecords ? 1U : 2U) << between;
    }
}

}  // namespace
}  // namespace culprit
