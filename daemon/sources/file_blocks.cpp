#include "daemon/sources/file_blocks.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "daemon/sources/line_reader.h"

namespace culprit {

namespace {

constexpr std::size_t kSlotsPerThread = 3;
constexpr std::size_t kLineAhead = 8 * 1024;  // read beyond a unit, where its last line most often ends
constexpr std::size_t kMore = 256 * 1024;     // read further for a line that does not

}  // namespace

std::optional<std::int64_t> FileBlocks::readable(const InputStream& stream) {
    struct stat status {};
    if (stream.compressed() || ::fstat(stream.descriptor(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    if (status.st_size == 0) return std::nullopt;  // as files of /proc say
    return status.st_size;
}

FileBlocks::FileBlocks(const InputStream& stream, std::string path, std::int64_t size, const LiteralFilter& filter,
                       std::size_t helpers, std::int64_t unit)
    : descriptor_(stream.descriptor()),
      path_(std::move(path)),
      size_(size),
      unit_(unit),
      units_(static_cast<std::int32_t>((size + unit - 1) / unit)),
      literals_(filter),
      filter_(filter) {
    helpers = std::min(helpers, static_cast<std::size_t>(std::max(0, units_ - 1)));
    for (std::size_t i = 0; i < kSlotsPerThread * (helpers + 1); ++i) slots_.push_back(std::make_unique<Slot>());
    for (std::size_t i = 0; i < helpers; ++i) helpers_.emplace_back([this] { help(); });
}

FileBlocks::~FileBlocks() {
    stopping_ = true;
    released_ = units_;  // wakes whoever waits for room
    released_.notify_all();
}

std::uint64_t FileBlocks::consumed() const { return static_cast<std::uint64_t>(std::min(size_, taken_ * unit_)); }

/// Claims a unit and reads it; false when none may be claimed now.
bool FileBlocks::work_ahead(LineFilter& filter) {
    std::int32_t unit = claimed_;
    do {
        if (unit >= units_ || unit - released_ >= static_cast<std::int32_t>(slots_.size())) return false;
    } while (!claimed_.compare_exchange_weak(unit, unit + 1));
    Slot& slot = slot_of(unit);
    work(unit, slot, filter);
    slot.done = unit + 1;
    slot.done.notify_all();
    return true;
}

void FileBlocks::help() {
    LineFilter filter(literals_);
    while (!stopping_) {
        const std::int32_t released = released_;
        if (work_ahead(filter)) continue;
        if (claimed_ >= units_) return;
        if (!stopping_) released_.wait(released);
    }
}

Result<const FilteredLines*> FileBlocks::next() {
    while (true) {
        released_ = taken_;
        released_.notify_all();
        if (taken_ == units_) return nullptr;
        Slot& slot = slot_of(taken_);
        for (std::int32_t done = slot.done; done != taken_ + 1; done = slot.done) {
            if (!work_ahead(filter_)) slot.done.wait(done);
        }
        ++taken_;
        if (slot.error) return *slot.error;
        slot.lines.line = line_;
        line_ += slot.lines.ends.size();
        if (!slot.lines.ends.empty()) return &slot.lines;
    }
}

void FileBlocks::work(std::int32_t unit, Slot& slot, LineFilter& filter) {
    std::int64_t begin = 0;
    const auto lines = lines_of(unit, slot.buffer, begin);
    slot.error.reset();
    slot.lines.bytes = {};
    if (lines.ok()) {
        slot.lines.bytes = lines.value();
    } else {
        slot.error = lines.error();
    }
    slot.lines.offset = Offset{begin};
    slot.lines.written = last_written(descriptor_);
    filter.filter(slot.lines);
}

/// Reads `size` bytes more behind what is in `buffer`, which begins at byte `from`. False at the file's end.
Result<bool> FileBlocks::read_more(Buffer& buffer, std::int64_t from, std::size_t size) const {
    const std::size_t wanted = buffer.size + size;
    if (buffer.bytes.size() < wanted) buffer.bytes.resize(wanted);
    while (buffer.size < wanted) {
        const ssize_t count = ::pread(descriptor_, buffer.bytes.data() + buffer.size, wanted - buffer.size,
                                      from + static_cast<std::int64_t>(buffer.size));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return Error{path_ + " cannot be read: " + std::strerror(errno)};
        if (count == 0) return false;
        buffer.size += static_cast<std::size_t>(count);
    }
    return true;
}

/// The lines that begin in the unit; `begin` is the byte of the first.
Result<std::string_view> FileBlocks::lines_of(std::int32_t unit, Buffer& buffer, std::int64_t& begin) const {
    const std::int64_t unit_begin = unit * unit_;
    const std::int64_t from = unit == 0 ? 0 : unit_begin - 1;  // is there a line break before it?
    const auto unit_size = static_cast<std::size_t>(std::min(size_ - unit_begin, unit_) + (unit_begin - from));
    buffer.size = 0;
    auto more = read_more(buffer, from, unit_size + kLineAhead);
    if (!more.ok()) return more.error();
    const std::string_view in_unit = buffer.view().substr(0, unit_size);
    std::size_t first = 0;
    if (unit > 0) {
        const std::size_t line_break = in_unit.find('\n');
        if (line_break == std::string_view::npos) return std::string_view{};  // inside of a line that began before
        first = line_break + 1;
    }
    begin = from + static_cast<std::int64_t>(first);
    if (first >= in_unit.size()) return std::string_view{};
    // The last line ends with the first line break from the unit's last byte on.
    const std::size_t last_byte = in_unit.size() - 1;
    std::size_t end = buffer.view().find('\n', last_byte);
    if (end == std::string_view::npos) {
        const std::size_t before = in_unit.substr(0, last_byte).rfind('\n');
        const std::size_t last_line = before == std::string_view::npos || before < first ? first : before + 1;
        while (end == std::string_view::npos && more.value() && buffer.size - last_line <= kLongestLine) {
            const std::size_t searched = buffer.size;
            more = read_more(buffer, from, kMore);
            if (!more.ok()) return more.error();
            end = buffer.view().find('\n', searched);
        }
        // Of a longer line the beginning is enough, so that it is counted and refused.
        end = std::min({end, buffer.size, last_line + kLongestLine});
    }
    if (end < buffer.size && buffer.bytes[end] == '\n') ++end;
    return buffer.view().substr(first, end - first);
}

}  // namespace culprit
