#include "matchers/line_filter.h"

#include <cstring>
#include <numeric>

#include "matchers/decoding/envelope.h"

namespace culprit {

void LineFilter::filter(FilteredLines& lines) {
    const std::string_view bytes = lines.bytes;
    lines.ends.clear();
    lines.passed.clear();
    places_.clear();
    // No literal holds a line break, so none lies across two lines.
    const bool searched = filter_.places(bytes, scratch_, places_);
    std::size_t place = 0;
    for (std::size_t begin = 0; begin < bytes.size();) {
        const void* found = std::memchr(bytes.data() + begin, '\n', bytes.size() - begin);
        const std::size_t end =
            found == nullptr ? bytes.size() : static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
        bool passes = place < places_.size() && places_[place] <= end;
        while (place < places_.size() && places_[place] <= end) ++place;
        passes = passes || may_be_cut(bytes.substr(begin, end - begin));
        if (passes) lines.passed.push_back(static_cast<std::uint32_t>(lines.ends.size()));
        lines.ends.push_back(static_cast<std::uint32_t>(end));
        begin = end + 1;
    }
    if (searched) return;
    // Whatever went wrong, nothing is lost by it.
    lines.passed.resize(lines.ends.size());
    std::iota(lines.passed.begin(), lines.passed.end(), 0);
}

}  // namespace culprit
