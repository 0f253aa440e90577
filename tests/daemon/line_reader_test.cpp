#include "daemon/sources/line_reader.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "temporary_folder.h"

namespace culprit {
namespace {

struct Line {
    std::string text;
    std::int64_t offset;
    std::uint64_t number;
    bool operator==(const Line&) const = default;
};
void PrintTo(const Line& line, std::ostream* out) {
    *out << "'" << line.text << "' at " << line.offset << ", line " << line.number;
}

std::vector<Line> lines_of(const std::string& path, std::string* error = nullptr) {
    std::vector<Line> lines;
    auto stream = InputStream::open(path);
    if (!stream) {
        if (error) *error = stream.error().message;
        return lines;
    }
    LineReader reader(Offset{0}, 1);
    std::vector<RawRecord> records;
    while (true) {
        records.clear();
        const auto count = reader.read(*stream.value(), records);
        for (const RawRecord& record : records) lines.push_back({std::string(record.bytes), record.offset.value, *record.line});
        if (!count && error) *error = count.error().message;
        if (!count || count.value() == 0) break;
    }
    if (const auto rest = reader.rest()) lines.push_back({std::string(rest->bytes), rest->offset.value, *rest->line});
    return lines;
}

std::string gzipped(const std::string& text) {
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

std::string zstd_packed(const std::string& text) {
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
    return packed;
}

class LineReaderTest : public testing::Test {
   protected:
    TemporaryFolder folder_;
};

TEST_F(LineReaderTest, LinesEndAtLineFeedsAloneAndKeepEverythingElse) {
    const std::string text("one\r\n\nt\0wo\vx\n\xe2\x80\xa8rest", 19);
    const std::vector<Line> expected{{"one\r", 0, 1}, {"", 5, 2}, {std::string("t\0wo\vx", 6), 6, 3}, {"\xe2\x80\xa8res", 13, 4}};
    EXPECT_EQ(lines_of(folder_.write("a.log", text)), expected);
}

TEST_F(LineReaderTest, GzipAndZstdAreToldByTheirFirstBytesAndMayHaveSeveralParts) {
    const std::vector<Line> expected{{"first", 0, 1}, {"second", 6, 2}, {"third", 13, 3}};
    EXPECT_EQ(lines_of(folder_.write("a.log", gzipped("first\nsec") + gzipped("ond\nthird\n"))), expected);
    EXPECT_EQ(lines_of(folder_.write("b.log", zstd_packed("first\nsec") + zstd_packed("ond\nthird\n"))), expected);
}

TEST_F(LineReaderTest, ACompressedFileThatIsCutOffGivesWhatItHoldsAndSaysSo) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += "line " + std::to_string(i * 7'919) + "\n";
    for (std::string packed : {gzipped(text), zstd_packed(text)}) {
        packed.resize(packed.size() / 2);
        std::string error;
        const auto lines = lines_of(folder_.write("a.log.gz", packed), &error);
        EXPECT_GT(lines.size(), 1'000U);
        EXPECT_NE(error.find("cut off"), std::string::npos) << error;
    }
}

TEST_F(LineReaderTest, ALineThatIsTooLongIsGivenOnceByItsBeginning) {
    const std::string path = folder_.write("a.log", "before\n" + std::string(20 << 20, 'x') + "\nafter\n");
    const auto lines = lines_of(path);
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_GE(lines[1].text.size(), kLongestLine);
    EXPECT_LT(lines[1].text.size(), kLongestLine + (1 << 20));
    EXPECT_EQ(lines[2], (Line{"after", 7 + (20 << 20) + 1, 3}));
}

TEST_F(LineReaderTest, AFolderIsNoFile) {
    std::string error;
    lines_of(folder_.path(), &error);
    EXPECT_EQ(error, folder_.path() + " cannot be read: it is a folder");
}

}  // namespace
}  // namespace culprit
