// However large the units are and however many threads read them, a file's blocks hold its lines, once each and in their order.
#include "daemon/sources/file_blocks.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "daemon/sources/line_reader.h"
#include "matchers/recognition.h"
#include "temporary_folder.h"

namespace culprit {
namespace {

const Recognition& recognition() {
    static const auto loaded = Recognition::load({}, {RedactedValues::hash, "key"});
    return *loaded.value();
}

struct Line {
    std::string text;
    std::int64_t offset;
    std::uint64_t number;
    bool passed;
    bool operator==(const Line&) const = default;
};

std::vector<Line> by_blocks(const std::string& path, std::size_t helpers, std::int64_t unit) {
    const auto stream = InputStream::open(path);
    const auto size = FileBlocks::readable(*stream.value());
    std::vector<Line> lines;
    if (!size) return lines;
    FileBlocks blocks(*stream.value(), path, *size, recognition().filter(), helpers, unit);
    while (true) {
        const auto block = blocks.next();
        if (!block.ok() || block.value() == nullptr) break;
        auto passed = block.value()->passed.begin();
        for (std::size_t i = 0; i < block.value()->ends.size(); ++i) {
            const RawRecord record = block.value()->at(i);
            const bool passes = passed != block.value()->passed.end() && *passed == i;
            if (passes) ++passed;
            lines.push_back({std::string(record.bytes), record.offset.value, *record.line, passes});
        }
    }
    EXPECT_EQ(blocks.consumed(), static_cast<std::uint64_t>(*size));
    return lines;
}

std::vector<Line> by_lines(const std::string& path) {
    const auto stream = InputStream::open(path);
    auto scratch = recognition().filter().make_scratch();
    LineReader reader(Offset{0}, 1);
    std::vector<Line> lines;
    const auto add = [&](const RawRecord& record) {
        lines.push_back(
            {std::string(record.bytes), record.offset.value, *record.line, recognition().filter().passes(record.bytes, scratch)});
    };
    for (std::vector<RawRecord> records; reader.read(*stream.value(), records).value() > 0; records.clear()) {
        for (const RawRecord& record : records) add(record);
    }
    if (const auto rest = reader.rest()) add(*rest);
    return lines;
}

TEST(FileBlocks, HoldTheFilesLinesWhereverItsUnitsAreCut) {
    TemporaryFolder folder;
    const bool holds = rc::check("any units, any helpers", [&] {
        const auto lengths = *rc::gen::container<std::vector<int>>(
            rc::gen::weightedOneOf<int>({{8, rc::gen::inRange(0, 30)}, {1, rc::gen::inRange(100, 400)}, {2, rc::gen::just(-1)}}));
        std::string text;
        for (const int length : lengths)
            text += (length < 0 ? std::string("ERROR:  deadlock detected") : std::string(static_cast<std::size_t>(length), 'x')) +
                    '\n';
        if (!text.empty() && *rc::gen::arbitrary<bool>()) text.pop_back();
        const std::string path = folder.write("app.log", text);
        const auto unit = *rc::gen::inRange<std::int64_t>(1, 200);
        const auto helpers = *rc::gen::inRange<std::size_t>(0, 4);
        RC_ASSERT(by_blocks(path, helpers, unit) == by_lines(path));
    });
    EXPECT_TRUE(holds);
}

TEST(FileBlocks, ReadALargeFileSideBySide) {
    TemporaryFolder folder;
    std::string text;
    for (int i = 0; text.size() < 3'000'000; ++i)
        text += i % 100 == 7 ? "ERROR:  deadlock detected\n" : std::string(static_cast<std::size_t>(i) % 300, 'y') + "\n";
    const std::string path = folder.write("app.log", text);
    const auto expected = by_lines(path);
    for (const std::size_t helpers : {0, 1, 3})
        EXPECT_TRUE(by_blocks(path, helpers, FileBlocks::kUnit / 8) == expected) << helpers;
}

TEST(FileBlocks, OfALineThatIsTooLongTheBeginningIsGivenOnceAndTheNextLinesStand) {
    TemporaryFolder folder;
    const std::string path = folder.write("app.log", "first\n" + std::string(2 * kLongestLine, 'x') + "\nlast");
    const auto lines = by_blocks(path, 1, FileBlocks::kUnit);
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[1].text.size(), kLongestLine);
    EXPECT_EQ(lines[1].number, 2U);
    EXPECT_EQ(lines[2], (Line{"last", static_cast<std::int64_t>(6 + 2 * kLongestLine + 1), 3, false}));
}

TEST(FileBlocks, CanBeLeftBeforeTheEnd) {
    TemporaryFolder folder;
    const std::string path = folder.write("app.log", std::string(100'000, '\n'));
    const auto stream = InputStream::open(path);
    for (int round = 0; round < 50; ++round) {
        FileBlocks blocks(*stream.value(), path, 100'000, recognition().filter(), 3, 100);
        EXPECT_TRUE(blocks.next().ok());
    }
}

TEST(FileBlocks, AreNotOfWhatHasNoSizeOrIsCompressed) {
    TemporaryFolder folder;
    EXPECT_FALSE(FileBlocks::readable(*InputStream::open(folder.write("empty.log", "")).value()));
    EXPECT_TRUE(FileBlocks::readable(*InputStream::open(folder.write("app.log", "x")).value()));
    EXPECT_FALSE(FileBlocks::readable(*InputStream::open(folder.write("app.log.zst", "\x28\xb5\x2f\xfd")).value()));
}

}  // namespace
}  // namespace culprit
