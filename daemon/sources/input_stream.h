#pragma once
// The bytes of a file or of stdin, decompressed where they are gzip or zstd (told by their first bytes, not by their name).
// Owned by one thread.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "matchers/event_time.h"
#include "matchers/result.h"

namespace culprit {

class InputStream {
   public:
    /// "-" is stdin.
    static Result<std::unique_ptr<InputStream>> open(const std::string& path);
    ~InputStream();

    /// Up to `size` bytes; 0 at the end. A plain file that has grown since gives more after that.
    Result<std::size_t> read(char* to, std::size_t size);
    bool compressed() const;
    /// Of the file itself, for stat and for its identity. Stays the stream's.
    int descriptor() const;
    /// How many bytes of the file itself have been read.
    std::uint64_t consumed() const;
    /// Plain files only.
    Result<Done> seek(std::int64_t byte);

   private:
    struct State;
    explicit InputStream(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// When the open file was last written to; nothing when it cannot be asked.
std::optional<EventTime> last_written(int descriptor);

}  // namespace culprit
