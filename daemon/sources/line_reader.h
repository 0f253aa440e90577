#pragma once
// Cuts a stream into lines at `\n` alone, and knows the byte and the number at which each begins. Owned by one thread.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/sources/input_stream.h"
#include "matchers/record.h"

namespace culprit {

/// What a line may hold; of a longer one the beginning is given, so that it is counted and refused rather than lost.
inline constexpr std::size_t kLongestLine = 8 << 20;

class LineReader {
   public:
    /// The stream stands at byte `at`, which begins line number `line`.
    LineReader(Offset at, std::uint64_t line) : position_(at.value), line_(line) {}

    /// Reads on and appends the lines that are complete. How many bytes came: 0 at the end. The records' bytes live until the
    /// next call.
    Result<std::size_t> read(InputStream& stream, std::vector<RawRecord>& lines);
    /// What stands behind the last line break, as a line of its own. Lives as the others do.
    std::optional<RawRecord> rest();
    bool has_rest() const { return begin_ < buffer_.size() || skipping_; }
    /// Behind the last byte that was read.
    std::int64_t end() const { return position_ + static_cast<std::int64_t>(buffer_.size() - begin_); }

   private:
    std::string buffer_;
    std::size_t begin_ = 0, searched_ = 0;
    std::int64_t position_;  // in the stream, of buffer_[begin_]
    std::uint64_t line_;
    bool skipping_ = false;  // the rest of a line that was too long
};

}  // namespace culprit
