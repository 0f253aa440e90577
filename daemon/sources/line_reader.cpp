#include "daemon/sources/line_reader.h"

#include <cstring>
#include <string_view>

namespace culprit {

namespace {
constexpr std::size_t kChunk = 256 * 1024;
}

Result<std::size_t> LineReader::read(InputStream& stream, std::vector<RawRecord>& lines) {
    buffer_.erase(0, begin_);
    searched_ -= begin_;
    begin_ = 0;
    const std::size_t had = buffer_.size();
    buffer_.resize(had + kChunk);
    const auto count = stream.read(buffer_.data() + had, kChunk);
    buffer_.resize(had + (count ? count.value() : 0));
    if (!count) return count;

    const auto take = [&](std::size_t length, std::size_t break_length) {
        if (!skipping_)
            lines.push_back({std::string_view(buffer_).substr(begin_, length), Offset{position_}, std::nullopt, line_});
        skipping_ = break_length == 0;
        begin_ += length + break_length;
        position_ += static_cast<std::int64_t>(length + break_length);
        if (break_length > 0) ++line_;
    };
    while (searched_ < buffer_.size()) {
        const void* found = std::memchr(buffer_.data() + searched_, '\n', buffer_.size() - searched_);
        if (!found) {
            searched_ = buffer_.size();
            break;
        }
        const std::size_t at = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
        take(at - begin_, 1);
        searched_ = begin_;
    }
    if (buffer_.size() - begin_ > kLongestLine || (skipping_ && begin_ < buffer_.size())) take(buffer_.size() - begin_, 0);
    return count;
}

std::optional<RawRecord> LineReader::rest() {
    if (skipping_ || begin_ == buffer_.size()) {
        skipping_ = false;
        return std::nullopt;
    }
    RawRecord record{std::string_view(buffer_).substr(begin_), Offset{position_}, std::nullopt, line_};
    position_ += static_cast<std::int64_t>(buffer_.size() - begin_);
    begin_ = searched_ = buffer_.size();
    return record;
}

}  // namespace culprit
