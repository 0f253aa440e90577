#pragma once
// A plain file, read and filtered ahead of the thread that takes its blocks, by that thread and by helpers.
//
//   unit 0 │ unit 1 │ unit 2 │ …    claimed in order by whoever is free: read, cut into lines, literal filter
//      └──────> next() ──> next()   one thread takes the blocks in the order of the file, and matches them
//
// A unit is `kUnit` bytes of the file; its block are the lines that begin in it. Only the filter runs side by side: what the
// lines say depends on the lines before them, and is worked out in their order. No more than a few units are held at once.
//
// Owned by the thread that calls `next`; the helpers are its own and end with it.
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "daemon/sources/input_stream.h"
#include "matchers/line_filter.h"
#include "matchers/result.h"

namespace culprit {

class FileBlocks {
   public:
    static constexpr std::int64_t kUnit = 256 * 1024;

    /// `stream` is of a regular file that is not compressed (`readable`), `size` how far it is read: the last line that begins
    /// before it is read to its end. `filter` and `stream` must outlive it.
    FileBlocks(const InputStream& stream, std::string path, std::int64_t size, const LiteralFilter& filter, std::size_t helpers,
               std::int64_t unit = kUnit);
    ~FileBlocks();
    FileBlocks(const FileBlocks&) = delete;
    FileBlocks& operator=(const FileBlocks&) = delete;

    /// The size of a file that can be read in blocks; nothing for a pipe, a compressed file, or one that does not know its size.
    static std::optional<std::int64_t> readable(const InputStream& stream);

    /// The next block that has lines, null at the end. Lives until the next call.
    Result<const FilteredLines*> next();
    /// How far the file has been taken.
    std::uint64_t consumed() const;

   private:
    /// Grows and does not shrink: what is read next overwrites it.
    struct Buffer {
        std::string bytes;
        std::size_t size = 0;
        std::string_view view() const { return {bytes.data(), size}; }
    };
    struct Slot {
        Buffer buffer;
        FilteredLines lines;
        std::optional<Error> error;
        std::atomic<std::int32_t> done = 0;  // one more than the unit that lies in it
    };

    bool work_ahead(LineFilter& filter);
    void help();
    void work(std::int32_t unit, Slot& slot, LineFilter& filter);
    Result<std::string_view> lines_of(std::int32_t unit, Buffer& buffer, std::int64_t& begin) const;
    Result<bool> read_more(Buffer& buffer, std::int64_t from, std::size_t size) const;
    Slot& slot_of(std::int32_t unit) { return *slots_[static_cast<std::size_t>(unit) % slots_.size()]; }

    const int descriptor_;
    const std::string path_;
    const std::int64_t size_, unit_;
    const std::int32_t units_;
    const LiteralFilter& literals_;
    LineFilter filter_;  // of the thread that calls `next`
    std::vector<std::unique_ptr<Slot>> slots_;
    std::atomic<std::int32_t> claimed_ = 0;   // units below it are read, or being read
    std::atomic<std::int32_t> released_ = 0;  // units below it have been taken and are done with
    std::atomic<bool> stopping_ = false;
    std::int32_t taken_ = 0;
    std::uint64_t line_ = 1;
    std::vector<std::jthread> helpers_;
};

}  // namespace culprit
