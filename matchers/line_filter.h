#pragma once
// The literal filter over a piece of a file as a whole: where its lines end, and which of them may hold a signal. A line passes
// here if and only if it passes by itself; a test holds the two against each other. No line is touched but by the search for its
// line break, and by what passed.
//
// Pure. A LineFilter belongs to one thread; what it found is for the Matcher of the file, which may live on another.
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "matchers/literal_filter.h"
#include "matchers/record.h"

namespace culprit {

/// Lines of a file in a row. `bytes` are whoever's that read them.
struct FilteredLines {
    std::string_view bytes;             // whole lines, each with its `\n`; the file's last one may lack it
    Offset offset;                      // of the first byte
    std::uint64_t line = 1;             // the number of the first line
    std::optional<EventTime> written;   // as a RawRecord's
    std::vector<std::uint32_t> ends;    // of each line, in `bytes`, without its `\n`
    std::vector<std::uint32_t> passed;  // indices into `ends`, ascending

    std::size_t begin_of(std::size_t index) const { return index == 0 ? 0 : ends[index - 1] + 1; }
    RawRecord at(std::size_t index) const {
        const std::size_t begin = begin_of(index);
        return {bytes.substr(begin, ends[index] - begin), Offset{offset.value + static_cast<std::int64_t>(begin)}, std::nullopt,
                line + index, written};
    }
};

class LineFilter {
   public:
    /// `filter` must outlive it.
    explicit LineFilter(const LiteralFilter& filter) : filter_(filter), scratch_(filter.make_scratch()) {}

    /// Finds `ends` and `passed` of `lines.bytes`, of which there are less than 4 GiB.
    void filter(FilteredLines& lines);

   private:
    const LiteralFilter& filter_;
    LiteralFilter::Scratch scratch_;
    std::vector<std::uint32_t> places_;
};

}  // namespace culprit
